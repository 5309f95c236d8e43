//! What is offered and how: texts by MinHash, titles, articles, prices, pictures.

use crate::normalize;
use crate::normalize::brand::{Brands, Scan};
use crate::normalize::identifier::{Check, gtin};
use crate::normalize::phrase::Sort;
use crate::record::{Image, Listing};

use super::image::{Pdq, Quality};
use super::kind::{Form, Kind};
use super::{Builder, Value, class_of, identity};

/// Bands of a text's MinHash signature; two texts of Jaccard similarity `s` share any one band with
/// probability `s^ROWS`, so the share of equal bands estimates `s`.
///
/// Source: Broder, "On the resemblance and containment of documents", 1997; banding as in Leskovec, Rajaraman and
/// Ullman, "Mining of Massive Datasets", chapter 3.
pub const MINHASH_BANDS: usize = 24;

/// Bands of a picture's perceptual hash, of 16 bits each.
pub const PDQ_BANDS: usize = 16;

/// What a picture says before it was counted, in bits; assumption. Its bands say as much: that of two pictures which are not the same
/// 225 of 256 bits agree does not come by chance, and what a band knows is how many others may be copies.
const PICTURE_BITS: u8 = 24;

/// The class of an article number whose check digit is wrong.
pub(super) const GTIN_INVALID: u32 = 1;

/// The class of words that say that a copy is offered; disguised words have class 0.
pub const CODE_WORDS: u32 = 1;

/// The class of a sentence; codes have class 0.
pub const SENTENCE: u32 = 1;

/// The class of a sentence that has a code in it.
pub const SENTENCE_AROUND_CODE: u32 = 2;

/// What a code or a sentence says at the most before it was counted, in bits; assumption. Two shops that sell one article name one model:
/// that alone is no lead.
const PHRASE_BITS_MAX: u8 = 14;

/// Signature rows per band: with 2, a pair at `s` = .5 shares about 6 of 24 bands, one at .1 none or one.
const ROWS: usize = 2;

/// Texts with fewer shingles say too little to tell a copy from chance.
const SHINGLES_MIN: usize = 6;

/// Words per shingle.
const SHINGLE_WORDS: usize = 3;

/// A brand is no rarer than this before it was counted, in bits: infringers sell the same few.
const BRAND_BITS_MAX: u8 = 6;

/// What it says before it was counted to disguise a word: who hides from filters does it in one of a few usual ways, and each
/// further way beside it is a choice of one's own. In bits; assumption.
const DISGUISE_BITS: u32 = 2;
const WAY_BITS: u32 = 3;
const HABIT_BITS_MAX: u32 = 8;
const DISGUISE_BITS_MAX: u32 = 20;

/// What one word for a copy says, and all of a listing, at the most; assumption.
const CODE_BITS: usize = 3;
const CODES_BITS_MAX: usize = 9;

/// A listing; its address says whose it is only where the account is a web site of its own.
pub(super) fn listing(builder: &mut Builder<'_>, listing: &Listing, is_own_site: bool) {
    let title = listing.title.as_deref().unwrap_or_default();
    let stated = listing.brand.as_deref().unwrap_or_default();
    let description = listing.description.as_deref().unwrap_or_default();
    let scans = [title, description].map(|text| Brands::shipped().scan(text));
    self::title(builder, title, &scans[0], stated);
    if !text(builder, Kind::ListingText, description, &scans[1], stated) {
        // Too short to tell a copy from chance by itself.
        let both = format!("{title} {description}");
        text(builder, Kind::ListingText, &both, &Brands::shipped().scan(&both), stated);
    }
    brands(builder, stated, &scans[0]);
    disguises(builder, [title, description], &scans);
    phrases(builder, description, &scans[1]);
    if let Some(number) = &listing.gtin {
        article(builder, number);
    }
    if let Some(price) = &listing.price {
        self::price(builder, price.currency.as_deref(), price.amount.as_deref());
    }
    if let Some(category) = &listing.category {
        whole(builder, Kind::Category, category, BRAND_BITS_MAX);
    }
    let offer = listing.url.as_deref().and_then(normalize::platform::offer_in);
    let by_id = || normalize::platform::offer_of(listing.account.platform(), &listing.listing_id);
    if let Some((family, number)) = offer.or_else(by_id) {
        identity::shows_offer(builder, family, &number);
    } else if let Some(url) = listing.url.as_ref().filter(|_| is_own_site) {
        identity::site(builder, url, &identity::OwnNames::default());
    }
    for entry in &listing.images {
        image(builder, entry);
    }
}

