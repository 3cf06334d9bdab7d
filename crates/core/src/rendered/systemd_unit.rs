//! A unit of systemd that runs the monitor with as few rights as it needs.

use super::{
    NotRenderable,
    guard_unit::{GuardUnit, guard_unit},
    plain,
};

/// What the unit is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemdUnitWanted {
    /// Path of the program.
    pub program: String,
    /// File with the password of the monitor's account, read by systemd as root.
    pub password_file: String,
    /// File with the token for clients of another machine, read by systemd as root.
    pub token_file: Option<String>,
    /// The server that the monitor guards, where it is one of automatic failover.
    pub guard: Option<GuardUnit>,
}

/// Writes the unit.
///
/// # Errors
/// [`NotRenderable`] for a path or word that systemd could read as something else (scenario 84).
pub fn systemd_unit(wanted: &SystemdUnitWanted) -> Result<String, NotRenderable> {
    if let Some(guard) = &wanted.guard {
        return guard_unit(wanted, guard);
    }
    let program = path(&wanted.program)?;
    let mut credentials = format!("LoadCredential=password:{}\n", path(&wanted.password_file)?);
    let mut environment = "Environment=DBHA_PASSWORD_FILE=%d/password\n".to_owned();
    if let Some(token) = &wanted.token_file {
        credentials.push_str(&format!("LoadCredential=token:{}\n", path(token)?));
        environment.push_str("Environment=DBHA_TOKEN_FILE=%d/token\n");
    }
    Ok(format!(
        "# Put it into /etc/systemd/system/dbha-monitor.service; made by dbha render systemd, for systemd 247 or later.\n\
         #   systemctl daemon-reload && systemctl enable --now dbha-monitor\n\
         # The pairs stand in /etc/dbha/dbha.toml, which needs no password: the account is dbha_monitor, and systemd hands\n\
         # its password over from a file that only root can read.\n\
         \n\
         [Unit]\n\
         Description=dbha monitor: watches replicated pairs of MySQL or MariaDB\n\
         Wants=network-online.target\n\
         After=network-online.target mariadb.service mysql.service\n\
         StartLimitIntervalSec=0\n\
         \n\
         [Service]\n\
         Type=notify\n\
         NotifyAccess=main\n\
         ExecStart={program} monitor --config /etc/dbha/dbha.toml --state-dir %S/dbha\n\
         ExecReload=/bin/kill -HUP $MAINPID\n\
         WatchdogSec=30\n\
         Restart=on-failure\n\
         RestartSec=2\n\
         TimeoutStopSec=5\n\
         {environment}{credentials}{HARDENED}\n\
         [Install]\n\
         WantedBy=multi-user.target\n"
    ))
}

/// What the monitor may do: connect, listen, and write its own state. Nothing else of the machine.
const HARDENED: &str = "\n\
DynamicUser=yes\n\
ConfigurationDirectory=dbha\n\
StateDirectory=dbha\n\
StateDirectoryMode=0700\n\
UMask=0077\n\
CapabilityBoundingSet=\n\
AmbientCapabilities=\n\
NoNewPrivileges=yes\n\
ProtectSystem=strict\n\
ProtectHome=yes\n\
PrivateTmp=yes\n\
PrivateDevices=yes\n\
PrivateUsers=yes\n\
ProtectClock=yes\n\
ProtectControlGroups=yes\n\
ProtectHostname=yes\n\
ProtectKernelLogs=yes\n\
ProtectKernelModules=yes\n\
ProtectKernelTunables=yes\n\
ProtectProc=invisible\n\
ProcSubset=pid\n\
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX\n\
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
LimitCORE=0\n\
MemoryMax=512M\n\
TasksMax=64\n";

/// A path that is the same with and without quotes and specifiers.
pub(super) fn path(path: &str) -> Result<&str, NotRenderable> {
    let wrong = |value| NotRenderable {
        what: "the path",
        value,
        file: "a unit of systemd",
        fix: "give an absolute path of letters, digits, '/', '-', '_' and '.'",
    };
    match path.starts_with('/') {
        true => plain(path, "/-_.", wrong),
        false => Err(wrong(path.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> SystemdUnitWanted {
        SystemdUnitWanted {
            program: "/usr/local/bin/dbha".into(),
            password_file: "/etc/dbha/monitor.password".into(),
            token_file: None,
            guard: None,
        }
    }

    #[test]
    fn each_directive_stands_once_on_a_line_of_its_own() {
        let text = systemd_unit(&wanted()).unwrap();
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let sections = lines.iter().filter(|line| line.starts_with('['));
        assert_eq!(
            sections.copied().collect::<Vec<_>>(),
            ["[Unit]", "[Service]", "[Install]"]
        );
        for line in lines
            .iter()
            .filter(|line| !line.is_empty() && !line.starts_with('['))
        {
            assert!(line.contains('=') && !line.starts_with(' '), "{line}");
        }
        assert!(!text.contains("token"), "{text}");
    }

    #[test]
    fn a_token_is_a_credential_too() {
        let text = systemd_unit(&SystemdUnitWanted {
            token_file: Some("/etc/dbha/token".into()),
            ..wanted()
        });
        assert!(text.unwrap().contains("\nLoadCredential=token:/etc/dbha/token\n"));
    }

    #[test]
    fn scenario_84_no_path_becomes_a_directive() {
        for value in [
            "",
            "dbha",
            "/a b",
            "/a\nExecStartPre=/bin/evil",
            "/a%h",
            "/a$b",
            "/a;b",
            "/a\"",
            "/a\\",
            "/a:b",
            "-/a",
        ] {
            for place in 0..3 {
                let mut wanted = wanted();
                match place {
                    0 => wanted.program = value.into(),
                    1 => wanted.password_file = value.into(),
                    _ => wanted.token_file = Some(value.into()),
                }
                assert_eq!(systemd_unit(&wanted).unwrap_err().value, value);
            }
        }
    }
}
