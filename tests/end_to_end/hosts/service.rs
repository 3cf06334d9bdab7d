//! What systemd does for a service, as far as the tests need it.
//!
//! It starts the program with a socket to be told on; it kills it when no sign of life came for longer than the watchdog
//! allows, from when the program said that it is ready; it runs the command of `ExecStopPost=` after every end; and it
//! starts the program again where it did not end well. It knows nothing of start limits, dependencies, users or sandboxes.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::net::UnixDatagram;
use tokio::process::{Child, Command};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::eventually::eventually;

/// How long a service may take to stop before it is killed, and the command after its end to be done.
const STOP_LIMIT: Duration = Duration::from_secs(20);

/// Prepares a start of a program.
pub(super) type Make = Box<dyn Fn() -> Command + Send + Sync>;

/// What a unit file says.
pub(super) struct Unit {
    /// `ExecStart=`
    pub(super) start: Make,
    /// `ExecStopPost=`
    pub(super) stop_post: Option<Make>,
    /// `WatchdogSec=`, with `WatchdogSignal=SIGKILL`.
    pub(super) watchdog: Option<Duration>,
    /// `RestartSec=` with `Restart=on-failure`; none is `Restart=no`.
    pub(super) restart_after: Option<Duration>,
}

impl Unit {
    /// Describes a service that is just started.
    pub(super) fn plain(start: Make) -> Self {
        Self {
            start,
            stop_post: None,
            watchdog: None,
            restart_after: None,
        }
    }
}

/// A service under supervision; dropped, it is killed without another word.
pub(super) struct Service {
    state: Arc<State>,
    unit: Arc<Unit>,
    keeper: Mutex<JoinHandle<()>>,
    log: PathBuf,
    socket: PathBuf,
}

#[derive(Default)]
struct State {
    /// The number of its process, 0 while there is none.
    pid: AtomicU32,
    /// How often it was started.
    starts: AtomicU32,
    /// How often its watchdog killed it.
    bitten: AtomicU32,
    /// Whether it is to stay down once it is down.
    stay_down: AtomicBool,
    /// Somebody wants it to stop.
    stop: Notify,
}

impl Service {
    /// Starts it; what it says goes into files in a directory, named after it.
    pub(super) fn start(unit: Unit, directory: &Path, name: &str) -> Self {
        let state = Arc::new(State::default());
        let (log, socket) = (
            directory.join(format!("{name}.log")),
            directory.join(format!("{name}.notify")),
        );
        let unit = Arc::new(unit);
        let keeper = Keeper::begin(&state, &unit, (&log, &socket));
        Self {
            state,
            unit,
            keeper: Mutex::new(keeper),
            log,
            socket,
        }
    }

    /// Starts it once more after an end for good, as `systemctl start` does.
    pub(super) async fn start_again(&self) {
        self.is_down().await;
        self.stay_down(false);
        let keeper = Keeper::begin(&self.state, &self.unit, (&self.log, &self.socket));
        *self.keeper.lock().unwrap() = keeper;
    }

    /// Returns the number of its process while it runs.
    pub(super) fn pid(&self) -> Option<u32> {
        Some(self.state.pid.load(Ordering::Relaxed)).filter(|pid| *pid != 0)
    }

    /// Returns how often it was started.
    pub(super) fn starts(&self) -> u32 {
        self.state.starts.load(Ordering::Relaxed)
    }

    /// Returns how often its watchdog killed it.
    pub(super) fn bitten(&self) -> u32 {
        self.state.bitten.load(Ordering::Relaxed)
    }

    /// Says whether it may be started again after an end.
    pub(super) fn stay_down(&self, stay_down: bool) {
        self.state.stay_down.store(stay_down, Ordering::Relaxed);
    }

    /// Sends a signal to it, which its supervisor knows nothing of.
    pub(super) fn signal(&self, signal: Signal) {
        let pid = self.pid().expect("it runs");
        kill(Pid::from_raw(i32::try_from(pid).unwrap()), signal).unwrap();
    }

    /// Stops it for good, as `systemctl stop` does, and waits until everything about it is done.
    pub(super) async fn stop(&self) {
        self.stay_down(true);
        self.state.stop.notify_one();
        self.is_down().await;
    }

    /// Waits until it has ended and stays so.
    pub(super) async fn is_down(&self) {
        eventually(
            "the service has ended",
            async || self.keeper.lock().unwrap().is_finished(),
            |done| *done,
        )
        .await;
    }

    /// Returns all that it has said.
    pub(super) fn said(&self) -> String {
        let said = std::fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&said).into_owned()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.keeper.lock().unwrap().abort();
        if std::thread::panicking() {
            let said = self.said();
            let lines: Vec<&str> = said.lines().collect();
            let last = lines[lines.len().saturating_sub(25)..].join("\n");
            eprintln!("--- the last of {}\n{last}", self.log.display());
        }
    }
}

