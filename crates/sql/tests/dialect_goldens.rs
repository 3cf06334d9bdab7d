//! Every statement of every served version, as text: a new version is a readable diff.
//!
//! `UPDATE_GOLDENS=1 cargo test -p dbha-sql --test dialect_goldens` writes the files anew.

#![allow(clippy::unwrap_used)] // a test, in functions of its own too

use dbha_sql::{
    AccountTls, Choices, Claim, ClaimState, Dialect, Event, GtidSet, Marker, Secret, SessionProfile, Setting,
    SourceTarget, Statement, Version,
};
use std::{fs, path::Path};

/// Both sides of every boundary that the dialect knows.
const VERSIONS: [&str; 9] = [
    "10.5.23-MariaDB",
    "10.11.19-MariaDB",
    "11.8.6-MariaDB",
    "5.7.44",
    "8.0.21",
    "8.0.22",
    "8.0.36",
    "8.4.3",
    "9.7.4",
];

#[test]
fn statements_are_the_golden_ones() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens");
    let mut wrong = Vec::new();
    for version in VERSIONS {
        let (flavor, number) = Version::detect(version).unwrap();
        let text = rendered(Dialect::new(flavor, number));
        let path = directory.join(format!("{version}.sql"));
        if std::env::var_os("UPDATE_GOLDENS").is_some() {
            fs::write(&path, &text).unwrap();
        }
        let golden = fs::read_to_string(&path).unwrap_or_default();
        if golden != text {
            wrong.push(format!("{version}:\n{}", first_difference(&golden, &text)));
        }
    }
    assert!(
        wrong.is_empty(),
        "statements changed (UPDATE_GOLDENS=1 takes them over):\n{}",
        wrong.join("\n")
    );
}

#[test]
fn no_statement_shows_its_secret() {
    for version in VERSIONS {
        let (flavor, number) = Version::detect(version).unwrap();
        let dialect = Dialect::new(flavor, number);
        let secret = Secret::new("marker-secret");
        let with_secrets = [
            dialect.follow(&source(&secret)),
            dialect.change_link_password(&secret),
            dialect.point_probe(&source(&secret), "dbha_probe"),
            dialect.ensure_replication_account("dbha_repl", "h", &secret, AccountTls::Free),
        ];
        for statement in with_secrets.into_iter().flatten() {
            for shown in [
                statement.to_string(),
                format!("{statement:?}"),
                serde_json_of(&statement),
            ] {
                assert!(!shown.contains("marker-secret"), "{version}: {shown}");
                assert!(
                    !shown.contains(dbha_sql::native_password_hash(&secret).expose()),
                    "{version}: {shown}"
                );
            }
        }
    }
}

fn serde_json_of(statement: &Statement) -> String {
    serde_json::to_string(statement).unwrap()
}

fn platform(dialect: &Dialect, password: &Secret) -> Vec<Statement> {
    let mut all = vec![
        dialect.ensure_database("region", Some(("utf8mb4", "utf8mb4_unicode_ci"))),
        dialect.ensure_client_account("rainbond", "10.0.0.%", Some(password)),
        dialect.ensure_client_account("k3s", "10.0.0.%", None),
        dialect.grant_database("region", "rainbond", "10.0.0.%"),
    ];
    all.extend(dialect.grant_everything_but_writing_on_a_standby("cloudpods", "%"));
    all
}

fn source(password: &Secret) -> SourceTarget {
    SourceTarget {
        host: "10.0.0.1".into(),
        port: 3306,
        user: "dbha_repl".into(),
        password: password.clone(),
        tls: true,
        ca: None,
    }
}

