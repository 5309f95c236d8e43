//! What must not leak and how it may be spelled: for the tests of the library and, by its path, for those of the command line.

/// Parts of the planted records that nothing else has.
pub(crate) const MARKERS: [&str; 8] = [
    "quillfeather",
    "Quillfeather",
    "zebediah",
    "1971-11-23",
    "442079460991",
    "marmalade",
    "wickershamville",
    "zebquill@pay.example",
];

/// Raw, hexadecimal in both cases, UTF-16 in both orders, and base64 at each of three offsets without its uncertain ends.
pub(crate) fn spellings(marker: &str) -> Vec<Vec<u8>> {
    let raw = marker.as_bytes().to_vec();
    let hex: String = raw.iter().map(|byte| format!("{byte:02x}")).collect();
    let little: Vec<u8> = marker.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = marker.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let mut all = vec![raw.clone(), hex.to_uppercase().into_bytes(), hex.into_bytes(), little, big];
    for offset in 0..3 {
        let shifted = [vec![0; offset], raw.clone()].concat();
        let whole = shifted.len() / 3 * 3;
        let skip = if offset == 0 { 0 } else { 4 };
        all.push(base64(&shifted[..whole])[skip..].to_vec());
    }
    all
}

fn base64(bytes: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let of_three = |three: &[u8]| {
        let bits = three.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        [18, 12, 6, 0].map(|shift| DIGITS[bits >> shift & 63])
    };
    bytes.chunks_exact(3).flat_map(of_three).collect()
}
