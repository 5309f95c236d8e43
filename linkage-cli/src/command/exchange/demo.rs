//! `linkage exchange demo`: private matching told step by step, with what each party saw.
//!
//! The parties are processes on loopback that talk by the real protocol; what is shown of them is read from their folders afterwards.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use linkage_server::exchange::{Authority, Ceremony, Matched, Party, hold_ceremony, journal_submissions};

use super::super::Answer;
use super::loopback::{Parties, answers, succeeded};
use crate::render::{self, heading};

/// Private matching told step by step on six invented sellers: three key servers, a hub and two platforms run as processes on
/// loopback, and after each step it is shown what each of them saw.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Demo {
    /// Keep what every party holds in this folder, to be looked at; without it everything is gone afterwards.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

const EXAMPLE: &str = "\
Example:
  linkage exchange demo";

const EPOCH: u32 = 1;

/// The two platforms, by the name that all parties know them by.
const MEMBERS: [&str; 2] = ["ebay_uk", "tiktok"];

/// Both exports, and a seller who comes later; invented.
const EXPORTS: [&str; 2] = [include_str!("data/left.jsonl"), include_str!("data/right.jsonl")];
const NEWCOMER: &str = include_str!("data/newcomer.jsonl");

/// What nobody but the two platforms may have seen. At least eight characters each: among the random bytes and the base64 that parties keep,
/// four letters in either case turn up by chance.
const RAW: [&str; 6] = ["lfeather", "Zebediah", "1971-11-23", "2079460991", "Marmalade", "zebquill@pay.example"];

impl Demo {
    pub(super) fn run(self) -> Result<Answer> {
        let temporary = tempfile::tempdir().context("make a temporary folder")?;
        let folder = self.keep.clone().unwrap_or_else(|| temporary.path().to_owned());
        let ceremony = hold_ceremony(&folder, EPOCH, &MEMBERS)?;
        let mut exports = Vec::new();
        for (member, export) in ceremony.members.iter().zip(EXPORTS) {
            let file = member.join("export.jsonl");
            fs::write(&file, export).with_context(|| format!("{}: write file", file.display()))?;
            exports.push(file);
        }
        let parties = Parties::start(&ceremony)?;
        parties.enrol(&ceremony.members)?;
        render::page(|out| beginning(out, &ceremony))?;

        let [ebay, tiktok] = ceremony.members.as_slice() else { bail!("expected two members") };
        for ((member, export), name) in ceremony.members.iter().zip(&exports).zip(MEMBERS) {
            let mut process = parties.member("submit", member, Some((export, None)))?;
            succeeded(name, process.wait()?)?;
        }
        let seen = Seen::of(&ceremony)?;
        render::page(|out| submission(out, &seen))?;

        let found: Vec<Matched> = answers("ebay_uk", parties.member("sync", ebay, Some((&exports[0], None)))?)?;
        let told: Vec<Matched> = answers("tiktok", parties.member("links", tiktok, None)?)?;
        let opened = audit(&ceremony.hub)?;
        render::page(|out| matching(out, &found, &told, &opened))?;

        let newcomer = ebay.join("newcomer.jsonl");
        fs::write(&newcomer, NEWCOMER).with_context(|| format!("{}: write file", newcomer.display()))?;
        let looked_up: Vec<Matched> = answers("ebay_uk", parties.member("lookup", ebay, Some((&newcomer, None)))?)?;
        render::page(|out| lookup(out, &looked_up))?;

        let (bytes, hits) = searched(&ceremony)?;
        render::page(|out| nobody(out, bytes, &hits))?;
        if !hits.is_empty() {
            bail!("a raw value reached {}", hits.join(", "));
        }

        revoked(&folder, &ceremony, &parties)?;
        render::page(end)?;
        Ok(Answer::Done)
    }
}

