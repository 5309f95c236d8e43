//! Which of very many pictures may show the same as a query: words made of descriptor bits, and lists of who has them.
//!
//! Lists hold all that is asked before a picture itself is read: whose place it is, more bits of its descriptor, and its
//! direction and size. A picture is read if several places of the query would be turned and scaled alike to lie on its
//! own; of strangers that seldom happens by chance, however many they are. So pictures may lie on disk.

use super::geometry::Pair;
use super::keypoints::Keypoint;

/// The most pictures of a gallery: their number takes 23 bits of an entry.
pub const PICTURES_MAX: usize = 1 << PICTURE_BITS;
const PICTURE_BITS: u32 = 23;

/// Words of a descriptor, each of bits of its own.
const TABLES: usize = 3;

/// Bits of a word where there are very many keypoints. With more, fewer worn words would be found again; with fewer, longer
/// lists would be read.
const WORD_BITS_MAX: u32 = 20;
const WORD_BITS_MIN: u32 = 8;

/// Bits of the descriptor in an entry, none of them in a word.
const SKETCH_BITS: u32 = 30;

/// Sketches further apart are no like places.
const SKETCH_DISTANCE_MAX: u32 = 7;

/// Steps of a full turn in an entry.
const TURN_BITS: u32 = 5;
const TURNS: u32 = 1 << TURN_BITS;

/// Steps of an octave of size in an entry.
const SIZE_BITS: u32 = 6;
const SIZES_PER_OCTAVE: f32 = 4.0;

/// What an entry says besides the picture.
const ENTRY_BITS: u32 = u64::BITS - PICTURE_BITS;
const _: () = assert!(TURN_BITS + SIZE_BITS + SKETCH_BITS == ENTRY_BITS);

/// A place as bytes: its words and its entry.
pub(super) const PLACE_BYTES: usize = (TABLES * WORD_BITS_MAX as usize + ENTRY_BITS as usize).div_ceil(8);

const WORD_MASK: u32 = (1 << WORD_BITS_MAX) - 1;

/// A word that is more than this many times as common as the mean, and this many more, says nothing.
const COMMON: usize = 8;
const BUCKET_FREE: usize = 24;

/// A place that meets more like it than this says nothing.
const MEETINGS_OF_A_PLACE_MAX: usize = 4_096;

/// The most meetings with one picture that are looked at.
const MEETINGS_OF_A_PICTURE_MAX: usize = 512;

/// The most pictures that are read.
const READ_MAX: usize = 50;

/// Descriptors further apart are no reason to look closer.
const DISTANCE_MAX: u32 = 60;

/// How far apart places of one picture may be in turn, in steps, to have been moved alike: about 60 degrees.
const TURN_WINDOW: u32 = 5;
/// The same in size: an octave.
const SIZE_WINDOW: i32 = 4;

/// What lists say of one keypoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    words: [u32; TABLES],
    /// Turn, size and sketch, without the picture.
    entry: u64,
}

/// Keypoints of many pictures by words. 24 bytes a keypoint.
pub(super) struct Words {
    bits: u32,
    tables: Vec<Table>,
}

/// How often each word comes, for [`Words`] that are filled afterwards.
pub(super) struct WordCounts {
    count: usize,
    /// One place on, so that sums are beginnings.
    counts: [Vec<u32>; TABLES],
}

struct Table {
    /// Beginning of each bucket in `entries`, by word; while it is filled, where the next entry goes.
    starts: Vec<u32>,
    entries: Vec<u64>,
}

/// A place of the query that looks like one of a picture.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Meeting {
    picture: u32,
    /// Number in the query.
    query: u32,
    /// From the one to the other, in steps of an entry.
    turn: u32,
    size: i32,
    /// Bits by which the sketches are nearer than they need be, and one.
    nearness: u32,
}

/// A picture that several places of a query would lie on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) picture: u32,
    /// Numbers of the query's places that met one of the picture's, ascending.
    pub(super) query: Vec<u32>,
}

impl Place {
    pub(super) fn of(point: &Keypoint) -> Place {
        let turn = (point.angle / std::f32::consts::TAU).rem_euclid(1.0) * TURNS as f32;
        let size = (point.size.max(1.0).log2() * SIZES_PER_OCTAVE) as u64;
        let pose = u64::from((turn as u32).min(TURNS - 1)) << SIZE_BITS | size.min((1 << SIZE_BITS) - 1);
        let bits = |picks: &[u8]| picks.iter().rev().fold(0, |bits, pick| bits << 1 | bit_of(point, *pick));
        Place { words: WORDS.map(|picks| bits(&picks) as u32), entry: pose << SKETCH_BITS | bits(&SKETCH) }
    }

    /// As bytes, to be kept.
    pub(super) fn to_bytes(self) -> [u8; PLACE_BYTES] {
        let number =
            self.words.iter().fold(u128::from(self.entry), |number, word| number << WORD_BITS_MAX | u128::from(*word));
        let mut bytes = [0; PLACE_BYTES];
        bytes.copy_from_slice(&number.to_le_bytes()[..PLACE_BYTES]);
        bytes
    }

