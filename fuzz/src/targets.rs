//! What every parser must stand: one function for each, called with any bytes.
//!
//! ```text
//! fuzz_targets/NAME.rs ──► NAME(bytes) ◄── the test that replays corpus/NAME/* on stable
//! ```
//!
//! Both call the functions here and nothing else, so that what is fuzzed and what is replayed cannot drift apart.
//!
//! - [`TARGETS`] lists them; [`run`] calls one by its name.
//!
//! **Law:** no function panics, whatever the bytes. Where a parser promises more (folding twice changes nothing, a record that was
//! written reads as itself), it is asserted here.

use std::io::Cursor;
use std::path::Path;
use std::sync::LazyLock;

use linkage_core::compare::names::{Sketch, Weights, measure};
use linkage_core::fingerprint::image::{Gallery, Limits, Pdq, Picture, decode, pdq, qr_codes};
use linkage_core::fingerprint::{ClearKeyer, Profile};
use linkage_core::gallery::StoredPictures;
use linkage_core::ledger::Ledger;
use linkage_core::linker::RecordKind;
use linkage_core::linker::pairs::Model;
use linkage_core::normalize::alias::Aliases;
use linkage_core::normalize::brand::Brands;
use linkage_core::normalize::sort_code::SortCodes;
use linkage_core::normalize::{address, email, identifier, name, offer, phone, phrase, platform, text, uri, url};
use linkage_core::privacy::oprf::{Element, Proof, SecretScalar};
use linkage_core::privacy::sealed::{Signed, Token, open, verify};
use linkage_core::privacy::token::Classes;
use linkage_core::record::{
    Account, AccountDraft, AccountKey, Address, Enforcement, EnforcementDraft, Intake, Listing, ListingDraft,
    PairReader, Reader, Record, redact_cards,
};
use linkage_core::rules::{RULES_BYTES_MAX, RULES_MAX, RuleSet};
use linkage_core::score::Epoch;
use linkage_core::search::Query;
use linkage_core::store::{Batch, KeyRange, MemoryStore, Store};
use linkage_proto::proto;
use linkage_server::PageTokens;
use linkage_server::exchange::{RotationFile, filter_rewritten};
use prost::Message;

use crate::mapping::Mapping;

/// A parser under any bytes.
pub type Target = fn(&[u8]);

/// All targets by name; each has a folder of its name in `corpus`.
pub const TARGETS: &[(&str, Target)] = &[
    ("record_line", record_line),
    ("pair_line", pair_line),
    ("proto_message", proto_message),
    ("csv_mapping", csv_mapping),
    ("identifier", identifiers),
    ("phone", phones),
    ("email", emails),
    ("url", urls),
    ("uri", qr_texts),
    ("address", addresses),
    ("text", texts),
    ("brand_scan", brand_scan),
    ("name_sketch", name_sketch),
    ("image", image),
    ("search_query", search_query),
    ("epoch", epoch),
    ("stored_row", stored_row),
    ("gallery_row", gallery_row),
    ("exchange", exchange),
    ("rotation", rotation),
    ("tables", tables),
    ("trained_model", trained_model),
    ("rule_file", rule_file),
    ("page_token", page_token),
];

/// Key of everything that is keyed here: nothing is kept.
const KEY: [u8; 32] = *b"bytes of a fuzzer, kept by none.";

/// Longest text given to parsers of one value: longer ones never come out of a record.
const VALUE_BYTES_MAX: usize = 4096;

static INTAKE: LazyLock<Intake> = LazyLock::new(|| Intake::new(KEY));

/// Calls the target of this name; whether there is one.
pub fn run(name: &str, bytes: &[u8]) -> bool {
    let target = TARGETS.iter().find(|(known, _)| *known == name);
    target.inspect(|(_, target)| target(bytes)).is_some()
}

/// The text of some bytes, as far as they are one.
fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(VALUE_BYTES_MAX)]).into_owned()
}

/// The first byte chooses, the rest is what is chosen for.
fn chosen(bytes: &[u8]) -> (u8, &[u8]) {
    bytes.split_first().map_or((0, bytes), |(first, rest)| (*first, rest))
}

/// Files of accounts, listings and enforcements, plain and compressed. A record that is read is written and read as itself.
pub fn record_line(bytes: &[u8]) {
    let (kind, rest) = chosen(bytes);
    match kind % 3 {
        0 => records::<Account>(rest),
        1 => records::<Listing>(rest),
        _ => records::<Enforcement>(rest),
    }
}

