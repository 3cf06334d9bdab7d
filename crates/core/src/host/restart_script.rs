//! The script that restarts a server without anybody's help: it goes on when dbha dies in the midst of it.
//!
//! It ends the server in an orderly way and never otherwise, waits for that as long as it takes, and starts it again.
//! A server that does not come up with dbha's file is started without it.

use super::{
    HostAccess, Machine,
    drop_in::{SIGN, removing, writing},
    shell::quote,
};
use dbha_sql::RestartMeans;

/// What is needed to write the script.
pub(super) struct RestartPlan<'a> {
    pub(super) machine: &'a Machine,
    pub(super) access: &'a HostAccess,
    pub(super) port: u16,
    /// dbha's own file and what it held before, if that is worth going back to; `None` where it is not in play.
    pub(super) file: Option<(&'a str, Option<&'a str>)>,
}

impl RestartPlan<'_> {
    /// Renders the script that runs on the machine, or beside the container, on its own.
    pub(super) fn script(&self) -> String {
        let (start, stop) = match (&self.machine.means, self.access) {
            (_, HostAccess::Docker { container }) => return self.of_container(container),
            (RestartMeans::Unit(unit), _) => {
                let unit = quote(unit);
                (
                    format!("systemctl reset-failed {unit} 2>/dev/null; systemctl restart {unit}"),
                    ":".to_owned(),
                )
            }
            _ => (self.start_process(), self.stop_process()),
        };
        format!(
            "{}stop() {{\n{stop}\n}}\nstart() {{\n{start}\n}}\nfall_back() {{\n{}}}\n\
             stop\nstart && exit 0\nfall_back\nstart\n",
            HELPERS,
            in_subshell(&match self.file {
                Some((path, Some(text))) => writing(path, text),
                Some((path, None)) => removing(path),
                None => ":\n".to_owned(),
            }),
        )
    }

    /// Renders the script that waits until the server has ended, and starts it if it did so to become a clone.
    ///
    /// Such a server leaves the donor's files beside its own, for its next start to take. One that was stopped by
    /// somebody is left alone, and after a day nobody waits any more.
    pub(super) fn script_for_clone(&self, datadir: &str) -> String {
        if let HostAccess::Docker { container } = self.access {
            let name = quote(container);
            return format!(
                "{HELPERS}tries=0\nwhile [ \"$(docker inspect -f '{{{{.State.Running}}}}' {name})\" = true ]; do\n\
                 tries=$((tries + 1)); [ $tries -lt 86400 ] || exit 0\nsleep 1\ndone\nsleep 2\ndocker start {name}\n"
            );
        }
        let start = match &self.machine.means {
            RestartMeans::Unit(unit) => format!(
                "systemctl reset-failed {unit} 2>/dev/null; systemctl start {unit}",
                unit = quote(unit)
            ),
            _ => self.start_process(),
        };
        let (pid, started) = (self.machine.pid, quote(&self.machine.started));
        let datadir = quote(datadir.trim_end_matches('/'));
        format!(
            "{HELPERS}surroundings=$(tr '\\000' '\\n' < /proc/{pid}/environ 2>/dev/null)\n\
             is_clone() {{ for file in {datadir}/*.#clone; do [ -e \"$file\" ] && return 0; done; return 1; }}\n\
             tries=0\nwhile runs {pid} && [ \"$(started {pid})\" = {started} ]; do\n\
             tries=$((tries + 1)); [ $tries -lt 864000 ] || exit 0\n\
             sleep 0.1 2>/dev/null || {{ tries=$((tries + 9)); sleep 1; }}\ndone\n\
             is_clone || exit 0\n(\n{start}\n)\n"
        )
    }

    fn stop_process(&self) -> String {
        let (pid, started) = (self.machine.pid, &self.machine.started);
        format!(
            "surroundings=$(tr '\\000' '\\n' < /proc/{pid}/environ 2>/dev/null)\nkill -TERM {pid}\nwhile runs {pid} && [ \"$(started {pid})\" = {} ]; do pause; done",
            quote(started)
        )
    }

    /// Starts the server as it was and waits until it listens, or has ended.
    fn start_process(&self) -> String {
        let machine = self.machine;
        let output = machine
            .error_output
            .as_deref()
            .map_or_else(|| "/dev/null".into(), quote);
        let limit = machine
            .open_files
            .as_deref()
            .map_or(String::new(), |limit| format!("ulimit -n {limit} 2>/dev/null\n"));
        // A server that was told by an option whom to become is started as it was: by root.
        let becomes = machine
            .arguments
            .iter()
            .any(|word| word.starts_with("--user=") || word == "-u");
        let as_user = match (machine.user, machine.group) {
            (Some(user), Some(group)) if user != 0 && !becomes => format!(
                "if [ \"$(id -u)\" = 0 ]; then set -- setpriv --reuid={user} --regid={group} --init-groups \"$@\"; fi\n"
            ),
            _ => String::new(),
        };
        format!(
            "set -- {}\n{as_user}cd {} || cd /\n{limit}(\nold_surroundings\nexec setsid \"$@\"\n) </dev/null >>{output} 2>&1 &\nnew=$!\n\
             until listens {:04X}; do runs $new || {{ wait $new; return 1; }}; pause; done\n\
             stays $new",
            machine.start_words(),
            quote(&machine.working_directory),
            self.port,
        )
    }

    fn of_container(&self, container: &str) -> String {
        let name = quote(container);
        let take_back = match self.file {
            None => String::new(),
            Some((path, before)) => {
                // Nothing can be removed from a container that does not run: a file without a line does the same.
                let taken_back =
                    format!("# Primary or secondary {SIGN}; taken back: the server did not start with it.\n");
                let text = quote(before.unwrap_or(&taken_back));
                format!(
                    "file=$(mktemp) && printf '%s' {text} > \"$file\" && chmod 644 \"$file\" && docker cp \"$file\" {name}:{}\n\
                     rm -f \"$file\"\n",
                    quote(path)
                )
            }
        };
        let table = format!(
            "docker exec {name} cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | listening_in {:04X}",
            self.port
        );
        // A limit of -1 is none: Docker kills a server that does not end within its limit.
        format!(
            "{HELPERS}comes_up() {{\ntries=0\nuntil {table}; do\ntries=$((tries + 1))\n\
             running=$(docker inspect -f '{{{{.State.Running}}}}' {name})\n\
             [ \"$running\" = true ] || [ $tries -lt 3 ] || return 1\n[ $tries -lt 240 ] || return 1\nsleep 0.5 2>/dev/null || sleep 1\ndone\n}}\n\
             docker restart -t -1 {name}\ncomes_up && exit 0\n{take_back}docker restart -t -1 {name}\n"
        )
    }
}

