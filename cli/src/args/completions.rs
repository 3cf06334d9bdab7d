//! Arguments of `dbha completions`.

use clap::{Args, ValueEnum};

pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  dbha completions bash > /etc/bash_completion.d/dbha
  dbha completions zsh > /usr/local/share/zsh/site-functions/_dbha
  dbha completions fish > ~/.config/fish/completions/dbha.fish";

/// Options of completions.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell that shall complete dbha's command line.
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: ShellArg,
}

/// A shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ShellArg {
    /// Bash, with the package bash-completion.
    Bash,
    /// Zsh.
    Zsh,
    /// Fish.
    Fish,
}
