//! Attacks what the hub of private matching holds, with a list of the people in it.
//!
//! ```text
//! linkage exchange match --left A.jsonl --right B.jsonl --keep KEPT
//! attack_exchange KEPT --left A.jsonl --right B.jsonl [--list-left .. --list-right ..] [--share 0.5]
//! ```
//!
//! Listings beside a file of accounts, `A-listings.jsonl` beside `A.jsonl`, are read with it.
//!
//! The attacker took the hub: it reads the journal, with every element, handle, tag, sender and batch. It has a list in plain text (the
//! exact records, part of them, or a clean list against corrupted records) and knows the token classes and what members do; it has no key. It makes
//! one guess for every tag and every handle. The truth is read from the members' own folders, for counting alone.
//!
//! Both tiers are pools of values that have no record: tags, and elements under handles. Each is attacked by colour (how often each sender sent it,
//! which is all that a shuffled pool shows), by rank of frequency, and by seeds and percolation over the batches. A guess is right if the list entry
//! that it names stands for an account that shows the value; of an element it is a guess for each of its handles.
//!
//! Handles of one account are looked for besides, without a list: for every element that both members sent, another one of the same batches.

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

/// A token's class and what it was made of.
type Input = (u16, [u8; 16]);

/// What the hub holds of a tier, by tag or element: how often each sender sent it, and in which batches it lies.
type Pool = BTreeMap<Vec<u8>, (Colour, BTreeSet<usize>)>;

fn seen(pool: &mut Pool, value: Vec<u8>, sender: usize, batch: usize) {
    let (colour, batches) = pool.entry(value).or_default();
    count(colour, sender);
    batches.insert(batch);
}

fn count(colour: &mut Colour, sender: usize) {
    if sender == 0 {
        colour.0 += 1;
    } else {
        colour.1 += 1;
    }
}

/// A tier under attack.
struct Attacked<'a> {
    tier: Tier,
    pool: Pool,
    /// Which value is which input, for counting.
    owner: HashMap<Vec<u8>, Input>,
    lists: &'a [List; 2],
    classes: &'a Classes,
    /// Whether an input's entry of the list stands for an account that shows another.
    names: &'a dyn Fn(&Input, &Input) -> bool,
}

/// An identifier that more accounts of a member show is not submitted.
const HOLDERS_MAX: u32 = 32;

impl Attacked<'_> {
    fn is_right(&self, value: &[u8], guess: &Input) -> bool {
        self.owner.get(value).is_some_and(|real| (self.names)(guess, real))
    }

    /// How many guesses one for this value is: a tag is one, an element is as many as it has handles.
    fn weight(&self, value: &[u8]) -> usize {
        match self.tier {
            Tier::Blind => 1,
            Tier::Joinable => self.pool.get(value).map_or(0, |(colour, _)| (colour.0 + colour.1) as usize),
        }
    }

    /// What the attacker expects the hub to hold of an input that so many accounts of the list show.
    fn expected(&self, (left, right): Colour) -> Colour {
        let once = |count: u32| u32::from((1..=HOLDERS_MAX).contains(&count));
        match self.tier {
            Tier::Blind => (left, right),
            Tier::Joinable => (once(left), once(right)),
        }
    }

    fn print(&self, attack: &str, guesses: impl IntoIterator<Item = (Vec<u8>, Input)>) {
        let (mut named, mut right) = (0, 0);
        for (value, guess) in guesses {
            named += self.weight(&value);
            right += if self.is_right(&value, &guess) { self.weight(&value) } else { 0 };
        }
        print(self.tier, attack, named, right, self.owner.keys().map(|value| self.weight(value)).sum());
    }
}

