//! Laws that hold for whatever comes: quoting, GTID sets, versions, addresses, text for a terminal.
//!
//! An input that breaks a law is kept beside this file (`properties.proptest-regressions`) and tried first from then on.

#![allow(clippy::unwrap_used)] // a test, in functions of its own too

use dbha_sql::{
    Address, Endpoint, Flavor, GtidSet, Version, harmless, is_unprintable, printable, quote_account,
    quote_identifier, quote_literal,
};
use proptest::prelude::*;

/// Text full of what a lexer trips over.
fn nasty() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("'".to_owned()),
        Just("\"".to_owned()),
        Just("`".to_owned()),
        Just("\\".to_owned()),
        Just("%".to_owned()),
        Just("--".to_owned()),
        Just("/*".to_owned()),
        Just("\0".to_owned()),
        Just("\n".to_owned()),
        Just("\u{1a}".to_owned()),
        Just("🦀".to_owned()),
        any::<char>().prop_map(String::from),
        "[a-zA-Z0-9 _.@-]{0,6}",
    ];
    prop::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}

/// Which characters begin and end a text, and whether a backslash escapes in it.
#[derive(Debug, Clone, Copy)]
struct Lexer {
    quote: char,
    backslash: bool,
}

/// Reads one quoted token as a server's lexer does; returns its meaning and what is left behind it.
fn read_quoted(lexer: Lexer, text: &str) -> Option<(String, String)> {
    let mut letters = text.strip_prefix(lexer.quote)?.chars().peekable();
    let mut meaning = String::new();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if lexer.backslash => match letters.next()? {
                '0' => meaning.push('\0'),
                'n' => meaning.push('\n'),
                't' => meaning.push('\t'),
                'r' => meaning.push('\r'),
                'b' => meaning.push('\u{8}'),
                'Z' => meaning.push('\u{1a}'),
                other => meaning.push(other),
            },
            quote if quote == lexer.quote => match letters.peek() {
                Some(next) if *next == quote => meaning.extend(letters.next()),
                _ => return Some((meaning, letters.collect())),
            },
            other => meaning.push(other),
        }
    }
    None
}

/// Reads a literal: between quotes, or as hexadecimal digits with their character set.
fn read_literal(backslash: bool, text: &str) -> Option<String> {
    if let Some(digits) = text.strip_prefix("_utf8mb4 X'") {
        let digits = digits.strip_suffix('\'')?;
        let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        let bytes: Option<Vec<u8>> = (0..digits.len()).step_by(2).map(byte).collect();
        return String::from_utf8(bytes?).ok();
    }
    let (meaning, rest) = read_quoted(
        Lexer {
            quote: '\'',
            backslash,
        },
        text,
    )?;
    rest.is_empty().then_some(meaning)
}

proptest! {
    #[test]
    fn scenario_5_a_literal_means_the_same_under_every_sql_mode(text in nasty()) {
        for backslash in [true, false] {
            prop_assert_eq!(read_literal(backslash, &quote_literal(&text)), Some(text.clone()));
        }
    }

    #[test]
    fn scenario_4_an_identifier_ends_where_it_should(text in nasty()) {
        let lexer = Lexer { quote: '`', backslash: false };
        prop_assert_eq!(read_quoted(lexer, &quote_identifier(&text)), Some((text, String::new())));
    }

    #[test]
    fn scenario_4_an_account_ends_where_it_should(user in nasty(), host in nasty()) {
        // Sent in dbha's own sessions alone, whose sql_mode lets a backslash escape.
        let lexer = Lexer { quote: '\'', backslash: true };
        let (first, rest) = read_quoted(lexer, &quote_account(&user, &host)).unwrap();
        let (second, rest) = read_quoted(lexer, rest.strip_prefix('@').unwrap()).unwrap();
        prop_assert_eq!((first, second, rest), (user, host, String::new()));
    }

    #[test]
    fn text_for_a_terminal_holds_nothing_unprintable(text in any::<String>()) {
        prop_assert!(!printable(&text).chars().any(is_unprintable));
        prop_assert!(printable(&text).chars().count() <= 2_001);
        prop_assert_eq!(harmless(&harmless(&text)), harmless(&text));
    }

    #[test]
    fn a_version_is_read_or_refused(text in any::<String>(), major in 0u16.., minor in 0u16.., patch in 0u16..) {
        let _ = Version::detect(&text);
        let version = Version::new(major, minor, patch);
        prop_assert_eq!(Version::detect(&format!("{version}-log")), Ok((Flavor::MySql, version)));
        let mariadb = format!("5.5.5-{version}-MariaDB");
        prop_assert_eq!(Version::detect(&mariadb), Ok((Flavor::MariaDb, version)));
    }

    #[test]
    fn scenario_2_an_address_is_read_back_from_its_own_name(
        text in any::<String>(), host in "[a-z][a-z0-9.-]{0,30}", ip in any::<std::net::IpAddr>(), port in 1u16..,
    ) {
        let _ = text.parse::<Endpoint>();
        for host in [host, ip.to_string()] {
            let address = Address::Tcp { host, port };
            prop_assert_eq!(address.to_string().parse::<Endpoint>().unwrap().address, address);
        }
    }
}

