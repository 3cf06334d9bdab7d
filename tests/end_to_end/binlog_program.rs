//! The program for binary logs that `dbha rejoin` needs, of the server's own release.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use dbha_testkit::PrivateServer;

use crate::operator::Operator;

/// A directory with the program of the server's release, which does not run outside its own tree.
pub(crate) fn binlog_program(operator: &Operator, server: &PrivateServer) -> PathBuf {
    let directory = operator.home().join("bin");
    fs::create_dir_all(&directory).unwrap();
    let name = if server.release().is_mysql() {
        "mysqlbinlog"
    } else {
        "mariadb-binlog"
    };
    // Of MariaDB 10.5 only the server is unpacked; the system's own program is newer, and will do.
    if let Some(program) = server.installation().client(name) {
        let words = std::iter::once(program.get_program()).chain(program.get_args());
        let words: Vec<String> = words
            .map(|word| format!("'{}'", word.to_str().unwrap()))
            .collect();
        let script = directory.join(name);
        fs::write(&script, format!("#!/bin/sh\nexec {} \"$@\"\n", words.join(" "))).unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    }
    directory
}
