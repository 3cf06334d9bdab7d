-- Keys that only MySQL has.
--
USE ranges
--
CREATE TABLE unpadded (k VARCHAR(30) COLLATE utf8mb4_0900_ai_ci PRIMARY KEY, v INT)
--
INSERT INTO unpadded SELECT CONCAT(ELT(1 + n % 4, 'é', 'k', '🦀', 'ß'), n DIV 3, REPEAT(' ', n % 3)), n FROM n
--
CREATE TABLE accents (k VARCHAR(30) COLLATE utf8mb4_0900_as_cs, i INT, PRIMARY KEY (k DESC, i DESC))
--
INSERT INTO accents SELECT ELT(1 + n % 6, 'e', 'E', 'é', 'É', 'é ', ''), n FROM n
--
CREATE TABLE unpadded_bytes (k VARCHAR(30) COLLATE utf8mb4_0900_bin PRIMARY KEY, v INT)
--
INSERT INTO unpadded_bytes SELECT CONCAT('🦀', n DIV 3, REPEAT(' ', n % 3)), n FROM n
--
SET sql_generate_invisible_primary_key = ON
--
CREATE TABLE hidden (a INT)
--
INSERT INTO hidden SELECT n FROM n
--
SET sql_generate_invisible_primary_key = OFF
--
CREATE TABLE generated_key (a INT, k INT AS (a * 2) STORED, PRIMARY KEY (k))
--
INSERT INTO generated_key (a) SELECT n FROM n
