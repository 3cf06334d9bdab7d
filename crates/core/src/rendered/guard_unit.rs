//! A unit of systemd for a monitor that guards the server beside it: automatic failover.

use super::{
    NotRenderable, plain,
    systemd_unit::{SystemdUnitWanted, path},
};
use std::time::Duration;

/// What the unit of a guard is made of, beside what every monitor's is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardUnit {
    /// The server beside it, by its name in the config file.
    pub local: String,
    /// URLs of etcd's members.
    pub etcd: String,
    /// `none`, or a time.
    pub max_loss: String,
    /// The lease.
    pub lease: Duration,
    /// Silence of the guard after which systemd kills it.
    pub watchdog: Duration,
    /// How long making the server read-only may take before it is killed.
    pub fence_limit: Duration,
    /// Files for etcd, each with its flag: `--etcd-ca`, `--etcd-cert`, `--etcd-key`, `--etcd-password-file`.
    pub etcd_files: Vec<(&'static str, String)>,
    /// User of etcd.
    pub etcd_user: Option<String>,
}

pub(super) fn guard_unit(wanted: &SystemdUnitWanted, guard: &GuardUnit) -> Result<String, NotRenderable> {
    let program = path(&wanted.program)?;
    let local = word("the server", &guard.local, "-_.:")?;
    let mut environment = format!(
        "Environment=DBHA_PASSWORD_FILE={}\n",
        path(&wanted.password_file)?
    );
    if let Some(token) = &wanted.token_file {
        environment.push_str(&format!("Environment=DBHA_TOKEN_FILE={}\n", path(token)?));
    }
    let fence_limit = milliseconds(guard.fence_limit);
    // Read-only in the guard's own time, or killed in that of the fence: both end before a lease renewed just before does.
    let stop = milliseconds(guard.fence_limit + guard.lease / 20);
    Ok(format!(
        "# Put it into /etc/systemd/system/dbha-monitor.service of the machine of {local}; made by dbha render systemd, for\n\
         # systemd 247 or later.\n\
         #   systemctl daemon-reload && systemctl enable --now dbha-monitor\n\
         # The pair stands in /etc/dbha/dbha.toml; the account in there may open, close and fail over (docs/guide.md), and its\n\
         # password is in a file that only root can read. It runs as root, with two powers: to see the server's process, and to\n\
         # kill it. A guard that is silent for {watchdog} is killed, and whatever ends it, the fence closes the server after it.\n\
         \n\
         [Unit]\n\
         Description=dbha monitor: guards {local} and watches its pair\n\
         Wants=network-online.target\n\
         After=network-online.target mariadb.service mysql.service\n\
         StartLimitIntervalSec=0\n\
         \n\
         [Service]\n\
         Type=notify\n\
         NotifyAccess=main\n\
         ExecStart={program} monitor --config /etc/dbha/dbha.toml --state-dir %S/dbha --auto-failover --local {local} \
         {options}\n\
         ExecStopPost={program} fence --config /etc/dbha/dbha.toml --local {local} --limit {fence_limit}\n\
         ExecReload=/bin/kill -HUP $MAINPID\n\
         WatchdogSec={watchdog}\n\
         WatchdogSignal=SIGKILL\n\
         Restart=always\n\
         RestartSec=1\n\
         TimeoutStopSec={stop}\n\
         {environment}{HARDENED}\n\
         [Install]\n\
         WantedBy=multi-user.target\n",
        watchdog = milliseconds(guard.watchdog),
        options = options(guard)?,
    ))
}

fn options(guard: &GuardUnit) -> Result<String, NotRenderable> {
    let mut options = format!(
        "--etcd {} --lease {} --max-loss {}",
        word("the URL", &guard.etcd, ":/-_.,[]")?,
        milliseconds(guard.lease),
        word("the loss", &guard.max_loss, ".")?,
    );
    for (flag, file) in &guard.etcd_files {
        options.push_str(&format!(" {flag} {}", path(file)?));
    }
    if let Some(user) = &guard.etcd_user {
        options.push_str(&format!(" --etcd-user {}", word("the user", user, "-_.")?));
    }
    Ok(options)
}

fn milliseconds(time: Duration) -> String {
    format!("{}ms", time.as_millis())
}

