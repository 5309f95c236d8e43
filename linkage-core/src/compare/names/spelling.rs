//! How far apart two romanised words are, when letters that sound alike are near.
//!
//! Costs are in eighths of an edit: a consonant for one of its kind or a vowel for a vowel is half an edit, a doubled
//! letter less than that, because those are what spellings of one sound differ in. The costs are assumptions; what they
//! are worth is learned by the heads that read the measures.

/// One edit.
pub(super) const EDIT: u32 = 8;

/// Longer words are compared by their beginning.
pub(super) const LETTERS_MAX: usize = 48;

/// Families of letters: those of one are near. 0 is no letter of any.
const FAMILY: [u8; 256] = {
    let mut table = [0; 256];
    let families: [&[u8]; 9] = [b"aeiouy", b"bp", b"dt", b"gkcqx", b"szj", b"fvw", b"lr", b"mn", b"h"];
    let mut family = 0;
    while family < families.len() {
        let mut at = 0;
        while at < families[family].len() {
            table[families[family][at] as usize] = family as u8 + 1;
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

fn exchange(a: u8, b: u8) -> u32 {
    let (x, y) = (FAMILY[usize::from(a)], FAMILY[usize::from(b)]);
    match (a, b) {
        _ if a == b => 0,
        (b'c', b's') | (b's', b'c') => 4,
        _ if x == y && x != 0 => 4,
        _ => EDIT,
    }
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
    let mut gaps = [0_u32; LETTERS_MAX];
    for (j, cost) in gaps.iter_mut().enumerate().take(b.len()) {
        *cost = gap(if j == 0 { 0 } else { b[j - 1] }, b[j]);
    }
    let mut rows = [[0_u32; LETTERS_MAX + 1]; 3];
    for j in 0..b.len() {
        rows[0][j + 1] = rows[0][j] + gaps[j];
    }
    for i in 0..a.len() {
        let (now, last, older) = ((i + 1) % 3, i % 3, (i + 2) % 3);
        let above = if i == 0 { 0 } else { a[i - 1] };
        let gap_a = gap(above, a[i]);
        rows[now][0] = rows[last][0] + gap_a;
        for j in 0..b.len() {
            let left = if j == 0 { 0 } else { b[j - 1] };
            let mut best = rows[last][j] + exchange(a[i], b[j]);
            best = best.min(rows[last][j + 1] + gap_a).min(rows[now][j] + gaps[j]);
            if 0 < i && 0 < j && a[i] == left && above == b[j] {
                best = best.min(rows[older][j - 1] + EDIT);
            }
            rows[now][j + 1] = best;
        }
    }
    rows[a.len() % 3][b.len()]
}

/// How alike two words are spelt, 0 to 1: one minus the distance in the share of the longer one.
pub(super) fn likeness(a: &[u8], b: &[u8]) -> f32 {
    let longer = a.len().max(b.len()).min(LETTERS_MAX);
    if longer == 0 {
        return 1.0;
    }
    1.0 - (distance(a, b) as f32 / (EDIT as f32 * longer as f32)).min(1.0)
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
                    let here = (diagonal + exchange(letter, word[j])).min(now[j + 1] + gap_a);
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
