//! Arguments of `dbha setup`.

use super::{ChoicesArgs, HostArgs, PairArgs, PlatformArgs, WritersArg, seconds};
use clap::{Args, ValueEnum};
use std::{path::PathBuf, time::Duration};

/// Options of a set-up, and of the looks before it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Set-up")]
pub struct SetupArgs {
    /// The pair.
    #[command(flatten)]
    pub pair: PairArgs,
    /// Their machines.
    #[command(flatten)]
    pub hosts: HostArgs,
    /// What they are for.
    #[command(flatten)]
    pub platform: PlatformArgs,
    /// Whether a server whose binary log is off is restarted, once its option file is written, and a secondary that
    /// ends to become a clone started again; needs --host-access.
    #[arg(long, value_enum, default_value_t = RestartArg::Never, value_name = "WHETHER", help_heading = "Machines")]
    pub restart: RestartArg,
    /// Who takes writes: the primary alone (the secondary ends read-only), or both.
    #[arg(long, value_enum, default_value_t = WritersArg::One, value_name = "WHO")]
    pub writers: WritersArg,
    /// What is chosen for the pair.
    #[command(flatten)]
    pub choices: ChoicesArgs,
    /// Step between generated keys: 2 keeps both servers' keys apart, 1 is for software that counts on it (K3s) and
    /// demands one writer. Default 2, or 1 with --for k3s or rancher and where a table `kine` is found.
    #[arg(long, value_parser = ["1", "2"], value_name = "STEP")]
    pub auto_increment: Option<String>,
    /// How the data is copied.
    #[arg(long, value_enum, default_value_t = CopyArg::Auto, value_name = "WAY")]
    pub copy: CopyArg,
    /// Take the data out of this directory, which `dbha dump --from PRIMARY` wrote, and not over the network.
    #[arg(long, value_name = "DIR", conflicts_with = "copy")]
    pub copy_from: Option<PathBuf>,
    /// How many tables are copied at once.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=32), value_name = "N")]
    pub copy_workers: u8,
    /// Throw away the data of the secondary of this name.
    #[arg(long, value_name = "NAME")]
    pub overwrite_secondary: Option<String>,
    /// The server that the primary was in a pair with, dead or taken away: its recorded name, HOST:PORT, or its
    /// server_id. The secondary takes its place.
    #[arg(long, value_name = "OLD")]
    pub replace: Option<String>,
    /// How the secondary reaches the primary, where it differs from how dbha does.
    #[arg(long, value_name = "HOST:PORT")]
    pub primary_address: Option<String>,
    /// How the primary reaches the secondary.
    #[arg(long, value_name = "HOST:PORT")]
    pub secondary_address: Option<String>,
    /// Host part of the replication account; default: the address that each peer really comes from.
    #[arg(long, value_name = "HOST")]
    pub replication_host: Option<String>,
    /// CA by which the two servers verify each other, as a path on their machines; '' for none. Default: each server's
    /// own ssl_ca, where --ssl-ca is given.
    #[arg(long, value_name = "PATH")]
    pub replication_ssl_ca: Option<String>,
    /// Create the account dbha_monitor, which may look and write heartbeats and nothing else; put its grants back where
    /// they drifted.
    #[arg(long, requires = "monitor_password_file", help_heading = "Monitor")]
    pub monitor_account: bool,
    /// File with its password; made, with a new password, where it is not there.
    #[arg(
        long,
        value_name = "FILE",
        requires = "monitor_account",
        help_heading = "Monitor"
    )]
    pub monitor_password_file: Option<PathBuf>,
    /// Its host part: where the monitor comes from, as the servers see it. Default: where this dbha comes from.
    #[arg(
        long,
        value_name = "HOST",
        requires = "monitor_account",
        help_heading = "Monitor"
    )]
    pub monitor_host: Option<String>,
    /// Make the platform's databases and its account on the primary, with the password of this file; a new one is made where
    /// the file is not there. What is there already stays as it is.
    #[arg(long, value_name = "FILE", requires = "platform", help_heading = "Platform")]
    pub platform_password_file: Option<PathBuf>,
    /// Host part of that account: where the platform's servers come from, as the database servers see them; can be given
    /// several times. Cloudpods: %.
    #[arg(
        long,
        value_name = "HOST",
        requires = "platform_password_file",
        help_heading = "Platform"
    )]
    pub client_host: Vec<String>,
    /// Longest wait for the snapshot's lock on the primary, in seconds.
    #[arg(long, default_value = "10", value_parser = seconds, value_name = "SECONDS")]
    pub lock_wait_timeout: Duration,
    /// Let this finding through, where it may be; can be given several times.
    #[arg(long, value_name = "CODE")]
    pub ignore: Vec<String>,
    /// Prove both links by markers even when nothing had to be changed.
    #[arg(long)]
    pub prove: bool,
    /// Name of the pair in status and events.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub name: String,
}

