use crate::{AutoIncrement, Both, Platform, SetupOptions, Side, Writers, choices, partner};
use dbha_sql::{Choices, Dialect, Facts, GtidSet, REPLICATION_USER, RecordedServer, Setting};
use serde::{Deserialize, Serialize};

/// One setting as it is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedSetting {
    /// Which.
    pub setting: Setting,
    /// Its value.
    pub value: String,
    /// Whether it is enough that the value comes with the next restart.
    pub after_restart_only: bool,
}

/// What one server of the pair is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerPlan {
    /// Name of the server.
    pub name: String,
    /// Its side.
    pub side: Side,
    /// Number by which it knows its own events.
    pub server_id: u32,
    /// Its GTID domain, where servers have one.
    pub gtid_domain_id: Option<u32>,
    /// Whether applications may write to it.
    pub writable: bool,
    /// Path of its binary log's files without their numbers, as its option file has to name it; within the data
    /// directory the bare name.
    ///
    /// Under another name a restart would begin a log without history: what the peer lacks would never come, and
    /// GTIDs would be given out twice.
    pub log_bin: String,
    /// Every setting that dbha answers for, `read_only` left out.
    pub settings: Vec<WantedSetting>,
    /// Whether it starts read-only whatever its role, and dbha alone opens it.
    #[serde(default)]
    pub managed: bool,
}

/// Who follows whom, and how the follower reaches the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The server that is read.
    pub source: Side,
    /// The server that reads.
    pub replica: Side,
    /// Host of the source as the replica dials it.
    pub host: String,
    /// Port of the source.
    pub port: u16,
    /// Whether the link uses TLS.
    pub tls: bool,
    /// File on the replica's machine with the CA that vouches for the source; `None` leaves the source unverified.
    #[serde(default)]
    pub ca: Option<String>,
}

/// The desired state of the pair: servers and links.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topology {
    /// The servers, primary first.
    pub servers: Vec<ServerPlan>,
    /// The links.
    pub links: Vec<Link>,
    /// One writer or two.
    pub writers: Writers,
    /// How generated keys are kept apart.
    pub auto_increment: AutoIncrement,
    /// Why the step between keys is 1 although nobody asked for it.
    pub single_increment_because: Option<String>,
    /// What was chosen beyond that.
    #[serde(default)]
    pub choices: Choices,
    /// Whether dbha logs in to both with one name and one password.
    #[serde(skip)]
    pub same_login: bool,
}

impl Topology {
    /// Works out the desired state from what was seen and what is wanted; no I/O.
    ///
    /// The primary keeps the identity it has: open sessions would go on writing under the old one.
    pub fn of_pair(facts: &Both<Facts>, options: &SetupOptions) -> Self {
        let because = match options.auto_increment {
            None => single_because(facts, options),
            Some(_) => None,
        };
        let auto_increment = match options.auto_increment {
            Some(wanted) => wanted,
            None if because.is_some() => AutoIncrement::Single,
            None => AutoIncrement::Interleaved,
        };
        let primary_id = facts.primary.server_id.max(1);
        let secondary_id = secondary_id(facts, primary_id);
        let domains = domains(facts, primary_id, secondary_id);
        let (step, first_primary, first_secondary) = first_keys(facts, auto_increment);
        let recorded = choices::recorded(&facts.primary);
        let chosen = choices::chosen(&facts.primary, options);
        let server = |side: Side, id: u32, offset: u32, writable: bool| ServerPlan {
            name: facts.of(side).name.clone(),
            side,
            server_id: id,
            gtid_domain_id: domains.as_ref().map(|domains| *domains.of(side)),
            writable,
            log_bin: log_bin(facts.of(side)),
            settings: wanted_settings(
                facts.of(side).dialect,
                id,
                domains.as_ref().map(|d| *d.of(side)),
                step,
                offset,
            )
            .into_iter()
            .chain(choices::semi_sync_settings(
                facts.of(side).dialect,
                (&recorded, &chosen),
                writable,
            ))
            .collect(),
            managed: chosen.managed,
        };
        let link = |source: Side| {
            let given = match source {
                Side::Primary => &options.primary_address,
                Side::Secondary => &options.secondary_address,
            };
            let (host, port) = given
                .clone()
                .or_else(|| facts.of(source).tcp.clone())
                .unwrap_or_default();
            Link {
                source,
                replica: source.peer(),
                host,
                port,
                tls: facts.of(source).offers_tls,
                ca: link_ca(facts, source, options),
            }
        };
        Topology {
            servers: vec![
                server(Side::Primary, primary_id, first_primary, true),
                server(
                    Side::Secondary,
                    secondary_id,
                    first_secondary,
                    options.writers == Writers::Both,
                ),
            ],
            links: vec![link(Side::Primary), link(Side::Secondary)],
            writers: options.writers,
            auto_increment,
            single_increment_because: because,
            choices: chosen.clone(),
            same_login: false,
        }
    }

