//! The platform that a pair is for.

use clap::{Args, ValueEnum};

/// The platform that a pair is for.
#[derive(Debug, Args)]
#[command(next_help_heading = "Platform")]
pub struct PlatformArgs {
    /// The platform that the pair is for: what it needs of both servers is looked for, and K3s and Rancher get a key
    /// step of 1.
    #[arg(long = "for", id = "platform", value_enum, value_name = "PLATFORM")]
    pub platform: Option<PlatformArg>,
    /// How many servers of the platform use the pair: Rancher servers (default 3), Rainbond's API processes (2).
    #[arg(long, value_name = "N", requires = "platform", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub platform_servers: Option<u32>,
}

/// A platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlatformArg {
    /// Cloudpods, by ocboot.
    Cloudpods,
    /// Rainbond, by its operator.
    Rainbond,
    /// Rancher on K3s.
    Rancher,
    /// K3s with an external datastore.
    K3s,
    /// KubeSphere, behind HAProxy.
    Kubesphere,
}

impl From<PlatformArg> for dbha_core::Platform {
    fn from(platform: PlatformArg) -> Self {
        match platform {
            PlatformArg::Cloudpods => Self::Cloudpods,
            PlatformArg::Rainbond => Self::Rainbond,
            PlatformArg::Rancher => Self::Rancher,
            PlatformArg::K3s => Self::K3s,
            PlatformArg::Kubesphere => Self::Kubesphere,
        }
    }
}
