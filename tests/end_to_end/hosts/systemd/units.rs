//! The units that are not dbha's: of a server, which a user of its own runs, and of the vote.

use std::fs;
use std::path::Path;

use dbha_testkit::PrivateServer;
use nix::unistd::{Gid, Uid, chown};

use super::booted::Booted;
use crate::hosts::etcd;
use crate::hosts::network::Place;
use crate::tool;

/// The server's user, where the machine has none yet.
const USER: &str = "mysql:x:64990:64990::/nonexistent:/usr/sbin/nologin\n";
const GROUP: &str = "mysql:x:64990:\n";

/// Finds the user that runs servers on a machine, or makes it.
pub(super) fn user_of_server(machine: &Booted) -> (Uid, Gid) {
    let (users, groups) = ("/etc/passwd", "/etc/group");
    let text = |path: &str| fs::read_to_string(machine.place(path)).unwrap();
    if !text(users).contains("\nmysql:") {
        machine.write(users, &(text(users) + USER), 0o644);
        machine.write(groups, &(text(groups) + GROUP), 0o644);
    }
    let known = text(users);
    let line = known.lines().find(|line| line.starts_with("mysql:")).unwrap();
    let number = |at: usize| line.split(':').nth(at).unwrap().parse::<u32>().unwrap();
    (Uid::from_raw(number(2)), Gid::from_raw(number(3)))
}

/// Gives a directory and all that is in it to a user.
pub(super) fn give_to(path: &Path, owner: (Uid, Gid)) {
    chown(path, Some(owner.0), Some(owner.1)).unwrap();
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap().flatten() {
            give_to(&entry.path(), owner);
        }
    }
}

/// The unit of MariaDB as Debian has it, with another program line: this server has an option file of its own.
pub(super) fn server_unit(server: &PrivateServer) -> String {
    let command = server.installation().server(&server.option_file());
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words = words.map(|word| word.to_str().unwrap());
    let line: Vec<&str> = words.filter(|word| *word != "--user=root").collect();
    format!(
        "[Unit]\nAfter=network.target\n\
         [Service]\nType=notify\nPrivateNetwork=false\nUser=mysql\nGroup=mysql\nAmbientCapabilities=CAP_IPC_LOCK\n\
         ProtectSystem=full\nProtectControlGroups=true\nProtectHome=true\nExecStart={}\nKillSignal=SIGTERM\nSendSIGKILL=no\n\
         Restart=on-abnormal\nRestartSec=5s\nUMask=007\nPrivateTmp=false\nTimeoutStartSec=900\nTimeoutStopSec=900\n\
         TasksMax=99%\nLimitNOFILE=32768\nLimitMEMLOCK=524288\n\
         [Install]\nWantedBy=multi-user.target\n",
        line.join(" ")
    )
}

/// The unit of the vote; its program is there.
pub(super) fn etcd_unit() -> String {
    let program = tool::found("etcd", "etcd-server").unwrap();
    let program = program.get_program().to_str().unwrap();
    let (clients, peers) = (etcd::url(), format!("http://{}:2380", Place::Arbiter.address()));
    format!(
        "[Service]\nType=notify\nDynamicUser=yes\nStateDirectory=dbha-vote\nRestart=on-abnormal\nLimitNOFILE=65536\n\
         ExecStart={program} --name arbiter --data-dir /var/lib/dbha-vote \
         --listen-client-urls {clients} --advertise-client-urls {clients} \
         --listen-peer-urls {peers} --initial-advertise-peer-urls {peers} --initial-cluster arbiter={peers}\n\
         [Install]\nWantedBy=multi-user.target\n"
    )
}
