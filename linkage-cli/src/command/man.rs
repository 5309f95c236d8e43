//! `linkage man`: the manual pages, made from the same words as `--help`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;

use super::{Answer, Arguments, bad_input};
use crate::render;
use crate::terminal::say;

/// Writes manual pages: one to stdout, or all of them into a folder.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub(super) struct Manual {
    /// The command, such as export graphml; without it the page of linkage itself.
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
    /// Writes the pages of all commands into this folder, which is made if it is not there.
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    out: Option<PathBuf>,
}

const EXAMPLE: &str = "\
Example:
  linkage man network
  linkage man --out man/man1";

impl Manual {
    pub(super) fn run(self) -> Result<Answer> {
        let mut root = Arguments::command();
        root.build();
        if let Some(folder) = &self.out {
            fs::create_dir_all(folder).with_context(|| format!("{}: make folder", folder.display()))?;
            let pages = write_all(&root, folder)?;
            say(format_args!("wrote {pages} pages into {}", folder.display()));
            return Ok(Answer::Done);
        }
        let mut command = &root;
        for name in &self.command {
            command = command.find_subcommand(name).ok_or_else(|| {
                bad_input(format!("no command {name:?} of {}; `linkage --help` lists them", command.get_name()))
            })?;
        }
        let page = rendered(command)?;
        render::page(|out| out.write_all(&page))?;
        Ok(Answer::Done)
    }
}

fn rendered(command: &Command) -> Result<Vec<u8>> {
    let mut page = Vec::new();
    // A page is made at build time in other projects: a date would make every one of them another file.
    Man::new(command.clone()).date("").render(&mut page).context("write the page")?;
    Ok(page)
}

/// The page's name, such as `linkage-export-graphml`.
fn page_name(command: &Command) -> String {
    command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned()
}

/// Writes the page of a command and those of the commands below it; how many they were.
fn write_all(command: &Command, folder: &Path) -> Result<usize> {
    let file = folder.join(format!("{}.1", page_name(command)));
    fs::write(&file, rendered(command)?).with_context(|| format!("{}: write file", file.display()))?;
    let mut pages = 1;
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        pages += write_all(below, folder)?;
    }
    Ok(pages)
}