fn records<T: Record + PartialEq + std::fmt::Debug>(bytes: &[u8]) {
    const LINES_MAX: usize = 64;
    let Ok(reader) = Reader::<T>::new("fuzz".to_owned(), Cursor::new(bytes.to_vec()), &INTAKE) else { return };
    for (_, record) in reader.take(LINES_MAX).flatten() {
        let line = serde_json::to_string(&T::Draft::from(&record)).expect("a draft is JSON");
        let again = T::check(T::draft_from_json(&line).expect("what was written is a draft"), &INTAKE);
        assert_eq!(again.expect("what was checked passes the check"), record);
    }
}

/// Lines of pairs.
pub fn pair_line(bytes: &[u8]) {
    const LINES_MAX: usize = 64;
    let Ok(reader) = PairReader::new("fuzz".to_owned(), Cursor::new(bytes.to_vec()), &INTAKE) else { return };
    reader.take(LINES_MAX).for_each(drop);
}

/// Messages of the service, made into records; what is a record is reduced to fingerprints.
pub fn proto_message(bytes: &[u8]) {
    let (kind, rest) = chosen(bytes);
    let keyer = ClearKeyer::new(KEY);
    match kind % 3 {
        0 => {
            let account = proto::Account::decode(rest).ok().and_then(|message| AccountDraft::try_from(message).ok());
            if let Some(account) = account.and_then(|draft| draft.check(&INTAKE).ok()) {
                let _ = Profile::new([&account], [], &keyer);
            }
        }
        1 => {
            let listing = proto::Listing::decode(rest).ok().and_then(|message| ListingDraft::try_from(message).ok());
            if let Some(listing) = listing.and_then(|draft| draft.check(&INTAKE).ok()) {
                let _ = Profile::new([], [&listing], &keyer);
            }
        }
        _ => {
            let enforcement = proto::Enforcement::decode(rest).ok();
            if let Some(draft) = enforcement.and_then(|message| EnforcementDraft::try_from(message).ok()) {
                let _ = draft.check(&INTAKE);
            }
        }
    }
}

/// A mapping, and behind the first zero byte a table that it is for.
pub fn csv_mapping(bytes: &[u8]) {
    let at = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let Ok(mapping) = Mapping::parse(&lossy(&bytes[..at])) else { return };
    let table = bytes.get(at + 1..).unwrap_or_default();
    for kind in [RecordKind::Accounts, RecordKind::Listings, RecordKind::Enforcements] {
        let mut lines = Vec::new();
        if mapping.rows(kind, Path::new("fuzz.csv"), table, &mut lines).is_ok() {
            for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                let is_json = serde_json::from_slice::<serde_json::Value>(line).is_ok();
                assert!(is_json, "a row is a line of JSON");
            }
        }
    }
}

/// Registrations, payment accounts, handles, article numbers and trackers of every known scheme.
pub fn identifiers(bytes: &[u8]) {
    const SCHEMES: [&str; 20] = [
        "CN-USCC",
        "GB-COH",
        "GB-VAT",
        "EU-VAT",
        "LEI",
        "OTHER",
        "IBAN",
        "GB-BANK",
        "CN-BANK",
        "CARD",
        "PAYPAL",
        "ALIPAY",
        "WECHAT_PAY",
        "BTC",
        "ETH",
        "USDT-TRC20",
        "GOOGLE_ANALYTICS",
        "ADSENSE",
        "META_PIXEL",
        "FAVICON",
    ];
    const SERVICES: [&str; 6] = ["WHATSAPP", "WECHAT", "TELEGRAM", "QQ", "INSTAGRAM", "LINE"];
    let (choice, rest) = chosen(bytes);
    let value = lossy(rest);
    let scheme = SCHEMES[usize::from(choice) % SCHEMES.len()];
    let countries = [None, "GB".parse().ok(), "DE".parse().ok(), "CN".parse().ok()];
    let country = countries[usize::from(choice / 64)];
    let _ = identifier::registration(scheme, &value, country);
    let _ = identifier::payment(scheme, &value);
    let _ = identifier::tracker(scheme, &value);
    let _ = identifier::handle(SERVICES[usize::from(choice) % SERVICES.len()], &value);
    let number = identifier::gtin(&value);
    assert_eq!(identifier::gtin(&number.normal).normal, number.normal);
    assert_eq!(redact_cards(redact_cards(value.clone())), redact_cards(value), "redacting twice changes nothing");
}