    /// Takes the links as they are, for what changes nothing of them but their password.
    pub(crate) fn keep_links(&mut self, facts: &Both<Facts>) {
        for link in &mut self.links {
            let Some(present) = facts.of(link.replica).default_link() else {
                continue;
            };
            link.host.clone_from(&present.source_host);
            link.port = present.source_port;
            link.tls = present.tls;
            link.ca = present.verified.then(|| present.ca.clone());
        }
    }

    /// Returns what one side is to be.
    pub fn server(&self, side: Side) -> &ServerPlan {
        match side {
            Side::Primary => &self.servers[0],
            Side::Secondary => &self.servers[1],
        }
    }

    /// Returns the link whose source is on one side.
    pub fn link_from(&self, source: Side) -> &Link {
        match source {
            Side::Primary => &self.links[0],
            Side::Secondary => &self.links[1],
        }
    }
}

/// Finds the CA by which a replica can verify its source: as the operator says; else the replica's own, where the
/// operator wants this source verified; else the one by which it is verified already.
fn link_ca(facts: &Both<Facts>, source: Side, options: &SetupOptions) -> Option<String> {
    if !facts.of(source).offers_tls {
        return None;
    }
    let replica = facts.of(source.peer());
    let own = replica.setting(Setting::SslCa);
    let present = replica
        .default_link()
        .filter(|link| link.source_user == REPLICATION_USER && link.verified)
        .map_or("", |link| link.ca.as_str());
    let path = match &options.replication_ssl_ca {
        Some(path) => path,
        None if facts.of(source).ca_given && !own.is_empty() => own,
        None => present,
    };
    (!path.is_empty()).then(|| path.to_owned())
}

/// Name of the binary log of a server that has none yet.
const NEW_LOG_BIN: &str = "mysql-bin";

/// Within the data directory the bare name is enough, and stays the same once the log is there.
fn log_bin(facts: &Facts) -> String {
    let present = facts.setting(Setting::LogBinBasename);
    let datadir = facts.setting(Setting::Datadir).trim_end_matches('/');
    let within = present
        .strip_prefix(datadir)
        .and_then(|rest| rest.strip_prefix('/'))
        .filter(|name| !datadir.is_empty() && !name.contains('/'));
    match (present, within) {
        ("", _) => NEW_LOG_BIN.to_owned(),
        (_, Some(name)) => name.to_owned(),
        (path, None) => path.to_owned(),
    }
}

/// Tells why the step between keys has to be 1: the platform that was named, or a table of K3s.
fn single_because(facts: &Both<Facts>, options: &SetupOptions) -> Option<String> {
    let named = crate::choices::platform(&facts.primary, options);
    let named = named.filter(|platform| platform.counts_on_step_1());
    match (named, kine_schema(&facts.primary)) {
        (Some(platform), _) => Some(format!(
            "the pair is for {}, whose revisions must grow by exactly 1",
            platform.title()
        )),
        (None, Some(schema)) => Some(format!(
            "the primary has a table {schema}.kine (K3s), whose revisions must grow by exactly 1"
        )),
        (None, None) => None,
    }
}

fn kine_schema(primary: &Facts) -> Option<String> {
    primary
        .schemas
        .known()?
        .iter()
        .find(|schema| schema.has_kine)
        .map(|schema| schema.name.clone())
}

/// Finds the number of the secondary: its own, if nobody else wrote under it; the recorded one, if it lost its own.
///
/// A server that takes the place of another one must not go on under that one's number: what the old one wrote last,
/// and nobody received, would carry the same GTIDs (scenario 65).
fn secondary_id(facts: &Both<Facts>, primary_id: u32) -> u32 {
    let own = facts.secondary.server_id;
    let usable = own != 0 && own != primary_id;
    if let Some(partner) = partner::recorded(facts) {
        return if usable { own } else { partner.server_id };
    }
    let rows = facts
        .primary
        .recorded
        .known()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let recorded = |id: u32| rows.iter().any(|row| row.server_id == id);
    let wrote = |id: u32| !facts.primary.position().written_by(id).is_empty();
    // A run that was cut off has recorded the secondary already, under the name that the caller gives it.
    let is_secondary = |row: &RecordedServer| row.server_id == own && row.name == facts.secondary.name;
    let taken_up = partner::is_claimed(facts) && rows.iter().any(is_secondary);
    if usable && (taken_up || !recorded(own) && !wrote(own)) {
        return own;
    }
    (primary_id..=u32::MAX)
        .chain(1..primary_id)
        .find(|id| *id != primary_id && !recorded(*id) && !wrote(*id))
        .unwrap_or(primary_id)
}

