-- MariaDB 11.8.6
-- privileges of a set-up: ALL PRIVILEGES, GRANT OPTION

-- session: control
SET NAMES utf8mb4, sql_mode = 'NO_AUTO_VALUE_ON_ZERO,STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', lock_wait_timeout = 10, wait_timeout = 604800, max_statement_time = 0;

-- session: reader
SET NAMES binary, sql_mode = 'NO_AUTO_VALUE_ON_ZERO,STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', lock_wait_timeout = 10, wait_timeout = 604800, net_write_timeout = 28800, transaction_isolation = 'REPEATABLE-READ', max_statement_time = 0;

-- session: loader
SET NAMES binary, sql_mode = 'NO_AUTO_VALUE_ON_ZERO,STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', lock_wait_timeout = 60, wait_timeout = 604800, net_write_timeout = 28800, sql_log_bin = 0, foreign_key_checks = 0, unique_checks = 1, check_constraint_checks = 0, max_statement_time = 0;

-- session: monitor
SET NAMES utf8mb4, sql_mode = 'NO_AUTO_VALUE_ON_ZERO,STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', lock_wait_timeout = 1, wait_timeout = 604800, max_statement_time = 0;

-- facts: identity
SELECT @@global.server_id AS server_id, NULL AS uuid, CURRENT_USER() AS own_user, CAST(UNIX_TIMESTAMP(NOW(6)) AS CHAR) AS now, VERSION() AS version_text;

-- facts: settings
SELECT LOWER(VARIABLE_NAME) AS name, GLOBAL_VALUE AS value, GLOBAL_VALUE_ORIGIN AS origin, NULL AS persisted, READ_ONLY AS fixed FROM information_schema.SYSTEM_VARIABLES WHERE VARIABLE_NAME IN ('server_id', 'gtid_domain_id', 'auto_increment_increment', 'auto_increment_offset', 'log_bin', 'log_bin_basename', 'log_slave_updates', 'binlog_format', 'binlog_row_image', 'sync_binlog', 'innodb_flush_log_at_trx_commit', 'gtid_strict_mode', 'slave_net_timeout', 'relay_log_recovery', 'read_only', 'lower_case_table_names', 'innodb_page_size', 'character_set_server', 'collation_server', 'max_allowed_packet', 'port', 'hostname', 'datadir', 'have_ssl', 'ssl_ca', 'event_scheduler', 'log_bin_trust_function_creators', 'max_connections', 'skip_networking', 'bind_address', 'skip_name_resolve', 'require_secure_transport', 'binlog_expire_logs_seconds', 'max_binlog_total_size', 'slave_connections_needed_for_purge', 'slave_skip_errors', 'sql_slave_skip_counter', 'slave_exec_mode', 'encrypt_binlog', 'sql_mode', 'rpl_semi_sync_master_enabled', 'rpl_semi_sync_slave_enabled', 'rpl_semi_sync_master_timeout', 'rpl_semi_sync_master_wait_point', 'rpl_semi_sync_master_wait_no_slave');

-- a platform's databases and accounts, for people to run
CREATE DATABASE IF NOT EXISTS `region` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE USER IF NOT EXISTS 'rainbond'@'10.0.0.%' IDENTIFIED BY PASSWORD '***';
CREATE USER IF NOT EXISTS 'k3s'@'10.0.0.%' IDENTIFIED BY 'PASSWORD';
GRANT ALL PRIVILEGES ON `region`.* TO 'rainbond'@'10.0.0.%';
GRANT ALL PRIVILEGES ON *.* TO 'cloudpods'@'%' WITH GRANT OPTION;
REVOKE SUPER, READ ONLY ADMIN ON *.* FROM 'cloudpods'@'%';

-- facts: gtids
SELECT @@global.gtid_binlog_pos AS executed, @@global.gtid_slave_pos AS applied, '' AS purged;
SHOW MASTER STATUS;
SHOW BINARY LOGS;
SELECT BINLOG_GTID_POS('binlog.000007', 4) AS purged;

-- facts: links
SHOW ALL SLAVES STATUS;

-- facts: people
SELECT ID AS id, USER AS user, HOST AS host, COMMAND AS command, TIME AS seconds FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() AND ID <> COALESCE(IS_USED_LOCK('dbha.setup'), 0);
SELECT CONVERT(User USING utf8mb4) AS user, CONVERT(Host USING utf8mb4) AS host, is_role AS role FROM mysql.user ORDER BY 1, 2;
SHOW GRANTS;