/// Telephone numbers, with and without a country.
pub fn phones(bytes: &[u8]) {
    let value = lossy(bytes);
    for country in [None, "GB".parse().ok(), "CN".parse().ok(), "US".parse().ok()] {
        if let Some(e164) = phone::phone(&value, country).e164 {
            assert_eq!(phone::phone(&e164, None).e164.as_deref(), Some(e164.as_str()), "E.164 is its own normal form");
        }
    }
}

/// Mail addresses.
pub fn emails(bytes: &[u8]) {
    if let Some(mail) = email::email(&lossy(bytes)) {
        let again = email::email(&mail.canonical).map(|mail| mail.canonical);
        assert_eq!(again.as_deref(), Some(mail.canonical.as_str()), "a canonical address is its own normal form");
    }
}

/// Web addresses and the accounts they name.
pub fn urls(bytes: &[u8]) {
    let value = lossy(bytes);
    if let Some(site) = url::site(&value) {
        assert!(!site.host.is_empty());
    }
    let _ = (platform::named_in(&value), platform::offer_in(&value), platform::family(&value), url::label_key(&value));
}

/// What QR codes say.
pub fn qr_texts(bytes: &[u8]) {
    let _ = uri::targets(&lossy(bytes));
}

/// Postal addresses, as one text and by their parts.
pub fn addresses(bytes: &[u8]) {
    let value = lossy(bytes);
    let whole = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let _ = address::address(&Address { text: whole(&value), ..Address::default() });
    let (street, rest) = value.split_once('\n').unwrap_or((&value, ""));
    let (locality, postcode) = rest.split_once('\n').unwrap_or((rest, ""));
    let parts =
        Address { street: whole(street), locality: whole(locality), postcode: whole(postcode), ..Address::default() };
    let _ = address::address(&parts);
}

/// Free text: its keys, words and shingles.
pub fn texts(bytes: &[u8]) {
    let value = lossy(bytes);
    let folded = text::fold(&value);
    assert_eq!(text::fold(&folded), folded, "folding twice changes nothing");
    let leet = text::leet(&value);
    assert_eq!(text::leet(&leet), leet, "the leet key is its own");
    let _ = (
        text::words(&value),
        text::shingles(&value, 3),
        text::romanised(&value),
        name::person(&value),
        name::company(&value),
    );
}

/// Brands, code words and disguised words of an offer, and what it says in so many words.
pub fn brand_scan(bytes: &[u8]) {
    let value = lossy(bytes);
    let scan = Brands::shipped().scan(&value);
    let spans = scan.brands.iter().map(|found| (found.start, found.end));
    let spans = spans.chain(scan.codes.iter().map(|found| (found.start, found.end)));
    for (start, end) in spans.chain(scan.disguised.iter().map(|found| (found.start, found.end))) {
        assert!(value.get(start..end).is_some_and(|word| !word.is_empty()), "what was found stands in the text");
    }
    let title = offer::title(&value, &scan, "Nike");
    assert!(title.own.len() <= title.joined.len());
    let phrases = phrase::phrases(&scan.without(&value));
    assert!(phrases.len() <= phrase::PHRASES_MAX && phrases.iter().all(|phrase| !phrase.text.is_empty()));
    let _ = offer::substance(&value, &scan, "");
}

/// Two names, one to a line: how alike they are does not depend on the side.
pub fn name_sketch(bytes: &[u8]) {
    static WEIGHTS: LazyLock<Weights> = LazyLock::new(Weights::default);
    let value = lossy(bytes);
    let (left, right) = value.split_once('\n').unwrap_or((&value, ""));
    let company = |name: &str| Sketch::company(name, &WEIGHTS, Aliases::shipped());
    for [left, right] in [[left, right].map(Sketch::person), [left, right].map(company)] {
        let (there, back) = (measure(&left, &right), measure(&right, &left));
        for (a, b) in there.iter().zip(&back) {
            assert!(a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan() || (a - b).abs() < 1e-9, "{a} and {b}");
        }
    }
}

/// Files of pictures, within small limits. A decoder that panics is caught by `decode` and is not a finding.
pub fn image(bytes: &[u8]) {
    let limits =
        Limits { file_bytes_max: 1 << 20, side_pixels_max: 2048, area_pixels_max: 1 << 20, memory_bytes_max: 64 << 20 };
    if let Ok(pixels) = decode(bytes, &limits) {
        assert!(pixels.width() <= 2048 && pixels.height() <= 2048);
        let (hash, _) = pdq(&pixels);
        assert_eq!(hash.to_string().parse::<Pdq>().ok(), Some(hash), "a hash that was written reads as itself");
        let codes = qr_codes(&pixels);
        assert!(codes.iter().all(|text| !text.trim().is_empty()), "a code that was found says something");
    }
}

