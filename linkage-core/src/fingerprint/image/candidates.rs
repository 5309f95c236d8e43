//! Which of very many pictures may show the same as a query: words made of descriptor bits, and lists of who has them.

use super::geometry::Pair;
use super::keypoints::Keypoint;

/// Words of a descriptor, each of bits of its own.
const TABLES: usize = 3;

/// More keypoints with one word than this and the word says nothing.
const BUCKET_MAX: usize = 24;

/// The most pictures that are looked at.
const PICTURES_MAX: usize = 50;

/// Descriptors further apart are no reason to look closer.
const DISTANCE_MAX: u32 = 60;

/// Keypoints of many pictures by words; the keypoints themselves stay with the pictures. 16 bytes a keypoint.
pub(super) struct Words {
    bits: u32,
    tables: Vec<Table>,
    /// First keypoint of each picture, and the end.
    starts: Vec<u32>,
    /// Picture of each keypoint.
    owners: Vec<u32>,
}

struct Table {
    picks: Vec<u8>,
    /// Beginning of each bucket in `entries`, by word.
    starts: Vec<u32>,
    entries: Vec<u32>,
}

/// Picture, distance of the descriptors, keypoints.
type Hit = (u32, u32, Pair);

/// Keypoints of a query that look like some of one picture.
pub(super) struct Candidate {
    pub(super) picture: u32,
    pub(super) pairs: Vec<Pair>,
}

impl Words {
    /// The words of pictures, numbered from 0.
    pub(super) fn new<'k>(pictures: impl Iterator<Item = &'k [Keypoint]> + Clone) -> Words {
        let (mut starts, mut owners) = (vec![0], Vec::new());
        for (number, points) in pictures.clone().enumerate() {
            owners.resize(owners.len() + points.len(), number as u32);
            starts.push(owners.len() as u32);
        }
        let bits = (owners.len().max(2).ilog2() + 1).clamp(8, 26);
        let points = pictures.flatten();
        let tables = (0..TABLES).map(|table| Table::new(table, bits, owners.len(), points.clone())).collect();
        Words { bits, tables, starts, owners }
    }

    /// What it takes in memory, in bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        let tables = self.tables.iter().map(|table| table.starts.capacity() + table.entries.capacity());
        size_of::<u32>() * (self.starts.capacity() + self.owners.capacity() + tables.sum::<usize>())
    }

    /// Pictures with at least `pairs_min` keypoints that look like some of the query.
    pub(super) fn candidates<'k>(
        &self,
        query: &[Keypoint],
        points_of: impl Fn(u32) -> &'k [Keypoint],
        pairs_min: usize,
    ) -> Vec<Candidate> {
        let mut hits: Vec<Hit> = Vec::new();
        for (number, point) in query.iter().enumerate() {
            for table in &self.tables {
                let word = table.word(point);
                let probes = std::iter::once(word).chain((0..self.bits).map(|bit| word ^ 1 << bit));
                for id in probes.flat_map(|word| table.bucket(word)) {
                    let picture = self.owners[*id as usize];
                    let pair = Pair { query: number as u32, other: id - self.starts[picture as usize] };
                    let other = &points_of(picture)[pair.other as usize];
                    let distance = other.descriptor.distance_hamming(&point.descriptor);
                    if distance <= DISTANCE_MAX {
                        hits.push((picture, distance, pair));
                    }
                }
            }
        }
        hits.sort_unstable();
        hits.dedup();
        let mut of_picture: Vec<(usize, &[Hit])> = hits
            .chunk_by(|a, b| a.0 == b.0)
            .filter(|hits| pairs_min <= hits.len())
            .map(|hits| (alike_moves(query, points_of(hits[0].0), hits), hits))
            .filter(|(votes, _)| pairs_min <= *votes)
            .collect();
        of_picture.sort_by_key(|(votes, _)| std::cmp::Reverse(*votes));
        of_picture.truncate(PICTURES_MAX);
        of_picture
            .into_iter()
            .map(|(_, hits)| Candidate { picture: hits[0].0, pairs: hits.iter().map(|(_, _, pair)| *pair).collect() })
            .collect()
    }
}

impl Table {
    fn new<'k>(table: usize, bits: u32, count: usize, points: impl Iterator<Item = &'k Keypoint>) -> Table {
        // Bits far apart in the list compare different directions and cells.
        let picks: Vec<u8> =
            (0..bits as usize).map(|bit| ((bit * 37 + table * 64 + 11 * bit * table) % 256) as u8).collect();
        let mut table = Table { picks, starts: vec![0; (1 << bits) + 1], entries: vec![0; count] };
        let words: Vec<u32> = points.map(|point| table.word(point)).collect();
        for word in &words {
            table.starts[*word as usize + 1] += 1;
        }
        for at in 1..table.starts.len() {
            table.starts[at] += table.starts[at - 1];
        }
        let mut next = table.starts.clone();
        for (id, word) in words.iter().enumerate() {
            table.entries[next[*word as usize] as usize] = id as u32;
            next[*word as usize] += 1;
        }
        table
    }

    fn word(&self, point: &Keypoint) -> u32 {
        let words = &point.descriptor.0;
        self.picks
            .iter()
            .enumerate()
            .fold(0, |word, (at, pick)| word | ((words[usize::from(pick / 64)] >> (pick % 64) & 1) as u32) << at)
    }

    fn bucket(&self, word: u32) -> &[u32] {
        let bucket = &self.entries[self.starts[word as usize] as usize..self.starts[word as usize + 1] as usize];
        if bucket.len() <= BUCKET_MAX { bucket } else { &[] }
    }
}

/// How many pairs turn and scale the query by about the same.
fn alike_moves(query: &[Keypoint], points: &[Keypoint], hits: &[Hit]) -> usize {
    const TURNS: usize = 12;
    const OCTAVES: usize = 10;
    let mut counts = [[0_usize; OCTAVES]; TURNS];
    for (_, _, pair) in hits {
        let (a, b) = (&query[pair.query as usize], &points[pair.other as usize]);
        let turn = ((b.angle - a.angle) / std::f32::consts::TAU).rem_euclid(1.0) * TURNS as f32;
        let octave = ((b.size / a.size).log2() + 0.5 * OCTAVES as f32).clamp(0.0, OCTAVES as f32 - 1.0);
        counts[(turn as usize).min(TURNS - 1)][octave as usize] += 1;
    }
    let with_next = |turn: usize, octave: usize| {
        let next = (turn + 1) % TURNS;
        let beside = (octave + 1).min(OCTAVES - 1);
        let both = |turn: usize| counts[turn][octave] + if octave < beside { counts[turn][beside] } else { 0 };
        both(turn) + both(next)
    };
    (0..TURNS).flat_map(|turn| (0..OCTAVES).map(move |octave| with_next(turn, octave))).max().unwrap_or_default()
}

#[cfg(test)]
mod tests;
