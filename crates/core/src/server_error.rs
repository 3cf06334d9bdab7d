//! Error numbers of servers that a pair meets: what they mean there and what to type next. The only place that knows.

mod applier;
mod definitions;
mod link;
mod login;
mod network;
mod statement;

use serde::Serialize;

/// One error that a server reports, under all the numbers it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServerError {
    /// Its numbers; the first is the one that people search for.
    pub numbers: &'static [ErrorNumber],
    /// What it is, in a few words.
    pub title: &'static str,
    /// What it does to a pair, in a few words.
    pub effect: &'static str,
    /// The server's words, as a status shows them.
    pub says: &'static str,
    /// What it means in a pair.
    pub means: &'static str,
    /// What usually caused it.
    pub causes: &'static [&'static str],
    /// Errors of one number that only their words tell apart.
    pub cases: &'static [ErrorCase],
    /// What to do, in order.
    pub next: &'static [NextStep],
    /// What differs between MariaDB and MySQL; empty where nothing does.
    pub flavours: &'static str,
    /// The one line that stands beside the error in a status.
    pub advice: &'static str,
}

/// A number, with the name that each server has for it; empty where the server does not use it in this meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ErrorNumber {
    /// The number, without MySQL's `MY-`.
    pub number: u32,
    /// Its name in MariaDB.
    pub mariadb: &'static str,
    /// Its name in MySQL 9.7; older releases have `SLAVE` and `MASTER` for `REPLICA` and `SOURCE`.
    pub mysql: &'static str,
}

/// One cause of an error that has several, known by its words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorCase {
    /// A part of the server's words.
    pub words: &'static str,
    /// What it means.
    pub means: &'static str,
    /// What to do.
    pub next: &'static str,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NextStep {
    /// What it is for.
    pub what: &'static str,
    /// What to type, one command a line; empty where there is nothing to type.
    pub commands: &'static str,
}

const fn number(number: u32, mariadb: &'static str, mysql: &'static str) -> ErrorNumber {
    ErrorNumber {
        number,
        mariadb,
        mysql,
    }
}

const fn next(what: &'static str, commands: &'static str) -> NextStep {
    NextStep { what, commands }
}

const fn case(words: &'static str, means: &'static str, next: &'static str) -> ErrorCase {
    ErrorCase { words, means, next }
}

/// What the table has, in the order of the reference page.
const GROUPS: [&[ServerError]; 6] = [
    applier::ERRORS,
    definitions::ERRORS,
    link::ERRORS,
    network::ERRORS,
    login::ERRORS,
    statement::ERRORS,
];

impl ServerError {
    /// Returns every known error: those of the SQL thread first, then the IO thread's, then others.
    pub fn all() -> impl Iterator<Item = &'static ServerError> {
        GROUPS.iter().copied().flatten()
    }

    /// Finds the error that has this number.
    pub fn of(code: u32) -> Option<&'static ServerError> {
        Self::all().find(|error| error.numbers.iter().any(|one| one.number == code))
    }

    /// Finds the error by a number as servers write it: `1062`, `MY-001062`, `ERROR 1062`.
    pub fn named(text: &str) -> Option<&'static ServerError> {
        let text = text.trim().to_ascii_uppercase();
        let digits = ["MY-", "ERROR", "E"]
            .iter()
            .find_map(|prefix| text.strip_prefix(prefix))
            .unwrap_or(&text);
        let plain = digits.trim().bytes().all(|byte| byte.is_ascii_digit());
        Self::of(digits.trim().parse().ok().filter(|_| plain)?)
    }

    /// Returns the number by which it is known best.
    pub fn code(&self) -> u32 {
        self.numbers.first().map_or(0, |one| one.number)
    }

    /// Returns all its numbers, such as `1236 / 13114`.
    pub fn codes(&self) -> String {
        let numbers: Vec<String> = self.numbers.iter().map(|one| one.number.to_string()).collect();
        numbers.join(" / ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_number_stands_twice() {
        let all: Vec<u32> = ServerError::all()
            .flat_map(|error| error.numbers)
            .map(|one| one.number)
            .collect();
        let once: BTreeSet<u32> = all.iter().copied().collect();
        assert_eq!(all.len(), once.len(), "{all:?}");
    }

    #[test]
    fn the_numbers_that_stop_pairs_are_known() {
        for code in [
            1032, 1045, 1062, 1130, 1236, 1396, 1593, 1594, 1677, 1872, 1950, 2003, 2013, 2026, 13114, 13117,
            13118, 13121, 13124, 13146,
        ] {
            assert!(ServerError::of(code).is_some(), "{code}");
        }
    }

    #[test]
    fn a_number_is_found_as_servers_write_it() {
        for text in [
            "1062",
            " 1062 ",
            "MY-001062",
            "my-001062",
            "error 1062",
            "ERROR 1062",
        ] {
            assert_eq!(
                ServerError::named(text).map(ServerError::code),
                Some(1062),
                "{text}"
            );
        }
        assert_eq!(ServerError::named("MY-013117").map(ServerError::code), Some(1593));
        for text in [
            "",
            "MY-",
            "P07",
            "+1062",
            "-1062",
            "1062x",
            "0",
            "99999999999999999999",
        ] {
            assert_eq!(ServerError::named(text), None, "{text:?}");
        }
    }

    #[test]
    fn every_error_is_explained_in_whole_sentences() {
        for error in ServerError::all() {
            let code = error.code();
            assert!(!error.numbers.is_empty() && !error.says.is_empty(), "{code}");
            assert!(!error.title.ends_with('.') && !error.title.is_empty(), "{code}");
            assert!(!error.advice.ends_with('.') && !error.advice.is_empty(), "{code}");
            assert!(error.means.ends_with('.'), "{code}");
            assert!(
                error.flavours.is_empty() || error.flavours.ends_with('.'),
                "{code}"
            );
            assert!(!error.causes.is_empty() && !error.next.is_empty(), "{code}");
            for next in error.next {
                let wanted = if next.commands.is_empty() { '.' } else { ':' };
                assert!(next.what.ends_with(wanted), "{code}: {}", next.what);
            }
            for case in error.cases {
                assert!(
                    case.means.ends_with('.') && case.next.ends_with('.'),
                    "{code}: {}",
                    case.words
                );
            }
            for one in error.numbers {
                assert!(!one.mariadb.is_empty() || !one.mysql.is_empty(), "{code}");
            }
        }
    }

    /// Skipping makes two servers that differ look like a pair.
    #[test]
    fn nothing_that_skips_a_transaction_is_ever_to_be_typed() {
        let skips = [
            "skip_counter",
            "skip_errors",
            "skip-errors",
            "gtid_next",
            "exec_mode",
            "all_lossy",
            "gtid_strict_mode = off",
            "reset slave all",
        ];
        for error in ServerError::all() {
            for next in error.next {
                let typed = next.commands.to_lowercase();
                assert!(
                    skips.iter().all(|skip| !typed.contains(skip)),
                    "{}: {typed}",
                    error.code()
                );
            }
        }
    }
}
