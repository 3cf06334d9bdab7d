use super::{
    Account, Choices, Claim, ClaimState, ClientSession, ClockReading, Cluster, ConnectedReplica, Depth,
    Engine, Facts, Observed, RecordedServer, ReplicationAccount, SchemaFacts, SemiSyncFacts, SettingFact,
    Surroundings, Term, clone, monitor, semi_sync, surroundings,
};
use crate::{
    Dialect, GtidSet, Marker, REPLICATION_USER, ReplicaStatus, Row, Session, Setting, SqlError, Statement,
    printable,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Instant, SystemTime},
};

/// Looks at one server, as deep as asked; what the account may not see becomes [`Observed::Denied`].
pub(crate) async fn observe(session: &mut Session, depth: Depth) -> Result<Facts, SqlError> {
    let dialect = session.dialect();
    let asked = (SystemTime::now(), Instant::now());
    let identity = required(session, &dialect.read_identity()).await?;
    let clock_offset = ClockReading::of_answer(asked.0, asked.1.elapsed(), identity.parse("now"));
    let settings = session.query(&dialect.read_settings(&Setting::ALL)).await?;
    let settings = read_settings(dialect, &settings);
    let gtids = required(session, &dialect.read_gtids()).await?;
    let name = session.name().to_owned();
    let parse = |column: &str| {
        GtidSet::parse(dialect.flavor(), gtids.get(column).unwrap_or(""))
            .map_err(|error| unexpected_gtids(&dialect.read_gtids(), &error, &name))
    };
    let executed = parse("executed")?;
    let applied = parse("applied")?;
    let purged = parse("purged")?;
    let semi_sync = semi_sync::look_at_semi_sync(session).await?;
    let coordinates = coordinates(session, &semi_sync).await?;
    let surroundings = surroundings_of(session, depth, &settings).await?;
    let processes = look(session, &dialect.read_processlist()).await?;
    let claim = look(session, &dialect.read_claim()).await?;
    let (schemas, engines) = dictionary(session, depth).await?;
    let choices = look(session, &dialect.read_choices())
        .await?
        .and(|rows| Choices::of_rows(&rows));
    Ok(Facts {
        tcp: session
            .endpoint()
            .address
            .tcp()
            .map(|(host, port)| (host.to_owned(), port)),
        wire: session.wire(),
        ca_given: session.endpoint().tls.ca.is_some(),
        dialect,
        version_text: printable(identity.get("version_text").unwrap_or("")),
        server_id: identity.parse("server_id").unwrap_or(0),
        server_uuid: identity.get("uuid").map(printable),
        own_account: printable(identity.get("own_user").unwrap_or("")),
        clock: identity.parse("now").unwrap_or(0.0),
        clock_offset,
        settings,
        executed,
        applied,
        purged,
        binlog: read_coordinates(&coordinates),
        log_filters: read_log_filters(&coordinates),
        links: read_links(session).await?,
        connected_replicas: connected_replicas(&processes),
        sessions: client_sessions(&processes),
        privileges: privileges(look(session, &dialect.read_own_grants()).await?),
        schemas,
        engines,
        accounts: list(session, &dialect.read_accounts(), read_account).await?,
        replication_accounts: list(
            session,
            &dialect.read_replication_accounts(REPLICATION_USER),
            read_replication_account,
        )
        .await?,
        offers_tls: offers_tls(&look(session, &dialect.read_tls_offer()).await?),
        cluster: cluster(&look(session, &dialect.read_cluster_membership()).await?),
        claim: claim.and_first(read_claim),
        password_pending: has_rows(&look(session, &dialect.read_new_password_mark()).await?),
        local_loading_open: dialect.loads_local_data()
            && has_rows(&look(session, &dialect.read_local_loading_note()).await?),
        recorded: list(session, &dialect.read_recorded_servers(), read_recorded).await?,
        terms: list(session, &dialect.read_newest_term(), read_term).await?,
        monitor: monitor::look_at_monitor(session, choices.known().is_some_and(|chosen| chosen.managed))
            .await?,
        choices,
        semi_sync,
        markers: list(session, &dialect.read_markers(), read_marker).await?,
        surroundings,
        clone: clone::look_at_clone(session, depth).await?,
        clone_note: clone::look_for_note(session).await?,
        host: Observed::Absent,
        name,
    })
}

/// MariaDB answers where its binary log ends only once no commit waits for an acknowledgement any more.
async fn coordinates(
    session: &mut Session,
    semi_sync: &Observed<SemiSyncFacts>,
) -> Result<Observed<Vec<Row>>, SqlError> {
    match semi_sync.known().is_some_and(|seen| seen.waiting > 0) {
        true => Ok(Observed::Absent),
        false => {
            let statement = session.dialect().read_binlog_coordinates();
            look(session, &statement).await
        }
    }
}