/// Gives each server a GTID domain of its own, where servers have domains.
fn domains(facts: &Both<Facts>, primary_id: u32, secondary_id: u32) -> Option<Both<u32>> {
    if !facts.primary.dialect.has_gtid_domains() {
        return None;
    }
    let domain_of = |side: Side| {
        facts
            .of(side)
            .number(Setting::GtidDomainId)
            .and_then(|n| u32::try_from(n).ok())
    };
    let primary = domain_of(Side::Primary).unwrap_or(0);
    // A domain is the secondary's if the primary knows nothing of it but what this very server wrote.
    let free = |domain: u32| {
        domain != primary && !written_by_others(&facts.primary.position(), domain, secondary_id)
    };
    // A secondary that was the primary has domain 0 by right; any other has it because nobody gave it one.
    let own_zero = partner::recorded(facts).is_some();
    let kept = domain_of(Side::Secondary).filter(|domain| (*domain != 0 || own_zero) && free(*domain));
    let first = kept.unwrap_or(secondary_id);
    let secondary = (first..=u32::MAX)
        .chain(1..first)
        .find(|domain| free(*domain))
        .unwrap_or(primary_id);
    Some(Both { primary, secondary })
}

/// Gives each server its first key: where roles have changed since the set-up, each keeps the one that it had.
fn first_keys(facts: &Both<Facts>, auto_increment: AutoIncrement) -> (u32, u32, u32) {
    let (step, of_primary, of_secondary) = auto_increment.step_and_offsets();
    let first = |side: Side| facts.of(side).number(Setting::AutoIncrementOffset);
    let changed = partner::recorded(facts).is_some()
        && first(Side::Primary) == Some(of_secondary.into())
        && first(Side::Secondary) != Some(of_secondary.into());
    match changed {
        true => (step, of_secondary, of_primary),
        false => (step, of_primary, of_secondary),
    }
}

fn written_by_others(position: &GtidSet, domain: u32, server_id: u32) -> bool {
    match position {
        GtidSet::MariaDb(position) => position
            .domain(domain)
            .is_some_and(|(writer, _)| writer != server_id),
        _ => false,
    }
}

fn wanted_settings(
    dialect: Dialect,
    id: u32,
    domain: Option<u32>,
    step: u32,
    offset: u32,
) -> Vec<WantedSetting> {
    let wanted = |setting, value: &str| WantedSetting {
        setting,
        value: value.to_owned(),
        after_restart_only: false,
    };
    let mut all = vec![
        wanted(Setting::ServerId, &id.to_string()),
        wanted(Setting::GtidDomainId, &domain.unwrap_or(0).to_string()),
        wanted(Setting::LogBin, "ON"),
        wanted(Setting::LogReplicaUpdates, "ON"),
        wanted(Setting::BinlogFormat, "ROW"),
        wanted(Setting::BinlogRowImage, "FULL"),
        wanted(Setting::SyncBinlog, "1"),
        wanted(Setting::InnodbFlushLogAtTrxCommit, "1"),
        wanted(Setting::EnforceGtidConsistency, "ON"),
        wanted(Setting::GtidMode, "ON"),
        wanted(Setting::GtidStrictMode, "ON"),
        wanted(Setting::ReplicaNetTimeout, "10"),
        wanted(Setting::ReplicaPreserveCommitOrder, "ON"),
        wanted(Setting::AutoIncrementIncrement, &step.to_string()),
        wanted(Setting::AutoIncrementOffset, &offset.to_string()),
    ];
    if dialect.applies_old_relay_logs() {
        all.push(WantedSetting {
            after_restart_only: true,
            ..wanted(Setting::RelayLogRecovery, "ON")
        });
    }
    all.retain(|wanted| dialect.variable(wanted.setting).is_some());
    all
}

/// What a server is to be that is not there yet: the first pair of a site, with server ids 1 and 2.
pub fn plan_for_new_server(dialect: Dialect, side: Side, options: &SetupOptions) -> ServerPlan {
    let single = options.platform.is_some_and(Platform::counts_on_step_1);
    let of_platform = if single {
        AutoIncrement::Single
    } else {
        AutoIncrement::default()
    };
    let (step, first_primary, first_secondary) =
        options.auto_increment.unwrap_or(of_platform).step_and_offsets();
    let (id, offset, writable) = match side {
        Side::Primary => (1, first_primary, true),
        Side::Secondary => (2, first_secondary, options.writers == Writers::Both),
    };
    // A MariaDB server numbers its transactions in domain 0 until told otherwise; the primary keeps that.
    let domain = dialect
        .has_gtid_domains()
        .then_some(if side == Side::Primary { 0 } else { id });
    let chosen = choices::of_options(options);
    let mut settings = wanted_settings(dialect, id, domain, step, offset);
    settings.extend(choices::semi_sync_settings(
        dialect,
        (&Choices::default(), &chosen),
        writable,
    ));
    ServerPlan {
        name: side.to_string(),
        side,
        server_id: id,
        gtid_domain_id: domain,
        writable,
        log_bin: NEW_LOG_BIN.to_owned(),
        settings,
        managed: chosen.managed,
    }
}
