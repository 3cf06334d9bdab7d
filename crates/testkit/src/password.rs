//! Passwords of private servers.

use std::fmt;

use crate::TestkitError;

const LENGTH: usize = 32;
const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// A random password; its `Debug` does not show it.
#[derive(Clone)]
pub(crate) struct Password(String);

impl Password {
    /// Makes 32 letters and digits from the operating system's random numbers.
    pub(crate) fn random() -> Result<Self, TestkitError> {
        let mut text = String::with_capacity(LENGTH);
        while text.len() < LENGTH {
            let mut bytes = [0_u8; LENGTH];
            getrandom::fill(&mut bytes).map_err(|error| TestkitError::Random(error.to_string()))?;
            // Bytes beyond a whole multiple of the alphabet are dropped, or its beginning would come up more often.
            let fair = bytes
                .iter()
                .map(|byte| usize::from(*byte))
                .filter(|byte| *byte < LETTERS.len() * 4);
            text.extend(
                fair.map(|byte| char::from(LETTERS[byte % LETTERS.len()]))
                    .take(LENGTH - text.len()),
            );
        }
        Ok(Self(text))
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// Renders the statements that give root this password, each on a line of its own as `init_file` wants it.
    ///
    /// They leave no trace in the binary log, so that its GTID set stays empty.
    pub(crate) fn init_file(&self) -> String {
        let password = &self.0;
        format!(
            "SET SESSION sql_log_bin=0;\n\
             ALTER USER 'root'@'localhost' IDENTIFIED BY '{password}';\n\
             CREATE USER 'root'@'127.0.0.1' IDENTIFIED BY '{password}';\n\
             GRANT ALL PRIVILEGES ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;\n"
        )
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_long_plain_and_differ() {
        let (one, other) = (Password::random().unwrap(), Password::random().unwrap());
        assert_eq!(one.expose().len(), 32);
        assert!(one.expose().bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_ne!(one.expose(), other.expose());
        assert_eq!(format!("{one:?}"), "***");
    }
}