fn mariadb_gtids() -> impl Strategy<Value = GtidSet> {
    prop::collection::vec((0u32..5, 1u32..4, 1u64..50), 0..6).prop_map(|gtids| {
        let text: Vec<String> = gtids.iter().map(|(d, s, n)| format!("{d}-{s}-{n}")).collect();
        GtidSet::parse(Flavor::MariaDb, &text.join(",")).unwrap()
    })
}

fn mysql_gtids() -> impl Strategy<Value = GtidSet> {
    let run = (1u64..60, 0u64..9).prop_map(|(first, more)| format!(":{first}-{}", first + more));
    let set = (
        0u8..3,
        prop_oneof![Just(""), Just(":tag")],
        prop::collection::vec(run, 1..4),
    );
    prop::collection::vec(set, 0..4).prop_map(|sets| {
        let one = |(server, tag, runs): &(u8, &str, Vec<String>)| {
            format!(
                "3e11fa47-71ca-11e1-9e33-c80aa942956{server}{tag}{}",
                runs.concat()
            )
        };
        let text: Vec<String> = sets.iter().map(one).collect();
        GtidSet::parse(Flavor::MySql, &text.join(",")).unwrap()
    })
}

fn same_flavor() -> impl Strategy<Value = (GtidSet, GtidSet, GtidSet)> {
    prop_oneof![
        (mariadb_gtids(), mariadb_gtids(), mariadb_gtids()),
        (mysql_gtids(), mysql_gtids(), mysql_gtids()),
    ]
}

proptest! {
    #[test]
    fn a_gtid_set_is_read_back_from_its_own_text((a, _, _) in same_flavor()) {
        let flavor = match a {
            GtidSet::MariaDb(_) => Flavor::MariaDb,
            GtidSet::MySql(_) => Flavor::MySql,
        };
        prop_assert_eq!(GtidSet::parse(flavor, &a.to_string()), Ok(a));
    }

    #[test]
    fn the_algebra_of_gtid_sets_holds((a, b, c) in same_flavor()) {
        let union = a.union(&b);
        prop_assert!(union.contains(&a) && union.contains(&b));
        prop_assert_eq!(a.union(&b).union(&c).contains(&c), true);
        prop_assert_eq!(&a.union(&a), &a);
        prop_assert!(a.minus(&a).is_empty());
        prop_assert!(a.contains(&a.minus(&b)));
        prop_assert_eq!(a.contains(&b), b.minus(&a).is_empty());
        // What is contained stays contained.
        if a.contains(&b) && b.contains(&c) {
            prop_assert!(a.contains(&c));
        }
    }

    #[test]
    fn counting_agrees_with_containing((a, b, _) in same_flavor()) {
        prop_assert_eq!(a.count_missing_from(&b) == 0, b.contains(&a));
        prop_assert_eq!(a.count_missing_from(&a.union(&b)), 0);
        let empty = a.minus(&a);
        prop_assert!(a.count_missing_from(&b) <= a.count_missing_from(&empty));
    }

    #[test]
    fn a_position_is_read_or_refused(text in any::<String>(), parts in "[0-9a-f:,-]{0,60}") {
        for text in [text, parts] {
            let _ = GtidSet::parse(Flavor::MariaDb, &text);
            let _ = GtidSet::parse(Flavor::MySql, &text);
        }
    }
}
