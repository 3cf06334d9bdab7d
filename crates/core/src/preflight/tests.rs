mod every_code;

use super::preflight;
use crate::{
    AutoIncrement, Both, FindingCode as Code, SetupOptions, Severity, Side, Topology, Writers,
    built_facts::{account, finished_pair, fresh_pair, running_link, set},
};
use dbha_sql::{Claim, ClaimState, ConnectedReplica, Engine, Facts, Observed, SchemaFacts, Setting};

const MARIADB: &str = "10.11.19-MariaDB";
const MYSQL: &str = "9.7.4";

fn findings(facts: &Both<Facts>, options: &SetupOptions) -> Vec<(Code, Severity)> {
    let topology = Topology::of_pair(facts, options);
    preflight(facts, &topology, options, false)
        .iter()
        .map(|finding| (finding.code, finding.severity))
        .collect()
}

fn blocking(facts: &Both<Facts>, options: &SetupOptions) -> Vec<Code> {
    findings(facts, options)
        .into_iter()
        .filter(|(_, weight)| *weight == Severity::Blocks)
        .map(|(code, _)| code)
        .collect()
}

fn schema(name: &str) -> SchemaFacts {
    SchemaFacts {
        name: name.into(),
        tables: 1,
        rows: 1,
        bytes: 1,
        views: 0,
        routines: 0,
        events: 0,
        has_kine: false,
    }
}

fn engine(name: &str) -> Engine {
    Engine {
        name: name.into(),
        tables: 1,
        example: "s.t".into(),
    }
}

/// Changes fresh facts and returns what blocks then.
fn blocked_by(version: &str, change: impl FnOnce(&mut Both<Facts>)) -> Vec<Code> {
    let mut facts = fresh_pair(version);
    change(&mut facts);
    blocking(&facts, &SetupOptions::default())
}

#[test]
fn nothing_blocks_two_fresh_servers() {
    for version in [
        MARIADB,
        "10.5.23-MariaDB",
        "11.8.6-MariaDB",
        MYSQL,
        "5.7.44",
        "8.0.36",
        "8.4.3",
    ] {
        assert_eq!(blocked_by(version, |_| {}), [], "{version}");
    }
}

#[test]
fn nothing_blocks_a_finished_pair() {
    for version in [MARIADB, MYSQL] {
        let options = SetupOptions::default();
        let mut facts = finished_pair(version, &options);
        // The data of the pair is no reason to refuse a second run.
        facts.primary.schemas = Observed::Known(vec![schema("shop")]);
        facts.secondary.schemas = Observed::Known(vec![schema("shop")]);
        assert_eq!(blocking(&facts, &options), [], "{version}");
    }
}

#[test]
fn scenario_1_one_server_by_two_names_is_refused_and_nothing_else_said() {
    let facts = fresh_pair(MARIADB);
    let topology = Topology::of_pair(&facts, &SetupOptions::default());
    let found = preflight(&facts, &topology, &SetupOptions::default(), true);
    assert_eq!(
        found.iter().map(|finding| finding.code).collect::<Vec<_>>(),
        [Code::SameServer]
    );
}

#[test]
fn scenario_6_swapped_arguments_are_named() {
    let codes = blocked_by(MARIADB, |facts| {
        facts.secondary.schemas = Observed::Known(vec![schema("shop")])
    });
    assert_eq!(codes, [Code::SecondaryHasData, Code::SwappedArguments]);
}

#[test]
fn scenario_7_a_cluster_member_is_refused() {
    let codes = blocked_by(MARIADB, |facts| {
        facts.primary.cluster = Some(dbha_sql::Cluster {
            sign: "Galera".into(),
        });
    });
    assert_eq!(codes, [Code::ClusterMember]);
}

#[test]
fn scenario_9_servers_below_the_supported_versions_are_refused() {
    assert!(blocked_by("10.4.34-MariaDB", |_| {}).contains(&Code::UnsupportedVersion));
}

#[test]
fn scenario_10_and_11_data_on_the_secondary_needs_its_name() {
    let mut facts = fresh_pair(MARIADB);
    facts.primary.schemas = Observed::Known(vec![schema("shop")]);
    facts.secondary.schemas = Observed::Known(vec![schema("shop")]);
    let named = |name: &str| SetupOptions {
        overwrite_secondary: Some(name.into()),
        ..SetupOptions::default()
    };
    assert_eq!(
        blocking(&facts, &SetupOptions::default()),
        [Code::SecondaryHasData]
    );
    assert_eq!(blocking(&facts, &named("a")), [Code::SecondaryHasData]);
    assert_eq!(blocking(&facts, &named("b")), []);
}

