-- Keys that MariaDB has from 10.11 on.
--
USE ranges
--
CREATE TABLE uuids (k UUID PRIMARY KEY, v INT)
--
INSERT INTO uuids SELECT UUID(), n FROM n
--
INSERT INTO uuids SELECT CONCAT(LPAD(HEX(n), 8, '0'), '-', LPAD(HEX(n * 3), 4, '0'), '-4', LPAD(HEX(n % 4096), 3, '0'), '-9abc-', LPAD(HEX(n), 12, 'e')), n FROM n
--
CREATE TABLE addresses4 (k INET4, i INT, PRIMARY KEY (k, i))
--
INSERT INTO addresses4 SELECT CONCAT(n % 256, '.0.255.', n DIV 256), n FROM n
--
CREATE TABLE past (id INT PRIMARY KEY, v VARCHAR(20)) WITH SYSTEM VERSIONING
--
INSERT INTO past SELECT n, 'first' FROM n
--
UPDATE past SET v = 'second' WHERE id % 3 = 0
--
DELETE FROM past WHERE id % 5 = 0