fn in_subshell(commands: &str) -> String {
    format!("(\n{commands})\n")
}

const HELPERS: &str = r#"
pause() { sleep 0.05 2>/dev/null || sleep 1; }
after_name() { line=$(cat "/proc/$1/stat" 2>/dev/null) && printf '%s' "${line##*) }"; }
runs() { set -- $(after_name "$1"); [ $# -gt 0 ] && [ "$1" != Z ] && [ "$1" != X ]; }
started() { set -- $(after_name "$1"); [ $# -ge 20 ] && printf '%s' "${20}"; }
# Some options are refused only after the server has begun to listen. One that was ended by a signal, or in good order,
# was ended by somebody, and did not refuse anything.
stays() {
  tries=0
  while runs "$1"; do
    [ $tries -lt 200 ] || return 0
    tries=$((tries + 1))
    pause
  done
  wait "$1"
  code=$?
  [ $code = 0 ] || [ $code -gt 127 ]
}
listening_in() { grep -qE "^ *[0-9]+: [0-9A-F]+:$1 [0-9A-F]+:0000 0A"; }
# Values stay in the shell: on a command line everybody could read them.
old_surroundings() {
  [ -n "$surroundings" ] || return 0
  for name in $(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p'); do
    [ "$name" = PATH ] || unset "$name"
  done
  while IFS= read -r line; do
    case ${line%%=*} in
      '' | [0-9]* | *[!A-Za-z0-9_]* | "$line") ;;
      *) export "$line" ;;
    esac
  done <<END
$surroundings
END
}
listens() { cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | listening_in "$1"; }
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_helpers_tell_running_from_ended_and_listening_from_silent() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut ended = std::process::Command::new("true").spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(200));
        let run = |line: String| {
            let script = format!("{HELPERS}{line}");
            let status = std::process::Command::new("sh").args(["-c", &script]).status();
            status.unwrap().success()
        };
        let me = std::process::id();
        assert!(run(format!("runs {me}")));
        assert!(run(format!("[ $(started {me}) -gt 0 ]")));
        // Not reaped yet.
        assert!(!run(format!("runs {}", ended.id())));
        ended.wait().unwrap();
        assert!(!run(format!("runs {}", ended.id())));
        assert!(run(format!("listens {port:04X}")));
        drop(listener);
        assert!(!run(format!("listens {port:04X}")));
    }
}
