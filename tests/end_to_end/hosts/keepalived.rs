//! A real Keepalived on one host.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::service::{Service, Unit};
use crate::machines::Machine;
use crate::tool;

/// Keepalived: one process that watches over the one that speaks VRRP.
pub(super) struct Keepalived {
    service: Service,
    directory: PathBuf,
}

impl Keepalived {
    /// Starts it with a configuration; `None` where there is no Keepalived.
    pub(super) fn start(host: &Machine, text: &str, logs: &Path, name: &str) -> Option<Self> {
        let program = tool::found("keepalived", "keepalived")?;
        let directory = logs.join(format!("keepalived-{name}"));
        fs::create_dir(&directory).unwrap();
        fs::write(directory.join("keepalived.conf"), text).unwrap();
        let mut run = Command::new(program.get_program());
        run.args(["--dont-fork", "--log-console", "--log-detail", "--vrrp"]);
        for (flag, file) in [
            ("--use-file", "keepalived.conf"),
            ("--pid", "pid"),
            ("--vrrp_pid", "vrrp.pid"),
        ] {
            run.arg(flag).arg(directory.join(file));
        }
        let way = host.way();
        let unit = Unit::plain(Box::new(move || way.wrap(&run)));
        let service = Service::start(unit, &directory, "keepalived");
        Some(Self { service, directory })
    }

    /// Kills both of its processes at once; whatever it has put on the interface stays there.
    pub(super) async fn kill(&self) {
        let number = fs::read_to_string(self.directory.join("vrrp.pid")).unwrap();
        let speaker = Pid::from_raw(number.trim().parse().unwrap());
        // The kernel tells it of its parent's end, upon which it would tidy up.
        kill(speaker, Signal::SIGSTOP).unwrap();
        self.service.signal(Signal::SIGKILL);
        self.service.is_down().await;
        kill(speaker, Signal::SIGKILL).unwrap();
    }

    /// Starts it once more, as the machine's owner would.
    pub(super) async fn start_again(&self) {
        self.service.start_again().await;
    }
}
