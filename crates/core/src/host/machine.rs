//! What is known of a server's process: what it was started with, and how it can be started again.

use super::{
    Host, HostAccess, HostError,
    script::{Script, Sections},
    shell::quote,
};
use dbha_sql::{Place, RestartMeans};

/// A server's process, proven to be the one that answers dbha's SQL.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    pub(super) pid: u32,
    /// When it started, in ticks since the machine did: a number may be given to another process later.
    pub(super) started: String,
    /// Program with what has to stand before it (a loader and its own words).
    pub(super) program: Vec<String>,
    /// `--defaults-file` and its like.
    pub(super) defaults: Vec<String>,
    /// All other words.
    pub(super) arguments: Vec<String>,
    /// What a supervisor of the server's own was started with, `mariadbd-safe` with its words.
    pub(super) supervisor: Option<Vec<String>>,
    pub(super) working_directory: String,
    pub(super) user: Option<u32>,
    pub(super) group: Option<u32>,
    pub(super) open_files: Option<String>,
    /// Where standard error goes, if that is a file.
    pub(super) error_output: Option<String>,
    /// Settings of the surroundings that change which option files are read.
    pub(super) surroundings: Vec<(String, String)>,
    pub(super) means: RestartMeans,
    /// Whether its parent has told it that it will start it again when it restarts by itself (MySQL).
    pub(super) supervised: bool,
}

/// Names of variables of the surroundings that the servers look for option files by.
const SURROUNDINGS: [&str; 4] = ["MYSQL_HOME", "MARIADB_HOME", "MYSQL_GROUP_SUFFIX", "HOME"];

impl Machine {
    /// Looks at a process.
    pub(super) async fn look(host: &Host, pid: u32, place: &Place) -> Result<Self, HostError> {
        let seen = host.run("look at the server's process", &script(pid)).await?;
        if *host.access() == HostAccess::Local && seen.text("root") != seen.text("own_root") {
            return Err(HostError::Refused(format!(
                "{} runs in a container (process {pid}): give --host-access docker:CONTAINER",
                place.name
            )));
        }
        let words = seen.words("cmdline");
        let Some(at) = words.iter().position(|word| is_server(word)) else {
            return Err(HostError::Refused(format!(
                "process {pid}, which holds dbha's connection to {}, is no MySQL or MariaDB server",
                place.name
            )));
        };
        let mut program = words[..=at].to_vec();
        let executable = seen.text("exe");
        // By its own name the program may be found elsewhere, or not at all.
        if at == 0 && executable.starts_with('/') && !executable.ends_with(" (deleted)") {
            program = vec![executable];
        }
        let is_default = |word: &&String| {
            word.starts_with("--defaults-") || *word == "--no-defaults" || word.starts_with("--login-path")
        };
        let rest = &words[at + 1..];
        Ok(Self {
            pid,
            started: stat_field(&seen.text("stat"), 22),
            program,
            defaults: rest.iter().filter(is_default).cloned().collect(),
            arguments: rest.iter().filter(|word| !is_default(word)).cloned().collect(),
            supervisor: supervisor(&seen.words("parent")),
            working_directory: match seen.text("cwd") {
                path if path.starts_with('/') => path,
                _ => "/".to_owned(),
            },
            user: id(&seen.text("status"), "Uid:"),
            group: id(&seen.text("status"), "Gid:"),
            open_files: open_files(&seen.text("limits")),
            error_output: Some(seen.text("error_output")).filter(|path| path.starts_with('/')),
            surroundings: surroundings(&seen.text("environment")),
            means: means(host.access(), pid, &seen),
            supervised: is_promised_a_restart(&seen.text("promise"), &seen.text("status")),
        })
    }

    /// Returns the start of a command line that runs the server's program under its own surroundings.
    pub(super) fn program_line(&self) -> String {
        let mut line = format!("cd {} 2>/dev/null\n", quote(&self.working_directory));
        for (name, value) in &self.surroundings {
            line.push_str(&format!("{name}={} ", quote(value)));
        }
        line.push_str(&quoted(&self.program));
        for word in &self.defaults {
            line.push(' ');
            line.push_str(&quote(word));
        }
        line
    }

    /// Returns the words by which the server is started again as it was.
    pub(super) fn start_words(&self) -> String {
        match &self.supervisor {
            Some(words) => quoted(words),
            None => quoted(&[&self.program[..], &self.defaults, &self.arguments].concat()),
        }
    }

    /// Returns the value of `--defaults-file=…` or another word of that kind.
    pub(super) fn default(&self, name: &str) -> Option<&str> {
        self.defaults
            .iter()
            .find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    }
}

fn script(pid: u32) -> Script {
    let names = SURROUNDINGS.join("|");
    Script::new()
        .section("cmdline", &format!("cat /proc/{pid}/cmdline"))
        .section("exe", &format!("readlink /proc/{pid}/exe"))
        .section("cwd", &format!("readlink /proc/{pid}/cwd"))
        .section("stat", &format!("cat /proc/{pid}/stat"))
        .section("status", &format!("cat /proc/{pid}/status"))
        .section("limits", &format!("cat /proc/{pid}/limits"))
        .section("cgroup", &format!("cat /proc/{pid}/cgroup"))
        .section("root", &format!("stat -Lc %d:%i /proc/{pid}/root/"))
        .section("own_root", "stat -Lc %d:%i /")
        .section("me", "id -u")
        .section(
            "error_output",
            &format!("target=$(readlink /proc/{pid}/fd/2); [ -f \"$target\" ] && printf '%s' \"$target\""),
        )
        .section(
            "environment",
            &format!("tr '\\000' '\\n' < /proc/{pid}/environ | grep -E '^({names})='"),
        )
        .section(
            "promise",
            &format!("tr '\\000' '\\n' < /proc/{pid}/environ | sed -n 's/^MYSQLD_PARENT_PID=//p'"),
        )
        .section(
            "parent",
            &format!(
                "parent=$(sed -n 's/^PPid:[^0-9]*//p' /proc/{pid}/status); cat /proc/$parent/cmdline 2>/dev/null"
            ),
        )
        .section(
            "unit",
            &format!(
                "unit=$(sed -n 's#^.*/\\([^/]*\\.service\\)$#\\1#p' /proc/{pid}/cgroup | head -n 1)\n\
                 if [ -n \"$unit\" ] && [ -d /run/systemd/system ]; then\n\
                 printf '%s\\n' \"$unit\"; systemctl show -p MainPID \"$unit\"; fi"
            ),
        )
}

