//! Where one thing of a finished pair has drifted, a run mends that and touches nothing else.

use dbha_testkit::{Release, ServerPair};

use crate::end_state::EndState;
use crate::operator::Operator;
use crate::releases::on_releases;
use crate::servers::{assert_same_contents, pair_with_sample};
use crate::session::Session;

/// What somebody does to one server, and the steps that are to mend it.
struct Drift {
    on: &'static str,
    statements: Vec<String>,
    mended_by: Vec<&'static str>,
}

fn drift(on: &'static str, statements: &[&str], mended_by: &[&'static str]) -> Drift {
    Drift {
        on,
        statements: statements.iter().map(|one| (*one).to_owned()).collect(),
        mended_by: mended_by.to_vec(),
    }
}

/// Every setting that can be changed while a server runs and replicates.
fn of_settings(release: Release) -> Vec<Drift> {
    let of_both = [
        "sync_binlog=0",
        "innodb_flush_log_at_trx_commit=2",
        "binlog_row_image=MINIMAL",
        "auto_increment_increment=1",
        "auto_increment_offset=7",
    ];
    let of_one: &[&str] = if release.is_mysql() {
        &["replica_net_timeout=60"]
    } else {
        &[
            "slave_net_timeout=60",
            "gtid_strict_mode=0",
            "binlog_format=MIXED",
        ]
    };
    let mut all = Vec::new();
    for (on, step) in [
        ("primary", "configure_primary"),
        ("secondary", "configure_secondary"),
    ] {
        for setting in of_both.iter().chain(of_one) {
            all.push(drift(
                on,
                &[&format!("SET GLOBAL {setting}")],
                &[step, "prove_links"],
            ));
        }
        all.push(drift(on, &["SET GLOBAL read_only=1"], &["set_writers"]));
    }
    match release.is_mysql() {
        // Nothing is wrong before the next restart.
        true => all.push(drift(
            "secondary",
            &["RESET PERSIST replica_net_timeout"],
            &["configure_secondary", "prove_links"],
        )),
        false => all.push(drift(
            "secondary",
            &["SET GLOBAL gtid_domain_id=0"],
            &["configure_secondary", "prove_links"],
        )),
    }
    all
}

/// The links: threads, and every attribute that a status shows.
fn of_links(release: Release) -> Vec<Drift> {
    let (stop, start, change, word) = if release.is_mysql() {
        (
            "STOP REPLICA",
            "START REPLICA",
            "CHANGE REPLICATION SOURCE TO",
            "SOURCE",
        )
    } else {
        ("STOP SLAVE", "START SLAVE", "CHANGE MASTER TO", "MASTER")
    };
    let by_file = match release.is_mysql() {
        true => "SOURCE_AUTO_POSITION=0".to_owned(),
        false => "MASTER_USE_GTID=no".to_owned(),
    };
    let mut changes = vec![format!("{word}_CONNECT_RETRY=45"), by_file];
    if release.is_mysql() {
        changes.push("SOURCE_RETRY_COUNT=3".into());
        changes.push("SOURCE_SSL=0, GET_SOURCE_PUBLIC_KEY=1".into());
    }
    let mut all = Vec::new();
    for (on, step) in [("primary", "follow_secondary"), ("secondary", "follow_primary")] {
        all.push(drift(
            on,
            &[&format!("{stop} IO_THREAD")],
            &["check_reach", step, "prove_links"],
        ));
        all.push(drift(
            on,
            &[&format!("{stop} SQL_THREAD")],
            &[step, "prove_links"],
        ));
        for changed in &changes {
            let changed = format!("{change} {changed}");
            // Stopped, because with another definition it may not be able to run.
            all.push(drift(
                on,
                &[stop, &changed],
                &["check_reach", step, "prove_links"],
            ));
        }
        let changed = format!("{change} {word}_CONNECT_RETRY=45");
        all.push(drift(on, &[stop, &changed, start], &[step, "prove_links"]));
    }
    all
}

