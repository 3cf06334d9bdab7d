//! Two statements with which a demonstration writes a row on one server and finds it on the other.

/// Returns a statement that takes a new customer in; `name` is letters only.
pub fn new_customer(name: &str) -> String {
    let name = letters(name);
    format!(
        "INSERT INTO rental_shop.customer (store_id, name, email, `member since`) \
         SELECT MIN(store_id), '{name}', '{name}@example.com', UTC_TIMESTAMP() FROM rental_shop.store"
    )
}

/// Returns a statement that reads the number of a customer.
pub fn find_customer(name: &str) -> String {
    format!(
        "SELECT customer_id FROM rental_shop.customer WHERE name = '{}'",
        letters(name)
    )
}

fn letters(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect()
}