-- facts: data
SELECT s.SCHEMA_NAME AS name, COALESCE(t.tables, 0) AS tables, COALESCE(t.bytes, 0) AS bytes, COALESCE(t.row_estimate, 0) AS row_estimate, COALESCE(t.views, 0) AS views, COALESCE(r.routines, 0) AS routines, COALESCE(e.events, 0) AS events, t.kine AS kine FROM information_schema.SCHEMATA s LEFT JOIN (SELECT TABLE_SCHEMA AS name, SUM(TABLE_TYPE <> 'VIEW') AS tables, SUM(TABLE_TYPE = 'VIEW') AS views, SUM(COALESCE(TABLE_ROWS, 0)) AS row_estimate, SUM(COALESCE(DATA_LENGTH, 0) + COALESCE(INDEX_LENGTH, 0)) AS bytes, MAX(TABLE_NAME = 'kine') AS kine FROM information_schema.TABLES WHERE TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys') GROUP BY TABLE_SCHEMA) t ON t.name = s.SCHEMA_NAME LEFT JOIN (SELECT ROUTINE_SCHEMA AS name, COUNT(*) AS routines FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys') GROUP BY ROUTINE_SCHEMA) r ON r.name = s.SCHEMA_NAME LEFT JOIN (SELECT EVENT_SCHEMA AS name, COUNT(*) AS events FROM information_schema.EVENTS WHERE EVENT_SCHEMA NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys') GROUP BY EVENT_SCHEMA) e ON e.name = s.SCHEMA_NAME WHERE s.SCHEMA_NAME NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys') ORDER BY s.SCHEMA_NAME;
SELECT ENGINE AS engine, COUNT(*) AS tables, MIN(CONCAT(TABLE_SCHEMA, '.', TABLE_NAME)) AS example FROM information_schema.TABLES WHERE TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') AND ENGINE IS NOT NULL AND TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys') GROUP BY ENGINE ORDER BY ENGINE;

-- facts: surroundings
SELECT t.TABLE_SCHEMA AS schema_name, t.TABLE_NAME AS name, COALESCE(t.ENGINE, '') AS engine, IF(k.TABLE_NAME IS NULL, 'Y', 'N') AS keyless, IF(t.TABLE_TYPE = 'SYSTEM VERSIONED', 'Y', 'N') AS versioned, IF(p.TABLE_NAME IS NULL, 'N', 'Y') AS by_transaction, t.TABLE_ROWS AS row_estimate FROM information_schema.TABLES t LEFT JOIN (SELECT DISTINCT TABLE_SCHEMA, TABLE_NAME FROM information_schema.COLUMNS WHERE COLUMN_KEY = 'PRI' AND TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys')) k ON k.TABLE_SCHEMA = t.TABLE_SCHEMA AND k.TABLE_NAME = t.TABLE_NAME LEFT JOIN (SELECT DISTINCT TABLE_SCHEMA, TABLE_NAME FROM information_schema.COLUMNS WHERE GENERATION_EXPRESSION = 'ROW START' AND DATA_TYPE = 'bigint' AND TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys')) p ON p.TABLE_SCHEMA = t.TABLE_SCHEMA AND p.TABLE_NAME = t.TABLE_NAME WHERE t.TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') AND t.TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys') AND (COALESCE(t.ENGINE, '') <> 'InnoDB' OR k.TABLE_NAME IS NULL OR t.TABLE_TYPE = 'SYSTEM VERSIONED') ORDER BY 1, 2 LIMIT 1000;
SELECT CONVERT(User USING utf8mb4) AS user, CONVERT(Host USING utf8mb4) AS host, COALESCE(JSON_VALUE(Priv, '$.plugin'), 'mysql_native_password') AS plugin, IF(COALESCE(JSON_VALUE(Priv, '$.authentication_string'), '') = '', 'Y', 'N') AS open FROM mysql.global_priv WHERE COALESCE(JSON_VALUE(Priv, '$.is_role'), 0) = 0 AND COALESCE(JSON_VALUE(Priv, '$.account_locked'), 0) = 0 ORDER BY 1, 2;
SELECT DISTINCT CONVERT(Db USING utf8mb4) AS name FROM mysql.db WHERE User = '' ORDER BY 1;
SELECT PLUGIN_NAME AS name FROM information_schema.PLUGINS WHERE PLUGIN_STATUS = 'ACTIVE' AND PLUGIN_TYPE IN ('AUTHENTICATION', 'STORAGE ENGINE', 'REPLICATION') ORDER BY 1;
SELECT LOWER(VARIABLE_NAME) AS name, GLOBAL_VALUE AS value FROM information_schema.SYSTEM_VARIABLES WHERE VARIABLE_NAME IN ('replicate_do_db', 'replicate_ignore_db', 'replicate_do_table', 'replicate_ignore_table', 'replicate_wild_do_table', 'replicate_wild_ignore_table', 'replicate_rewrite_db') AND GLOBAL_VALUE <> '';
SELECT (SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'Threads_connected') AS connections, EXISTS (SELECT 1 FROM mysql.time_zone_name) AS time_zones;
SELECT Path AS path, Available * 1024 AS free FROM information_schema.DISKS;

