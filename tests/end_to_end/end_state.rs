//! All that a set-up is to leave on a pair, in a form that is the same for every pair of one release.

use dbha_testkit::{PrivateServer, ServerPair};

use crate::contents_of_server::{Contents, accounts, differences};
use crate::session::{Session, TextRow};

/// Variables that tell of the moment or the place, and not of what somebody wanted.
const RESTLESS: [&str; 16] = [
    "gtid_binlog_pos",
    "gtid_binlog_state",
    "gtid_current_pos",
    "gtid_executed",
    "gtid_owned",
    "gtid_purged",
    "gtid_slave_pos",
    "hostname",
    "init_file",
    "innodb_buffer_pool_load_incremental",
    "rand_seed1",
    // It is set for the next restart, which a trial may bring; what is persisted is compared.
    "relay_log_recovery",
    "server_uid",
    "server_uuid",
    "timestamp",
    "wsrep_node_name",
];

/// What of a link was defined by somebody, by either of its names.
const OF_A_LINK: [&str; 14] = [
    "Host",
    "User",
    "Port",
    "Connect_Retry",
    "_Running",
    "SSL_Allowed",
    "SSL_Verify_Server_Cert",
    "Using_Gtid",
    "Auto_Position",
    "Retry_Count",
    "SQL_Delay",
    "Connection_name",
    "Channel_Name",
    "heartbeat_period",
];

/// Both servers, and how to tell what differs.
pub(crate) struct EndState {
    servers: [Contents; 2],
}

impl EndState {
    /// Looks at a pair.
    pub(crate) async fn of(pair: &ServerPair) -> Self {
        let ports = [
            (pair.primary.port(), "PRIMARY"),
            (pair.secondary.port(), "SECONDARY"),
        ];
        // A secondary that lost its number in a restart may get another one: nobody can know who wrote under the old.
        let number = Session::open(&pair.secondary)
            .await
            .value("SELECT @@GLOBAL.server_id")
            .await;
        let numbered = [
            "variable server_id",
            "variable gtid_domain_id",
            "recorded",
            "markers",
            "persisted",
        ];
        let look = async |server: &PrivateServer| {
            let home = server.option_file().parent().unwrap().display().to_string();
            let mut all = state(server).await;
            for (what, value) in &mut all {
                *value = value.replace(&home, "HOME");
                if numbered.contains(&what.as_str()) && number != "2" {
                    *value = with_name_of_port(value, &number, "2");
                }
                // A number may be a port by chance: 28800 is a time-out, too.
                let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
                if is_number && what.starts_with("variable ") && !what.ends_with("port") {
                    continue;
                }
                for (port, name) in ports {
                    *value = with_name_of_port(value, &port.to_string(), name);
                }
            }
            all
        };
        Self {
            servers: [look(&pair.primary).await, look(&pair.secondary).await],
        }
    }

    /// Fails the test where a pair is not as this one.
    #[track_caller]
    pub(crate) fn assert_is(&self, wanted: &Self, what: &str) {
        for (role, (wanted, found)) in ["primary", "secondary"]
            .iter()
            .zip(wanted.servers.iter().zip(&self.servers))
        {
            let differing = differences(wanted, found);
            assert!(
                differing.is_empty(),
                "{what}: the {role} is not as after an undisturbed run:\n{}",
                differing.join("\n")
            );
        }
    }
}

async fn state(server: &PrivateServer) -> Contents {
    let mut session = Session::open(server).await;
    let mut all = Contents::new();
    for (name, text) in accounts(&mut session).await {
        all.insert(name, without_passwords(&text));
    }
    for row in session.rows("SHOW GLOBAL VARIABLES").await {
        let name = &row["Variable_name"];
        if !RESTLESS.contains(&name.as_str()) {
            all.insert(format!("variable {name}"), row["Value"].clone());
        }
    }
    for row in session
        .rows("SHOW GLOBAL STATUS LIKE 'Slave_open_temp_tables'")
        .await
    {
        all.insert("temporary tables of the applier".into(), row["Value"].clone());
    }
    links(server, &mut session, &mut all).await;
    dbha_schema(&mut session, &mut all).await;
    if server.release().is_mysql() {
        let kept =
            "SELECT variable_name, variable_value FROM performance_schema.persisted_variables ORDER BY 1";
        all.insert("persisted".into(), format!("{:?}", session.rows(kept).await));
    }
    all
}

async fn links(server: &PrivateServer, session: &mut Session, all: &mut Contents) {
    let statement = if server.release().is_mysql() {
        "SHOW REPLICA STATUS"
    } else {
        "SHOW ALL SLAVES STATUS"
    };
    let links = session.rows(statement).await;
    all.insert("number of links".into(), links.len().to_string());
    for (at, row) in links.into_iter().enumerate() {
        let defined = |(name, _): &(String, String)| OF_A_LINK.iter().any(|end| name.ends_with(end));
        let row: TextRow = row.into_iter().filter(defined).collect();
        all.insert(format!("link {at}"), format!("{row:?}"));
    }
}

async fn dbha_schema(session: &mut Session, all: &mut Contents) {
    for table in session.column("SHOW TABLES FROM dbha").await {
        let definition = session.rows(&format!("SHOW CREATE TABLE dbha.`{table}`")).await;
        all.insert(format!("dbha.{table}"), format!("{definition:?}"));
    }
    // Without the names, which are those that the operator used.
    let servers = "SELECT server_id, role, writers, key_step FROM dbha.server ORDER BY 1";
    all.insert("recorded".into(), format!("{:?}", session.rows(servers).await));
    let claims = "SELECT state FROM dbha.claim";
    all.insert("claims".into(), format!("{:?}", session.column(claims).await));
    let markers = "SELECT server_id FROM dbha.marker ORDER BY 1";
    all.insert("markers".into(), format!("{:?}", session.column(markers).await));
}

/// Puts a name in place of a port, where that is not a part of a longer number.
fn with_name_of_port(text: &str, port: &str, name: &str) -> String {
    let (mut kept, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once(port) {
        let longer =
            before.ends_with(|c: char| c.is_ascii_digit()) || after.starts_with(|c: char| c.is_ascii_digit());
        kept.push_str(before);
        kept.push_str(if longer { port } else { name });
        rest = after;
    }
    kept + rest
}

/// Leaves out of an account's definition what is random: the hash of its password.
fn without_passwords(text: &str) -> String {
    let mut rest = text;
    let mut kept = String::new();
    while let Some((before, after)) = ["BY PASSWORD ", " AS "]
        .iter()
        .filter_map(|word| rest.split_once(word))
        .min_by_key(|(before, _)| before.len())
    {
        kept.push_str(before);
        kept.push_str(" *** ");
        let end = after.find(' ').unwrap_or(after.len());
        rest = &after[end..];
    }
    kept + rest
}
