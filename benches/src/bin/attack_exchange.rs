//! Attacks what the hub of private matching holds, with a list of the people in it.
//!
//! ```text
//! linkage exchange match --left A.jsonl --right B.jsonl --keep KEPT
//! attack_exchange KEPT --left A.jsonl --right B.jsonl [--list-left .. --list-right ..] [--share 0.5]
//! ```
//!
//! Listings beside a file of accounts, `A-listings.jsonl` beside `A.jsonl`, are read with it.
//!
//! The attacker took the hub: it reads the journal, with every element, tag, sender and batch. It has a list in plain text (the
//! exact records, part of them, or a clean list against corrupted records) and knows the token classes; it has no key. It makes one guess for every tag
//! and every pseudonym. The truth is read from the members' own folders, for counting alone.
//!
//! - **Blind tier**: tags against token inputs, by colour (how often each sender sent it, which is all that a shuffled pool shows), by rank
//!   of frequency, and by seeds and percolation over the batches.
//! - **Joinable tier**: pseudonyms against list entries, by three rounds of colour refinement over shared elements, then by
//!   seeds and percolation that tolerates noise.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Parser;
use linkage_core::fingerprint::{ClearKeyer, Profile};
use linkage_core::privacy::sealed::Token;
use linkage_core::privacy::token::{Classes, PUBLIC_KEY, Tier, TokenInput, inputs};
use linkage_core::record::{Account, Intake, Listing, Reader};
use linkage_proto::exchange::SubmitPayload;
use linkage_server::exchange::journal_envelopes;
use prost::Message;
use serde::Deserialize;

/// Attacks what the hub of private matching holds.
#[derive(Parser)]
#[command(after_help = "Example: attack_exchange kept --left a.jsonl --right b.jsonl --share 0.5")]
struct Args {
    /// Folder that `linkage exchange match --keep` left.
    kept: PathBuf,
    /// The left records that were matched.
    #[arg(long)]
    left: PathBuf,
    /// The right records that were matched.
    #[arg(long)]
    right: PathBuf,
    /// The attacker's list of the left records, if it is another one.
    #[arg(long)]
    list_left: Option<PathBuf>,
    /// The attacker's list of the right records, if it is another one.
    #[arg(long)]
    list_right: Option<PathBuf>,
    /// `account,entity` rows for the matched records and the lists, where an entry of a list bears another name than the record.
    #[arg(long)]
    truth: Option<PathBuf>,
    /// The share of the list that the attacker has, 0 to 1.
    #[arg(long, default_value_t = 1.0)]
    share: f64,
}

/// The entries of a list: each with its token inputs.
type List = Vec<(String, Vec<TokenInput>)>;

/// How often each of both senders has something.
type Colour = (u32, u32);

/// As a member reduces its export: observations of one account are one, with its listings.
fn read(path: &Path, classes: &Classes) -> Result<List> {
    let (intake, keyer) = (Intake::new(PUBLIC_KEY), ClearKeyer::new(PUBLIC_KEY));
    let mut list: BTreeMap<String, (Vec<Account>, Vec<Listing>)> = BTreeMap::new();
    for line in Reader::<Account>::open(path, &intake)? {
        let (_, account) = line?;
        list.entry(account.key.to_string()).or_default().0.push(account);
    }
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let listings = path.with_file_name(format!("{name}-listings.jsonl"));
    if listings.exists() {
        for line in Reader::<Listing>::open(&listings, &intake)? {
            let (_, listing) = line?;
            if let Some((_, of_account)) = list.get_mut(listing.account.as_str()) {
                of_account.push(listing);
            }
        }
    }
    let reduce = |(key, (accounts, listings)): (String, (Vec<Account>, Vec<Listing>))| {
        (key, inputs(&Profile::new(&accounts, &listings, &keyer), classes))
    };
    Ok(list.into_iter().map(reduce).collect())
}

/// Part of a list, drawn alike in every run.
fn part(list: List, share: f64) -> List {
    let kept = |key: &str| {
        let digest = blake3::hash(key.as_bytes());
        f64::from(u32::from_be_bytes(digest.as_bytes()[..4].try_into().unwrap_or_default()))
            < share * f64::from(u32::MAX)
    };
    list.into_iter().filter(|(key, _)| kept(key)).collect()
}

