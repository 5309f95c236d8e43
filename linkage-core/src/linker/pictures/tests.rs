//! Each test is a folder of pictures and records that name them.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use super::super::{ImportHow, ImportSummary, Linker, RecordKind};
use super::*;
use crate::record::AccountKey;

const SHOE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/images/indexed/shoe.jpg");
const PLAIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/images/formats/one-colour.png");

/// A folder with a picture, the same in another size and format, a plain one, and something else.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let shoe = ::image::open(SHOE).unwrap();
    std::fs::copy(SHOE, folder.path().join("shoe.jpg")).unwrap();
    shoe.resize(320, 320, ::image::imageops::FilterType::Triangle).save(folder.path().join("small.png")).unwrap();
    std::fs::copy(PLAIN, folder.path().join("plain.png")).unwrap();
    std::fs::write(folder.path().join("text.jpg"), "no picture").unwrap();
    folder
}

fn write(folder: &Path, accounts: &[(&str, &str)]) -> PathBuf {
    let line = |(id, images): &(&str, &str)| {
        format!(
            "{{\"platform\":\"web\",\"account_id\":\"{id}\",\"observed_at\":\"2026-01-01T00:00:00Z\",\"images\":[{images}]}}\n"
        )
    };
    let file = folder.join("accounts.jsonl");
    std::fs::write(&file, accounts.iter().map(line).collect::<String>()).unwrap();
    file
}

fn import(linker: &Linker, file: &Path, root: Option<&Path>) -> ImportSummary {
    let stop = AtomicBool::new(false);
    let mut how = ImportHow { link: true, images_root: root, skip_bad: None, progress: &mut |_, _| {}, stop: &stop };
    linker.import_file(RecordKind::Accounts, file, &mut how).unwrap()
}

fn levels(linker: &Linker, left: &str, right: &str) -> Vec<(&'static str, &'static str)> {
    let key = |id| AccountKey::new("web", id).unwrap();
    let why = linker.explain(&key(left), &key(right)).unwrap();
    why.terms.iter().map(|term| (term.kind, term.level)).filter(|(kind, _)| *kind == "IMAGE").collect()
}

