//! A copy carries everything exactly: compared by value and by definition, on every release.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use dbha_copy::{CopyError, CopyOptions, CopyProgress, CopyReport, Inventory, clear, copy};
use dbha_sql::{Endpoint, SessionProfile};
use dbha_testkit::{PrivateServer, Release, ServerPair};
use tokio_util::sync::CancellationToken;

use crate::releases::{on_every_release, on_releases};
use crate::servers::{fresh_pair, positions};
use crate::session::Session;

const SYSTEM: &str = "('information_schema','performance_schema','mysql','sys','dbha')";
/// Types whose own text would hide bytes.
const BY_BYTES: [&str; 15] = [
    "char",
    "varchar",
    "binary",
    "varbinary",
    "tinytext",
    "text",
    "mediumtext",
    "longtext",
    "tinyblob",
    "blob",
    "mediumblob",
    "longblob",
    "bit",
    "vector",
    "json",
];
const SHAPES: [&str; 6] = [
    "geometry",
    "point",
    "polygon",
    "linestring",
    "geometrycollection",
    "geomcollection",
];

on_every_release!(everything_is_carried);
on_every_release!(a_second_copy_over_the_first_changes_nothing);
on_every_release!(the_targets_own_log_stands_still);
on_every_release!(the_claim_stays_where_it_is);
on_every_release!(accounts_of_the_machine_stay_and_others_are_made_equal);
on_every_release!(rows_as_large_as_a_packet_are_carried);
on_every_release!(a_large_table_gets_its_keys_after_its_rows);
on_every_release!(scenario_43_a_lock_that_is_not_granted_names_who_holds_it);
on_every_release!(a_cancelled_copy_leaves_no_session);
on_releases!(scenario_41_a_table_changed_under_the_copy_begins_it_anew: mariadb_10_5, mariadb_10_11, mariadb_11_8);
on_releases!(what_cannot_be_carried_is_named_first: mariadb_10_5);

async fn everything_is_carried(release: Release) {
    let pair = filled_pair(release).await;
    let report = copied(&pair).await;
    assert_equal(&pair).await;
    assert!(report.warnings.is_empty(), "{:?}", report.warnings);
    assert!(
        report.lock_held < Duration::from_secs(5),
        "{:?}",
        report.lock_held
    );
}

async fn a_second_copy_over_the_first_changes_nothing(release: Release) {
    let pair = filled_pair(release).await;
    copied(&pair).await;
    let again = copied(&pair).await;
    assert_eq!(again.accounts, []);
    assert_equal(&pair).await;
}

async fn the_targets_own_log_stands_still(release: Release) {
    let pair = filled_pair(release).await;
    let before = positions(&pair.secondary).await;
    copied(&pair).await;
    assert_eq!(positions(&pair.secondary).await, before);
}

async fn the_claim_stays_where_it_is(release: Release) {
    let pair = fresh_pair(release).await;
    for (server, run) in [(&pair.primary, "source's"), (&pair.secondary, "target's")] {
        let mut session = Session::open(server).await;
        session.run("CREATE DATABASE dbha").await;
        session
            .run("CREATE TABLE dbha.claim (run VARCHAR(64) PRIMARY KEY)")
            .await;
        session
            .run("CREATE TABLE dbha.marker (token VARCHAR(64) PRIMARY KEY)")
            .await;
        session
            .run(&format!("INSERT INTO dbha.claim VALUES (\"{run}\")"))
            .await;
        session
            .run(&format!("INSERT INTO dbha.marker VALUES (\"{run}\")"))
            .await;
    }
    copied(&pair).await;
    let mut session = Session::open(&pair.secondary).await;
    assert_eq!(session.column("SELECT run FROM dbha.claim").await, ["target's"]);
    assert_eq!(
        session.column("SELECT token FROM dbha.marker").await,
        ["source's"]
    );
}

