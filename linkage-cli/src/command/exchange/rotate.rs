//! Keys of the next epoch without a dealer, and the hub's elements with them.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};
use linkage_server::exchange::{carry_hub, commit_rotation, reveal_rotation, take_rotation};

use super::super::Answer;
use crate::terminal::say;

/// Carries all keys over to the next epoch, by a number that no key server chooses alone, and the hub's elements with them, so that
/// strong identifiers go on joining and a stolen copy of the hub ages. Blind entries end; members submit them anew.
///
/// It does not heal a leaked quorum: whoever holds two shares and learns the number holds the next keys. Then hold a ceremony.
/// Key servers and hub are stopped for their last step and started again after it.
#[derive(Debug, Subcommand)]
pub(crate) enum Rotate {
    /// First, at each key server: makes its part and writes a commitment to it, for all to see.
    #[command(after_help = EXAMPLE)]
    Commit(Commit),
    /// Once all three commitments are there, at each key server: writes a note to every key server and to the hub, sealed to it.
    #[command(after_help = EXAMPLE)]
    Reveal(Reveal),
    /// Last, at each key server, while it is stopped: takes the notes to it and is in the next epoch.
    #[command(after_help = EXAMPLE)]
    Take(Take),
    /// Last, at the hub, while it is stopped: carries its elements over and is in the next epoch.
    #[command(after_help = EXAMPLE)]
    Carry(Carry),
}

const EXAMPLE: &str = "\
Example:
  linkage exchange join --folder keyserver-1 --party keyserver-1 --seal-key key/1
  linkage exchange join --folder keyserver-2 --party keyserver-2 --seal-key key/2
  linkage exchange join --folder keyserver-3 --party keyserver-3 --seal-key key/3
  linkage exchange join --folder hub --party hub
  linkage exchange ceremony --epoch 1 --out . --requests */request.json
  linkage exchange rotate commit --folder keyserver-1 --seal-key key/1 --out p
  linkage exchange rotate commit --folder keyserver-2 --seal-key key/2 --out p
  linkage exchange rotate commit --folder keyserver-3 --seal-key key/3 --out p
  linkage exchange rotate reveal --folder keyserver-1 --seal-key key/1 --post p --to */request.json
  linkage exchange rotate reveal --folder keyserver-2 --seal-key key/2 --post p --to */request.json
  linkage exchange rotate reveal --folder keyserver-3 --seal-key key/3 --post p --to */request.json
  linkage exchange rotate take --folder keyserver-1 --seal-key key/1 --post p
  linkage exchange rotate take --folder keyserver-2 --seal-key key/2 --post p
  linkage exchange rotate take --folder keyserver-3 --seal-key key/3 --post p
  linkage exchange rotate carry --folder hub --post p --published keyserver-1/published.json";

/// A key server.
#[derive(Args, Debug)]
pub(crate) struct Server {
    /// The key server's folder.
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
    /// The file of its sealing key.
    #[arg(long, value_name = "FILE")]
    seal_key: PathBuf,
}

/// The first step.
#[derive(Args, Debug)]
pub(crate) struct Commit {
    #[command(flatten)]
    server: Server,
    /// Folder for its commitment.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// The second step.
#[derive(Args, Debug)]
pub(crate) struct Reveal {
    #[command(flatten)]
    server: Server,
    /// Folder that holds commitment-1.json to commitment-3.json, and to which the notes are written.
    #[arg(long, value_name = "DIR")]
    post: PathBuf,
    /// request.json of the three key servers and the hub, to whose keys the notes are sealed.
    #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
    to: Vec<PathBuf>,
}

/// The last step of a key server.
#[derive(Args, Debug)]
pub(crate) struct Take {
    #[command(flatten)]
    server: Server,
    /// Folder of the notes.
    #[arg(long, value_name = "DIR")]
    post: PathBuf,
}

/// The hub's step.
#[derive(Args, Debug)]
pub(crate) struct Carry {
    /// The hub's folder.
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
    /// Folder of the commitments and the notes.
    #[arg(long, value_name = "DIR")]
    post: PathBuf,
    /// The published.json that a key server has after its last step.
    #[arg(long, value_name = "FILE")]
    published: PathBuf,
}

impl Rotate {
    pub(super) fn run(self) -> Result<Answer> {
        match self {
            Rotate::Commit(Commit { server, out }) => {
                let written = commit_rotation(&server.folder, &server.seal_key, &out)?;
                say(format_args!("committed: bring {} to the other key servers and the hub", written.display()));
            }
            Rotate::Reveal(Reveal { server, post, to }) => {
                let commitments = commitments(&post);
                let written = reveal_rotation(&server.folder, &server.seal_key, &commitments, &to, &post)?;
                written.iter().for_each(|note| say(format_args!("bring {} to whom it names", note.display())));
            }
            Rotate::Take(Take { server, post }) => {
                let epoch = take_rotation(&server.folder, &server.seal_key, &post)?;
                say(format_args!("in epoch {epoch}: start the key server, and give published.json to hub and members"));
            }
            Rotate::Carry(Carry { folder, post, published }) => {
                let carried = carry_hub(&folder, &published, &commitments(&post), &post)?;
                say(format_args!("{carried} elements carried over, padding included: start the hub"));
            }
        }
        Ok(Answer::Done)
    }
}

/// Where the three servers put their commitments.
fn commitments(post: &std::path::Path) -> Vec<PathBuf> {
    [1, 2, 3].map(|number| post.join(format!("commitment-{number}.json"))).to_vec()
}
