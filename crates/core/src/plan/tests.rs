use super::plan;
use crate::{
    Both, Check, SetupOptions, Side, Step, Topology, Writers,
    built_facts::{finished_pair, fresh_pair, set},
};
use dbha_sql::{Claim, ClaimState, Facts, Observed, Setting, SqlState};

const MARIADB: &str = "10.11.19-MariaDB";
const MYSQL: &str = "9.7.4";

fn needed(facts: &Both<Facts>, options: &SetupOptions) -> Vec<Step> {
    let topology = Topology::of_pair(facts, options);
    plan("p", facts, &topology, options, vec![])
        .needed()
        .map(|step| step.step)
        .collect()
}

#[test]
fn a_finished_pair_needs_nothing() {
    for version in [MARIADB, MYSQL] {
        for writers in [Writers::One, Writers::Both] {
            let options = SetupOptions {
                writers,
                ..SetupOptions::default()
            };
            assert_eq!(
                needed(&finished_pair(version, &options), &options),
                [],
                "{version} {writers}"
            );
        }
    }
}

#[test]
fn a_fresh_pair_needs_every_step_but_those_for_older_pairs_and_what_is_to_be_asked_for() {
    let other = [
        Step::AdoptSecondary,
        Step::DetachReplaced,
        Step::WriteOptionFilePrimary,
        Step::WriteOptionFileSecondary,
        Step::EnsureSemiSync,
        Step::EnsureMonitorAccount,
        Step::PreparePlatform,
    ];
    let all: Vec<Step> = Step::ALL
        .into_iter()
        .filter(|step| !other.contains(step))
        .collect();
    for version in [MARIADB, MYSQL] {
        assert_eq!(
            needed(&fresh_pair(version), &SetupOptions::default()),
            all,
            "{version}"
        );
    }
}

#[test]
fn one_drifted_setting_needs_that_setting_and_a_new_proof() {
    let options = SetupOptions::default();
    let mut facts = finished_pair(MARIADB, &options);
    set(&mut facts.secondary, Setting::SyncBinlog, "0");
    assert_eq!(
        needed(&facts, &options),
        [Step::ConfigureSecondary, Step::ProveLinks]
    );
}

#[test]
fn a_stopped_thread_needs_its_link_and_a_new_proof() {
    let options = SetupOptions::default();
    let mut facts = finished_pair(MARIADB, &options);
    if let Observed::Known(links) = &mut facts.primary.links {
        links[0].sql = SqlState::Stopped;
    }
    assert_eq!(
        needed(&facts, &options),
        [Step::FollowSecondary, Step::ProveLinks]
    );
}

#[test]
fn a_lost_link_needs_new_passwords_on_both_links_and_no_copy() {
    let options = SetupOptions::default();
    let mut facts = finished_pair(MARIADB, &options);
    facts.primary.links = Observed::Known(vec![]);
    let steps = [
        Step::EnsureAccounts,
        Step::CheckReach,
        Step::FollowPrimary,
        Step::FollowSecondary,
        Step::ProveLinks,
    ];
    assert_eq!(needed(&facts, &options), steps);
}

#[test]
fn scenario_30_a_copy_that_was_cut_off_is_made_again() {
    let options = SetupOptions::default();
    let mut facts = fresh_pair(MARIADB);
    let claim = |state, position: Option<&str>| Claim {
        run: "r".into(),
        source: "server_id 1".into(),
        state,
        position: position.map(str::to_owned),
    };
    for state in [ClaimState::Claimed, ClaimState::Copying] {
        facts.secondary.claim = Observed::Known(claim(state, None));
        assert!(needed(&facts, &options).contains(&Step::CopyData));
    }
    let steps = needed(&facts, &options);
    assert!(
        steps.contains(&Step::CopyData) && !steps.contains(&Step::ClaimSecondary),
        "{steps:?}"
    );
    facts.secondary.claim = Observed::Known(claim(ClaimState::Copied, Some("0-1-5")));
    assert!(!needed(&facts, &options).contains(&Step::CopyData));
    // A claim for another primary's data is worth nothing here.
    let stranger = Claim {
        source: "server_id 77".into(),
        ..claim(ClaimState::Copied, Some("0-1-5"))
    };
    facts.secondary.claim = Observed::Known(stranger);
    assert!(needed(&facts, &options).contains(&Step::CopyData));
}

#[test]
fn plans_show_statements_and_no_secret() {
    let facts = fresh_pair(MYSQL);
    let options = SetupOptions::default();
    let plan = plan(
        "p",
        &facts,
        &Topology::of_pair(&facts, &options),
        &options,
        vec![],
    );
    let json = serde_json::to_string(&plan).unwrap();
    assert!(
        json.contains("CHANGE REPLICATION SOURCE TO") && json.contains("'***'"),
        "{json}"
    );
    let follow = plan
        .steps
        .iter()
        .find(|step| step.step == Step::FollowPrimary)
        .unwrap();
    assert!(matches!(follow.check, Check::Needed(_)));
}

