//! Arguments of `dbha render keepalived`.

use clap::Args;
use std::num::NonZeroU8;

/// Examples at the end of the help of render keepalived.
pub(super) const KEEPALIVED_EXAMPLES: &str = "\
Both servers stand in the config file, which both machines have at the same path. On db1, and with --server db2 on db2:

  dbha render keepalived --config /etc/dbha/dbha.toml --primary db1 --secondary db2 --server db1 --vip 10.0.0.10/24 \\
      > /etc/keepalived/keepalived.conf
  keepalived -t && systemctl restart keepalived

The address follows the server that takes writes. dbha switchover and dbha failover move it; Keepalived alone never does.";

/// Options of render keepalived.
#[derive(Debug, Args)]
pub struct KeepalivedArgs {
    /// The primary: a NAME of the config file.
    #[arg(long, value_name = "NAME", env = "DBHA_PRIMARY")]
    pub primary: String,
    /// The secondary: a NAME of the config file.
    #[arg(long, value_name = "NAME", env = "DBHA_SECONDARY")]
    pub secondary: String,
    /// Which server's machine it is for: its NAME, or `primary` or `secondary` for the two given.
    #[arg(long, value_name = "NAME")]
    pub server: String,
    /// The address for clients, with the length of its network's prefix.
    #[arg(long, value_name = "ADDRESS/PREFIX")]
    pub vip: String,
    /// Interface of that machine that gets the address. Default: the one that has the server's own address, where this
    /// runs on that machine.
    #[arg(long, value_name = "NAME")]
    pub interface: Option<String>,
    /// Number of the virtual router, 1 to 255: the same on both machines, and no other one's in this network. Default:
    /// the last number of the address.
    #[arg(long, value_name = "NUMBER")]
    pub vrid: Option<NonZeroU8>,
    /// Path of dbha on that machine. Default: where this program is.
    #[arg(long, value_name = "PATH")]
    pub program: Option<String>,
}
