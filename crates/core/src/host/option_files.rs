//! Option files as a server reads them: in which order, which directories are included, and which line wins; pure.

use dbha_sql::{COMMAND_LINE, OptionFact, option_name};
use std::collections::BTreeMap;

/// How deep files may include one another; the servers stop there, too.
const DEPTH_LIMIT: usize = 10;

/// What is known of the files of a machine; `None` is a file or directory that is not there or may not be read.
#[derive(Debug, Clone, Default)]
pub(crate) struct KnownFiles {
    pub(crate) files: BTreeMap<String, Option<String>>,
    pub(crate) directories: BTreeMap<String, Option<Vec<String>>>,
}

/// One line of one file that sets something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) file: String,
    pub(crate) group: String,
    pub(crate) name: String,
    pub(crate) value: String,
}

/// Everything that a server reads at a start, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) lines: Vec<Line>,
    pub(crate) files: Vec<String>,
    /// Included directories that are there, in the order in which they are read.
    pub(crate) directories: Vec<String>,
    /// What has to be looked at before the reading is whole.
    pub(crate) missing_files: Vec<String>,
    pub(crate) missing_directories: Vec<String>,
}

impl Reading {
    /// Follows the files from their roots, as far as they are known.
    pub(crate) fn of(roots: &[String], known: &KnownFiles) -> Self {
        let mut reading = Self::default();
        for root in roots {
            reading.read(root, known, 0);
        }
        reading
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.missing_files.is_empty() && self.missing_directories.is_empty()
    }

    fn read(&mut self, file: &str, known: &KnownFiles, depth: usize) {
        let text = match known.files.get(file) {
            None => return self.missing_files.push(file.to_owned()),
            Some(None) => return,
            Some(Some(text)) if depth <= DEPTH_LIMIT => text,
            Some(Some(_)) => return,
        };
        self.files.push(file.to_owned());
        let mut group = String::new();
        for line in text.lines().map(str::trim) {
            if let Some(directory) = line.strip_prefix("!includedir") {
                self.read_directory(directory.trim(), known, depth);
            } else if let Some(included) = line.strip_prefix("!include") {
                self.read(included.trim(), known, depth + 1);
            } else if let Some(rest) = line.strip_prefix('[') {
                group = rest.split(']').next().unwrap_or("").trim().to_owned();
            } else if let Some((name, value)) = assignment(line) {
                self.lines.push(Line {
                    file: file.to_owned(),
                    group: group.clone(),
                    name,
                    value,
                });
            }
        }
    }

    fn read_directory(&mut self, directory: &str, known: &KnownFiles, depth: usize) {
        let directory = match directory.trim_end_matches('/') {
            "" => "/",
            plain => plain,
        };
        let names = match known.directories.get(directory) {
            None => return self.missing_directories.push(directory.to_owned()),
            Some(None) => return,
            Some(Some(names)) => names,
        };
        self.directories.push(directory.to_owned());
        let mut names: Vec<&String> = names.iter().filter(|name| name.ends_with(".cnf")).collect();
        names.sort();
        for name in names {
            self.read(&format!("{directory}/{name}"), known, depth + 1);
        }
    }

    /// Says for every option which value a start would give it: the last line wins, and the command line over all.
    pub(crate) fn winners(&self, groups: &[String], command_line: &[String]) -> BTreeMap<String, OptionFact> {
        let mut winners = BTreeMap::new();
        let ours = self.lines.iter().filter(|line| groups.contains(&line.group));
        for line in ours {
            let from = line.file.clone();
            let value = line.value.clone();
            winners.insert(line.name.clone(), OptionFact { value, from });
        }
        for word in command_line {
            if let Some((name, value)) = word.strip_prefix("--").and_then(assignment) {
                let from = COMMAND_LINE.to_owned();
                winners.insert(name, OptionFact { value, from });
            }
        }
        winners
    }
}

