//! Facts of servers that were never there, for tests of what is judged by facts alone.

use crate::{Both, SetupOptions, Topology};
use dbha_sql::{Dialect, Facts, GtidSet, MonitorFacts, Observed, Setting, SettingFact, Version};
use std::collections::BTreeMap;

/// Two fresh, reachable servers of one version, ready to become a pair; only their names and addresses differ.
pub(crate) fn fresh_pair(version: &str) -> Both<Facts> {
    let mut pair = Both {
        primary: fresh(version, "a"),
        secondary: fresh(version, "b"),
    };
    if pair.primary.dialect.has_server_uuid() {
        pair.primary.server_uuid = Some("11111111-1111-1111-1111-111111111111".into());
        pair.secondary.server_uuid = Some("22222222-2222-2222-2222-222222222222".into());
    }
    pair
}

/// Gives a setting a value that a restart would keep.
pub(crate) fn set(facts: &mut Facts, setting: Setting, value: &str) {
    facts.settings.insert(
        setting,
        SettingFact {
            value: value.into(),
            after_restart: Some(value.into()),
            persisted: None,
            file: None,
            configured: false,
        },
    );
}

fn fresh(version: &str, name: &str) -> Facts {
    let (flavor, number) = Version::detect(version).expect("a version");
    let dialect = Dialect::new(flavor, number);
    let values = [
        (Setting::ServerId, "1"),
        (Setting::GtidDomainId, "0"),
        (Setting::AutoIncrementIncrement, "1"),
        (Setting::AutoIncrementOffset, "1"),
        (Setting::LogBin, "ON"),
        (Setting::LogReplicaUpdates, "ON"),
        (Setting::BinlogFormat, "MIXED"),
        (Setting::BinlogRowImage, "FULL"),
        (Setting::SyncBinlog, "0"),
        (Setting::InnodbFlushLogAtTrxCommit, "1"),
        (Setting::GtidStrictMode, "OFF"),
        (Setting::GtidMode, "ON"),
        (Setting::EnforceGtidConsistency, "ON"),
        (Setting::ReplicaNetTimeout, "60"),
        (Setting::RelayLogRecovery, "OFF"),
        (Setting::ReplicaPreserveCommitOrder, "ON"),
        (Setting::ReadOnly, "OFF"),
        (Setting::SuperReadOnly, "OFF"),
        (Setting::LowerCaseTableNames, "0"),
        (Setting::InnodbPageSize, "16384"),
        (Setting::MaxAllowedPacket, "16777216"),
    ];
    let mut settings = BTreeMap::new();
    for (setting, value) in values
        .into_iter()
        .filter(|(setting, _)| dialect.variable(*setting).is_some())
    {
        settings.insert(
            setting,
            SettingFact {
                value: value.into(),
                after_restart: Some(value.into()),
                persisted: None,
                file: None,
                configured: false,
            },
        );
    }
    Facts {
        name: name.into(),
        tcp: Some((format!("host-{name}"), 3306)),
        wire: dbha_sql::Wire::Local,
        ca_given: false,
        dialect,
        version_text: version.into(),
        server_id: 1,
        server_uuid: None,
        own_account: "root@localhost".into(),
        clock: 1_000_000.0,
        clock_offset: dbha_sql::ClockReading::default(),
        settings,
        executed: GtidSet::empty(flavor),
        applied: GtidSet::empty(flavor),
        purged: GtidSet::empty(flavor),
        binlog: Some(("bin.000001".into(), 4)),
        log_filters: vec![],
        links: Observed::Known(vec![]),
        connected_replicas: Observed::Known(vec![]),
        sessions: Observed::Known(vec![]),
        privileges: Observed::Known(["ALL PRIVILEGES".to_owned(), "GRANT OPTION".to_owned()].into()),
        schemas: Observed::Known(vec![]),
        engines: Observed::Known(vec![]),
        accounts: Observed::Known(vec![account("root", "localhost")]),
        replication_accounts: Observed::Known(vec![]),
        offers_tls: false,
        cluster: None,
        claim: Observed::Absent,
        password_pending: false,
        recorded: Observed::Absent,
        terms: Observed::Absent,
        markers: Observed::Absent,
        surroundings: dbha_sql::Surroundings::default(),
        clone: match dialect.can_clone() {
            true => Observed::Known(clone_facts()),
            false => Observed::Absent,
        },
        local_loading_open: false,
        choices: Observed::Absent,
        semi_sync: Observed::Absent,
        clone_note: Observed::Absent,
        monitor: MonitorFacts::default(),
        host: Observed::Absent,
    }
}

