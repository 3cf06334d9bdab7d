//! Servers that dbha reaches and that cannot reach each other: found before anything is changed (scenario 29).

use std::net::TcpListener as Reserved;

use dbha_testkit::{PrivateServer, Release, ServerPair};
use tokio::net::TcpListener;

use crate::operator::Operator;
use crate::refusal::refused;
use crate::releases::on_releases;
use crate::servers::pair_with_sample;
use crate::session::Session;
use crate::snapshot_of_server::SnapshotOfPair;

/// Returns the files of a data directory that replication makes.
fn files_of_replication(server: &PrivateServer) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(server.datadir())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| {
            ["relay", "master", "probe"]
                .iter()
                .any(|part| name.contains(part))
        })
        // MariaDB's list of named connections stays as an empty file once there was one.
        .filter(|name| !name.starts_with("multi-master.info"))
        .collect();
    names.sort();
    names
}

on_releases!(scenario_29_a_probe_finds_what_is_in_the_way_and_leaves_no_trace: mariadb_10_11, mysql_9_7, slow_mariadb_10_5, slow_mariadb_11_8);

async fn scenario_29_a_probe_finds_what_is_in_the_way_and_leaves_no_trace(release: Release) {
    let pair = pair_with_sample(release, 1).await;
    let operator = Operator::of(&pair);
    let before = SnapshotOfPair::take(&pair).await;
    let files = [
        files_of_replication(&pair.primary),
        files_of_replication(&pair.secondary),
    ];

    operator.run("preflight", ["--probe"]).await.exits(0);
    before.assert_unchanged(&pair).await;

    let closed = Reserved::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let black_hole = silent.local_addr().unwrap().to_string();
    let held = tokio::spawn(async move {
        let mut streams = Vec::new();
        while let Ok((stream, _)) = silent.accept().await {
            streams.push(stream);
        }
    });
    let cases = [
        (closed.as_str(), "DBHA-P55"),
        ("no-such-host.invalid:3306", "DBHA-P57"),
        (black_hole.as_str(), "DBHA-P56"),
    ];
    for (address, code) in cases {
        for flag in ["--primary-address", "--secondary-address"] {
            refused(&pair, &operator, [flag, address], 3)
                .await
                .says(code)
                .says(address.split(':').next().unwrap())
                .says(flag);
        }
        let found = operator
            .run(
                "preflight",
                ["--probe", "--primary-address", address, "-o", "json"],
            )
            .await
            .exits(3)
            .json();
        let blocking: Vec<_> = found["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|f| f["severity"] == "blocks")
            .collect();
        assert_eq!(blocking.len(), 1, "{found:#}");
        assert_eq!(
            (&blocking[0]["code"], &blocking[0]["side"]),
            (&code.into(), &"secondary".into()),
            "{found:#}"
        );
        operator
            .run("preflight", ["--primary-address", address])
            .await
            .exits(0);
    }
    held.abort();
    before.assert_unchanged(&pair).await;
    assert_eq!(
        files,
        [
            files_of_replication(&pair.primary),
            files_of_replication(&pair.secondary)
        ]
    );
    assert_no_probe(&pair).await;
    operator.setup([]).await.exits(0);
    operator.run("preflight", ["--probe"]).await.exits(0);
    operator.run("status", []).await.exits(0);
}

async fn assert_no_probe(pair: &ServerPair) {
    for server in [&pair.primary, &pair.secondary] {
        let mut session = Session::open(server).await;
        let links = if server.release().is_mysql() {
            "SHOW REPLICA STATUS"
        } else {
            "SHOW ALL SLAVES STATUS"
        };
        assert_eq!(session.rows(links).await.len(), 0);
        let of_probe = "SELECT COUNT(*) FROM mysql.user WHERE User LIKE 'dbha%'";
        assert_eq!(session.value(of_probe).await, "0");
    }
}

on_releases!(the_real_account_is_tried_before_anything_is_cleared: mariadb_10_11, mysql_9_7);

/// A host part that fits nobody: the knock is answered, the real account is refused, the data is not touched.
async fn the_real_account_is_tried_before_anything_is_cleared(release: Release) {
    let pair = pair_with_sample(release, 1).await;
    let operator = Operator::of(&pair);
    let mut secondary = Session::open(&pair.secondary).await;
    secondary.run("CREATE DATABASE precious").await;
    let name = pair.secondary.address();
    operator
        .setup(["--replication-host", "192.0.2.9", "--overwrite-secondary", &name])
        .await
        .exits(8)
        .says_one_error_with_a_fix()
        .says("DBHA-P58")
        .says("--replication-host");
    assert_eq!(
        secondary.column("SHOW DATABASES LIKE 'precious'").await,
        ["precious"]
    );

    refused(
        &pair,
        &operator,
        [
            "--replication-host",
            "db2.example.org",
            "--overwrite-secondary",
            &name,
        ],
        3,
    )
    .await
    .says("DBHA-P71");

    operator.setup(["--overwrite-secondary", &name]).await.exits(0);
    operator.run("status", []).await.exits(0);
}