/// What a saved plan holds, so that it cannot be given beside it.
const FIXED_BY_A_PLAN: [&str; 29] = [
    "platform",
    "platform_servers",
    "platform_password_file",
    "client_host",
    "monitor_account",
    "monitor_password_file",
    "monitor_host",
    "host_access",
    "primary_host_access",
    "secondary_host_access",
    "restart",
    "replace",
    "replication_ssl_ca",
    "writers",
    "semi_sync",
    "semi_sync_timeout",
    "managed",
    "auto_increment",
    "copy",
    "copy_from",
    "copy_workers",
    "overwrite_secondary",
    "primary_address",
    "secondary_address",
    "replication_host",
    "lock_wait_timeout",
    "ignore",
    "prove",
    "name",
];

/// Options of setup.
#[derive(Debug, Args)]
#[command(next_help_heading = "Set-up")]
pub struct SetupRunArgs {
    /// What is wanted.
    #[command(flatten)]
    pub wanted: SetupArgs,
    /// Change nothing; show the plan.
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask; needed where there is no terminal.
    #[arg(short = 'y', long)]
    pub yes: bool,
    /// Run the plan in this file, made by `dbha plan --out`, if both servers are still as they were then. Servers
    /// and options are those of the plan; only passwords are given anew.
    #[arg(long, value_name = "FILE", conflicts_with_all = FIXED_BY_A_PLAN)]
    pub plan: Option<PathBuf>,
}

/// Whether servers may be restarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RestartArg {
    /// Where the binary log or a clone cannot be had without.
    Allowed,
    /// Never.
    Never,
}

/// How the data is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CopyArg {
    /// The best that both servers can do; by the CLONE plug-in only where the secondary is seen to be started again.
    Auto,
    /// Row by row, from server to server.
    Stream,
    /// By MySQL's CLONE plug-in: the secondary gets the primary's files and accounts, and restarts with them.
    ClonePlugin,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Cli, OutputArgs, PairArgs};
    use clap::CommandFactory;

    /// An option that was added to a set-up and not to the list would be taken beside a plan, and have no effect.
    #[test]
    fn whatever_a_saved_plan_holds_is_refused_beside_it() {
        let command = Cli::command();
        let setup = command.find_subcommand("setup").unwrap();
        let plan = setup.get_arguments().find(|arg| arg.get_id() == "plan").unwrap();
        let conflicts = setup.get_arg_conflicts_with(plan);
        let ids = |command: clap::Command| -> Vec<String> {
            let ids = command.get_arguments().map(|arg| arg.get_id().to_string());
            ids.collect()
        };
        // Who is asked, how to log in and how to speak are given anew; these three are about this run.
        let mut free = ids(PairArgs::augment_args(clap::Command::new("pair")));
        free.extend(ids(OutputArgs::augment_args(clap::Command::new("output"))));
        free.extend(["dry_run", "yes", "plan", "help"].map(str::to_owned));
        let bound = setup.get_arguments().map(|arg| arg.get_id().to_string());
        let bound: Vec<String> = bound.filter(|id| !free.contains(id)).collect();
        assert!(bound.len() >= FIXED_BY_A_PLAN.len());
        for id in bound {
            assert!(
                conflicts.iter().any(|other| other.get_id() == id.as_str()),
                "{id} is missing in FIXED_BY_A_PLAN"
            );
        }
    }
}
