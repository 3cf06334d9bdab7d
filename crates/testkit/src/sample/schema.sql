-- A rental shop for films: the data that demonstrations and tests copy and compare. It holds on purpose one
-- of nearly everything that a copy can get wrong. A line of "-- ;;" ends a statement.
CREATE DATABASE rental_shop DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci
-- ;;
USE rental_shop
-- ;;
CREATE TABLE country (
  country_code CHAR(2) CHARACTER SET ascii NOT NULL,
  name VARCHAR(80) NOT NULL,
  PRIMARY KEY (country_code)
) ENGINE=InnoDB
-- ;;
CREATE TABLE store (
  store_id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT,
  country_code CHAR(2) CHARACTER SET ascii NOT NULL,
  street VARCHAR(120) NOT NULL DEFAULT 'Straße der Lichtspiele',
  opened_on DATE NOT NULL,
  opens_at TIME NOT NULL DEFAULT '10:00:00',
  manager_id INT UNSIGNED NULL COMMENT 'closes a circle with employee',
  PRIMARY KEY (store_id),
  KEY by_country (country_code),
  CONSTRAINT store_country FOREIGN KEY (country_code) REFERENCES country (country_code)
) ENGINE=InnoDB
-- ;;
CREATE TABLE employee (
  employee_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
  store_id SMALLINT UNSIGNED NOT NULL,
  reports_to INT UNSIGNED NULL,
  name VARCHAR(80) NOT NULL,
  portrait BLOB NULL,
  active BIT(1) NOT NULL DEFAULT b'1',
  PRIMARY KEY (employee_id),
  CONSTRAINT employee_store FOREIGN KEY (store_id) REFERENCES store (store_id),
  CONSTRAINT employee_superior FOREIGN KEY (reports_to) REFERENCES employee (employee_id) ON DELETE SET NULL
) ENGINE=InnoDB
-- ;;
ALTER TABLE store ADD CONSTRAINT store_manager FOREIGN KEY (manager_id) REFERENCES employee (employee_id)
-- ;;
CREATE TABLE film (
  film_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
  title VARCHAR(160) NOT NULL,
  synopsis TEXT NULL,
  released YEAR NULL,
  minutes SMALLINT UNSIGNED NOT NULL,
  audience ENUM('all','six','twelve','sixteen','adults') NOT NULL DEFAULT 'all',
  extras SET('trailer','commentary','subtitles','deleted scenes') NOT NULL DEFAULT '',
  daily_price DECIMAL(6,2) NOT NULL,
  weekly_price DECIMAL(8,2) GENERATED ALWAYS AS (daily_price * 5) STORED,
  title_length SMALLINT GENERATED ALWAYS AS (CHAR_LENGTH(title)) VIRTUAL,
  rating FLOAT NULL,
  popularity DOUBLE NOT NULL DEFAULT 0,
  details JSON NULL,
  checksum BINARY(16) NULL,
  changed_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
  PRIMARY KEY (film_id),
  KEY by_title (title(40), released),
  FULLTEXT KEY in_synopsis (synopsis)
) ENGINE=InnoDB
-- ;;
CREATE TABLE category (
  category_id TINYINT UNSIGNED NOT NULL AUTO_INCREMENT,
  name VARCHAR(40) NOT NULL,
  PRIMARY KEY (category_id),
  UNIQUE KEY one_name (name)
) ENGINE=InnoDB
-- ;;
CREATE TABLE film_category (
  film_id INT UNSIGNED NOT NULL,
  category_id TINYINT UNSIGNED NOT NULL,
  PRIMARY KEY (film_id, category_id),
  KEY by_category (category_id),
  CONSTRAINT film_category_film FOREIGN KEY (film_id) REFERENCES film (film_id) ON DELETE CASCADE,
  CONSTRAINT film_category_category FOREIGN KEY (category_id) REFERENCES category (category_id)
) ENGINE=InnoDB
-- ;;
CREATE TABLE customer (
  customer_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  store_id SMALLINT UNSIGNED NOT NULL,
  name VARCHAR(120) NOT NULL,
  email VARCHAR(190) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `member since` DATETIME NOT NULL,
  balance DECIMAL(12,4) NOT NULL DEFAULT 0,
  PRIMARY KEY (customer_id),
  UNIQUE KEY one_email (email),
  CONSTRAINT customer_store FOREIGN KEY (store_id) REFERENCES store (store_id)
) ENGINE=InnoDB
-- ;;
CREATE TABLE copy_in_stock (
  inventory_number VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  film_id INT UNSIGNED NOT NULL,
  store_id SMALLINT UNSIGNED NOT NULL,
  medium ENUM('tape','disc') NOT NULL DEFAULT 'disc',
  PRIMARY KEY (inventory_number),
  CONSTRAINT stock_film FOREIGN KEY (film_id) REFERENCES film (film_id),
  CONSTRAINT stock_store FOREIGN KEY (store_id) REFERENCES store (store_id)
) ENGINE=InnoDB
-- ;;
CREATE TABLE rental (
  rental_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  inventory_number VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  customer_id BIGINT UNSIGNED NOT NULL,
  rented_at DATETIME(6) NOT NULL,
  returned_at DATETIME(6) NULL,
  PRIMARY KEY (rental_id),
  KEY by_customer (customer_id, rented_at),
  CONSTRAINT rental_stock FOREIGN KEY (inventory_number) REFERENCES copy_in_stock (inventory_number),
  CONSTRAINT rental_customer FOREIGN KEY (customer_id) REFERENCES customer (customer_id)
) ENGINE=InnoDB
-- ;;
CREATE TABLE payment (
  rental_id BIGINT UNSIGNED NOT NULL,
  number TINYINT UNSIGNED NOT NULL,
  amount DECIMAL(8,2) NOT NULL,
  paid_at TIMESTAMP NULL DEFAULT NULL,
  PRIMARY KEY (rental_id, number),
  CONSTRAINT payment_rental FOREIGN KEY (rental_id) REFERENCES rental (rental_id) ON DELETE CASCADE
) ENGINE=InnoDB
-- ;;
CREATE TABLE door_counter (
  store_id SMALLINT UNSIGNED NOT NULL,
  counted_at DATETIME NOT NULL,
  visitors INT NOT NULL
) ENGINE=InnoDB COMMENT='has no primary key, as real schemas do'
-- ;;
CREATE TABLE `price list` (
  `order` INT NOT NULL,
  `what's in it` VARCHAR(60) NOT NULL,
  `per cent %` TINYINT NOT NULL DEFAULT -1,
  PRIMARY KEY (`order`)
) ENGINE=InnoDB COMMENT='names that must be quoted'
-- ;;
CREATE VIEW open_rental AS
  SELECT r.rental_id, c.name AS customer, f.title, r.rented_at
    FROM rental r
    JOIN customer c ON c.customer_id = r.customer_id
    JOIN copy_in_stock s ON s.inventory_number = r.inventory_number
    JOIN film f ON f.film_id = s.film_id
   WHERE r.returned_at IS NULL
-- ;;
CREATE TRIGGER payment_lowers_balance AFTER INSERT ON payment FOR EACH ROW
BEGIN
  UPDATE customer SET balance = balance - NEW.amount
   WHERE customer_id = (SELECT customer_id FROM rental WHERE rental_id = NEW.rental_id);
END
-- ;;
CREATE FUNCTION late_fee(days INT, daily DECIMAL(6,2)) RETURNS DECIMAL(8,2)
  DETERMINISTIC NO SQL
BEGIN
  IF days <= 0 THEN RETURN 0; END IF;
  RETURN days * daily * 0.5;
END
-- ;;
CREATE PROCEDURE return_film(IN rental BIGINT UNSIGNED, IN moment DATETIME)
  MODIFIES SQL DATA
  COMMENT 'marks a rental as returned; a second call changes nothing'
BEGIN
  UPDATE rental SET returned_at = moment WHERE rental_id = rental AND returned_at IS NULL;
END
-- ;;
CREATE EVENT forget_old_counts
  ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 03:00:00'
  DO DELETE FROM door_counter WHERE counted_at < NOW() - INTERVAL 10 YEAR