/// What a member's folder says, for counting: its tokens by class and input, of the one epoch of a match.
fn truth(folder: &Path) -> Result<HashMap<Input, Token>> {
    let bytes = std::fs::read(folder.join("epoch-1/tokens.bin")).context("read the member's tokens")?;
    let row = |row: &[u8]| {
        let class = u16::from_be_bytes(row.get(..2)?.try_into().ok()?);
        Some(((class, row.get(2..18)?.try_into().ok()?), Token(row.get(18..50)?.try_into().ok()?)))
    };
    Ok(bytes.chunks_exact(50).filter_map(row).collect())
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
    let (mut tags, mut elements) = (Pool::new(), Pool::new());
    for (batch, envelope) in journal_envelopes(&args.kept.join("hub"))?.iter().enumerate() {
        if envelope.method != "Submit" {
            continue;
        }
        let sender = usize::from(envelope.member == "right");
        let payload = SubmitPayload::decode(envelope.payload.as_slice())?;
        payload.entries.into_iter().for_each(|entry| seen(&mut tags, entry.tag, sender, batch));
        payload.elements.into_iter().for_each(|shown| seen(&mut elements, shown.element, sender, batch));
    }
    // The truth, for counting: which tag or element is which input, and which accounts show it.
    let records = [read(&args.left, &classes)?, read(&args.right, &classes)?];
    let mut owners: [HashMap<Vec<u8>, Input>; 2] = Default::default();
    for (side, member) in ["left", "right"].iter().enumerate() {
        let tokens = truth(&args.kept.join(member))?;
        for input in records[side].iter().flat_map(|(_, inputs)| inputs) {
            let Some(token) = tokens.get(&place(input)) else { continue };
            let (at, value, held) = match classes.tier(input.class) {
                Tier::Blind => (0, token.tag().0.to_vec(), &tags),
                Tier::Joinable => (1, token.0.to_vec(), &elements),
            };
            if held.contains_key(&value) {
                owners[at].insert(value, place(input));
            }
        }
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
    let names = |guess: &Input, real: &Input| {
        let named = first_of.get(guess);
        named.is_some_and(|named| shown.get(real).is_some_and(|shows| shows.contains(named)))
    };
    let [of_tags, of_elements] = owners;
    let attacked = |tier: Tier, pool: Pool, owner: HashMap<Vec<u8>, Input>| Attacked {
        tier,
        pool,
        owner,
        lists: &lists,
        classes: &classes,
        names: &names,
    };
    attack(&attacked(Tier::Blind, tags, of_tags));
    let joinable = attacked(Tier::Joinable, elements, of_elements);
    attack(&joinable);
    let accounts_of = |input: &Input| shown.get(input).cloned().unwrap_or_default();
    link_handles(&joinable, &accounts_of);
    Ok(())
}

fn print(tier: Tier, attack: &str, named: usize, right: usize, all: usize) {
    let tier = match tier {
        Tier::Blind => "blind",
        Tier::Joinable => "joinable",
    };
    let share = 100.0 * right as f64 / all.max(1) as f64;
    let mut out = std::io::stdout().lock();
    // Whoever reads may have gone; there is nobody to tell then.
    let _ = std::io::Write::write_fmt(
        &mut out,
        format_args!("{tier}\t{attack}\tguessed {named}\tright {right}\tof {all}\t{share:.3} %\n"),
    );
}

/// Guesses the input of every value.
fn attack(of: &Attacked<'_>) {
    let is_of_tier = |input: &&TokenInput| of.classes.tier(input.class) == of.tier;
    let mut shown: BTreeMap<Input, Colour> = BTreeMap::new();
    let mut entries_of: HashMap<Input, Vec<(usize, usize)>> = HashMap::new();
    for (side, list) in of.lists.iter().enumerate() {
        for (entry, (_, inputs)) in list.iter().enumerate() {
            for input in inputs.iter().filter(is_of_tier) {
                count(shown.entry(place(input)).or_default(), side);
                entries_of.entry(place(input)).or_default().push((side, entry));
            }
        }
    }
    let expected = shown.iter().map(|(input, colour)| (*input, of.expected(*colour)));
    let expected: BTreeMap<Input, Colour> = expected.filter(|(_, colour)| *colour != (0, 0)).collect();
    let seeds = by_colour(of, &expected);
    by_rank(of, &expected);
    by_batches(of, &expected, &entries_of, seeds);
}

/// One guess among the inputs of the same colour; sure where there is one. Returns the sure ones.
fn by_colour(of: &Attacked<'_>, expected: &BTreeMap<Input, Colour>) -> HashMap<Vec<u8>, Input> {
    let mut by_colour: BTreeMap<Colour, Vec<Input>> = BTreeMap::new();
    expected.iter().for_each(|(input, colour)| by_colour.entry(*colour).or_default().push(*input));
    let mut of_colour: HashMap<Colour, usize> = HashMap::new();
    of.pool.values().for_each(|(colour, _)| *of_colour.entry(*colour).or_insert(0) += 1);
    let mut turns: HashMap<Colour, usize> = HashMap::new();
    let (mut guesses, mut seeds) = (Vec::new(), HashMap::new());
    for (value, (colour, _)) in &of.pool {
        let Some(candidates) = by_colour.get(colour) else { continue };
        let turn = turns.entry(*colour).or_insert(0);
        let guess = candidates[*turn % candidates.len()];
        *turn += 1;
        guesses.push((value.clone(), guess));
        if candidates.len() == 1 && of_colour.get(colour) == Some(&1) {
            seeds.insert(value.clone(), guess);
        }
    }
    of.print("colour (count by sender)", guesses);
    of.print("colour, unique ones alone", seeds.clone());
    seeds
}

fn by_rank(of: &Attacked<'_>, expected: &BTreeMap<Input, Colour>) {
    let mut ranked: Vec<(&Vec<u8>, u32)> = of.pool.iter().map(|(value, (c, _))| (value, c.0 + c.1)).collect();
    ranked.sort_by_key(|(value, count)| (std::cmp::Reverse(*count), *value));
    let mut list: Vec<(Input, u32)> = expected.iter().map(|(input, c)| (*input, c.0 + c.1)).collect();
    list.sort_by_key(|(input, count)| (std::cmp::Reverse(*count), *input));
    of.print("rank of frequency", ranked.iter().zip(&list).map(|((value, _), (input, _))| ((*value).clone(), *input)));
}

/// Seeds and percolation: values of a seed's batches, inputs of a seed's list entries; only where one stands out.
fn by_batches(
    of: &Attacked<'_>,
    expected: &BTreeMap<Input, Colour>,
    entries_of: &HashMap<Input, Vec<(usize, usize)>>,
    seeds: HashMap<Vec<u8>, Input>,
) {
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
        seeds.keys().filter_map(|value| of.pool.get(value)).flat_map(|(_, batches)| batches.clone()).collect();
    let taken: HashSet<Input> = seeds.values().copied().collect();
    let mut best: BTreeMap<Colour, Vec<(Input, u32)>> = BTreeMap::new();
    for (input, score) in wanted.iter().filter(|(input, _)| !taken.contains(*input)) {
        if let Some(colour) = expected.get(input) {
            best.entry(*colour).or_default().push((*input, *score));
        }
    }
    best.values_mut().for_each(|list| list.sort_by_key(|(input, score)| (std::cmp::Reverse(*score), *input)));
    let mut near: Vec<(&Vec<u8>, usize, Colour)> = of
        .pool
        .iter()
        .filter(|(value, _)| !seeds.contains_key(*value))
        .map(|(value, (colour, batches))| (value, batches.intersection(&seeded).count(), *colour))
        .collect();
    near.sort_by_key(|(value, score, _)| (std::cmp::Reverse(*score), *value));
    let mut turn: HashMap<Colour, usize> = HashMap::new();
    let mut guessed = seeds.clone();
    for (value, _, colour) in near {
        let at = turn.entry(colour).or_insert(0);
        if let Some((input, _)) = best.get(&colour).and_then(|list| list.get(*at)) {
            guessed.insert(value.clone(), *input);
            *at += 1;
        }
    }
    of.print("seeds and percolation over batches", guessed);
}

/// Guesses which elements are of one account. What both members sent is no padding; where two such lie in the same batches of both, a seller of both
/// may be behind them.
fn link_handles(of: &Attacked<'_>, accounts_of: &dyn Fn(&Input) -> HashSet<String>) {
    let mut together: BTreeMap<&BTreeSet<usize>, Vec<&Vec<u8>>> = BTreeMap::new();
    for (value, (_, batches)) in of.pool.iter().filter(|(_, (colour, _))| 0 < colour.0 && 0 < colour.1) {
        together.entry(batches).or_default().push(value);
    }
    let (mut named, mut right) = (0, 0);
    for values in together.values().filter(|values| 1 < values.len()) {
        let next = values.iter().cycle().skip(1);
        for (one, other) in values.iter().zip(next) {
            named += 1;
            let [one, other] = [one, other].map(|value| of.owner.get(*value).map(accounts_of).unwrap_or_default());
            right += usize::from(!one.is_disjoint(&other));
        }
    }
    print(of.tier, "handles of one account, by batches", named, right, together.values().map(Vec::len).sum());
}
