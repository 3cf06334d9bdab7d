//! The rows of the sample, made by rule, so that every run has the same.

use std::fmt::Write;

const COUNTRIES: [(&str, &str); 4] = [
    ("AT", "Österreich"),
    ("JP", "日本"),
    ("FR", "France"),
    ("BR", "Brasil"),
];
const CATEGORIES: [&str; 6] = [
    "comedy",
    "drama",
    "documentary",
    "thriller",
    "science fiction",
    "animation",
];
const STORES: u32 = 3;
const EMPLOYEES: u32 = 12;
const PRICES: u32 = 3;
/// How many rows a film brings, one after another in each table below it.
const RENTALS_PER_FILM: u32 = 5;
const CUSTOMERS_PER_FILM: u32 = 1;
/// Rows in one statement: enough to be fast, few enough for the smallest `max_allowed_packet`.
const BATCH: usize = 100;

const FIRST: [&str; 8] = [
    "Silent",
    "Crimson",
    "Forgotten",
    "Electric",
    "Last",
    "Paper",
    "Glass",
    "Winter's",
];
const SECOND: [&str; 7] = [
    "Harbour",
    "Übung",
    "Garden",
    "Signal",
    "Ferry",
    "Ædelsten",
    "Orchard",
];

/// Returns the statements that fill the schema with `films` films and what belongs to them.
///
/// The rows are the same for the same number. See [`total_rows`] for how many they are.
pub fn rows(films: u32) -> Vec<String> {
    let films = films.max(1);
    let rentals = films * RENTALS_PER_FILM;
    let mut all = vec!["USE rental_shop".to_owned()];
    all.extend(insert(
        "country (country_code, name)",
        COUNTRIES.map(|(code, name)| format!("'{code}','{name}'")),
    ));
    all.extend(insert(
        "store (store_id, country_code, opened_on)",
        (1..=STORES).map(store),
    ));
    all.extend(insert(
        "employee (employee_id, store_id, reports_to, name, portrait, active)",
        (1..=EMPLOYEES).map(employee),
    ));
    all.push("UPDATE store SET manager_id = store_id".to_owned());
    all.extend(insert(
        "category (name)",
        CATEGORIES.map(|name| format!("'{name}'")),
    ));
    let film_columns = "film (film_id, title, synopsis, released, minutes, audience, extras, daily_price, \
                        rating, popularity, details, checksum, changed_at)";
    all.extend(insert(film_columns, (1..=films).map(film)));
    all.extend(insert(
        "film_category (film_id, category_id)",
        (1..=films).map(|n| format!("{n},{}", n % 6 + 1)),
    ));
    let customers = films * CUSTOMERS_PER_FILM;
    let customer_columns = "customer (customer_id, store_id, name, email, `member since`, balance)";
    all.extend(insert(customer_columns, (1..=customers).map(customer)));
    all.extend(insert(
        "copy_in_stock (inventory_number, film_id, store_id, medium)",
        (1..=films).map(stock),
    ));
    let rental_columns = "rental (rental_id, inventory_number, customer_id, rented_at, returned_at)";
    all.extend(insert(
        rental_columns,
        (1..=rentals).map(|n| rental(n, films, customers)),
    ));
    all.extend(insert(
        "payment (rental_id, number, amount, paid_at)",
        (1..=rentals).map(payment),
    ));
    all.extend(insert(
        "door_counter (store_id, counted_at, visitors)",
        (1..=films).map(count),
    ));
    let discounts = ["'two for one',50", "'a dozen',20", "'it''s \"Monday\" \\\\o/',-1"];
    let prices = discounts
        .iter()
        .enumerate()
        .map(|(at, text)| format!("{at},{text}"));
    all.extend(insert(
        "`price list` (`order`, `what's in it`, `per cent %`)",
        prices,
    ));
    all
}

/// Returns how many rows [`rows`] makes, in all tables together.
pub fn total_rows(films: u32) -> u64 {
    let films = u64::from(films.max(1));
    let fixed = COUNTRIES.len() as u64 + CATEGORIES.len() as u64 + u64::from(STORES + EMPLOYEES + PRICES);
    let per_film = 4 + u64::from(CUSTOMERS_PER_FILM) + 2 * u64::from(RENTALS_PER_FILM);
    fixed + films * per_film
}

fn insert(target: &str, rows: impl IntoIterator<Item = String>) -> Vec<String> {
    let rows: Vec<String> = rows.into_iter().map(|row| format!("({row})")).collect();
    rows.chunks(BATCH)
        .map(|batch| format!("INSERT INTO {target} VALUES {}", batch.join(",")))
        .collect()
}

