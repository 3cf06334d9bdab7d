-- What only MySQL has.
--
SET DEFAULT ROLE r_all TO 'app'@'%'
--
USE fid
--
CREATE TABLE vec (id INT PRIMARY KEY, v VECTOR(3))
--
INSERT INTO vec VALUES (1,TO_VECTOR('[1,2.5,-3]')),(2,NULL)
--
CREATE TABLE srid (id INT PRIMARY KEY, p POINT NOT NULL SRID 4326, SPATIAL INDEX(p))
--
INSERT INTO srid VALUES (1,ST_GeomFromText('POINT(10 20)',4326))
--
CREATE TABLE fidx (id INT PRIMARY KEY, j JSON, a VARCHAR(20), KEY fx ((LOWER(a))), KEY mv ((CAST(j->'$.t' AS UNSIGNED ARRAY))))
--
INSERT INTO fidx VALUES (1,'{"t":[1,2,3]}','AbC'),(2,'{"t":[]}',NULL)
--
CREATE TABLE invkey (id INT PRIMARY KEY, a INT, KEY k (a) INVISIBLE, CONSTRAINT c1 CHECK (a<100) NOT ENFORCED)
--
INSERT INTO invkey VALUES (1,500)
--
SET sql_generate_invisible_primary_key=ON
--
CREATE TABLE gipk (a INT)
--
INSERT INTO gipk VALUES (5),(6)
--
SET sql_generate_invisible_primary_key=OFF
--
CREATE TABLE enc (id INT PRIMARY KEY) COMMENT 'x' STATS_PERSISTENT=0
--
CREATE TABLE arch (id INT, v TEXT) ENGINE=ARCHIVE
--
INSERT INTO arch VALUES (1,'x'),(2,'y')
