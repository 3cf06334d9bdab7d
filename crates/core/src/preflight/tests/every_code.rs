//! Facts for every code: a code that no facts bring about is dead, or its check is broken.

use super::{MARIADB, MYSQL, engine, findings, schema};
use crate::{
    AutoIncrement, Both, CopyMethod, FindingCode as Code, Platform, SetupOptions, Writers,
    built_facts::{account, finished_pair, fresh_pair, running_link, set},
};
use dbha_sql::{
    ClientSession, ClockReading, ConnectedReplica, Facts, GtidSet, Login, NotedTable, Observed, Setting,
};

/// Codes that need more than facts: an answer over the wire. Their tests stand where they are made.
const OVER_THE_WIRE: [Code; 13] = [
    Code::SameServer,
    Code::RunElsewhere,
    Code::PeerClosed,
    Code::PeerSilent,
    Code::PeerNameUnknown,
    Code::LoginRefused,
    Code::LinkAccountLocked,
    Code::LinkEqualIds,
    Code::LinkTls,
    Code::LoginOfPrimary,
    // These need files; see `preflight/dump.rs` and the end-to-end tests.
    Code::DumpUnusable,
    Code::DumpOfOtherServer,
    Code::DumpTooOld,
];

type Change = fn(&mut Both<Facts>, &mut SetupOptions);

