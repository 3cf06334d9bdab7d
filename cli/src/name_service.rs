//! Where the static build looks names up.

/// Lets a static build look up hosts, users and groups in files and by DNS alone, whatever `nsswitch.conf` says.
///
/// Those two are part of the binary. For others (`mymachines`, `sss`, `mdns`) the C library would load a module of the
/// machine, which was built for that machine's C library and ends a program with another one in it.
pub fn bound() {
    #[cfg(all(target_env = "gnu", target_feature = "crt-static"))]
    for (database, services) in [
        (c"hosts", c"files dns"),
        (c"passwd", c"files"),
        (c"group", c"files"),
        (c"initgroups", c"files"),
    ] {
        // SAFETY: both texts end with NUL and are only read; no other thread runs yet.
        #[allow(unsafe_code)]
        unsafe {
            configure(database.as_ptr(), services.as_ptr());
        }
    }
}

#[cfg(all(target_env = "gnu", target_feature = "crt-static"))]
#[allow(unsafe_code)]
unsafe extern "C" {
    /// Replaces a line of `nsswitch.conf` for this process; part of glibc since version 2.0.
    #[link_name = "__nss_configure_lookup"]
    fn configure(database: *const libc::c_char, services: *const libc::c_char) -> libc::c_int;
}
