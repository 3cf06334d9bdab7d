//! One address for clients: real Keepalived processes on two machines of one network, led by `dbha check` alone.

use std::fs::{self, File};
use std::net::Ipv4Addr;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use dbha_testkit::{Release, ServerPair, sample};
use nix::sys::signal::Signal;
use tokio::process::Child;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::address_watch::{self, AddressWatch};
use crate::eventually::eventually;
use crate::machines::{Machine, Machines, PORT, address_of};
use crate::operator::Operator;
use crate::processes::{assert_no_process_with, end_of, send};
use crate::releases::on_releases;
use crate::servers::{pair_with_sample, positions};
use crate::session::{Door, Session};
use crate::tool;

const VIP: Ipv4Addr = Ipv4Addr::new(10, 99, 7, 10);
const NAMES: [&str; 2] = ["db1", "db2"];
/// Both machines may have the address for a moment of a move, which only a busy machine makes longer than none.
const BOTH_AT_MOST: Duration = Duration::from_secs(1);

/// How long an application waits for any answer.
const PATIENCE: Duration = Duration::from_secs(1);
/// Longer than Keepalived and the check need to notice anything.
const A_WHILE: Duration = Duration::from_secs(3);

/// A finished pair on two machines, each with a Keepalived of its own.
struct Scene {
    pair: ServerPair,
    operator: Operator,
    machines: Machines,
    keepalived: [Child; 2],
    watches: [AddressWatch; 2],
    /// Where clients reach whoever has the address.
    clients: u16,
}

impl Scene {
    async fn begin(release: Release) -> Option<Self> {
        let program = tool::found("keepalived", "keepalived")?;
        let program = program.get_program().to_str().unwrap().to_owned();
        let mut machines = Machines::start().await?;
        let pair = pair_with_sample(release, 3).await;
        let operator = Operator::of(&pair);
        set_up(&operator).await;
        for (index, server) in [&pair.primary, &pair.secondary].into_iter().enumerate() {
            machines.serve(index, server.port());
        }
        let vip = format!("{VIP}/24");
        let texts = [
            rendered(&operator, &machines, 0, &["--vip", &vip]).await,
            rendered(&operator, &machines, 1, &["--vip", &vip]).await,
        ];
        let keepalived =
            [0, 1].map(|index| keepalived(&program, &operator, machines.machine(index), &texts[index]));
        Some(Self {
            watches: [0, 1].map(|index| AddressWatch::begin(machines.machine(index), VIP)),
            clients: machines.dial(VIP.into()).await,
            pair,
            operator,
            machines,
            keepalived,
        })
    }

    /// Tells which machines have the address now.
    fn now(&self) -> [bool; 2] {
        [0, 1].map(|index| self.watches[index].now())
    }

    /// Waits until only this machine has the address, or none, and clients are where it is.
    async fn is_at(&self, machine: Option<usize>) {
        let wanted = [machine == Some(0), machine == Some(1)];
        let what = format!("the address is at {machine:?} alone");
        eventually(&what, async || self.now(), |now| *now == wanted).await;
        let Some(index) = machine else { return };
        let expected = [&self.pair.primary, &self.pair.secondary][index].port();
        eventually(
            "clients reach the server that takes writes",
            async || asked(self.clients).await,
            |answer| *answer == Some((u64::from(expected), 0)),
        )
        .await;
    }

    /// Ends both Keepalived as a service manager does, and looks at what is left.
    async fn end(mut self) {
        for keepalived in &mut self.keepalived {
            send(keepalived, Signal::SIGTERM);
            end_of(keepalived).await;
        }
        eventually(
            "nobody has the address",
            async || self.now(),
            |now| *now == [false; 2],
        )
        .await;
        let [one, other] = self.watches.map(AddressWatch::end);
        assert!(!one.is_empty() && !other.is_empty(), "each has had it");
        let both = address_watch::shared(&one, &other);
        eprintln!("both had the address for {} ms in all", both.as_millis());
        assert!(both < BOTH_AT_MOST, "{both:?}");
        assert_no_process_with(self.operator.home()).await;
    }
}

/// The pair with the monitor's account, by which the checks log in, and the file that both machines have.
async fn set_up(operator: &Operator) {
    let password = operator.home().join("monitor.password");
    let file = password.to_str().unwrap();
    let account = [
        "--monitor-account",
        "--monitor-host",
        "127.0.0.1",
        "--monitor-password-file",
        file,
    ];
    operator.setup(account).await.exits(0);
    write_config(operator, file);
}

/// The config file that both machines have.
fn write_config(operator: &Operator, password_file: &str) {
    let config: String = (0..2)
        .map(|index| {
            format!(
                "[server.{}]\naddress = \"{}:{PORT}\"\nuser = \"dbha_monitor\"\npassword-file = {password_file:?}\n",
                NAMES[index],
                address_of(index)
            )
        })
        .collect();
    fs::write(operator.home().join("dbha.toml"), config).unwrap();
}