fn rendered(dialect: Dialect) -> String {
    let secret = Secret::new("secret");
    let clear = SourceTarget {
        tls: false,
        ..source(&secret)
    };
    let verified = SourceTarget {
        ca: Some("/etc/mysql/ca.pem".into()),
        ..source(&secret)
    };
    let position = match dialect.has_gtid_domains() {
        true => GtidSet::parse(dialect.flavor(), "0-1-93").unwrap(),
        false => GtidSet::parse(dialect.flavor(), "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-93").unwrap(),
    };
    let claim = |state, position: Option<&str>| Claim {
        run: "run".into(),
        source: "server_id 1".into(),
        state,
        position: position.map(str::to_owned),
    };
    let sections: Vec<(&str, Vec<Statement>)> = vec![
        (
            "session: control",
            vec![dialect.prepare_session(SessionProfile::Control)],
        ),
        (
            "session: reader",
            vec![dialect.prepare_session(SessionProfile::Reader)],
        ),
        (
            "session: loader",
            vec![dialect.prepare_session(SessionProfile::Loader)],
        ),
        (
            "session: monitor",
            vec![dialect.prepare_session(SessionProfile::Monitor)],
        ),
        ("facts: identity", vec![dialect.read_identity()]),
        ("facts: settings", vec![dialect.read_settings(&Setting::ALL)]),
        (
            "a platform's databases and accounts, for people to run",
            platform(&dialect, &secret),
        ),
        (
            "facts: gtids",
            vec![
                dialect.read_gtids(),
                dialect.read_binlog_coordinates(),
                dialect.list_binlogs(),
                dialect.read_purged("binlog.000007"),
            ],
        ),
        ("facts: links", vec![dialect.read_replica_status()]),
        (
            "facts: people",
            vec![
                dialect.read_processlist(),
                dialect.read_accounts(),
                dialect.read_own_grants(),
            ],
        ),
        (
            "facts: data",
            vec![dialect.read_schemas(), dialect.read_engines()],
        ),
        (
            "facts: surroundings",
            [
                dialect.read_kept_settings(),
                Some(dialect.read_tables_of_note()),
                Some(dialect.read_logins()),
                Some(dialect.read_open_databases()),
                Some(dialect.read_plugins()),
                Some(dialect.read_applier_filters()),
                Some(dialect.read_means()),
                dialect.read_disks(),
            ]
            .into_iter()
            .flatten()
            .collect(),
        ),
        (
            "facts: cluster, tls",
            vec![dialect.read_cluster_membership(), dialect.read_tls_offer()],
        ),
        ("settings: change", changes(dialect)),
        (
            "read only: on, off",
            [dialect.set_read_only(true), dialect.set_read_only(false)].concat(),
        ),
        (
            "semi-synchronous replication",
            [
                dialect
                    .semi_sync_plugins()
                    .iter()
                    .map(|plugin| dialect.install_plugin(plugin))
                    .collect(),
                dialect.change_setting(Setting::SemiSyncSource, "ON"),
                dialect.stop_waiting(),
                dialect.wait_again(),
                dialect.keep_setting(Setting::SemiSyncSource, "OFF"),
                dialect.forget_kept_setting(Setting::SemiSyncTimeout),
                dialect
                    .semi_sync_plugins()
                    .iter()
                    .map(|plugin| dialect.uninstall_plugin(plugin))
                    .collect(),
            ]
            .concat(),
        ),
        (
            "managed: start closed, open",
            [dialect.start_read_only(), dialect.open_until_restart()].concat(),
        ),
        (
            "choices",
            [
                dialect.record_choices(&Choices {
                    semi_sync: Some(std::time::Duration::from_secs(10)),
                    managed: true,
                    platform: Some("rainbond".into()),
                    ..Choices::default()
                }),
                dialect.record_prepared("rainbond@10.0.0.%"),
                vec![dialect.read_choices()],
            ]
            .concat(),
        ),
        (
            "monitor: account that opens",
            dialect.monitor_account_by_hand("10.0.0.9", true),
        ),
        (
            "accounts",
            dialect.ensure_replication_account("dbha_repl", "10.0.0.2", &secret, AccountTls::Required),
        ),
        ("accounts: drop", vec![dialect.drop_user("dbha_repl", "10.0.0.2")]),
        (
            "registry",
            vec![
                dialect.rename_recorded_server(2, "db'2"),
                dialect.forget_other_servers(&[1]),
                dialect.forget_other_markers(&[1]),
            ],
        ),
        (
            "roles",
            vec![
                dialect.ensure_terms(),
                dialect.begin_first_term(1),
                dialect.begin_term(2, 7, "switchover"),
                dialect.record_primary(7),
                dialect.read_newest_term(),
                dialect.read_open_transactions(),
                dialect.limit_lock_waits(1),
                dialect.hold_writes(),
                dialect.read_writes_refused(),
                dialect.let_writes_go(),
            ],
        ),
        (
            "events",
            vec![
                dialect.read_events(),
                dialect.wake_event(&Event {
                    schema: "sh`op".into(),
                    name: "nightly".into(),
                    definer: "o'neil@10.0.%".into(),
                    enabled: false,
                    asleep: true,
                }),
            ],
        ),
        ("link: over TLS", dialect.follow(&source(&secret))),
        ("link: in clear", dialect.follow(&clear)),
        ("link: over TLS, verified", dialect.follow(&verified)),
        ("link: new password", dialect.change_link_password(&secret)),
        (
            "new password",
            vec![
                dialect.mark_new_password("run"),
                dialect.read_new_password_mark(),
                dialect.unmark_new_password(),
            ],
        ),
        (
            "link: threads",
            vec![
                dialect.start_link(),
                dialect.stop_link(),
                dialect.start_applier(),
                dialect.start_applier_until("a.000002", 400),
                dialect.stop_applier(),
                dialect.start_receiver(),
                dialect.stop_receiver(),
            ],
        ),
        (
            "link: thread of a lost source",
            dialect.stop_receiver_of_lost_source(),
        ),
        (
            "link: forget",
            vec![dialect.forget_link(), dialect.set_replica_position(&position)],
        ),
        ("link: begin", dialect.begin_at(&position)),
        (
            "probe",
            [
                dialect.point_probe(&clear, "dbha_probe"),
                vec![dialect.start_probe("dbha_probe")],
                dialect.remove_probe("dbha_probe"),
            ]
            .concat(),
        ),
        ("schema", dialect.ensure_dbha_schema()),
        (
            "claim",
            vec![
                dialect.write_claim(&claim(ClaimState::Copying, None)),
                dialect.write_claim(&claim(ClaimState::Copied, Some("0-1-2"))),
            ],
        ),
        (
            "heartbeat",
            [
                dialect.ensure_heartbeat_table(),
                vec![dialect.beat(1), dialect.forget_old_heartbeats(&[1, 2])],
            ]
            .concat(),
        ),
        (
            "marker",
            vec![
                dialect.write_marker(&Marker {
                    server_id: 1,
                    token: "t".into(),
                }),
                dialect.read_marker(1),
            ],
        ),
    ];
    let mut text = format!("-- {} {}\n", dialect.flavor(), dialect.version());
    text.push_str(&format!(
        "-- privileges of a set-up: {}\n",
        dialect.setup_privileges(true).join(", ")
    ));
    for (title, statements) in sections {
        text.push_str(&format!("\n-- {title}\n"));
        statements
            .iter()
            .for_each(|statement| text.push_str(&format!("{statement};\n")));
    }
    text
}

fn changes(dialect: Dialect) -> Vec<Statement> {
    let settings = [
        (Setting::ServerId, "2"),
        (Setting::GtidDomainId, "2"),
        (Setting::BinlogFormat, "ROW"),
        (Setting::EnforceGtidConsistency, "ON"),
        (Setting::GtidMode, "ON"),
        (Setting::GtidStrictMode, "ON"),
        (Setting::ReplicaNetTimeout, "10"),
        (Setting::ReplicaPreserveCommitOrder, "ON"),
        (Setting::RelayLogRecovery, "ON"),
    ];
    settings
        .into_iter()
        .flat_map(|(setting, value)| dialect.change_setting(setting, value))
        .collect()
}

fn first_difference(golden: &str, text: &str) -> String {
    let different = golden.lines().zip(text.lines()).find(|(a, b)| a != b);
    match different {
        Some((golden, now)) => format!("  golden: {golden}\n  now:    {now}"),
        None => format!(
            "  {} lines are golden, {} now",
            golden.lines().count(),
            text.lines().count()
        ),
    }
}
