use dbha_failover::etcd::{EtcdSettings, EtcdTls, EtcdVote, Held, Taking};
use dbha_testkit::{Etcd, EtcdOptions, TestkitError};
use std::time::{Duration, Instant};

/// Longest wait of these tests for anything that has to happen; CI is slow at times.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// What a call of these votes may take where an answer is expected.
pub(crate) const LIMIT: Duration = Duration::from_secs(10);
/// The lease that is asked for; etcd grants 2 s at least.
pub(crate) const TTL: Duration = Duration::from_secs(2);

/// Starts an etcd, or says that there is none on this machine.
pub(crate) async fn etcd() -> Option<Etcd> {
    here(Etcd::start(&EtcdOptions::default()).await)
}

pub(crate) fn here<T>(started: Result<T, TestkitError>) -> Option<T> {
    match started {
        Ok(started) => Some(started),
        Err(TestkitError::NoEtcd) => {
            eprintln!("skipped: {}", TestkitError::NoEtcd);
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// A vote of the pair that these tests are about, through these URLs.
pub(crate) fn vote(urls: &str) -> EtcdVote {
    vote_within(urls, LIMIT)
}

pub(crate) fn vote_within(urls: &str, limit: Duration) -> EtcdVote {
    let settings = EtcdSettings::new(urls, EtcdTls::default(), None).unwrap();
    EtcdVote::new(settings, "shop", limit).unwrap()
}

/// Tries until the vote is held; nobody else may have it.
pub(crate) async fn take(vote: &mut EtcdVote, ttl: Duration, value: &str) -> Held {
    let end = Instant::now() + PATIENCE;
    loop {
        match vote.hold(ttl, value, None).await {
            Ok(Taking::Held(held)) => return held,
            seen => {
                assert!(Instant::now() < end, "not held after {PATIENCE:?}: {seen:?}");
                let left = match seen {
                    Ok(Taking::Wait(left)) => left.min(Duration::from_millis(100)),
                    _ => Duration::from_millis(50),
                };
                tokio::time::sleep(left).await;
            }
        }
    }
}

/// Holds the vote for so long that it does not lapse within a test.
pub(crate) async fn take_for_long(vote: &mut EtcdVote, value: &str) -> Held {
    // Whoever has held it before waits for nobody.
    take(vote, TTL, value).await;
    vote.release().await.unwrap();
    take(vote, Duration::from_secs(300), value).await
}