#[derive(Deserialize)]
struct OwnAccount {
    account: String,
    pseudonym: [u8; 16],
}

/// A token's class and what it was made of.
type Input = (u16, [u8; 16]);

/// Entries of the hub's blind tier by tag: what an attacker sees of each, and in which batches it lies.
type Tags = BTreeMap<[u8; 16], (Colour, BTreeSet<usize>)>;

/// Pseudonyms with their sender and the elements they hold.
type Pseudonyms = [([u8; 16], usize, Vec<Vec<u8>>)];

/// What a member's folder says, for counting: its tokens by class and input, and its pseudonyms, of the one epoch of a match.
fn truth(folder: &Path) -> Result<(HashMap<Input, Token>, Vec<OwnAccount>)> {
    let folder = folder.join("epoch-1");
    let bytes = std::fs::read(folder.join("tokens.bin")).context("read the member's tokens")?;
    let row = |row: &[u8]| {
        let class = u16::from_be_bytes(row.get(..2)?.try_into().ok()?);
        Some(((class, row.get(2..18)?.try_into().ok()?), Token(row.get(18..50)?.try_into().ok()?)))
    };
    let accounts = std::fs::read(folder.join("accounts.json")).context("read the member's pseudonyms")?;
    Ok((bytes.chunks_exact(50).filter_map(row).collect(), serde_json::from_slice(&accounts)?))
}

fn place(input: &TokenInput) -> Input {
    let mut short = [0; 16];
    short.copy_from_slice(&blake3::hash(&input.bytes()).as_bytes()[..16]);
    (input.class.0, short)
}

fn main() -> Result<()> {
    let args = Args::parse();
    let classes = Classes::shipped()?;
    let lists = [
        part(read(args.list_left.as_ref().unwrap_or(&args.left), &classes)?, args.share),
        part(read(args.list_right.as_ref().unwrap_or(&args.right), &classes)?, args.share),
    ];
    // What the hub saw.
    let mut tags: BTreeMap<[u8; 16], (Colour, BTreeSet<usize>)> = BTreeMap::new();
    let mut pseudonyms: Vec<([u8; 16], usize, Vec<Vec<u8>>)> = Vec::new();
    for (batch, envelope) in journal_envelopes(&args.kept.join("hub"))?.iter().enumerate() {
        if envelope.method != "Submit" {
            continue;
        }
        let sender = usize::from(envelope.member == "right");
        let payload = SubmitPayload::decode(envelope.payload.as_slice())?;
        for entry in payload.entries {
            let tag: [u8; 16] = entry.tag.as_slice().try_into().context("a tag of 16 bytes")?;
            let seen = tags.entry(tag).or_default();
            if sender == 0 {
                seen.0.0 += 1
            } else {
                seen.0.1 += 1
            };
            seen.1.insert(batch);
        }
        for new in payload.pseudonyms {
            pseudonyms.push((new.pseudonym.as_slice().try_into().context("16 bytes")?, sender, new.elements));
        }
    }
    // The truth, for counting: which tag is which input, and which accounts show it.
    let records = [read(&args.left, &classes)?, read(&args.right, &classes)?];
    let mut owner: HashMap<[u8; 16], Input> = HashMap::new();
    let mut real_name: HashMap<[u8; 16], String> = HashMap::new();
    for (side, member) in ["left", "right"].iter().enumerate() {
        let (tokens, accounts) = truth(&args.kept.join(member))?;
        let is_blind = |input: &&TokenInput| classes.get(input.class).is_some_and(|class| class.tier == Tier::Blind);
        for input in records[side].iter().flat_map(|(_, inputs)| inputs).filter(is_blind) {
            if let Some(token) = tokens.get(&place(input)) {
                owner.insert(token.tag().0, place(input));
            }
        }
        real_name.extend(accounts.into_iter().map(|own| (own.pseudonym, own.account)));
    }
    let mut entity: HashMap<String, String> = HashMap::new();
    if let Some(truth) = &args.truth {
        for row in csv::Reader::from_path(truth)?.records() {
            let row = row?;
            entity.insert(row.get(0).unwrap_or_default().to_owned(), row.get(1).unwrap_or_default().to_owned());
        }
    }
    let entity = |name: &str| entity.get(name).cloned().unwrap_or_else(|| name.to_owned());
    // A guess is right if the entry it names stands for an account that shows the tag.
    let mut shown: HashMap<Input, HashSet<String>> = HashMap::new();
    for (name, inputs) in records.iter().flatten() {
        for input in inputs {
            shown.entry(place(input)).or_default().insert(entity(name));
        }
    }
    let mut first_of: HashMap<Input, String> = HashMap::new();
    for (name, inputs) in lists.iter().flatten() {
        for input in inputs {
            first_of.entry(place(input)).or_insert_with(|| entity(name));
        }
    }
    let is_right = |tag: &[u8; 16], input: &Input| {
        let shows = owner.get(tag).and_then(|real| shown.get(real));
        shows.is_some_and(|shows| first_of.get(input).is_some_and(|named| shows.contains(named)))
    };
    blind(&lists, &tags, owner.len(), &is_right, &classes);
    let real_name = real_name.into_iter().map(|(id, name)| (id, entity(&name))).collect();
    let names: Vec<String> = lists.iter().flatten().map(|(name, _)| entity(name)).collect();
    joinable(&lists, &pseudonyms, &real_name, &names, &classes);
    Ok(())
}