-- facts: cluster, tls
SELECT CONCAT('Galera (wsrep_on=ON, wsrep_cluster_address=', @@global.wsrep_cluster_address, ')') AS sign FROM DUAL WHERE @@global.wsrep_on = 1 AND @@global.wsrep_cluster_address <> '';
SELECT @@global.have_ssl AS value;

-- settings: change
SET GLOBAL server_id = 2;
SET GLOBAL gtid_domain_id = 2;
SET GLOBAL binlog_format = ROW;
SET GLOBAL gtid_strict_mode = ON;
SET GLOBAL slave_net_timeout = 10;
SET GLOBAL relay_log_recovery = ON;

-- read only: on, off
SET GLOBAL read_only = ON;
SET GLOBAL read_only = OFF;

-- semi-synchronous replication
SET GLOBAL rpl_semi_sync_master_enabled = ON;
SET GLOBAL rpl_semi_sync_master_enabled = OFF;
SET GLOBAL rpl_semi_sync_master_enabled = ON;

-- managed: start closed, open
SET GLOBAL read_only = OFF;

-- choices
CREATE DATABASE IF NOT EXISTS dbha CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE IF NOT EXISTS dbha.choice (name VARCHAR(64) NOT NULL PRIMARY KEY, value VARCHAR(255) NOT NULL) ENGINE=InnoDB;
DELETE FROM dbha.choice;
INSERT INTO dbha.choice (name, value) VALUES ('semi_sync_timeout_ms', '10000'), ('managed', '1'), ('platform', 'rainbond');
CREATE DATABASE IF NOT EXISTS dbha CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE IF NOT EXISTS dbha.choice (name VARCHAR(64) NOT NULL PRIMARY KEY, value VARCHAR(255) NOT NULL) ENGINE=InnoDB;
REPLACE INTO dbha.choice (name, value) VALUES ('platform_account', 'rainbond@10.0.0.%');
SELECT name, value FROM dbha.choice ORDER BY name;

-- monitor: account that opens
CREATE TABLE IF NOT EXISTS dbha.heartbeat (server_id INT UNSIGNED NOT NULL PRIMARY KEY, at_us BIGINT UNSIGNED NOT NULL) ENGINE=InnoDB;
CREATE USER IF NOT EXISTS 'dbha_monitor'@'10.0.0.9' IDENTIFIED BY 'PASSWORD';
GRANT SLAVE MONITOR, BINLOG MONITOR, PROCESS, READ_ONLY ADMIN, REPLICATION MASTER ADMIN ON *.* TO 'dbha_monitor'@'10.0.0.9';
GRANT SELECT ON dbha.* TO 'dbha_monitor'@'10.0.0.9';
GRANT INSERT, UPDATE, DELETE ON dbha.heartbeat TO 'dbha_monitor'@'10.0.0.9';

-- accounts
SET SESSION sql_log_off = 1, SESSION slow_query_log = 0;
CREATE USER IF NOT EXISTS 'dbha_repl'@'10.0.0.2' IDENTIFIED BY PASSWORD '***';
ALTER USER 'dbha_repl'@'10.0.0.2' IDENTIFIED BY PASSWORD '***' REQUIRE SSL;
SET SESSION sql_log_off = 0, SESSION slow_query_log = 1;
REVOKE ALL PRIVILEGES, GRANT OPTION FROM 'dbha_repl'@'10.0.0.2';
GRANT REPLICATION SLAVE ON *.* TO 'dbha_repl'@'10.0.0.2';