/// Reads what takes long on servers with many tables, where everything is asked for.
async fn dictionary(
    session: &mut Session,
    depth: Depth,
) -> Result<(Observed<Vec<SchemaFacts>>, Observed<Vec<Engine>>), SqlError> {
    let dialect = session.dialect();
    match depth {
        Depth::Full => Ok((
            list(session, &dialect.read_schemas(), read_schema).await?,
            list(session, &dialect.read_engines(), read_engine).await?,
        )),
        Depth::Running => Ok((Observed::Absent, Observed::Absent)),
    }
}

/// Looks for rows and makes something of each.
async fn list<T>(
    session: &mut Session,
    statement: &Statement,
    read: impl Fn(&Row) -> T,
) -> Result<Observed<Vec<T>>, SqlError> {
    Ok(map(look(session, statement).await?, read))
}

/// Reads the links into a server, each with the words of whoever failed first.
pub(crate) async fn read_links(session: &mut Session) -> Result<Observed<Vec<ReplicaStatus>>, SqlError> {
    let dialect = session.dialect();
    let rows = look(session, &dialect.read_replica_status()).await?;
    let mut links = map(rows, |row| {
        ReplicaStatus::of_row(row, |text| GtidSet::parse(dialect.flavor(), text).ok())
    });
    let Observed::Known(known) = &mut links else {
        return Ok(links);
    };
    // With several workers the status only says where to look (8.0 and later).
    let points_elsewhere = |link: &&mut ReplicaStatus| {
        let error = link.sql_error.as_ref();
        error.is_some_and(|error| error.text.contains("replication_applier_status_by_worker"))
    };
    for link in known.iter_mut().filter(points_elsewhere) {
        let Some(statement) = dialect.read_worker_errors() else {
            continue;
        };
        // Whoever may not read it has what the status says.
        let Observed::Known(errors) = look(session, &statement).await? else {
            continue;
        };
        let of_link = errors
            .iter()
            .find(|row| row.get("channel") == Some(&link.channel));
        if let Some(message) = of_link.and_then(|row| row.get("message"))
            && let Some(error) = &mut link.sql_error
        {
            error.text = printable(message);
        }
    }
    Ok(links)
}

fn offers_tls(rows: &Observed<Vec<Row>>) -> bool {
    let value = rows.known().and_then(|rows| rows.first()?.at(0));
    value.is_some_and(|value| value.eq_ignore_ascii_case("yes"))
}

fn cluster(rows: &Observed<Vec<Row>>) -> Option<Cluster> {
    rows.known()?.first().map(|row| Cluster {
        sign: printable(row.at(0).unwrap_or("")),
    })
}

fn has_rows(rows: &Observed<Vec<Row>>) -> bool {
    rows.known().is_some_and(|rows| !rows.is_empty())
}

async fn surroundings_of(
    session: &mut Session,
    depth: Depth,
    settings: &BTreeMap<Setting, SettingFact>,
) -> Result<Surroundings, SqlError> {
    let datadir = settings
        .get(&Setting::Datadir)
        .map_or("", |fact| fact.value.as_str());
    match depth {
        Depth::Full => surroundings::look_around(session, datadir).await,
        Depth::Running => Ok(Surroundings::default()),
    }
}

async fn required(session: &mut Session, statement: &Statement) -> Result<Row, SqlError> {
    let server = session.name().to_owned();
    session
        .query_first(statement)
        .await?
        .ok_or_else(|| SqlError::Unexpected {
            server,
            statement: statement.shown().to_owned(),
            text: "no row came back".into(),
        })
}

/// What a server calls GTIDs, and is none.
pub(crate) fn unexpected_gtids(
    statement: &Statement,
    error: &crate::ParseGtidError,
    server: &str,
) -> SqlError {
    SqlError::Unexpected {
        server: server.to_owned(),
        statement: statement.shown().to_owned(),
        text: error.to_string(),
    }
}

/// Runs a statement that may be forbidden or may ask for something this server does not have.
pub(crate) async fn look(
    session: &mut Session,
    statement: &Statement,
) -> Result<Observed<Vec<Row>>, SqlError> {
    match session.query(statement).await {
        Ok(rows) => Ok(Observed::Known(rows)),
        Err(error) if error.is_denied() => Ok(Observed::Denied(error.to_string())),
        // No such database, table, column or variable; binary logging is off.
        Err(error) if matches!(error.code(), Some(1049 | 1109 | 1146 | 1054 | 1193 | 1381)) => {
            Ok(Observed::Absent)
        }
        Err(error) => Err(error),
    }
}