fn print(tier: &str, attack: &str, named: usize, right: usize, all: usize) {
    let share = 100.0 * right as f64 / all.max(1) as f64;
    let mut out = std::io::stdout().lock();
    // Whoever reads may have gone; there is nobody to tell then.
    let _ = std::io::Write::write_fmt(
        &mut out,
        format_args!("{tier}\t{attack}\tguessed {named}\tright {right}\tof {all}\t{share:.3} %\n"),
    );
}

/// Guesses the input of every tag.
fn blind(lists: &[List; 2], tags: &Tags, all: usize, is_right: &dyn Fn(&[u8; 16], &Input) -> bool, classes: &Classes) {
    let is_blind = |input: &&TokenInput| classes.get(input.class).is_some_and(|class| class.tier == Tier::Blind);
    let mut expected: BTreeMap<Input, Colour> = BTreeMap::new();
    let mut entries_of: HashMap<Input, Vec<(usize, usize)>> = HashMap::new();
    for (side, list) in lists.iter().enumerate() {
        for (entry, (_, inputs)) in list.iter().enumerate() {
            for input in inputs.iter().filter(is_blind) {
                let colour = expected.entry(place(input)).or_default();
                if side == 0 {
                    colour.0 += 1
                } else {
                    colour.1 += 1
                };
                entries_of.entry(place(input)).or_default().push((side, entry));
            }
        }
    }
    // By colour: one guess among the inputs of the same colour; sure where there is one.
    let mut by_colour: BTreeMap<Colour, Vec<Input>> = BTreeMap::new();
    expected.iter().for_each(|(input, colour)| by_colour.entry(*colour).or_default().push(*input));
    let mut turns: HashMap<Colour, usize> = HashMap::new();
    let (mut named, mut right) = (0, 0);
    let mut seeds: HashMap<[u8; 16], Input> = HashMap::new();
    let mut of_colour: HashMap<Colour, usize> = HashMap::new();
    tags.values().for_each(|(colour, _)| *of_colour.entry(*colour).or_insert(0) += 1);
    for (tag, (colour, _)) in tags {
        let Some(candidates) = by_colour.get(colour) else { continue };
        let turn = turns.entry(*colour).or_insert(0);
        let guess = candidates[*turn % candidates.len()];
        *turn += 1;
        named += 1;
        right += usize::from(is_right(tag, &guess));
        if candidates.len() == 1 && of_colour.get(colour) == Some(&1) {
            seeds.insert(*tag, guess);
        }
    }
    print("blind", "colour (count by sender)", named, right, all);
    let sure = seeds.iter().filter(|(tag, input)| is_right(tag, input)).count();
    print("blind", "colour, unique ones alone", seeds.len(), sure, all);

    // By rank of frequency.
    let mut ranked: Vec<([u8; 16], u32)> = tags.iter().map(|(tag, (c, _))| (*tag, c.0 + c.1)).collect();
    ranked.sort_by_key(|(tag, count)| (std::cmp::Reverse(*count), *tag));
    let mut list: Vec<(Input, u32)> = expected.iter().map(|(input, c)| (*input, c.0 + c.1)).collect();
    list.sort_by_key(|(input, count)| (std::cmp::Reverse(*count), *input));
    let right = ranked.iter().zip(&list).filter(|((tag, _), (input, _))| is_right(tag, input)).count();
    print("blind", "rank of frequency", ranked.len().min(list.len()), right, all);

    // Seeds and percolation: tags of a seed's batches, inputs of a seed's list entries; only where one stands out.
    let mut guessed: HashMap<[u8; 16], Input> = seeds.clone();
    let mut inputs_of: HashMap<(usize, usize), Vec<Input>> = HashMap::new();
    entries_of.iter().for_each(|(input, entries)| {
        entries.iter().for_each(|entry| inputs_of.entry(*entry).or_default().push(*input))
    });
    let mut wanted: HashMap<Input, u32> = HashMap::new();
    for input in seeds.values() {
        for entry in entries_of.get(input).into_iter().flatten() {
            inputs_of.get(entry).into_iter().flatten().for_each(|near| *wanted.entry(*near).or_insert(0) += 1);
        }
    }
    let seeded: BTreeSet<usize> =
        seeds.keys().filter_map(|tag| tags.get(tag)).flat_map(|(_, batches)| batches.clone()).collect();
    let taken: HashSet<Input> = seeds.values().copied().collect();
    let mut best: BTreeMap<Colour, Vec<(Input, u32)>> = BTreeMap::new();
    for (input, score) in wanted.iter().filter(|(input, _)| !taken.contains(*input)) {
        if let Some(colour) = expected.get(input) {
            best.entry(*colour).or_default().push((*input, *score));
        }
    }
    best.values_mut().for_each(|list| list.sort_by_key(|(input, score)| (std::cmp::Reverse(*score), *input)));
    let mut near: Vec<(&[u8; 16], usize, Colour)> = tags
        .iter()
        .filter(|(tag, _)| !guessed.contains_key(*tag))
        .map(|(tag, (colour, batches))| (tag, batches.intersection(&seeded).count(), *colour))
        .collect();
    near.sort_by_key(|(tag, score, _)| (std::cmp::Reverse(*score), **tag));
    let mut turn: HashMap<Colour, usize> = HashMap::new();
    for (tag, _, colour) in near {
        let at = turn.entry(colour).or_insert(0);
        if let Some((input, _)) = best.get(&colour).and_then(|list| list.get(*at)) {
            guessed.insert(*tag, *input);
            *at += 1;
        }
    }
    let right = guessed.iter().filter(|(tag, input)| is_right(tag, input)).count();
    print("blind", "seeds and percolation over batches", guessed.len(), right, all);
}

