//! Restarting a server and seeing it come back.

use super::{
    Host, HostAccess, HostError, Machine, restart_script::RestartPlan, script::Script, shell, shell::quote,
};
use dbha_sql::{Place, RestartMeans};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// For handing over the script; what it does takes its own time.
const HAND_OVER: Duration = Duration::from_secs(30);
/// How much of an error log is quoted.
const LOG_LINES: usize = 15;

/// A restart that goes on by itself.
pub(crate) struct Restarting {
    host: Host,
    machine: Machine,
    log: Option<String>,
    log_length: u64,
    /// When the restart began, in seconds since 1970: a container's log is asked for by time.
    began: u64,
    /// When the container was started before, where there is one.
    container_start: String,
    /// The word on the command line by which what restarts it is found.
    mark: String,
}

/// Begins to restart a server; from here on it comes back whatever becomes of dbha.
///
/// `file` is dbha's own file, with what it goes back to when the server does not come up with what is there now.
pub(crate) async fn restart(
    host: &Host,
    machine: &Machine,
    place: &Place,
    file: Option<(&str, Option<&str>)>,
) -> Result<Restarting, HostError> {
    let restarting = begin(host, machine, place).await?;
    let script = plan(host, machine, place, file).script();
    restarting.hand_over("begin the restart", &script).await?;
    Ok(restarting)
}

/// Sees to it that a server that ends in order to become a clone is started again, whatever becomes of dbha.
///
/// It is not started when it ends for another reason; [`Restarting::give_up`] takes it back.
pub(crate) async fn start_once_cloned(
    host: &Host,
    machine: &Machine,
    place: &Place,
) -> Result<Restarting, HostError> {
    let mut starting = begin(host, machine, place).await?;
    // One for each server: what a killed run left would start it a second time.
    starting.mark = format!("clone-{}-{}", machine.pid, machine.started);
    starting.give_up().await?;
    let script = plan(host, machine, place, None).script_for_clone(&place.datadir);
    starting
        .hand_over("prepare the start after the clone", &script)
        .await?;
    Ok(starting)
}

fn plan<'a>(
    host: &'a Host,
    machine: &'a Machine,
    place: &Place,
    file: Option<(&'a str, Option<&'a str>)>,
) -> RestartPlan<'a> {
    RestartPlan {
        machine,
        access: host.access(),
        port: place.port,
        file,
    }
}

async fn begin(host: &Host, machine: &Machine, place: &Place) -> Result<Restarting, HostError> {
    if let RestartMeans::None(why) = &machine.means {
        return Err(HostError::Refused(format!(
            "dbha cannot restart {}: {why}",
            place.name
        )));
    }
    let log = error_log(machine, place);
    let length = match &log {
        Some(path) => {
            let script = Script::new().section("length", &format!("wc -c < {}", quote(path)));
            host.run("look at the error log", &script).await?.text("length")
        }
        None => String::new(),
    };
    Ok(Restarting {
        host: host.clone(),
        machine: machine.clone(),
        log,
        log_length: length.parse().unwrap_or(0),
        began: SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs()),
        container_start: container_start(host).await?,
        mark: Script::new().mark().to_owned(),
    })
}

impl Restarting {
    /// Starts a script in a session of its own, without any of dbha's files open: neither a signal nor a closed
    /// terminal reaches it.
    async fn hand_over(&self, doing: &str, script: &str) -> Result<(), HostError> {
        let detached = format!(
            "setsid sh -c {} dbha-restart-{} </dev/null >/dev/null 2>&1 &\n",
            quote(script),
            self.mark
        );
        shell::run(self.where_it_runs(), doing, &detached, HAND_OVER).await?;
        Ok(())
    }

    /// The docker command is here, and what restarts a container must not live in it.
    fn where_it_runs(&self) -> &HostAccess {
        match self.host.access() {
            HostAccess::Docker { .. } => &HostAccess::Local,
            access => access,
        }
    }