-- accounts: drop
DROP USER IF EXISTS 'dbha_repl'@'10.0.0.2';

-- registry
UPDATE dbha.server SET name = _utf8mb4 X'64622732' WHERE server_id = 2;
DELETE FROM dbha.server WHERE server_id NOT IN (1);
DELETE FROM dbha.marker WHERE server_id NOT IN (1);

-- roles
CREATE TABLE IF NOT EXISTS dbha.term (term BIGINT UNSIGNED NOT NULL, server_id INT UNSIGNED NOT NULL, reason VARCHAR(16) NOT NULL, began_at DATETIME(3) NOT NULL, PRIMARY KEY (term, server_id)) ENGINE=InnoDB;
INSERT INTO dbha.term (term, server_id, reason, began_at) SELECT 1, 1, 'setup', UTC_TIMESTAMP(3) FROM (SELECT COUNT(*) AS terms FROM dbha.term) AS known WHERE terms = 0;
REPLACE INTO dbha.term (term, server_id, reason, began_at) VALUES (2, 7, 'switchover', UTC_TIMESTAMP(3));
UPDATE dbha.server SET role = IF(server_id = 7, 'primary', 'secondary'), recorded_at = UTC_TIMESTAMP(3);
SELECT term, server_id, reason FROM dbha.term WHERE term = (SELECT MAX(term) FROM dbha.term) ORDER BY server_id;
SELECT trx_mysql_thread_id AS id, TIMESTAMPDIFF(SECOND, trx_started, CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', 'SYSTEM')) AS seconds, trx_rows_modified AS changed FROM information_schema.INNODB_TRX WHERE trx_rows_modified > 0 AND trx_mysql_thread_id > 0;
SET SESSION lock_wait_timeout = 1;
FLUSH TABLES WITH READ LOCK;
SELECT @@global.read_only AS refused;
UNLOCK TABLES;

-- events
SELECT EVENT_SCHEMA AS schema_name, EVENT_NAME AS name, DEFINER AS definer, STATUS AS status FROM information_schema.EVENTS ORDER BY EVENT_SCHEMA, EVENT_NAME;
ALTER DEFINER='o''neil'@'10.0.%' EVENT `sh``op`.`nightly` ENABLE;

-- link: over TLS
SET SESSION sql_log_off = 1, SESSION slow_query_log = 0;
CHANGE MASTER TO MASTER_HOST='10.0.0.1', MASTER_PORT=3306, MASTER_USER='dbha_repl', MASTER_PASSWORD='***', MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=2, MASTER_SSL=1, MASTER_SSL_CA='', MASTER_SSL_VERIFY_SERVER_CERT=0;
SET SESSION sql_log_off = 0, SESSION slow_query_log = 1;

-- link: in clear
SET SESSION sql_log_off = 1, SESSION slow_query_log = 0;
CHANGE MASTER TO MASTER_HOST='10.0.0.1', MASTER_PORT=3306, MASTER_USER='dbha_repl', MASTER_PASSWORD='***', MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=2, MASTER_SSL=0, MASTER_SSL_CA='', MASTER_SSL_VERIFY_SERVER_CERT=0;
SET SESSION sql_log_off = 0, SESSION slow_query_log = 1;

-- link: over TLS, verified
SET SESSION sql_log_off = 1, SESSION slow_query_log = 0;
CHANGE MASTER TO MASTER_HOST='10.0.0.1', MASTER_PORT=3306, MASTER_USER='dbha_repl', MASTER_PASSWORD='***', MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=2, MASTER_SSL=1, MASTER_SSL_CA='/etc/mysql/ca.pem', MASTER_SSL_VERIFY_SERVER_CERT=1;
SET SESSION sql_log_off = 0, SESSION slow_query_log = 1;

-- link: new password
SET SESSION sql_log_off = 1, SESSION slow_query_log = 0;
CHANGE MASTER TO MASTER_PASSWORD='***';
SET SESSION sql_log_off = 0, SESSION slow_query_log = 1;

-- new password
REPLACE INTO dbha.claim (id, run, source, state, position, recorded_at) VALUES (2, 'run', '', 'password', NULL, UTC_TIMESTAMP(3));
SELECT run FROM dbha.claim WHERE id = 2;
DELETE FROM dbha.claim WHERE id = 2;

-- link: threads
START SLAVE;
STOP SLAVE;
START SLAVE SQL_THREAD;
START SLAVE SQL_THREAD UNTIL MASTER_LOG_FILE='a.000002', MASTER_LOG_POS=400;
STOP SLAVE SQL_THREAD;
START SLAVE IO_THREAD;
STOP SLAVE IO_THREAD;

-- link: thread of a lost source
SET @dbha_kill_conn_timeout = @@GLOBAL.rpl_semi_sync_slave_kill_conn_timeout;
SET GLOBAL rpl_semi_sync_slave_kill_conn_timeout = 1;
STOP SLAVE IO_THREAD;
SET GLOBAL rpl_semi_sync_slave_kill_conn_timeout = @dbha_kill_conn_timeout;

-- link: forget
RESET SLAVE ALL;
SET GLOBAL gtid_slave_pos = '0-1-93';

-- link: begin
RESET MASTER;
SET GLOBAL gtid_binlog_state = '0-1-93';
SET GLOBAL gtid_slave_pos = '0-1-93';

-- probe
SET SESSION sql_log_off = 1, SESSION slow_query_log = 0;
CHANGE MASTER 'dbha_probe' TO MASTER_HOST='10.0.0.1', MASTER_PORT=3306, MASTER_USER='dbha_repl', MASTER_PASSWORD='***', MASTER_USE_GTID=no, MASTER_LOG_FILE='dbha-probe.000001', MASTER_LOG_POS=4, MASTER_CONNECT_RETRY=2, MASTER_SSL=0, MASTER_SSL_CA='', MASTER_SSL_VERIFY_SERVER_CERT=0;
SET SESSION sql_log_off = 0, SESSION slow_query_log = 1;
START SLAVE 'dbha_probe' IO_THREAD;
STOP SLAVE 'dbha_probe';
RESET SLAVE 'dbha_probe' ALL;

-- schema
CREATE DATABASE IF NOT EXISTS dbha CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE IF NOT EXISTS dbha.server (server_id INT UNSIGNED NOT NULL PRIMARY KEY, name VARCHAR(255) NOT NULL, role VARCHAR(16) NOT NULL, writers VARCHAR(8) NOT NULL, key_step TINYINT UNSIGNED NOT NULL, recorded_at DATETIME(3) NOT NULL) ENGINE=InnoDB;
CREATE TABLE IF NOT EXISTS dbha.marker (server_id INT UNSIGNED NOT NULL PRIMARY KEY, token VARCHAR(64) NOT NULL, written_at DATETIME(6) NOT NULL) ENGINE=InnoDB;
CREATE TABLE IF NOT EXISTS dbha.claim (id TINYINT UNSIGNED NOT NULL PRIMARY KEY, run VARCHAR(64) NOT NULL, source VARCHAR(64) NOT NULL, state VARCHAR(16) NOT NULL, position LONGTEXT NULL, recorded_at DATETIME(3) NOT NULL) ENGINE=InnoDB;
CREATE TABLE IF NOT EXISTS dbha.term (term BIGINT UNSIGNED NOT NULL, server_id INT UNSIGNED NOT NULL, reason VARCHAR(16) NOT NULL, began_at DATETIME(3) NOT NULL, PRIMARY KEY (term, server_id)) ENGINE=InnoDB;

-- claim
REPLACE INTO dbha.claim (id, run, source, state, position, recorded_at) VALUES (1, 'run', 'server_id 1', 'copying', NULL, UTC_TIMESTAMP(3));
REPLACE INTO dbha.claim (id, run, source, state, position, recorded_at) VALUES (1, 'run', 'server_id 1', 'copied', '0-1-2', UTC_TIMESTAMP(3));

-- heartbeat
CREATE DATABASE IF NOT EXISTS dbha CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE IF NOT EXISTS dbha.heartbeat (server_id INT UNSIGNED NOT NULL PRIMARY KEY, at_us BIGINT UNSIGNED NOT NULL) ENGINE=InnoDB;
REPLACE INTO dbha.heartbeat (server_id, at_us) VALUES (1, CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS UNSIGNED));
DELETE FROM dbha.heartbeat WHERE server_id NOT IN (1, 2) AND at_us < (UNIX_TIMESTAMP(NOW()) - 86400) * 1000000;

-- marker
REPLACE INTO dbha.marker (server_id, token, written_at) VALUES (1, 't', UTC_TIMESTAMP(6));
SELECT token FROM dbha.marker WHERE server_id = 1;
