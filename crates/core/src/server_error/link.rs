//! Errors with which a source answers a replica that has logged in.

use super::{ServerError, case, next, number};

pub(super) const ERRORS: &[ServerError] = &[
    ServerError {
        numbers: &[
            number(
                1236,
                "ER_MASTER_FATAL_ERROR_READING_BINLOG",
                "ER_SOURCE_FATAL_ERROR_READING_BINLOG",
            ),
            number(13114, "", "ER_SERVER_SOURCE_FATAL_ERROR_READING_BINLOG"),
        ],
        title: "The source cannot send what the replica asks for",
        effect: "stops the IO thread",
        says: "Got fatal error 1236 from source when reading data from binary log: '…'",
        means: "The replica named what it has, and the source's binary logs do not continue from there. Only the words after the \
                number say why.",
        causes: &[
            "binary logs expired, or were purged, before the replica had read them",
            "a server came back from a crash without its last transactions (sync_binlog was not 1), or from a backup",
            "RESET MASTER on a source",
        ],
        cases: &[
            case(
                "Could not find GTID state requested by slave in any binlog files",
                "MariaDB: logs are purged that the replica still needs. It may also need only its own transactions, which came back \
                 to it from the other server once and are purged there: then nothing is missing.",
                "dbha setup tells the two apart: it moves the own position forward, which loses nothing, and starts the link. What is \
                 really missing is named, and needs dbha setup --overwrite-secondary.",
            ),
            case(
                "which is not in the master's binlog",
                "MariaDB: the replica is ahead of the source. Either its own newest transactions have not reached the source yet, or the \
                 source has lost some in a crash.",
                "See with dbha status that the other direction runs and MISSING is 0, then dbha setup starts this one. If the source \
                 lost transactions: dbha verify names the rows; save them, then build the wrong side anew.",
            ),
            case(
                "the source purged required binary logs",
                "MySQL: logs are purged that the replica still needs.",
                "dbha setup --overwrite-secondary builds the secondary anew; keep logs for longer (binlog_expire_logs_seconds).",
            ),
            case(
                "Replica has more GTIDs than the source has, using the source's SERVER_UUID",
                "MySQL: the source lost transactions that it had sent already, as after a crash with sync_binlog other than 1.",
                "Nothing must write on either side. dbha verify names the rows that differ; decide which side is right, save the other's \
                 rows, then dbha setup --overwrite-secondary with the right one as primary.",
            ),
            case(
                "Could not find first log file name in binary log index file",
                "The file that the replica asks for is gone: a link by file and position, or RESET MASTER on the source.",
                "dbha setup makes the link one by GTID; after a RESET it says that the secondary has to be built anew.",
            ),
            case(
                "Binary log is not open",
                "MariaDB: the source runs without a binary log.",
                "dbha render my.cnf prints the lines; put them into its option file and restart it.",
            ),
            case(
                "same server_uuid/server_id as this replica has connected",
                "Another replica, or a second connection of this one, has the same identity and takes its place.",
                "Give each server its own server_id and (MySQL) its own auto.cnf; see dbha explain 1593.",
            ),
            case(
                "log event entry exceeded max_allowed_packet",
                "One event is larger than the limit, or the position is not at the beginning of an event.",
                "SET GLOBAL max_allowed_packet = 1073741824 on the source, and SET GLOBAL slave_max_allowed_packet = 1073741824 on \
                 the replica (replica_max_allowed_packet on MySQL); then dbha setup starts the link.",
            ),
            case(
                "binlog truncated in the middle of event",
                "The source's log is damaged: its disk was full, or it lost its power.",
                "See that the source has room, then build the secondary anew with dbha setup --overwrite-secondary.",
            ),
            case(
                "bogus data in log event",
                "The position is not at the beginning of an event, or the source's log is damaged.",
                "mariadb-binlog --verify-binlog-checksum FILE on the source tells which; then dbha setup, which goes by GTID.",
            ),
        ],
        next: &[
            next(
                "Read the words after the number, see above. In all cases this changes no data, starts what can be started, and \
                 names what cannot:",
                "dbha setup --primary db1 --secondary db2",
            ),
            next(
                "What each side has, and what the source's logs still hold:",
                "SELECT @@gtid_binlog_pos, @@gtid_slave_pos;\n\
                 SHOW BINARY LOGS;",
            ),
            next(
                "If logs are really gone: build the secondary anew:",
                "dbha setup --primary db1 --secondary db2 --overwrite-secondary db2",
            ),
        ],
        flavours: "1236 on MariaDB and MySQL 5.7. On MySQL 8.0 and later status and error log show 13114, and 1236 stands in the text; the \
                   positions are SELECT @@gtid_executed, @@gtid_purged. MariaDB's IO thread does not try again by itself after it.",
        advice: "the source has purged binary logs that are needed, or does not yet have what this server asks for: dbha setup \
                 mends the second case, dbha setup --overwrite-secondary the first",
    },
    ServerError {
        numbers: &[
            number(1593, "ER_SLAVE_FATAL_ERROR", "ER_BINLOG_FATAL_ERROR"),
            number(13117, "", "ER_REPLICA_FATAL_ERROR"),
        ],
        title: "Both servers have one identity, or another fatal error",
        effect: "stops the IO thread",
        says: "Fatal error: The slave I/O thread stops because master and slave have equal MariaDB server ids; these ids must be different",
        means: "Almost always: the source answered with the replica's own server_id, or (MySQL) server_uuid. Each would take the other's \
                transactions for its own and leave them out.",
        causes: &[
            "MariaDB lost its server_id at a restart, because it was set by statement and does not stand in the option file: it is 1 again",
            "a machine or data directory was copied, with its option file or auto.cnf",
            "the link leads to the server itself: a wrong address, an alias, a virtual address",
        ],
        cases: &[
            case(
                "equal MariaDB server ids",
                "Both have one server_id.",
                "Before dbha setup read what the guide says of restarting servers: transactions that the secondary wrote under this id \
                 are named (DBHA-P33), they would be left out silently.",
            ),
            case(
                "equal MySQL server ids",
                "Both have one server_id.",
                "dbha setup gives the secondary its own again (SET PERSIST); the command line of the server wins over it.",
            ),
            case(
                "equal MySQL server UUIDs",
                "The data directory of one is a copy of the other's.",
                "On the copied one: remove auto.cnf from the data directory and restart it; it makes itself a new one. Then dbha setup.",
            ),
        ],
        next: &[
            next("On both servers:", "SELECT @@server_id, @@hostname, @@port;"),
            next(
                "See what else the restart has lost, then have it put back:",
                "dbha status --primary db1 --secondary db2\n\
                 dbha setup --primary db1 --secondary db2",
            ),
            next(
                "Have it survive the next restart (MariaDB), in the option file of the secondary:",
                "dbha render my.cnf --server secondary --primary db1 --secondary db2",
            ),
        ],
        flavours: "1593 on MariaDB and MySQL 5.7; on MySQL 8.0 and later 13117, whose texts say source and replica. Other texts after \
                   'Fatal error:' are said in full; they are no matter of identity.",
        advice: "both servers have one server_id: run dbha setup again, and put the lines of dbha render my.cnf into the option file",
    },
    ServerError {
        numbers: &[
            number(1597, "ER_SLAVE_MASTER_COM_FAILURE", ""),
            number(13120, "", "ER_REPLICA_SOURCE_COM_FAILURE"),
        ],
        title: "The source refuses a command of the replica",
        effect: "stops the IO thread",
        says: "Master command COM_REGISTER_SLAVE failed: Access denied for user 'dbha_repl'@'10.0.0.12'",
        means: "The login works, and the account may not replicate; or the source was busy or went away at that moment.",
        causes: &["REPLICATION SLAVE was revoked from the account, or never granted"],
        cases: &[],
        next: &[
            next(
                "On the source:",
                "SELECT user, host FROM mysql.user WHERE user = 'dbha_repl';\n\
                 SHOW GRANTS FOR 'dbha_repl'@'10.0.0.12';",
            ),
            next(
                "Put the account's grants back; passwords stay where they work:",
                "dbha setup --primary db1 --secondary db2",
            ),
        ],
        flavours: "1597 on MariaDB and MySQL 5.7, 13120 on MySQL 8.0 and later.",
        advice: "the account lacks REPLICATION SLAVE",
    },
    ServerError {
        numbers: &[
            number(1623, "ER_SLAVE_HEARTBEAT_FAILURE", ""),
            number(13118, "", "ER_REPLICA_HEARTBEAT_FAILURE"),
        ],
        title: "The source's heartbeat does not fit",
        effect: "stops the IO thread",
        says: "Unexpected source's heartbeat data: …",
        means: "The sign of life that an idle source sends names another place in the binary log than the replica has read up to.",
        causes: &["the source's binary logs were reset or lost their end while the replica was connected"],
        cases: &[],
        next: &[
            next(
                "Connect anew, by GTID; a source that lost something is then named by 1236:",
                "dbha setup --primary db1 --secondary db2",
            ),
            next(
                "Then compare, since a source that went back may have lost rows:",
                "dbha verify --primary db1 --secondary db2",
            ),
        ],
        flavours: "1623 on MariaDB and MySQL 5.7, 13118 on MySQL 8.0 and later.",
        advice: "the source's binary log is not where it was: dbha setup connects anew, then dbha verify compares",
    },
];
