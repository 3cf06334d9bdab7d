//! A real Keepalived on one host.

use std::fs;
use std::path::{Path, PathBuf};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::service::{Service, Unit};
use crate::machines::{Machine, Way};
use crate::tool;

/// Keepalived: one process that watches over the one that speaks VRRP.
pub(super) struct Keepalived {
    service: Service,
    program: PathBuf,
    way: Way,
    directory: PathBuf,
    starts: u32,
}

impl Keepalived {
    /// Starts it with a configuration; `None` where there is no Keepalived.
    pub(super) fn start(host: &Machine, text: &str, logs: &Path, name: &str) -> Option<Self> {
        let program = tool::found("keepalived", "keepalived")?;
        let program = PathBuf::from(program.get_program());
        let directory = logs.join(format!("keepalived-{name}"));
        fs::create_dir(&directory).unwrap();
        fs::write(directory.join("keepalived.conf"), text).unwrap();
        let way = host.way();
        Some(Self {
            service: run(&program, &way, &directory, 1),
            program,
            way,
            directory,
            starts: 1,
        })
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
    pub(super) fn start_again(&mut self) {
        self.starts += 1;
        self.service = run(&self.program, &self.way, &self.directory, self.starts);
    }
}

fn run(program: &Path, way: &Way, directory: &Path, start: u32) -> Service {
    let mut run = std::process::Command::new(program);
    run.args(["--dont-fork", "--log-console", "--log-detail", "--vrrp"]);
    run.arg("--use-file").arg(directory.join("keepalived.conf"));
    run.arg("--pid").arg(directory.join("pid"));
    run.arg("--vrrp_pid").arg(directory.join("vrrp.pid"));
    let way = way.clone();
    let unit = Unit::plain(Box::new(move || way.wrap(&run)));
    Service::start(unit, directory, &format!("keepalived-{start}"))
}
