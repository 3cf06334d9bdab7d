-- The accounts of an application that uses the shop. A line of "-- ;;" ends a statement.
CREATE USER 'app'@'%' IDENTIFIED BY 'app-sample-password'
-- ;;
GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE ON rental_shop.* TO 'app'@'%'
-- ;;
CREATE USER 'report'@'localhost' IDENTIFIED BY 'report-sample-password'
-- ;;
GRANT SELECT ON rental_shop.open_rental TO 'report'@'localhost'
-- ;;
GRANT SELECT (customer_id, name), UPDATE (name) ON rental_shop.customer TO 'report'@'localhost'
-- ;;
GRANT EXECUTE ON PROCEDURE rental_shop.return_film TO 'report'@'localhost'
-- ;;
GRANT EXECUTE ON FUNCTION rental_shop.late_fee TO 'report'@'localhost' WITH GRANT OPTION