/// A graph of entries and what they share: for each entry its sender and its values.
struct Shared {
    sender: Vec<usize>,
    values: Vec<Vec<u64>>,
    holders: HashMap<u64, Vec<usize>>,
}

impl Shared {
    /// Values that one entry alone has are padding or might be, and are left out.
    fn new(entries: Vec<(usize, Vec<u64>)>) -> Shared {
        let mut holders: HashMap<u64, Vec<usize>> = HashMap::new();
        for (at, (_, values)) in entries.iter().enumerate() {
            values.iter().for_each(|value| holders.entry(*value).or_default().push(at));
        }
        holders.retain(|_, held| 1 < held.len());
        let (sender, values): (Vec<usize>, Vec<Vec<u64>>) = entries.into_iter().unzip();
        let values =
            values.into_iter().map(|of| of.into_iter().filter(|value| holders.contains_key(value)).collect()).collect();
        Shared { sender, values, holders }
    }

    /// Three rounds of colour refinement (Weisfeiler and Leman).
    fn colours(&self) -> Vec<u64> {
        let mut colours: Vec<u64> = self.sender.iter().map(|sender| *sender as u64).collect();
        for _ in 0..3 {
            let of_value: HashMap<u64, u64> = self
                .holders
                .iter()
                .map(|(value, held)| (*value, mixed(held.iter().map(|at| colours[*at]).collect())))
                .collect();
            colours = self
                .values
                .iter()
                .zip(&colours)
                .map(|(values, own)| {
                    let around = mixed(values.iter().filter_map(|value| of_value.get(value).copied()).collect());
                    mixed(vec![*own, around.rotate_left(7)])
                })
                .collect();
        }
        colours
    }