#[test]
fn scenario_12_accounts_views_and_events_are_data() {
    let with =
        |schema| move |facts: &mut Both<Facts>| facts.secondary.schemas = Observed::Known(vec![schema]);
    let empty = SchemaFacts {
        tables: 0,
        bytes: 0,
        ..schema("test")
    };
    assert_eq!(
        blocked_by(MARIADB, with(empty.clone())),
        [],
        "an empty schema test comes with the server"
    );
    assert!(
        blocked_by(
            MARIADB,
            with(SchemaFacts {
                views: 1,
                ..empty.clone()
            })
        )
        .contains(&Code::SecondaryHasData)
    );
    assert!(blocked_by(MARIADB, with(SchemaFacts { events: 1, ..empty })).contains(&Code::SecondaryHasData));
    let user =
        |facts: &mut Both<Facts>| facts.secondary.accounts = Observed::Known(vec![account("app", "%")]);
    assert!(blocked_by(MARIADB, user).contains(&Code::SecondaryHasData));
    let on_both = |facts: &mut Both<Facts>| {
        facts.primary.accounts = Observed::Known(vec![account("app", "%")]);
        facts.secondary.accounts = Observed::Known(vec![account("app", "%")]);
    };
    assert_eq!(blocked_by(MARIADB, on_both), []);
}

#[test]
fn scenario_13_other_replication_on_either_end_is_refused() {
    let follows = |facts: &mut Both<Facts>| {
        facts.primary.links = Observed::Known(vec![running_link("elsewhere", "repl")]);
    };
    assert_eq!(blocked_by(MARIADB, follows), [Code::OtherReplication]);
    let feeds = |facts: &mut Both<Facts>| {
        let replica = ConnectedReplica {
            connection: 9,
            user: "repl".into(),
            host: "10.0.0.9:4".into(),
        };
        facts.secondary.connected_replicas = Observed::Known(vec![replica]);
    };
    assert_eq!(blocked_by(MARIADB, feeds), [Code::HasReplicas]);
}

#[test]
fn scenario_16_equal_server_ids_are_mended_and_not_refused() {
    let facts = fresh_pair(MARIADB);
    let topology = Topology::of_pair(&facts, &SetupOptions::default());
    assert_eq!(
        topology
            .servers
            .iter()
            .map(|server| server.server_id)
            .collect::<Vec<_>>(),
        [1, 2]
    );
}

#[test]
fn scenario_17_a_copied_server_uuid_is_refused() {
    let codes = blocked_by(MYSQL, |facts| {
        facts.secondary.server_uuid = facts.primary.server_uuid.clone()
    });
    assert_eq!(codes, [Code::CopiedServerUuid]);
}

#[test]
fn scenario_18_binary_log_and_replica_updates_are_demanded() {
    let codes = blocked_by(MARIADB, |facts| {
        set(&mut facts.primary, Setting::LogBin, "OFF");
        set(&mut facts.secondary, Setting::LogReplicaUpdates, "OFF");
    });
    assert_eq!(codes, [Code::BinaryLogOff, Code::ReplicaUpdatesOff]);
}

#[test]
fn scenario_20_foreign_engines_are_refused_and_others_named() {
    let mut facts = fresh_pair(MARIADB);
    facts.primary.engines = Observed::Known(vec![engine("FEDERATED"), engine("MyISAM"), engine("InnoDB")]);
    let found = findings(&facts, &SetupOptions::default());
    assert!(found.contains(&(Code::CannotBeCopied, Severity::Blocks)));
    assert!(found.contains(&(Code::NotTransactional, Severity::Warning)));
}

#[test]
fn scenario_22_and_23_kinds_and_ages_that_do_not_go_together() {
    let mut mixed = fresh_pair(MARIADB);
    mixed.secondary = fresh_pair(MYSQL).secondary;
    assert_eq!(
        blocking(&mixed, &SetupOptions::default()),
        [Code::DifferentFlavors]
    );
    let mut newer = fresh_pair("11.8.6-MariaDB");
    newer.secondary = fresh_pair(MARIADB).secondary;
    assert_eq!(blocking(&newer, &SetupOptions::default()), [Code::NewerPrimary]);
}

#[test]
fn scenario_24_different_name_case_is_refused() {
    let codes = blocked_by(MARIADB, |facts| {
        set(&mut facts.secondary, Setting::LowerCaseTableNames, "1")
    });
    assert_eq!(codes, [Code::DifferentNameCase]);
}

