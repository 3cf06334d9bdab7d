//! Bounds on what the process keeps for later: rows can be huge, and come seldom.

// Both calls are of libraries that offer no other way; each says why it is sound.
#![allow(unsafe_code)]

/// Bounds the client crate's pool of buffers and the allocator's hoard; to be called before any thread is started.
pub fn bound() {
    for (name, value) in [
        ("MYSQL_ASYNC_BUFFER_POOL_CAP", "2"),
        ("MYSQL_ASYNC_BUFFER_SIZE_CAP", "262144"),
    ] {
        // SAFETY: nothing else runs yet that could read or write the environment.
        unsafe { std::env::set_var(name, value) };
    }
    give_back_large_blocks();
}

/// Lets blocks of a mebibyte and more go back to the system as soon as they are free.
#[cfg(target_env = "gnu")]
fn give_back_large_blocks() {
    const MEBIBYTE: i32 = 1 << 20;
    // SAFETY: mallopt takes two numbers and refuses what it does not know.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, MEBIBYTE);
        libc::mallopt(libc::M_ARENA_MAX, 2);
    }
}

#[cfg(not(target_env = "gnu"))]
fn give_back_large_blocks() {}
