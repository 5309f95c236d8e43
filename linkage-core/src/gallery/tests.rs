//! Pictures that were kept are known again.

use std::fs;
use std::path::Path;

use super::*;
use crate::fingerprint::image::{Gallery, Limits, Verdict};
use crate::store::{FailWhen, FailingStore, Failure, MemoryStore};

fn file(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/images").join(name)).unwrap()
}

fn picture(name: &str) -> Picture {
    Picture::read(&file(name), &Limits::default()).unwrap()
}

fn named(names: &[&str]) -> Vec<(String, Picture)> {
    names.iter().map(|name| ((*name).to_owned(), picture(&format!("indexed/{name}.jpg")))).collect()
}

fn gallery(store: &MemoryStore) -> Gallery<StoredPictures> {
    Gallery::over(StoredPictures::over(Box::new(store.clone())).unwrap()).unwrap()
}

#[test]
fn a_stored_gallery_answers_as_one_in_memory() {
    let store = MemoryStore::new();
    let names = ["bag", "kettle", "lamp", "radio", "shoe", "watch"];
    let mut stored = StoredPictures::over(Box::new(store.clone())).unwrap();
    stored.add(&named(&names[..2])).unwrap();
    stored.add(&named(&names[2..])).unwrap();
    let memory = Gallery::new(named(&names).into_iter().map(|(_, picture)| picture).collect());
    for query in ["bag-mirrored", "watch-cropped", "lamp-collage", "shoe-framed", "umbrella-new"] {
        let query = picture(&format!("queries/{query}.jpg"));
        let Ok(expected) = memory.search(&query);
        assert_eq!(gallery(&store).search(&query).unwrap(), expected);
    }
    assert_eq!(gallery(&store).pictures().name(2), Some("lamp"));
}

#[test]
fn a_folder_that_is_opened_again_knows_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let lamp = file("indexed/lamp.jpg");
    {
        let mut stored = StoredPictures::open(folder.path(), true).unwrap();
        assert!(!stored.holds("lamp", &lamp));
        stored.add(&named(&["lamp", "bag"])).unwrap();
    }
    assert!(StoredPictures::is_in(folder.path()));
    let stored = StoredPictures::open(folder.path(), false).unwrap();
    assert_eq!(stored.len(), 2);
    assert!(stored.holds("lamp", &lamp));
    assert!(!stored.holds("bag", &lamp));
    let found = Gallery::over(stored).unwrap().search(&picture("indexed/lamp.jpg")).unwrap();
    assert_eq!(found.iter().map(|found| (found.number, found.verdict)).collect::<Vec<_>>(), [(0, Verdict::Same)]);
}

#[test]
fn a_run_that_broke_leaves_what_was_there_and_is_repeated() {
    let store = MemoryStore::new();
    StoredPictures::over(Box::new(store.clone())).unwrap().add(&named(&["bag"])).unwrap();
    // Fails at the last commit, when the rows are written already.
    let failing = FailingStore::new(store.clone(), FailWhen::From(5), Failure::Io);
    let mut stored = StoredPictures::over(Box::new(failing)).unwrap();
    assert!(matches!(stored.add(&named(&["lamp", "shoe"])), Err(StoredError::Store(_))));
    assert_eq!(stored.len(), 1);
    let mut again = StoredPictures::over(Box::new(store.clone())).unwrap();
    assert_eq!(again.len(), 1);
    again.add(&named(&["lamp"])).unwrap();
    assert_eq!(gallery(&store).pictures().len(), 2);
    assert_eq!(gallery(&store).search(&picture("indexed/lamp.jpg")).unwrap()[0].number, 1);
}

#[test]
fn a_damaged_row_is_named_and_nothing_panics() {
    let bag = picture("indexed/bag.jpg");
    let (_, outline) = row(OUTLINES, 0, &Outline::of(&bag)).unwrap();
    let (_, picture) = row(PICTURES, 0, &bag.kept()).unwrap();
    assert_eq!(read(&picture), Some(bag.kept()));
    for cut in [0, 1, 40, picture.len() - 1] {
        assert_eq!(read::<Picture>(&picture[..cut]), None);
        assert!(read::<Outline>(&outline[..cut.min(outline.len() - 1)]).is_none());
    }
    let store = MemoryStore::new();
    StoredPictures::over(Box::new(store.clone())).unwrap().add(&named(&["bag"])).unwrap();
    let mut batch = Batch::new();
    batch.put(key(PICTURES, 0), [VERSION + 1]);
    store.commit(&batch, &[]).unwrap();
    assert!(matches!(gallery(&store).search(&bag), Err(StoredError::Row { number: 0 })));
    let mut batch = Batch::new();
    batch.delete(key(OUTLINES, 0));
    store.commit(&batch, &[]).unwrap();
    let stored = StoredPictures::over(Box::new(store.clone())).unwrap();
    assert!(matches!(Gallery::over(stored), Err(StoredError::Row { number: 0 })));
    let mut batch = Batch::new();
    batch.delete(key(NAMES, 0));
    store.commit(&batch, &[]).unwrap();
    assert!(matches!(StoredPictures::over(Box::new(store)), Err(StoredError::Row { number: 0 })));
}

#[test]
fn what_is_not_a_gallery_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("photo.jpg"), "x").unwrap();
    assert!(!StoredPictures::is_in(folder.path()));
    let refused = StoredPictures::open(folder.path(), true).map(drop);
    assert!(matches!(refused, Err(StoredError::Store(StoreError::Foreign { .. }))), "{refused:?}");
}
