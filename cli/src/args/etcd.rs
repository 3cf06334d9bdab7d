//! Where the vote of a guarded pair is.

use crate::duration::duration;
use clap::Args;
use std::{path::PathBuf, time::Duration};

/// The vote in etcd without which guards let neither server write.
#[derive(Debug, Args)]
#[command(next_help_heading = "Vote")]
pub struct EtcdArgs {
    /// The members of the etcd cluster, https://HOST:2379, with commas between them; the same for both guards of a pair.
    #[arg(long, env = "DBHA_ETCD", value_name = "URLS")]
    pub etcd: Option<String>,
    /// How long the right to write lasts unless it is renewed; a failover comes after it. The same for both guards.
    #[arg(long, default_value = "10s", value_parser = duration, value_name = "TIME")]
    pub lease: Duration,
    /// Certificates of the authorities that etcd's certificate may be signed by, PEM.
    #[arg(long, requires = "etcd", value_name = "FILE")]
    pub etcd_ca: Option<PathBuf>,
    /// Client certificate for etcd, PEM.
    #[arg(long, requires = "etcd_key", value_name = "FILE")]
    pub etcd_cert: Option<PathBuf>,
    /// Its private key, PEM.
    #[arg(long, requires = "etcd_cert", value_name = "FILE")]
    pub etcd_key: Option<PathBuf>,
    /// User of etcd, where it asks for one.
    #[arg(long, requires = "etcd_password_file", value_name = "NAME")]
    pub etcd_user: Option<String>,
    /// File whose first line is that user's password.
    #[arg(long, requires = "etcd_user", value_name = "FILE")]
    pub etcd_password_file: Option<PathBuf>,
}
