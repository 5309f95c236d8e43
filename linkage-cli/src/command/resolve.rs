//! `linkage resolve`: who is behind accounts that are not in the store?

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use linkage_core::ledger::AnyRecord;
use linkage_core::linker::{Linker, Resolution, read_pictures};
use linkage_core::record::{Account, Listing, Reader, Record};

use super::import::tell_pictures;
use super::{Answer, Data, bad_input, tell_waiting};
use crate::render::{self, Cell, Format, Output, Rows, waterfall};
use crate::terminal::say;

/// Which network does an account belong to that is not in the store? Nothing is stored, unless --store says so.
///
/// Answers for every account of the file: the band, the network, how probable it is that the account belongs there, the account
/// it is most like, and why. On an empty store there is nobody to be like.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub(super) struct Resolve {
    /// Accounts as JSON Lines; at most 10,000.
    #[arg(long, value_name = "FILE")]
    account: PathBuf,
    /// Their listings.
    #[arg(long, value_name = "FILE")]
    listings: Option<PathBuf>,
    /// Folder that image paths start from; the files are read and compared by their perceptual hash.
    #[arg(long, value_name = "DIR")]
    images_root: Option<PathBuf>,
    /// Stores and links the accounts and listings after answering.
    #[arg(long)]
    store: bool,
    #[command(flatten)]
    output: Output,
}

const EXAMPLE: &str = "\
Example:
  linkage resolve --account new_seller.jsonl";

const COLUMNS: &[&str] = &["account", "band", "probability", "network_id", "nearest", "weight_bits", "reasons"];

/// Most records of a kind that are answered at once.
const RECORDS_MAX: usize = 10_000;

impl Resolve {
    pub(super) fn run(self, data: &Data) -> Result<Answer> {
        if self.images_root.as_ref().is_some_and(|folder| !folder.is_dir()) {
            return Err(bad_input("--images-root: expected a folder"));
        }
        let linker = if self.store { data.open_or_create()? } else { data.open_or_empty()? };
        tell_waiting(&linker)?;
        let mut accounts: Vec<Account> = read(&self.account, &linker)?;
        let mut listings: Vec<Listing> = self.listings.as_deref().map_or(Ok(Vec::new()), |file| read(file, &linker))?;
        if let Some(root) = &self.images_root {
            let of_accounts = accounts.iter_mut().flat_map(|account| &mut account.images);
            let of_listings = listings.iter_mut().flat_map(|listing| &mut listing.images);
            tell_pictures(&read_pictures(of_accounts.chain(of_listings), root), root);
        }
        let answers = linker.resolve(&accounts, &listings)?;
        write_answers(&answers, self.output.format, &linker)?;
        if self.store {
            let accounts = accounts.into_iter().map(AnyRecord::Account);
            let records: Vec<AnyRecord> = accounts.chain(listings.into_iter().map(AnyRecord::Listing)).collect();
            let counts = linker.add(&records, true)?;
            say(format_args!("stored {} records, {} were known", counts.new_total(), counts.unchanged_total()));
        }
        Ok(Answer::Done)
    }
}

fn read<T: Record>(file: &Path, linker: &Linker) -> Result<Vec<T>> {
    let mut records = Vec::new();
    for record in Reader::<T>::open(file, linker.intake())? {
        if records.len() == RECORDS_MAX {
            return Err(bad_input(format!("{}: expected at most {RECORDS_MAX} records", file.display())));
        }
        records.push(record?.1);
    }
    Ok(records)
}

fn write_answers(answers: &[Resolution], format: Format, linker: &Linker) -> Result<()> {
    match format {
        Format::Json => return render::json(&answers),
        Format::Jsonl => return render::json_lines(answers),
        Format::Table | Format::Csv => {}
    }
    let mut rows = Rows::to_stdout(format, COLUMNS)?;
    for answer in answers {
        rows.row(cells(answer))?;
    }
    rows.finish()?;
    if let ([answer], Format::Table) = (answers, format) {
        write_reasons(answer, linker)?;
    }
    Ok(())
}

/// Of a single answer, people see the whole sum.
fn write_reasons(answer: &Resolution, linker: &Linker) -> Result<()> {
    if let (Some(nearest), Some(why)) = (&answer.nearest, &answer.reasons) {
        let settings = linker.epoch()?.settings;
        render::page(|out| {
            writeln!(out)?;
            waterfall(out, &answer.account, nearest, why, settings)
        })?;
    }
    Ok(())
}

fn cells(answer: &Resolution) -> Vec<Cell> {
    let why = answer.reasons.as_ref();
    vec![
        Cell::text(&answer.account),
        Cell::text(answer.band),
        Cell::Probability(answer.probability),
        Cell::maybe(answer.network, Cell::text),
        Cell::maybe(answer.nearest.as_ref(), Cell::text),
        Cell::maybe(why, |why| Cell::Bits(why.weight_bits)),
        Cell::maybe(why, |why| {
            let for_it = why.terms.iter().filter(|line| line.counted && 0.0 < line.bits);
            Cell::Text(for_it.map(|line| line.sentence).collect::<Vec<_>>().join("; "))
        }),
    ]
}