#[test]
fn scenario_25_each_missing_privilege_is_named() {
    let mut facts = fresh_pair(MARIADB);
    let mut held: std::collections::BTreeSet<String> = facts
        .primary
        .dialect
        .setup_privileges(false)
        .iter()
        .map(|name| (*name).to_owned())
        .collect();
    held.remove("PROCESS");
    facts.primary.privileges = Observed::Known(held);
    let options = SetupOptions::default();
    let topology = Topology::of_pair(&facts, &options);
    let found = preflight(&facts, &topology, &options, false);
    assert_eq!(found[0].code, Code::MissingPrivilege);
    assert!(found[0].text.ends_with("lacks PROCESS"), "{}", found[0].text);
}

#[test]
fn scenario_44_logs_that_a_copy_may_outlast_are_named() {
    let found = |version: &str, settings: &[(Setting, &str)], bytes: u64| {
        let mut facts = fresh_pair(version);
        for (setting, value) in settings {
            set(&mut facts.primary, *setting, value);
        }
        let large = SchemaFacts {
            bytes,
            ..schema("shop")
        };
        facts.primary.schemas = Observed::Known(vec![large]);
        let options = SetupOptions::default();
        let topology = Topology::of_pair(&facts, &options);
        preflight(&facts, &topology, &options, false)
            .into_iter()
            .find(|finding| finding.code == Code::LogsExpireSoon && finding.side == Some(Side::Primary))
            .map(|finding| finding.text)
    };
    const TERABYTE: u64 = 1 << 40;
    const DAYS: (Setting, &str) = (Setting::BinlogExpireSeconds, "90000");
    assert_eq!(found(MARIADB, &[DAYS], 1 << 30), None);
    assert!(found(MARIADB, &[DAYS], TERABYTE).is_some_and(|text| text.contains("may take longer")));
    let limit = |bytes: &'static str| (Setting::BinlogTotalSize, bytes);
    let waits = |replicas: &'static str| (Setting::ReplicasForPurge, replicas);
    let newer = "11.8.6-MariaDB";
    assert!(found(newer, &[DAYS, waits("0")], TERABYTE).is_some());
    // Nothing goes before a replica is connected.
    assert_eq!(found(newer, &[DAYS, waits("1")], TERABYTE), None);
    assert_eq!(found(newer, &[limit("1000000"), waits("1")], 1), None);
    assert!(found(newer, &[limit("1000000"), waits("0")], 1).is_some());
    assert_eq!(found(newer, &[limit("9000000000"), waits("0")], 1), None);
    assert!(found(newer, &[limit("9000000000"), waits("0")], TERABYTE).is_some());
}

#[test]
fn scenario_20_tables_that_cannot_be_copied_are_refused_by_name_and_cause() {
    let refused = |version: &str, engine: &str, versioned: bool, by_transaction: bool| {
        let mut facts = fresh_pair(version);
        facts.primary.surroundings.tables = Observed::Known(vec![dbha_sql::NotedTable {
            schema: "shop".into(),
            name: "past".into(),
            engine: engine.into(),
            keyless: false,
            versioned,
            by_transaction,
        }]);
        let options = SetupOptions::default();
        let topology = Topology::of_pair(&facts, &options);
        preflight(&facts, &topology, &options, false)
            .into_iter()
            .find(|finding| finding.code == Code::CannotBeCopied)
            .map(|finding| (finding.severity, finding.text))
    };
    let blocked = |found: Option<(Severity, String)>, why: &str| {
        let (severity, text) = found.unwrap();
        assert_eq!(severity, Severity::Blocks);
        assert!(text.contains("shop.past") && text.contains(why), "{text}");
    };
    blocked(
        refused("10.5.23-MariaDB", "InnoDB", true, false),
        "cannot write the past",
    );
    blocked(refused(MARIADB, "InnoDB", true, true), "by transaction number");
    blocked(refused(MARIADB, "", false, false), "cannot be opened");
    assert_eq!(refused(MARIADB, "InnoDB", true, false), None);
}

