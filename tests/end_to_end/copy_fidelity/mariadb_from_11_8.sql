-- What MariaDB has from 11.8 on.
--
USE fid
--
CREATE TABLE vec (id INT PRIMARY KEY, v VECTOR(3) NOT NULL, VECTOR INDEX (v))
--
INSERT INTO vec VALUES (1,VEC_FromText('[1,2.5,-3]')),(2,VEC_FromText('[0,0,0.1]'))
--
CREATE TABLE vecn (id INT PRIMARY KEY, v VECTOR(2))
--
INSERT INTO vecn VALUES (1,NULL),(2,VEC_FromText('[1,2]'))