pub(crate) fn map<T>(rows: Observed<Vec<Row>>, read: impl Fn(&Row) -> T) -> Observed<Vec<T>> {
    match rows {
        Observed::Known(rows) => Observed::Known(rows.iter().map(read).collect()),
        Observed::Denied(text) => Observed::Denied(text),
        Observed::Absent => Observed::Absent,
    }
}

fn read_settings(dialect: Dialect, rows: &[Row]) -> BTreeMap<Setting, SettingFact> {
    let by_name: BTreeMap<&str, &Row> = rows
        .iter()
        .filter_map(|row| Some((row.get("name")?, row)))
        .collect();
    let fact = |setting: &Setting| {
        let row = by_name.get(dialect.variable(*setting)?)?;
        let value = printable(row.get("value").unwrap_or(""));
        Some((
            *setting,
            SettingFact {
                after_restart: after_restart(row, &value),
                persisted: row.get("persisted").map(printable),
                file: None,
                configured: row.get("origin").is_some_and(is_configured),
                value,
            },
        ))
    };
    Setting::ALL.iter().filter_map(fact).collect()
}

/// Tells what a setting will be after a restart, by where its present value comes from.
fn after_restart(row: &Row, value: &str) -> Option<String> {
    let persisted = row.get("persisted").map(printable);
    match row.get("origin")? {
        // MariaDB: changed by SET GLOBAL; the server no longer knows what its option file said.
        "SQL" => None,
        "CONFIG" | "AUTO" | "COMPILE-TIME" | "ENV" => Some(value.to_owned()),
        // MySQL
        "DYNAMIC" => persisted,
        "COMMAND_LINE" => Some(value.to_owned()),
        _ => Some(persisted.unwrap_or_else(|| value.to_owned())),
    }
}

/// Tells whether an origin of a value is an option file or the command line.
fn is_configured(origin: &str) -> bool {
    !matches!(
        origin,
        "SQL" | "AUTO" | "COMPILE-TIME" | "ENV" | "COMPILED" | "DYNAMIC" | "PERSISTED"
    )
}

fn read_coordinates(rows: &Observed<Vec<Row>>) -> Option<(String, u64)> {
    let row = rows.known()?.first()?;
    Some((printable(row.get("File")?), row.parse("Position")?))
}

/// What the binary log takes or leaves out, in the words of the option file (scenario 21).
fn read_log_filters(rows: &Observed<Vec<Row>>) -> Vec<String> {
    let Some(row) = rows.known().and_then(|rows| rows.first()) else {
        return vec![];
    };
    [
        ("Binlog_Do_DB", "binlog_do_db"),
        ("Binlog_Ignore_DB", "binlog_ignore_db"),
    ]
    .into_iter()
    .filter_map(|(column, option)| {
        let value = row.get(column).filter(|value| !value.is_empty())?;
        Some(format!("{option}={}", printable(value)))
    })
    .collect()
}

fn connected_replicas(processes: &Observed<Vec<Row>>) -> Observed<Vec<ConnectedReplica>> {
    let dumps = |rows: &Vec<Row>| {
        let is_dump = |row: &&Row| {
            row.get("command")
                .is_some_and(|command| command.starts_with("Binlog Dump"))
        };
        rows.iter()
            .filter(is_dump)
            .map(|row| ConnectedReplica {
                connection: row.parse("id").unwrap_or(0),
                user: printable(row.get("user").unwrap_or("")),
                host: printable(row.get("host").unwrap_or("")),
            })
            .collect()
    };
    match processes {
        Observed::Known(rows) => Observed::Known(dumps(rows)),
        Observed::Denied(text) => Observed::Denied(text.clone()),
        Observed::Absent => Observed::Absent,
    }
}

fn client_sessions(processes: &Observed<Vec<Row>>) -> Observed<Vec<ClientSession>> {
    match processes {
        Observed::Known(rows) => Observed::Known(clients_among(rows)),
        Observed::Denied(text) => Observed::Denied(text.clone()),
        Observed::Absent => Observed::Absent,
    }
}

