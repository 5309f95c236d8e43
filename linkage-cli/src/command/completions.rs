//! `linkage completions`: what a shell needs to complete commands and options.

use anyhow::Result;
use clap::{Args, CommandFactory, ValueEnum};
use clap_complete::Shell;

use super::{Answer, Arguments};
use crate::render;

/// Writes the completions for a shell to stdout.
///
/// bash: linkage completions bash > ~/.local/share/bash-completion/completions/linkage;
/// zsh: into a folder of $fpath as _linkage; fish: ~/.config/fish/completions/linkage.fish.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  linkage completions bash > linkage.bash")]
pub(super) struct Completions {
    /// The shell.
    #[arg(value_enum)]
    shell: Known,
}

/// The shells that are tested.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Known {
    Bash,
    Zsh,
    Fish,
}

impl Completions {
    pub(super) fn run(self) -> Result<Answer> {
        let shell = match self.shell {
            Known::Bash => Shell::Bash,
            Known::Zsh => Shell::Zsh,
            Known::Fish => Shell::Fish,
        };
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Arguments::command(), "linkage", &mut script);
        render::page(|out| out.write_all(&script))?;
        Ok(Answer::Done)
    }
}