/// A text of some length by its MinHash bands, without stock phrases, brands and code words, so that two shops that sell one brand
/// are not alike by its name; whether it was long enough.
pub(super) fn text(builder: &mut Builder<'_>, kind: Kind, text: &str, scan: &Scan, brand: &str) -> bool {
    let text = normalize::offer::substance(text, scan, brand);
    let shingles = normalize::text::shingles(&text, SHINGLE_WORDS);
    if shingles.len() < SHINGLES_MIN {
        return false;
    }
    let bands = min_hash(&shingles);
    let more: Vec<(Form, &str, u8)> = bands.iter().map(|band| (Form::Band, band.as_str(), 16)).collect();
    builder.push(kind, 0, (&text, 24), &more, None);
    true
}

/// A picture by its digest and its perceptual hash. One with too little in it to be known again is no reason to link, not
/// even by its digest: a white square is a white square. What a QR code in it says is a contact like any other.
pub(super) fn image(builder: &mut Builder<'_>, image: &Image) {
    image.codes.iter().for_each(|code| identity::code(builder, code));
    if image.pdq_quality.is_some_and(|quality| !Quality(quality).links()) {
        return;
    }
    let pdq: Option<Pdq> = image.pdq.as_ref().and_then(|hash| hash.parse().ok()).filter(has_structure);
    let bands = pdq.as_ref().map(pdq_bands).unwrap_or_default();
    let more: Vec<(Form, &str, u8)> = bands.iter().map(|band| (Form::Band, band.as_str(), PICTURE_BITS)).collect();
    let value = pdq.map(Value::Picture);
    match (&image.blake3, pdq) {
        (Some(digest), _) => builder.push(Kind::Image, class_of("blake3"), (digest, PICTURE_BITS), &more, value),
        (None, Some(pdq)) => builder.push(Kind::Image, class_of("pdq"), (&pdq.to_string(), PICTURE_BITS), &more, value),
        (None, None) => {}
    }
}

/// Half of the bits of a hash are set, because the median divides them; of a blank picture hardly any or nearly all are. Guards
/// hashes whose quality is not known.
fn has_structure(pdq: &Pdq) -> bool {
    let set: u32 = pdq.words().iter().map(|word| word.count_ones()).sum();
    (64..=192).contains(&set)
}

/// Every sixteenth bit makes a band, so that a change in one place of the picture is spread over all of them. Two hashes
/// up to 15 bits apart have a band in common for sure (there are 16), two that are 31 apart in about nine of ten cases.
fn pdq_bands(pdq: &Pdq) -> Vec<String> {
    let words = pdq.words();
    let bit = |at: usize| words[at / 64] >> (63 - at % 64) & 1;
    (0..PDQ_BANDS)
        .map(|band| {
            let bits = (0..256 / PDQ_BANDS).fold(0, |bits, row| bits << 1 | bit(row * PDQ_BANDS + band));
            format!("{band}:{bits:04x}")
        })
        .collect()
}

/// A title; what the brand's name adds to it is no surprise.
fn title(builder: &mut Builder<'_>, title: &str, scan: &Scan, brand: &str) {
    let whole = normalize::text::fold(title);
    let words = normalize::offer::title(title, scan, brand);
    if whole.is_empty() || words.joined.is_empty() {
        return;
    }
    let surprisal = |text: &str| normalize::rarity::text(text).min(24);
    let numbers: String = whole.chars().filter(char::is_ascii_digit).collect();
    let more = [(Form::Joined, words.joined.as_str(), surprisal(&words.own))];
    builder.push(Kind::ListingTitle, 0, (&whole, surprisal(&[words.own, numbers].concat())), &more, None);
}