/// Renders the configuration on the machine itself.
async fn rendered(operator: &Operator, machines: &Machines, index: usize, more: &[&str]) -> String {
    let mut render = machines.machine(index).within(env!("CARGO_BIN_EXE_dbha"));
    render.args(["render", "keepalived", "--primary", "db1", "--secondary", "db2"]);
    render.args(["--server", NAMES[index]]).args(more);
    render
        .current_dir(operator.home())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let text = operator.finish(&mut render).await.exits(0).stdout;
    assert!(text.contains("\n    interface eth0\n"), "{text}");
    text
}

/// Starts Keepalived with a configuration.
fn keepalived(program: &str, operator: &Operator, machine: &Machine, text: &str) -> Child {
    let directory = tempfile::Builder::new()
        .prefix("keepalived-")
        .tempdir_in(operator.home())
        .unwrap()
        .keep();
    let file = directory.join("keepalived.conf");
    fs::write(&file, text).unwrap();
    let log = File::create(directory.join("log")).unwrap();
    let mut run = machine.within(program);
    run.args(["--dont-fork", "--log-console", "--log-detail", "--vrrp"]);
    for (flag, path) in [
        ("--use-file", file),
        ("--pid", directory.join("pid")),
        ("--vrrp_pid", directory.join("vrrp.pid")),
    ] {
        run.arg(flag).arg(path);
    }
    run.stdout(log.try_clone().unwrap()).stderr(log);
    run.spawn().unwrap()
}

/// Asks whoever answers at the address which server it is, and whether it is read-only.
async fn asked(clients: u16) -> Option<(u64, u64)> {
    let ask = async {
        let mut session = Door::at(clients, "app", sample::APP_PASSWORD)
            .enter()
            .await
            .ok()?;
        let rows = session
            .try_rows("SELECT @@port AS p, @@global.read_only AS r")
            .await;
        let row = rows.ok()?.pop()?;
        Some((row["p"].parse().ok()?, row["r"].parse().ok()?))
    };
    timeout(Duration::from_secs(2), ask).await.ok()?
}

/// A client that writes through the address, and keeps what it was told.
struct Writer {
    go_on: Arc<AtomicBool>,
    kept: Arc<AtomicU64>,
    task: JoinHandle<Duration>,
}

impl Writer {
    async fn start(scene: &Scene) -> Self {
        let mut root = Session::open(&scene.pair.primary).await;
        root.run("CREATE TABLE rental_shop.log (entry BIGINT NOT NULL PRIMARY KEY)")
            .await;
        let (go_on, kept) = (Arc::new(AtomicBool::new(true)), Arc::default());
        let door = Door::at(scene.clients, "app", sample::APP_PASSWORD);
        let task = tokio::spawn(write(door, Arc::clone(&go_on), Arc::clone(&kept)));
        let writer = Self { go_on, kept, task };
        writer.goes_on().await;
        writer
    }

    /// Waits until more is acknowledged than now.
    async fn goes_on(&self) {
        let now = || self.kept.load(Ordering::Relaxed);
        let enough = now() + 20;
        eventually("the client writes", async || now(), |kept| *kept >= enough).await;
    }

    /// Returns how many entries were acknowledged, and the longest time between two.
    async fn stop(self) -> (u64, Duration) {
        self.go_on.store(false, Ordering::Relaxed);
        let longest = self.task.await.unwrap();
        (self.kept.load(Ordering::Relaxed), longest)
    }
}

async fn write(door: Door, go_on: Arc<AtomicBool>, kept: Arc<AtomicU64>) -> Duration {
    let (mut longest, mut last) = (Duration::ZERO, None::<Instant>);
    let mut session: Option<Session> = None;
    while go_on.load(Ordering::Relaxed) {
        let entry = kept.load(Ordering::Relaxed) + 1;
        let written = timeout(PATIENCE, write_entry(&door, &mut session, entry)).await;
        if let Ok(Ok(())) = written {
            kept.store(entry, Ordering::Relaxed);
            longest = longest.max(last.map_or(Duration::ZERO, |last| last.elapsed()));
            last = Some(Instant::now());
        }
        sleep(Duration::from_millis(10)).await;
    }
    longest
}

/// Writes one entry. One that is there already was kept before its answer was lost.
async fn write_entry(
    door: &Door,
    session: &mut Option<Session>,
    entry: u64,
) -> Result<(), mysql_async::Error> {
    const DUPLICATE: u16 = 1062;
    let mut open = match session.take() {
        Some(open) => open,
        None => door.enter().await?,
    };
    let insert = format!("INSERT INTO rental_shop.log VALUES ({entry})");
    match open.try_run(&insert).await {
        Err(mysql_async::Error::Server(error)) if error.code == DUPLICATE => {}
        written => written?,
    }
    *session = Some(open);
    Ok(())
}

on_releases!(the_address_follows_the_writes_and_decides_nothing: slow_mariadb_10_11, slow_mysql_9_7);

async fn the_address_follows_the_writes_and_decides_nothing(release: Release) {
    let Some(mut scene) = Scene::begin(release).await else {
        return;
    };
    scene.is_at(Some(0)).await;

    the_writes_move_under_a_client(&scene).await;
    the_standby_never_takes_it(&scene).await;
    switch(&scene, 0).await;
    the_writer_dies(&mut scene).await;
    scene.end().await;
}

