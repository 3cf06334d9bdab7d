//! A set-up that something is done to: a pair under writers, a watched primary, a network that can be cut; and the
//! judgement over what is left of it ("How the result is judged" of the issue that asked for all this).

use std::path::PathBuf;
use std::time::{Duration, Instant};

use dbha_testkit::{FaultProxy, PrivateServer, Release, ServerOptions, ServerPair};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use crate::end_state::EndState;
use crate::eventually::{LIMIT, eventually};
use crate::operator::Operator;
use crate::ran::Ran;
use crate::servers::{
    assert_all_threads_run, assert_nothing_left_behind, assert_same_contents, cross, fill_with_sample,
};
use crate::session::Session;
use crate::watcher::Watcher;
use crate::writers::Writers;

/// How long the lock of a dead run may be held against the next one.
const LOCK_LIMIT: Duration = Duration::from_secs(15);
/// How long the primary's writers may wait for anything that a run does; a restart is the test's own doing.
const WRITER_LIMIT: Duration = Duration::from_secs(15);

/// A pair on trial.
pub(crate) struct Trial {
    pub(crate) pair: ServerPair,
    pub(crate) operator: Operator,
    /// The way from the operator to the primary.
    pub(crate) to_primary: FaultProxy,
    /// The way from the operator to the secondary.
    pub(crate) to_secondary: FaultProxy,
    writers: Writers,
    watcher: Watcher,
    /// Words that every run of it has.
    arguments: Vec<String>,
}

impl Trial {
    /// Makes a pair with the sample, writers on its primary and a watcher.
    pub(crate) async fn begin(release: Release) -> Self {
        Self::begin_with(release, &ServerOptions::new(), &[]).await
    }

    /// As [`Trial::begin`], with servers of certain options, and words for every run.
    pub(crate) async fn begin_with(release: Release, options: &ServerOptions, arguments: &[&str]) -> Self {
        let pair = ServerPair::start(release, options).await.unwrap();
        fill_with_sample(&pair.primary, 30).await;
        let mut operator = Operator::of(&pair);
        let to_primary = FaultProxy::start(pair.primary.address()).await.unwrap();
        let to_secondary = FaultProxy::start(pair.secondary.address()).await.unwrap();
        // In clear, so that the proxies see statements.
        operator.primary = format!("mysql://root@{}/?ssl-mode=disabled", to_primary.address());
        operator.secondary = format!("mysql://root@{}/?ssl-mode=disabled", to_secondary.address());
        let writers = Writers::start(&pair.primary, 2).await;
        let watcher = Watcher::start(&pair.primary);
        Self {
            pair,
            operator,
            to_primary,
            to_secondary,
            writers,
            watcher,
            arguments: arguments.iter().map(|word| (*word).to_owned()).collect(),
        }
    }

    /// Prepares a run; the servers follow each other directly, not through the proxies.
    pub(crate) fn command(&self) -> Command {
        let mut command = self.operator.command("setup", ["--yes", "-o", "ndjson"]);
        command
            .args(["--primary-address", &self.pair.primary.address()])
            .args(["--secondary-address", &self.pair.secondary.address()])
            .args(&self.arguments);
        command
    }

    /// Starts a run that stops at a point, as `before:copy_data`; `None` when it ended without getting there.
    pub(crate) async fn hold(&self, point: &str) -> Option<Held> {
        let file = self.operator.home().join("held");
        let mut command = self.command();
        command.env("DBHA_FAILPOINT", format!("{point}={}", file.display()));
        let mut child = command.spawn().unwrap();
        let end = Instant::now() + 3 * LIMIT;
        while !file.exists() {
            if child.try_wait().unwrap().is_some() {
                return None;
            }
            assert!(Instant::now() < end, "{point} is not reached");
            sleep(Duration::from_millis(2)).await;
        }
        Some(Held { child, file })
    }

    /// Heals the network.
    pub(crate) fn heal(&self) {
        self.to_primary.heal();
        self.to_secondary.heal();
    }

    /// Runs the same command to its end.
    pub(crate) async fn run(&self) -> Ran {
        self.operator.finish(&mut self.command()).await
    }