fn quoted(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| quote(word)).collect();
    words.join(" ")
}

pub(crate) fn is_server(word: &str) -> bool {
    let name = word.rsplit('/').next().unwrap_or(word);
    ["mysqld", "mariadbd"]
        .iter()
        .any(|server| name.starts_with(server))
        && !is_supervisor(word)
}

fn is_supervisor(word: &str) -> bool {
    let name = word.rsplit('/').next().unwrap_or(word);
    matches!(name, "mysqld_safe" | "mariadbd-safe")
}

/// MySQL takes a restart for promised where this variable holds the number of its parent, and for nothing else.
fn is_promised_a_restart(promise: &str, status: &str) -> bool {
    let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"));
    !promise.is_empty() && parent.map(str::trim) == Some(promise)
}

fn supervisor(parent: &[String]) -> Option<Vec<String>> {
    parent
        .iter()
        .any(|word| is_supervisor(word))
        .then(|| parent.to_vec())
}

/// Returns a field of `/proc/PID/stat`, counted from 1; the name, which may hold anything, is the second.
pub(crate) fn stat_field(stat: &str, number: usize) -> String {
    let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    rest.split_whitespace()
        .nth(number.saturating_sub(3))
        .unwrap_or("")
        .to_owned()
}

fn id(status: &str, name: &str) -> Option<u32> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    // Real, effective, saved and filesystem id: the effective one acts.
    line.split_whitespace().nth(1)?.parse().ok()
}

fn open_files(limits: &str) -> Option<String> {
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    let soft = line.split_whitespace().next()?;
    (soft.bytes().all(|byte| byte.is_ascii_digit()) || soft == "unlimited").then(|| soft.to_owned())
}

fn surroundings(text: &str) -> Vec<(String, String)> {
    let known = |(name, _): &(&str, &str)| SURROUNDINGS.contains(name);
    let pairs = text.lines().filter_map(|line| line.split_once('=')).filter(known);
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn means(access: &HostAccess, pid: u32, seen: &Sections) -> RestartMeans {
    if matches!(access, HostAccess::Docker { .. }) {
        return RestartMeans::Container;
    }
    let own = seen.text("me");
    if let Some(unit) = unit_of(&seen.text("unit"), pid) {
        return match own.as_str() {
            "0" => RestartMeans::Unit(unit),
            _ => RestartMeans::None(format!("it belongs to {unit}, which only root restarts")),
        };
    }
    let of_server = id(&seen.text("status"), "Uid:").map(|id| id.to_string());
    match own == "0" || of_server.as_deref() == Some(own.as_str()) {
        true => RestartMeans::Process,
        false => RestartMeans::None("it runs under another user".into()),
    }
}

/// A service restarts the server only if the server is what the service is about.
fn unit_of(text: &str, pid: u32) -> Option<String> {
    let (unit, main) = text.split_once('\n')?;
    let main: u32 = main.trim().strip_prefix("MainPID=")?.parse().ok()?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "@_.:-\\".contains(c);
    (main == pid && unit.chars().all(allowed) && !unit.starts_with('-')).then(|| unit.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_told_from_their_supervisors() {
        assert!(is_server("/usr/sbin/mariadbd"));
        assert!(is_server("mysqld"));
        assert!(!is_server("/usr/bin/mysqld_safe"));
        assert!(!is_server("/usr/bin/mariadb"));
        let parent = ["/bin/sh", "/usr/bin/mariadbd-safe"].map(str::to_owned);
        assert_eq!(supervisor(&parent), Some(parent.to_vec()));
        assert_eq!(supervisor(&["bash".to_owned()]), None);
    }

    #[test]
    fn a_promise_of_somebody_elses_child_is_none() {
        let status = "Name:\tmysqld\nPPid:\t77\nUid:\t0";
        assert!(is_promised_a_restart("77", status));
        assert!(!is_promised_a_restart("7", status));
        assert!(!is_promised_a_restart("", "PPid:\t\n"));
    }

    #[test]
    fn a_service_counts_only_if_the_server_is_its_main_process() {
        assert_eq!(
            unit_of("mariadb@a.service\nMainPID=77", 77).as_deref(),
            Some("mariadb@a.service")
        );
        assert_eq!(unit_of("runner.service\nMainPID=5", 77), None);
        assert_eq!(unit_of("", 77), None);
    }

    #[test]
    fn fields_of_a_process_are_read_whatever_its_name_is() {
        let stat = "77 (my) sql (d) S 1 77 77 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 30 0 987654 1 2";
        assert_eq!(stat_field(stat, 3), "S");
        assert_eq!(stat_field(stat, 22), "987654");
        assert_eq!(id("Name:\tx\nUid:\t1\t2\t3\t4\n", "Uid:"), Some(2));
        assert_eq!(
            open_files("Limit  Soft\nMax open files            1024   4096   files").as_deref(),
            Some("1024")
        );
    }
}
