//! The words that people, shops, brands, streets and texts are put together from.
//!
//! [`Words`] has them all; a list is drawn from with [`List::draw`].

use super::SimulateError;
use super::dials::rows;
use super::random::Random;

/// A word, and for a Chinese one how it is spelled in Latin letters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    pub(super) text: &'static str,
    pub(super) pinyin: &'static str,
}

/// Words with how often each is drawn.
#[derive(Clone, Debug)]
pub(super) struct List {
    words: Vec<Word>,
    parts: Vec<f64>,
}

/// What is sold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Product {
    pub(super) brand: &'static str,
    pub(super) holder: &'static str,
    pub(super) right: &'static str,
    pub(super) shape: &'static str,
    pub(super) category: &'static str,
    pub(super) english: &'static str,
    pub(super) chinese: &'static str,
    pub(super) price: u32,
    pub(super) harm: &'static str,
}

/// Slots of a listing's text.
pub(super) const SLOTS: [&str; 5] = ["open", "make", "send", "extra", "close"];

/// For each slot what can be said, and for each of that the ways of saying it.
pub(super) type Phrases = Vec<Vec<Vec<&'static str>>>;

/// Declares the lists of the file.
macro_rules! words {
    ($($name:ident)*) => {
        /// Everything that names, addresses and texts are made of.
        #[derive(Clone, Debug)]
        pub(super) struct Words {
            $(pub(super) $name: List,)*
            pub(super) products: Vec<Product>,
            pub(super) english: Phrases,
            pub(super) chinese: Phrases,
        }

        impl Words {
            /// Reads the shipped files.
            ///
            /// # Errors
            ///
            /// [`SimulateError::Data`] if one is not well formed, which a test excludes.
            pub(super) fn read() -> Result<Words, SimulateError> {
                let list = |name: &str| List::read(name).ok_or(SimulateError::Data("words.tsv"));
                let phrases = |language| phrases(language).ok_or(SimulateError::Data("phrases.tsv"));
                Ok(Words {
                    $($name: list(stringify!($name))?,)*
                    products: products().ok_or(SimulateError::Data("products.tsv"))?,
                    english: phrases("en")?,
                    chinese: phrases("zh")?,
                })
            }
        }
    };
}

words! {
    surname_zh given_zh surname_a_en surname_b_en surname_en given_en surname_de given_de shop_a_en shop_b_en shop_c_en shop_a_zh shop_b_zh shop_c_zh
    suffix_zh syllable_en syllable_zh colour_en colour_zh affix_en street_en way_en town_en street_de town_de city_zh road_zh mail_en mail_zh slogan_en slogan_zh
}

impl List {
    fn read(name: &str) -> Option<List> {
        let row = rows(include_str!("data/words.tsv")).find_map(|row| row.strip_prefix(name)?.strip_prefix('\t'))?;
        let mut list = List { words: Vec::new(), parts: Vec::new() };
        for item in row.split_whitespace() {
            let (word, part) = item.split_once(':').unwrap_or((item, "1"));
            let (text, pinyin) = word.split_once('/').unwrap_or((word, ""));
            list.words.push(Word { text, pinyin });
            list.parts.push(part.parse().ok()?);
        }
        (!list.words.is_empty()).then_some(list)
    }

    /// One word, as often as the list says.
    pub(super) fn draw(&self, random: &mut Random) -> Word {
        self.words[random.weighted(&self.parts)]
    }

    /// The word at a place, counted round and round.
    pub(super) fn at(&self, place: usize) -> &'static str {
        self.words[place % self.words.len()].text
    }

    /// One of the commonest four.
    pub(super) fn common(&self, random: &mut Random) -> Word {
        self.words[random.below(self.words.len().min(4))]
    }
}

fn products() -> Option<Vec<Product>> {
    rows(include_str!("data/products.tsv"))
        .map(|row| {
            let cells: Vec<&str> = row.split('\t').collect();
            let [brand, holder, right, shape, category, english, chinese, price, harm] = cells[..] else { return None };
            Some(Product { brand, holder, right, shape, category, english, chinese, price: price.parse().ok()?, harm })
        })
        .collect()
}

fn phrases(language: &str) -> Option<Phrases> {
    let of_slot = |slot: &&str| {
        let lines: Vec<Vec<&str>> = rows(include_str!("data/phrases.tsv"))
            .filter_map(|row| row.strip_prefix(language)?.strip_prefix('\t')?.strip_prefix(slot)?.strip_prefix('\t'))
            .map(|ways| ways.split('|').collect())
            .collect();
        (!lines.is_empty()).then_some(lines)
    };
    SLOTS.iter().map(of_slot).collect()
}
