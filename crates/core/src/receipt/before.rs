use crate::HostAccess;
use dbha_sql::{
    Account, Choices, Facts, REPLICATION_USER, RecordedServer, ReplicationAccount, Setting, SettingFact,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A link into a server, as far as it can be told from outside; its password is nobody's to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkBefore {
    /// Host of its source.
    pub host: String,
    /// Port of its source.
    pub port: u16,
    /// Account with which it logged in.
    pub user: String,
}

impl LinkBefore {
    /// Tells whether dbha had made it.
    pub fn is_of_dbha(&self) -> bool {
        self.user == REPLICATION_USER
    }
}

/// dbha's own option file, as it was before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DropInBefore {
    /// The way to the server's machine.
    pub access: HostAccess,
    /// The file's path.
    pub path: String,
    /// What was in it; `None` where it was not there.
    pub text: Option<String>,
}

/// One server as it was before the first change: who it is, and everything that a set-up may change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServerBefore {
    /// Its name.
    pub name: String,
    /// Its address as dbha reached it; empty for a socket.
    pub address: String,
    /// Its unique name, where servers have one.
    pub server_uuid: Option<String>,
    /// Its own values of `hostname`, `port` and `datadir`: what it is known by where servers have no unique name.
    pub place: BTreeMap<Setting, String>,
    /// Every setting.
    pub settings: BTreeMap<Setting, SettingFact>,
    /// The default link into it.
    pub link: Option<LinkBefore>,
    /// dbha's replication accounts.
    pub replication_accounts: Vec<ReplicationAccount>,
    /// Names of all accounts.
    pub accounts: Vec<Account>,
    /// Names of all databases of others; `None` where they could not be seen, or were not noted.
    #[serde(default)]
    pub databases: Option<Vec<String>>,
    /// Whether dbha had a schema there.
    pub had_schema: bool,
    /// Whether the table of heartbeats was there.
    #[serde(default)]
    pub had_heartbeat: bool,
    /// What dbha had recorded of a pair.
    pub recorded: Option<Vec<RecordedServer>>,
    /// What dbha had recorded that was chosen for a pair.
    #[serde(default)]
    pub choices: Choices,
    /// Everything that the server had, as a GTID position.
    pub position: String,
    /// dbha's own option file, where the server's machine could be looked at.
    #[serde(default)]
    pub drop_in: Option<DropInBefore>,
}

/// What tells a server from others that run on the same or another machine.
const PLACE: [Setting; 3] = [Setting::Hostname, Setting::Port, Setting::Datadir];

impl ServerBefore {
    /// Takes what matters out of what was seen.
    pub(crate) fn of(facts: &Facts, access: Option<&HostAccess>) -> Self {
        let own = |facts: &Facts| facts.accounts.known().cloned().unwrap_or_default();
        Self {
            name: facts.name.clone(),
            address: facts
                .address()
                .map(|address| address.to_string())
                .unwrap_or_default(),
            server_uuid: facts.server_uuid.clone(),
            place: place(facts),
            settings: facts.settings.clone(),
            link: facts.default_link().map(|link| LinkBefore {
                host: link.source_host.clone(),
                port: link.source_port,
                user: link.source_user.clone(),
            }),
            replication_accounts: facts.replication_accounts.known().cloned().unwrap_or_default(),
            accounts: own(facts),
            databases: facts.schemas.known().map(|all| {
                let names = all.iter().map(|schema| schema.name.clone());
                names.collect()
            }),
            had_schema: facts.has_dbha_schema(),
            had_heartbeat: facts.monitor.has_heartbeat,
            recorded: facts.recorded.known().cloned(),
            choices: crate::choices::recorded(facts),
            position: facts.position().to_string(),
            drop_in: drop_in(facts, access),
        }
    }

    /// Tells whether a server is this one, however it is reached now.
    pub fn is(&self, facts: &Facts) -> bool {
        self.server_uuid == facts.server_uuid && self.place == place(facts)
    }
}

fn drop_in(facts: &Facts, access: Option<&HostAccess>) -> Option<DropInBefore> {
    let seen = facts.host.known()?.drop_in.as_ref()?;
    Some(DropInBefore {
        access: access?.clone(),
        path: seen.path.clone(),
        text: seen.text.clone(),
    })
}

fn place(facts: &Facts) -> BTreeMap<Setting, String> {
    PLACE
        .into_iter()
        .map(|setting| (setting, facts.setting(setting).to_owned()))
        .collect()
}
