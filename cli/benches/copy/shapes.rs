//! The tables of the data sets.

use crate::table::Table;

/// Tables as sysbench's oltp tests have them.
pub(crate) fn sysbench(tables: u64, rows: u64) -> Vec<Table> {
    // Groups of eleven digits with hyphens between them, ten in c and five in pad.
    let digits = |groups: usize| {
        let group = "LPAD(FLOOR(RAND() * 100000000000), 11, '0')";
        format!("CONCAT_WS('-', {})", vec![group; groups].join(", "))
    };
    let table = |number: u64| Table {
        name: format!("sbtest{number}"),
        columns:
            "id INT NOT NULL AUTO_INCREMENT, k INT NOT NULL DEFAULT 0, c CHAR(120) NOT NULL DEFAULT '', \
                  pad CHAR(60) NOT NULL DEFAULT '', PRIMARY KEY (id)"
                .into(),
        keys: vec!["KEY k (k)"],
        values: format!("seq, 1 + FLOOR(RAND() * {rows}), {}, {}", digits(10), digits(5)),
        rows,
        pieces: if tables == 1 { 8 } else { 1 },
    };
    (1..=tables).map(table).collect()
}

/// One table of articles with texts in several alphabets and pictures of up to 16 KB, some 11 KB a row.
pub(crate) fn wide(rows: u64) -> Vec<Table> {
    vec![Table {
        name: "articles".into(),
        columns: "id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, \
                  title VARCHAR(200) CHARACTER SET utf8mb4 NOT NULL, \
                  body MEDIUMTEXT CHARACTER SET utf8mb4 NOT NULL, note TEXT CHARACTER SET utf8mb4, \
                  picture MEDIUMBLOB, hash BINARY(32) NOT NULL, price DECIMAL(20,6) NOT NULL, day DATE"
            .into(),
        keys: vec!["KEY title (title(40))", "KEY day (day)"],
        values: "seq, CONCAT('Nález č. ', seq, ' — ', SHA2(seq, 224)), \
                 REPEAT(CONCAT(SHA2(seq, 224), ' příliš žluťoučký kůň 漢字 🐎\\n'), 1 + seq % 90), \
                 IF(seq % 3, CONCAT('it''s \"', SHA2(seq, 512), '\"\\t'), NULL), \
                 IF(seq % 7, REPEAT(UNHEX(SHA2(seq, 512)), seq % 250), NULL), \
                 UNHEX(SHA2(seq, 256)), seq * 1.000001, DATE'1970-01-01' + INTERVAL seq DAY"
            .into(),
        rows,
        pieces: 8,
    }]
}

/// A few rows that each are a file of so many bytes.
pub(crate) fn huge(rows: u64, bytes: u64) -> Vec<Table> {
    vec![Table {
        name: "files".into(),
        columns: "id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, contents LONGBLOB NOT NULL".into(),
        keys: vec![],
        values: format!("seq, REPEAT(UNHEX(SHA2(seq, 512)), {})", bytes / 64),
        rows,
        pieces: rows,
    }]
}

/// Many tables with little in each.
pub(crate) fn small(tables: u64, rows: u64) -> Vec<Table> {
    let table = |number: u64| Table {
        name: format!("small{number}"),
        columns:
            "id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(64) NOT NULL, owner INT NOT NULL, \
                  note VARCHAR(200), changed DATETIME NOT NULL"
                .into(),
        keys: vec!["UNIQUE KEY name (name)", "KEY owner (owner, changed)"],
        values: format!(
            "seq, CONCAT('name ', seq, ' of ', {number}), seq % 17, IF(seq % 2, SHA2(seq, 256), NULL), \
             TIMESTAMP'2024-01-01 00:00:00' + INTERVAL seq MINUTE"
        ),
        rows,
        pieces: 1,
    };
    (1..=tables).map(table).collect()
}

/// Which form UUIDs have in a table.
#[derive(Clone, Copy)]
pub(crate) enum Uuid {
    Text,
    /// The type UUID of MariaDB.
    Type,
    /// Sixteen bytes, as MySQL has no type for them.
    Bytes,
}

/// Two tables with random UUIDs as keys, each row born at a random place among the others.
pub(crate) fn uuid(form: Uuid, rows: u64) -> Vec<Table> {
    // Version 4, which is what a random UUID calls itself. MySQL 9 has no MD5() any more.
    let hex = |salt: &str, from: u32, length: u32| {
        format!("SUBSTR(SHA2(CONCAT('{salt}', seq), 224), {from}, {length})")
    };
    let parts = |salt: &str| {
        let (version, variant) = (hex(salt, 13, 3), hex(salt, 16, 3));
        let (version, variant) = (
            format!("CONCAT('4', {version})"),
            format!("CONCAT('a', {variant})"),
        );
        [
            hex(salt, 1, 8),
            hex(salt, 9, 4),
            version,
            variant,
            hex(salt, 19, 12),
        ]
        .join(", ")
    };
    let (kind, key): (&str, &dyn Fn(&str) -> String) = match form {
        Uuid::Text => ("CHAR(36) CHARACTER SET ascii", &|salt| {
            format!("CONCAT_WS('-', {})", parts(salt))
        }),
        Uuid::Type => ("UUID", &|salt| format!("CONCAT_WS('-', {})", parts(salt))),
        Uuid::Bytes => ("BINARY(16)", &|salt| format!("UNHEX(CONCAT({}))", parts(salt))),
    };
    let table = |number: u64| Table {
        name: format!("orders{number}"),
        columns: format!(
            "id {kind} NOT NULL PRIMARY KEY, owner {kind} NOT NULL, amount DECIMAL(12,2) NOT NULL, \
             state VARCHAR(16) NOT NULL, payload VARCHAR(100) NOT NULL"
        ),
        keys: vec!["KEY owner (owner)"],
        values: format!(
            "{}, {}, seq / 100, ELT(1 + seq % 3, 'new', 'paid', 'shipped'), \
             SUBSTR(SHA2(seq, 512), 1, 60 + seq % 40)",
            key(&format!("key {number}")),
            key(&format!("owner {number}"))
        ),
        rows,
        pieces: 1,
    };
    (1..=2).map(table).collect()
}