    /// Runs the same command; while the lock of a dead run is held, it is asked again for a bounded time.
    pub(crate) async fn run_once_free(&self) -> Ran {
        let end = Instant::now() + LOCK_LIMIT;
        loop {
            let ran = self.run().await;
            if ran.code != Some(3) || !ran.stderr.contains("DBHA-P29") || Instant::now() > end {
                return ran;
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// Tells whether status finds nothing left to do.
    pub(crate) async fn is_finished(&self) -> bool {
        self.operator.status().await.code == Some(0)
    }

    /// Fails the test unless the next run goes on to the end, the one after changes nothing, and everything is as
    /// after a run that nobody disturbed.
    pub(crate) async fn judge(self, wanted: &EndState, what: &str) {
        self.heal();
        let second = self.run_once_free().await;
        assert_eq!(
            second.code,
            Some(0),
            "{what}: the next run does not go on\n{second}"
        );
        self.judge_finished(wanted, what).await;
    }

    /// As [`Trial::judge`], where the set-up is known to be finished.
    pub(crate) async fn judge_finished(self, wanted: &EndState, what: &str) {
        let third = self.run().await;
        assert_eq!(third.code, Some(0), "{what}: the third run\n{third}");
        assert_eq!(third.changed_steps(), [""; 0], "{what}: the third run\n{third}");
        let written = self.writers.stop().await;
        let watched = self.watcher.stop().await;
        assert!(watched.wrong.is_empty(), "{what}: the primary was {watched:?}");
        assert!(watched.looks > 3, "{what}: {watched:?}");
        assert_all_threads_run(&self.pair).await;
        assert_same_contents(&self.pair).await;
        for server in [&self.pair.primary, &self.pair.secondary] {
            let mut session = Session::open(server).await;
            for one in &written {
                assert_eq!(one.error, None, "{what}: no writer is refused");
                assert!(one.longest_wait < WRITER_LIMIT, "{what}: {one:?}");
                let kept = format!(
                    "SELECT COUNT(*) FROM rental_shop.ledger WHERE writer={} AND entry BETWEEN 1 AND {}",
                    one.writer, one.entries
                );
                assert_eq!(
                    session.number(&kept).await,
                    u64::from(one.entries),
                    "{what}: {one:?}"
                );
            }
            drop(session);
            assert_no_session_is_left(server, what).await;
        }
        assert_nothing_left_behind(&self.pair).await;
        EndState::of(&self.pair).await.assert_is(wanted, what);
        cross("Ada", &self.pair.primary, &self.pair.secondary).await;
    }

    /// Runs a set-up that nobody disturbs, and tells what it leaves.
    pub(crate) async fn undisturbed(release: Release) -> EndState {
        let trial = Self::begin(release).await;
        trial.run().await.exits(0);
        EndState::of(&trial.pair).await
    }
}

/// A run that waits at a point.
pub(crate) struct Held {
    pub(crate) child: Child,
    file: PathBuf,
}

impl Held {
    /// Lets it go on.
    pub(crate) fn let_go(&self) {
        std::fs::remove_file(&self.file).unwrap();
    }

    /// Waits for its end.
    pub(crate) async fn end(mut self, trial: &Trial) -> Ran {
        // A killed run leaves the file.
        let ended = timeout(LIMIT * 2, self.child.wait()).await;
        ended.expect("the program ends").unwrap();
        let _ = std::fs::remove_file(&self.file);
        let output = self.child.wait_with_output().await.unwrap();
        trial.operator.ran("dbha setup".into(), &output)
    }
}

/// Fails the test if a session of a run, which are root's, or one of its locks outlives it.
async fn assert_no_session_is_left(server: &PrivateServer, what: &str) {
    let mut session = Session::open(server).await;
    let others = "SELECT CONCAT(ID, ' ', COMMAND, ' ', IFNULL(INFO, '')) FROM information_schema.PROCESSLIST \
                  WHERE USER='root' AND ID<>CONNECTION_ID()";
    eventually(what, async || session.column(others).await, Vec::is_empty).await;
    let locks: Vec<String> = (0..80)
        .map(|slot| format!("IS_USED_LOCK('dbha.copy.{slot}')"))
        .collect();
    let locks = format!(
        "SELECT COALESCE({}, IS_USED_LOCK('dbha.setup'))",
        locks.join(", ")
    );
    assert_eq!(session.value(&locks).await, "NULL", "{what}: a lock is held");
}