async fn accounts_of_the_machine_stay_and_others_are_made_equal(release: Release) {
    let pair = fresh_pair(release).await;
    for (server, password) in [
        (&pair.primary, "of-the-source"),
        (&pair.secondary, "of-the-target"),
    ] {
        let mut session = Session::open(server).await;
        for account in ["'both'@'localhost'", "'both'@'%'"] {
            session
                .run(&format!("CREATE USER {account} IDENTIFIED BY '{password}'"))
                .await;
        }
        let only = password.replace('-', "_");
        session
            .run(&format!("CREATE USER '{only}'@'localhost', '{only}'@'%'"))
            .await;
    }
    let before = logins(&pair.secondary, "both", "localhost").await;
    copied(&pair).await;
    let mut secondary = Session::open(&pair.secondary).await;
    assert_eq!(logins(&pair.secondary, "both", "localhost").await, before);
    assert_eq!(
        logins(&pair.secondary, "both", "%").await,
        logins(&pair.primary, "both", "%").await
    );
    let ours =
        "SELECT CONCAT(User, '@', Host) FROM mysql.user WHERE User LIKE 'of\\_the\\_%' ORDER BY User, Host";
    assert_eq!(
        secondary.column(ours).await,
        [
            "of_the_source@%",
            "of_the_source@localhost",
            "of_the_target@localhost"
        ]
    );
}

async fn rows_as_large_as_a_packet_are_carried(release: Release) {
    let pair = fresh_pair(release).await;
    let mut primary = Session::open(&pair.primary).await;
    let packet = primary.number("SELECT @@max_allowed_packet").await;
    for statement in [
        "CREATE DATABASE large",
        "CREATE TABLE large.rows_ (id INT AUTO_INCREMENT PRIMARY KEY, a LONGBLOB, b LONGTEXT CHARACTER SET latin1)",
        &format!(
            "INSERT INTO large.rows_ (a, b) VALUES (REPEAT('x', {packet}), ''), (NULL, REPEAT('y', {packet} - 60))"
        ),
        "INSERT INTO large.rows_ (a, b) VALUES ('', NULL), (REPEAT('z', 1000000), REPEAT('z', 300000))",
    ] {
        primary.run(statement).await;
    }
    copied(&pair).await;
    let sums = "SELECT GROUP_CONCAT(CONCAT_WS('-', id, LENGTH(a), LENGTH(b), SHA2(a, 256), SHA2(b, 256)) ORDER BY id) FROM large.rows_";
    let mut secondary = Session::open(&pair.secondary).await;
    assert_eq!(secondary.value(sums).await, primary.value(sums).await);
}

async fn a_large_table_gets_its_keys_after_its_rows(release: Release) {
    let pair = filled_pair(release).await;
    let options = CopyOptions {
        indexes_after_from_bytes: 0,
        ..CopyOptions::default()
    };
    let keyed = Mutex::new(BTreeSet::new());
    let note = |news: CopyProgress| {
        if let CopyProgress::TableIndexes { table, .. } = news {
            keyed.lock().unwrap().insert(table);
        }
    };
    run_copy(&pair, &options, &note, &CancellationToken::new())
        .await
        .unwrap();
    assert!(keyed.lock().unwrap().contains("keyed"));
    assert_equal(&pair).await;
}

