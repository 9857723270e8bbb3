//! `tracking completions` and `tracking man`: their command lines.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: Shell,
}

#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Write a page for each command into this folder, and print their paths
    ///
    /// It is made if it is missing; pages that are there are replaced.
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

pub(super) const COMPLETIONS: &str = "\
Examples:
  source <(tracking completions bash)
  tracking completions bash > ~/.local/share/bash-completion/completions/tracking
  tracking completions zsh > ~/.zfunc/_tracking
  tracking completions fish > ~/.config/fish/completions/tracking.fish";

pub(super) const MAN: &str = "\
Examples:
  tracking man | man -l -
  tracking man --dir ~/.local/share/man/man1 && man tracking-next";
