//! The reference page of servers' error numbers.

use super::literal;
use crate::ServerError;

const ABOUT: &str = include_str!("server_errors.md");

/// Writes the page `docs/reference/server-errors.md`.
pub fn server_errors_page() -> String {
    let mut page = ABOUT.to_owned();
    page.push_str("\n| number | what it is | effect |\n|---|---|---|\n");
    for error in ServerError::all() {
        let (codes, code) = (error.codes(), error.code());
        page.push_str(&format!(
            "| [{codes}](#{code}) | {} | {} |\n",
            error.title, error.effect
        ));
    }
    for error in ServerError::all() {
        page.push_str(&section(error));
    }
    page
}

fn section(error: &ServerError) -> String {
    // An anchor of its own: what hosts make of a heading is not the same everywhere.
    let mut text = format!(
        "\n<a id=\"{}\"></a>\n\n## {}\n\n**{}.** {}\n\n> {}\n\n{}\n",
        error.code(),
        error.codes(),
        error.title,
        literal(error.means),
        literal(error.says),
        names(error)
    );
    text.push_str("\nWhat usually caused it:\n\n");
    for cause in error.causes {
        text.push_str(&format!("- {}\n", literal(cause)));
    }
    if !error.cases.is_empty() {
        text.push_str("\n| the words | mean | do |\n|---|---|---|\n");
        for case in error.cases {
            let cells = [case.words, case.means, case.next].map(literal);
            text.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
    }
    text.push_str("\nWhat to do, in order:\n");
    for (number, step) in error.next.iter().enumerate() {
        text.push_str(&format!("\n{}. {}\n", number + 1, literal(step.what)));
        if !step.commands.is_empty() {
            let commands = step.commands.replace('\n', "\n   ");
            text.push_str(&format!("\n   ```\n   {commands}\n   ```\n"));
        }
    }
    if !error.flavours.is_empty() {
        text.push_str(&format!("\n*MariaDB and MySQL:* {}\n", literal(error.flavours)));
    }
    text
}

/// Lists the names of its numbers, once where both servers have the same.
fn names(error: &ServerError) -> String {
    let named = error.numbers.iter().map(|one| match (one.mariadb, one.mysql) {
        (mariadb, "") => format!("{} `{mariadb}` (MariaDB)", one.number),
        ("", mysql) => format!("{} `{mysql}` (MySQL)", one.number),
        (mariadb, mysql) if mariadb == mysql => format!("{} `{mariadb}`", one.number),
        (mariadb, mysql) => format!("{} `{mariadb}` (MySQL: `{mysql}`)", one.number),
    });
    named.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, path::Path};

    #[test]
    fn the_committed_page_is_what_the_code_says() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/server-errors.md");
        let page = server_errors_page();
        if std::env::var_os("UPDATE_GOLDENS").is_some() {
            fs::write(&path, &page).unwrap();
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == page,
            "docs/reference/server-errors.md is behind the code: UPDATE_GOLDENS=1 cargo test -p dbha-core --lib reference_page"
        );
    }

    /// A cell that holds a bar would push the others out of the table.
    #[test]
    fn no_cell_of_a_table_holds_a_bar() {
        for error in ServerError::all() {
            let cells = error
                .cases
                .iter()
                .flat_map(|case| [case.words, case.means, case.next]);
            for cell in cells.chain([error.title, error.effect]) {
                assert!(!cell.contains('|') && !cell.contains('\n'), "{cell}");
            }
        }
    }
}
