//! Private servers as processes, on every release that is on this machine.

use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use crate::support::{connect, on_every_release};
use dbha_testkit::{PrivateServer, ProcessIdentity, Release, ServerOptions, ServerPair, TestkitError};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder, SslOpts};

on_every_release!(
    a_server_is_unprepared_and_empty,
    a_server_survives_stop_kill_freeze_and_keeps_its_port,
    a_dropped_server_leaves_no_process_port_or_file,
    two_servers_start_together_and_share_no_identity,
    options_reach_the_server_and_a_wrong_one_is_quoted,
    a_stock_server_is_as_its_packages_bring_it_and_reads_its_directory,
    a_server_that_somebody_else_started_anew_is_found_and_ended,
    a_client_can_verify_the_certificate,
    tls_is_there_by_default_where_the_release_has_it,
    the_password_lies_in_no_file_and_on_no_command_line,
    a_supervised_server_comes_back_when_it_restarts_by_itself,
);

async fn a_server_is_unprepared_and_empty(release: Release) {
    let server = PrivateServer::launch(release, &ServerOptions::new())
        .await
        .unwrap();
    let mut session = connect(&server.url()).await;
    let version: String = session.query_first("SELECT @@version").await.unwrap().unwrap();
    assert!(
        version.starts_with(&server.installation().version()[..4]),
        "{version}"
    );
    let (id, log_bin): (u32, u8) = session
        .query_first("SELECT @@server_id, @@log_bin")
        .await
        .unwrap()
        .unwrap();
    assert_eq!((id, log_bin), (1, 1));
    let position = if release.is_mysql() {
        "@@gtid_executed"
    } else {
        "@@gtid_binlog_pos"
    };
    let position: String = session
        .query_first(format!("SELECT {position}"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(position, "");
    let accounts: Vec<(String, String)> = session
        .query("SELECT User, Host FROM mysql.user WHERE User NOT LIKE 'm%.%' ORDER BY 2")
        .await
        .unwrap();
    let expected = [("root", "127.0.0.1"), ("root", "localhost")];
    assert_eq!(
        accounts,
        expected.map(|(user, host)| (user.to_owned(), host.to_owned()))
    );
    let schemas: Vec<String> = session.query("SHOW DATABASES").await.unwrap();
    assert!(!schemas.contains(&"test".to_owned()), "{schemas:?}");
    session.disconnect().await.unwrap();
}

async fn a_server_survives_stop_kill_freeze_and_keeps_its_port(release: Release) {
    let mut server = PrivateServer::launch(release, &ServerOptions::new().server_id(7))
        .await
        .unwrap();
    let (port, pid) = (server.port(), server.pid());
    let mut session = connect(&server.url()).await;
    session.query_drop("CREATE DATABASE kept").await.unwrap();
    drop(session);
    server.freeze().unwrap();
    server.thaw().unwrap();
    server.append_options("server_id=9").unwrap();
    server.restart().await.unwrap();
    assert_ne!(server.pid(), pid);
    server.kill().await.unwrap();
    assert_eq!(server.pid(), None);
    assert!(matches!(server.freeze(), Err(TestkitError::NotRunning)));
    server.start().await.unwrap();
    assert_eq!(server.port(), port);
    let mut session = connect(&server.url()).await;
    let id: u32 = session.query_first("SELECT @@server_id").await.unwrap().unwrap();
    assert_eq!(id, 9);
    let kept: Option<String> = session.query_first("SHOW DATABASES LIKE 'kept'").await.unwrap();
    assert!(kept.is_some());
    session.disconnect().await.unwrap();
    server.freeze().unwrap();
    server.stop().await.unwrap();
}

async fn a_dropped_server_leaves_no_process_port_or_file(release: Release) {
    let server = PrivateServer::launch(release, &ServerOptions::new())
        .await
        .unwrap();
    let process = ProcessIdentity::of(server.pid().unwrap()).unwrap();
    let (address, datadir) = (server.address(), server.datadir());
    assert!(process.is_running() && datadir.is_dir());
    assert!(TcpStream::connect(&address).is_ok());
    server.freeze().unwrap();
    drop(server);
    assert!(!process.is_running());
    assert!(TcpStream::connect(&address).is_err());
    assert!(!datadir.parent().is_some_and(Path::exists));
}

async fn two_servers_start_together_and_share_no_identity(release: Release) {
    let warm = PrivateServer::launch(release, &ServerOptions::new())
        .await
        .unwrap();
    drop(warm);
    let begun = std::time::Instant::now();
    let pair = ServerPair::start(release, &ServerOptions::new()).await.unwrap();
    let taken = begun.elapsed();

    assert!(taken < Duration::from_secs(20), "{release}: {taken:?}");
    assert_ne!(pair.primary.port(), pair.secondary.port());
    if release.is_mysql() {
        let mut ids = Vec::new();
        for server in [&pair.primary, &pair.secondary] {
            let mut session = connect(&server.url()).await;
            let id: Option<String> = session.query_first("SELECT @@server_uuid").await.unwrap();
            ids.push(id.unwrap());
            session.disconnect().await.unwrap();
        }
        assert_ne!(ids[0], ids[1]);
    }
}

async fn options_reach_the_server_and_a_wrong_one_is_quoted(release: Release) {
    let options = ServerOptions::new()
        .no_binary_log()
        .set("lower-case-table-names", 1);
    let server = PrivateServer::launch(release, &options).await.unwrap();
    let mut session = connect(&server.url()).await;
    let values: Option<(u8, u8)> = session
        .query_first("SELECT @@log_bin, @@lower_case_table_names")
        .await
        .unwrap();
    assert_eq!(values, Some((0, 1)));
    session.disconnect().await.unwrap();
    let wrong = ServerOptions::new().set("no-such-option", 1);
    let error = PrivateServer::launch(release, &wrong).await.unwrap_err();
    assert!(error.to_string().contains("no_such_option"), "{error}");
}

async fn a_client_can_verify_the_certificate(release: Release) {
    let server = PrivateServer::launch(release, &ServerOptions::new().tls())
        .await
        .unwrap();
    assert!(cipher(&server).await.unwrap().starts_with("TLS"));
}

async fn tls_is_there_by_default_where_the_release_has_it(release: Release) {
    let server = PrivateServer::launch(release, &ServerOptions::new())
        .await
        .unwrap();
    let expected = matches!(release, Release::MariaDb11_8 | Release::MySql9_7);
    assert_eq!(cipher(&server).await.is_ok(), expected);
}

/// Logs in over TLS alone, verifying authority and name, and returns the cipher.
async fn cipher(server: &PrivateServer) -> Result<String, mysql_async::Error> {
    let tls = SslOpts::default()
        .with_root_certs(vec![server.ca_certificate().into()])
        .with_disable_built_in_roots(true);
    let options = OptsBuilder::from_opts(Opts::from_url(&server.url()).unwrap()).ssl_opts(tls);
    let mut session = Conn::new(options).await?;
    let status: Option<(String, String)> = session.query_first("SHOW STATUS LIKE 'Ssl_cipher'").await?;
    session.disconnect().await?;
    Ok(status.unwrap().1)
}

async fn the_password_lies_in_no_file_and_on_no_command_line(release: Release) {
    let server = PrivateServer::launch(release, &ServerOptions::new())
        .await
        .unwrap();
    let line = std::fs::read(format!("/proc/{}/cmdline", server.pid().unwrap())).unwrap();
    assert!(!String::from_utf8_lossy(&line).contains(server.root_password()));
    let home = server.datadir().parent().unwrap().to_owned();
    crate::support::assert_absent(&home, server.root_password());
    assert!(!format!("{server:?}").contains(server.root_password()));
}

#[test]
fn a_release_that_is_missing_names_what_brings_it() {
    let missing = Release::ALL
        .into_iter()
        .filter_map(|release| dbha_testkit::Installation::find(release).err());
    for error in missing {
        assert!(error.is_not_installed(), "{error}");
        assert!(error.to_string().contains("apt-get install") || error.to_string().contains("make servers"));
    }
}

async fn a_stock_server_is_as_its_packages_bring_it_and_reads_its_directory(release: Release) {
    let options = ServerOptions::new().stock();
    let mut server = PrivateServer::launch(release, &options).await.unwrap();
    let log_bin = "SELECT @@log_bin, @@server_id";
    let mut session = connect(&server.url()).await;
    let seen: (u8, u32) = session.query_first(log_bin).await.unwrap().unwrap();
    assert_eq!(seen, (u8::from(release.is_mysql()), 1));
    std::fs::write(
        server.option_directory().join("more.cnf"),
        "[mysqld]\nlog_bin=more\nserver_id=7\n",
    )
    .unwrap();

    server.restart().await.unwrap();

    let mut session = connect(&server.url()).await;
    let seen: (u8, u32) = session.query_first(log_bin).await.unwrap().unwrap();
    assert_eq!(seen, (1, 7));
}

async fn a_server_that_somebody_else_started_anew_is_found_and_ended(release: Release) {
    let options = ServerOptions::new().stock();
    let mut server = PrivateServer::launch(release, &options).await.unwrap();
    let first = ProcessIdentity::of(server.pid().unwrap()).unwrap();
    let line = std::fs::read(format!("/proc/{}/cmdline", first.pid)).unwrap();
    let words = line.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    let words: Vec<&str> = words.map(|word| std::str::from_utf8(word).unwrap()).collect();

    server.stop().await.unwrap();
    // By way of a shell that ends at once: the server is nobody's child then.
    let mut shell = std::process::Command::new("setsid");
    shell.args(["sh", "-c", "\"$@\" </dev/null >/dev/null 2>&1 &", "sh"]);
    assert!(shell.args(&words).status().unwrap().success());
    let began = std::time::Instant::now();
    while TcpStream::connect(server.address()).is_err() {
        assert!(began.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(20));
    }

    let second = ProcessIdentity::of(server.pid().unwrap()).unwrap();
    assert_ne!(first, second);
    server.restart().await.unwrap();
    assert!(!second.is_running());
    connect(&server.url()).await;
    let (pid, address) = (server.pid().unwrap(), server.address());
    let third = ProcessIdentity::of(pid).unwrap();
    drop(server);
    assert!(!third.is_running());
    assert!(TcpStream::connect(address).is_err());
}

/// MariaDB has no such statement, and a supervisor does it no harm.
async fn a_supervised_server_comes_back_when_it_restarts_by_itself(release: Release) {
    let mut server = PrivateServer::launch(release, &ServerOptions::new().supervised())
        .await
        .unwrap();
    let before = server.pid().unwrap();
    let mut session = connect(&server.url()).await;
    if release.is_mysql() {
        session.query_drop("RESTART").await.unwrap();
        drop(session);
        let mut tries = 0;
        while server.pid().is_none_or(|pid| pid == before) || TcpStream::connect(server.address()).is_err() {
            tries += 1;
            assert!(tries < 2000, "it does not come back");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    server.stop().await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(server.pid(), None, "what was stopped stays so");
    server.start().await.unwrap();
    connect(&server.url()).await.disconnect().await.unwrap();
}

#[tokio::test]
async fn a_server_without_a_supervisor_says_so_and_runs_on() {
    let Ok(installation) = dbha_testkit::Installation::find(Release::MySql9_7) else {
        return;
    };
    let server = PrivateServer::launch_from(installation, &ServerOptions::new())
        .await
        .unwrap();
    let mut session = connect(&server.url()).await;
    let refused = session.query_drop("RESTART").await.unwrap_err();
    assert!(refused.to_string().contains("3707"), "{refused}");
    session.query_drop("DO 1").await.unwrap();
}
