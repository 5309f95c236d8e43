//! `linkage exchange match`: the whole private protocol between two members, each party a process of its own on loopback.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Args;
use linkage_core::record::{Account, Intake, Listing, Reader, Record};
use linkage_server::exchange::{Matched, MemberFolder, hold_ceremony};

use super::super::Answer;
use super::loopback::{Parties, answers, succeeded};
use crate::render::{Cell, Output, Rows};
use crate::terminal::say;

/// Matches the accounts of two members by the real private protocol: three key servers, a hub and both members run as processes
/// of their own on loopback, under keys that are dealt for this run.
///
/// Neither side's records leave its process: what the key servers see is blinded, and what the hub keeps is tags, boxes and group
/// elements. Rows are the pairs in LEAD or better, scored by the left member at home. Where `opened` is false the hub did not open the
/// pseudonym, because the pair shows one evidence group alone: the right member is not told, and the left one knows the pseudonym, not the
/// account that is printed here.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Match {
    /// Accounts of one member as JSON Lines, plain or compressed.
    #[arg(long, value_name = "FILE")]
    left: PathBuf,
    /// Accounts of the other member.
    #[arg(long, value_name = "FILE")]
    right: PathBuf,
    /// Listings of the left accounts.
    #[arg(long, value_name = "FILE")]
    left_listings: Option<PathBuf>,
    /// Listings of the right accounts.
    #[arg(long, value_name = "FILE")]
    right_listings: Option<PathBuf>,
    /// Keep what every party holds in this folder, to be looked at; without it everything is gone afterwards.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

const EXAMPLE: &str = "\
Example:
  linkage exchange match --left testdata/world/accounts.jsonl --right new_seller.jsonl";

const COLUMNS: &[&str] = &["left", "right", "probability", "band", "opened"];

/// The epoch of a run that begins and ends with it.
const EPOCH: u32 = 1;

impl Match {
    pub(super) fn run(self) -> Result<Answer> {
        // A bad line is told before anything is started.
        [&self.left, &self.right].into_iter().try_for_each(|file| readable::<Account>(file))?;
        let listings = self.left_listings.iter().chain(&self.right_listings);
        listings.into_iter().try_for_each(|file| readable::<Listing>(file))?;
        let temporary = tempfile::tempdir().context("make a temporary folder")?;
        let folder = self.keep.clone().unwrap_or_else(|| temporary.path().to_owned());
        let begun = Instant::now();
        let ceremony = hold_ceremony(&folder, EPOCH, &["left", "right"])?;
        let parties = Parties::start(&ceremony)?;
        let told = |stage: &str| say(format_args!("{stage}: {:.1} s", begun.elapsed().as_secs_f64()));
        told("keys dealt, three key servers and the hub listening");
        let [left_folder, right_folder] = ceremony.members.as_slice() else { bail!("expected two members") };
        parties.enrol(&ceremony.members)?;

        let mut left = parties.member("submit", left_folder, Some((&self.left, self.left_listings.as_deref())))?;
        let mut right = parties.member("submit", right_folder, Some((&self.right, self.right_listings.as_deref())))?;
        let (left, right) = (left.wait()?, right.wait()?);
        succeeded("left member", left)?;
        succeeded("right member", right)?;
        told("both members have submitted");

        let found = parties.member("sync", left_folder, Some((&self.left, self.left_listings.as_deref())))?;
        let found: Vec<Matched> = answers("left member", found)?;
        let received: Vec<Matched> = answers("right member", parties.member("links", right_folder, None)?)?;
        told("looked up, scored and published");
        let right: HashMap<(&str, &str), &str> =
            received.iter().map(|link| ((link.other.as_str(), link.own.as_str()), link.account.as_str())).collect();
        let names = MemberFolder(right_folder.clone()).pseudonyms(EPOCH)?;
        let mut rows = Rows::to_stdout(self.output.format, COLUMNS)?;
        for link in &found {
            let told = right.get(&(link.own.as_str(), link.other.as_str())).copied();
            if link.opened && told.is_none() {
                bail!("a link that the left member published did not reach the right one");
            }
            let Some(account) = told.or_else(|| names.get(&link.other).map(String::as_str)) else {
                bail!("a pseudonym is not the right member's");
            };
            rows.row(vec![
                Cell::text(&link.account),
                Cell::text(account),
                Cell::Probability(link.probability),
                Cell::text(&link.band),
                Cell::Flag(link.opened),
            ])?;
        }
        rows.finish()?;
        Ok(Answer::Done)
    }
}

/// Reads a file to its end, for its errors alone; nothing is kept, so any key of digests will do.
fn readable<T: Record>(file: &Path) -> Result<()> {
    let intake = Intake::new([0; 32]);
    for line in Reader::<T>::open(file, &intake)? {
        line?;
    }
    Ok(())
}
