//! Arguments of automatic failover.

use super::EtcdArgs;
use clap::Args;

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
    /// What may be lost by a failover: none (commits were acknowledged by the other server: setup --semi-sync), or what the
    /// writer told its clients in its last moments, no longer than this.
    #[arg(long, requires = "auto_failover", value_name = "none|TIME")]
    pub max_loss: Option<String>,
    /// Where the vote is.
    #[command(flatten)]
    pub etcd: EtcdArgs,
}
