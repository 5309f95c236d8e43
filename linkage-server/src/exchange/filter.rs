//! Which tags the hub may hold, small enough for every member to have: whoever looks up what is not in it asks nobody.
//!
//! ```text
//! entries of the hub ──build──► Filter ──bytes──► members, who ask for the buckets of the tags that it contains
//! ```
//!
//! A binary fuse filter of 16 bits a tag, in parts of about a million, under a seed that is drawn after the tags came, so that nobody chooses tags that
//! collide. One of 65,536 tags that the hub does not hold is taken for one that it does. A tag that more entries show than [`HOLDERS_MAX`] is not
//! in it and is not served: it is shared by too many to say anything, and a bucket with all of them would be too large.
//!
//! Beside the tags stands into how many buckets the hub's entries are divided, by the first bits of the tag.
//!
//! **Not here:** how it is fetched (`hub`, `member`).

use std::num::NonZeroUsize;

use linkage_core::privacy::sealed::Tag;
use xorf::{BinaryFuse16, Descriptor, Filter as _};

/// A tag of more entries is a common value: in nobody's filter, and served to nobody.
pub(super) const HOLDERS_MAX: usize = 64;

/// Entries of a bucket on average, at most; it is padded to the next power of two from [`BUCKET_ENTRIES_MIN`].
const BUCKET_ENTRIES_MEAN: usize = 16;

/// Entries of a bucket at least, padding included.
pub(super) const BUCKET_ENTRIES_MIN: usize = 32;

/// Bits of a tag that choose its bucket, at most: enough for 250 million entries.
const BUCKET_BITS_MAX: u8 = 24;

/// Tags of one part, about.
const PART_TAGS: usize = 1 << 20;

/// Parts at most: a thousand million tags.
const PARTS_MAX: usize = 1 << 10;

/// Bytes before the parts: seed, bits of a bucket, number of parts.
const HEAD_BYTES: usize = 32 + 1 + 4;

/// Bytes of a part before its fingerprints: seed, three lengths of its segments, number of fingerprints.
const PART_HEAD_BYTES: usize = 8 + 4 * 4;

/// Into how many buckets entries are divided, as the number of bits of a tag that choose one.
pub(super) fn bucket_bits(entries: usize) -> u8 {
    let buckets = entries.div_ceil(BUCKET_ENTRIES_MEAN).next_power_of_two();
    (buckets.trailing_zeros() as u8).min(BUCKET_BITS_MAX)
}

/// The bucket of a tag.
pub(super) fn bucket(tag: &Tag, bits: u8) -> u32 {
    let [a, b, c, d, ..] = tag.0;
    u32::from_be_bytes([a, b, c, d]).checked_shr(32 - u32::from(bits)).unwrap_or(0)
}

/// The tags that entries show, in their order, of those that are shown by [`HOLDERS_MAX`] at most; and how many entries these have.
pub(super) fn served<'t>(tags: impl Iterator<Item = &'t Tag>) -> (Vec<Tag>, usize) {
    let (mut served, mut entries) = (Vec::new(), 0);
    let mut tags = tags.peekable();
    while let Some(tag) = tags.next() {
        let mut holders = 1;
        while tags.next_if_eq(&tag).is_some() {
            holders += 1;
        }
        if holders <= HOLDERS_MAX {
            served.push(*tag);
            entries += holders;
        }
    }
    (served, entries)
}

/// A filter as it is read.
#[derive(Debug)]
pub(super) struct Filter {
    seed: [u8; 32],
    bucket_bits: u8,
    parts: Vec<BinaryFuse16>,
}

