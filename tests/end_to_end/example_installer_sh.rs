//! `examples/installer.sh`: an installer's own screen, which goes on after anything that ended it.

use std::path::Path;
use std::process::Stdio;

use dbha_testkit::{Release, ServerPair};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::Command;

use crate::eventually::eventually;
use crate::operator::Operator;
use crate::processes::{assert_no_process_with, end_of, processes_with, send};
use crate::ran::Ran;
use crate::releases::on_releases;
use crate::servers::{assert_all_threads_run, fill_with_sample, fresh_pair, pair_with_sample};
use crate::tool;

/// Prepares a run of the example, or says that it is skipped.
fn installer(operator: &Operator) -> Option<Command> {
    tool::found("jq", "jq")?;
    // Everything that a run of dbha gets, for another program.
    let of_dbha = operator.command("setup", []);
    let mut command = Command::new("bash");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/installer.sh"));
    command.args(of_dbha.as_std().get_args().skip(1));
    for (name, value) in of_dbha.as_std().get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.env("DBHA", env!("CARGO_BIN_EXE_dbha"));
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Some(command)
}

/// Runs it to its end, on a pair whose set-up something has ended half-way.
async fn goes_on(operator: &Operator, pair: &ServerPair) {
    let ran: Ran = operator.finish(&mut installer(operator).unwrap()).await.exits(0);
    assert!(ran.stdout.contains("proven: a marker from the primary"), "{ran}");
    assert!(ran.stdout.contains("The pair stands: both links run"), "{ran}");
    assert_all_threads_run(pair).await;
    let ran = operator.finish(&mut installer(operator).unwrap()).await.exits(0);
    assert!(ran.stdout.contains("Nothing had to be changed"), "{ran}");
}

on_releases!(an_installer_shows_each_step_and_ends_with_the_proof: mariadb_10_11, slow_mysql_9_7);

async fn an_installer_shows_each_step_and_ends_with_the_proof(release: Release) {
    let pair = pair_with_sample(release, 20).await;
    let operator = Operator::of(&pair);
    let Some(mut run) = installer(&operator) else {
        return;
    };

    let ran = operator.finish(&mut run).await.exits(0);

    let lines: Vec<&str> = ran.stdout.lines().collect();
    let place = |text: &str| lines.iter().position(|line| line.contains(text));
    let order = [
        "steps",
        "done: claim the secondary",
        "done: copy",
        "done: prove",
        "proven: ",
        "The pair stands",
    ];
    let places: Vec<Option<usize>> = order.iter().map(|text| place(text)).collect();
    assert!(
        places.iter().all(Option::is_some) && places.is_sorted(),
        "{places:?}\n{ran}"
    );
    assert!(place("equal on both servers at").is_some(), "{ran}");
}

on_releases!(an_installer_that_is_killed_or_stopped_half_way_goes_on: mariadb_10_11, slow_mysql_9_7);

async fn an_installer_that_is_killed_or_stopped_half_way_goes_on(release: Release) {
    for signal in [Signal::SIGKILL, Signal::SIGTERM] {
        let pair = pair_with_sample(release, 20).await;
        let operator = Operator::of(&pair);
        let Some(mut run) = installer(&operator) else {
            return;
        };
        let stop = operator.home().join("stop");
        run.env("DBHA_FAILPOINT", format!("applied:copy_data={}", stop.display()));
        let mut child = run.spawn().unwrap();
        eventually("the copy is made", async || stop.exists(), |there| *there).await;

        match signal {
            Signal::SIGKILL => {
                // All at once, as when the machine goes down.
                for process in processes_with(&operator.primary_password_file) {
                    kill(Pid::from_raw(i32::try_from(process).unwrap()), signal).unwrap();
                }
                assert_eq!(end_of(&mut child).await, None);
            }
            _ => {
                send(&child, signal);
                let output = child.wait_with_output().await.unwrap();
                let ran = operator.ran("installer.sh".into(), &output).exits(130);
                assert!(ran.stdout.contains("it goes on where it stopped"), "{ran}");
            }
        }
        assert_no_process_with(&operator.primary_password_file).await;
        let _ = std::fs::remove_file(&stop);

        goes_on(&operator, &pair).await;
    }
}

on_releases!(an_installer_stops_on_findings_and_says_what_to_do: mariadb_10_11);

async fn an_installer_stops_on_findings_and_says_what_to_do(release: Release) {
    let pair = fresh_pair(release).await;
    fill_with_sample(&pair.secondary, 1).await;
    let operator = Operator::of(&pair);
    let Some(mut run) = installer(&operator) else {
        return;
    };

    let ran = operator.finish(&mut run).await.exits(3);

    assert!(
        ran.stdout.contains("DBHA-P09") && ran.stdout.contains("--overwrite-secondary"),
        "{ran}"
    );
    assert!(ran.stdout.contains("Mend what is named above"), "{ran}");
    assert!(!ran.stdout.contains("done: "), "{ran}");
}