/// Questions to the search index.
pub fn search_query(bytes: &[u8]) {
    let _ = Query::new(&lossy(bytes));
    let _ = AccountKey::parse(&lossy(bytes));
}

/// A stored epoch: bytes as they come or, where the first of them is odd, the epoch that ships with some bytes changed. One that
/// is read is written and read as itself.
pub fn epoch(bytes: &[u8]) {
    static SHIPPED: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let epoch = Epoch::zero().expect("the epoch that ships can be read");
        epoch.encode().expect("and written")
    });
    let (choice, rest) = chosen(bytes);
    let stored = if choice % 2 == 0 { rest.to_vec() } else { changed(&SHIPPED, rest) };
    if let Ok(epoch) = Epoch::decode(&stored) {
        let again = epoch.encode().expect("what was read can be written");
        let decoded = Epoch::decode(&again).expect("what was written can be read");
        assert_eq!(decoded.encode().expect("and written again"), again);
    }
}

/// `whole` with changes of three bytes each: two say where, the third what.
fn changed(whole: &[u8], changes: &[u8]) -> Vec<u8> {
    let mut whole = whole.to_vec();
    for change in changes.chunks_exact(3) {
        let at = usize::from(change[0]) << 8 | usize::from(change[1]);
        let length = whole.len().max(1);
        if let Some(byte) = whole.get_mut(at % length) {
            *byte = change[2];
        }
    }
    whole
}

/// A store of which one row is damaged: the first byte says which, the rest is its new value.
pub fn stored_row(bytes: &[u8]) {
    let (place, value) = chosen(bytes);
    let store = a_store();
    let rows = store.snapshot().and_then(|snapshot| snapshot.scan(&all_rows(), 1000)).expect("memory can be read").rows;
    let (key, _) = &rows[usize::from(place) % rows.len()];
    let mut batch = Batch::new();
    batch.put(key.clone(), value);
    store.commit(&batch, &[]).expect("memory can be written");
    let Ok(ledger) = Ledger::open(Box::new(store)) else { return };
    let Ok(view) = ledger.view() else { return };
    let account = AccountKey::new("shop", "one").expect("a key");
    let _ = (view.counts().map(drop), view.dossier(&account).map(drop), view.observations(&account).map(drop));
    let _ =
        (view.judgements(None, 100).map(drop), view.history(None, 100).map(drop), view.waiting(None, 100).map(drop));
    let mut pages = view.accounts();
    while let Ok(Some(page)) = pages.next_page() {
        for dossier in page {
            let _ = dossier.decode(view.intake()).map(drop);
        }
    }
}

/// A gallery of which one row is damaged: the first byte says which, the rest is its new value.
pub fn gallery_row(bytes: &[u8]) {
    static PICTURE: LazyLock<Picture> = LazyLock::new(|| {
        let file = include_bytes!("../../testdata/images/formats/lossless.webp");
        Picture::read(file, &Limits::default()).expect("a picture")
    });
    let store = std::sync::Arc::new(MemoryStore::new());
    let mut pictures = StoredPictures::over(Box::new(store.clone())).expect("an empty store opens");
    pictures.add(&[("one".to_owned(), PICTURE.clone())]).expect("memory can be written");
    let (place, value) = chosen(bytes);
    let rows = store.snapshot().and_then(|snapshot| snapshot.scan(&all_rows(), 10)).expect("memory can be read").rows;
    let (key, _) = &rows[usize::from(place) % rows.len()];
    let mut batch = Batch::new();
    batch.put(key.clone(), value);
    store.commit(&batch, &[]).expect("memory can be written");
    let Ok(pictures) = StoredPictures::over(Box::new(store)) else { return };
    let Ok(gallery) = Gallery::over(pictures) else { return };
    let _ = gallery.search(&PICTURE).map(drop);
}

fn all_rows() -> KeyRange {
    KeyRange::all()
}

