//! Speed of the parties of private matching on one core.
//!
//! ```text
//! measure_oprf [--batch 64] [--seconds 3]
//! ```
//!
//! What a key server does (evaluate a batch and prove it), what a member does per server (verify) and by itself (blind, combine,
//! unblind), and what the hub does in a rotation (carry an element over and index it anew). One thread; the other implementation of the RFC, `voprf` 0.5, was
//! measured at 18,400 evaluated and proven a second on the same kind of machine.

use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Parser;
use linkage_core::privacy::oprf::{Element, SecretScalar, Suite};
use linkage_core::privacy::shares::{Answer, ServerIndex, carry_over, combine, deal};
use linkage_core::privacy::token::{ClassCode, Tier};
use rand_core::OsRng;

/// Speed of the parties of private matching on one core.
#[derive(Parser)]
#[command(after_help = "Example: measure_oprf --batch 64 --seconds 1")]
struct Args {
    /// Elements in a batch.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=256))]
    batch: u32,
    /// How long each is measured.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
}

fn main() -> Result<()> {
    let Args { batch, seconds } = Args::parse();
    let suite = Suite::of(ClassCode(4), Tier::Joinable, 1);
    let (key, shares) = deal(&mut OsRng)?;
    let inputs: Vec<[u8; 4]> = (0..batch).map(u32::to_be_bytes).collect();
    let blinds: Vec<SecretScalar> = inputs.iter().map(|_| SecretScalar::random(&mut OsRng)).collect();
    let blind = || -> Result<Vec<Element>> {
        Ok(inputs.iter().zip(&blinds).map(|(input, blind)| suite.blind(input, blind)).collect::<Result<_, _>>()?)
    };
    let blinded = blind()?;
    let public = [key.share(ServerIndex::ALL[0])?, key.share(ServerIndex::ALL[1])?];
    let evaluate = |at: usize| suite.evaluate(&shares[at].secret, &public[at], &blinded, &mut OsRng);
    let answers = [0, 1].map(|at| evaluate(at).map(|evaluated| Answer { server: ServerIndex::ALL[at], evaluated }));
    let [one, other] = answers;
    let answers = [one?, other?];
    let tokens = combine(&suite, &key, &blinded, &blinds, &answers)?;
    let delta = SecretScalar::random(&mut OsRng);

    let least = Duration::from_secs(seconds);
    rate("key server: evaluate and prove", batch, least, || evaluate(0).map(drop).map_err(Into::into))?;
    rate("member: blind", batch, least, || blind().map(drop))?;
    rate("member: verify two servers, combine, unblind", batch, least, || {
        combine(&suite, &key, &blinded, &blinds, &answers).map(drop).map_err(Into::into)
    })?;
    let index_key = [7; 32];
    rate("hub: carry over and index anew", batch, least, || {
        let bytes: Vec<[u8; 32]> = tokens.iter().map(|token| *token.bytes()).collect();
        let read = Element::parse_all(&bytes)?;
        let carried = carry_over(&read, &delta);
        let indexed: Vec<blake3::Hash> =
            carried.iter().map(|element| blake3::keyed_hash(&index_key, element.bytes())).collect();
        anyhow::ensure!(indexed.len() == bytes.len(), "an element was lost");
        Ok(())
    })
}

fn rate(what: &str, batch: u32, least: Duration, mut work: impl FnMut() -> Result<()>) -> Result<()> {
    work()?;
    let (begun, mut rounds) = (Instant::now(), 0_u32);
    while begun.elapsed() < least {
        work()?;
        rounds += 1;
    }
    let per_second = f64::from(rounds) * f64::from(batch) / begun.elapsed().as_secs_f64();
    writeln!(std::io::stdout().lock(), "{what}\t{per_second:.0} /s\tbatch {batch}")?;
    Ok(())
}
