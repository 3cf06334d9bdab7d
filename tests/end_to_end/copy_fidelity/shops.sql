-- Schemas of the shapes that real ones have, in our own words; every release takes them.
--
CREATE DATABASE globe CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci
--
USE globe
--
CREATE TABLE land (code CHAR(3) NOT NULL DEFAULT '', name CHAR(52) NOT NULL DEFAULT '', continent ENUM('Asia', 'Europe', 'North America', 'Africa') NOT NULL DEFAULT 'Asia', surface DECIMAL(10,2) NOT NULL DEFAULT 0.00, founded SMALLINT DEFAULT NULL, people INT NOT NULL DEFAULT 0, life FLOAT(3,1) DEFAULT NULL, gnp DECIMAL(10,2) DEFAULT NULL, capital INT DEFAULT NULL, PRIMARY KEY (code), KEY capital (capital))
--
CREATE TABLE town (id INT NOT NULL AUTO_INCREMENT, name CHAR(35) NOT NULL DEFAULT '', land_code CHAR(3) NOT NULL DEFAULT '', people INT NOT NULL DEFAULT 0, PRIMARY KEY (id), KEY land_code (land_code), CONSTRAINT town_of_land FOREIGN KEY (land_code) REFERENCES land (code))
--
CREATE TABLE tongue (land_code CHAR(3) NOT NULL DEFAULT '', tongue CHAR(30) NOT NULL DEFAULT '', official ENUM('T', 'F') NOT NULL DEFAULT 'F', share FLOAT(4,1) NOT NULL DEFAULT 0.0, PRIMARY KEY (land_code, tongue), CONSTRAINT tongue_of_land FOREIGN KEY (land_code) REFERENCES land (code))
--
INSERT INTO land VALUES ('ABC', 'Äbcland', 'Europe', 1234.56, -660, 1000000, 81.3, 1.01, 1), ('XYZ', 'Xyz', 'Africa', 0.40, NULL, 0, NULL, NULL, NULL)
--
INSERT INTO town VALUES (1, 'São Xyz', 'ABC', 42), (4079, '’s-Town', 'XYZ', 0)
--
INSERT INTO tongue VALUES ('ABC', 'Ä', 'T', 99.9), ('ABC', 'Z', 'F', 0.1), ('XYZ', 'Z', 'T', 33.3)
--
ALTER TABLE land ADD CONSTRAINT capital_town FOREIGN KEY (capital) REFERENCES town (id) ON UPDATE CASCADE ON DELETE SET NULL
--
CREATE DATABASE staff CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci
--
USE staff
--
CREATE TABLE person (no INT NOT NULL, born DATE NOT NULL, first_name VARCHAR(14) NOT NULL, last_name VARCHAR(16) NOT NULL, gender ENUM('M', 'F') NOT NULL, hired DATE NOT NULL, PRIMARY KEY (no))
--
CREATE TABLE department (no CHAR(4) NOT NULL, name VARCHAR(40) NOT NULL, PRIMARY KEY (no), UNIQUE KEY name (name))
--
CREATE TABLE works_in (person_no INT NOT NULL, department_no CHAR(4) NOT NULL, since DATE NOT NULL, until DATE NOT NULL, PRIMARY KEY (person_no, department_no), KEY department_no (department_no), FOREIGN KEY (person_no) REFERENCES person (no) ON DELETE CASCADE, FOREIGN KEY (department_no) REFERENCES department (no) ON DELETE CASCADE)
--
CREATE TABLE pay (person_no INT NOT NULL, amount INT NOT NULL, since DATE NOT NULL, until DATE NOT NULL DEFAULT '9999-01-01', PRIMARY KEY (person_no, since)) PARTITION BY RANGE COLUMNS (since) (PARTITION p85 VALUES LESS THAN ('1985-12-31'), PARTITION p99 VALUES LESS THAN ('1999-12-31'), PARTITION later VALUES LESS THAN (MAXVALUE))
--
INSERT INTO person VALUES (10001, '1953-09-02', 'Göran', 'Fazz', 'M', '1986-06-26'), (10002, '1964-06-02', 'Béla', 'S’immel', 'F', '1985-11-21')
--
INSERT INTO department VALUES ('d001', 'Marketing'), ('d009', 'Customer Service')
--
INSERT INTO works_in VALUES (10001, 'd001', '1986-06-26', '9999-01-01'), (10001, 'd009', '1990-01-01', '1991-01-01'), (10002, 'd009', '1996-08-03', '9999-01-01')
--
INSERT INTO pay VALUES (10001, 60117, '1985-06-26', '1987-06-26'), (10001, 62102, '1987-06-26', '1988-06-25'), (10002, 65828, '2001-08-03', '9999-01-01')
--
CREATE VIEW works_in_latest AS SELECT person_no, MAX(since) AS since, MAX(until) AS until FROM works_in GROUP BY person_no
--
CREATE VIEW now_in AS SELECT l.person_no AS person_no, d.department_no AS department_no, l.since AS since, l.until AS until FROM works_in d JOIN works_in_latest l ON d.person_no = l.person_no AND d.since = l.since AND l.until = d.until
--
CREATE VIEW globe.aa_uses_staff AS SELECT * FROM staff.now_in
--
CREATE VIEW zz_numbers AS WITH RECURSIVE c AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM c WHERE n < 5) SELECT n FROM c
--
CREATE FUNCTION name_of(no_ INT) RETURNS VARCHAR(40) CHARSET utf8mb4 READS SQL DATA BEGIN DECLARE found VARCHAR(40) CHARSET utf8mb4; DECLARE CONTINUE HANDLER FOR NOT FOUND SET found = NULL; SELECT CONCAT(first_name, ' ', last_name) INTO found FROM person WHERE no = no_; RETURN found; END
--
CREATE PROCEDURE name_of() BEGIN SELECT 'a procedure of the same name'; END
--
CREATE VIEW ab_uses_function AS SELECT no, name_of(no) AS name FROM person
--
CREATE DEFINER='someone'@'gone.example' VIEW orphan AS SELECT 1 AS one
--
CREATE DATABASE `select` CHARACTER SET latin2 COLLATE latin2_hungarian_ci
--
CREATE TABLE `select`.`table` (`order` INT, `group` VARCHAR(10), `key` VARCHAR(10) CHARACTER SET utf8mb4, PRIMARY KEY (`order`), KEY `index` (`group`, `key` (3)))
--
INSERT INTO `select`.`table` VALUES (1, 'ő', 'ű🦀'), (2, NULL, '')
--
CREATE TABLE `select`.`64_ütttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt` (`1` INT, `1e3` INT, `a.b` INT, `c%d_` INT, `--` INT, `/*x*/` INT, `;` INT, PRIMARY KEY (`1`))
--
INSERT INTO `select`.`64_ütttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt` VALUES (1, 2, 3, 4, 5, 6, 7)
--
CREATE DATABASE nothing_in_it COLLATE utf8mb4_bin
--
USE fid
--
CREATE TABLE far_child (id INT PRIMARY KEY, no INT, CONSTRAINT `fk_over_schemas_64_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa` FOREIGN KEY (no) REFERENCES staff.person (no) ON DELETE CASCADE)
--
INSERT INTO far_child VALUES (1, 10001), (2, NULL)
--
CREATE TABLE at_the_end (id TINYINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, v INT)
--
INSERT INTO at_the_end VALUES (255, 1), (254, 2)
--
CREATE TABLE counts_second (kind INT, no INT AUTO_INCREMENT, PRIMARY KEY (no), KEY (kind, no)) AUTO_INCREMENT = 1000
--
INSERT INTO counts_second (kind) VALUES (1), (2), (1)
--
CREATE TABLE defaults_of_every_kind (id INT PRIMARY KEY, b BIT(3) DEFAULT b'101', bin VARBINARY(10) DEFAULT 'a\0b', e ENUM('x''y', 'z') DEFAULT 'x''y', s SET('p', 'q') DEFAULT 'p,q', j JSON DEFAULT (JSON_OBJECT('a', 1)), t TEXT DEFAULT ('long'), neg INT DEFAULT -7, f DOUBLE DEFAULT 1e-5, d DECIMAL(5,2) DEFAULT 1.10, ts TIMESTAMP NULL DEFAULT NULL, y YEAR DEFAULT 2000, n INT DEFAULT NULL COMMENT 'it''s; a "comment" \\ ü')
--
INSERT INTO defaults_of_every_kind (id) VALUES (1)
--
SET time_zone = 'SYSTEM'
--
CREATE TABLE zoned (id INT PRIMARY KEY, ts TIMESTAMP NULL, dt DATETIME)
--
SET time_zone = '-11:30'
--
INSERT INTO zoned VALUES (1, '2024-02-29 23:59:59', '2024-02-29 23:59:59'), (2, '1999-12-31 12:29:59', '1999-12-31 12:29:59')
--
SET time_zone = '+13:00'
--
INSERT INTO zoned VALUES (3, '2024-02-29 23:59:59', '2024-02-29 23:59:59')
--
SET time_zone = DEFAULT
--
CREATE EVENT ev_span ON SCHEDULE EVERY '1:30' DAY_HOUR STARTS '2031-01-01 00:00:00' ENDS '2035-01-01 00:00:00' ON COMPLETION PRESERVE DISABLE ON SLAVE COMMENT 'DISABLE' DO SET @a = ';'
--
CREATE USER 'needs_x509'@'192.168.0.0/255.255.0.0' IDENTIFIED BY 'Secret_1' REQUIRE SUBJECT '/CN=some body' AND ISSUER '/CN=an issuer'
--
CREATE USER 'expires'@'%' IDENTIFIED BY 'Secret_2' PASSWORD EXPIRE INTERVAL 90 DAY
--
CREATE USER 'expired'@'%' IDENTIFIED BY 'Secret_3' PASSWORD EXPIRE
--
CREATE USER ''@'10.1.%' IDENTIFIED BY 'Secret_4'
--
GRANT SELECT (no, first_name), REFERENCES (no) ON staff.person TO 'expires'@'%'
--
GRANT SELECT ON `select`.* TO 'expires'@'%' WITH GRANT OPTION
--
GRANT CREATE VIEW, SHOW VIEW, TRIGGER, EVENT, LOCK TABLES ON `st\_ff%`.* TO 'needs_x509'@'192.168.0.0/255.255.0.0'