/// The accounts by their hosts, and dbha's own rows.
fn of_accounts_and_rows(hosts: &[String], release: Release) -> Vec<Drift> {
    let mut all = Vec::new();
    for host in hosts {
        let account = format!("'dbha_repl'@'{host}'");
        let unwanted = format!("GRANT SELECT ON *.* TO {account}");
        all.push(drift(
            "primary",
            &[&unwanted],
            &["ensure_accounts", "prove_links"],
        ));
        let lacking = format!("REVOKE REPLICATION SLAVE ON *.* FROM {account}");
        all.push(drift("primary", &[&lacking], &["ensure_accounts", "prove_links"]));
        if release.is_mysql() {
            let clear = format!("ALTER USER {account} REQUIRE NONE");
            all.push(drift("primary", &[&clear], &["ensure_accounts", "prove_links"]));
        }
    }
    all.push(drift(
        "primary",
        &["UPDATE dbha.server SET key_step=9"],
        &["ensure_registry", "prove_links"],
    ));
    all.push(drift("primary", &["DELETE FROM dbha.marker"], &["prove_links"]));
    all
}

on_releases!(whatever_has_drifted_is_mended_and_nothing_else: mariadb_10_11, slow_mysql_9_7, slow_mariadb_11_8);

async fn whatever_has_drifted_is_mended_and_nothing_else(release: Release) {
    let pair = pair_with_sample(release, 3).await;
    let operator = Operator::of(&pair);
    operator.setup(["--writers", "both"]).await.exits(0);
    // All settings at once first; on MySQL each is kept over a restart from then on, also where it was by default.
    for drift in of_settings(release) {
        spoil(&pair, &drift).await;
    }
    operator.setup(["--writers", "both"]).await.exits(0);
    let wanted = EndState::of(&pair).await;
    let mut primary = Session::open(&pair.primary).await;
    let hosts = primary
        .column("SELECT Host FROM mysql.user WHERE User='dbha_repl'")
        .await;
    assert!(!hosts.is_empty());
    drop(primary);

    let mut all = of_settings(release);
    all.extend(of_links(release));
    all.extend(of_accounts_and_rows(&hosts, release));
    for drift in all {
        mend(&pair, &operator, &drift, &wanted).await;
    }

    let nothing = operator
        .setup(["--writers", "both", "-o", "ndjson"])
        .await
        .exits(0);
    assert_eq!(nothing.changed_steps(), [""; 0]);
    assert_same_contents(&pair).await;
}

async fn mend(pair: &ServerPair, operator: &Operator, drift: &Drift, wanted: &EndState) {
    let what = format!("{:?} on the {}", drift.statements, drift.on);
    let server = if drift.on == "primary" {
        &pair.primary
    } else {
        &pair.secondary
    };
    let mut session = Session::open(server).await;
    for statement in &drift.statements {
        session.run(statement).await;
    }
    drop(session);
    // What came by a link must have come, or the other server is looked at too early.
    assert_same_contents_where_they_run(pair, drift).await;
    let ran = operator.setup(["--writers", "both", "-o", "ndjson"]).await;
    assert_eq!(ran.code, Some(0), "{what}\n{ran}");
    let mut mended = ran.changed_steps();
    // Whether there was something to wait for is a matter of moments.
    mended.retain(|step| step != "catch_up");
    assert_eq!(mended, drift.mended_by, "{what}");
    EndState::of(pair).await.assert_is(wanted, &what);
}

async fn spoil(pair: &ServerPair, drift: &Drift) {
    let server = if drift.on == "primary" {
        &pair.primary
    } else {
        &pair.secondary
    };
    let mut session = Session::open(server).await;
    for statement in &drift.statements {
        session.run(statement).await;
    }
}

async fn assert_same_contents_where_they_run(pair: &ServerPair, drift: &Drift) {
    let stops = drift.statements.iter().any(|one| one.starts_with("STOP"));
    if !stops {
        assert_same_contents(pair).await;
    }
}
