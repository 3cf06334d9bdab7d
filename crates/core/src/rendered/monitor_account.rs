//! The statements that make the monitor's account, for whoever makes accounts by hand.

use super::{NotRenderable, plain};
use dbha_sql::Dialect;

/// Writes the statements for an account at each of these hosts; they hold a word in place of the password. The monitor of a
/// `managed` pair may open its writer, too.
///
/// # Errors
/// [`NotRenderable`] for a host that is no host part of an account (scenario 84).
pub fn monitor_account(dialect: Dialect, hosts: &[String], managed: bool) -> Result<String, NotRenderable> {
    let mut text = "-- The account of dbha monitor; made by dbha render monitor-account. Put your password in place of PASSWORD, and run\n\
                    -- this on the primary of a pair that dbha made: it reaches the secondary by replication.\n"
        .to_owned();
    if dialect.logs_account_statements_verbatim() {
        text.push_str(
            "-- This server writes CREATE USER into its binary log as it stands. To keep the password out of it, write\n\
             -- IDENTIFIED BY PASSWORD '*HASH' with what SELECT PASSWORD('...') prints.\n",
        );
    }
    for host in hosts {
        let host = plain(host, "-_.:%/", |value| NotRenderable {
            what: "the host",
            value,
            file: "the host part of an account",
            fix: "give an address, a name, or a pattern such as 10.0.0.%",
        })?;
        for statement in dialect.monitor_account_by_hand(host, managed) {
            text.push_str(&format!("{};\n", statement.shown()));
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dbha_sql::{Flavor, Version};

    #[test]
    fn scenario_84_a_host_cannot_end_its_statement() {
        let dialect = Dialect::new(Flavor::MariaDb, Version::new(10, 11, 0));
        for host in [
            "",
            "h'",
            "h;",
            "a b",
            "h\nDROP DATABASE x",
            "h\\",
            "h`",
            "h--\u{0}",
        ] {
            let refused = monitor_account(dialect, &[host.to_owned()], false).unwrap_err();
            assert_eq!(refused.value, host);
        }
        assert!(
            monitor_account(
                dialect,
                &["10.0.0.%".into(), "fd00::%".into(), "10.0.0.0/255.0.0.0".into()],
                true
            )
            .is_ok()
        );
    }
}