/// A word that systemd reads as one, and as it is.
fn word<'a>(what: &'static str, value: &'a str, also: &str) -> Result<&'a str, NotRenderable> {
    let wrong = |value| NotRenderable {
        what,
        value,
        file: "a unit of systemd",
        fix: "use letters, digits, '-', '_', '.' and ':'; of a URL also '/', ',' and brackets",
    };
    match value.starts_with('-') {
        true => Err(wrong(value.to_owned())),
        false => plain(value, also, wrong),
    }
}

/// What the guard may do: connect, see the server's process and kill it, and write its own state. The server is another
/// user's, and so are its sockets; addresses of this machine are asked for by netlink.
const HARDENED: &str = "\n\
User=root\n\
ConfigurationDirectory=dbha\n\
StateDirectory=dbha\n\
StateDirectoryMode=0700\n\
UMask=0077\n\
CapabilityBoundingSet=CAP_KILL CAP_SYS_PTRACE CAP_DAC_READ_SEARCH\n\
NoNewPrivileges=yes\n\
ProtectSystem=strict\n\
ProtectHome=read-only\n\
PrivateTmp=yes\n\
PrivateDevices=yes\n\
ProtectClock=yes\n\
ProtectControlGroups=yes\n\
ProtectHostname=yes\n\
ProtectKernelLogs=yes\n\
ProtectKernelModules=yes\n\
ProtectKernelTunables=yes\n\
ProcSubset=pid\n\
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK\n\
RestrictNamespaces=yes\n\
RestrictRealtime=yes\n\
RestrictSUIDSGID=yes\n\
RemoveIPC=yes\n\
LockPersonality=yes\n\
MemoryDenyWriteExecute=yes\n\
SystemCallArchitectures=native\n\
SystemCallFilter=@system-service\n\
SystemCallFilter=~@privileged @resources\n\
SystemCallErrorNumber=EPERM\n\
OOMScoreAdjust=-900\n\
LimitCORE=0\n\
MemoryMax=512M\n\
TasksMax=64\n";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::systemd_unit;

    fn wanted() -> SystemdUnitWanted {
        SystemdUnitWanted {
            program: "/usr/bin/dbha".into(),
            password_file: "/etc/dbha/admin.password".into(),
            token_file: None,
            guard: Some(GuardUnit {
                local: "db1".into(),
                etcd: "https://[fd00::1]:2379,https://etcd2:2379".into(),
                max_loss: "none".into(),
                lease: Duration::from_secs(10),
                watchdog: Duration::from_secs(3),
                fence_limit: Duration::from_secs(3),
                etcd_files: vec![("--etcd-ca", "/etc/dbha/etcd-ca.pem".into())],
                etcd_user: Some("dbha".into()),
            }),
        }
    }

    #[test]
    fn the_fence_comes_after_the_guard_however_it_ends() {
        let text = systemd_unit(&wanted()).unwrap();
        for line in [
            "ExecStart=/usr/bin/dbha monitor --config /etc/dbha/dbha.toml --state-dir %S/dbha --auto-failover --local db1 \
             --etcd https://[fd00::1]:2379,https://etcd2:2379 --lease 10000ms --max-loss none \
             --etcd-ca /etc/dbha/etcd-ca.pem --etcd-user dbha",
            "ExecStopPost=/usr/bin/dbha fence --config /etc/dbha/dbha.toml --local db1 --limit 3000ms",
            "WatchdogSec=3000ms",
            "WatchdogSignal=SIGKILL",
            "Restart=always",
            "TimeoutStopSec=3500ms",
        ] {
            assert!(text.lines().any(|one| one == line), "{line}\n{text}");
        }
        assert!(!text.contains("DynamicUser"), "{text}");
    }

    #[test]
    fn scenario_84_nothing_becomes_a_directive_or_another_word() {
        for value in [
            "",
            "a b",
            "a\nExecStartPre=/bin/evil",
            "a%h",
            "a$b",
            "a;b",
            "-x",
            "a\"b",
        ] {
            for place in 0..5 {
                let mut wanted = wanted();
                let guard = wanted.guard.as_mut().unwrap();
                match place {
                    0 => guard.local = value.into(),
                    1 => guard.etcd = value.into(),
                    2 => guard.max_loss = value.into(),
                    3 => guard.etcd_files[0].1 = format!("/{value}"),
                    _ => guard.etcd_user = Some(value.into()),
                }
                if place == 3 && matches!(value, "" | "-x") {
                    continue;
                }
                assert!(systemd_unit(&wanted).is_err(), "{value:?} at {place}");
            }
        }
    }
}