fn clone_facts() -> dbha_sql::CloneFacts {
    dbha_sql::CloneFacts {
        data_file_path: "ibdata1:12M:autoextend".into(),
        platform: "Linux x86_64".into(),
        outside_files: Some(0),
        seen_from: "10.0.0.9".into(),
        ..dbha_sql::CloneFacts::default()
    }
}

/// An account that people log in to.
pub(crate) fn account(user: &str, host: &str) -> dbha_sql::Account {
    dbha_sql::Account {
        user: user.into(),
        host: host.into(),
        is_role: false,
    }
}

/// A link by which a server follows a host, with both threads running.
pub(crate) fn running_link(host: &str, user: &str) -> dbha_sql::ReplicaStatus {
    dbha_sql::ReplicaStatus {
        channel: String::new(),
        source_host: host.into(),
        source_port: 3306,
        source_user: user.into(),
        source_server_id: 0,
        source_uuid: None,
        io: dbha_sql::IoState::Running,
        sql: dbha_sql::SqlState::Running,
        io_error: None,
        sql_error: None,
        lag: Some(std::time::Duration::ZERO),
        gtid_mode: Some("Slave_Pos".into()),
        received: None,
        received_at: None,
        applied_at: None,
        tls: false,
        ca: String::new(),
        verified: false,
        connect_retry: Some(2),
        retry_count: None,
        delay_seconds: 0,
        filters: vec![],
    }
}

/// A finished pair of two writers or one, as dbha leaves it.
pub(crate) fn finished_pair(version: &str, options: &SetupOptions) -> Both<Facts> {
    let mut facts = fresh_pair(version);
    let topology = Topology::of_pair(&facts, options);
    let writers = options.writers.to_string();
    for side in crate::Side::BOTH {
        let plan = topology.server(side);
        let server = facts.of_mut(side);
        server.server_id = plan.server_id;
        for wanted in &plan.settings {
            set(server, wanted.setting, &wanted.value);
        }
        let read_only = if plan.writable { "OFF" } else { "ON" };
        set(server, Setting::ReadOnly, read_only);
        if server.settings.contains_key(&Setting::SuperReadOnly) {
            set(server, Setting::SuperReadOnly, read_only);
        }
        let link = topology.link_from(side.peer());
        let mut running = running_link(&link.host, dbha_sql::REPLICATION_USER);
        running.gtid_mode = Some(server.dialect.link_position_mode().into());
        server.links = Observed::Known(vec![running]);
        server.replication_accounts = Observed::Known(vec![dbha_sql::ReplicationAccount {
            host: "%".into(),
            requires_tls: false,
            grants_as_wanted: true,
        }]);
        let row = |one: &crate::ServerPlan| dbha_sql::RecordedServer {
            server_id: one.server_id,
            name: one.name.clone(),
            role: one.side.to_string(),
            writers: writers.clone(),
            key_step: topology.auto_increment.step_and_offsets().0,
        };
        server.recorded = Observed::Known(topology.servers.iter().map(row).collect());
        let marker = |one: &crate::ServerPlan| dbha_sql::Marker {
            server_id: one.server_id,
            token: format!("of {}", one.side),
        };
        server.markers = Observed::Known(topology.servers.iter().map(marker).collect());
    }
    facts
}
