use super::*;
use crate::{
    SetupOptions,
    built_facts::{self, set},
};
use dbha_sql::{GtidSet, Setting, SqlState};

const MARIADB: &str = "10.11.19-MariaDB";
const MYSQL: &str = "9.7.4";

fn finished_pair(version: &str) -> Both<Facts> {
    built_facts::finished_pair(version, &SetupOptions::default())
}

type Change = fn(&mut Both<Facts>);

fn found(facts: &Both<Facts>, to: Side) -> Vec<Code> {
    let all = judge(facts, to, &SwitchoverOptions::default());
    all.into_iter().map(|finding| finding.code).collect()
}

fn swap_roles(facts: &mut Both<Facts>) {
    for side in Side::BOTH {
        if let dbha_sql::Observed::Known(rows) = &mut facts.of_mut(side).recorded {
            for row in rows {
                row.role = match row.role.as_str() {
                    "primary" => "secondary".into(),
                    _ => "primary".into(),
                };
            }
        }
    }
}

#[test]
fn the_one_that_does_not_have_the_writes_gets_them() {
    let mut facts = finished_pair(MYSQL);
    assert_eq!(target(&facts, None), Ok(Side::Secondary));
    swap_roles(&mut facts);
    assert_eq!(target(&facts, None), Ok(Side::Primary));
    assert_eq!(target(&facts, Some(Side::Secondary)), Ok(Side::Secondary));
}

#[test]
fn two_servers_of_no_pair_have_no_roles() {
    let mut facts = finished_pair(MYSQL);
    facts.secondary.recorded = dbha_sql::Observed::Absent;
    assert_eq!(target(&facts, None).unwrap_err().code, Code::NotAPair);
}

#[test]
fn where_neither_writes_nothing_is_guessed() {
    let mut facts = finished_pair(MYSQL);
    set(&mut facts.primary, Setting::ReadOnly, "ON");
    assert_eq!(target(&facts, None).unwrap_err().code, Code::NeitherWrites);
    // Named, either of them can become the writer: this is how a cut-off switchover goes on.
    assert_eq!(target(&facts, Some(Side::Primary)), Ok(Side::Primary));
    assert_eq!(found(&facts, Side::Secondary), []);
}

#[test]
fn a_healthy_pair_is_let_through() {
    assert_eq!(found(&finished_pair(MYSQL), Side::Secondary), []);
    // Only an option file keeps the roles of MariaDB.
    assert_eq!(
        found(&finished_pair(MARIADB), Side::Secondary),
        [Code::RolesNotKept]
    );
}

#[test]
fn every_reason_against_it_is_found_and_blocks() {
    let causes: [(Code, Change); 8] = [
        (Code::BothWrite, |f| {
            set(&mut f.secondary, Setting::ReadOnly, "OFF");
            set(&mut f.secondary, Setting::SuperReadOnly, "OFF");
        }),
        (Code::HasTheWrites, |f| {
            swap_roles(f);
            set(&mut f.primary, Setting::ReadOnly, "ON");
            set(&mut f.secondary, Setting::ReadOnly, "OFF");
            set(&mut f.secondary, Setting::SuperReadOnly, "OFF");
        }),
        (Code::UnfitToWrite, |f| {
            set(&mut f.secondary, Setting::SyncBinlog, "0")
        }),
        (Code::LinkNotReady, |f| {
            f.secondary.links = dbha_sql::Observed::Known(vec![])
        }),
        (Code::LinkNotReady, |f| {
            link(&mut f.secondary).sql = SqlState::Stopped
        }),
        // What the new writer writes would never come back.
        (Code::LinkNotReady, |f| {
            link(&mut f.primary).sql = SqlState::Stopped
        }),
        (Code::LinkNotReady, |f| {
            link(&mut f.secondary).lag = Some(Duration::from_secs(11))
        }),
        // Unknown is never 0 (scenario 55).
        (Code::LinkNotReady, |f| link(&mut f.secondary).lag = None),
    ];
    for (code, change) in causes {
        let mut facts = finished_pair(MYSQL);
        change(&mut facts);
        let all = judge(&facts, Side::Secondary, &SwitchoverOptions::default());
        assert!(
            all.iter().any(|one| one.code == code && one.blocks()),
            "{code}: {all:?}"
        );
    }
}

#[test]
fn a_link_that_is_held_back_on_purpose_is_not_close_behind() {
    let mut facts = finished_pair(MYSQL);
    link(&mut facts.secondary).delay_seconds = 3600;
    assert_eq!(found(&facts, Side::Secondary), [Code::LinkNotReady]);
}

#[test]
fn terms_go_on_from_the_newest_that_either_knows() {
    let mut facts = finished_pair(MYSQL);
    let term = |number| {
        dbha_sql::Observed::Known(vec![dbha_sql::Term {
            number,
            server_id: 1,
            reason: "setup".into(),
        }])
    };
    assert_eq!(crate::roles::next_term([&facts.primary, &facts.secondary]), 2);
    facts.primary.terms = term(3);
    facts.secondary.terms = term(4);
    assert_eq!(crate::roles::next_term([&facts.primary, &facts.secondary]), 5);
}

fn link(facts: &mut Facts) -> &mut dbha_sql::ReplicaStatus {
    match &mut facts.links {
        dbha_sql::Observed::Known(links) => &mut links[0],
        _ => panic!("a finished pair has links"),
    }
}

#[test]
fn positions_are_compared_as_sets() {
    let one = GtidSet::parse(dbha_sql::Flavor::MariaDb, "0-1-10,2-2-5").unwrap();
    let other = GtidSet::parse(dbha_sql::Flavor::MariaDb, "0-1-10,2-2-7").unwrap();
    assert_eq!(one.count_missing_from(&other), 0);
    assert_eq!(other.count_missing_from(&one), 2);
}