/// Reads `name=value` or a bare name, under the name and with the value that the server makes of it.
fn assignment(line: &str) -> Option<(String, String)> {
    if line.is_empty() || line.starts_with(['#', ';']) {
        return None;
    }
    let (name, value) = match line.split_once('=') {
        Some((name, value)) => (name, Some(plain_value(value))),
        None => (line.split(" #").next().unwrap_or(line), None),
    };
    let name = name.trim().replace('-', "_").to_ascii_lowercase();
    let name = name.strip_prefix("loose_").unwrap_or(&name);
    let off = ["skip_", "disable_"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix));
    if let (Some(name), None) = (off, &value) {
        return Some((option_name(name).to_owned(), "OFF".to_owned()));
    }
    let name = name.strip_prefix("enable_").unwrap_or(name);
    let value = value.unwrap_or_else(|| "ON".to_owned());
    Some((option_name(name).to_owned(), value))
}

fn plain_value(value: &str) -> String {
    let value = value.trim();
    for quote in ['"', '\''] {
        if let Some((inner, _)) = value.strip_prefix(quote).and_then(|rest| rest.split_once(quote)) {
            return inner.to_owned();
        }
    }
    value.split('#').next().unwrap_or("").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(files: &[(&str, &str)], directories: &[(&str, &[&str])]) -> KnownFiles {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        KnownFiles {
            files: files
                .iter()
                .map(|(path, text)| ((*path).to_owned(), Some((*text).to_owned())))
                .collect(),
            directories: directories
                .iter()
                .map(|(path, entries)| ((*path).to_owned(), Some(names(entries))))
                .collect(),
        }
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn files_are_read_where_they_are_included_and_the_last_line_wins() {
        let known = known(
            &[
                (
                    "/etc/my.cnf",
                    "[mysqld]\nserver-id = 1 # first\n!includedir /etc/d/\nsync_binlog=0\n",
                ),
                ("/etc/d/b.cnf", "[mariadb]\nlog_bin\nbinlog_format='ROW'\n"),
                (
                    "/etc/d/a.cnf",
                    "[client]\nserver_id=9\n[mysqld]\nserver_id=2\nskip-log-bin\n",
                ),
            ],
            &[("/etc/d", &["b.cnf", "a.cnf", "c.txt"])],
        );
        let reading = Reading::of(&words(&["/etc/my.cnf"]), &known);
        assert!(reading.is_whole());
        assert_eq!(reading.files, ["/etc/my.cnf", "/etc/d/a.cnf", "/etc/d/b.cnf"]);
        assert_eq!(reading.directories, ["/etc/d"]);
        let winners = reading.winners(&words(&["mysqld", "mariadb"]), &words(&["--sync-binlog=5"]));
        let of = |name: &str| (winners[name].value.as_str(), winners[name].from.as_str());
        assert_eq!(of("server_id"), ("2", "/etc/d/a.cnf"));
        assert_eq!(of("log_bin"), ("ON", "/etc/d/b.cnf"));
        assert_eq!(of("binlog_format"), ("ROW", "/etc/d/b.cnf"));
        assert_eq!(of("sync_binlog"), ("5", "the command line"));
    }

    #[test]
    fn what_is_not_known_yet_is_asked_for() {
        let known = known(
            &[("/etc/my.cnf", "!include /etc/x.cnf\n!includedir /etc/d\n")],
            &[],
        );
        let reading = Reading::of(&words(&["/etc/my.cnf", "/root/.my.cnf"]), &known);
        assert_eq!(reading.missing_files, ["/etc/x.cnf", "/root/.my.cnf"]);
        assert_eq!(reading.missing_directories, ["/etc/d"]);
    }

    #[test]
    fn files_that_include_themselves_come_to_an_end() {
        let known = known(&[("/a.cnf", "[mysqld]\nserver_id=1\n!include /a.cnf\n")], &[]);
        let reading = Reading::of(&words(&["/a.cnf"]), &known);
        assert_eq!(reading.files.len(), DEPTH_LIMIT + 1);
    }
}
