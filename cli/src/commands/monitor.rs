//! `dbha monitor`

use crate::{
    args::{Cli, MonitorArgs, Output},
    daemon::{
        guarding::WantedGuard,
        http,
        journal::Weight,
        notify::Notify,
        pairs::{self, Changed},
        voice::Voice,
        wanted::Wanted,
    },
    exit::Failure,
    render::clock,
    state_dir::state_dir,
};
use dbha_core::CancellationToken;
use dbha_monitor::{
    AlertSettings, Alerts, Board, History, Monitor, News, Quiet, http::HttpServer, keep, silence, unsilence,
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::broadcast::error::RecvError,
    task::JoinHandle,
};

/// A loop that has judged nothing for so long is stuck; ticks may be set longer.
const STUCK: Duration = Duration::from_secs(10);
/// What the first looks may take.
const FIRST_LOOKS: Duration = Duration::from_secs(30);

/// Watches pairs until it is told to stop.
pub async fn run(cli: &Cli, args: &MonitorArgs) -> Result<u8, Failure> {
    let state = state_dir(cli.output.state_dir.as_ref());
    let directory = state.join("monitor");
    if let Some(lasting) = args.silence {
        return silence_for(&directory, lasting);
    }
    if args.unsilence {
        return end_silence(&directory);
    }
    if cli.output.format == Output::Json {
        return Err(Failure::usage(
            "the monitor has no end, and -o json is one document at the end",
            "use -o ndjson: one JSON object for each event",
        ));
    }
    let maintenance = args
        .maintenance_file
        .clone()
        .unwrap_or_else(|| state.join("maintenance"));
    // Taken before anything else can come: a signal must never find the default of the system.
    let mut signals = Signals::new()?;
    let wanted = Wanted::read(cli, args, true)?;
    let guard = WantedGuard::read(&args.guard, &wanted)?;
    let server = http::bind(args, maintenance.clone()).await?;
    let mut daemon = Daemon::start(cli, wanted, server, (directory, maintenance));
    daemon.guard(guard);
    daemon.announce();
    loop {
        let asked = daemon.work_until_asked(&mut signals).await;
        match asked {
            Asked::Stop => break,
            Asked::Reload => daemon.reload(Wanted::read(cli, args, false)).await,
        }
    }
    tokio::select! {
        () = daemon.stop() => {}
        // Asked twice: whatever is open is cut.
        _ = signals.next() => {}
    }
    Ok(0)
}

fn silence_for(directory: &Path, lasting: Duration) -> Result<u8, Failure> {
    let until = silence(directory, lasting).map_err(|error| unwritable(directory, &error))?;
    talk!("alerts are silent until {}", clock::moment(until));
    Ok(0)
}

fn end_silence(directory: &Path) -> Result<u8, Failure> {
    match unsilence(directory).map_err(|error| unwritable(directory, &error))? {
        true => talk!("alerts are told again"),
        false => talk!("alerts were not silenced"),
    }
    Ok(0)
}

fn unwritable(directory: &Path, error: &std::io::Error) -> Failure {
    Failure::failed(
        format!("cannot write in {}: {error}", directory.display()),
        "run it as the user of the monitor, with the same --state-dir",
    )
}