    fn neighbours(&self, at: usize) -> Vec<usize> {
        let held = self.values[at].iter().filter_map(|value| self.holders.get(value));
        held.flatten().copied().filter(|other| *other != at).collect()
    }
}

/// A digest of a multiset.
fn mixed(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    let mut hasher = blake3::Hasher::new();
    for value in &values {
        hasher.update(&value.to_le_bytes());
    }
    u64::from_le_bytes(hasher.finalize().as_bytes()[..8].try_into().unwrap_or_default())
}

/// Guesses the list entry of every pseudonym.
fn joinable(
    lists: &[List; 2],
    pseudonyms: &Pseudonyms,
    real_name: &HashMap<[u8; 16], String>,
    names: &[String],
    classes: &Classes,
) {
    let is_joinable = |input: &&TokenInput| classes.get(input.class).is_some_and(|class| class.tier == Tier::Joinable);
    let short = |bytes: &[u8]| u64::from_le_bytes(blake3::hash(bytes).as_bytes()[..8].try_into().unwrap_or_default());
    let value = |input: &TokenInput| short(&[&input.class.0.to_be_bytes()[..], &input.bytes()].concat());
    let seen = Shared::new(
        pseudonyms.iter().map(|(_, sender, of)| (*sender, of.iter().map(|e| short(e)).collect())).collect(),
    );
    let known = Shared::new(
        lists
            .iter()
            .enumerate()
            .flat_map(|(side, list)| {
                list.iter().map(move |(_, inputs)| (side, inputs.iter().filter(is_joinable).map(value).collect()))
            })
            .collect(),
    );
    let is_right = |at: usize, entry: usize| real_name.get(&pseudonyms[at].0).is_some_and(|name| *name == names[entry]);
    let places = |colours: Vec<u64>| {
        let mut of: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        colours.into_iter().enumerate().for_each(|(at, colour)| of.entry(colour).or_default().push(at));
        of
    };
    let (of_seen, of_known) = (places(seen.colours()), places(known.colours()));
    let (mut named, mut right) = (0, 0);
    let mut guess: HashMap<usize, usize> = HashMap::new();
    for (colour, held) in &of_seen {
        let Some(entries) = of_known.get(colour) else { continue };
        for (turn, at) in held.iter().enumerate() {
            named += 1;
            right += usize::from(is_right(*at, entries[turn % entries.len()]));
        }
        if held.len() == 1 && entries.len() == 1 {
            guess.insert(held[0], entries[0]);
        }
    }
    print("joinable", "colour refinement, one guess each", named, right, pseudonyms.len());
    let sure = guess.iter().filter(|(at, entry)| is_right(**at, **entry)).count();
    print("joinable", "colour refinement, unique ones alone", guess.len(), sure, pseudonyms.len());
    // Seeds and percolation: whoever shares most with those that were guessed, where one stands out.
    let mut taken: HashSet<usize> = guess.values().copied().collect();
    for _ in 0..10 {
        let mut found: Vec<(usize, usize)> = Vec::new();
        for at in (0..pseudonyms.len()).filter(|at| !guess.contains_key(at)) {
            let mut scores: BTreeMap<usize, usize> = BTreeMap::new();
            for entry in seen.neighbours(at).iter().filter_map(|near| guess.get(near)) {
                for near in known.neighbours(*entry) {
                    if !taken.contains(&near) && known.sender[near] == seen.sender[at] {
                        *scores.entry(near).or_insert(0) += 1;
                    }
                }
            }
            let best = scores.values().max().copied().unwrap_or(0);
            let mut first = scores.iter().filter(|(_, score)| **score == best).map(|(near, _)| *near);
            if let (Some(near), None) = (first.next(), first.next()) {
                found.push((at, near));
            }
        }
        if found.is_empty() {
            break;
        }
        for (at, near) in found {
            if taken.insert(near) {
                guess.insert(at, near);
            }
        }
    }
    let right = guess.iter().filter(|(at, entry)| is_right(**at, **entry)).count();
    print("joinable", "seeds and percolation", guess.len(), right, pseudonyms.len());
}
