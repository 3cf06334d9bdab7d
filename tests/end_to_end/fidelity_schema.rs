//! A schema with one of everything that a release can hold.

use dbha_testkit::Release;

use crate::session::Session;

/// Returns the files with the schema of a release, in the order in which they run.
pub(crate) fn files(release: Release) -> Vec<&'static str> {
    let mut files = vec![include_str!("copy_fidelity/everywhere.sql")];
    match release.is_mysql() {
        true => files.push(include_str!("copy_fidelity/mysql.sql")),
        false => files.push(include_str!("copy_fidelity/mariadb.sql")),
    }
    files.push(include_str!("copy_fidelity/shops.sql"));
    match release.is_mysql() {
        true => files.push(include_str!("copy_fidelity/shops_mysql.sql")),
        false => files.push(include_str!("copy_fidelity/shops_mariadb.sql")),
    }
    if matches!(release, Release::MariaDb10_11 | Release::MariaDb11_8) {
        files.push(include_str!("copy_fidelity/mariadb_from_10_11.sql"));
    }
    if release == Release::MariaDb11_8 {
        files.push(include_str!("copy_fidelity/mariadb_from_11_8.sql"));
    }
    files
}

/// Runs the statements of files, which lines of two dashes part; what stands before the first is a remark.
pub(crate) async fn fill(session: &mut Session, files: &[&str]) {
    for statement in files.iter().flat_map(|file| file.split("\n--\n").skip(1)) {
        session.run(statement.trim()).await;
    }
}