impl Filter {
    /// Of different tags that come from so many entries; `None` if none of the filter's own seeds serves, which does not happen to different tags. About
    /// a third of a second for each million tags.
    pub(super) fn build(tags: &[Tag], entries: usize, seed: [u8; 32]) -> Option<Filter> {
        let count = NonZeroUsize::new(tags.len().div_ceil(PART_TAGS).clamp(1, PARTS_MAX))?;
        let mut of_part: Vec<Vec<u64>> = vec![Vec::with_capacity(tags.len() / count + 1); count.get()];
        for tag in tags {
            let (part, key) = place(&seed, tag, count);
            of_part[part].push(key);
        }
        let part = |mut keys: Vec<u64>| {
            keys.sort_unstable();
            // Two tags of one key are one.
            keys.dedup();
            BinaryFuse16::try_from(keys).ok()
        };
        let parts = of_part.into_iter().map(part).collect::<Option<_>>()?;
        Some(Filter { seed, bucket_bits: bucket_bits(entries), parts })
    }

    /// Whether the hub may hold a tag; of those that it does not hold one of 65,536 is contained all the same.
    pub(super) fn contains(&self, tag: &Tag) -> bool {
        let Some(count) = NonZeroUsize::new(self.parts.len()) else { return false };
        let (part, key) = place(&self.seed, tag, count);
        self.parts.get(part).is_some_and(|part| part.contains(&key))
    }

    /// Bits of a tag that choose its bucket.
    pub(super) fn bucket_bits(&self) -> u8 {
        self.bucket_bits
    }

    /// As it is sent and kept.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let fingerprints: usize = self.parts.iter().map(|part| part.fingerprints.len()).sum();
        let mut bytes = Vec::with_capacity(HEAD_BYTES + self.parts.len() * PART_HEAD_BYTES + 2 * fingerprints);
        bytes.extend_from_slice(&self.seed);
        bytes.push(self.bucket_bits);
        bytes.extend_from_slice(&(self.parts.len() as u32).to_be_bytes());
        for BinaryFuse16 { descriptor, fingerprints } in &self.parts {
            bytes.extend_from_slice(&descriptor.seed.to_be_bytes());
            let Descriptor { segment_length, segment_length_mask, segment_count_length, .. } = *descriptor;
            for number in [segment_length, segment_length_mask, segment_count_length, fingerprints.len() as u32] {
                bytes.extend_from_slice(&number.to_be_bytes());
            }
            fingerprints.iter().for_each(|one| bytes.extend_from_slice(&one.to_be_bytes()));
        }
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote; `None` for anything else. What is read can be asked for any tag.
    pub(super) fn parse(bytes: &[u8]) -> Option<Filter> {
        let (seed, rest) = bytes.split_at_checked(32)?;
        let (bits, rest) = rest.split_first()?;
        let (count, mut rest) = number(rest)?;
        if BUCKET_BITS_MAX < *bits || PARTS_MAX < count as usize || count == 0 {
            return None;
        }
        let mut parts = Vec::new();
        for _ in 0..count {
            let (part, after) = part(rest)?;
            parts.push(part);
            rest = after;
        }
        rest.is_empty().then_some(Filter { seed: seed.try_into().ok()?, bucket_bits: *bits, parts })
    }
}

/// In which part a tag is, and as what.
fn place(seed: &[u8; 32], tag: &Tag, parts: NonZeroUsize) -> (usize, u64) {
    let digest = *blake3::keyed_hash(seed, &tag.0).as_bytes();
    let [a, b, c, d, e, f, g, h, i, j, k, l, ..] = digest;
    (u32::from_be_bytes([a, b, c, d]) as usize % parts, u64::from_be_bytes([e, f, g, h, i, j, k, l]))
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_be_bytes(*number), rest))
}

