use super::{LagLimits, ProbeLevel, Required, probe};
use crate::{
    Both, SetupOptions, Side, Writers,
    assess::{Seen, Unseen, assess},
    built_facts::{finished_pair, fresh_pair, set},
};
use ProbeLevel::{Critical, Ok as Well, Unknown, Warning};
use Required::{Pair, Primary, Replica};
use Side::{Primary as A, Secondary as B};
use dbha_sql::{Facts, IoState, LinkError, Observed, ReplicaStatus, Setting, SqlState};
use std::time::Duration;

const MARIADB: &str = "10.11.19-MariaDB";
const LIMITS: LagLimits = LagLimits {
    warning: Some(Duration::from_secs(5)),
    critical: Duration::from_secs(10),
};

/// What is asked of `a`, the primary, and of `b`, the secondary: pair, a as primary, b as primary, b as replica.
const ASKED: [Required; 4] = [Pair, Primary(A), Primary(B), Replica(B)];

fn levels(seen: &Both<Seen>) -> [ProbeLevel; 4] {
    let status = assess("p", seen);
    ASKED.map(|required| probe(&status, required, LIMITS).level)
}

fn gone(name: &str) -> Seen {
    Err(Unseen {
        name: name.into(),
        address: format!("host-{name}:3306"),
        text: format!("cannot connect to {name}"),
        fix: "start it".into(),
    })
}

fn link(facts: &mut Facts) -> &mut ReplicaStatus {
    match &mut facts.links {
        Observed::Known(links) => &mut links[0],
        other => panic!("{other:?}"),
    }
}