enum Asked {
    Stop,
    Reload,
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Signals {
    fn new() -> Result<Self, Failure> {
        let take = |kind| {
            signal(kind)
                .map_err(|error| Failure::failed(format!("cannot take signals: {error}"), "try again"))
        };
        Ok(Self {
            interrupt: take(SignalKind::interrupt())?,
            terminate: take(SignalKind::terminate())?,
            hangup: take(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.interrupt.recv() => Asked::Stop,
            _ = self.terminate.recv() => Asked::Stop,
            _ = self.hangup.recv() => Asked::Reload,
        }
    }
}

/// Everything that runs.
struct Daemon {
    wanted: Wanted,
    voice: Voice,
    notify: Arc<Notify>,
    /// The guard of automatic failover; it tells systemd itself that all is well.
    guard: Option<(JoinHandle<()>, CancellationToken)>,
    board: Board,
    news: tokio::sync::broadcast::Receiver<News>,
    monitor: Monitor,
    alerts: Option<Alerts>,
    quiet: Quiet,
    directory: PathBuf,
    dashboard: String,
    cancel: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
    began: Instant,
}

impl Daemon {
    fn start(
        cli: &Cli,
        wanted: Wanted,
        server: HttpServer,
        (directory, maintenance): (PathBuf, PathBuf),
    ) -> Self {
        let voice = Voice::of(cli);
        let board = Board::new();
        let cancel = CancellationToken::new();
        let (history, events) = History::open(&directory);
        board.remember(events);
        let complain = move |text: String| voice.say(Weight::Warning, &text);
        let scheme = if server.is_encrypted() { "https" } else { "http" };
        let dashboard = format!("{scheme}://{}/", server.address());
        let tasks = vec![
            tokio::spawn(keep(history, board.subscribe(), complain, cancel.clone())),
            tokio::spawn(server.serve(board.clone(), cancel.clone())),
        ];
        let quiet = Quiet::new(maintenance, &directory);
        let mut daemon = Self {
            voice,
            notify: Arc::new(Notify::of_environment()),
            guard: None,
            news: board.subscribe(),
            alerts: None,
            monitor: Monitor::start(vec![], &dbha_monitor::MonitorSettings::default(), board.clone()),
            board,
            quiet,
            directory,
            dashboard,
            cancel,
            tasks,
            wanted,
            began: Instant::now(),
        };
        daemon.start_alerts();
        daemon.monitor = pairs::start(&daemon.wanted.pairs, &daemon.board);
        daemon
    }

    fn guard(&mut self, wanted: Option<WantedGuard>) {
        self.guard = wanted.map(|guard| {
            let cancel = CancellationToken::new();
            let task = guard.start(self.notify.clone(), self.board.clone(), cancel.clone());
            (task, cancel)
        });
    }

    fn start_alerts(&mut self) {
        let voice = self.voice;
        let settings = AlertSettings {
            targets: self.wanted.targets.clone(),
            directory: self.directory.clone(),
            quiet: self.quiet.clone(),
        };
        let complain = move |text: String| voice.say(Weight::Warning, &text);
        self.alerts = Some(Alerts::start(settings, &self.board, complain));
    }

    fn announce(&self) {
        let watched = self.watched();
        let alerts = match self.wanted.targets.len() {
            0 => "no alerts ([[alert]] in the config file)".to_owned(),
            1 => "alerts to 1 target".to_owned(),
            count => format!("alerts to {count} targets"),
        };
        let text = format!("watches {watched}; dashboard at {}; {alerts}", self.dashboard);
        self.voice.say(Weight::Notice, &text);
        self.notify.ready(&format!("watches {watched}"));
    }

    fn watched(&self) -> String {
        const NAMED: usize = 5;
        let names: Vec<&str> = self.wanted.pairs.keys().map(String::as_str).collect();
        match names.len() {
            count if count > NAMED => format!("{count} pairs"),
            _ => names.join(", "),
        }
    }

    async fn work_until_asked(&mut self, signals: &mut Signals) -> Asked {
        // Whoever guards a server knows better whether its supervisor may rely on it.
        let sign_of_life = self.notify.sign_of_life_every().filter(|_| self.guard.is_none());
        let mut ticks = tokio::time::interval(sign_of_life.unwrap_or(Duration::from_secs(3_600)));
        loop {
            tokio::select! {
                asked = signals.next() => return asked,
                _ = ticks.tick(), if sign_of_life.is_some() => {
                    if self.is_alive() {
                        self.notify.alive();
                    }
                }
                news = self.news.recv() => match news {
                    Ok(News::Event(event)) => self.voice.tell(&event),
                    Ok(News::Report(_)) => {}
                    Err(RecvError::Lagged(count)) => {
                        self.voice.say(Weight::Warning, &format!("{count} events were not printed: standard error is slow"));
                    }
                    // The board lives as long as this.
                    Err(RecvError::Closed) => return Asked::Stop,
                },
            }
        }
    }

    /// Tells whether the loop really judges pairs, and not only this task lives.
    fn is_alive(&self) -> bool {
        let slowest = self.wanted.pairs.values().map(|pair| pair.settings.tick).max();
        let limit = STUCK.max(slowest.unwrap_or_default() * 5);
        match self.board.since_tick() {
            Some(since) => since < limit,
            None => self.began.elapsed() < FIRST_LOOKS,
        }
    }

    /// Takes a configuration over; one that is wrong changes nothing.
    async fn reload(&mut self, wanted: Result<Wanted, Failure>) {
        self.notify.reloading();
        match wanted {
            Err(failure) => {
                let text = format!(
                    "the configuration is wrong, the old one stays: {}",
                    failure.text()
                );
                self.voice.say(Weight::Error, &text);
            }
            Ok(wanted) => {
                let changed = pairs::difference(&self.wanted.pairs, &wanted.pairs);
                let other_alerts = self.wanted.alerts != wanted.alerts;
                self.wanted = wanted;
                self.began = Instant::now();
                pairs::change(&mut self.monitor, &self.wanted.pairs, &changed).await;
                if other_alerts {
                    if let Some(alerts) = self.alerts.take() {
                        alerts.stop().await;
                    }
                    self.start_alerts();
                }
                self.voice.say(Weight::Notice, &read_anew(&changed, other_alerts));
            }
        }
        self.notify.ready(&format!("watches {}", self.watched()));
    }

    /// Ends everything, in less than a second.
    async fn stop(self) {
        self.notify.stopping();
        let alerts = async {
            if let Some(alerts) = self.alerts {
                alerts.stop().await;
            }
        };
        let guard = async {
            if let Some((guard, cancel)) = self.guard {
                cancel.cancel();
                // It closes its server first, which has a limit of its own.
                let _ = guard.await;
            }
        };
        tokio::join!(self.monitor.stop(), alerts, guard);
        self.cancel.cancel();
        let ends = async {
            for task in self.tasks {
                let _ = task.await;
            }
        };
        let _ = tokio::time::timeout(Duration::from_millis(250), ends).await;
    }
}

fn read_anew(changed: &Changed, other_alerts: bool) -> String {
    let part = |word: &str, names: &[String]| match names.is_empty() {
        true => None,
        false => Some(format!("{word} {}", names.join(", "))),
    };
    let parts = [
        part("begun:", &changed.begun),
        part("changed:", &changed.changed),
        part("ended:", &changed.ended),
        other_alerts.then(|| "other alerts".to_owned()),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    match parts.is_empty() {
        true => "the configuration was read anew: nothing has changed".into(),
        false => format!("the configuration was read anew: {}", parts.join("; ")),
    }
}