#[test]
fn a_claim_keeps_the_need_of_a_copy_when_its_cause_is_gone() {
    // Diverged and named for overwriting; then the link with the error is gone, as after a step of the run.
    let options = SetupOptions {
        overwrite_secondary: Some("b".into()),
        ..SetupOptions::default()
    };
    let mut facts = finished_pair(MARIADB, &options);
    if let Observed::Known(links) = &mut facts.secondary.links {
        links[0].sql = SqlState::Stopped;
        links[0].sql_error = Some(dbha_sql::LinkError {
            code: 1062,
            text: String::new(),
        });
    }
    assert_eq!(needed(&facts, &options)[0], Step::ClaimSecondary);
    facts.secondary.links = Observed::Known(vec![]);
    facts.secondary.claim = Observed::Known(Claim {
        run: "r".into(),
        source: "server_id 1".into(),
        state: ClaimState::Claimed,
        position: None,
    });
    assert!(needed(&facts, &options).contains(&Step::CopyData));
}

#[test]
fn scenario_30_a_finished_pair_whose_proof_was_cut_off_is_proven() {
    let options = SetupOptions::default();
    for version in [MARIADB, MYSQL] {
        let mut facts = finished_pair(version, &options);
        let markers = facts.secondary.markers.known().cloned().unwrap_or_default();
        facts.secondary.markers = Observed::Known(markers[..1].to_vec());
        assert_eq!(needed(&facts, &options), [Step::ProveLinks], "it never arrived");
        let mut other = markers;
        other[1].token = "an earlier one".into();
        facts.secondary.markers = Observed::Known(other);
        assert_eq!(needed(&facts, &options), [Step::ProveLinks], "it differs");
        facts.secondary.markers = Observed::Absent;
        assert_eq!(needed(&facts, &options), [Step::ProveLinks], "there is none");
    }
}

#[test]
fn what_is_chosen_later_needs_its_settings_its_record_and_the_step_of_its_own() {
    let before = SetupOptions::default();
    let wanted = SetupOptions {
        semi_sync: Some(true),
        ..SetupOptions::default()
    };
    for version in [MARIADB, MYSQL] {
        let facts = finished_pair(version, &before);
        assert_eq!(
            needed(&facts, &wanted),
            [
                Step::ConfigurePrimary,
                Step::ConfigureSecondary,
                Step::EnsureRegistry,
                Step::ProveLinks,
                Step::EnsureSemiSync
            ],
            "{version}"
        );
    }
}

#[test]
fn the_option_file_of_a_managed_pair_closes_both_whoever_writes() {
    let options = SetupOptions {
        semi_sync: Some(true),
        managed: Some(true),
        ..SetupOptions::default()
    };
    let facts = finished_pair(MARIADB, &options);
    for managed in [true, false] {
        let options = SetupOptions {
            managed: Some(managed),
            ..options.clone()
        };
        let topology = Topology::of_pair(&facts, &options);
        let file = |side| crate::option_file(facts.of(side).dialect, topology.server(side));
        let (primary, secondary) = (file(Side::Primary), file(Side::Secondary));
        assert_eq!(primary.contains("\nread_only=ON\n"), managed, "{primary}");
        assert!(secondary.contains("\nread_only=ON\n"), "{secondary}");
        assert_eq!(
            primary.contains("rpl_semi_sync_master_enabled=OFF"),
            managed,
            "{primary}"
        );
        assert_eq!(
            primary.contains("rpl_semi_sync_master_enabled=ON"),
            !managed,
            "{primary}"
        );
        assert!(
            secondary.contains("rpl_semi_sync_master_enabled=OFF"),
            "{secondary}"
        );
        assert!(
            secondary.contains("rpl_semi_sync_slave_enabled=ON"),
            "{secondary}"
        );
    }
}

#[test]
fn a_file_names_what_a_plug_in_brings_only_where_no_statement_keeps_it_and_loosely() {
    let options = SetupOptions {
        semi_sync: Some(true),
        ..SetupOptions::default()
    };
    let file = |version: &str| {
        let facts = finished_pair(version, &options);
        let topology = Topology::of_pair(&facts, &options);
        crate::option_file(facts.primary.dialect, topology.server(Side::Primary))
    };
    assert!(!file(MYSQL).contains("semi_sync"), "{}", file(MYSQL));
    let old = file("5.7.44");
    assert!(old.contains("\nloose_rpl_semi_sync_master_enabled=ON\n"), "{old}");
    // A server that forgets what was not acknowledged when it starts as a replica must not start as one.
    let forgets = file("10.11.8-MariaDB");
    assert!(!forgets.contains("rpl_semi_sync_slave_enabled"), "{forgets}");
}
