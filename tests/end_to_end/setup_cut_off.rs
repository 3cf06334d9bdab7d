//! A set-up that is cut off in any step, by anything: the next run goes on, and the one after changes nothing.
//!
//! Every step is walked before and after it, whatever steps there are; each trial begins with a fresh pair.

use std::time::Duration;

use dbha_core::Step;
use dbha_testkit::{Direction, Fault, FaultProxy, Release, Trigger};
use nix::sys::signal::Signal;

use crate::end_state::EndState;
use crate::processes::send;
use crate::releases::on_releases;
use crate::trial::Trial;

/// What is done to a run that has stopped at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Harm {
    Killed,
    Interrupted,
    /// The next change on either server is asked for, and never gets there.
    QuestionLost,
    /// The next change on either server is made, and the answer is lost.
    AnswerLost,
    PrimaryRestarts,
    SecondaryRestarts,
}

/// What a statement begins with that changes a server.
const CHANGES: [&str; 14] = [
    "ALTER ",
    "CHANGE ",
    "CREATE ",
    "DELETE ",
    "DROP ",
    "GRANT ",
    "INSERT ",
    "REPLACE ",
    "RESET ",
    "REVOKE ",
    "SET GLOBAL ",
    "SET PERSIST",
    "START SLAVE",
    "STOP SLAVE",
];

impl Harm {
    /// The exit codes that a run may have which met this.
    fn codes(self, step: Step) -> &'static [Option<i32>] {
        match self {
            Harm::Killed => &[None],
            // Stopped when everything was done, it has nothing to stop.
            Harm::Interrupted if Step::ALL.last() == Some(&step) => &[Some(130), Some(0)],
            Harm::Interrupted => &[Some(130)],
            Harm::QuestionLost | Harm::AnswerLost => &[Some(8), Some(9)],
            // What was asked meanwhile may be asked again; what was lost is found missing at the end.
            Harm::PrimaryRestarts | Harm::SecondaryRestarts => {
                &[Some(0), Some(4), Some(5), Some(7), Some(8), Some(9)]
            }
        }
    }
}

/// Cuts a first set-up off at a point of a step, and judges what comes of it.
async fn cut_off(release: Release, wanted: &EndState, harm: Harm, moment: &str, step: Step) {
    let what = format!("{harm:?} {moment} {}", step.id());
    let mut trial = Trial::begin(release).await;
    let Some(held) = trial.hold(&format!("{moment}:{}", step.id())).await else {
        // A step that a first set-up with these arguments does not need.
        eprintln!("{what}: there is nothing to do in this step");
        return;
    };
    match harm {
        Harm::Killed => send(&held.child, Signal::SIGKILL),
        Harm::Interrupted => send(&held.child, Signal::SIGINT),
        Harm::QuestionLost | Harm::AnswerLost => {
            for proxy in [&trial.to_primary, &trial.to_secondary] {
                lose(proxy, harm);
            }
            held.let_go();
        }
        Harm::PrimaryRestarts => {
            trial.pair.primary.restart().await.unwrap();
            held.let_go();
        }
        Harm::SecondaryRestarts => {
            trial.pair.secondary.restart().await.unwrap();
            held.let_go();
        }
    }
    let first = held.end(&trial).await;
    eprintln!("{what}: {:?}", first.code);
    assert!(harm.codes(step).contains(&first.code), "{what}\n{first}");
    if first.code.is_some_and(|code| code != 0) {
        assert!(first.stderr.contains("→ "), "{what}: it says what to do\n{first}");
    }
    trial.judge(wanted, &what).await;
}

fn lose(proxy: &FaultProxy, harm: Harm) {
    let fault = match harm {
        Harm::QuestionLost => Fault::Lose(Direction::ToServer),
        _ => Fault::Lose(Direction::ToClient),
    };
    proxy.arm(Direction::ToServer, Trigger::any_of(CHANGES), fault);
}

on_releases!(scenario_30_a_run_that_was_cut_off_is_gone_on_with: mariadb_10_11, slow_mariadb_11_8, slow_mysql_9_7);