fn beginning(out: &mut dyn Write, ceremony: &Ceremony) -> io::Result<()> {
    writeln!(
        out,
        "Two platforms, each with three sellers. One operator sells on both, with a letter of the name and the"
    )?;
    writeln!(out, "telephone changed. Neither platform may show the other its records.")?;
    heading(out, "1  Keys are dealt")?;
    writeln!(
        out,
        "  The dealer makes a key for each class of token, gives each of three key servers a share of it, and"
    )?;
    writeln!(out, "  forgets it. Two shares evaluate; one says nothing. An authority gives all parties certificates.")?;
    for party in ceremony.key_servers.iter().chain([&ceremony.hub]).chain(&ceremony.members) {
        let names = files(party)?.into_iter().filter_map(|file| Some(file.file_name()?.to_string_lossy().into_owned()));
        let mut names: Vec<String> = names.collect();
        names.sort_unstable();
        let name = party.file_name().unwrap_or_default().to_string_lossy();
        writeln!(out, "  {name:<12} holds {}", names.join(", "))?;
    }
    Ok(())
}

/// What lies with the others after both have submitted.
struct Seen {
    /// Of each key server: requests, points.
    key_servers: Vec<(usize, u64)>,
    pseudonyms: usize,
    elements: usize,
    entries: usize,
    /// One of each, as the hub holds it.
    pseudonym: Vec<u8>,
    element: Vec<u8>,
    tag: Vec<u8>,
    sealed_box: Vec<u8>,
    /// Elements that both members sent.
    shared_elements: usize,
}

impl Seen {
    fn of(ceremony: &Ceremony) -> Result<Seen> {
        let mut key_servers = Vec::new();
        for server in &ceremony.key_servers {
            let lines = audit(server)?;
            let points = lines.iter().filter_map(|line| line.get("count")?.as_u64()).sum();
            key_servers.push((lines.len(), points));
        }
        let (mut pseudonyms, mut elements, mut entries) = (Vec::new(), Vec::new(), Vec::new());
        for payload in journal_submissions(&ceremony.hub)? {
            pseudonyms.extend(payload.pseudonyms);
            elements.extend(payload.elements.into_iter().map(|shown| shown.element));
            entries.extend(payload.entries);
        }
        elements.sort_unstable();
        let shared_elements = elements.windows(2).filter(|pair| pair[0] == pair[1]).count();
        let (Some(new), Some(entry)) = (pseudonyms.first(), entries.first()) else { bail!("the hub was sent nothing") };
        Ok(Seen {
            key_servers,
            pseudonyms: pseudonyms.len(),
            elements: elements.len(),
            entries: entries.len(),
            pseudonym: new.pseudonym.clone(),
            element: elements.first().cloned().unwrap_or_default(),
            tag: entry.tag.clone(),
            sealed_box: entry.sealed_box.clone(),
            shared_elements,
        })
    }
}

fn submission(out: &mut dyn Write, seen: &Seen) -> io::Result<()> {
    heading(out, "2  Both submit")?;
    writeln!(
        out,
        "  Each reduces its records at home to tokens: strong identifiers one by one, and pairs such as a word of"
    )?;
    writeln!(out, "  the name with the date of birth. Two key servers evaluate each token blinded.")?;
    for ((requests, points), number) in seen.key_servers.iter().zip(1..) {
        writeln!(
            out,
            "  keyserver-{number}  saw {points} blinded points in {requests} requests: who asked, of which class, how many"
        )?;
    }
    writeln!(
        out,
        "  hub          saw {} pseudonyms, {} elements and {} entries, padding included, and not which belong together",
        seen.pseudonyms, seen.elements, seen.entries
    )?;
    for (what, bytes) in [
        ("a pseudonym", seen.pseudonym.as_slice()),
        ("an element", &seen.element),
        ("a tag", &seen.tag),
        ("its box", seen.sealed_box.get(..32).unwrap_or_default()),
    ] {
        writeln!(out, "               {what:<12} {}", hex(bytes))?;
    }
    writeln!(out, "               {} element came from both: a payee, but not which, nor whose", seen.shared_elements)
}

fn sees(out: &mut dyn Write, links: &[Matched]) -> io::Result<()> {
    links.iter().try_for_each(|link| {
        writeln!(
            out,
            "  ebay_uk      sees {} and pseudonym {}: {} at {:.4}",
            link.account, link.other, link.band, link.probability
        )
    })
}

