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