/// A sample of the walks below.
async fn scenario_30_a_run_that_was_cut_off_is_gone_on_with(release: Release) {
    let wanted = Trial::undisturbed(release).await;
    for (harm, moment, step) in [
        (Harm::Killed, "applied", Step::FollowPrimary),
        (Harm::Killed, "before", Step::ProveLinks),
        (Harm::Interrupted, "before", Step::CatchUp),
        (Harm::AnswerLost, "before", Step::EnsureAccounts),
        (Harm::SecondaryRestarts, "applied", Step::CopyData),
    ] {
        cut_off(release, &wanted, harm, moment, step).await;
    }
}

on_releases!(scenario_30_a_copy_that_was_killed_is_made_anew: mariadb_10_11, mysql_9_7);

async fn scenario_30_a_copy_that_was_killed_is_made_anew(release: Release) {
    in_the_copy(release, Signal::SIGKILL, None).await;
}

on_releases!(scenario_30_a_copy_that_is_asked_to_stop_stops: mariadb_10_11, slow_mysql_9_7);

async fn scenario_30_a_copy_that_is_asked_to_stop_stops(release: Release) {
    in_the_copy(release, Signal::SIGTERM, Some(130)).await;
}

/// Sends a signal when the copy has just begun to fill the secondary.
async fn in_the_copy(release: Release, signal: Signal, code: Option<i32>) {
    let wanted = Trial::undisturbed(release).await;
    let trial = Trial::begin(release).await;
    let held = trial.hold("before:copy_data").await.unwrap();
    let filling = Trigger::any_of(["INSERT INTO"]);
    // Nothing goes wrong on the way: the proxy only tells when.
    trial
        .to_secondary
        .arm(Direction::ToServer, filling, Fault::Delay(Duration::ZERO));
    held.let_go();
    trial.to_secondary.fired().await;
    send(&held.child, signal);
    let first = held.end(&trial).await;
    assert_eq!(first.code, code, "{first}");
    if code.is_some() {
        let last = first.events().pop().unwrap();
        assert_eq!(
            (&last["event"], &last["exit_code"]),
            (&"failed".into(), &130.into()),
            "{first}"
        );
    }
    trial.judge(&wanted, &format!("{signal} in the copy")).await;
}

/// Walks through all steps with one harm at one moment of each.
async fn walk(release: Release, harm: Harm, moment: &str) {
    let wanted = Trial::undisturbed(release).await;
    for step in Step::ALL {
        cut_off(release, &wanted, harm, moment, step).await;
    }
}

on_releases!(slow_scenario_30_killed_before_every_step: mariadb_10_11);

async fn slow_scenario_30_killed_before_every_step(release: Release) {
    walk(release, Harm::Killed, "before").await;
}

on_releases!(slow_scenario_30_killed_after_every_step: mariadb_10_11, mariadb_10_5);

async fn slow_scenario_30_killed_after_every_step(release: Release) {
    walk(release, Harm::Killed, "applied").await;
}

on_releases!(slow_scenario_30_interrupted_before_every_step: mariadb_10_11);

async fn slow_scenario_30_interrupted_before_every_step(release: Release) {
    walk(release, Harm::Interrupted, "before").await;
}

on_releases!(slow_scenario_30_interrupted_after_every_step: mariadb_10_11);

async fn slow_scenario_30_interrupted_after_every_step(release: Release) {
    walk(release, Harm::Interrupted, "applied").await;
}

on_releases!(slow_scenario_30_cut_off_in_every_step_before_the_server_hears_it: mariadb_10_11);

async fn slow_scenario_30_cut_off_in_every_step_before_the_server_hears_it(release: Release) {
    walk(release, Harm::QuestionLost, "before").await;
}

on_releases!(slow_scenario_30_cut_off_in_every_step_after_the_server_did_it: mariadb_10_11, mysql_9_7);

async fn slow_scenario_30_cut_off_in_every_step_after_the_server_did_it(release: Release) {
    walk(release, Harm::AnswerLost, "before").await;
}

on_releases!(slow_scenario_34_the_primary_restarts_in_every_step: mariadb_10_11);

async fn slow_scenario_34_the_primary_restarts_in_every_step(release: Release) {
    walk(release, Harm::PrimaryRestarts, "applied").await;
}

on_releases!(slow_scenario_30_the_secondary_restarts_in_every_step: mariadb_10_11);

async fn slow_scenario_30_the_secondary_restarts_in_every_step(release: Release) {
    walk(release, Harm::SecondaryRestarts, "applied").await;
}
