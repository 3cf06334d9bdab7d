//! Everything that can be seen of a server, to prove that a run changed nothing.

use dbha_testkit::{PrivateServer, ServerPair};

use crate::contents_of_server::{Contents, accounts, contents, differences};
use crate::servers::positions;
use crate::session::Session;

/// Variables that change by themselves.
const RESTLESS: [&str; 4] = [
    "timestamp",
    "gtid_current_pos",
    "innodb_buffer_pool_load_incremental",
    "rand_seed1",
];

/// Both servers of a pair as they are at one moment.
#[derive(Debug)]
pub(crate) struct SnapshotOfPair {
    servers: [Contents; 2],
}

impl SnapshotOfPair {
    /// Looks at both servers.
    pub(crate) async fn take(pair: &ServerPair) -> Self {
        Self {
            servers: [snapshot(&pair.primary).await, snapshot(&pair.secondary).await],
        }
    }

    /// Looks again, and fails the test where anything differs.
    pub(crate) async fn assert_unchanged(&self, pair: &ServerPair) {
        self.assert_unchanged_but(pair, |_| false).await;
    }

    /// Looks again, and fails the test where anything differs but what may.
    pub(crate) async fn assert_unchanged_but(&self, pair: &ServerPair, may_differ: impl Fn(&str) -> bool) {
        let now = Self::take(pair).await;
        let strict = |all: &Contents| -> Contents {
            let all = all.iter().filter(|(name, _)| !may_differ(name));
            all.map(|(name, text)| (name.clone(), text.clone())).collect()
        };
        for ((role, before), after) in ["primary", "secondary"]
            .iter()
            .zip(&self.servers)
            .zip(&now.servers)
        {
            let changed = differences(&strict(before), &strict(after));
            assert!(
                changed.is_empty(),
                "changed on the {role}:\n{}",
                changed.join("\n")
            );
        }
    }
}

/// Settings, accounts, positions, links, the names of all databases and what is in those of users.
async fn snapshot(server: &PrivateServer) -> Contents {
    let mut session = Session::open(server).await;
    let mut all = contents(&mut session).await;
    all.extend(accounts(&mut session).await);
    all.insert("positions".into(), format!("{:?}", positions(server).await));
    all.insert(
        "databases".into(),
        session.column("SHOW DATABASES").await.join(", "),
    );
    for row in session.rows("SHOW GLOBAL VARIABLES").await {
        let name = &row["Variable_name"];
        if !RESTLESS.contains(&name.as_str()) {
            all.insert(format!("variable {name}"), row["Value"].clone());
        }
    }
    let mysql = server.release().is_mysql();
    if mysql {
        let kept = session
            .rows("SELECT * FROM performance_schema.persisted_variables")
            .await;
        all.insert("persisted variables".into(), format!("{kept:?}"));
    }
    let links = if mysql {
        "SHOW REPLICA STATUS"
    } else {
        "SHOW ALL SLAVES STATUS"
    };
    for row in session.rows(links).await {
        let links = row.iter().filter(|(name, _)| {
            ["Host", "User", "Port", "_Running", "Name"]
                .iter()
                .any(|end| name.ends_with(end))
        });
        all.insert(
            format!("link {}", all.len()),
            format!("{:?}", links.collect::<Vec<_>>()),
        );
    }
    all
}
