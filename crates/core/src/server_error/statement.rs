//! Errors of single statements that dbha, or somebody at a pair, sends.

use super::{ServerError, next, number};

pub(super) const ERRORS: &[ServerError] = &[
    ServerError {
        numbers: &[number(
            1290,
            "ER_OPTION_PREVENTS_STATEMENT",
            "ER_OPTION_PREVENTS_STATEMENT",
        )],
        title: "The server is read-only",
        effect: "a write fails",
        says: "The MariaDB server is running with the --read-only option so it cannot execute this statement",
        means: "On a standby this is as it should be: writes go to the primary. On a primary, somebody made it read-only. An open \
                transaction gets this at its COMMIT, and is rolled back.",
        causes: &[
            "an application is connected to the standby",
            "a server was set read-only by hand or by its option file",
        ],
        cases: &[],
        next: &[
            next(
                "Which one takes writes, and which one should:",
                "dbha status --primary db1 --secondary db2",
            ),
            next(
                "If it is not what was recorded, put it back:",
                "dbha setup --primary db1 --secondary db2",
            ),
        ],
        flavours: "MariaDB's read_only does not hold accounts with SUPER (10.5) or READ ONLY ADMIN; MySQL's super_read_only holds everybody. \
                   The message names the option, which may also be another one.",
        advice: "the server is read-only",
    },
    ServerError {
        numbers: &[number(3678, "", "ER_SCHEMA_DIR_EXISTS")],
        title: "A clone left an empty directory of a database",
        effect: "a copy fails",
        says: "Schema directory './shop' already exists. This must be resolved manually",
        means: "A clone that was cut off left directories that belong to no database.",
        causes: &["a copy by the CLONE plug-in was killed"],
        cases: &[],
        next: &[next(
            "Clone again, which takes the directories over:",
            "dbha setup --primary db1 --secondary db2 --copy clone-plugin",
        )],
        flavours: "MySQL only.",
        advice: "a clone that was cut off left empty directories of databases, which only another clone takes over: run the same \
                 command with --copy clone-plugin, or remove the empty directories from the server's data directory",
    },
];
