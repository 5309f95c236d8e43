//! How far apart two romanised words are, when letters that sound alike are near.
//!
//! Costs are in eighths of an edit: a consonant for one of its kind or a vowel for a vowel is half an edit, a doubled
//! letter less than that, because those are what spellings of one sound differ in. The costs are assumptions; what they
//! are worth is learned by the heads that read the measures.

/// One edit.
pub(super) const EDIT: u32 = 8;

/// Longer words are compared by their beginning.
pub(super) const LETTERS_MAX: usize = 48;

/// Families of letters, one bit each: letters that share one are near.
const KINDS: [u16; 256] = {
    let mut table = [0; 256];
    let families: [&[u8]; 10] = [b"aeiouy", b"bp", b"dt", b"gkcqx", b"szj", b"fvw", b"lr", b"mn", b"h", b"cs"];
    let mut family = 0;
    while family < families.len() {
        let mut at = 0;
        while at < families[family].len() {
            table[families[family][at] as usize] |= 1 << family;
            at += 1;
        }
        family += 1;
    }
    table
};

/// What a letter costs where the other word has none, unless it is doubled.
const GAP: [u32; 256] = {
    let mut table = [EDIT; 256];
    let vowels = b"aeiouy";
    let mut at = 0;
    while at < vowels.len() {
        table[vowels[at] as usize] = 5;
        at += 1;
    }
    table[b'h' as usize] = 4;
    table
};

/// What a doubled letter costs where the other word has a single one.
const DOUBLED: u32 = 3;

/// What a letter costs where the other word has none; `before` is the letter in front of it.
fn gap(before: u8, letter: u8) -> u32 {
    if before == letter { DOUBLED } else { GAP[usize::from(letter)] }
}

/// What a letter costs that stands for another one or, if `near`, for one that sounds alike. No branch, which no processor could
/// foretell.
fn exchange(differs: bool, near: bool) -> u16 {
    EDIT as u16 >> u32::from(near) & 0_u16.wrapping_sub(u16::from(differs))
}

/// What all letters of a word cost where the other side has nothing.
pub(super) fn mass(word: &[u8]) -> u32 {
    let mut before = 0;
    word.iter().take(LETTERS_MAX).fold(0, |sum, &letter| {
        let cost = gap(before, letter);
        before = letter;
        sum + cost
    })
}

/// The cheapest way from one word to the other, in eighths of an edit; neighbours that changed places are one edit.
///
/// O(letters²), no allocation; letters beyond the 48th are not looked at.
pub(super) fn distance(a: &[u8], b: &[u8]) -> u32 {
    distance_within(a, b, u32::MAX)
}

/// [`distance`] if it is at most so much, and else any larger number: what is too far apart is given up early.
pub(super) fn distance_within(a: &[u8], b: &[u8], most: u32) -> u32 {
    let (a, b) = (&a[..a.len().min(LETTERS_MAX)], &b[..b.len().min(LETTERS_MAX)]);
    let begin = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    if begin == a.len() && begin == b.len() {
        return 0;
    }
    // One letter of the common beginning and end stays: what is doubled depends on it.
    let skipped = begin.saturating_sub(1);
    let (a, b) = (&a[skipped..], &b[skipped..]);
    let end = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count().saturating_sub(2);
    let (a, b) = (&a[..a.len() - end.min(a.len())], &b[..b.len() - end.min(b.len())]);
    // Most words are short, and short tables are made faster.
    if b.len() <= 12 {
        last_cell(&mut [Column::default(); 12], a, b, most)
    } else {
        last_cell(&mut [Column::default(); LETTERS_MAX], a, b, most)
    }
}

/// A letter of one word, and its cells of the rows before.
#[derive(Clone, Copy, Default)]
struct Column {
    letter: u8,
    before: u8,
    kinds: u16,
    gap: u16,
    last: u16,
    older: u16,
}