/// What has to be changed in two fresh servers so that a code is found.
const CAUSES: &[(Code, &str, Change)] = &[
    (Code::DifferentFlavors, MARIADB, |f, _| {
        f.secondary = fresh_pair(MYSQL).secondary
    }),
    (Code::UnsupportedVersion, "10.4.34-MariaDB", |_, _| {}),
    (Code::NewerPrimary, MARIADB, |f, _| {
        f.primary.dialect = fresh_pair("11.8.6-MariaDB").primary.dialect
    }),
    (Code::DifferentSeries, MARIADB, |f, _| {
        f.secondary.dialect = fresh_pair("11.8.6-MariaDB").primary.dialect
    }),
    (Code::MissingPrivilege, MARIADB, |f, _| {
        f.primary.privileges = Observed::Known(Default::default())
    }),
    (Code::NeedsOneWriter, MARIADB, |_, o| {
        o.writers = Writers::Both;
        o.managed = Some(true)
    }),
    (Code::WaitsWithoutLimit, MARIADB, |_, o| {
        o.semi_sync = Some(true);
        o.semi_sync_timeout = Some(std::time::Duration::from_millis(crate::NO_LIMIT_MS))
    }),
    (Code::OldSemiSyncPlugin, MYSQL, |f, o| {
        o.semi_sync = Some(true);
        f.secondary.surroundings.plugins = Observed::Known(["rpl_semi_sync_master".to_owned()].into())
    }),
    (Code::SnapshotWithoutLock, MARIADB, |f, _| {
        f.primary.privileges = Observed::Known(Default::default());
        f.primary.engines = Observed::Known(vec![engine("InnoDB")])
    }),
    (Code::BinaryLogOff, MARIADB, |f, _| {
        set(&mut f.primary, Setting::LogBin, "OFF")
    }),
    (Code::ReplicaUpdatesOff, MARIADB, |f, _| {
        set(&mut f.primary, Setting::LogReplicaUpdates, "OFF")
    }),
    (Code::SecondaryHasData, MARIADB, |f, _| {
        f.secondary.schemas = Observed::Known(vec![schema("shop")])
    }),
    (Code::SwappedArguments, MARIADB, |f, _| {
        f.secondary.schemas = Observed::Known(vec![schema("shop")])
    }),
    (Code::OtherReplication, MARIADB, |f, _| {
        f.primary.links = Observed::Known(vec![running_link("x", "y")])
    }),
    (Code::AdoptsReplication, MARIADB, |f, _| {
        let mut link = running_link("x", "y");
        link.source_server_id = 1;
        f.secondary.server_id = 2;
        f.secondary.links = Observed::Known(vec![link]);
        f.primary.connected_replicas = Observed::Known(vec![ConnectedReplica {
            connection: 5,
            user: "y".into(),
            host: "10.0.0.9".into(),
        }]);
    }),
    (Code::HasReplicas, MARIADB, |f, _| {
        let replica = ConnectedReplica {
            connection: 5,
            user: "repl".into(),
            host: "10.0.0.9".into(),
        };
        f.secondary.connected_replicas = Observed::Known(vec![replica]);
    }),
    (Code::ClusterMember, MARIADB, |f, _| {
        f.primary.cluster = Some(dbha_sql::Cluster {
            sign: "Galera".into(),
        })
    }),
    (Code::CopiedServerUuid, MYSQL, |f, _| {
        f.secondary.server_uuid.clone_from(&f.primary.server_uuid)
    }),
    (Code::ReplicationFilters, MARIADB, |f, _| {
        f.primary.log_filters = vec!["binlog_do_db=shop".into()]
    }),
    (Code::ReplicationFilters, MARIADB, |f, _| {
        set(&mut f.secondary, Setting::ReplicaSkipErrors, "1062")
    }),
    (Code::ReplicationFilters, MYSQL, |f, _| {
        set(&mut f.secondary, Setting::ReplicaExecMode, "IDEMPOTENT")
    }),
    (Code::ReplicationFilters, MYSQL, |f, _| {
        f.secondary.surroundings.applier_filters = Observed::Known(vec!["replicate_do_db=shop".into()]);
    }),
    (Code::IncrementNeedsOneWriter, MARIADB, |_, o| {
        o.writers = Writers::Both;
        o.auto_increment = Some(AutoIncrement::Single);
    }),
    (Code::NoAddressForPeer, MARIADB, |f, _| f.primary.tcp = None),
    (Code::DifferentNameCase, MARIADB, |f, _| {
        set(&mut f.primary, Setting::LowerCaseTableNames, "1")
    }),
    (Code::DifferentPageSize, MARIADB, |f, _| {
        set(&mut f.primary, Setting::InnodbPageSize, "4096")
    }),
    (Code::NotTransactional, MARIADB, |f, _| {
        f.primary.engines = Observed::Known(vec![engine("MyISAM")])
    }),
    (Code::CannotBeCopied, MARIADB, |f, _| {
        f.primary.engines = Observed::Known(vec![engine("FEDERATED")])
    }),
    (Code::CannotClone, MARIADB, |_, o| {
        o.copy = CopyMethod::ClonePlugin
    }),
    (Code::CannotClone, MYSQL, |_, o| o.copy = CopyMethod::ClonePlugin),
    (Code::FilledByClone, MYSQL, |f, o| {
        f.primary.offers_tls = true;
        o.copy = CopyMethod::ClonePlugin;
    }),
    (Code::NotRestartSafe, MARIADB, |_, _| {}),
    (Code::SlowerCommits, MARIADB, |_, _| {}),
    (Code::SecondaryLogsReset, MARIADB, |f, _| {
        f.secondary.executed = maria("0-1-9")
    }),
    (Code::OldSessions, MARIADB, |f, _| {
        f.primary.sessions = Observed::Known(vec![ClientSession::default()])
    }),
    (Code::ReadOnlyDoesNotHold, MARIADB, |f, _| {
        f.primary.accounts = Observed::Known(vec![account("root", "%")])
    }),
    (Code::ClocksApart, MARIADB, |f, _| {
        f.primary.clock_offset = ClockReading {
            ahead: -3.0,
            error: 0.1,
        }
    }),
    (Code::InsecureAccounts, MARIADB, |f, _| {
        f.primary.accounts = Observed::Known(vec![account("", "%")])
    }),
    (Code::InsecureAccounts, MYSQL, |f, _| {
        f.primary.surroundings.logins = Observed::Known(vec![Login {
            needs_no_password: true,
            ..login("root")
        }]);
    }),
    (Code::InsecureAccounts, MARIADB, |f, _| {
        f.primary.surroundings.open_databases = Observed::Known(vec!["test".into()])
    }),
    (Code::IncrementByK3s, MARIADB, |f, _| {
        f.primary.schemas = Observed::Known(vec![dbha_sql::SchemaFacts {
            has_kine: true,
            ..schema("k3s")
        }]);
    }),
    (Code::CannotSee, MARIADB, |f, _| {
        f.primary.accounts = Observed::Denied("no".into())
    }),
    (Code::SmallerPackets, MARIADB, |f, _| {
        set(&mut f.secondary, Setting::MaxAllowedPacket, "1024")
    }),
    (Code::WroteAsPrimary, MARIADB, |f, o| {
        *f = finished_pair(MARIADB, o);
        f.secondary.server_id = 1;
        f.secondary.executed = maria("0-1-15");
        f.secondary.applied = maria("0-1-14");
    }),
    (Code::RolesAreSwapped, MARIADB, |f, o| {
        let Both { primary, secondary } = finished_pair(MARIADB, o);
        *f = Both {
            primary: secondary,
            secondary: primary,
        };
    }),
    (Code::ServerIdZero, MYSQL, |f, _| f.primary.server_id = 0),
    (Code::ErrantTransactions, MYSQL, |f, o| {
        *f = finished_pair(MYSQL, o);
        f.secondary.executed = mysql("22222222-2222-2222-2222-222222222222:1-9");
        f.secondary.purged = mysql("22222222-2222-2222-2222-222222222222:1-7");
    }),
    (Code::TablesWithoutKey, MARIADB, |f, _| {
        f.primary.surroundings.tables = Observed::Known(vec![table("InnoDB")])
    }),
    (Code::ReadOnlyPrimary, MARIADB, |f, _| {
        set(&mut f.primary, Setting::ReadOnly, "ON")
    }),
    (Code::OutOfReach, MARIADB, |f, _| {
        f.primary.tcp = Some(("127.0.0.1".into(), 3306));
    }),
    (Code::OutOfReach, MYSQL, |f, _| {
        set(&mut f.secondary, Setting::SkipNetworking, "ON")
    }),
    (Code::LinkTls, MYSQL, |f, _| {
        set(&mut f.primary, Setting::RequireSecureTransport, "ON")
    }),
    (Code::TooFewConnections, MARIADB, |f, _| {
        set(&mut f.primary, Setting::MaxConnections, "10");
        f.primary.surroundings.connections = Observed::Known(8);
    }),
    (Code::SharedSequences, MARIADB, |f, o| {
        o.writers = Writers::Both;
        f.primary.surroundings.sequences = Observed::Known(vec!["shop.numbers".into()]);
    }),
    (Code::TooLittleDisk, MARIADB, |f, _| {
        f.primary.schemas = Observed::Known(vec![dbha_sql::SchemaFacts {
            bytes: 2_000_000,
            ..schema("shop")
        }]);
        f.secondary.surroundings.free_bytes = Observed::Known(1_000_000);
    }),
    (Code::LogsExpireSoon, MYSQL, |f, _| {
        set(&mut f.primary, Setting::BinlogExpireSeconds, "3600")
    }),
    (Code::LogsExpireSoon, "10.5.23-MariaDB", |f, _| {
        set(&mut f.primary, Setting::ExpireLogsDays, "0.500000")
    }),
    (Code::LogsExpireSoon, "11.8.6-MariaDB", |f, _| {
        set(&mut f.primary, Setting::BinlogTotalSize, "104857600");
        set(&mut f.primary, Setting::ReplicasForPurge, "0")
    }),
    (Code::LogsNeverExpire, MARIADB, |f, _| {
        set(&mut f.primary, Setting::BinlogExpireSeconds, "0")
    }),
    (Code::EventsStayOff, MARIADB, |f, _| {
        f.primary.schemas = Observed::Known(vec![dbha_sql::SchemaFacts {
            events: 2,
            ..schema("shop")
        }]);
        set(&mut f.primary, Setting::EventScheduler, "ON");
        set(&mut f.secondary, Setting::EventScheduler, "OFF");
    }),
    (Code::LogsInClear, MARIADB, |f, _| {
        set(&mut f.primary, Setting::BinlogEncryption, "ON");
        set(&mut f.secondary, Setting::BinlogEncryption, "OFF");
    }),
    (Code::MissingEngine, MARIADB, |f, _| {
        f.primary.surroundings.tables = Observed::Known(vec![table("RocksDB")]);
        f.secondary.surroundings.plugins = Observed::Known(["InnoDB".to_owned()].into());
    }),
    (Code::MissingLoginPlugin, MARIADB, |f, _| {
        f.primary.surroundings.logins = Observed::Known(vec![login("ed25519")]);
        f.secondary.surroundings.plugins = Observed::Known(["mysql_native_password".to_owned()].into());
    }),
    (Code::NoTimeZones, MARIADB, |f, _| {
        f.primary.surroundings.time_zones = Observed::Known(true);
        f.secondary.surroundings.time_zones = Observed::Known(false);
    }),
    (Code::PlatformConnections, MARIADB, |f, o| {
        o.platform = Some(Platform::Rancher);
        set(&mut f.primary, Setting::MaxConnections, "199")
    }),
    (Code::PlatformSqlMode, MYSQL, |f, o| {
        o.platform = Some(Platform::Cloudpods);
        set(
            &mut f.secondary,
            Setting::SqlMode,
            "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES",
        )
    }),
    (Code::PlatformVersion, "10.5.23-MariaDB", |_, o| {
        o.platform = Some(Platform::K3s)
    }),
    (Code::PlatformNotPrepared, MARIADB, |_, o| {
        o.platform = Some(Platform::Cloudpods)
    }),
    (Code::IncrementNeedsOneWriter, MARIADB, |_, o| {
        o.platform = Some(Platform::K3s);
        o.auto_increment = Some(AutoIncrement::Interleaved);
    }),
    (Code::IncrementNeedsOneWriter, MARIADB, |_, o| {
        o.platform = Some(Platform::Rancher);
        o.writers = Writers::Both;
    }),
    (Code::NamesNotResolved, MARIADB, |f, o| {
        o.replication_host = Some("db2.example.org".into());
        set(&mut f.primary, Setting::SkipNameResolve, "ON");
    }),
];