fn store(n: u32) -> String {
    let (code, _) = COUNTRIES[n as usize % COUNTRIES.len()];
    format!("{n},'{code}','{}-04-0{n}'", 1990 + n)
}

fn employee(n: u32) -> String {
    let superior = if n <= STORES {
        "NULL".to_owned()
    } else {
        (n % STORES + 1).to_string()
    };
    format!(
        "{n},{},{superior},'Employee {n}',X'{}',b'{}'",
        n % STORES + 1,
        hex(n, 24),
        n % 2
    )
}

fn film(n: u32) -> String {
    let title = format!("{} {} {n}", pick(&FIRST, n), pick(&SECOND, n / 8)).replace('\'', "''");
    let audience = ["all", "six", "twelve", "sixteen", "adults"][n as usize % 5];
    let extras = ["", "trailer", "trailer,subtitles", "commentary,deleted scenes"][n as usize % 4];
    let synopsis = if n.is_multiple_of(7) {
        "NULL".to_owned()
    } else {
        format!("'Film {n}.\\nTab:\\t percent % 🎬'")
    };
    let rating = if n.is_multiple_of(11) {
        "NULL".to_owned()
    } else {
        format!("{}.5", n % 10)
    };
    format!(
        "{n},'{title}',{synopsis},{},{},'{audience}','{extras}',{}.{:02},{rating},{}e-3,\
         '{{\"reels\": {}, \"colour\": {}}}',X'{}','2024-0{}-11 12:00:00.{:03}'",
        1950 + n % 75,
        60 + n % 120,
        1 + n % 5,
        n % 100,
        n % 1000,
        n % 9,
        n.is_multiple_of(2),
        hex(n, 16),
        n % 9 + 1,
        n % 1000,
    )
}

fn customer(n: u32) -> String {
    let day = n % 28 + 1;
    format!(
        "{n},{},'Kundin Nº {n}','customer{n}@example.org','2023-02-{day:02} 08:30:00',{}.2500",
        n % STORES + 1,
        n % 90
    )
}

fn stock(n: u32) -> String {
    let medium = if n.is_multiple_of(3) { "tape" } else { "disc" };
    format!("'{}',{n},{},'{medium}'", inventory_number(n), n % STORES + 1)
}

fn rental(n: u32, films: u32, customers: u32) -> String {
    let (day, micros) = (n % 28 + 1, n * 7919 % 1_000_000);
    let returned = if n.is_multiple_of(4) {
        "NULL".to_owned()
    } else {
        format!("'2024-06-{day:02} 20:15:00'")
    };
    let stock = inventory_number(n % films + 1);
    format!(
        "{n},'{stock}',{},'2024-05-{day:02} 18:00:00.{micros:06}',{returned}",
        n * 31 % customers + 1
    )
}

fn payment(n: u32) -> String {
    let paid = if n.is_multiple_of(4) {
        "NULL".to_owned()
    } else {
        format!("'2024-06-{:02} 20:15:30'", n % 28 + 1)
    };
    format!("{n},1,{}.{:02},{paid}", n % 12, n % 100)
}

fn count(n: u32) -> String {
    // Every fifth row comes twice: without a primary key, equal rows are allowed.
    let n = if n.is_multiple_of(5) { n - 1 } else { n };
    format!(
        "{},'2024-07-{:02} {:02}:00:00',{}",
        n % STORES + 1,
        n % 28 + 1,
        n % 12 + 9,
        n * 37 % 400
    )
}

fn inventory_number(film: u32) -> String {
    // Letters of both cases differ in this column.
    format!("{}-{film:06}", if film.is_multiple_of(2) { "k" } else { "K" })
}

fn pick<'a>(words: &[&'a str], n: u32) -> &'a str {
    words[n as usize % words.len()]
}

/// Makes bytes that are no text in any character set, zero and line ends among them.
fn hex(n: u32, bytes: u32) -> String {
    (0..bytes).fold(String::new(), |mut text, at| {
        let _ = write!(text, "{:02X}", (n * 37 + at * 61) % 256);
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_the_same_each_time_and_as_many_as_said() {
        assert_eq!(rows(250), rows(250));
        assert!(total_rows(250) > 3_000);
    }

    #[test]
    fn no_statement_is_long_for_a_small_packet() {
        assert!(rows(500).iter().all(|statement| statement.len() < 64 * 1024));
    }
}
