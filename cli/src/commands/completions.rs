//! `dbha completions`

use crate::args::{Cli, CompletionsArgs, ShellArg};
use clap::CommandFactory;
use clap_complete::{Shell, generate};

/// Prints what a shell reads to complete dbha's command line.
pub fn run(args: &CompletionsArgs) -> u8 {
    let shell = match args.shell {
        ShellArg::Bash => Shell::Bash,
        ShellArg::Zsh => Shell::Zsh,
        ShellArg::Fish => Shell::Fish,
    };
    let mut script = Vec::new();
    generate(shell, &mut Cli::command(), "dbha", &mut script);
    crate::out::write_data(format_args!("{}", String::from_utf8_lossy(&script)));
    0
}