/// Finds the connections of clients in a process list: neither replicas nor the server's own threads.
pub(crate) fn clients_among(processes: &[Row]) -> Vec<ClientSession> {
    const NOT_CLIENTS: [&str; 5] = [
        "Daemon",
        "Binlog Dump",
        "Binlog Dump GTID",
        "Slave_IO",
        "Slave_SQL",
    ];
    let is_client = |row: &&Row| {
        let user = row.get("user").unwrap_or("");
        !row.get("command")
            .is_some_and(|command| NOT_CLIENTS.contains(&command) || command.starts_with("Slave_"))
            && !matches!(user, "system user" | "event_scheduler" | "")
    };
    let client = |row: &Row| {
        let host = row.get("host").unwrap_or("");
        Some(ClientSession {
            id: row.parse("id")?,
            user: printable(row.get("user").unwrap_or("")),
            host: printable(host.rsplit_once(':').map_or(host, |(host, _)| host)),
            seconds: row.parse("seconds").unwrap_or(0),
        })
    };
    processes.iter().filter(is_client).filter_map(client).collect()
}

fn privileges(rows: Observed<Vec<Row>>) -> Observed<BTreeSet<String>> {
    match map(rows, |row| row.at(0).unwrap_or("").to_owned()) {
        Observed::Known(lines) => Observed::Known(global_privileges(&lines)),
        Observed::Denied(text) => Observed::Denied(text),
        Observed::Absent => Observed::Absent,
    }
}

/// Reads the global privileges out of the lines of SHOW GRANTS, upper case; `ALL PRIVILEGES` stays one word.
///
/// GRANT OPTION counts only where every line has it: MySQL keeps it for static and dynamic privileges apart.
#[cfg_attr(not(fuzzing), allow(unreachable_pub))]
pub fn global_privileges(lines: &[String]) -> BTreeSet<String> {
    let global: Vec<(&str, &str)> = lines
        .iter()
        .filter_map(|line| line.strip_prefix("GRANT ")?.split_once(" ON *.* TO "))
        .collect();
    let mut found: BTreeSet<String> = global
        .iter()
        .flat_map(|(list, _)| list.split(','))
        .map(|one| one.trim().to_ascii_uppercase())
        .collect();
    if !global.is_empty() && global.iter().all(|(_, rest)| rest.ends_with("WITH GRANT OPTION")) {
        found.insert("GRANT OPTION".into());
    }
    found
}

fn read_schema(row: &Row) -> SchemaFacts {
    let number = |name| row.parse::<f64>(name).unwrap_or(0.0) as u64;
    SchemaFacts {
        name: row.get("name").unwrap_or("").to_owned(),
        tables: number("tables"),
        rows: number("row_estimate"),
        bytes: number("bytes"),
        views: number("views"),
        routines: number("routines"),
        events: number("events"),
        has_kine: number("kine") > 0,
    }
}

fn read_engine(row: &Row) -> Engine {
    Engine {
        name: printable(row.get("engine").unwrap_or("")),
        tables: row.parse("tables").unwrap_or(0),
        example: printable(row.get("example").unwrap_or("")),
    }
}

fn read_account(row: &Row) -> Account {
    Account {
        user: row.get("user").unwrap_or("").to_owned(),
        host: row.get("host").unwrap_or("").to_owned(),
        is_role: row.get("role") == Some("Y"),
    }
}

fn read_replication_account(row: &Row) -> ReplicationAccount {
    ReplicationAccount {
        host: row.get("host").unwrap_or("").to_owned(),
        requires_tls: !row.get("tls").unwrap_or("").is_empty(),
        grants_as_wanted: row.get("replica") == Some("Y") && row.get("more") != Some("Y"),
    }
}

fn read_claim(row: &Row) -> Claim {
    Claim {
        run: printable(row.get("run").unwrap_or("")),
        source: printable(row.get("source").unwrap_or("")),
        // An unknown word is read as the state in which nothing there may be relied on.
        state: match row.get("state") {
            Some("claimed") => ClaimState::Claimed,
            Some("copied") => ClaimState::Copied,
            Some("following") => ClaimState::Following,
            _ => ClaimState::Copying,
        },
        position: row.get("position").map(str::to_owned),
    }
}

fn read_marker(row: &Row) -> Marker {
    Marker {
        server_id: row.parse("server_id").unwrap_or(0),
        token: printable(row.get("token").unwrap_or("")),
    }
}

fn read_term(row: &Row) -> Term {
    Term {
        number: row.parse("term").unwrap_or(0),
        server_id: row.parse("server_id").unwrap_or(0),
        reason: printable(row.get("reason").unwrap_or("")),
    }
}

fn read_recorded(row: &Row) -> RecordedServer {
    let text = |name| printable(row.get(name).unwrap_or(""));
    RecordedServer {
        server_id: row.parse("server_id").unwrap_or(0),
        name: text("name"),
        role: text("role"),
        writers: text("writers"),
        key_step: row.parse("key_step").unwrap_or(2),
    }
}
