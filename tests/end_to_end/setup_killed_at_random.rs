//! A set-up that is killed again and again at moments that nobody chose.

use std::time::{Duration, SystemTime};

use dbha_testkit::Release;
use nix::sys::signal::Signal;
use tokio::time::{sleep, timeout};

use crate::processes::send;
use crate::releases::on_releases;
use crate::trial::Trial;

const KILLS: u32 = 8;

on_releases!(slow_scenario_30_killed_eight_times_at_random_and_then_run_once: mariadb_10_5, mariadb_10_11, mariadb_11_8, mysql_9_7);

/// Every run of the test takes other moments; they are printed.
async fn slow_scenario_30_killed_eight_times_at_random_and_then_run_once(release: Release) {
    let wanted = Trial::undisturbed(release).await;
    let trial = Trial::begin(release).await;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let mut random = u64::from(now.subsec_nanos());
    let mut killed = 0;
    while killed < KILLS {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        // A first run takes about half a second; each that is killed leaves less to do.
        let delay = Duration::from_millis(30 + (random >> 33) % (700 / u64::from(killed + 1)));
        let mut child = trial.command().spawn().unwrap();
        match timeout(delay, child.wait()).await {
            Ok(ended) => {
                // It was faster, or met the lock of the one before it.
                eprintln!("{delay:?}: ended by itself, {:?}", ended.unwrap().code());
                if trial.is_finished().await {
                    break;
                }
            }
            Err(_) => {
                send(&child, Signal::SIGKILL);
                child.wait().await.unwrap();
                killed += 1;
                eprintln!("{delay:?}: killed");
            }
        }
        sleep(Duration::from_millis(20)).await;
    }
    assert!(killed >= 2, "the moments were too late");
    trial.judge(&wanted, "killed eight times").await;
}
