//! Pairs of servers as tests need them, and what is seen of their replication.

use dbha_testkit::{PrivateServer, Release, ServerOptions, ServerPair, sample};

use crate::contents_of_server::{contents, differences};
use crate::eventually::eventually;
use crate::session::{Session, TextRow};

/// Starts two fresh servers, alike even in their `server_id`; binary log and log_slave_updates are on.
pub(crate) async fn fresh_pair(release: Release) -> ServerPair {
    ServerPair::start(release, &ServerOptions::new()).await.unwrap()
}

/// Starts two fresh servers and puts the sample on the primary.
pub(crate) async fn pair_with_sample(release: Release, films: u32) -> ServerPair {
    let pair = fresh_pair(release).await;
    fill_with_sample(&pair.primary, films).await;
    pair
}

/// Puts the sample on a server: a schema with views, routines, triggers, an event, and two accounts.
pub(crate) async fn fill_with_sample(server: &PrivateServer, films: u32) {
    let mut session = Session::open(server).await;
    for statement in sample::statements(films) {
        session.run(&statement).await;
    }
}

/// Reads the state of a server's replication, the default connection or channel only.
pub(crate) async fn replica_status(server: &PrivateServer) -> Option<TextRow> {
    let mut session = Session::open(server).await;
    let rows = session.rows("SHOW REPLICA STATUS").await;
    rows.into_iter()
        .find(|row| row.get("Channel_Name").is_none_or(String::is_empty))
}

/// Returns a column of the state by either of its names.
pub(crate) fn column_of<'a>(status: &'a TextRow, name: &str) -> &'a str {
    let other = name.replace("Replica", "Slave").replace("Source", "Master");
    status
        .get(name)
        .or_else(|| status.get(&other))
        .map_or("", String::as_str)
}

/// Returns the states of the IO and the SQL thread.
pub(crate) async fn threads(server: &PrivateServer) -> (String, String) {
    let status = replica_status(server).await.unwrap_or_default();
    let column = |name| column_of(&status, name).to_owned();
    (column("Replica_IO_Running"), column("Replica_SQL_Running"))
}

/// Fails the test unless both threads run on both servers.
pub(crate) async fn assert_all_threads_run(pair: &ServerPair) {
    for server in [&pair.primary, &pair.secondary] {
        let status = replica_status(server).await;
        assert_eq!(
            threads(server).await,
            ("Yes".to_owned(), "Yes".to_owned()),
            "{status:?}"
        );
    }
}

/// Returns the server's own GTID position, and the file and position of its binary log.
pub(crate) async fn positions(server: &PrivateServer) -> [String; 3] {
    let mysql = server.release().is_mysql();
    let mut session = Session::open(server).await;
    let gtid = if mysql {
        "SELECT @@GLOBAL.gtid_executed"
    } else {
        "SELECT @@GLOBAL.gtid_binlog_pos"
    };
    let coordinates = if mysql {
        "SHOW BINARY LOG STATUS"
    } else {
        "SHOW BINLOG STATUS"
    };
    let log = session.rows(coordinates).await.pop().unwrap_or_default();
    let column = |name: &str| log.get(name).cloned().unwrap_or_default();
    [session.value(gtid).await, column("File"), column("Position")]
}

/// Waits until both servers have the same GTID position, then compares all that they hold.
pub(crate) async fn assert_same_contents(pair: &ServerPair) {
    let gtid = async |server: &PrivateServer| sorted(&positions(server).await[0]);
    eventually(
        "both servers have every transaction",
        async || [gtid(&pair.primary).await, gtid(&pair.secondary).await],
        |[primary, secondary]| primary == secondary,
    )
    .await;
    let mut primary = Session::open(&pair.primary).await;
    let mut secondary = Session::open(&pair.secondary).await;
    let (of_primary, of_secondary) = (contents(&mut primary).await, contents(&mut secondary).await);
    let differing = differences(&of_primary, &of_secondary);
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

/// Both flavours list a position in no certain order.
fn sorted(position: &str) -> Vec<String> {
    let mut parts: Vec<String> = position.split(',').map(|part| part.trim().to_owned()).collect();
    parts.sort();
    parts
}

/// Fails the test if a run left a probe, a claim or a lock behind.
pub(crate) async fn assert_nothing_left_behind(pair: &ServerPair) {
    for server in [&pair.primary, &pair.secondary] {
        let mut session = Session::open(server).await;
        let links = if server.release().is_mysql() {
            "SHOW REPLICA STATUS"
        } else {
            "SHOW ALL SLAVES STATUS"
        };
        let links = session.rows(links).await;
        let of_probe = links
            .iter()
            .filter(|row| row.values().any(|value| value == "dbha_probe"));
        assert_eq!(of_probe.count(), 0, "{links:?}");
        assert_eq!(session.column("SELECT run FROM dbha.claim").await, [""; 0]);
        eventually(
            "no lock is held",
            async || session.value("SELECT IS_USED_LOCK('dbha.setup')").await,
            |holder| holder == "NULL",
        )
        .await;
    }
}

/// Writes a row of the sample; returns its generated key.
pub(crate) async fn write(name: &str, server: &PrivateServer) -> u64 {
    let mut writer = Session::open(server).await;
    writer.run(&sample::new_customer(name)).await;
    writer.generated_key().unwrap()
}

/// Writes a row of the sample on one server and waits for it on the other; returns its generated key.
pub(crate) async fn cross(name: &str, from: &PrivateServer, to: &PrivateServer) -> u64 {
    let key = write(name, from).await;
    let mut reader = Session::open(to).await;
    eventually(
        "the row is on the other server",
        async || reader.column(&sample::find_customer(name)).await,
        |found| *found == [key.to_string()],
    )
    .await;
    key
}

/// Begins new binary logs until the old ones can be thrown away, and throws them away.
///
/// A log stays for as long as a thread reads it, and that of a replica that has gone away notices late.
pub(crate) async fn purge_old_logs(server: &PrivateServer) {
    let mut session = Session::open(server).await;
    eventually(
        "only the newest binary log is left",
        async || {
            session.run("FLUSH BINARY LOGS").await;
            let newest = positions(server).await[1].clone();
            session.run(&format!("PURGE BINARY LOGS TO '{newest}'")).await;
            session.rows("SHOW BINARY LOGS").await.len()
        },
        |logs| *logs == 1,
    )
    .await;
}
