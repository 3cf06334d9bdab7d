use crate::{Object, ObjectKind, statements::rows};
use dbha_sql::{Dialect, Flavor, Statement, Version, quote_identifier, quote_literal};

/// Reads how a schema is created.
pub(crate) fn show_schema(name: &str) -> Statement {
    Statement::new(format!(
        "SHOW CREATE DATABASE IF NOT EXISTS {}",
        quote_identifier(name)
    ))
}

/// Reads the collation of a schema.
pub(crate) fn schema_collation(name: &str) -> Statement {
    Statement::new(format!(
        "SELECT DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = {}",
        quote_literal(name)
    ))
}

/// Gives a schema another collation: a stored object keeps the one that its schema had when it was created.
pub(crate) fn set_schema_collation(name: &str, collation: &str) -> Statement {
    Statement::new(format!(
        "ALTER DATABASE {} COLLATE {}",
        quote_identifier(name),
        quote_literal(collation)
    ))
}

/// Gives a schema again what its definition says; `None` where that is not written as servers write it.
pub(crate) fn alter_as_created(name: &str, create: &str) -> Option<Statement> {
    let quoted = quote_identifier(name);
    let options = create
        .strip_prefix("CREATE DATABASE ")?
        .strip_prefix("/*!32312 IF NOT EXISTS*/ ")?
        .strip_prefix(&quoted)?;
    (!options.trim().is_empty()).then(|| Statement::new(format!("ALTER DATABASE {quoted}{options}")))
}

/// Makes a schema the one that unqualified names belong to.
pub(crate) fn enter(schema: &str) -> Statement {
    Statement::new(format!("USE {}", quote_identifier(schema)))
}

/// Reads how a table is created.
pub(crate) fn show_table(schema: &str, name: &str) -> Statement {
    Statement::new(format!("SHOW CREATE TABLE {}", rows::name_of(schema, name)))
}

/// Reads how a stored object is created.
pub(crate) fn show_object(object: &Object) -> Statement {
    let word = match object.kind {
        ObjectKind::Sequence => "SEQUENCE",
        ObjectKind::Procedure => "PROCEDURE",
        ObjectKind::Function => "FUNCTION",
        ObjectKind::Package => "PACKAGE",
        ObjectKind::PackageBody => "PACKAGE BODY",
        ObjectKind::View => "VIEW",
        ObjectKind::Trigger => "TRIGGER",
        ObjectKind::Event => "EVENT",
    };
    Statement::new(format!(
        "SHOW CREATE {word} {}",
        rows::name_of(&object.schema, &object.name)
    ))
}

/// Reads where a sequence stands: its next number and its round.
pub(crate) fn sequence_position(schema: &str, name: &str) -> Statement {
    Statement::new(format!(
        "SELECT next_not_cached_value AS next, cycle_count AS round FROM {}",
        rows::name_of(schema, name)
    ))
}

/// Puts a sequence where another one stands.
pub(crate) fn set_sequence(schema: &str, name: &str, next: i128, round: u64) -> Statement {
    Statement::new(format!(
        "SELECT SETVAL({}, {next}, 0, {round})",
        rows::name_of(schema, name)
    ))
}

/// Reads the second in which an event was created.
pub(crate) fn event_created(schema: &str, name: &str) -> Statement {
    Statement::new(format!(
        "SELECT UNIX_TIMESTAMP(CREATED) FROM information_schema.EVENTS WHERE EVENT_SCHEMA = {} AND EVENT_NAME = {}",
        quote_literal(schema),
        quote_literal(name)
    ))
}

/// The surroundings in which a stored object was created and must be created again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Surroundings {
    /// Modes of the server.
    pub(crate) sql_mode: Option<String>,
    /// Character set of the statement's text.
    pub(crate) client_charset: Option<String>,
    /// Collation of its literals.
    pub(crate) connection_collation: Option<String>,
    /// Collation that its schema had.
    pub(crate) database_collation: Option<String>,
    /// Time zone of its times.
    pub(crate) time_zone: Option<String>,
    /// Second in which it was created.
    pub(crate) created: Option<u64>,
}

/// Puts the session into the surroundings of an object.
pub(crate) fn surround(with: &Surroundings, target: Dialect) -> Statement {
    let mut set = vec![];
    if let Some(charset) = &with.client_charset {
        set.push(format!("character_set_client = {}", quote_literal(charset)));
    }
    if let Some(collation) = &with.connection_collation {
        set.push(format!("collation_connection = {}", quote_literal(collation)));
    }
    if let Some(zone) = &with.time_zone {
        set.push(format!("time_zone = {}", quote_literal(zone)));
    }
    if let Some(second) = with.created {
        // Else an event whose only moment has passed is dropped as it is created.
        set.push(format!("timestamp = {second}"));
    }
    let mode = known_modes(with.sql_mode.as_deref().unwrap_or_default(), target);
    set.push(format!("sql_mode = {}", quote_literal(&mode)));
    Statement::new(format!("SET SESSION {}", set.join(", SESSION ")))
}

/// Drops modes that newer servers no longer know.
fn known_modes(modes: &str, target: Dialect) -> String {
    const GONE: [&str; 10] = [
        "NO_AUTO_CREATE_USER",
        "NO_FIELD_OPTIONS",
        "NO_KEY_OPTIONS",
        "NO_TABLE_OPTIONS",
        "DB2",
        "MAXDB",
        "MSSQL",
        "ORACLE",
        "POSTGRESQL",
        "MYSQL40",
    ];
    let gone = target.flavor() == Flavor::MySql && target.version() >= Version::new(8, 0, 11);
    modes
        .split(',')
        .filter(|mode| !(gone && GONE.contains(mode)))
        .collect::<Vec<_>>()
        .join(",")
}

/// Puts the session back to how definitions of tables are created.
pub(crate) fn leave_surroundings() -> Statement {
    Statement::new(
        "SET NAMES utf8mb4, SESSION timestamp = DEFAULT, SESSION time_zone = '+00:00', SESSION sql_mode = \
         'NO_AUTO_VALUE_ON_ZERO,STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION'",
    )
}

/// The words by which an event says that it runs on its source alone.
pub(crate) fn disabled_on_replica(target: Dialect) -> &'static str {
    let new = target.flavor() == Flavor::MySql && target.version() >= Version::new(8, 2, 0);
    if new {
        "DISABLE ON REPLICA"
    } else {
        "DISABLE ON SLAVE"
    }
}

/// Adds what a table was created without: keys after its rows, foreign keys at the end.
pub(crate) fn add_to_table(schema: &str, name: &str, lines: &[String]) -> Statement {
    let added: Vec<String> = lines.iter().map(|line| format!("ADD {line}")).collect();
    Statement::new(format!(
        "ALTER TABLE {} {}",
        rows::name_of(schema, name),
        added.join(", ")
    ))
}

/// Raises the number that a table generates next; the server leaves a higher one as it is.
pub(crate) fn raise_generated_number(schema: &str, name: &str, next: u64) -> Statement {
    Statement::new(format!(
        "ALTER TABLE {} AUTO_INCREMENT = {next}",
        rows::name_of(schema, name)
    ))
}

/// Asks for no row of a view: fails where the view itself is broken.
pub(crate) fn try_view(schema: &str, name: &str) -> Statement {
    Statement::new(format!("SELECT 1 FROM {} LIMIT 0", rows::name_of(schema, name)))
}

/// Wraps a text that a server gave as a definition, so that it can be sent again.
pub(crate) fn as_given(create: &str) -> Statement {
    Statement::new(create)
}