#[test]
fn a_lock_is_asked_for_only_where_a_snapshot_needs_it() {
    let lacking_reload = |version: &str, engine_name: &str, side: Side| {
        let mut facts = fresh_pair(version);
        facts.primary.engines = Observed::Known(vec![engine(engine_name)]);
        let facts_of_side = match side {
            Side::Primary => &mut facts.primary,
            Side::Secondary => &mut facts.secondary,
        };
        let held = facts_of_side.dialect.setup_privileges(false);
        let held = held.iter().filter(|name| **name != "RELOAD");
        facts_of_side.privileges = Observed::Known(held.map(|name| (*name).to_owned()).collect());
        findings(&facts, &SetupOptions::default())
            .into_iter()
            .map(|(code, _)| code)
            .filter(|code| matches!(code, Code::MissingPrivilege | Code::SnapshotWithoutLock))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        lacking_reload(MARIADB, "InnoDB", Side::Primary),
        [Code::SnapshotWithoutLock]
    );
    for (version, engine, side) in [
        (MARIADB, "MyISAM", Side::Primary),
        (MARIADB, "Aria", Side::Primary),
        (MYSQL, "InnoDB", Side::Primary),
        (MARIADB, "InnoDB", Side::Secondary),
    ] {
        assert_eq!(
            lacking_reload(version, engine, side),
            [Code::MissingPrivilege],
            "{version} {engine}"
        );
    }
}

#[test]
fn a_socket_needs_an_address_for_the_peer() {
    let codes = blocked_by(MARIADB, |facts| facts.primary.tcp = None);
    assert_eq!(codes, [Code::NoAddressForPeer]);
}

#[test]
fn kine_makes_the_increment_one_and_demands_one_writer() {
    let mut facts = fresh_pair(MARIADB);
    facts.primary.schemas = Observed::Known(vec![SchemaFacts {
        has_kine: true,
        ..schema("k3s")
    }]);
    let options = SetupOptions::default();
    let topology = Topology::of_pair(&facts, &options);
    assert_eq!(topology.auto_increment, AutoIncrement::Single);
    assert!(
        topology
            .single_increment_because
            .is_some_and(|why| why.contains("k3s.kine"))
    );
    let both = SetupOptions {
        writers: Writers::Both,
        ..SetupOptions::default()
    };
    assert_eq!(blocking(&facts, &both), [Code::IncrementNeedsOneWriter]);
    let forced = SetupOptions {
        auto_increment: Some(AutoIncrement::Interleaved),
        ..SetupOptions::default()
    };
    assert_eq!(blocking(&facts, &forced), [Code::IncrementNeedsOneWriter]);
}

#[test]
fn ignore_lets_only_ignorable_findings_through() {
    let mut facts = fresh_pair(MARIADB);
    set(&mut facts.primary, Setting::LogBin, "OFF");
    let options = SetupOptions {
        ignore: vec!["dbha-p23".into(), "DBHA-P07".into()],
        ..SetupOptions::default()
    };
    let found = findings(&facts, &options);
    assert!(found.contains(&(Code::SlowerCommits, Severity::Note)));
    assert!(found.contains(&(Code::BinaryLogOff, Severity::Blocks)));
}

#[test]
fn a_pair_named_the_other_way_round_is_refused_before_anything_could_be_emptied() {
    for version in [MARIADB, MYSQL] {
        let options = SetupOptions {
            overwrite_secondary: Some("secondary".into()),
            ..SetupOptions::default()
        };
        let facts = finished_pair(version, &SetupOptions::default());
        let mut swapped = Both {
            primary: facts.secondary,
            secondary: facts.primary,
        };
        swapped.secondary.schemas = Observed::Known(vec![schema("shop")]);
        assert_eq!(blocking(&swapped, &options), [Code::RolesAreSwapped], "{version}");
    }
}

#[test]
fn a_secondary_that_wrote_under_the_primarys_identity_is_refused_unless_it_may_be_overwritten() {
    let mut facts = finished_pair(MARIADB, &SetupOptions::default());
    let gtids = |text| dbha_sql::GtidSet::parse(dbha_sql::Flavor::MariaDb, text).unwrap();
    facts.secondary.server_id = 1;
    facts.secondary.executed = gtids("0-1-15,2-2-3");
    facts.secondary.applied = gtids("0-1-14,2-2-3");
    assert_eq!(blocking(&facts, &SetupOptions::default()), [Code::WroteAsPrimary]);
    let named = SetupOptions {
        overwrite_secondary: Some("b".into()),
        ..SetupOptions::default()
    };
    assert_eq!(blocking(&facts, &named), []);
    facts.secondary.executed = gtids("0-1-14,2-2-3");
    assert_eq!(blocking(&facts, &SetupOptions::default()), [], "it wrote nothing");
}

