//! Numbers with right check digits that nobody has: banks, areas and offices that do not exist, telephone numbers set aside for
//! drama where a world is published.

use super::random::Random;

/// Telephone numbers set aside for drama, without their last three digits.
///
/// Source: Ofcom, "Telephone numbers for use in TV and radio drama programmes".
const DRAMA_GB: [&str; 17] = [
    "113 4960",
    "114 4960",
    "115 4960",
    "116 4960",
    "117 4960",
    "118 4960",
    "121 4960",
    "131 4960",
    "141 4960",
    "151 4960",
    "161 4960",
    "20 79460",
    "191 4980",
    "28 9649 6",
    "29 2018 0",
    "1632 960",
    "7700 900",
];

/// A British number of the drama ranges, another for each `at` below 17,000.
pub(super) fn drama_phone_gb(at: usize) -> String {
    // 7,919 has no divisor in common with 17,000, so that neighbours are far apart and none comes twice.
    let at = at * 7_919 % 17_000;
    format!("+44 {}{:03}", DRAMA_GB[at / 1_000 % DRAMA_GB.len()], at % 1_000)
}

/// A Chinese number: China sets no range aside; `199 0000` is invented. Another for each `at` below 10,000.
pub(super) fn drama_phone_cn(at: usize) -> String {
    format!("+86 199 0000 {:04}", at * 7_919 % 10_000)
}

/// An IBAN with right check digits. Source: ISO 13616, ISO 7064 MOD 97-10.
pub(super) fn iban(country: &str, account: &str) -> String {
    let value = |c: char| c.to_digit(36).unwrap_or_default();
    let rest = format!("{account}{country}00").chars().fold(0, |rest, c| match value(c) {
        letter @ 10.. => (rest * 100 + letter) % 97,
        digit => (rest * 10 + digit) % 97,
    });
    format!("{country}{:02}{account}", 98 - rest)
}

/// `number` with its Luhn digit. Source: ISO/IEC 7812-1, annex B.
pub(super) fn with_luhn(number: &str) -> String {
    let doubled = |(at, digit): (usize, u32)| if at % 2 == 0 { digit * 2 / 10 + digit * 2 % 10 } else { digit };
    let sum: u32 = number.chars().rev().filter_map(|c| c.to_digit(10)).enumerate().map(doubled).sum();
    format!("{number}{}", (10 - sum % 10) % 10)
}

/// A Chinese company code of an area that is none (999900). Source: GB 11714-1997, GB 32100-2015.
pub(super) fn uscc(random: &mut Random) -> String {
    let body = random.digits(8);
    let weights = [3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body.chars().filter_map(|c| c.to_digit(10)).zip(weights).map(|(digit, weight)| digit * weight).sum();
    let check = match 11 - sum % 11 {
        10 => "X".to_owned(),
        11 => "0".to_owned(),
        digit => digit.to_string(),
    };
    const LETTERS: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    let code = format!("91999900{body}{check}");
    let place = |c: char| LETTERS.find(c).unwrap_or_default();
    let (sum, _) = code.chars().fold((0, 1), |(sum, weight), c| (sum + place(c) * weight, weight * 3 % 31));
    let last = LETTERS.chars().nth((31 - sum % 31) % 31).unwrap_or('0');
    format!("{code}{last}")
}

/// A Chinese resident id of an area that is none; `born` is `1984-05-06`. Source: GB 11643-1999.
pub(super) fn resident_id(random: &mut Random, born: &str) -> String {
    let body = format!("999900{}{}", born.replace('-', ""), random.digits(3));
    let (sum, _) = body.chars().filter_map(|c| c.to_digit(10)).fold((0, 7), |(sum, weight), digit| {
        // The weights are 2^17 mod 11 = 7, and half of it each time: times 6 mod 11.
        (sum + digit * weight, weight * 6 % 11)
    });
    let check = char::from(b"10X98765432"[sum as usize % 11]);
    format!("{body}{check}")
}

/// A TRON address with right checksum over random bytes: nobody holds the key.
pub(super) fn tron(random: &mut Random) -> String {
    let mut bytes = [0; 21];
    bytes[0] = 0x41;
    bytes[1..].copy_from_slice(&random.bytes::<20>());
    bs58::encode(bytes).with_check().into_string()
}

/// A 13-digit article number with right check digit; the prefix 299 is for use within a shop. Source: GS1 General Specifications.
pub(super) fn gtin(random: &mut Random) -> String {
    let body = format!("299{}", random.digits(9));
    let sum: u32 = body
        .chars()
        .filter_map(|c| c.to_digit(10))
        .enumerate()
        .map(|(at, digit)| if at % 2 == 0 { digit } else { digit * 3 })
        .sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}