/// A store with an account, a listing and an enforcement.
fn a_store() -> MemoryStore {
    static ROWS: LazyLock<Vec<(Vec<u8>, Vec<u8>)>> = LazyLock::new(|| {
        let store = std::sync::Arc::new(MemoryStore::new());
        let linker =
            linkage_core::linker::Linker::open(Box::new(std::sync::Arc::clone(&store))).expect("an empty store opens");
        let line = |text: &str| text.to_owned();
        let account =
            line(r#"{"platform":"shop","account_id":"one","observed_at":"2024-05-03T12:00:00Z","display_name":"One"}"#);
        let draft = Account::draft_from_json(&account).expect("a draft");
        let record = draft.check(linker.intake()).expect("an account");
        linker.add(&[linkage_core::ledger::AnyRecord::Account(record)], false).expect("memory can be written");
        let snapshot = store.snapshot().expect("memory can be read");
        snapshot.scan(&all_rows(), 1000).expect("memory can be read").rows
    });
    let store = MemoryStore::new();
    let mut batch = Batch::new();
    ROWS.iter().for_each(|(key, value)| batch.put(key.clone(), value.clone()));
    store.commit(&batch, &[]).expect("memory can be written");
    store
}

/// What comes over the wire of private matching: boxes, envelopes, group elements, proofs, filters. A filter that is read is written as it was.
pub fn exchange(bytes: &[u8]) {
    assert!(filter_rewritten(bytes).is_none_or(|written| written == bytes), "a filter has one spelling");
    let token = Token(KEY);
    let _ = (open(&token, bytes), Element::parse(bytes, 0).map(drop), Proof::parse(bytes).map(drop));
    let _ = SecretScalar::parse(bytes).map(drop);
    let mut key = [0; 32];
    let mut signature = [0; 64];
    let length = bytes.len().min(96);
    bytes[..length]
        .iter()
        .enumerate()
        .for_each(|(at, byte)| if at < 32 { key[at] = *byte } else { signature[at - 32] = *byte });
    let rest = &bytes[length..];
    let text = lossy(rest);
    let signed =
        Signed { member: &text, epoch: 1, method: "Submit", purpose: "fuzz", issued_at: 0, nonce: rest, payload: rest };
    let _ = verify(&key, &signed, &signature, 0);
    let _ = Element::parse_all(&bytes.chunks(32).collect::<Vec<_>>()).map(drop);
}

/// Files of a rotation: the first byte says which. One that is read is written and read as itself; a journal, which grows by what is carried
/// over, carries the same over again.
pub fn rotation(bytes: &[u8]) {
    let (choice, rest) = chosen(bytes);
    let file = RotationFile::ALL[usize::from(choice) % RotationFile::ALL.len()];
    if let Some(written) = file.rewritten(rest) {
        assert_eq!(file.rewritten(&written).as_ref(), Some(&written), "what was written reads as itself");
    }
}

/// Files of names, brands and sort codes that a user supplies, and the table of tokens.
pub fn tables(bytes: &[u8]) {
    if let Ok(aliases) = Aliases::read(bytes) {
        let _ = aliases.of(&lossy(bytes));
    }
    let text = lossy(bytes);
    if let Ok(brands) = Brands::read(&text) {
        let _ = brands.scan(&text);
    }
    let _ = Classes::parse(&text).map(drop);
    if let Ok(sort_codes) = SortCodes::read(bytes) {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        digits.as_bytes().windows(14).for_each(|number| _ = sort_codes.check(&lossy(number)));
    }
}

/// A trained model. One that is read is written and read as itself.
pub fn trained_model(bytes: &[u8]) {
    let _ = Model::from_json(bytes).map(drop);
}

/// Rules that make a repeat infringer. Every set that is read has a rule, which nobody meets without a strike, and says so.
pub fn rule_file(bytes: &[u8]) {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(RULES_BYTES_MAX)]);
    if let Ok(rules) = RuleSet::parse("fuzz.toml", &text) {
        assert!((1..=RULES_MAX).contains(&rules.rules.len()));
        assert!(rules.met(&[], jiff::Timestamp::UNIX_EPOCH).is_none(), "no strike, no repeat infringer");
        assert!(rules.rules.iter().all(|rule| !rule.name.is_empty() && !rule.sentence().is_empty()));
    }
}

/// Tokens of pages: none but those that were handed out name a place.
pub fn page_token(bytes: &[u8]) {
    let pages = PageTokens::of(&INTAKE, "ListNetworks", &["fuzz"]);
    let text = lossy(bytes);
    if let Ok(Some(place)) = pages.place(&text) {
        assert!(pages.token(&place).eq_ignore_ascii_case(&text), "a token that was not handed out");
    }
    assert_eq!(pages.place(&pages.token(&text)).ok().flatten().as_deref(), Some(text.as_str()));
}