/// A change of a sound pair, and the levels in the order of [`ASKED`].
type Row = (&'static str, fn(&mut Both<Facts>), [ProbeLevel; 4]);

const OF_ONE_WRITER: [Row; 15] = [
    ("nothing", |_| {}, [Well, Well, Critical, Well]),
    (
        "SQL thread of b stopped",
        |facts| link(&mut facts.secondary).sql = SqlState::Stopped,
        [Critical, Well, Critical, Critical],
    ),
    (
        "IO thread of b keeps connecting",
        |facts| link(&mut facts.secondary).io = IoState::Connecting,
        [Critical, Well, Critical, Critical],
    ),
    (
        "IO thread of a stopped",
        |facts| link(&mut facts.primary).io = IoState::Stopped,
        [Critical, Well, Critical, Well],
    ),
    (
        "b 7 s behind",
        |facts| link(&mut facts.secondary).lag = Some(Duration::from_secs(7)),
        [Warning, Well, Critical, Warning],
    ),
    (
        "b exactly at the limit",
        |facts| link(&mut facts.secondary).lag = Some(Duration::from_secs(10)),
        [Warning, Well, Critical, Warning],
    ),
    (
        "b 11 s behind",
        |facts| link(&mut facts.secondary).lag = Some(Duration::from_secs(11)),
        [Critical, Well, Critical, Critical],
    ),
    (
        "scenario 55: lag of b NULL, both threads running",
        |facts| link(&mut facts.secondary).lag = None,
        [Unknown, Well, Critical, Critical],
    ),
    (
        "b does not follow a",
        |facts| facts.secondary.links = Observed::Known(vec![]),
        [Warning, Well, Critical, Critical],
    ),
    (
        "the links of b cannot be seen",
        |facts| facts.secondary.links = Observed::Denied("no privilege".into()),
        [Unknown, Well, Critical, Unknown],
    ),
    (
        "b takes writes too",
        |facts| set(&mut facts.secondary, Setting::ReadOnly, "OFF"),
        [Critical, Critical, Critical, Well],
    ),
    (
        "neither takes writes",
        |facts| set(&mut facts.primary, Setting::ReadOnly, "ON"),
        [Critical, Critical, Critical, Well],
    ),
    (
        "b takes writes and a does not",
        |facts| {
            set(&mut facts.primary, Setting::ReadOnly, "ON");
            set(&mut facts.secondary, Setting::ReadOnly, "OFF");
        },
        [Critical, Critical, Well, Well],
    ),
    (
        "a setting of b has drifted",
        |facts| set(&mut facts.secondary, Setting::SyncBinlog, "0"),
        [Warning, Well, Critical, Well],
    ),
    (
        "a setting of b would be lost at a restart",
        |facts| {
            let fact = facts.secondary.settings.get_mut(&Setting::BinlogFormat);
            fact.unwrap().after_restart = None;
        },
        [Well, Well, Critical, Well],
    ),
];

#[test]
fn a_pair_with_one_writer_is_probed_by_what_is_asked() {
    for (what, change, expected) in OF_ONE_WRITER {
        let mut facts = finished_pair(MARIADB, &SetupOptions::default());
        change(&mut facts);
        let seen = Both {
            primary: Ok(facts.primary),
            secondary: Ok(facts.secondary),
        };
        assert_eq!(levels(&seen), expected, "{what}: {:?}", assess("p", &seen).reason);
    }
}

#[test]
fn a_server_that_is_gone_is_critical_and_its_peer_is_judged_by_the_record() {
    let pair = |writers| {
        finished_pair(
            MARIADB,
            &SetupOptions {
                writers,
                ..SetupOptions::default()
            },
        )
    };
    let without_a = |writers| Both {
        primary: gone("a"),
        secondary: Ok(pair(writers).secondary),
    };
    let without_b = |writers| Both {
        primary: Ok(pair(writers).primary),
        secondary: gone("b"),
    };
    // The link of b does not know yet that a is gone.
    assert_eq!(
        levels(&without_a(Writers::One)),
        [Critical, Critical, Critical, Well]
    );
    assert_eq!(
        levels(&without_a(Writers::Both)),
        [Critical, Critical, Well, Well]
    );
    assert_eq!(
        levels(&without_b(Writers::One)),
        [Critical, Well, Critical, Critical]
    );
    assert_eq!(
        levels(&without_b(Writers::Both)),
        [Critical, Well, Critical, Critical]
    );
    let neither = Both {
        primary: gone("a"),
        secondary: gone("b"),
    };
    assert_eq!(levels(&neither), [Critical; 4]);

    // Somebody opened the standby, and nobody can see whether the primary still takes writes.
    let mut opened = without_a(Writers::One);
    if let Ok(facts) = &mut opened.secondary {
        set(facts, Setting::ReadOnly, "OFF");
    }
    assert_eq!(levels(&opened), [Critical, Critical, Critical, Well]);
}

#[test]
fn two_writers_are_well_where_both_are_recorded_and_nowhere_else() {
    let options = SetupOptions {
        writers: Writers::Both,
        ..SetupOptions::default()
    };
    let mut facts = finished_pair(MARIADB, &options);
    let seen = |facts: &Both<Facts>| Both {
        primary: Ok(facts.primary.clone()),
        secondary: Ok(facts.secondary.clone()),
    };
    assert_eq!(levels(&seen(&facts)), [Well, Well, Well, Well]);
    for side in Side::BOTH {
        facts.of_mut(side).recorded = Observed::Absent;
    }
    assert_eq!(levels(&seen(&facts)), [Well, Critical, Critical, Well]);
}

#[test]
fn an_old_writer_that_comes_back_open_takes_nothing_from_the_one_of_the_newest_term() {
    let mut facts = finished_pair(MARIADB, &SetupOptions::default());
    set(&mut facts.secondary, Setting::ReadOnly, "OFF");
    facts.secondary.terms = Observed::Known(vec![dbha_sql::Term {
        number: 2,
        server_id: facts.secondary.server_id,
        reason: "failover".into(),
    }]);
    let seen = facts.map(|_, facts| Ok(facts.clone()));
    let [pair, old, new, _] = levels(&seen);
    assert_eq!((old, new), (Critical, Well));
    assert_ne!(pair, Well, "that two take writes is told all the same");
}

#[test]
fn two_servers_without_links_are_no_pair() {
    let facts = fresh_pair(MARIADB);
    let seen = Both {
        primary: Ok(facts.primary),
        secondary: Ok(facts.secondary),
    };
    assert_eq!(levels(&seen), [Critical, Critical, Critical, Critical]);
}

#[test]
fn the_gravest_is_said_first_and_nothing_is_left_out() {
    let mut facts = finished_pair(MARIADB, &SetupOptions::default());
    set(&mut facts.primary, Setting::SyncBinlog, "0");
    let link = link(&mut facts.secondary);
    link.sql = SqlState::Stopped;
    link.sql_error = Some(LinkError {
        code: 1062,
        text: "Duplicate entry".into(),
    });
    let status = assess(
        "p",
        &Both {
            primary: Ok(facts.primary),
            secondary: Ok(facts.secondary),
        },
    );
    let said = probe(&status, Pair, LIMITS);
    assert_eq!(said.level, Critical);
    let (thread, setting) = (said.text.find("1062"), said.text.find("sync_binlog"));
    assert!(thread.is_some() && thread < setting, "{}", said.text);
}