/// Gives the writes to a server, and waits until the address has followed.
async fn switch(scene: &Scene, to: usize) {
    let since = Instant::now();
    let to_side = ["primary", "secondary"][to];
    run(scene, "switchover", &["--to", to_side, "--yes"]).await;
    eprintln!("switchover took {} ms", since.elapsed().as_millis());
    scene.is_at(Some(to)).await;
    eprintln!(
        "the address had moved {} ms after its beginning",
        since.elapsed().as_millis()
    );
}

async fn the_writes_move_under_a_client(scene: &Scene) {
    let writer = Writer::start(scene).await;
    switch(scene, 1).await;
    writer.goes_on().await;
    let (kept, longest) = writer.stop().await;
    eprintln!("the client had to wait for {} ms", longest.as_millis());
    let count = format!("SELECT COUNT(*) FROM rental_shop.log WHERE entry <= {kept}");
    let mut root = Session::open(&scene.pair.secondary).await;
    assert_eq!(root.number(&count).await, kept, "what was acknowledged is there");
}

/// The other machine hears nothing of the one that has the address, and does not take it: its server takes no writes.
async fn the_standby_never_takes_it(scene: &Scene) {
    scene.machines.cut(0).await;
    sleep(A_WHILE).await;
    assert_eq!(scene.now(), [false, true], "the standby is cut off");
    scene.machines.mend(0).await;

    // Cut off itself, the writer's machine cannot be reached by anybody, and the other one has no right to be.
    scene.machines.cut(1).await;
    scene.is_at(None).await;
    sleep(A_WHILE).await;
    assert_eq!(scene.now(), [false, false], "the writer's machine is cut off");
    scene.machines.mend(1).await;
    scene.is_at(Some(1)).await;
}

/// The address goes when the writer dies, and comes back where a person opens the other server.
async fn the_writer_dies(scene: &mut Scene) {
    let pair = &scene.pair;
    eventually(
        "both servers have the same position",
        async || [positions(&pair.primary).await, positions(&pair.secondary).await],
        |[one, other]| one[0] == other[0],
    )
    .await;
    let since = Instant::now();
    scene.pair.primary.kill().await.unwrap();
    scene.is_at(None).await;
    eprintln!(
        "the address was gone {} ms after the kill",
        since.elapsed().as_millis()
    );
    let since = Instant::now();
    run(scene, "failover", &["--to", "secondary", "--confirm", "primary"]).await;
    eprintln!("failover took {} ms", since.elapsed().as_millis());
    scene.is_at(Some(1)).await;
    eprintln!(
        "the address had moved {} ms after its beginning",
        since.elapsed().as_millis()
    );

    // It comes back and takes writes, as it was: the address stays with the one that has them by the newest term.
    scene.pair.primary.start().await.unwrap();
    let back = Session::open(&scene.pair.primary).await;
    drop(back);
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    scene.is_at(Some(1)).await;
    run(scene, "rejoin", &["--server", "primary"]).await;
    scene.is_at(Some(1)).await;
}

async fn run(scene: &Scene, command: &str, arguments: &[&str]) {
    let ran = scene.operator.run(command, arguments.iter().copied()).await;
    ran.exits(0);
}

/// Keepalived leaves out a check that it cannot run, and gives the address to anybody: seen on the other machine here.
#[tokio::test]
async fn without_a_program_to_ask_there_is_no_address() {
    let Some(program) = tool::found("keepalived", "keepalived") else {
        return;
    };
    let program = program.get_program().to_str().unwrap();
    let Some(machines) = Machines::start().await else {
        return;
    };
    let operator = Operator::without_servers();
    write_config(&operator, "/nowhere/password");
    let missing = ["--vip", "10.99.7.10/24", "--program", "/nowhere/dbha"];
    let ours = rendered(&operator, &machines, 0, &missing).await;
    let other = rendered(
        &operator,
        &machines,
        1,
        &["--vip", "10.99.7.20/24", "--program", "/nowhere/dbha"],
    )
    .await;
    let theirs = other.replace("/usr/bin/env ", "");
    assert_ne!(other, theirs);
    let begin =
        |index: usize, last| AddressWatch::begin(machines.machine(index), Ipv4Addr::new(10, 99, 7, last));
    let (of_ours, of_theirs) = (begin(0, 10), begin(1, 20));
    let mut running = [
        keepalived(program, &operator, machines.machine(0), &ours),
        keepalived(program, &operator, machines.machine(1), &theirs),
    ];
    eventually(
        "the unguarded one takes its address",
        async || of_theirs.now(),
        |now| *now,
    )
    .await;
    assert!(!of_ours.now(), "this one has had as long");
    for keepalived in &mut running {
        send(keepalived, Signal::SIGTERM);
        end_of(keepalived).await;
    }
    assert!(of_ours.end().is_empty() && !of_theirs.end().is_empty());
}