/// Who keeps the service.
struct Keeper {
    unit: Arc<Unit>,
    notes: UnixDatagram,
    socket: PathBuf,
    log: PathBuf,
    state: Arc<State>,
}

impl Keeper {
    fn begin(state: &Arc<State>, unit: &Arc<Unit>, (log, socket): (&Path, &Path)) -> JoinHandle<()> {
        let _ = fs::remove_file(socket);
        let keeper = Self {
            unit: Arc::clone(unit),
            notes: UnixDatagram::bind(socket).unwrap(),
            socket: socket.to_owned(),
            log: log.to_owned(),
            state: Arc::clone(state),
        };
        tokio::spawn(keeper.keep())
    }

    async fn keep(self) {
        loop {
            let mut child = self.spawn();
            let (ended, asked) = self.watch(&mut child).await;
            self.state.pid.store(0, Ordering::Relaxed);
            self.after_its_end().await;
            if asked || ended.success() || self.state.stay_down.load(Ordering::Relaxed) {
                return;
            }
            let Some(pause) = self.unit.restart_after else {
                return;
            };
            sleep(pause).await;
        }
    }

    fn spawn(&self) -> Child {
        let mut command = (self.unit.start)();
        let log = self.open_log();
        command
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .env("NOTIFY_SOCKET", &self.socket)
            .kill_on_drop(true);
        if let Some(watchdog) = self.unit.watchdog {
            command.env("WATCHDOG_USEC", watchdog.as_micros().to_string());
        }
        let child = command.spawn().unwrap();
        self.state.starts.fetch_add(1, Ordering::Relaxed);
        self.state.pid.store(child.id().unwrap(), Ordering::Relaxed);
        child
    }

    fn open_log(&self) -> File {
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.log)
            .unwrap()
    }

    /// Waits for its end, whoever brings it about; tells whether it was asked for.
    async fn watch(&self, child: &mut Child) -> (ExitStatus, bool) {
        let mut bites: Option<Instant> = None;
        let mut note = [0; 4096];
        loop {
            let far = Instant::now() + Duration::from_secs(3600);
            tokio::select! {
                ended = child.wait() => return (ended.unwrap(), false),
                length = self.notes.recv(&mut note) => {
                    let text = String::from_utf8_lossy(&note[..length.unwrap()]).into_owned();
                    let alive = bites.is_some() && text.contains("WATCHDOG=1");
                    if alive || text.contains("READY=1") {
                        bites = self.unit.watchdog.map(|time| Instant::now() + time);
                    }
                }
                () = sleep_until(bites.unwrap_or(far)) => {
                    self.state.bitten.fetch_add(1, Ordering::Relaxed);
                    child.kill().await.unwrap();
                    return (child.wait().await.unwrap(), false);
                }
                () = self.state.stop.notified() => return (stop(child).await, true),
            }
        }
    }

    /// Runs what stands in `ExecStopPost=`, in every case.
    async fn after_its_end(&self) {
        let Some(make) = &self.unit.stop_post else { return };
        let log = self.open_log();
        let mut command = make();
        command
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let _ = timeout(STOP_LIMIT, child.wait()).await;
    }
}

async fn stop(child: &mut Child) -> ExitStatus {
    let pid = Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap());
    let _ = kill(pid, Signal::SIGTERM);
    let _ = kill(pid, Signal::SIGCONT);
    match timeout(STOP_LIMIT, child.wait()).await {
        Ok(ended) => ended.unwrap(),
        Err(_) => {
            child.kill().await.unwrap();
            child.wait().await.unwrap()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: String) -> Make {
        Box::new(move || {
            let mut run = Command::new("sh");
            run.arg("-c").arg(&script);
            run
        })
    }

    #[tokio::test]
    async fn what_ends_badly_is_started_again_and_what_follows_its_end_is_run_each_time() {
        let directory = tempfile::tempdir().unwrap();
        let after = directory.path().join("after");
        let unit = Unit {
            stop_post: Some(shell(format!("echo over >> {}", after.display()))),
            restart_after: Some(Duration::from_millis(10)),
            ..Unit::plain(shell("echo begun; exec sleep 600".to_owned()))
        };
        let service = Service::start(unit, directory.path(), "program");
        let over = || fs::read_to_string(&after).unwrap_or_default().lines().count();
        let begun = || service.said().lines().count();
        for times in 1..=3 {
            eventually("it runs", async || begun(), |begun| *begun == times).await;
            assert_eq!((service.starts() as usize, over()), (times, times - 1));
            if times < 3 {
                service.signal(Signal::SIGKILL);
            }
        }
        service.stop().await;
        assert_eq!((service.starts(), over(), service.pid()), (3, 3, None));
        service.start_again().await;
        let runs = async || service.starts();
        eventually("it runs again", runs, |starts| *starts == 4).await;
    }
}
