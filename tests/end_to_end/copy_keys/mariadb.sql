-- Keys that only MariaDB has.
--
USE ranges
--
CREATE TABLE unpadded (k VARCHAR(30) COLLATE utf8mb4_unicode_520_nopad_ci PRIMARY KEY, v INT)
--
INSERT INTO unpadded SELECT CONCAT('k', n DIV 3, REPEAT(' ', n % 3)), n FROM n
--
CREATE TABLE unpadded_bytes (k VARCHAR(30) COLLATE utf8mb4_nopad_bin PRIMARY KEY, v INT)
--
INSERT INTO unpadded_bytes SELECT CONCAT('🦀', n DIV 3, REPEAT(' ', n % 3)), n FROM n
--
CREATE TABLE addresses (k INET6 PRIMARY KEY, v INT)
--
INSERT INTO addresses SELECT INET6_NTOA(UNHEX(CONCAT(LPAD(HEX(n * 13), 8, '0'), REPEAT('0', 16), LPAD(HEX(n), 8, 'f')))), n FROM n
