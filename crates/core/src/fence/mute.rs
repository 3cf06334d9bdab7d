//! Servers that listen nowhere, because they start or stop: whether one of them may be the one at an address.

use super::process::words;
use dbha_sql::Address;
use std::{fs, path::Path};

/// What a server was told about where to listen.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    port: Option<String>,
    socket: Option<String>,
    never_listens: bool,
}

/// Tells whether a server may be the one that listens at an address at other times: unless what it was started with says
/// otherwise, it may.
pub(super) fn may_be(pid: u32, address: &Address) -> bool {
    if !shares_network(pid) {
        return false;
    }
    let words = words(pid);
    let file = words
        .iter()
        .find_map(|word| word.strip_prefix("--defaults-file="));
    let file = file.and_then(|path| fs::read_to_string(path).ok());
    let mut told = file.map_or_else(Told::default, |text| Told::of_file(&text));
    told.add_words(&words);
    told.may_be(address)
}

fn shares_network(pid: u32) -> bool {
    let network = |pid: &str| fs::read_link(format!("/proc/{pid}/ns/net"));
    match (network(&pid.to_string()), network("self")) {
        (Ok(of_server), Ok(own)) => of_server == own,
        // Another user's.
        _ => true,
    }
}

impl Told {
    fn of_file(text: &str) -> Self {
        let mut told = Self::default();
        let mut counts = false;
        for line in text.lines().map(str::trim) {
            if let Some(group) = line.strip_prefix('[') {
                counts = ["mysqld", "mariadb", "server"]
                    .iter()
                    .any(|name| group.starts_with(name));
            } else if counts {
                told.add(line);
            }
        }
        told
    }

    fn add_words(&mut self, words: &[String]) {
        words
            .iter()
            .filter_map(|word| word.strip_prefix("--"))
            .for_each(|option| self.add(option));
    }

    fn add(&mut self, option: &str) {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let value = || Some(value.trim().trim_matches(['"', '\'']).to_owned());
        match name.trim().replace('_', "-").as_str() {
            "port" => self.port = value(),
            "socket" => self.socket = value(),
            "bootstrap" | "initialize" | "initialize-insecure" | "help" | "version" | "print-defaults" => {
                self.never_listens = true;
            }
            _ => {}
        }
    }

    fn may_be(&self, address: &Address) -> bool {
        let is_other = match address {
            Address::Tcp { port, .. } => self.port.as_ref().is_some_and(|told| *told != port.to_string()),
            // A path that is not absolute lies in the data directory.
            Address::Socket { path } => self
                .socket
                .as_ref()
                .is_some_and(|told| told.starts_with('/') && Path::new(told) != path),
        };
        !is_other && !self.never_listens
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(port: u16) -> Address {
        Address::Tcp {
            host: "127.0.0.1".into(),
            port,
        }
    }

    fn told(file: &str, words: &[&str]) -> Told {
        let mut told = Told::of_file(file);
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        told.add_words(&words);
        told
    }

    #[test]
    fn what_a_server_was_told_says_that_it_is_another_one() {
        let other = told(
            "[client]\nport=1\n[mysqld]\nport = 3307\nsocket=/run/b.sock\n",
            &["mysqld"],
        );
        assert!(!other.may_be(&tcp(3306)));
        assert!(other.may_be(&tcp(3307)));
        let socket = |path: &str| Address::Socket { path: path.into() };
        assert!(!other.may_be(&socket("/run/a.sock")));
        assert!(other.may_be(&socket("/run/b.sock")));
        // What stands on the command line counts.
        assert!(told("[mysqld]\nport=3307", &["--port=3306"]).may_be(&tcp(3306)));
    }

    #[test]
    fn whoever_was_told_nothing_may_be_the_one() {
        assert!(told("", &["/usr/sbin/mariadbd", "--user=mysql"]).may_be(&tcp(3306)));
        assert!(told("[client]\nport=3307", &[]).may_be(&tcp(3306)));
        assert!(!told("", &["mysqld", "--initialize-insecure"]).may_be(&tcp(3306)));
        assert!(!told("", &["mariadbd", "--bootstrap"]).may_be(&tcp(3306)));
    }
}