async fn scenario_43_a_lock_that_is_not_granted_names_who_holds_it(release: Release) {
    let pair = filled_pair(release).await;
    let mut blocker = Session::open(&pair.primary).await;
    blocker.run("LOCK TABLES fid.myi WRITE").await;
    let busy = tokio::spawn(async move { blocker.run("SELECT SLEEP(6), 'not to be shown'").await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let options = CopyOptions {
        lock_wait: Duration::from_secs(1),
        ..CopyOptions::default()
    };
    let refusal = run_copy(&pair, &options, &|_| (), &CancellationToken::new())
        .await
        .unwrap_err();
    assert!(matches!(refusal, CopyError::LockNotGranted { .. }), "{refusal:?}");
    let text = refusal.to_string();
    assert!(
        text.contains("SLEEP(6)") && !text.contains("not to be shown"),
        "{text}"
    );
    busy.await.unwrap();
    let mut primary = Session::open(&pair.primary).await;
    primary
        .run("INSERT INTO fid.myi (v) VALUES ('nothing is held')")
        .await;
}

async fn a_cancelled_copy_leaves_no_session(release: Release) {
    let pair = fresh_pair(release).await;
    let mut primary = Session::open(&pair.primary).await;
    primary.run("CREATE DATABASE much").await;
    primary
        .run("CREATE TABLE much.rows_ (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(200))")
        .await;
    primary
        .run("INSERT INTO much.rows_ (v) VALUES (REPEAT('v', 200))")
        .await;
    for _ in 0..18 {
        primary
            .run("INSERT INTO much.rows_ (v) SELECT v FROM much.rows_")
            .await;
    }
    let cancel = CancellationToken::new();
    let at_the_first_row = |news: CopyProgress| {
        if matches!(news, CopyProgress::TableRows { .. }) {
            cancel.cancel();
        }
    };
    let begun = Mutex::new(None);
    let note = |news: CopyProgress| {
        at_the_first_row(news);
        if cancel.is_cancelled() {
            begun.lock().unwrap().get_or_insert_with(Instant::now);
        }
    };
    let refusal = run_copy(&pair, &CopyOptions::default(), &note, &cancel)
        .await
        .unwrap_err();
    assert!(matches!(refusal, CopyError::Cancelled), "{refusal:?}");
    let stopped_in = begun.lock().unwrap().unwrap().elapsed();
    assert!(stopped_in < Duration::from_secs(2), "{stopped_in:?}");
    tokio::time::sleep(Duration::from_secs(1)).await;
    for server in [&pair.primary, &pair.secondary] {
        let mut session = Session::open(server).await;
        for slot in 0..20 {
            let holder = format!("SELECT IS_USED_LOCK('dbha.copy.{slot}')");
            assert_eq!(session.value(&holder).await, "NULL");
        }
    }
}

async fn scenario_41_a_table_changed_under_the_copy_begins_it_anew(release: Release) {
    let pair = fresh_pair(release).await;
    let mut primary = Session::open(&pair.primary).await;
    for statement in [
        "CREATE DATABASE moving",
        "CREATE TABLE moving.first (id INT PRIMARY KEY, v VARCHAR(200))",
        "INSERT INTO moving.first SELECT seq, REPEAT('v', 200) FROM moving.seq_1_to_20000",
        "CREATE TABLE moving.last (id INT PRIMARY KEY)",
        "INSERT INTO moving.last VALUES (1), (2)",
        "ANALYZE TABLE moving.first, moving.last",
    ] {
        primary.run(statement).await;
    }
    let url = pair.primary.url();
    let changed = Mutex::new(false);
    let attempts = Mutex::new(1);
    let change_once = |news: CopyProgress| match news {
        CopyProgress::TableStarted { table, .. } if table == "first" => {
            let mut changed = changed.lock().unwrap();
            if !std::mem::replace(&mut *changed, true) {
                rebuild_in_another_thread(&url);
            }
        }
        CopyProgress::Again { attempt, .. } => *attempts.lock().unwrap() = attempt,
        _ => {}
    };
    let options = CopyOptions {
        workers: 1,
        ..CopyOptions::default()
    };
    run_copy(&pair, &options, &change_once, &CancellationToken::new())
        .await
        .unwrap();
    assert_eq!(*attempts.lock().unwrap(), 2);
    assert_equal(&pair).await;
}

/// Waits until the table is rebuilt: news are told in between the steps of the copy, which waits as well.
fn rebuild_in_another_thread(url: &str) {
    let url = url.to_owned();
    let rebuild = async move {
        use mysql_async::prelude::Queryable;
        let options = mysql_async::OptsBuilder::from_opts(mysql_async::Opts::from_url(&url).unwrap());
        let mut connection = mysql_async::Conn::new(options.prefer_socket(false))
            .await
            .unwrap();
        connection.query_drop("TRUNCATE moving.last").await.unwrap();
        connection
            .query_drop("INSERT INTO moving.last VALUES (3)")
            .await
            .unwrap();
    };
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    std::thread::spawn(move || runtime().block_on(rebuild))
        .join()
        .unwrap();
}

async fn what_cannot_be_carried_is_named_first(release: Release) {
    let pair = fresh_pair(release).await;
    let mut primary = Session::open(&pair.primary).await;
    primary.run("CREATE DATABASE past").await;
    primary
        .run("CREATE TABLE past.rows_ (id INT PRIMARY KEY) WITH SYSTEM VERSIONING")
        .await;
    let refusal = run_copy(&pair, &CopyOptions::default(), &|_| (), &CancellationToken::new())
        .await
        .unwrap_err();
    assert!(refusal.to_string().contains("past.rows_"), "{refusal}");
    let mut session = dbha_sql::Session::connect(&endpoint(&pair.primary), SessionProfile::Control)
        .await
        .unwrap();
    let inventory = Inventory::take(&mut session).await.unwrap();
    assert_eq!(inventory.objects_that_cannot_be_copied().len(), 1);
}

fn endpoint(server: &PrivateServer) -> Endpoint {
    server.url().parse().unwrap()
}

/// Starts a pair whose primary holds one of everything that its release can hold.
pub(crate) async fn filled_pair(release: Release) -> ServerPair {
    let pair = fresh_pair(release).await;
    let mut session = Session::open(&pair.primary).await;
    let mut files = vec![include_str!("copy_fidelity/everywhere.sql")];
    match release.is_mysql() {
        true => files.push(include_str!("copy_fidelity/mysql.sql")),
        false => files.push(include_str!("copy_fidelity/mariadb.sql")),
    }
    files.push(include_str!("copy_fidelity/shops.sql"));
    match release.is_mysql() {
        true => files.push(include_str!("copy_fidelity/shops_mysql.sql")),
        false => files.push(include_str!("copy_fidelity/shops_mariadb.sql")),
    }
    if matches!(release, Release::MariaDb10_11 | Release::MariaDb11_8) {
        files.push(include_str!("copy_fidelity/mariadb_from_10_11.sql"));
    }
    if release == Release::MariaDb11_8 {
        files.push(include_str!("copy_fidelity/mariadb_from_11_8.sql"));
    }
    fill(&mut session, &files).await;
    pair
}

/// Runs the statements of files, which lines of two dashes part; what stands before the first is a remark.
pub(crate) async fn fill(session: &mut Session, files: &[&str]) {
    for statement in files.iter().flat_map(|file| file.split("\n--\n").skip(1)) {
        session.run(statement.trim()).await;
    }
}

/// Clears the secondary and copies the primary to it.
async fn copied(pair: &ServerPair) -> CopyReport {
    match run_copy(pair, &CopyOptions::default(), &|_| (), &CancellationToken::new()).await {
        Ok(report) => report,
        Err(error) => panic!("{error}: {:?}", std::error::Error::source(&error)),
    }
}

pub(crate) async fn run_copy(
    pair: &ServerPair,
    options: &CopyOptions,
    note: &(dyn Fn(CopyProgress) + Send + Sync),
    cancel: &CancellationToken,
) -> Result<CopyReport, CopyError> {
    copy_from(&endpoint(&pair.primary), pair, options, note, cancel).await
}

/// Returns the way to a server as another account than root.
pub(crate) fn endpoint_of(server: &PrivateServer, user: &str, password: &str) -> Endpoint {
    let url = server.url();
    let (_, place) = url.rsplit_once('@').unwrap();
    format!("mysql://{user}:{password}@{place}").parse().unwrap()
}

/// Clears the secondary and copies to it by a way of its own to the primary.
pub(crate) async fn copy_from(
    source: &Endpoint,
    pair: &ServerPair,
    options: &CopyOptions,
    note: &(dyn Fn(CopyProgress) + Send + Sync),
    cancel: &CancellationToken,
) -> Result<CopyReport, CopyError> {
    let target = endpoint(&pair.secondary);
    let mut session = dbha_sql::Session::connect(&target, SessionProfile::Control)
        .await
        .unwrap();
    clear(&mut session).await?;
    session.close().await;
    copy(source, &target, options, note, cancel).await
}

/// Returns how an account is created, hash and all.
async fn logins(server: &PrivateServer, user: &str, host: &str) -> String {
    let mut session = Session::open(server).await;
    if server.release().is_mysql() {
        session.run("SET print_identified_with_as_hex = ON").await;
    }
    session
        .value(&format!("SHOW CREATE USER '{user}'@'{host}'"))
        .await
}

/// Compares both servers: definitions letter by letter, rows value by value, accounts with their grants.
pub(crate) async fn assert_equal(pair: &ServerPair) {
    let mut differing = vec![];
    let (source, target) = (holdings(&pair.primary).await, holdings(&pair.secondary).await);
    assert!(source.len() > 3, "there is nothing to compare");
    for (what, text) in source.symmetric_difference(&target) {
        let side = if source.contains(&(what.clone(), text.clone())) {
            "source"
        } else {
            "target"
        };
        differing.push(format!("{side}: {what}: {text}"));
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

/// Everything that a server holds, each thing with its name.
async fn holdings(server: &PrivateServer) -> BTreeSet<(String, String)> {
    let mut session = Session::open(server).await;
    session
        .run("SET time_zone = '+00:00', group_concat_max_len = 4000000")
        .await;
    if server.release().is_mysql() {
        session.run("SET print_identified_with_as_hex = ON").await;
    }
    let mut all = BTreeSet::new();
    schemas_and_tables(&mut session, &mut all).await;
    objects(&mut session, &mut all).await;
    accounts(&mut session, &mut all).await;
    all
}

async fn schemas_and_tables(session: &mut Session, all: &mut BTreeSet<(String, String)>) {
    let list =
        format!("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN {SYSTEM}");
    for schema in session.column(&list).await {
        let shown = session
            .rows(&format!("SHOW CREATE DATABASE {}", quoted(&schema)))
            .await;
        all.insert((format!("schema {schema}"), format!("{shown:?}")));
    }
    let list = format!("SELECT * FROM information_schema.TABLES WHERE TABLE_SCHEMA NOT IN {SYSTEM}");
    for row in session.rows(&list).await {
        let name = format!("{}.{}", quoted(&row["TABLE_SCHEMA"]), quoted(&row["TABLE_NAME"]));
        let shown = session.rows(&format!("SHOW CREATE TABLE {name}")).await;
        all.insert((format!("definition of {name}"), format!("{shown:?}")));
        let past = match row["TABLE_TYPE"].as_str() {
            "VIEW" => continue,
            "SYSTEM VERSIONED" => " FOR SYSTEM_TIME ALL",
            _ => "",
        };
        let columns = columns(
            session,
            &row["TABLE_SCHEMA"],
            &row["TABLE_NAME"],
            !past.is_empty(),
        )
        .await;
        let mut rows = session
            .column(&format!("SELECT {columns} FROM {name}{past}"))
            .await;
        rows.sort();
        all.insert((format!("rows of {name}"), rows.join("\n")));
        if row["TABLE_TYPE"] != "SEQUENCE" {
            let asked = format!("CHECKSUM TABLE {name} EXTENDED");
            let sums = [session.rows(&asked).await, session.rows(&asked).await];
            // Of a table with a multi-valued key MySQL gives another one each time.
            if sums[0] == sums[1] {
                all.insert((format!("checksum of {name}"), sums[0][0]["Checksum"].clone()));
            }
        }
    }
}

/// Returns an expression that shows every value of a row exactly.
async fn columns(session: &mut Session, schema: &str, table: &str, past: bool) -> String {
    let list = format!(
        "SELECT COLUMN_NAME, DATA_TYPE FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {} \
         ORDER BY ORDINAL_POSITION",
        literal(schema),
        literal(table)
    );
    let mut values = vec![];
    for row in session.rows(&list).await {
        let (name, kind) = (quoted(&row["COLUMN_NAME"]), row["DATA_TYPE"].as_str());
        let value = match kind {
            "float" => format!("{name} + 0e0"),
            "enum" | "set" => format!("CONCAT(CAST({name} AS UNSIGNED), ' ', HEX({name}))"),
            kind if BY_BYTES.contains(&kind) || SHAPES.contains(&kind) => format!("HEX({name})"),
            _ => name,
        };
        values.push(format!("COALESCE({value}, 'NULL')"));
    }
    if past && !values.iter().any(|value| value.contains("`rs`")) {
        values.extend(["row_start".to_owned(), "row_end".to_owned()]);
    }
    format!("CONCAT_WS('|', {})", values.join(", "))
}

async fn objects(session: &mut Session, all: &mut BTreeSet<(String, String)>) {
    for (kind, list) in [
        (
            "routine",
            "SELECT * FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA",
        ),
        (
            "trigger",
            "SELECT * FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA",
        ),
        (
            "event",
            "SELECT * FROM information_schema.EVENTS WHERE EVENT_SCHEMA",
        ),
        (
            "view",
            "SELECT * FROM information_schema.VIEWS WHERE TABLE_SCHEMA",
        ),
        (
            "key",
            "SELECT * FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA",
        ),
    ] {
        for mut row in session.rows(&format!("{list} NOT IN {SYSTEM}")).await {
            // A copied event sleeps, under the number of its new server; moments of creation are its own.
            for own in ["CREATED", "LAST_ALTERED", "LAST_EXECUTED", "ORIGINATOR"] {
                row.remove(own);
            }
            if kind == "event" {
                let status = row.remove("STATUS").unwrap_or_default();
                row.insert("disabled for good".into(), (status == "DISABLED").to_string());
            }
            all.insert((kind.into(), format!("{row:?}")));
        }
    }
    let sequences = format!(
        "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES \
         WHERE TABLE_TYPE = 'SEQUENCE' AND TABLE_SCHEMA NOT IN {SYSTEM}"
    );
    for row in session.rows(&sequences).await {
        let name = format!("{}.{}", quoted(&row["TABLE_SCHEMA"]), quoted(&row["TABLE_NAME"]));
        let stands = session.rows(&format!("SELECT * FROM {name}")).await;
        all.insert((format!("sequence {name}"), format!("{stands:?}")));
    }
}

async fn accounts(session: &mut Session, all: &mut BTreeSet<(String, String)>) {
    let list = "SELECT User, Host FROM mysql.user WHERE User NOT IN \
                ('', 'root', 'mysql', 'mariadb.sys', 'debian-sys-maint', 'healthcheck', 'mysql.sys', 'mysql.session', \
                'mysql.infoschema')";
    for row in session.rows(list).await {
        let role = row["Host"].is_empty();
        let name = match role {
            true => quoted(&row["User"]),
            false => format!("{}@{}", quoted(&row["User"]), quoted(&row["Host"])),
        };
        if !role {
            let created = session.value(&format!("SHOW CREATE USER {name}")).await;
            all.insert((format!("account {name}"), created));
        }
        let grants = session.column(&format!("SHOW GRANTS FOR {name}")).await;
        let mut grants: Vec<String> = grants.iter().map(|line| with_columns_in_order(line)).collect();
        grants.sort();
        all.insert((format!("grants of {name}"), grants.join("\n")));
    }
}

/// Servers list the columns of a privilege as their memory has them; no name in these tests holds a bracket.
fn with_columns_in_order(line: &str) -> String {
    let parts = line.split('(').map(|part| match part.split_once(')') {
        Some((list, rest)) => {
            let mut names: Vec<&str> = list.split(", ").collect();
            names.sort_unstable();
            format!("{}){rest}", names.join(", "))
        }
        None => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("(")
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}