    pub(super) fn from_bytes(bytes: [u8; PLACE_BYTES]) -> Place {
        let mut whole = [0; 16];
        whole[..PLACE_BYTES].copy_from_slice(&bytes);
        let number = u128::from_le_bytes(whole);
        let word = |table: usize| (number >> (WORD_BITS_MAX as usize * (TABLES - 1 - table))) as u32 & WORD_MASK;
        let entry = (number >> (WORD_BITS_MAX as usize * TABLES)) as u64;
        Place { words: std::array::from_fn(word), entry: entry & ((1 << ENTRY_BITS) - 1) }
    }
}

fn bit_of(point: &Keypoint, bit: u8) -> u64 {
    point.descriptor.0[usize::from(bit / 64)] >> (bit % 64) & 1
}

fn turn_in(entry: u64) -> u32 {
    (entry >> (SKETCH_BITS + SIZE_BITS)) as u32 & (TURNS - 1)
}

fn size_in(entry: u64) -> i32 {
    (entry >> SKETCH_BITS) as i32 & ((1 << SIZE_BITS) - 1)
}

/// Bits of the descriptor that make the words: far apart in the list, so that they compare different directions and cells.
static WORDS: [[u8; WORD_BITS_MAX as usize]; TABLES] = words();

/// Bits beside them.
static SKETCH: [u8; SKETCH_BITS as usize] = sketch();

const fn words() -> [[u8; WORD_BITS_MAX as usize]; TABLES] {
    let mut words = [[0; WORD_BITS_MAX as usize]; TABLES];
    let (mut table, mut taken) = (0, [false; 256]);
    while table < TABLES {
        let mut bit = 0;
        while bit < WORD_BITS_MAX as usize {
            let mut pick = (bit * 37 + table * 64 + 11 * bit * table) % 256;
            while taken[pick] {
                pick = (pick + 1) % 256;
            }
            taken[pick] = true;
            words[table][bit] = pick as u8;
            bit += 1;
        }
        table += 1;
    }
    words
}

const fn sketch() -> [u8; SKETCH_BITS as usize] {
    let (words, mut taken) = (words(), [false; 256]);
    let mut at = 0;
    while at < TABLES * WORD_BITS_MAX as usize {
        taken[words[at / WORD_BITS_MAX as usize][at % WORD_BITS_MAX as usize] as usize] = true;
        at += 1;
    }
    let mut sketch = [0; SKETCH_BITS as usize];
    let mut bit = 0;
    while bit < SKETCH_BITS as usize {
        let mut pick = (bit * 59 + 5) % 256;
        while taken[pick] {
            pick = (pick + 1) % 256;
        }
        taken[pick] = true;
        sketch[bit] = pick as u8;
        bit += 1;
    }
    sketch
}

impl Default for WordCounts {
    fn default() -> WordCounts {
        WordCounts { count: 0, counts: [(); TABLES].map(|()| vec![0; WORD_MASK as usize + 2]) }
    }
}

impl WordCounts {
    pub(super) fn add(&mut self, place: &Place) {
        self.count += 1;
        for (word, counts) in place.words.iter().zip(&mut self.counts) {
            counts[*word as usize + 1] += 1;
        }
    }

    /// Words for as many places as were counted, to be filled with these by `fill`: it gives each, with its picture, to what
    /// it is called with.
    pub(super) fn filled<E>(self, fill: impl FnOnce(&mut dyn FnMut(u32, &Place)) -> Result<(), E>) -> Result<Words, E> {
        let bits = (self.count.max(2).ilog2() + 1).clamp(WORD_BITS_MIN, WORD_BITS_MAX);
        let mut tables = self.counts.map(|counts| Table::new(&counts, bits, self.count));
        fill(&mut |picture, place| {
            let entry = u64::from(picture) << ENTRY_BITS | place.entry;
            for (word, table) in place.words.iter().zip(&mut tables) {
                table.put(word & ((1 << bits) - 1), entry);
            }
        })?;
        tables.iter_mut().for_each(Table::finish);
        Ok(Words { bits, tables: tables.into() })
    }
}

