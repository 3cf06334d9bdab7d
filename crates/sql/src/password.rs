use crate::Secret;
use sha1::{Digest, Sha1};

const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Generates a password of 32 ASCII letters and digits from the operating system's random source.
///
/// 32 is the longest that every server keeps whole: MySQL refuses more for a replication link, MariaDB cuts
/// it silently after a restart. Letters and digits alone survive every DSN and option file.
///
/// Fails only when the operating system gives no random bytes.
pub fn generate_password() -> std::io::Result<Secret> {
    let mut text = String::with_capacity(32);
    while text.len() < 32 {
        let mut bytes = [0u8; 64];
        getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
        // 248 = 4 × 62: bytes above it are dropped so that every letter is equally likely.
        let letters = bytes
            .iter()
            .filter(|byte| **byte < 248)
            .map(|byte| ALPHABET[usize::from(*byte) % 62] as char);
        text.extend(letters.take(32 - text.len()));
    }
    Ok(Secret::new(text))
}

/// Computes what `mysql_native_password` stores: `*` and the hexadecimal SHA1(SHA1(password)).
///
/// Sent in place of the password because MariaDB writes account statements verbatim into its binary log.
pub fn native_password_hash(password: &Secret) -> Secret {
    let stage = Sha1::digest(Sha1::digest(password.expose().as_bytes()));
    let hex: String = stage.iter().map(|byte| format!("{byte:02X}")).collect();
    Secret::new(format!("*{hex}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_is_the_one_that_servers_compute() {
        // SELECT PASSWORD('password') on any MariaDB
        let hash = native_password_hash(&Secret::new("password"));
        assert_eq!(hash.expose(), "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19");
    }

    #[test]
    fn passwords_are_long_plain_and_different() {
        let (a, b) = (generate_password().unwrap(), generate_password().unwrap());
        assert_eq!(a.expose().len(), 32);
        assert!(a.expose().chars().all(|c| c.is_ascii_alphanumeric()));
        assert_ne!(a, b);
    }
}