    /// Ends what would start the server; it is needed no more.
    pub(crate) async fn give_up(&self) -> Result<(), HostError> {
        // The bracket keeps grep from finding itself.
        let command = format!(
            "for found in $(grep -al '[d]bha-restart-{}' /proc/[0-9]*/cmdline 2>/dev/null); do\n\
             found=${{found#/proc/}}; kill \"${{found%/cmdline}}\" 2>/dev/null\ndone",
            self.mark
        );
        let script = Script::new().section("ended", &command);
        let doing = "take back the start after the clone";
        shell::run(self.where_it_runs(), doing, &script.text(), HAND_OVER).await?;
        Ok(())
    }

    /// Tells whether the server that ran before has ended.
    pub(crate) async fn has_ended(&self) -> Result<bool, HostError> {
        if let HostAccess::Docker { .. } = self.host.access() {
            let now = container_start(&self.host).await?;
            return Ok(now != self.container_start);
        }
        let path = format!("/proc/{}/stat", self.machine.pid);
        let script = Script::new().section("stat", &format!("cat {path} 2>/dev/null"));
        let stat = self
            .host
            .run("look whether the server has ended", &script)
            .await?
            .text("stat");
        let state = super::machine::stat_field(&stat, 3);
        let same = super::machine::stat_field(&stat, 22) == self.machine.started;
        Ok(!same || matches!(state.as_str(), "Z" | "X"))
    }

    /// Tells whether what restarts the server is still at work.
    pub(crate) async fn is_under_way(&self) -> Result<bool, HostError> {
        // The bracket keeps grep from finding itself.
        let command = format!(
            "grep -al '[d]bha-restart-{}' /proc/[0-9]*/cmdline 2>/dev/null",
            self.mark
        );
        let script = Script::new().section("found", &command);
        let doing = "look whether the restart is still under way";
        let output = shell::run(self.where_it_runs(), doing, &script.text(), HAND_OVER).await?;
        Ok(!script.read(&output).text("found").is_empty())
    }

    /// Returns the end of what the server wrote to its error log since the restart began.
    pub(crate) async fn log_tail(&self) -> String {
        let commands = match (&self.log, self.host.access(), &self.machine.means) {
            (Some(path), ..) => reasons(&format!("tail -c +{} {}", self.log_length + 1, quote(path))),
            (None, HostAccess::Docker { container }, _) => {
                let since = format!("docker logs --since {} {} 2>&1", self.began, quote(container));
                let script = Script::new().section("tail", &reasons(&since));
                let output = shell::run(
                    &HostAccess::Local,
                    "read the container's log",
                    &script.text(),
                    HAND_OVER,
                )
                .await;
                return output.map_or_else(
                    |error| error.to_string(),
                    |output| dbha_sql::printable(&script.read(&output).text("tail")),
                );
            }
            (None, _, RestartMeans::Unit(unit)) => {
                format!("journalctl -u {} -n {LOG_LINES} --no-pager -o cat", quote(unit))
            }
            _ => return "(it keeps no error log)".to_owned(),
        };
        let script = Script::new().section("tail", &commands);
        match self.host.run("read the error log", &script).await {
            Ok(seen) => dbha_sql::printable(&seen.text("tail")),
            Err(error) => error.to_string(),
        }
    }
}

/// Returns the commands that print the errors in what a command prints, or the end of it where there are none.
fn reasons(since: &str) -> String {
    // Where it was started once more, the refusal is followed by a page about a start that went well.
    format!(
        "if {since} | grep -qF '[ERROR]'; then {since} | grep -F '[ERROR]' | tail -n {LOG_LINES}\n\
         else {since} | tail -n {LOG_LINES}; fi"
    )
}

/// Returns when a container was started last; empty where there is none.
async fn container_start(host: &Host) -> Result<String, HostError> {
    let HostAccess::Docker { container } = host.access() else {
        return Ok(String::new());
    };
    let command = format!(
        "docker inspect -f '{{{{.State.StartedAt}}}}' {}",
        quote(container)
    );
    let script = Script::new().section("start", &command);
    let doing = "look at the container";
    let output = shell::run(&HostAccess::Local, doing, &script.text(), HAND_OVER).await?;
    Ok(script.read(&output).text("start"))
}

fn error_log(machine: &Machine, place: &Place) -> Option<String> {
    match place.error_log.as_str() {
        "" | "stderr" => machine.error_output.clone(),
        path if path.starts_with('/') => Some(path.to_owned()),
        path => Some(format!("{}/{path}", place.datadir.trim_end_matches('/'))),
    }
}