/// The brand stated, and those named in the title, each under one name however it is written.
fn brands(builder: &mut Builder<'_>, stated: &str, title: &Scan) {
    let mut names: Vec<String> = title.brands.iter().map(|found| found.brand.to_string()).collect();
    names.extend(normalize::offer::brand(stated));
    names.sort_unstable();
    names.dedup();
    for name in names {
        let bits = normalize::rarity::text(&name).min(BRAND_BITS_MAX);
        builder.push(Kind::Brand, 0, (&name, bits), &[], None);
    }
}

/// Words that filters would miss, as they are written, and the words for a copy of each text together.
fn disguises(builder: &mut Builder<'_>, texts: [&str; 2], scans: &[Scan; 2]) {
    for (text, scan) in texts.into_iter().zip(scans) {
        for found in &scan.disguised {
            let Some(word) = text.get(found.start..found.end) else { continue };
            let (ways, letters) = (found.ways.len(), word.chars().count() as u32);
            let bits = (DISGUISE_BITS + WAY_BITS * ways + letters / 2).min(DISGUISE_BITS_MAX);
            let habit_bits = (DISGUISE_BITS + WAY_BITS * ways).min(HABIT_BITS_MAX);
            let habit = found.ways.to_string();
            let more = [(Form::Habit, habit.as_str(), habit_bits as u8)];
            builder.push(Kind::Disguise, 0, (&word.to_lowercase(), bits as u8), &more, None);
        }
        let mut codes: Vec<&str> = scan.codes.iter().map(|code| code.word.as_ref()).collect();
        codes.sort_unstable();
        codes.dedup();
        if !codes.is_empty() {
            let bits = (CODE_BITS * codes.len()).min(CODES_BITS_MAX);
            builder.push(Kind::Disguise, CODE_WORDS, (&codes.join(" + "), bits as u8), &[], None);
        }
    }
}

/// What a text says in so many words, without brands.
pub(super) fn phrases(builder: &mut Builder<'_>, text: &str, scan: &Scan) {
    for phrase in normalize::phrase::phrases(&scan.without(text)) {
        let bits = normalize::rarity::text(&phrase.text).min(PHRASE_BITS_MAX);
        let class = match phrase.sort {
            Sort::Code => 0,
            Sort::Sentence => SENTENCE,
            Sort::SentenceAroundCode => SENTENCE_AROUND_CODE,
        };
        builder.push(Kind::Phrase, class, (&phrase.text, bits), &[], None);
    }
}

/// An article number; one that nobody can have issued is kept, and apart: whoever made it up has reasons to use it again.
fn article(builder: &mut Builder<'_>, number: &str) {
    let number = gtin(number);
    let (class, surprisal) = if number.check == Check::Failed { (GTIN_INVALID, 18) } else { (0, 10) };
    builder.push(Kind::Gtin, class, (&number.normal, surprisal), &[], None);
}

/// Prices end in the same few ways; one that does not says a little more.
fn price(builder: &mut Builder<'_>, currency: Option<&str>, amount: Option<&str>) {
    let Some(price) = normalize::offer::price(currency, amount) else { return };
    let is_usual = !price.contains('.') || [".99", ".95", ".5", ".9"].iter().any(|end| price.ends_with(end));
    builder.push(Kind::Price, 0, (&price, if is_usual { 6 } else { 9 }), &[], None);
}

fn whole(builder: &mut Builder<'_>, kind: Kind, text: &str, bits_max: u8) {
    let text = normalize::text::fold(text);
    if !text.is_empty() {
        builder.push(kind, 0, (&text, normalize::rarity::text(&text).min(bits_max)), &[], None);
    }
}

/// The bands of a signature, each as text that names its number.
fn min_hash(shingles: &[String]) -> Vec<String> {
    let mut signature = [u64::MAX; MINHASH_BANDS * ROWS];
    for shingle in shingles {
        let mut stream = blake3::Hasher::new().update(shingle.as_bytes()).finalize_xof();
        for slot in &mut signature {
            let mut bytes = [0; 8];
            stream.fill(&mut bytes);
            *slot = (*slot).min(u64::from_le_bytes(bytes));
        }
    }
    signature
        .chunks(ROWS)
        .enumerate()
        .map(|(band, rows)| {
            let rows: Vec<String> = rows.iter().map(|row| format!("{row:016x}")).collect();
            format!("{band}:{}", rows.join(":"))
        })
        .collect()
}
