//! Whether a caller shows the token.

use axum::http::{HeaderMap, header::AUTHORIZATION};
use base64::{Engine, engine::general_purpose::STANDARD};
use dbha_core::Secret;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

const LEAST: usize = 16;
const MOST: usize = 512;

/// The token, kept as a hash: what is compared has one length, whatever was sent.
#[derive(Clone)]
pub(super) struct Token([u8; 32]);

impl Token {
    /// Takes a token that is long enough not to be guessed and can be sent in a header.
    pub(super) fn new(secret: &Secret) -> Option<Self> {
        let text = secret.expose();
        let fit = (LEAST..=MOST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        fit.then(|| Self(Sha256::digest(text.as_bytes()).into()))
    }

    /// Tells whether the headers show it, as `Bearer` or as the password of `Basic`.
    pub(super) fn is_shown(&self, headers: &HeaderMap) -> bool {
        let shown = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        shown.and_then(said).is_some_and(|text| {
            let hash: [u8; 32] = Sha256::digest(text.as_bytes()).into();
            hash.ct_eq(&self.0).into()
        })
    }
}

fn said(authorization: &str) -> Option<String> {
    let (scheme, rest) = authorization.split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(rest).ok()?).ok()?;
    // Whatever name the browser was given.
    decoded.split_once(':').map(|(_, password)| password.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef";

    fn shown(value: &str) -> bool {
        let token = Token::new(&Secret::new(TOKEN)).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, value.parse().unwrap());
        token.is_shown(&headers)
    }

    #[test]
    fn bearer_and_password_are_taken_and_nothing_else() {
        let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
        assert!(shown("Bearer 0123456789abcdef") && shown("bearer 0123456789abcdef"));
        assert!(shown(&basic("anybody:0123456789abcdef")) && shown(&basic(":0123456789abcdef")));
        for wrong in [
            "Bearer",
            "Bearer ",
            "Bearer 0123456789abcdeg",
            "Basic !!",
            "Digest 0123456789abcdef",
        ] {
            assert!(!shown(wrong), "{wrong}");
        }
        assert!(!shown(&basic("0123456789abcdef:")) && !shown(&basic("0123456789abcdef")));
    }

    #[test]
    fn a_token_that_could_be_guessed_is_not_taken() {
        for unfit in [
            "",
            "short",
            "0123456789abcde",
            "0123456789 abcdef",
            "0123456789abcdéf",
        ] {
            assert!(Token::new(&Secret::new(unfit)).is_none(), "{unfit}");
        }
    }
}