/// The last cell of the table of costs, or [`u32::MAX`] once all ways cost more than `most`.
///
/// Sums wrap only so that they are not checked: no two words of 48 letters are more than 768 apart.
fn last_cell(columns: &mut [Column], a: &[u8], b: &[u8], most: u32) -> u32 {
    let (mut sum, mut before) = (0, 0);
    for (column, &letter) in columns.iter_mut().zip(b) {
        let gap = gap(before, letter) as u16;
        sum += gap;
        *column = Column { letter, before, kinds: KINDS[usize::from(letter)], gap, last: sum, older: 0 };
        before = letter;
    }
    let columns = columns.get_mut(..b.len()).unwrap_or_default();
    let (mut first, mut older_first) = (0_u16, 0_u16);
    let (mut above, mut is_near) = (0, true);
    for &letter in a {
        let (cost, kinds) = (gap(above, letter) as u16, KINDS[usize::from(letter)]);
        let mut diagonal = first;
        // The cells two rows up, one and two columns to the left.
        let (mut beside, mut turned) = (older_first, 0_u16);
        older_first = first;
        first = first.wrapping_add(cost);
        let (mut here, mut least) = (first, first);
        for column in columns.iter_mut() {
            let exchange = exchange(column.letter != letter, column.kinds & kinds != 0);
            let mut step = diagonal.wrapping_add(exchange).min(column.last.wrapping_add(cost));
            if column.before == letter && column.letter == above {
                step = step.min(turned.wrapping_add(EDIT as u16));
            }
            (turned, beside, column.older) = (beside, column.older, column.last);
            here = step.min(here.wrapping_add(column.gap));
            least = least.min(here);
            (diagonal, column.last) = (column.last, here);
        }
        // Every way leads through this row or, where neighbours changed places, from the one before past it.
        let was_near = std::mem::replace(&mut is_near, u32::from(least) <= most);
        if !is_near && !was_near {
            return u32::MAX;
        }
        above = letter;
    }
    columns.last().map_or(first, |column| column.last).into()
}

/// How alike two words are spelt, 0 to 1: one minus the distance in the share of the longer one.
pub(super) fn likeness(a: &[u8], b: &[u8]) -> f32 {
    share_alike(distance(a, b), a.len().max(b.len()))
}

/// The likeness of two words that are so far apart; `longer` is the number of letters of the longer one.
pub(super) fn share_alike(apart: u32, longer: usize) -> f32 {
    match longer.min(LETTERS_MAX) {
        0 => 1.0,
        longer => 1.0 - (apart as f32 / (EDIT as f32 * longer as f32)).min(1.0),
    }
}

/// The consonants that a word keeps in whatever script it is written, one letter for each family.
///
/// Vowels, `h` and the half vowels `w` and `y` come and go between scripts; a nasal before a consonant as well, but that
/// is left to [`distance`].
pub(super) fn bones(word: &str) -> String {
    let mut bones = String::new();
    let bytes = word.as_bytes();
    for (at, &letter) in bytes.iter().enumerate() {
        let next = bytes.get(at + 1).copied().unwrap_or(0);
        let bone = match letter {
            b'p' if next == b'h' => 'f',
            b'b' | b'p' => 'p',
            b'd' | b't' if next != b'h' || letter == b't' => 't',
            b'd' => 't',
            b'c' if matches!(next, b'e' | b'i' | b'y' | b'h') => 's',
            b'g' | b'k' | b'c' | b'q' => 'k',
            b'x' | b's' | b'z' | b'j' => 's',
            b'f' | b'v' => 'f',
            b'l' | b'r' => 'l',
            b'm' => 'm',
            b'n' => 'n',
            b'0'..=b'9' => char::from(letter),
            _ => continue,
        };
        if !bones.ends_with(bone) {
            bones.push(bone);
        }
    }
    bones
}

/// A word in which every syllable can be read in several ways, against a word in letters: the cheapest reading's distance
/// and mass.
///
/// O(readings × letters).
pub(super) fn read_distance(syllables: &[&[String]], word: &[u8]) -> (u32, u32) {
    let word = &word[..word.len().min(LETTERS_MAX)];
    let mut row = [u32::MAX / 4; LETTERS_MAX + 1];
    row[0] = 0;
    for j in 0..word.len() {
        row[j + 1] = row[j] + gap(if j == 0 { 0 } else { word[j - 1] }, word[j]);
    }
    let mut weight = 0;
    for readings in syllables {
        let mut best = [u32::MAX / 4; LETTERS_MAX + 1];
        let mut least = u32::MAX / 4;
        for reading in *readings {
            let reading = reading.as_bytes();
            least = least.min(mass(reading));
            let mut now = row;
            for (i, &letter) in reading.iter().enumerate() {
                let gap_a = gap(if i == 0 { 0 } else { reading[i - 1] }, letter);
                let mut diagonal = now[0];
                now[0] += gap_a;
                for j in 0..word.len() {
                    let left = if j == 0 { 0 } else { word[j - 1] };
                    let near = KINDS[usize::from(letter)] & KINDS[usize::from(word[j])] != 0;
                    let swapped = diagonal + u32::from(exchange(letter != word[j], near));
                    let here = swapped.min(now[j + 1] + gap_a);
                    diagonal = now[j + 1];
                    now[j + 1] = here.min(now[j] + gap(left, word[j]));
                }
            }
            for j in 0..=word.len() {
                best[j] = best[j].min(now[j]);
            }
        }
        if !readings.is_empty() {
            row = best;
            weight += least;
        }
    }
    (row[word.len()], weight)
}
