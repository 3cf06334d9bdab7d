//! What keeps passwords in this process, and its crashes in plain words.

// Every call is of the operating system's own library; each says why it is sound.
#![allow(unsafe_code)]

use dbha_core::{harmless, panic_is_caught};

/// Lets no crash write the process's memory to a file, and no other process of the same user read it.
pub fn forbid_core_dumps() {
    let nothing = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: setrlimit reads the struct that is lent to it and keeps nothing.
    unsafe { libc::setrlimit(libc::RLIMIT_CORE, &nothing) };
    #[cfg(target_os = "linux")]
    // SAFETY: PR_SET_DUMPABLE takes one number and touches no memory of ours.
    unsafe {
        libc::prctl(libc::PR_SET_DUMPABLE, 0)
    };
}

/// Reports a panic in one harmless line; one that is caught and becomes an error is reported as that error.
pub fn report_panics_plainly() {
    std::panic::set_hook(Box::new(|info| {
        if panic_is_caught() {
            return;
        }
        crate::watch::restore_terminal();
        let payload = info.payload();
        let words = payload.downcast_ref::<&str>().copied();
        let words = words.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        let words = words.unwrap_or("no reason given");
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        talk!(
            "dbha: a fault of dbha itself, please report it: {} ({place})",
            harmless(words)
        );
    }));
}