fn maria(text: &str) -> GtidSet {
    GtidSet::parse(dbha_sql::Flavor::MariaDb, text).unwrap()
}

fn mysql(text: &str) -> GtidSet {
    GtidSet::parse(dbha_sql::Flavor::MySql, text).unwrap()
}

fn login(plugin: &str) -> Login {
    Login {
        account: account("app", "%"),
        plugin: plugin.into(),
        needs_no_password: false,
    }
}

fn table(engine: &str) -> NotedTable {
    NotedTable {
        schema: "shop".into(),
        name: "log".into(),
        engine: engine.into(),
        keyless: true,
        versioned: false,
        by_transaction: false,
    }
}

#[test]
fn every_code_is_found_when_its_cause_is_there_and_only_then() {
    for (code, version, change) in CAUSES {
        let mut facts = fresh_pair(version);
        let mut options = SetupOptions::default();
        change(&mut facts, &mut options);
        let found = findings(&facts, &options);
        assert!(
            found.iter().any(|(one, _)| one == code),
            "{code} is not found: {found:?}"
        );
    }
    // What fresh servers are told is no cause.
    let fresh: Vec<Code> = findings(&fresh_pair(MYSQL), &SetupOptions::default())
        .into_iter()
        .map(|(code, _)| code)
        .collect();
    assert_eq!(fresh, [Code::SlowerCommits, Code::ClearLink, Code::ClearLink]);
}

#[test]
fn no_code_is_without_facts_that_bring_it_about() {
    // P35 to P49 are found by what a set-up does, those from P89 on are about a change of roles; they are tested there.
    let elsewhere = |code: &Code| {
        OVER_THE_WIRE.contains(code)
            || ("DBHA-P35".."DBHA-P50").contains(&code.as_str())
            || code.as_str() >= "DBHA-P89"
    };
    let forgotten: Vec<&Code> = Code::ALL
        .iter()
        .filter(|code| !elsewhere(code) && !CAUSES.iter().any(|(caused, ..)| caused == *code))
        .collect();
    assert!(forgotten.is_empty(), "{forgotten:?}");
}
