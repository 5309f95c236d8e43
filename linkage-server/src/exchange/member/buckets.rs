//! Looking up at the hub: the filter says which tags it may hold, and only the buckets of these are asked for, among others.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::PoisonError;
use std::time::SystemTime;

use linkage_core::privacy::sealed::Tag;
use linkage_proto::exchange as wire;
use prost::Message;

use super::super::files::{ExchangeError, read_file, replace};
use super::super::filter::{Filter, bucket};
use super::super::hub::{BUCKETS_MAX, ENTRY_BYTES};
use super::{Member, refused};

/// The filter that was fetched last.
const FILTER: &str = "filter.bin";

/// How old the filter of a lookup may be: a day, in seconds.
pub(super) const FILTER_SECONDS_MAX: u64 = 86_400;

/// Largest filter that is fetched: some 400 million tags.
const FILTER_BYTES_MAX: u64 = 1 << 30;

/// As many buckets are asked for, or a multiple of it, so that their number says little of how many tags were found in the filter.
const BUCKETS_STEP: usize = 64;

/// A filter in memory and when it was fetched.
pub(super) struct HeldFilter {
    fetched: SystemTime,
    filter: Filter,
}

impl Member {
    /// Every entry of the hub whose tag is among these, by what the tag stands for. Tags that are not in the filter ask nobody.
    pub(super) fn entries_of<T>(
        &self,
        by_tag: &HashMap<Tag, T>,
        filter_seconds_max: u64,
        mut take: impl FnMut(&T, &[u8]),
    ) -> Result<(), ExchangeError> {
        if by_tag.is_empty() {
            return Ok(());
        }
        let (bits, hits) = self.with_filter(filter_seconds_max, |filter| {
            let bits = filter.bucket_bits();
            let hits: BTreeSet<u32> =
                by_tag.keys().filter(|tag| filter.contains(tag)).map(|tag| bucket(tag, bits)).collect();
            (bits, hits)
        })?;
        let asked: Vec<u32> = self.among_others(hits, bits).into_iter().collect();
        for some in asked.chunks(BUCKETS_MAX) {
            for bucket in self.fetch(some, bits)? {
                for entry in bucket.entries.chunks_exact(ENTRY_BYTES) {
                    let (tag, sealed_box) = entry.split_at(16);
                    let tag = tag.try_into().map(Tag).ok();
                    if let Some(what) = tag.and_then(|tag| by_tag.get(&tag)) {
                        take(what, sealed_box);
                    }
                }
            }
        }
        Ok(())
    }

    /// Buckets with others that are drawn by a secret of the member, so that who asks twice asks for the same.
    fn among_others(&self, hits: BTreeSet<u32>, bits: u8) -> BTreeSet<u32> {
        let all = 1_usize << bits;
        let wanted = hits.len().next_multiple_of(BUCKETS_STEP);
        if hits.is_empty() {
            return hits;
        }
        if all <= 2 * wanted {
            return (0..all as u32).collect();
        }
        let secret = blake3::derive_key("linkage 2026-11-29 exchange: other buckets", &self.signer.key.to_bytes());
        let mut hasher = blake3::Hasher::new_keyed(&secret);
        for hit in &hits {
            hasher.update(&hit.to_be_bytes());
        }
        let mut drawn = hasher.finalize_xof();
        let mut asked = hits;
        while asked.len() < wanted {
            let mut number = [0; 4];
            drawn.fill(&mut number);
            asked.insert(u32::from_be_bytes(number) & (all as u32 - 1));
        }
        asked
    }

    /// Calls for the filter: the one at hand if it is young enough, or the newest.
    fn with_filter<T>(&self, seconds_max: u64, call: impl FnOnce(&Filter) -> T) -> Result<T, ExchangeError> {
        let mut held = self.filter.lock().unwrap_or_else(PoisonError::into_inner);
        let is_young = |fetched: SystemTime| fetched.elapsed().is_ok_and(|age| age.as_secs() < seconds_max);
        if !held.as_ref().is_some_and(|held| is_young(held.fetched)) {
            let path = self.kept.join(FILTER);
            let on_disk = std::fs::metadata(&path).and_then(|file| file.modified()).ok().filter(|at| is_young(*at));
            let kept = match on_disk {
                Some(fetched) => Filter::parse(&read_file(&path)?).map(|filter| HeldFilter { fetched, filter }),
                None => None,
            };
            *held = Some(kept.map_or_else(|| self.fetch_filter(&path), Ok)?);
        }
        let held = held.as_ref().ok_or(ExchangeError::Worker)?;
        Ok(call(&held.filter))
    }

    /// The newest filter, piece by piece; what was fetched is the filter of the digest that came with it, which the hub has written down.
    fn fetch_filter(&self, path: &Path) -> Result<HeldFilter, ExchangeError> {
        let wrong = || ExchangeError::Content { path: path.to_owned(), expected: "a filter of the hub".to_owned() };
        let (mut digest, mut bytes) = (Vec::new(), Vec::new());
        loop {
            let asked = wire::GetFilterPayload { digest: digest.clone(), offset: bytes.len() as u64 };
            let envelope = Some(self.signer.envelope("GetFilter", asked.encode_to_vec()));
            let mut hub = self.hub.clone();
            let got = self.runtime.block_on(hub.get_filter(wire::GetFilterRequest { envelope }));
            let got = got.map_err(refused("hub"))?.into_inner();
            digest = got.digest;
            bytes.extend_from_slice(&got.piece);
            if FILTER_BYTES_MAX < got.total_bytes || got.total_bytes < bytes.len() as u64 || got.piece.is_empty() {
                return Err(wrong());
            }
            if bytes.len() as u64 == got.total_bytes {
                break;
            }
        }
        let is_announced = blake3::hash(&bytes).as_bytes().as_slice() == digest;
        let filter = Filter::parse(&bytes).filter(|_| is_announced).ok_or_else(wrong)?;
        replace(path, &bytes)?;
        Ok(HeldFilter { fetched: SystemTime::now(), filter })
    }

    fn fetch(&self, buckets: &[u32], bits: u8) -> Result<Vec<wire::Bucket>, ExchangeError> {
        let payload = wire::FetchBucketsPayload { bits: u32::from(bits), buckets: buckets.to_vec() };
        let envelope = Some(self.signer.envelope("FetchBuckets", payload.encode_to_vec()));
        let mut hub = self.hub.clone();
        let fetched = self.runtime.block_on(hub.fetch_buckets(wire::FetchBucketsRequest { envelope }));
        Ok(fetched.map_err(refused("hub"))?.into_inner().buckets)
    }
}
