//! Two fresh servers become a pair that both write to.

use std::fs;

use dbha_testkit::{PrivateServer, Release, ServerPair};

use crate::contents_of_server::{accounts, comparable, differences};
use crate::operator::Operator;
use crate::releases::on_every_release;
use crate::servers::{
    assert_all_threads_run, assert_nothing_left_behind, assert_same_contents, cross, pair_with_sample,
};
use crate::session::Session;

/// A few thousand rows.
const FILMS: u32 = 300;

on_every_release!(two_fresh_servers_become_a_proven_pair_that_both_write_to);

async fn two_fresh_servers_become_a_proven_pair_that_both_write_to(release: Release) {
    let pair = pair_with_sample(release, FILMS).await;
    let operator = Operator::of(&pair);

    operator
        .setup(["--writers", "both"])
        .await
        .exits(0)
        .says("IO running · SQL running")
        .says("counts and checksums equal");

    assert_all_threads_run(&pair).await;
    assert_identities(&pair).await;
    assert_same_contents(&pair).await;
    assert_same_dump(&pair, &operator).await;
    assert_same_application_accounts(&pair).await;
    assert_events_run_on_the_primary_only(&pair).await;
    assert_nothing_left_behind(&pair).await;

    let on_primary = cross("Ada", &pair.primary, &pair.secondary).await;
    let on_secondary = cross("Grace", &pair.secondary, &pair.primary).await;
    assert_eq!((on_primary % 2, on_secondary % 2), (1, 0), "keys of each side");
    assert_own_domain(&pair).await;
    assert_same_contents(&pair).await;
}

/// The primary keeps its `server_id`, the secondary gets another; keys step by 2 from 1 and from 2.
async fn assert_identities(pair: &ServerPair) {
    let of = async |server: &PrivateServer| {
        let mut session = Session::open(server).await;
        let variables = "SELECT CONCAT_WS('/', @@GLOBAL.server_id, @@GLOBAL.auto_increment_increment, \
                         @@GLOBAL.auto_increment_offset, IF(@@GLOBAL.read_only, 'closed', 'open'))";
        session.value(variables).await
    };
    assert_eq!(of(&pair.primary).await, "1/2/1/open");
    assert_eq!(of(&pair.secondary).await, "2/2/2/open");
}

/// What the secondary writes is numbered as its own: its domain is not 0, where the primary's old rows are.
async fn assert_own_domain(pair: &ServerPair) {
    if pair.primary.release().is_mysql() {
        return;
    }
    let mut session = Session::open(&pair.secondary).await;
    session
        .run("INSERT INTO rental_shop.category (name) VALUES ('written on the secondary')")
        .await;
    let identity = "SELECT CONCAT_WS('-', @@gtid_domain_id, @@server_id, '')";
    let (gtid, identity) = (
        session.value("SELECT @@last_gtid").await,
        session.value(identity).await,
    );
    assert!(
        gtid.starts_with(&identity) && !gtid.starts_with("0-"),
        "{gtid} written by {identity}"
    );
    let mut primary = Session::open(&pair.primary).await;
    assert_eq!(primary.value("SELECT @@GLOBAL.gtid_domain_id").await, "0");
}

/// The servers' own tool sees the same on both; rows are sorted, since a table without a key has no order.
async fn assert_same_dump(pair: &ServerPair, operator: &Operator) {
    let dump = |server: &PrivateServer| {
        let program = if server.release().is_mysql() {
            "mysqldump"
        } else {
            "mariadb-dump"
        };
        let Some(mut command) = server.installation().client(program) else {
            eprintln!("SKIPPED: no {program} of {}", server.release());
            return Vec::new();
        };
        let options = operator.home().join("dump.cnf");
        let login = format!(
            "[client]\nuser=root\npassword={}\nhost=127.0.0.1\nport={}\n",
            server.root_password(),
            server.port()
        );
        fs::write(&options, login).unwrap();
        command.arg(format!("--defaults-file={}", options.display()));
        if server.release().is_mysql() {
            command.arg("--set-gtid-purged=OFF").arg("--no-tablespaces");
        }
        let output = command
            .args(["--skip-comments", "--skip-extended-insert", "--routines"])
            .args(["--events", "--triggers", "--databases", "rental_shop"])
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut lines: Vec<String> = text.lines().map(comparable).collect();
        lines.sort();
        lines
    };
    let (of_primary, of_secondary) = (dump(&pair.primary), dump(&pair.secondary));
    let differing: Vec<_> = of_primary
        .iter()
        .zip(&of_secondary)
        .filter(|(one, other)| one != other)
        .take(3)
        .collect();
    assert!(differing.is_empty(), "{differing:#?}");
    assert_eq!(of_primary.len(), of_secondary.len());
}

async fn assert_same_application_accounts(pair: &ServerPair) {
    let of = async |server: &PrivateServer| {
        let mut all = accounts(&mut Session::open(server).await).await;
        all.retain(|name, _| name.contains("'app'") || name.contains("'report'"));
        all
    };
    let (of_primary, of_secondary) = (of(&pair.primary).await, of(&pair.secondary).await);
    assert_eq!(of_primary.len(), 4, "{of_primary:#?}");
    let differing = differences(&of_primary, &of_secondary);
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

async fn assert_events_run_on_the_primary_only(pair: &ServerPair) {
    let states = "SELECT STATUS FROM information_schema.EVENTS WHERE EVENT_SCHEMA='rental_shop'";
    let on_primary = Session::open(&pair.primary).await.value(states).await;
    let on_secondary = Session::open(&pair.secondary).await.value(states).await;
    assert_eq!(on_primary, "ENABLED");
    // MySQL has renamed the state.
    assert!(
        ["SLAVESIDE_DISABLED", "REPLICA_SIDE_DISABLED"].contains(&on_secondary.as_str()),
        "{on_secondary}"
    );
}