#[test]
fn one_picture_in_another_size_is_the_same_picture() {
    let folder = folder();
    let path = |name: &str| format!(r#"{{"path":"{name}"}}"#);
    let file = write(folder.path(), &[("a", &path("shoe.jpg")), ("b", &path("small.png")), ("c", &path("shoe.jpg"))]);
    let linker = Linker::in_memory().unwrap();
    let summary = import(&linker, &file, Some(folder.path()));
    assert_eq!(summary.pictures, PictureCounts { read: 3, ..PictureCounts::default() });
    assert_eq!(levels(&linker, "a", "b"), [("IMAGE", "SAME")]);
    assert_eq!(levels(&linker, "a", "c"), [("IMAGE", "EXACT")]);
    let view = linker.ledger().view().unwrap();
    let held = view.dossier(&AccountKey::new("web", "b").unwrap()).unwrap();
    let image = &held.observations[0].record.images[0];
    assert!(image.blake3.is_some() && image.pdq.is_some());
    assert!(image.pdq_quality.is_some_and(|quality| 50 <= quality));
    assert_eq!(image.size.map(|(columns, rows)| columns.max(rows)), Some(320));
}

#[test]
fn a_plain_picture_links_nobody_not_even_by_its_digest() {
    let folder = folder();
    let file = write(folder.path(), &[("a", r#"{"path":"plain.png"}"#), ("b", r#"{"path":"plain.png"}"#)]);
    let linker = Linker::in_memory().unwrap();
    assert_eq!(import(&linker, &file, Some(folder.path())).pictures.read, 2);
    assert_eq!(levels(&linker, "a", "b"), []);
}

#[test]
fn what_cannot_be_read_is_counted_and_the_record_stays() {
    let folder = folder();
    let other = format!(r#"{{"path":"shoe.jpg","blake3":"{}"}}"#, "0".repeat(64));
    let file = write(
        folder.path(),
        &[
            ("a", r#"{"path":"gone/shoe.jpg"}"#),
            ("b", r#"{"path":"text.jpg"}"#),
            ("c", &other),
            ("d", r#"{"path":"."}"#),
        ],
    );
    let linker = Linker::in_memory().unwrap();
    let summary = import(&linker, &file, Some(folder.path()));
    let first_left_out = Some("gone/shoe.jpg".to_owned());
    assert_eq!(summary.pictures, PictureCounts { read: 0, missing: 1, unreadable: 2, other: 1, first_left_out });
    assert_eq!((summary.pictures.left_out(), summary.counts.accounts.new), (4, 4));
}

#[test]
fn the_same_file_again_changes_nothing_with_or_without_the_folder() {
    let folder = folder();
    let file = write(folder.path(), &[("a", r#"{"path":"shoe.jpg"}"#), ("b", r#"{"path":"small.png"}"#)]);
    let (with, without) = (Linker::in_memory().unwrap(), Linker::in_memory().unwrap());
    import(&with, &file, Some(folder.path()));
    import(&without, &file, None);
    for root in [None, Some(folder.path())] {
        for linker in [&with, &without] {
            let counts = import(linker, &file, root).counts;
            assert_eq!((counts.accounts.new, counts.accounts.unchanged), (0, 2));
        }
    }
    assert_eq!(levels(&with, "a", "b"), [("IMAGE", "SAME")]);
    assert_eq!(levels(&without, "a", "b"), []);
}

/// A picture with a QR code, light where `tint` says, so that no two are one file.
fn code_picture(folder: &Path, name: &str, says: &str, tint: u8) {
    let code = qrcode::QrCode::new(says).unwrap();
    let (side, colors) = (code.width() as u32, code.to_colors());
    let picture = ::image::RgbImage::from_fn(400, 534, |x, y| {
        let square = |at: u32| at.checked_sub(60).map(|from| from / 6).filter(|square| *square < side);
        let at = square(x).zip(square(y)).map(|(column, row)| colors[(row * side + column) as usize]);
        let noise = (x * u32::from(tint) + y * 7) % 40;
        ::image::Rgb([if at == Some(qrcode::Color::Dark) { 20 } else { 255 - noise as u8 }; 3])
    });
    picture.save(folder.join(name)).unwrap();
}

fn terms(linker: &Linker, left: [&str; 2], right: [&str; 2]) -> (Vec<(&'static str, &'static str)>, &'static str) {
    let key = |[platform, id]: [&str; 2]| AccountKey::new(platform, id).unwrap();
    let why = linker.explain(&key(left), &key(right)).unwrap();
    let for_it = why.terms.iter().filter(|term| 0.0 < term.bits);
    (for_it.map(|term| (term.kind, term.level)).collect(), why.band)
}

/// Two sellers, each with a listing that has a picture, and what their fields add.
fn two_sellers(folder: &Path, fields: [&str; 2]) -> Linker {
    let linker = Linker::in_memory().unwrap();
    let seller = |platform: &str, id: &str, fields: &str| {
        format!(
            r#"{{"platform":"{platform}","account_id":"{id}","observed_at":"2026-01-01T00:00:00Z","display_name":"{id}"{fields}}}"#
        )
    };
    let offer = |platform: &str, id: &str, picture: &str| {
        format!(
            r#"{{"platform":"{platform}","listing_id":"1","account_id":"{id}","observed_at":"2026-01-01T00:00:00Z","images":[{{"path":"{picture}"}}]}}"#
        )
    };
    let accounts = [seller("taobao", "meiyi", fields[0]), seller("ebay_uk", "harbour_goods", fields[1])].join("\n");
    let listings = [offer("taobao", "meiyi", "a.png"), offer("ebay_uk", "harbour_goods", "b.png")].join("\n");
    let stop = AtomicBool::new(false);
    for (kind, name, lines) in
        [(RecordKind::Accounts, "accounts.jsonl", accounts), (RecordKind::Listings, "listings.jsonl", listings)]
    {
        let file = folder.join(name);
        std::fs::write(&file, lines).unwrap();
        let mut how =
            ImportHow { link: true, images_root: Some(folder), skip_bad: None, progress: &mut |_, _| {}, stop: &stop };
        linker.import_file(kind, &file, &mut how).unwrap();
    }
    linker
}

const MEIYI: [&str; 2] = ["taobao", "meiyi"];
const HARBOUR: [&str; 2] = ["ebay_uk", "harbour_goods"];

#[test]
fn the_same_payee_in_the_qr_codes_of_two_platforms_is_a_link() {
    let folder = tempfile::tempdir().unwrap();
    code_picture(folder.path(), "a.png", "https://qr.alipay.com/fkx1234567abcd", 3);
    code_picture(folder.path(), "b.png", "HTTPS://QR.ALIPAY.COM/FKX1234567ABCD?t=9", 11);
    let person = r#","persons":[{"name":"Lin Mei"}]"#;
    let linker = two_sellers(folder.path(), [person, person]);
    assert_eq!(terms(&linker, MEIYI, HARBOUR), (vec![("PAYMENT", "EXACT"), ("PERSON_NAME", "EXACT")], "ACT"));
    // The name alone would have been no reason.
    code_picture(folder.path(), "b.png", "https://qr.alipay.com/fkx7654321dcba", 11);
    let linker = two_sellers(folder.path(), [person, person]);
    assert_eq!(terms(&linker, MEIYI, HARBOUR), (vec![("PERSON_NAME", "EXACT")], "NONE"));
}

#[test]
fn a_contact_in_a_qr_code_is_the_one_in_a_field_and_two_pictures_are_pictures() {
    let folder = tempfile::tempdir().unwrap();
    code_picture(folder.path(), "a.png", "https://wa.me/442079460958", 3);
    code_picture(folder.path(), "b.png", "WIFI:S:shop;T:WPA;P:secret;;", 11);
    let linker = two_sellers(folder.path(), ["", r#","phones":["020 7946 0958"],"addresses":[{"country":"GB"}]"#]);
    assert_eq!(terms(&linker, MEIYI, HARBOUR).0, [("PHONE", "EXACT")]);
    // The pictures may both come from the supplier whose number it is: it counts once, with them.
    code_picture(folder.path(), "b.png", "tel:+442079460958", 11);
    let linker = two_sellers(folder.path(), ["", ""]);
    assert_eq!(terms(&linker, MEIYI, HARBOUR).0, [("QR_CODE", "EXACT")]);
}
