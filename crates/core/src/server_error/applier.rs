//! Errors that stop the SQL thread because the data of the two servers is not what it should be.

use super::{ServerError, next, number};

pub(super) const ERRORS: &[ServerError] = &[
    ServerError {
        numbers: &[number(1062, "ER_DUP_ENTRY", "ER_DUP_ENTRY")],
        title: "A row is there already",
        effect: "stops the SQL thread",
        says: "Could not execute Write_rows event on table shop.orders; Duplicate entry '17' for key 'PRIMARY'; handler error HA_ERR_FOUND_DUPP_KEY",
        means: "The source sent a row that the replica has already under the same primary or unique key. The two servers have \
                diverged. Nothing from this transaction on is applied, and nothing is lost: it waits.",
        causes: &[
            "rows were written on the replica itself: by an account that read_only does not hold back, on a standby that was \
             open for a while, or in a session with sql_log_bin = 0",
            "both servers take writes and both used one key: a unique key, a sequence, or equal auto_increment offsets",
            "the link began at an older position than the copy, so that transactions come twice; on MariaDB also when the \
             position lacks domain 0",
            "the server_id of the primary was changed under open sessions, and their own rows came back (MariaDB, not strict)",
        ],
        cases: &[],
        next: &[
            next(
                "The error names the table, the value and the key. Look at that row on both servers:",
                "SELECT * FROM shop.orders WHERE id = 17;",
            ),
            next(
                "Save the replica's row if it is worth anything, from the replica:",
                "mariadb-dump --single-transaction --no-create-info --where='id = 17' shop orders > orders-17.sql",
            ),
            next(
                "If the source's row is the right one, or both are equal: on the replica, take its own row out of the way, \
                 unlogged and without cascades, and let the transaction in. It is applied, not skipped:",
                "SET SESSION sql_log_bin = 0, foreign_key_checks = 0;\n\
                 DELETE FROM shop.orders WHERE id = 17;\n\
                 START SLAVE SQL_THREAD;",
            ),
            next(
                "If the replica's row is the right one: do the same, then change the row on the source by an ordinary UPDATE.",
                "",
            ),
            next(
                "One such row is seldom alone. Once the link runs, compare everything; every other row is named by its key:",
                "dbha verify --primary db1 --secondary db2",
            ),
            next(
                "Many rows, and the primary is right: build the secondary anew:",
                "dbha setup --primary db1 --secondary db2 --overwrite-secondary db2",
            ),
        ],
        flavours: "MySQL: START REPLICA SQL_THREAD and mysqldump --set-gtid-purged=OFF; on a standby with super_read_only, SET GLOBAL \
                   super_read_only = OFF before the DELETE and ON after it. With several workers the row is named in \
                   performance_schema.replication_applier_status_by_worker.",
        advice: "a row is there already: the two servers have diverged; compare the row on both; if the primary is right, \
                 dbha setup --overwrite-secondary builds the secondary anew",
    },
    ServerError {
        numbers: &[number(1032, "ER_KEY_NOT_FOUND", "ER_KEY_NOT_FOUND")],
        title: "A row to be changed is missing",
        effect: "stops the SQL thread",
        says: "Could not execute Update_rows event on table shop.orders; Can't find record in 'orders'; handler error \
               HA_ERR_KEY_NOT_FOUND; the event's source log binlog.000007, end_log_pos 4711",
        means: "The source changed or deleted a row that the replica does not have, or has with other values where the table \
                has no key. The two servers have diverged. Nothing from this transaction on is applied, and nothing is lost: it waits.",
        causes: &[
            "rows were deleted or changed on the replica itself",
            "the copy was not of one moment, or the link began at a later position than the copy",
            "the row got lost in an earlier accident: errors that were skipped, a write with sql_log_bin = 0 on the source",
            "a MEMORY table, which is empty after a restart of the replica",
        ],
        cases: &[],
        next: &[
            next(
                "See which row it is. The error names file and position, at which the source's log shows the event with all \
                 old values after WHERE (mysqlbinlog on MySQL):",
                "mariadb-binlog --read-from-remote-server --host=db1 --base64-output=decode-rows --verbose \
                 --stop-position=4711 binlog.000007 | tail -40",
            ),
            next(
                "Look at that row on both servers:",
                "SELECT * FROM shop.orders WHERE id = 17;",
            ),
            next(
                "An UPDATE, and the row is on the source: bring this one row over, unlogged on the replica:",
                "mariadb-dump --host=db1 --single-transaction --no-create-info --skip-triggers --compact --where='id = 17' shop orders \
                 | mariadb --host=db2 --init-command='SET SESSION sql_log_bin = 0, foreign_key_checks = 0' shop",
            ),
            next(
                "A DELETE, or the row is gone on the source as well: put it in as the event shows it; a row with this primary \
                 key is enough for the event to find. In a session of the replica:",
                "SET SESSION sql_log_bin = 0, foreign_key_checks = 0;\n\
                 INSERT INTO shop.orders (id, …) VALUES (17, …);",
            ),
            next(
                "Let the transaction in; it is applied, not skipped:",
                "START SLAVE SQL_THREAD;",
            ),
            next(
                "One such row is seldom alone. Once the link runs, compare everything; every other row is named by its key:",
                "dbha verify --primary db1 --secondary db2",
            ),
            next(
                "Many rows, and the primary is right: build the secondary anew:",
                "dbha setup --primary db1 --secondary db2 --overwrite-secondary db2",
            ),
        ],
        flavours: "MySQL: START REPLICA SQL_THREAD, and mysqldump --set-gtid-purged=OFF; on a standby with super_read_only, SET GLOBAL \
                   super_read_only = OFF before and ON after. Without any key on the table the row must have all old values on both.",
        advice: "a row to be changed is missing: the two servers have diverged; compare the row on both; if the primary is \
                 right, dbha setup --overwrite-secondary builds the secondary anew",
    },
    ServerError {
        numbers: &[number(1950, "ER_GTID_STRICT_OUT_OF_ORDER", "")],
        title: "A transaction whose number comes too late for its domain",
        effect: "stops the SQL thread",
        says: "An attempt was made to binlog GTID 0-1-100 which would create an out-of-order sequence number with existing GTID \
               0-2-105, and gtid strict mode is enabled",
        means: "The replica's binary log has a transaction of this domain (the first figure) with a higher number already, so \
                somebody else wrote into the domain. Strict mode stops here, because later two servers would take different \
                transactions for one.",
        causes: &[
            "both servers have one gtid_domain_id, and both took writes: a pair that was made by hand, or a MariaDB secondary \
             that lost its settings at a restart",
            "the primary's server_id was changed, and transactions of sessions that were open then come back to it as if they \
             were another's",
            "a server was set back to an older backup, and counts again from there",
        ],
        cases: &[],
        next: &[
            next(
                "On both servers, see who writes as what:",
                "SELECT @@server_id, @@gtid_domain_id, @@gtid_binlog_pos, @@gtid_slave_pos;",
            ),
            next(
                "The primary has another server_id than the pair was made with (status says so): give it back; what came back \
                 is then known as its own:",
                "SET GLOBAL server_id = 1;\n\
                 dbha setup --primary db1 --secondary db2",
            ),
            next(
                "Both have one domain: see what the replica wrote itself, in the log that holds the existing GTID of the error; \
                 save the rows if they matter:",
                "mariadb-binlog --read-from-remote-server --host=db2 --base64-output=decode-rows --verbose binlog.000003",
            ),
            next(
                "Then build the secondary anew, which gives it a domain of its own:",
                "dbha setup --primary db1 --secondary db2 --overwrite-secondary db2",
            ),
        ],
        flavours: "MariaDB only. To switch gtid_strict_mode off hides it: the link runs, and the next server that connects by GTID \
                   misses transactions. MySQL's GTIDs name the server_uuid that wrote them, so this cannot happen there.",
        advice: "another server wrote into this GTID domain: compare @@server_id and @@gtid_domain_id of both; after that \
                 dbha setup --overwrite-secondary builds the secondary anew",
    },
    ServerError {
        numbers: &[
            number(1590, "ER_SLAVE_INCIDENT", ""),
            number(13119, "", "ER_REPLICA_INCIDENT"),
        ],
        title: "The source could not write its binary log",
        effect: "stops the SQL thread",
        says: "The incident LOST_EVENTS occurred on the source. Message: error writing to the binary log",
        means: "Something was committed on the source that is missing in its binary log. The replica can never get it by replication, so \
                the two servers have diverged.",
        causes: &[
            "the source's disk was full, or a transaction was larger than max_binlog_cache_size on a table without transactions",
        ],
        cases: &[],
        next: &[next(
            "Look at the source's disk and error log first; then build the secondary anew. Stepping over it would keep the \
                 loss, and hide it:",
            "dbha setup --primary db1 --secondary db2 --overwrite-secondary db2",
        )],
        flavours: "1590 on MariaDB and MySQL 5.7, 13119 on MySQL 8.0 and later.",
        advice: "the source has rows that its binary log lacks: look at its disk, then dbha setup --overwrite-secondary builds \
                 the secondary anew",
    },
    ServerError {
        numbers: &[
            number(1205, "ER_LOCK_WAIT_TIMEOUT", "ER_LOCK_WAIT_TIMEOUT"),
            number(1213, "ER_LOCK_DEADLOCK", "ER_LOCK_DEADLOCK"),
        ],
        title: "A lock was not granted in time",
        effect: "stops the SQL thread, after some tries",
        says: "Lock wait timeout exceeded; try restarting transaction",
        means: "A transaction on this server holds a lock that is needed. A link tries again by itself (10 times, \
                slave_transaction_retries) before it stops; nothing has diverged.",
        causes: &["a long transaction, a backup or a report on the replica"],
        cases: &[],
        next: &[
            next(
                "See who holds it, on that server:",
                "SHOW FULL PROCESSLIST;\n\
                 SELECT trx_mysql_thread_id, trx_started, trx_query FROM information_schema.innodb_trx ORDER BY trx_started;",
            ),
            next(
                "End that transaction or wait for it; then start what stopped:",
                "dbha setup --primary db1 --secondary db2",
            ),
        ],
        flavours: "MySQL 8.0.26 and later: replica_transaction_retries.",
        advice: "something holds a lock on the server: look at SHOW PROCESSLIST, then run the same command again",
    },
];