impl Words {
    /// What it takes in memory, in bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        let table = |table: &Table| 4 * table.starts.capacity() + 8 * table.entries.capacity();
        self.tables.iter().map(table).sum()
    }

    /// Pictures on which at least `places_min` places of the query would lie if it were turned and scaled; those with most
    /// and nearest ones first.
    pub(super) fn candidates(&self, query: &[Keypoint], places_min: usize) -> Vec<Candidate> {
        let meetings = self.meetings(query);
        let mut of_picture: Vec<(u32, &[Meeting])> = meetings
            .chunk_by(|a, b| a.picture == b.picture)
            .filter(|meetings| places_min <= meetings.len())
            .map(|meetings| &meetings[..meetings.len().min(MEETINGS_OF_A_PICTURE_MAX)])
            .map(|meetings| (moved_alike(meetings), meetings))
            .filter(|(alike, _)| places_min <= alike.places)
            .map(|(alike, meetings)| (alike.nearness, meetings))
            .collect();
        of_picture.sort_by_key(|(nearness, _)| std::cmp::Reverse(*nearness));
        of_picture.truncate(READ_MAX);
        let candidate = |(_, meetings): (u32, &[Meeting])| {
            let mut query: Vec<u32> = meetings.iter().map(|meeting| meeting.query).collect();
            query.dedup();
            Candidate { picture: meetings[0].picture, query }
        };
        of_picture.into_iter().map(candidate).collect()
    }

    /// Where places of the query meet one like them, by picture, each once.
    fn meetings(&self, query: &[Keypoint]) -> Vec<Meeting> {
        const SKETCH_MASK: u64 = (1 << SKETCH_BITS) - 1;
        let mask = (1 << self.bits) - 1;
        let mut meetings: Vec<Meeting> = Vec::new();
        for (number, point) in query.iter().enumerate() {
            let place = Place::of(point);
            let (turn, size) = (turn_in(place.entry), size_in(place.entry));
            let before = meetings.len();
            for (word, table) in place.words.iter().map(|word| word & mask).zip(&self.tables) {
                let probes = std::iter::once(word).chain((0..self.bits).map(|bit| word ^ 1 << bit));
                for entry in probes.flat_map(|word| table.bucket(word)) {
                    let distance = ((entry ^ place.entry) & SKETCH_MASK).count_ones();
                    if distance <= SKETCH_DISTANCE_MAX {
                        meetings.push(Meeting {
                            picture: (entry >> ENTRY_BITS) as u32,
                            query: number as u32,
                            turn: turn_in(*entry).wrapping_sub(turn) % TURNS,
                            size: size_in(*entry) - size,
                            nearness: SKETCH_DISTANCE_MAX + 1 - distance,
                        });
                    }
                }
            }
            if MEETINGS_OF_A_PLACE_MAX < meetings.len() - before {
                meetings.truncate(before);
            }
        }
        meetings.sort_unstable();
        meetings.dedup();
        meetings
    }
}

impl Table {
    /// Empty lists of the lengths that words of `bits` bits will have; `counts` are those of longer words, one place on.
    fn new(counts: &[u32], bits: u32, count: usize) -> Table {
        let mut starts = vec![0_u32; (1 << bits) + 1];
        let mask = (1 << bits) - 1;
        counts[1..].iter().enumerate().for_each(|(word, count)| starts[(word & mask) + 1] += count);
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        Table { starts, entries: vec![0; count] }
    }

    fn put(&mut self, word: u32, entry: u64) {
        let next = &mut self.starts[word as usize];
        // More than were counted would be another's place.
        if let Some(place) = self.entries.get_mut(*next as usize) {
            *place = entry;
            *next += 1;
        }
    }

    /// After filling, every beginning has come to the next one's place.
    fn finish(&mut self) {
        let end = self.starts.len() - 1;
        self.starts.copy_within(..end, 1);
        self.starts[0] = 0;
    }

    fn bucket(&self, word: u32) -> &[u64] {
        let bucket = &self.entries[self.starts[word as usize] as usize..self.starts[word as usize + 1] as usize];
        let common = BUCKET_FREE + COMMON * (self.entries.len() / self.starts.len());
        if bucket.len() <= common { bucket } else { &[] }
    }
}

/// How many places of a query turn and scale by about the same to lie on those of a picture, and how near they are together.
#[derive(Default, PartialEq, Eq, PartialOrd, Ord)]
struct Alike {
    nearness: u32,
    places: usize,
}

fn moved_alike(meetings: &[Meeting]) -> Alike {
    let around = |first: &Meeting| {
        let mut alike = Alike::default();
        let moved = |other: &&Meeting| {
            other.turn.wrapping_sub(first.turn) % TURNS < TURN_WINDOW
                && (0..SIZE_WINDOW).contains(&(other.size - first.size))
        };
        let agreeing: Vec<&Meeting> = meetings.iter().filter(moved).collect();
        for of_place in agreeing.chunk_by(|a, b| a.query == b.query) {
            alike.places += 1;
            alike.nearness += of_place.iter().map(|meeting| meeting.nearness).max().unwrap_or_default();
        }
        alike
    };
    meetings.iter().map(around).max().unwrap_or_default()
}

/// The pairs of places of a query, those numbered, and of a picture that look alike: nearest first.
pub(super) fn pairs(query: &[Keypoint], numbers: &[u32], other: &[Keypoint]) -> Vec<Pair> {
    let mut pairs: Vec<(u32, Pair)> = Vec::new();
    for number in numbers {
        let descriptor = &query[*number as usize].descriptor;
        pairs.extend(other.iter().enumerate().filter_map(|(at, point)| {
            let distance = point.descriptor.distance_hamming(descriptor);
            (distance <= DISTANCE_MAX).then_some((distance, Pair { query: *number, other: at as u32 }))
        }));
    }
    pairs.sort_unstable();
    pairs.into_iter().map(|(_, pair)| pair).collect()
}

#[cfg(test)]
mod tests;