#[test]
fn a_mere_claim_allows_nothing_to_be_thrown_away() {
    let mut facts = fresh_pair(MARIADB);
    facts.primary.schemas = Observed::Known(vec![schema("shop")]);
    facts.secondary.schemas = Observed::Known(vec![schema("precious")]);
    for (state, codes) in [
        (ClaimState::Claimed, vec![Code::SecondaryHasData]),
        (ClaimState::Copying, vec![]),
    ] {
        let claim = Claim {
            run: "r".into(),
            source: "server_id 1".into(),
            state,
            position: None,
        };
        facts.secondary.claim = Observed::Known(claim);
        assert_eq!(blocking(&facts, &SetupOptions::default()), codes, "{state:?}");
    }
}

#[test]
fn scenario_21_filters_on_the_servers_own_schemas_are_allowed() {
    let codes = blocked_by(MARIADB, |facts| {
        let harmless = "replicate_ignore_db=information_schema,performance_schema";
        facts.secondary.surroundings.applier_filters = Observed::Known(vec![harmless.into()]);
        facts.primary.log_filters = vec!["binlog_ignore_db=sys".into()];
    });
    assert_eq!(codes, []);
}

#[test]
fn scenario_19_a_server_that_can_tell_names_only_the_sessions_that_are_old() {
    let mut facts = fresh_pair(MYSQL);
    let client = |id| dbha_sql::ClientSession {
        id,
        user: "app".into(),
        host: "10.0.0.7".into(),
        seconds: 90,
    };
    facts.primary.sessions = Observed::Known(vec![client(7), client(8)]);
    let kept = |connection, value: &str| dbha_sql::KeptSetting {
        connection,
        setting: Setting::BinlogFormat,
        value: value.into(),
    };
    facts.primary.surroundings.kept =
        Observed::Known(vec![kept(7, "ROW"), kept(8, "STATEMENT"), kept(9, "MIXED")]);
    let options = SetupOptions::default();
    let topology = Topology::of_pair(&facts, &options);
    let all = preflight(&facts, &topology, &options, false);
    let found = all
        .iter()
        .find(|finding| finding.code == Code::OldSessions)
        .unwrap();
    assert!(
        found
            .text
            .contains("1 open connection on a keeps binlog_format=STATEMENT"),
        "{}",
        found.text
    );
    assert!(
        found.text.ends_with("8 app@10.0.0.7 (open for at least 90 s)"),
        "{}",
        found.text
    );
    assert_eq!(found.lines, ["KILL CONNECTION 8;"]);
    assert_eq!(found.severity, Severity::Warning);
}

#[test]
fn scenario_28_a_difference_within_the_error_of_measurement_is_none() {
    let mut facts = fresh_pair(MARIADB);
    facts.primary.clock_offset = dbha_sql::ClockReading {
        ahead: 5.0,
        error: 3.5,
    };
    let apart = |facts: &Both<Facts>| {
        findings(facts, &SetupOptions::default())
            .iter()
            .any(|(code, _)| *code == Code::ClocksApart)
    };
    assert!(!apart(&facts));
    facts.primary.clock_offset.error = 0.1;
    assert!(apart(&facts));
}

#[test]
fn scenario_27_a_disk_that_the_copy_would_fill_is_refused_and_may_be_let_through() {
    let mut facts = fresh_pair(MARIADB);
    facts.primary.schemas = Observed::Known(vec![SchemaFacts {
        bytes: 2_000_000,
        ..schema("shop")
    }]);
    facts.secondary.surroundings.free_bytes = Observed::Known(1_000_000);
    assert_eq!(blocking(&facts, &SetupOptions::default()), [Code::TooLittleDisk]);
    let ignoring = SetupOptions {
        ignore: vec!["DBHA-P63".into()],
        ..SetupOptions::default()
    };
    assert_eq!(blocking(&facts, &ignoring), []);
    facts.secondary.surroundings.free_bytes = Observed::Known(100_000_000);
    assert_eq!(blocking(&facts, &SetupOptions::default()), []);
}

#[test]
fn scenario_64_sequences_are_named_where_both_write() {
    let mut facts = fresh_pair(MARIADB);
    facts.primary.surroundings.sequences = Observed::Known(vec!["shop.numbers".into()]);
    let warned = |writers| {
        let options = SetupOptions {
            writers,
            ..SetupOptions::default()
        };
        findings(&facts, &options).contains(&(Code::SharedSequences, Severity::Warning))
    };
    assert!(warned(Writers::Both));
    assert!(!warned(Writers::One));
}
