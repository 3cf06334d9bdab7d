//! Errors of accounts: of links, and of dbha itself.

use super::{ServerError, next, number};

pub(super) const ERRORS: &[ServerError] = &[
    ServerError {
        numbers: &[
            number(1045, "ER_ACCESS_DENIED_ERROR", "ER_ACCESS_DENIED_ERROR"),
            number(
                1698,
                "ER_ACCESS_DENIED_NO_PASSWORD_ERROR",
                "ER_ACCESS_DENIED_NO_PASSWORD_ERROR",
            ),
        ],
        title: "The login is refused",
        effect: "the IO thread tries again; dbha: exit code 4",
        says: "Access denied for user 'dbha_repl'@'10.0.0.12' (using password: YES)",
        means: "The server was reached, and account, password or host part do not fit. The host in the message is the one that the server \
                saw: an account for another host does not count.",
        causes: &[
            "the password was changed on the source and not in the link, or an ALTER USER came over by replication",
            "the replica comes from another address than before: NAT, a container, IPv6, a second network card",
            "the account was dropped, or a narrower account ('dbha_repl'@'10.%') is in front of it",
            "REQUIRE SSL on the account, and the link does not use TLS",
        ],
        cases: &[],
        next: &[
            next(
                "Which accounts are there, and which one takes this host? On the source:",
                "SELECT user, host FROM mysql.user WHERE user = 'dbha_repl';",
            ),
            next(
                "For a link: both links get a new password, and the account the host that the peer comes from:",
                "dbha setup --primary db1 --secondary db2",
            ),
            next(
                "For dbha's own login: try the same account from the same machine:",
                "mariadb --host=10.0.0.11 --user=dbha_admin --password -e 'SELECT CURRENT_USER()'",
            ),
        ],
        flavours: "1698 is what socket logins get (unix_socket on MariaDB, auth_socket on MySQL): they need the operating system's user, \
                   not a password. MariaDB cuts replication passwords longer than 32 characters, and fails only after a restart.",
        advice: "the account, its password or its host part is refused: run dbha setup again, it gives both sides a new password",
    },
    ServerError {
        numbers: &[number(1130, "ER_HOST_NOT_PRIVILEGED", "ER_HOST_NOT_PRIVILEGED")],
        title: "No account allows this host",
        effect: "the IO thread tries again; dbha: exit code 4",
        says: "Host '10.0.0.12' is not allowed to connect to this MariaDB server",
        means: "Not one account of the server, under any name, is for the host that the connection comes from; no password was asked.",
        causes: &[
            "the account is for another address or for a name that the server cannot resolve (skip_name_resolve)",
            "the replica moved to another address",
        ],
        cases: &[],
        next: &[
            next("On the source:", "SELECT user, host FROM mysql.user;"),
            next(
                "For a link: let dbha ask each server how it knows the other, or name the host part yourself:",
                "dbha setup --primary db1 --secondary db2\n\
                 dbha setup --primary db1 --secondary db2 --replication-host '10.0.0.%'",
            ),
        ],
        flavours: "MySQL says 'MySQL server'.",
        advice: "no account there allows this host: run dbha setup again, or give --replication-host",
    },
    ServerError {
        numbers: &[
            number(4151, "ER_ACCOUNT_HAS_BEEN_LOCKED", ""),
            number(3118, "", "ER_ACCOUNT_HAS_BEEN_LOCKED"),
        ],
        title: "The account is locked",
        effect: "the IO thread tries again; dbha: exit code 4",
        says: "Access denied, this account is locked",
        means: "Somebody locked the account on purpose, or a rule of the server did.",
        causes: &[
            "ALTER USER … ACCOUNT LOCK",
            "too many wrong passwords (FAILED_LOGIN_ATTEMPTS on MySQL, max_password_errors on MariaDB)",
        ],
        cases: &[],
        next: &[next(
            "If nobody had a reason for it, on the source:",
            "ALTER USER 'dbha_repl'@'10.0.0.12' ACCOUNT UNLOCK;",
        )],
        flavours: "4151 on MariaDB, 3118 on MySQL, where 4151 is something else.",
        advice: "the account is locked: ALTER USER … ACCOUNT UNLOCK",
    },
    ServerError {
        numbers: &[
            number(
                1227,
                "ER_SPECIFIC_ACCESS_DENIED_ERROR",
                "ER_SPECIFIC_ACCESS_DENIED_ERROR",
            ),
            number(1142, "ER_TABLEACCESS_DENIED_ERROR", "ER_TABLEACCESS_DENIED_ERROR"),
            number(1044, "ER_DBACCESS_DENIED_ERROR", "ER_DBACCESS_DENIED_ERROR"),
        ],
        title: "A privilege is missing",
        effect: "a command of dbha fails",
        says: "Access denied; you need (at least one of) the SUPER privilege(s) for this operation",
        means: "The account that dbha logs in with may not do this. A preflight names all that is missing at once (DBHA-P06).",
        causes: &[
            "an account with fewer privileges than a set-up needs",
            "MariaDB 11 and later: SUPER no longer holds the others",
        ],
        cases: &[],
        next: &[
            next("What it has:", "SHOW GRANTS;"),
            next("What it lacks:", "dbha preflight --primary db1 --secondary db2"),
        ],
        flavours: "The privileges have other names on each; the message names the one that was asked for.",
        advice: "the account that dbha logs in with lacks a privilege",
    },
];
