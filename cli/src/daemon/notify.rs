//! What systemd is told: that the monitor is ready, alive, reading its configuration anew, or stopping.

use std::{
    io,
    os::{linux::net::SocketAddrExt, unix::net::SocketAddr, unix::net::UnixDatagram},
    path::Path,
    time::Duration,
};

/// The line to systemd; without a socket in the environment nobody listens.
pub struct Notify {
    socket: Option<(UnixDatagram, SocketAddr)>,
    watchdog: Option<Duration>,
}

impl Notify {
    /// Takes the socket and the watchdog's time from the environment.
    pub fn of_environment() -> Self {
        let variable = |name: &str| std::env::var(name).ok();
        let own = variable("WATCHDOG_PID").is_none_or(|pid| pid == std::process::id().to_string());
        let watchdog = variable("WATCHDOG_USEC").and_then(|text| text.parse().ok());
        Self {
            socket: variable("NOTIFY_SOCKET").and_then(|name| open(&name).ok()),
            watchdog: watchdog.filter(|_| own).map(Duration::from_micros),
        }
    }

    /// Returns how often a sign of life is due: twice in the time that systemd allows.
    pub fn sign_of_life_every(&self) -> Option<Duration> {
        self.watchdog
            .map(|time| (time / 2).max(Duration::from_millis(10)))
    }

    /// Says that everything runs.
    pub fn ready(&self, status: &str) {
        self.send(&format!("READY=1\nSTATUS={status}"));
    }

    /// Says that the configuration is being read anew; [`Notify::ready`] ends it.
    pub fn reloading(&self) {
        let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC).map(Duration::from);
        let now = now.map_or(0, |now| now.as_micros());
        self.send(&format!("RELOADING=1\nMONOTONIC_USEC={now}"));
    }

    /// Says that the loop is alive.
    pub fn alive(&self) {
        self.send("WATCHDOG=1");
    }

    /// Says that the end has begun.
    pub fn stopping(&self) {
        self.send("STOPPING=1");
    }

    fn send(&self, state: &str) {
        if let Some((socket, address)) = &self.socket {
            // A service manager that does not read must not hold up the watching.
            let _ = socket.send_to_addr(state.as_bytes(), address);
        }
    }
}

fn open(name: &str) -> io::Result<(UnixDatagram, SocketAddr)> {
    let address = match name.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(Path::new(name))?,
    };
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    Ok((socket, address))
}
