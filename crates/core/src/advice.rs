//! What to do about an error of a server, in plain words.

use dbha_sql::SqlError;

/// Returns advice for an error that a server gave, or that kept a server from answering.
pub(crate) fn for_error(error: &SqlError) -> String {
    match error {
        SqlError::Connect { .. } => {
            "see that the server runs and is reachable, then run the same command again".to_owned()
        }
        SqlError::Lost { .. } | SqlError::TimedOut { .. } => {
            "run the same command again: it looks at what took effect and goes on from there".to_owned()
        }
        _ => match error.code().and_then(|code| for_link(u32::from(code))) {
            Some(advice) => advice.to_owned(),
            None => "mend the cause, then run the same command again: it goes on from here".to_owned(),
        },
    }
}

/// Returns advice for an error number of a replication link.
pub(crate) fn for_link(code: u32) -> Option<&'static str> {
    Some(match code {
        1045 | 1698 => {
            "the account, its password or its host part is refused: run dbha setup again, it gives both sides a new password"
        }
        1130 => "no account there allows this host: run dbha setup again, or give --replication-host",
        1227 | 1142 | 1044 => "the account that dbha logs in with lacks a privilege",
        1205 => {
            "something holds a lock on the server: look at SHOW PROCESSLIST, then run the same command again"
        }
        2003 | 2002 => {
            "nothing answers at that address: check the firewall and bind-address, or give --primary-address / --secondary-address as the other server sees it"
        }
        2005 => {
            "the host name is unknown on that server: give --primary-address / --secondary-address as the other server sees it"
        }
        2013 | 2006 => "the connection broke: check the network between the two servers",
        2026 => "TLS failed between the two servers: check the certificates",
        2061 => "the source wants TLS or its public key for this login",
        1597 | 13120 => "the account lacks REPLICATION SLAVE",
        1593 | 13117 => {
            "both servers have one server_id: run dbha setup again, and put the lines of dbha render my.cnf into the option file"
        }
        3678 => {
            "a clone that was cut off left empty directories of databases, which only another clone takes over: run the \
             same command with --copy clone-plugin, or remove the empty directories from the server's data directory"
        }
        4151 | 3118 => "the account is locked: ALTER USER … ACCOUNT UNLOCK",
        1236 | 13114 => {
            "the source has purged binary logs that are needed, or does not yet have what this server asks for: dbha setup mends the second case, dbha setup --overwrite-secondary the first"
        }
        1062 => {
            "a row is there already: the two servers have diverged; compare the row on both; if the primary is right, dbha setup --overwrite-secondary builds the secondary anew"
        }
        1032 => {
            "a row to be changed is missing: the two servers have diverged; compare the row on both; if the primary is right, dbha setup --overwrite-secondary builds the secondary anew"
        }
        1290 => "the server is read-only",
        _ => return None,
    })
}
