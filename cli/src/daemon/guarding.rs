//! The guard of automatic failover that runs with a monitor.

use super::{
    notify::Notify,
    wanted::{Wanted, WantedPair},
};
use crate::{args::GuardArgs, duration::duration, exit::Failure, servers, vote};
use dbha_core::{CancellationToken, Side};
use dbha_failover::{
    Guard, GuardNews, GuardSettings, MaxLoss, Timing, Weight,
    etcd::{EtcdBallot, EtcdSettings},
};
use dbha_monitor::Board;
use std::sync::Arc;
use tokio::task::JoinHandle;

/// A guard that is to run.
pub struct WantedGuard {
    settings: GuardSettings,
    etcd: EtcdSettings,
    pair: String,
}

impl WantedGuard {
    /// Reads what was asked for; `None` where no guard was.
    pub fn read(args: &GuardArgs, wanted: &Wanted) -> Result<Option<Self>, Failure> {
        if !args.auto_failover {
            return Ok(None);
        }
        let pair = the_one(wanted)?;
        let name = args.local.as_deref().unwrap_or_default();
        let (primary, secondary) = (&pair.pair.primary, &pair.pair.secondary);
        let side = servers::side_named("--local", name, primary, secondary)?;
        let (local, peer) = match side {
            Side::Primary => (primary, secondary),
            Side::Secondary => (secondary, primary),
        };
        let timing = vote::timing(&args.etcd)?;
        let Some(etcd) = vote::etcd(&args.etcd)? else {
            return Err(Failure::usage(
                "--auto-failover needs a vote outside the pair",
                "give --etcd https://HOST:2379; without one, failover stays a command: dbha failover",
            ));
        };
        let settings = GuardSettings {
            local: local.clone(),
            peer: peer.clone(),
            side,
            timing,
            vote: etcd.urls(),
            max_loss: max_loss(args, &timing)?,
        };
        Ok(Some(Self {
            settings,
            etcd,
            pair: pair.pair.name.clone(),
        }))
    }

    /// Starts it; it ends with `cancel`, its server closed.
    pub fn start(self, notify: Arc<Notify>, board: Board, cancel: CancellationToken) -> JoinHandle<()> {
        let Self { settings, etcd, pair } = self;
        let (name, timing) = (settings.local.name.clone(), settings.timing);
        let hear = move |news: GuardNews| {
            // The board tells its listeners, and one of them is the voice.
            board.tell_of_guard(
                &pair,
                &name,
                news.weight == Weight::Error,
                format!("guard of {name}: {}", news.text),
            );
        };
        let seat =
            move |mark: &str| EtcdBallot::new(etcd.clone(), mark, timing.lease(), timing.answer_limit());
        let guard = Guard::new(settings, seat, hear);
        tokio::spawn(guard.run(move || notify.alive(), cancel))
    }
}

/// A guard is of one server, and so of one pair.
fn the_one(wanted: &Wanted) -> Result<&WantedPair, Failure> {
    let mut pairs = wanted.pairs.values();
    match (pairs.next(), pairs.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(Failure::usage(
            "--auto-failover guards one server, and several pairs are watched",
            "give --primary and --secondary, or a config file with one [pair.NAME]",
        )),
    }
}

/// Reads what may be lost.
pub fn max_loss(args: &GuardArgs, timing: &Timing) -> Result<MaxLoss, Failure> {
    let text = args.max_loss.as_deref().unwrap_or_default();
    if text == "none" {
        return Ok(MaxLoss::None);
    }
    let limit = duration(text)
        .map_err(|error| Failure::usage(format!("--max-loss: {error}"), "give none, or a time such as 5s"))?;
    let least = timing.renew_every() + timing.answer_limit();
    match limit >= least {
        true => Ok(MaxLoss::Within(limit)),
        // What a writer did since its last word is never known: less than that would mean never.
        false => Err(Failure::usage(
            format!(
                "with a lease of {} s the other server hears of the writer every {:.1} s at best: nothing would ever be taken \
                 over within --max-loss {text}",
                timing.lease().as_secs(),
                least.as_secs_f64()
            ),
            format!(
                "give --max-loss {} or more, a shorter --lease, or none",
                least.as_secs() + 1
            ),
        )),
    }
}
