//! Arguments of automatic failover.

use crate::duration::duration;
use clap::Args;
use std::{path::PathBuf, time::Duration};

/// Options of the guard that a monitor runs beside its server.
#[derive(Debug, Args)]
#[command(next_help_heading = "Automatic failover")]
pub struct GuardArgs {
    /// Guard the server beside this monitor: it takes writes only while etcd says that it may, and gets them when the other
    /// one is gone. A monitor with this runs beside each of the two servers; the pair is set up with --managed.
    #[arg(long, requires_all = ["local", "etcd", "max_loss"])]
    pub auto_failover: bool,
    /// The server beside this monitor: primary, secondary, or its name.
    #[arg(long, requires = "auto_failover", value_name = "NAME")]
    pub local: Option<String>,
    /// The members of the etcd cluster, https://HOST:2379, with commas between them; the same on both sides.
    #[arg(long, env = "DBHA_ETCD", value_name = "URLS")]
    pub etcd: Option<String>,
    /// What may be lost by a failover: none (commits were acknowledged by the other server: setup --semi-sync), or what the
    /// writer told its clients in its last moments, no longer than this.
    #[arg(long, requires = "auto_failover", value_name = "none|TIME")]
    pub max_loss: Option<String>,
    /// How long the right to write lasts unless it is renewed; a failover comes after it. The same on both sides.
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