fn matching(out: &mut dyn Write, found: &[Matched], told: &[Matched], opened: &[serde_json::Value]) -> io::Result<()> {
    heading(out, "3  ebay_uk looks at what fits")?;
    writeln!(
        out,
        "  It asks for padded buckets of what the hub's filter contains, opens the boxes that its own tokens fit, and scores at home."
    )?;
    sees(out, found)?;
    let openings = opened.iter().filter(|line| line.get("method").is_some_and(|method| method == "Open"));
    let count: u64 = openings.filter_map(|line| line.get("count")?.as_u64()).sum();
    writeln!(
        out,
        "  hub          saw that ebay_uk opened {count} of the pseudonyms, and links that it published: {}",
        found.len()
    )?;
    for link in told {
        writeln!(
            out,
            "  tiktok       is told that its {} is linked with pseudonym {}: {}",
            link.account, link.other, link.band
        )?;
    }
    writeln!(out, "  Neither learns the other's records, nor anything of the four honest sellers.")
}

fn lookup(out: &mut dyn Write, looked_up: &[Matched]) -> io::Result<()> {
    heading(out, "4  A seller asks to join ebay_uk")?;
    writeln!(out, "  It is looked up and not submitted: nothing of it stays with anybody.")?;
    sees(out, looked_up)?;
    writeln!(out, "  hub          saw which buckets, and which pseudonym was opened")
}

fn nobody(out: &mut dyn Write, bytes: usize, hits: &[String]) -> io::Result<()> {
    heading(out, "5  What nobody saw")?;
    writeln!(out, "  All that key servers and hub keep, {bytes} bytes, was searched for {} parts of the", RAW.len())?;
    writeln!(out, "  operator's records: found {} times.", hits.len())
}

fn end(out: &mut dyn Write) -> io::Result<()> {
    heading(out, "6  tiktok's certificate is revoked")?;
    writeln!(out, "  Its next request to the hub, on which the new list lies, is refused: {REVOKED}.")?;
    writeln!(out, "\nWho learns what, which threat is held off by what, and what remains: docs/privacy.md")
}

/// What the hub says to a certificate on its list, and to nothing else that is wrong.
const REVOKED: &str = "certificate: it was revoked";

/// Revokes the second member and asks as it; any other failure than the hub's refusal is one of the demo.
fn revoked(folder: &Path, ceremony: &Ceremony, parties: &Parties) -> Result<()> {
    let authority = Authority::open(&folder.join("ca"))?;
    authority.revoke(&Party::Member(MEMBERS[1].to_owned()))?;
    fs::copy(authority.list(), ceremony.hub.join("revoked.pem")).context("bring the hub the list")?;
    let Some(member) = ceremony.members.get(1) else { bail!("expected two members") };
    let ended = parties.ended("links", member)?;
    let said = String::from_utf8_lossy(&ended.stderr);
    if ended.status.success() || !said.contains(REVOKED) {
        bail!("expected the hub to say {REVOKED:?}; it said: {}", said.trim());
    }
    Ok(())
}

/// The lines of a party's audit log.
fn audit(folder: &Path) -> Result<Vec<serde_json::Value>> {
    let path = folder.join("audit.jsonl");
    let text = fs::read_to_string(&path).with_context(|| format!("{}: read file", path.display()))?;
    text.lines().map(|line| serde_json::from_str(line).context("read the audit log")).collect()
}

/// How much key servers and hub keep, and where a raw value was found in it.
fn searched(ceremony: &Ceremony) -> Result<(usize, Vec<String>)> {
    let (mut bytes, mut hits) = (0, Vec::new());
    for party in ceremony.key_servers.iter().chain([&ceremony.hub]) {
        for file in files(party).with_context(|| format!("{}: list files", party.display()))? {
            let content = fs::read(&file).with_context(|| format!("{}: read file", file.display()))?;
            bytes += content.len();
            let has = |raw: &&str| content.windows(raw.len()).any(|window| window.eq_ignore_ascii_case(raw.as_bytes()));
            hits.extend(RAW.iter().filter(|raw| has(raw)).map(|_| file.display().to_string()));
        }
    }
    Ok((bytes, hits))
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let paths: Vec<PathBuf> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    Ok(paths.into_iter().filter(|path| path.is_file()).collect())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_searched_for_is_in_the_exports_and_too_long_to_turn_up_by_chance() {
        for raw in RAW {
            assert!(8 <= raw.len(), "{raw}");
            assert!(EXPORTS.iter().any(|export| export.contains(raw)), "{raw}");
        }
    }
}