/// One part, if every key has its three places among the fingerprints.
fn part(bytes: &[u8]) -> Option<(BinaryFuse16, &[u8])> {
    let (seed, rest) = bytes.split_first_chunk()?;
    let (segment_length, rest) = number(rest)?;
    let (segment_length_mask, rest) = number(rest)?;
    let (segment_count_length, rest) = number(rest)?;
    let (count, rest) = number(rest)?;
    // The places are one in each of three segments that follow each other, the first of them below `segment_count_length`.
    let fits = segment_length.is_power_of_two()
        && segment_length_mask == segment_length - 1
        && segment_count_length != 0
        && segment_count_length & segment_length_mask == 0
        && u64::from(segment_count_length) + 2 * u64::from(segment_length) == u64::from(count);
    if !fits {
        return None;
    }
    let (fingerprints, rest) = rest.split_at_checked(2 * count as usize)?;
    let fingerprints = fingerprints.chunks_exact(2).map(|two| u16::from_be_bytes([two[0], two[1]])).collect();
    let descriptor =
        Descriptor { seed: u64::from_be_bytes(*seed), segment_length, segment_length_mask, segment_count_length };
    Some((BinaryFuse16 { descriptor, fingerprints }, rest))
}

/// For the fuzz target: whether bytes are a filter, which then is written as it was read and answers for any tag.
pub fn filter_rewritten(bytes: &[u8]) -> Option<Vec<u8>> {
    let filter = Filter::parse(bytes)?;
    let tag = |at: usize| Tag(std::array::from_fn(|place| bytes.get(at + place).copied().unwrap_or_default()));
    let _ = (0..bytes.len()).step_by(16).filter(|at| filter.contains(&tag(*at))).count();
    Some(filter.to_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(at: u32) -> Tag {
        Tag(std::array::from_fn(|place| blake3::hash(&at.to_be_bytes()).as_bytes()[place]))
    }

    #[test]
    fn what_the_hub_holds_is_contained_and_hardly_anything_else() {
        for count in [0, 1, 2, 100, 30_000] {
            let tags: Vec<Tag> = (0..count).map(tag).collect();
            let filter = Filter::build(&tags, tags.len(), [9; 32]).unwrap();
            let filter = Filter::parse(&filter.to_bytes()).unwrap();
            assert!(tags.iter().all(|tag| filter.contains(tag)), "{count}");
            // 3 of 200,000 are to be expected.
            let others = (0..200_000).filter(|at| filter.contains(&tag(1_000_000 + at))).count();
            assert!(others < 20, "{count}: {others}");
        }
    }

    #[test]
    fn a_tag_of_many_entries_is_served_to_nobody() {
        let tags: Vec<Tag> = [(1, 1), (2, HOLDERS_MAX), (3, HOLDERS_MAX + 1)]
            .iter()
            .flat_map(|(at, n)| vec![Tag([*at; 16]); *n])
            .collect();
        assert_eq!(served(tags.iter()), (vec![Tag([1; 16]), Tag([2; 16])], 1 + HOLDERS_MAX));
        assert_eq!(served(std::iter::empty()), (Vec::new(), 0));
    }

    #[test]
    fn buckets_hold_16_entries_at_most_on_average() {
        assert_eq!([0, 1, 16, 17, 32, 33, 15_000_000, usize::MAX].map(bucket_bits), [0, 0, 0, 1, 1, 2, 20, 24]);
        let tag = Tag(*b"\xff\x00\x80\x01123456789012");
        assert_eq!([0, 1, 8, 9, 24].map(|bits| bucket(&tag, bits)), [0, 1, 255, 510, 0xff_0080]);
    }

    #[test]
    fn a_filter_that_was_cut_or_bent_is_refused() {
        let tags: Vec<Tag> = (0..100).map(tag).collect();
        let bytes = Filter::build(&tags, 100, [9; 32]).unwrap().to_bytes();
        assert!((0..bytes.len()).all(|length| Filter::parse(&bytes[..length]).is_none()));
        // Seeds and fingerprints may be any; bits, numbers and lengths may not.
        for at in (32..HEAD_BYTES).chain(HEAD_BYTES + 8..HEAD_BYTES + PART_HEAD_BYTES) {
            let mut bent = bytes.clone();
            bent[at] ^= 0x40;
            assert!(Filter::parse(&bent).is_none(), "{at}");
        }
    }
}
