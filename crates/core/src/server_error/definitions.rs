//! Errors that stop the SQL thread because definitions or files of the replica are not what they should be.

use super::{ServerError, next, number};

pub(super) const ERRORS: &[ServerError] = &[
    ServerError {
        numbers: &[number(1396, "ER_CANNOT_USER", "ER_CANNOT_USER")],
        title: "An account is on one side only",
        effect: "stops the SQL thread",
        says: "Error 'Operation CREATE USER failed for 'app'@'10.0.0.%'' on query",
        means: "CREATE USER met an account that the replica has already, or ALTER, DROP or RENAME USER one that it lacks. Accounts \
                are data of a pair: both servers have to have the same.",
        causes: &[
            "an account was made or dropped on the replica itself, or with sql_log_bin = 0",
            "accounts were copied by hand at another moment than the rows",
        ],
        cases: &[],
        next: &[
            next(
                "Compare the account on both servers:",
                "SELECT user, host FROM mysql.user WHERE user = 'app';\n\
                 SHOW GRANTS FOR 'app'@'10.0.0.%';",
            ),
            next(
                "CREATE USER failed: remove the replica's own account, unlogged; the transaction makes it again:",
                "SET SESSION sql_log_bin = 0;\n\
                 DROP USER 'app'@'10.0.0.%';\n\
                 START SLAVE SQL_THREAD;",
            ),
            next(
                "DROP USER failed: make one that nobody can use, unlogged; the transaction drops it:",
                "SET SESSION sql_log_bin = 0;\n\
                 CREATE USER 'app'@'10.0.0.%' ACCOUNT LOCK;\n\
                 START SLAVE SQL_THREAD;",
            ),
            next(
                "ALTER or RENAME USER failed: make it as the source has it (SHOW CREATE USER and SHOW GRANTS there), unlogged, \
                 then START SLAVE SQL_THREAD. Afterwards, accounts that differ are named by:",
                "dbha verify --primary db1 --secondary db2",
            ),
        ],
        flavours: "The error shows the whole statement, with the hash of the password. MariaDB: CREATE OR REPLACE USER and DROP USER IF \
                   EXISTS never fail this way. MySQL: START REPLICA SQL_THREAD; super_read_only has to be off for the moment.",
        advice: "an account is on one side only: compare it on both, mend the replica's in a session with sql_log_bin = 0, then \
                 START SLAVE SQL_THREAD; dbha explain 1396 has the statements",
    },
    ServerError {
        numbers: &[
            number(1677, "ER_SLAVE_CONVERSION_FAILED", ""),
            number(13146, "", "ER_SERVER_REPLICA_CONVERSION_FAILED"),
        ],
        title: "A column has another type on the replica",
        effect: "stops the SQL thread",
        says: "Column 1 of table 'shop.orders' cannot be converted from type 'bigint' to type 'int(11)'",
        means: "The table is defined differently on the two servers, and the value of the source may not fit on the replica.",
        causes: &[
            "an ALTER ran on one server only: with sql_log_bin = 0, on the replica by hand, or by a tool that swaps tables",
            "the table was made on both servers by two versions of an application",
        ],
        cases: &[],
        next: &[
            next("Compare the definitions:", "SHOW CREATE TABLE shop.orders;"),
            next(
                "Give the replica's table the source's types, unlogged, then let the transaction in:",
                "SET SESSION sql_log_bin = 0;\n\
                 ALTER TABLE shop.orders MODIFY amount BIGINT NOT NULL;\n\
                 START SLAVE SQL_THREAD;",
            ),
            next(
                "Compare everything; other tables are named:",
                "dbha verify --primary db1 --secondary db2",
            ),
        ],
        flavours: "1677 on MariaDB and MySQL 5.7, 13146 on MySQL 8.0 and later (START REPLICA SQL_THREAD there). \
                   slave_type_conversions = ALL_LOSSY makes the error go away by cutting values short without a word.",
        advice: "the table has another definition here: compare SHOW CREATE TABLE on both, ALTER the replica's with \
                 sql_log_bin = 0, then START SLAVE SQL_THREAD",
    },
    ServerError {
        numbers: &[
            number(1146, "ER_NO_SUCH_TABLE", "ER_NO_SUCH_TABLE"),
            number(1049, "ER_BAD_DB_ERROR", "ER_BAD_DB_ERROR"),
            number(1050, "ER_TABLE_EXISTS_ERROR", "ER_TABLE_EXISTS_ERROR"),
            number(1051, "ER_BAD_TABLE_ERROR", "ER_BAD_TABLE_ERROR"),
            number(1007, "ER_DB_CREATE_EXISTS", "ER_DB_CREATE_EXISTS"),
            number(1008, "ER_DB_DROP_EXISTS", "ER_DB_DROP_EXISTS"),
            number(1054, "ER_BAD_FIELD_ERROR", "ER_BAD_FIELD_ERROR"),
            number(1091, "ER_CANT_DROP_FIELD_OR_KEY", "ER_CANT_DROP_FIELD_OR_KEY"),
        ],
        title: "A database, table or column is on one side only",
        effect: "stops the SQL thread",
        says: "Error 'Table 'shop.orders' doesn't exist' on query",
        means: "The source defined or used something that the replica lacks, or has already. The two servers have diverged in \
                their definitions.",
        causes: &[
            "something was created, altered or dropped on the replica itself, or with sql_log_bin = 0 on the source",
        ],
        cases: &[],
        next: &[
            next(
                "Compare the definition on both servers:",
                "SHOW CREATE TABLE shop.orders;",
            ),
            next(
                "Missing on the replica, and new: bring its definition over, unlogged, then START SLAVE SQL_THREAD. If it has older rows \
                 on the source, build the secondary anew instead:",
                "mariadb-dump --host=db1 --no-data --skip-triggers shop orders \
                 | mariadb --host=db2 --init-command='SET SESSION sql_log_bin = 0' shop",
            ),
            next(
                "On the replica already: rename it, unlogged, so that nothing is lost, and let the transaction in:",
                "SET SESSION sql_log_bin = 0;\n\
                 RENAME TABLE shop.orders TO shop.orders_of_replica;\n\
                 START SLAVE SQL_THREAD;",
            ),
            next(
                "Compare everything afterwards; or build the secondary anew with dbha setup --overwrite-secondary:",
                "dbha verify --primary db1 --secondary db2",
            ),
        ],
        flavours: "MySQL: START REPLICA SQL_THREAD, and mysqldump --set-gtid-purged=OFF.",
        advice: "a definition is on one side only: compare SHOW CREATE TABLE on both, mend the replica's with sql_log_bin = 0; or \
                 dbha setup --overwrite-secondary builds the secondary anew",
    },
    ServerError {
        numbers: &[
            number(1594, "ER_SLAVE_RELAY_LOG_READ_FAILURE", ""),
            number(13121, "", "ER_REPLICA_RELAY_LOG_READ_FAILURE"),
        ],
        title: "The relay log cannot be read",
        effect: "stops the SQL thread",
        says: "Relay log read failure: Could not parse relay log event entry",
        means: "What the replica had received and not yet applied is damaged on its disk; seldom, the source's binary log is. With \
                GTIDs the replica knows what it has applied, and everything after that can be fetched again from the source.",
        causes: &[
            "the machine lost its power or the disk was full while the relay log was written",
            "a file was removed or changed by hand",
        ],
        cases: &[],
        next: &[
            next(
                "The source must still be there and have what is missing; a status that shows both servers says so. If the source is \
                 gone for good, keep a copy of the relay logs before anything else:",
                "dbha status --primary db1 --secondary db2",
            ),
            next(
                "MariaDB throws the relay log away when both threads were stopped, and fetches anew by GTID:",
                "STOP SLAVE;\n\
                 START SLAVE;",
            ),
            next(
                "MySQL keeps it; this throws it away, keeps where it connects to, and fetches anew by GTID:",
                "STOP REPLICA;\n\
                 RESET REPLICA;\n\
                 START REPLICA;",
            ),
            next(
                "The same error again at the same place: the source's own log is damaged there. Check it on the source, and \
                 build the secondary anew if it is:",
                "mariadb-binlog --verify-binlog-checksum binlog.000007 > /dev/null\n\
                 dbha setup --primary db1 --secondary db2 --overwrite-secondary db2",
            ),
        ],
        flavours: "1594 on MariaDB and MySQL 5.7, 13121 on MySQL 8.0 and later. On MySQL relay_log_recovery = ON, which dbha sets, does \
                   the same at each restart of the server. Links by file and position, which dbha does not make, need a position instead.",
        advice: "the relay log is damaged; by GTID it can be fetched anew while the source is there: STOP and START SLAVE on \
                 MariaDB, with RESET REPLICA between them on MySQL",
    },
    ServerError {
        numbers: &[
            number(
                1872,
                "ER_SLAVE_RLI_INIT_REPOSITORY",
                "ER_REPLICA_AM_INIT_REPOSITORY",
            ),
            number(13124, "", "ER_SERVER_REPLICA_AM_INIT_REPOSITORY"),
            number(1201, "ER_MASTER_INFO", ""),
        ],
        title: "The replica cannot find its own place",
        effect: "no thread starts",
        says: "Replica failed to initialize applier metadata structure from the repository",
        means: "What the server noted about its relay log does not fit the files that it finds. With GTIDs it does not need the \
                files: it knows what it has applied, and can fetch the rest again.",
        causes: &[
            "relay logs were removed, or the data directory came from another server or another host name, after which relay logs \
             have another name (relay_log sets one for good)",
            "the disk was full or the files belong to another user",
        ],
        cases: &[],
        next: &[
            next(
                "The server's error log names the file; mend rights or disk space first if it is that:",
                "ls -l /var/lib/mysql/*relay*",
            ),
            next(
                "Throw the relay logs away and fetch anew by GTID; where it connects to stays (RESET SLAVE without ALL):",
                "STOP SLAVE;\n\
                 RESET SLAVE;\n\
                 START SLAVE;",
            ),
            next(
                "See that both threads run and what else is to be mended, such as the link's definition:",
                "dbha setup --primary db1 --secondary db2",
            ),
        ],
        flavours: "MySQL: STOP, RESET, START REPLICA; 1872 is the answer to START REPLICA, 13124 stands in status and error log (8.0 and \
                   later); with relay_log_recovery = ON, which dbha sets, it does not come up. MariaDB answers START SLAVE with 1201 'Could not \
                   initialize master info structure', and its status shows two stopped threads without an error.",
        advice: "the replica's notes about its relay log do not fit the files; by GTID it can fetch anew: STOP, RESET (without \
                 ALL) and START of the link, then dbha setup",
    },
];
