use serde::{Deserialize, Serialize};
use std::{fmt, path::PathBuf, str::FromStr};

/// How much TLS a connection of dbha wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SslMode {
    /// Never TLS.
    Disabled,
    /// TLS when the server offers it, without looking at its certificate.
    Preferred,
    /// TLS or no connection, without looking at the certificate.
    Required,
    /// TLS with a certificate signed by the given CA.
    VerifyCa,
    /// TLS with a certificate signed by the given CA for the name that was dialled.
    VerifyIdentity,
}

impl FromStr for SslMode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text.to_ascii_lowercase().replace('_', "-").as_str() {
            "disabled" => SslMode::Disabled,
            "preferred" => SslMode::Preferred,
            "required" => SslMode::Required,
            "verify-ca" => SslMode::VerifyCa,
            "verify-identity" => SslMode::VerifyIdentity,
            _ => {
                return Err(format!(
                    "{text:?} is no ssl-mode; use disabled, preferred, required, verify-ca or verify-identity"
                ));
            }
        })
    }
}

impl fmt::Display for SslMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SslMode::Disabled => "disabled",
            SslMode::Preferred => "preferred",
            SslMode::Required => "required",
            SslMode::VerifyCa => "verify-ca",
            SslMode::VerifyIdentity => "verify-identity",
        })
    }
}

/// The TLS wishes of one endpoint: a mode if one was asked for, and the CA's file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsOptions {
    /// The mode that was asked for; `None` lets the defaults of [`TlsOptions::effective`] speak.
    pub mode: Option<SslMode>,
    /// File with the CA certificates in PEM, the only ones that are trusted.
    pub ca: Option<PathBuf>,
}

impl TlsOptions {
    /// Returns the mode that applies: what was asked for, else verify-identity where a CA is given, else preferred.
    pub fn effective(&self) -> SslMode {
        match (self.mode, &self.ca) {
            (Some(mode), _) => mode,
            (None, Some(_)) => SslMode::VerifyIdentity,
            (None, None) => SslMode::Preferred,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ca_alone_means_full_verification() {
        let with_ca = TlsOptions {
            mode: None,
            ca: Some("ca.pem".into()),
        };
        assert_eq!(with_ca.effective(), SslMode::VerifyIdentity);
        assert_eq!(TlsOptions::default().effective(), SslMode::Preferred);
    }

    #[test]
    fn modes_are_read_in_both_spellings() {
        assert_eq!("VERIFY_CA".parse(), Ok(SslMode::VerifyCa));
        assert!("on".parse::<SslMode>().is_err());
    }
}
