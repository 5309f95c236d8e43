//! Check digits of value-added-tax numbers, state by state.
//!
//! [`passes`] looks at the number behind the two letters of its state. States whose rule is not here say nothing.
//!
//! Sources: for Germany the annex to § 9 ZMDV, BGBl. 1993 I p. 736; for all of them the rules and examples that
//! python-stdnum 2.2 documents, a module for each number (`at.uid`, `be.vat`, `fr.tva`, `nl.btw` …).

use crate::record::luhn_sum;

/// Whether `number` (without the state's letters, upper case) has the form and the check digits of `state`; `None` for
/// a state whose rule is not known here. `EL` is Greece.
pub(super) fn passes(state: &str, number: &str) -> Option<bool> {
    Some(match state {
        "AT" => number.strip_prefix('U').is_some_and(austria),
        "BE" => belgium(number),
        "BG" => return bulgaria(number),
        "CY" => cyprus(number),
        "CZ" => return czechia(number),
        "DE" => exactly(number, 9).is_some_and(|digits| digits[0] != 0 && mod_11_10(&digits)),
        "DK" => exactly(number, 8).is_some_and(|digits| weighed(&digits, &[2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)),
        "EE" => {
            exactly(number, 9).is_some_and(|digits| weighed(&digits, &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10))
        }
        "EL" => exactly(number, 9)
            .is_some_and(|digits| weighed(&digits, &[256, 128, 64, 32, 16, 8, 4, 2]) % 11 % 10 == digits[8]),
        "ES" => spain(number),
        "FI" => {
            exactly(number, 8).is_some_and(|digits| weighed(&digits, &[7, 9, 10, 5, 8, 4, 2, 1]).is_multiple_of(11))
        }
        "FR" => france(number),
        "HR" => exactly(number, 11).is_some_and(|digits| mod_11_10(&digits)),
        "HU" => exactly(number, 8).is_some_and(|digits| weighed(&digits, &[9, 7, 3, 1, 9, 7, 3, 1]).is_multiple_of(10)),
        "IE" => return ireland(number),
        "IT" => exactly(number, 11).is_some_and(|digits| luhn(&digits)),
        "LT" => lithuania(number),
        "LU" => exactly(number, 8).is_some_and(|digits| value(&digits[..6]) % 89 == value(&digits[6..])),
        "LV" => return latvia(number),
        "MT" => exactly(number, 8)
            .is_some_and(|digits| digits[0] != 0 && weighed(&digits, &[3, 4, 6, 7, 8, 9, 10, 1]).is_multiple_of(37)),
        "NL" => netherlands(number),
        "PL" => {
            exactly(number, 10).is_some_and(|digits| weighed(&digits, &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == digits[9])
        }
        "PT" => exactly(number, 9).is_some_and(|digits| {
            let rest = weighed(&digits, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
            digits[8] == if rest < 2 { 0 } else { 11 - rest }
        }),
        "RO" => romania(number),
        "SE" => exactly(number, 12).is_some_and(|digits| luhn(&digits[..10])),
        "SI" => exactly(number, 8).is_some_and(|digits| {
            // A remainder that asks for 11 is never issued.
            let check = 11 - weighed(&digits, &[8, 7, 6, 5, 4, 3, 2]) % 11;
            digits[0] != 0 && check % 10 == digits[7] && check != 11
        }),
        "SK" => return slovakia(number),
        _ => return None,
    })
}

/// The values of exactly so many digits.
fn exactly(number: &str, count: usize) -> Option<Vec<u32>> {
    let digits: Option<Vec<u32>> = number.chars().map(|c| c.to_digit(10)).collect();
    digits.filter(|digits| digits.len() == count)
}

fn weighed(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

fn value(digits: &[u32]) -> u32 {
    digits.iter().fold(0, |number, digit| number * 10 + digit)
}

fn luhn(digits: &[u32]) -> bool {
    luhn_sum(digits.iter().copied()).is_multiple_of(10)
}

/// Source: ISO 7064 MOD 11,10.
fn mod_11_10(digits: &[u32]) -> bool {
    let Some((check, body)) = digits.split_last() else { return false };
    let product = body.iter().fold(10, |product, digit| {
        let sum = (digit + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (11 - product) % 10 == *check
}

/// Eight digits: 96 less the sum of the first seven, every second one doubled.
fn austria(number: &str) -> bool {
    exactly(number, 8).is_some_and(|digits| (96 - luhn_sum(digits[..7].iter().copied())) % 10 == digits[7])
}

/// Ten digits: the last two are what the others lack to a multiple of 97.
fn belgium(number: &str) -> bool {
    exactly(number, 10).is_some_and(|digits| digits[0] < 2 && 97 - value(&digits[..8]) % 97 == value(&digits[8..]))
}

/// A firm's nine digits; of the ten of a person, of which there are three sorts, nothing is said.
fn bulgaria(number: &str) -> Option<bool> {
    if number.len() == 10 {
        return None;
    }
    Some(exactly(number, 9).is_some_and(|digits| {
        let first = weighed(&digits, &[1, 2, 3, 4, 5, 6, 7, 8]) % 11;
        let check = if first == 10 { weighed(&digits, &[3, 4, 5, 6, 7, 8, 9, 10]) % 11 } else { first };
        check % 10 == digits[8]
    }))
}

/// Eight digits and a letter that checks them; digits in odd places count as others.
fn cyprus(number: &str) -> bool {
    const ODD: [u32; 10] = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21];
    let Some((body, letter)) = number.split_at_checked(8) else { return false };
    let Some(digits) = exactly(body, 8) else { return false };
    let counts = |(at, digit): (usize, &u32)| if at % 2 == 0 { ODD[*digit as usize] } else { *digit };
    let sum: u32 = digits.iter().enumerate().map(counts).sum();
    !number.starts_with("12") && letter.bytes().eq([b'A' + (sum % 26) as u8])
}

/// A firm's eight digits, or a person's nine that begin with 6; birth numbers have a check digit where they have ten digits, and say
/// nothing where they have nine.
fn czechia(number: &str) -> Option<bool> {
    let eleven = |digits: &[u32]| weighed(digits, &[8, 7, 6, 5, 4, 3, 2]) % 11;
    Some(match number.len() {
        8 => exactly(number, 8).is_some_and(|digits| {
            let check = (11 - eleven(&digits)) % 11;
            digits[0] != 9 && (if check == 0 { 1 } else { check }) % 10 == digits[7]
        }),
        9 if number.starts_with('6') => exactly(number, 9).is_some_and(|digits| {
            // (10 - rest) modulo 11, which is 10 where the rest is nought.
            let check = (21 - eleven(&digits[1..8])) % 11;
            (18 - check) % 10 == digits[8]
        }),
        9 => return None,
        10 => exactly(number, 10).is_some_and(|digits| value(&digits[..9]) % 11 % 10 == digits[9]),
        _ => false,
    })
}

/// Nine digits of a firm or twelve of others; the last but one is 1.
fn lithuania(number: &str) -> bool {
    let digits = exactly(number, 9).or_else(|| exactly(number, 12));
    digits.and_then(|digits| {
        let (check, body) = digits.split_last()?;
        let sum = |from: usize| -> u32 { body.iter().zip(from..).map(|(digit, at)| (1 + at as u32 % 9) * digit).sum() };
        let first = sum(0) % 11;
        let right = if first == 10 { sum(2) % 11 % 10 } else { first };
        Some(body.last() == Some(&1) && right == *check)
    }) == Some(true)
}

/// A firm's eleven digits; those of persons begin with less than 4, and nothing is said of them.
fn latvia(number: &str) -> Option<bool> {
    let digits = exactly(number, 11);
    match digits {
        Some(digits) if digits[0] < 4 => None,
        digits => Some(digits.is_some_and(|digits| weighed(&digits, &[9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1]) % 11 == 3)),
    }
}

/// Ten digits, a multiple of eleven. Whether birth numbers are issued, which may look otherwise, is not clear: then nothing is said.
fn slovakia(number: &str) -> Option<bool> {
    let Some(digits) = exactly(number, 10) else { return Some(false) };
    let is_multiple = number.parse::<u64>().is_ok_and(|whole| whole.is_multiple_of(11));
    let is_firm = digits[0] != 0 && matches!(digits[2], 2 | 3 | 4 | 7 | 8 | 9);
    match (is_multiple, is_firm) {
        (true, true) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

/// Two characters that check the SIREN behind them, which checks itself; digits in older numbers, a letter or two in newer ones.
fn france(number: &str) -> bool {
    const KEYS: &[u8] = b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let Some((key, siren)) = number.split_at_checked(2) else { return false };
    let Some(digits) = exactly(siren, 9) else { return false };
    // Monaco's numbers begin with 000 and are no SIREN.
    if !digits.starts_with(&[0, 0, 0]) && !luhn(&digits) {
        return false;
    }
    if let Some(key) = exactly(key, 2) {
        return value(&key) == (value(&digits) % 97 * 3 + 12) % 97;
    }
    let place = |byte: u8| KEYS.iter().position(|known| *known == byte).and_then(|at| u32::try_from(at).ok());
    let &[first, second] = key.as_bytes() else { return false };
    let (Some(first_at), Some(second_at)) = (place(first), place(second)) else { return false };
    // The first letter has place 10, so neither difference can fall below nought.
    let check = if first.is_ascii_digit() { first_at * 24 + second_at - 10 } else { first_at * 34 + second_at - 100 };
    (value(&digits) + 1 + check / 11) % 11 == check % 11
}

/// Seven digits, a letter that checks them, in newer numbers another letter that counts with them. In old ones a letter stands second, and
/// the first digit goes behind the others; of those with a sign in its place nothing is said.
fn ireland(number: &str) -> Option<bool> {
    const LETTERS: &[u8] = b"WABCDEFGHIJKLMNOPQRSTUV";
    let place = |byte: &u8| LETTERS.iter().position(|known| known == byte).and_then(|at| u32::try_from(at).ok());
    let bytes = number.as_bytes();
    let (body, letters) = match bytes.len() {
        7 => return None,
        8 | 9 => bytes.split_at(7),
        _ => return Some(false),
    };
    let body = match body {
        [first, second, rest @ ..] if second.is_ascii_uppercase() && letters.len() == 1 => {
            [b"0", rest, &[*first]].concat()
        }
        body => body.to_vec(),
    };
    let digits: Option<Vec<u32>> = body.iter().map(|byte| char::from(*byte).to_digit(10)).collect();
    let (Some(digits), Some(check)) = (digits, letters.first().and_then(place)) else { return Some(false) };
    let Some(further) = letters.get(1).map_or(Some(0), place) else { return Some(false) };
    Some((weighed(&digits, &[8, 7, 6, 5, 4, 3, 2]) + 9 * further) % 23 == check)
}

/// Two to ten digits, the last of which checks the others.
fn romania(number: &str) -> bool {
    if !(2..=10).contains(&number.len()) || number.starts_with('0') {
        return false;
    }
    let padded = format!("{number:0>10}");
    exactly(&padded, 10)
        .is_some_and(|digits| 10 * weighed(&digits[..9], &[7, 5, 3, 2, 1, 7, 5, 3, 2]) % 11 % 10 == digits[9])
}

/// A person's number ends in a letter that checks it, a firm's in a digit or letter.
fn spain(number: &str) -> bool {
    const PERSON: &[u8] = b"TRWAGMYFPDXBNJZSQVHLCKE";
    const FIRM: &[u8] = b"JABCDEFGHI";
    let bytes = number.as_bytes();
    if bytes.len() != 9 || !number.is_ascii() {
        return false;
    }
    let (first, last) = (bytes[0], bytes[8]);
    let person = |text: &str, count| exactly(text, count).is_some_and(|d| PERSON[value(&d) as usize % 23] == last);
    match first {
        b'0'..=b'9' => person(&number[..8], 8),
        b'X' | b'Y' | b'Z' => person(&format!("{}{}", first - b'X', &number[1..8]), 8),
        b'K' | b'L' | b'M' => person(&number[1..8], 7),
        b'A'..=b'H' | b'J' | b'N' | b'P'..=b'S' | b'U' | b'V' | b'W' => {
            exactly(&number[1..8], 7).is_some_and(|digits| {
                // Luhn's rule, with the check digit that would stand behind them.
                let check = (10 - luhn_sum(digits.iter().copied().chain([0])) % 10) % 10;
                last == FIRM[check as usize] || u32::from(last) == u32::from(b'0') + check
            })
        }
        _ => false,
    }
}

/// Nine digits, B and two digits: by the rule of eleven, or since 2020 for sole traders modulo 97 over the whole number with NL.
fn netherlands(number: &str) -> bool {
    let Some((body, branch)) = number.split_once('B') else { return false };
    let (Some(digits), Some(_)) = (exactly(body, 9), exactly(branch, 2)) else { return false };
    let eleven = weighed(&digits, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11 == digits[8];
    eleven || super::identifier::mod97_passes(&format!("NL{number}"))
}
