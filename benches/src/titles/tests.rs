//! The generator gives what it says, and the same every time.

use super::{Draw, Kind, coined, honest, known, title};

#[test]
fn every_kind_disguises_some_brand() {
    let mut draw = Draw::new(7);
    for kind in Kind::ALL {
        let titles = known().iter().filter_map(|brand| title(brand, kind, &mut draw)).count();
        assert!(10 <= titles, "{kind:?} gave {titles}");
    }
}

#[test]
fn a_seed_gives_the_same_titles() {
    let all = |seed| {
        let mut draw = Draw::new(seed);
        let titles: Vec<_> = known().iter().filter_map(|brand| title(brand, Kind::Both, &mut draw)).collect();
        (titles, honest(&mut draw), coined(5, &mut draw))
    };
    assert_eq!(all(1), all(1));
    assert_ne!(all(1), all(2));
}

#[test]
fn a_disguise_hides_the_name_from_a_plain_search() {
    let mut draw = Draw::new(3);
    let shows_name = [Kind::Plain, Kind::Glued];
    for kind in Kind::ALL.into_iter().filter(|kind| !shows_name.contains(kind)) {
        for brand in known() {
            let Some(title) = title(&brand, kind, &mut draw) else { continue };
            let is_shown = !brand.latin.is_empty() && title.text.to_lowercase().contains(&brand.latin.to_lowercase());
            assert!(!is_shown, "{kind:?} {}", title.text);
        }
    }
}
