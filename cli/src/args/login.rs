//! How to log in.

use clap::Args;
use std::path::PathBuf;

/// Accounts, passwords and TLS.
#[derive(Debug, Args)]
#[command(next_help_heading = "Login")]
pub struct LoginArgs {
    /// Account for both servers; default from ~/.my.cnf, else root.
    #[arg(long, value_name = "USER", env = "DBHA_USER")]
    pub user: Option<String>,
    /// Account for the primary.
    #[arg(long, value_name = "USER", env = "DBHA_PRIMARY_USER")]
    pub primary_user: Option<String>,
    /// Account for the secondary.
    #[arg(long, value_name = "USER", env = "DBHA_SECONDARY_USER")]
    pub secondary_user: Option<String>,
    /// File whose first line is the password for both servers (/dev/fd/N for a descriptor).
    #[arg(long, value_name = "FILE", env = "DBHA_PASSWORD_FILE")]
    pub password_file: Option<PathBuf>,
    /// File with the password for the primary.
    #[arg(long, value_name = "FILE", env = "DBHA_PRIMARY_PASSWORD_FILE")]
    pub primary_password_file: Option<PathBuf>,
    /// File with the password for the secondary.
    #[arg(long, value_name = "FILE", env = "DBHA_SECONDARY_PASSWORD_FILE")]
    pub secondary_password_file: Option<PathBuf>,
    /// Option file with `[client]` or `[dbha]`, instead of ~/.my.cnf.
    #[arg(long, value_name = "FILE", env = "DBHA_DEFAULTS_FILE")]
    pub defaults_file: Option<PathBuf>,
    /// disabled, preferred, required, verify-ca or verify-identity; default verify-identity with --ssl-ca, else preferred.
    #[arg(long, value_name = "MODE", env = "DBHA_SSL_MODE")]
    pub ssl_mode: Option<dbha_core::SslMode>,
    /// File with the CA certificates, the only ones that are trusted.
    #[arg(long, value_name = "FILE", env = "DBHA_SSL_CA")]
    pub ssl_ca: Option<PathBuf>,
}

/// How to log in to the one server of a dump or a load.
#[derive(Debug, Args)]
#[command(next_help_heading = "Login")]
pub struct LoneLoginArgs {
    /// Account; default from ~/.my.cnf, else root.
    #[arg(long, value_name = "USER", env = "DBHA_USER")]
    pub user: Option<String>,
    /// File whose first line is the password (/dev/fd/N for a descriptor).
    #[arg(long, value_name = "FILE", env = "DBHA_PASSWORD_FILE")]
    pub password_file: Option<PathBuf>,
    /// Option file with `[client]` or `[dbha]`, instead of ~/.my.cnf.
    #[arg(long, value_name = "FILE", env = "DBHA_DEFAULTS_FILE")]
    pub defaults_file: Option<PathBuf>,
    /// disabled, preferred, required, verify-ca or verify-identity; default verify-identity with --ssl-ca, else preferred.
    #[arg(long, value_name = "MODE", env = "DBHA_SSL_MODE")]
    pub ssl_mode: Option<dbha_core::SslMode>,
    /// File with the CA certificates, the only ones that are trusted.
    #[arg(long, value_name = "FILE", env = "DBHA_SSL_CA")]
    pub ssl_ca: Option<PathBuf>,
}
