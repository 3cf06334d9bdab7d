//! How a server's process is tied to the process that starts it.

use std::os::unix::process::CommandExt;
use std::process::Command;

/// Says what becomes of a server when the process that started it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bond {
    /// It is killed, even where its parent was killed and could not clean up.
    DiesWithParent,
    /// It lives on, in a session of its own, out of reach of the terminal's signals.
    Detached,
}

impl Bond {
    /// Makes the command's process take on this bond before it becomes the server.
    #[allow(unsafe_code)] // pre_exec is the only way to act between fork and exec; see the reason below
    pub(crate) fn apply(self, command: &mut Command) {
        let parent = std::process::id();
        let tie = move || match self {
            Self::Detached => nix::unistd::setsid().map(drop).map_err(Into::into),
            Self::DiesWithParent => die_with(parent),
        };
        // SAFETY: between fork and exec only async-signal-safe functions may run. The closure makes
        // the system calls setsid, or setpgid, prctl and getppid; it neither allocates nor locks.
        unsafe { command.pre_exec(tie) };
    }
}

fn die_with(parent: u32) -> std::io::Result<()> {
    // A group of its own: an interrupt typed at the terminal is for the test, which then cleans up.
    nix::unistd::setpgid(nix::unistd::Pid::from_raw(0), nix::unistd::Pid::from_raw(0))?;
    #[cfg(target_os = "linux")]
    {
        nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL)?;
        // The parent may have ended before the line above took effect.
        if u32::try_from(nix::unistd::getppid().as_raw()).ok() != Some(parent) {
            return Err(std::io::Error::from_raw_os_error(nix::errno::Errno::ESRCH as i32));
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = parent;
    Ok(())
}
