//! Who a seller is at one time: every value that a platform might be shown, where it came from, and how it is spelled.
//!
//! - [`Persona`] is the whole; start there.
//! - [`Held`] is a value with its [`Trace`]: two accounts with equal traces show the same thing, however it is spelled.

use super::dials::Dials;
use super::numbers;
use super::random::Random;
use super::shared::Share;
use super::words::{Phrases, SLOTS, Words};

/// Where a value came from. `None` for what many share, which tells nobody apart.
pub(super) type Trace = Option<u64>;

/// A value and where it came from.
#[derive(Clone, Debug)]
pub(super) struct Held<T> {
    pub(super) value: T,
    pub(super) trace: Trace,
}

/// Where a seller is from, which decides script, names, banks and registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Cn,
    Gb,
    De,
}

/// A person.
#[derive(Clone, Debug)]
pub(super) struct Person {
    /// In Chinese characters, for those who have such a name.
    pub(super) han: Option<String>,
    pub(super) given: String,
    pub(super) surname: String,
    /// The surname as a relative would have it.
    pub(super) surname_han: &'static str,
    pub(super) born: String,
    pub(super) birth_place: String,
    /// Scheme and number.
    pub(super) document: (&'static str, String),
}

/// What a shop is called.
#[derive(Clone, Debug)]
pub(super) struct Shop {
    pub(super) han: Option<String>,
    pub(super) latin: Vec<String>,
    /// For a Chinese shop, how many of the `latin` words are pinyin of `han`: all or none.
    pub(super) is_pinyin: bool,
}

/// How a name is respelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tweak {
    /// As it is, words joined in one of several ways.
    None,
    Counter(u32),
    Separator(&'static str),
    Affix(&'static str),
    OtherScript,
    Homoglyph,
    Leet,
    Drop(usize),
}

/// A registered business.
#[derive(Clone, Debug)]
pub(super) struct Company {
    pub(super) legal_name: String,
    pub(super) scheme: &'static str,
    pub(super) number: String,
}

/// An address, of which platforms ask for the line or for the parts.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) street: String,
    pub(super) number: String,
    pub(super) locality: String,
    pub(super) postcode: String,
    pub(super) country: &'static str,
    /// Written the other way round: abbreviated, the number behind, spaces left out.
    pub(super) respelled: bool,
}

/// How a seller writes.
#[derive(Clone, Debug)]
pub(super) struct Wording {
    /// For each slot which thing is said.
    lines: [usize; SLOTS.len()],
    /// And in which way.
    ways: [usize; SLOTS.len()],
    /// A phrase of the seller's own.
    slogan: Option<[usize; 3]>,
    /// Numbers, a colour and a code that the seller uses.
    numbers: [u16; SLOTS.len()],
    colour: usize,
    code: String,
}

/// An edit that a copied photo went through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edit {
    /// Saved again, a little brighter or darker.
    Recompress,
    /// A few per cent cut off.
    Crop,
    /// A frame around it.
    Border,
    /// A line of text or a watermark on it.
    Caption,
    /// Left for right.
    Mirror,
    /// In another tint.
    Tint,
}

impl Edit {
    pub(super) const ALL: [Edit; 6] =
        [Edit::Recompress, Edit::Crop, Edit::Border, Edit::Caption, Edit::Mirror, Edit::Tint];
}

/// A photo: what it shows, and what was done to it.
#[derive(Clone, Debug)]
pub(super) struct Photo {
    pub(super) trace: Trace,
    /// What the drawing is made from.
    pub(super) seed: u64,
    /// Which of the products it shows; an avatar shows none.
    pub(super) product: Option<usize>,
    /// The background that a seller's photos have in common.
    pub(super) style: u64,
    pub(super) edits: Vec<(Edit, u64)>,
    pub(super) drawn: bool,
}

/// Everything about a seller that a platform might be shown.
#[derive(Clone, Debug)]
pub(super) struct Persona {
    pub(super) origin: Origin,
    pub(super) shop: Held<Shop>,
    pub(super) tweak: Tweak,
    pub(super) person: Held<Person>,
    pub(super) company: Option<Held<Company>>,
    pub(super) phone: Held<String>,
    /// A second number or mail address that is shown beside the first: planted, or an agency's.
    pub(super) phone_too: Option<Held<String>>,
    pub(super) email: Held<String>,
    pub(super) email_too: Option<Held<String>>,
    /// Service and name.
    pub(super) handle: Held<(&'static str, String)>,
    /// Scheme and identifier.
    pub(super) payment: Held<(&'static str, String)>,
    /// In whose name the payout is.
    pub(super) payee: String,
    pub(super) address: Held<Place>,
    pub(super) tracker: Held<(&'static str, String)>,
    pub(super) domain: Held<String>,
    pub(super) avatar: Photo,
    pub(super) wording: Held<Wording>,
    pub(super) photos: Vec<Photo>,
    /// Index into the products.
    pub(super) product: usize,
    /// Leaves out a field that is asked for with this probability.
    pub(super) hides: f64,
    /// Which of the values are shared with strangers.
    pub(super) shares: Vec<Share>,
}

/// Makes values; counts what must be unlike every other.
#[derive(Debug)]
pub(super) struct Maker<'a> {
    pub(super) dials: &'a Dials,
    pub(super) words: &'a Words,
    /// Traces given out so far.
    pub(super) traces: u64,
    /// While the value of a pool is made: a number of its own, because it must come out the same each time.
    pub(super) pool: Option<usize>,
    phones: [usize; 2],
    serial: u64,
}

/// How many values of pools have numbers of their own where numbers are few.
pub(super) const POOL_NUMBERS: usize = 1_000;

/// Serial numbers of what is shared begin here.
const SERIALS_OF_POOLS: u64 = 900_000;

impl<T> Held<T> {
    /// What many share.
    pub(super) fn shared(value: T) -> Held<T> {
        Held { value, trace: None }
    }
}

impl<'a> Maker<'a> {
    pub(super) fn new(dials: &'a Dials, words: &'a Words) -> Maker<'a> {
        Maker { dials, words, traces: 0, pool: None, phones: [0; 2], serial: 0 }
    }

    /// A value that nobody else has.
    pub(super) fn own<T>(&mut self, value: T) -> Held<T> {
        self.traces += 1;
        Held { value, trace: Some(self.traces) }
    }

    /// A new seller.
    pub(super) fn persona(&mut self, random: &mut Random) -> Persona {
        let origin = self.origin(random);
        self.persona_from(random, origin)
    }

    /// A new seller from one country.
    pub(super) fn persona_from(&mut self, random: &mut Random, origin: Origin) -> Persona {
        let product = random.below(self.words.products.len());
        let shop = self.shop(random, origin);
        let person = self.person(random, origin);
        let company = random.chance(self.dials.company_share).then(|| self.company(random, origin, &shop.value));
        let phone = self.phone(random, origin);
        let email = self.email(random, origin, &shop.value, &person.value);
        let payment = self.payment(random, origin, &phone.value, &email.value);
        let payee = payee(random, &person.value, company.as_ref());
        let style = random.number();
        let drawn = random.chance(self.dials.drawn_others);
        Persona {
            origin,
            tweak: Tweak::None,
            company,
            phone_too: None,
            email_too: None,
            handle: self.handle(random, origin, &shop.value, &person.value),
            payment,
            payee,
            address: self.address(random, origin),
            tracker: self.tracker(random),
            domain: self.domain(random, &shop.value),
            avatar: self.photo(random, None, style, drawn),
            wording: self.wording(random),
            photos: (0..3).map(|_| self.photo(random, Some(product), style, drawn)).collect(),
            product,
            hides: 0.0,
            shares: Vec::new(),
            shop,
            person,
            phone,
            email,
        }
    }

    fn origin(&self, random: &mut Random) -> Origin {
        // Half of the sellers are Chinese, in line with where the platforms of the file have theirs.
        match random.weighted(&[0.52, 0.48 - self.dials.german, self.dials.german]) {
            0 => Origin::Cn,
            1 => Origin::Gb,
            _ => Origin::De,
        }
    }

    /// A number that was not given out before.
    fn serial(&mut self) -> u64 {
        if let Some(pool) = self.pool {
            return SERIALS_OF_POOLS + pool as u64;
        }
        self.serial += 1;
        self.serial
    }

    pub(super) fn person(&mut self, random: &mut Random, origin: Origin) -> Held<Person> {
        let common = random.chance(self.dials.common_name);
        let surnames = match origin {
            Origin::Cn => &self.words.surname_zh,
            Origin::Gb => &self.words.surname_en,
            Origin::De => &self.words.surname_de,
        };
        let surname = if common { surnames.common(random) } else { surnames.draw(random) };
        let (han, pinyin) = (surname.text, surname.pinyin);
        let words = self.words;
        let born = format!("{}-{:02}-{:02}", random.between(1958, 2004), random.between(1, 12), random.between(1, 28));
        let person = match origin {
            Origin::Cn => {
                let first = if common { words.given_zh.common(random) } else { words.given_zh.draw(random) };
                let second = (!common && random.chance(0.8)).then(|| words.given_zh.draw(random));
                let (second, second_pinyin) = second.map_or(("", ""), |word| (word.text, word.pinyin));
                let city = words.city_zh.draw(random).text;
                Person {
                    han: Some(format!("{han}{}{second}", first.text)),
                    given: capital(&format!("{}{second_pinyin}", first.pinyin)),
                    surname: capital(pinyin),
                    surname_han: han,
                    birth_place: city.chars().skip(3).take(3).collect(),
                    document: ("CN-RESIDENT-ID", numbers::resident_id(random, &born)),
                    born,
                }
            }
            Origin::Gb | Origin::De => {
                let given = if origin == Origin::Gb { &words.given_en } else { &words.given_de };
                let towns = if origin == Origin::Gb { &words.town_en } else { &words.town_de };
                let first = if common { given.common(random) } else { given.draw(random) };
                // Most surnames are rare ones, and two people in five write a second given name.
                let rare = origin == Origin::Gb && !common && random.chance(0.6);
                let surname = match rare {
                    true => words.surname_a_en.draw(random).text.to_owned() + words.surname_b_en.draw(random).text,
                    false => han.to_owned(),
                };
                let second = (!common && random.chance(0.4)).then(|| given.draw(random).text);
                let given = second.map_or(first.text.to_owned(), |second| format!("{} {second}", first.text));
                Person {
                    han: None,
                    given,
                    surname,
                    surname_han: "",
                    birth_place: towns.draw(random).text.to_owned(),
                    document: ("PASSPORT", format!("ZZ{:07}", self.serial())),
                    born,
                }
            }
        };
        self.own(person)
    }

    pub(super) fn shop(&mut self, random: &mut Random, origin: Origin) -> Held<Shop> {
        let words = self.words;
        let mut latin = match random.below(5) {
            // A made-up word, two words, or somebody's name.
            0..=2 => {
                let syllables: String =
                    (0..random.between(5, 9) / 2).map(|_| words.syllable_en.draw(random).text).collect();
                vec![capital(&syllables)]
            }
            3 => vec![format!("{}s", words.given_en.draw(random).text), words.shop_b_en.draw(random).text.to_owned()],
            _ => vec![words.shop_a_en.draw(random).text.to_owned(), words.shop_b_en.draw(random).text.to_owned()],
        };
        if latin.len() == 1 || random.chance(0.4) {
            latin.push(words.shop_c_en.draw(random).text.to_owned());
        }
        let mut shop = Shop { han: None, latin, is_pinyin: false };
        if origin == Origin::Cn {
            let (first, first_pinyin) = self.chinese_word(random);
            let tail = if random.chance(0.5) { &words.shop_b_zh } else { &words.shop_c_zh };
            let second = tail.draw(random);
            shop.han = Some(format!("{first}{}", second.text));
            if random.chance(0.55) {
                shop.latin = vec![capital(&first_pinyin), capital(second.pinyin)];
                shop.is_pinyin = true;
            }
        }
        self.own(shop)
    }

    /// The word that a Chinese shop is told by: a usual one, or two or three characters that sound well.
    fn chinese_word(&self, random: &mut Random) -> (String, String) {
        if random.chance(0.15) {
            let word = self.words.shop_a_zh.draw(random);
            return (word.text.to_owned(), word.pinyin.to_owned());
        }
        let picked: Vec<_> = (0..random.between(2, 3)).map(|_| self.words.syllable_zh.draw(random)).collect();
        (picked.iter().map(|word| word.text).collect(), picked.iter().map(|word| word.pinyin).collect())
    }

    pub(super) fn company(&mut self, random: &mut Random, origin: Origin, shop: &Shop) -> Held<Company> {
        let words = self.words;
        // Every other business is called after its shop, the rest after something else.
        let other = self.shop(random, origin).value;
        let named = if random.chance(0.5) { shop.clone() } else { other };
        let latin = named.latin.join(" ");
        let company = match (origin, &named.han) {
            (Origin::Cn, Some(han)) => {
                let city: String = words.city_zh.draw(random).text.chars().skip(3).take(2).collect();
                let trade = random.pick(&["贸易", "电子商务", "科技", "商贸", "服饰"]);
                Company {
                    legal_name: format!("{city}{han}{trade}有限公司"),
                    scheme: "CN-USCC",
                    number: numbers::uscc(random),
                }
            }
            (Origin::De, _) => Company {
                legal_name: format!("{latin} GmbH"),
                scheme: "OTHER",
                number: format!("HRB 99{:05}", self.serial()),
            },
            _ => {
                let form = random.pick(&["Ltd", "Limited", "Ltd", "Trading Ltd"]);
                Company {
                    legal_name: format!("{latin} {form}"),
                    scheme: "GB-COH",
                    // Far above any number given out.
                    number: format!("99{:06}", self.serial() % 1_000_000),
                }
            }
        };
        self.own(company)
    }

    pub(super) fn phone(&mut self, random: &mut Random, origin: Origin) -> Held<String> {
        let fiction = 0.0 < self.dials.fiction;
        let pool = self.pool;
        let mut next = |at: usize| {
            self.phones[at] += 1;
            // The upper ends of the ranges are for what is shared.
            pool.map_or(self.phones[at], |pool| [9_000, 16_000][at] + pool)
        };
        let number = match (origin, fiction) {
            (Origin::Cn, true) => numbers::drama_phone_cn(next(0)),
            (_, true) => numbers::drama_phone_gb(next(1)),
            (Origin::Cn, false) => {
                let prefix = random.pick(&["135", "136", "138", "139", "150", "158", "159", "177", "186", "189"]);
                format!("+86 {prefix} {} {}", random.digits(4), random.digits(4))
            }
            (Origin::Gb, false) => {
                format!("+44 7{}{} {}", random.pick(&["4", "5", "7", "8", "9"]), random.digits(2), random.digits(6))
            }
            (Origin::De, false) => {
                format!("+49 1{} {}", random.pick(&["51", "60", "70", "75", "76"]), random.digits(7))
            }
        };
        self.own(number)
    }

    pub(super) fn email(&mut self, random: &mut Random, origin: Origin, shop: &Shop, person: &Person) -> Held<String> {
        let hosts = if origin == Origin::Cn { &self.words.mail_zh } else { &self.words.mail_en };
        let host = hosts.draw(random).text;
        let name = match random.below(4) {
            0 => shop.latin.concat(),
            1 => format!("{}.{}", person.given, person.surname),
            2 => format!("{}{}", person.given.chars().next().unwrap_or('x'), person.surname),
            _ => random.code(8),
        };
        let name: String = name.to_lowercase().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '.').collect();
        let number = random.digits(3);
        self.own(format!("{name}{number}@{host}"))
    }

    pub(super) fn handle(
        &mut self,
        random: &mut Random,
        origin: Origin,
        shop: &Shop,
        person: &Person,
    ) -> Held<(&'static str, String)> {
        let services: &[&str] = match origin {
            Origin::Cn => &["WECHAT", "WECHAT", "WECHAT", "QQ", "TIKTOK"],
            Origin::Gb | Origin::De => &["INSTAGRAM", "TELEGRAM", "TELEGRAM", "TIKTOK"],
        };
        let service = *random.pick(services);
        let name = match (service, random.below(3)) {
            ("QQ", _) => random.digits(9),
            ("WECHAT", 0) => format!("wxid_{}", random.code(9)),
            (_, 1) => format!("{}{}", person.surname.to_lowercase(), random.digits(4)),
            _ => format!("{}_{}", shop.latin.concat().to_lowercase(), random.digits(2)),
        };
        self.own((service, name))
    }

    pub(super) fn payment(
        &mut self,
        random: &mut Random,
        origin: Origin,
        phone: &str,
        email: &str,
    ) -> Held<(&'static str, String)> {
        let value = match (origin, random.below(10)) {
            (Origin::Cn, 0..=3) => ("CN-BANK", numbers::with_luhn(&format!("6200009{}", random.digits(11)))),
            (Origin::Cn, 4..=5) => ("ALIPAY", phone.replace(' ', "")),
            (Origin::Cn, 6) => ("ALIPAY", email.to_owned()),
            (Origin::Cn, 7) => ("WECHAT_PAY", format!("wxp_{}", random.code(10))),
            (Origin::Cn, _) => ("USDT-TRC20", numbers::tron(random)),
            (Origin::Gb, 0..=3) => ("IBAN", numbers::iban("GB", &format!("ZZZZ0000{}", random.digits(10)))),
            (Origin::Gb, 4..=5) => ("GB-BANK", format!("00-00-{} {}", random.digits(2), random.digits(8))),
            (Origin::De, 0..=6) => ("IBAN", numbers::iban("DE", &format!("9999{}", random.digits(14)))),
            (Origin::Gb | Origin::De, 7) => ("PAYPAL", email.to_owned()),
            (Origin::Gb | Origin::De, _) => {
                ("PAYPAL", format!("pay{}@{}", random.code(6), self.words.mail_en.draw(random).text))
            }
        };
        self.own(value)
    }

    pub(super) fn address(&mut self, random: &mut Random, origin: Origin) -> Held<Place> {
        let words = self.words;
        let number = random.between(1, 180).to_string();
        let place = match origin {
            Origin::Cn => Place {
                street: words.road_zh.draw(random).text.to_owned() + "路",
                number: format!("{number}号{}栋{}室", random.between(1, 12), random.between(101, 2_899)),
                locality: words.city_zh.draw(random).text.to_owned(),
                postcode: String::new(),
                country: "CN",
                respelled: false,
            },
            Origin::Gb => {
                let town = words.town_en.draw(random);
                let letters = b"ABDEFGHJLNPQRSTUWXYZ";
                let mut letter = || char::from(*random.pick(letters));
                let inward = format!("{}{}", letter(), letter());
                Place {
                    street: format!("{} {}", words.street_en.draw(random).text, words.way_en.draw(random).text),
                    number,
                    locality: town.text.to_owned(),
                    // Outward codes that end in 99 belong to no street.
                    postcode: format!("{}99 {}{inward}", town.pinyin, random.between(0, 9)),
                    country: "GB",
                    respelled: false,
                }
            }
            Origin::De => {
                let town = words.town_de.draw(random);
                Place {
                    street: format!("{}straße", words.street_de.draw(random).text),
                    number,
                    locality: town.text.to_owned(),
                    postcode: format!("{}9{}", town.pinyin, random.digits(2)),
                    country: "DE",
                    respelled: false,
                }
            }
        };
        self.own(place)
    }

    pub(super) fn tracker(&mut self, random: &mut Random) -> Held<(&'static str, String)> {
        let value = match random.below(3) {
            0 => ("META_PIXEL", format!("99{}", random.digits(13))),
            _ => ("GOOGLE_ANALYTICS", format!("G-ZZ{}", random.code(8).to_uppercase())),
        };
        self.own(value)
    }

    pub(super) fn domain(&mut self, random: &mut Random, shop: &Shop) -> Held<String> {
        let name: String = shop.latin.concat().to_lowercase();
        let name = match random.below(3) {
            0 => format!("{name}{}", random.digits(2)),
            1 => format!("{}-{}", name, random.pick(&["shop", "store", "outlet", "sale", "online"])),
            _ => format!("{name}{}", random.code(2)),
        };
        let serial = self.serial();
        self.own(format!("{name}{serial}.example"))
    }

    pub(super) fn photo(&mut self, random: &mut Random, product: Option<usize>, style: u64, drawn: bool) -> Photo {
        let seed = random.number();
        let trace = self.own(()).trace;
        Photo { trace, seed, product, style, edits: Vec::new(), drawn }
    }

    pub(super) fn wording(&mut self, random: &mut Random) -> Held<Wording> {
        let slogan = random.chance(self.dials.style_words).then(|| std::array::from_fn(|_| random.below(1 << 16)));
        let wording = Wording {
            lines: std::array::from_fn(|_| random.below(1 << 16)),
            ways: std::array::from_fn(|_| random.below(1 << 16)),
            slogan,
            numbers: std::array::from_fn(|_| random.between(2, 96) as u16),
            colour: random.below(1 << 16),
            code: random.code(5).to_uppercase(),
        };
        self.own(wording)
    }
}

impl Person {
    /// As written on a platform whose sellers mostly write Chinese, or on another.
    pub(super) fn written(&self, random: &mut Random, chinese: bool) -> String {
        match &self.han {
            Some(han) if chinese => han.clone(),
            Some(_) => match random.below(5) {
                0 => format!("{} {}", self.surname, self.given),
                1 => format!("{} {}", self.surname.to_uppercase(), self.given),
                _ => format!("{} {}", self.given, self.surname),
            },
            None => match random.below(12) {
                0 => format!("{}, {}", self.surname, self.given),
                1 => format!("{}. {}", self.given.chars().next().unwrap_or('X'), self.surname),
                _ => format!("{} {}", self.given, self.surname),
            },
        }
    }
}

impl Shop {
    /// What the shop is called on a platform, respelled.
    pub(super) fn shown(&self, random: &mut Random, tweak: &Tweak, chinese: bool, words: &Words) -> String {
        let chinese = if *tweak == Tweak::OtherScript { !chinese } else { chinese };
        match &self.han {
            Some(han) if chinese => han_shown(random, han, tweak, words),
            _ => latin_shown(random, &self.latin, tweak),
        }
    }
}

fn han_shown(random: &mut Random, han: &str, tweak: &Tweak, words: &Words) -> String {
    match tweak {
        Tweak::Counter(number) => format!("{han}{number}"),
        Tweak::Separator(_) => han.chars().map(String::from).collect::<Vec<_>>().join("·"),
        Tweak::Affix(_) => format!("{}{han}", random.pick(&["正品", "新", "官方", "原创"])),
        Tweak::Drop(at) if 3 < han.chars().count() => {
            let at = at % han.chars().count();
            han.chars().enumerate().filter(|(place, _)| *place != at).map(|(_, c)| c).collect()
        }
        _ if random.chance(0.4) => format!("{han}{}", words.suffix_zh.draw(random).text),
        _ => han.to_owned(),
    }
}

fn latin_shown(random: &mut Random, words: &[String], tweak: &Tweak) -> String {
    const JOINS: [&str; 4] = [" ", "_", "", " "];
    let join = *random.pick(&JOINS);
    let mut plain = words.join(join);
    if !join.contains(' ') || random.chance(0.2) {
        plain = plain.to_lowercase();
    }
    match tweak {
        Tweak::None | Tweak::OtherScript => plain,
        Tweak::Counter(number) => format!("{plain}{number:02}"),
        Tweak::Separator(separator) => words.join(separator).to_lowercase(),
        Tweak::Affix(affix) if *affix == "the" || *affix == "new" => format!("{affix}{join}{plain}"),
        Tweak::Affix(affix) => format!("{plain}{join}{affix}"),
        Tweak::Homoglyph => plain.chars().map(look_alike).collect(),
        Tweak::Leet => plain.to_lowercase().chars().map(digit_for).collect(),
        Tweak::Drop(at) => {
            let at = at % plain.chars().count().max(1);
            let copies = |(place, c): (usize, char)| {
                let times = usize::from(place != at) + usize::from(place == at && at.is_multiple_of(2)) * 2;
                std::iter::repeat_n(c, times)
            };
            plain.chars().enumerate().flat_map(copies).collect()
        }
    }
}

/// Cyrillic letters that look Latin.
fn look_alike(c: char) -> char {
    match c {
        'a' => 'а',
        'c' => 'с',
        'e' => 'е',
        'o' => 'о',
        'p' => 'р',
        'x' => 'х',
        'y' => 'у',
        c => c,
    }
}

fn digit_for(c: char) -> char {
    match c {
        'a' => '4',
        'e' => '3',
        'i' => '1',
        'o' => '0',
        's' => '5',
        c => c,
    }
}

impl Place {
    /// The whole address in one line.
    pub(super) fn line(&self) -> String {
        let Place { street, number, locality, postcode, country, .. } = self;
        match (*country, self.respelled) {
            ("CN", false) => format!("{locality}{street}{number}"),
            ("CN", true) => {
                let short: String = locality.chars().skip(3).collect();
                format!("{short}{street} {}", number.replace("号", "-").replace("栋", "-").replace('室', ""))
            }
            ("DE", false) => format!("{street} {number}, {postcode} {locality}"),
            ("DE", true) => format!("{} {number}, {postcode} {locality}", street.replace("straße", "str.")),
            (_, false) => format!("{number} {street}, {locality} {postcode}"),
            (_, true) => {
                let short = street.replace("Road", "Rd").replace("Street", "St").replace("Avenue", "Ave");
                format!("{number} {short}, {}, {}", locality.to_uppercase(), postcode.replace(' ', ""))
            }
        }
    }
}

impl Wording {
    /// The same things in other words.
    pub(super) fn reworded(&self, random: &mut Random) -> Wording {
        let mut reworded = self.clone();
        for way in &mut reworded.ways {
            if random.chance(0.7) {
                *way += 1 + random.below(2);
            }
        }
        for (line, number) in reworded.lines.iter_mut().zip(&mut reworded.numbers) {
            if random.chance(0.15) {
                *line = random.below(1 << 16);
            }
            if random.chance(0.3) {
                *number = random.between(2, 96) as u16;
            }
        }
        if random.chance(0.4) {
            reworded.code = random.code(5).to_uppercase();
        }
        reworded
    }

    /// The phrases in a language, the slogan last.
    pub(super) fn phrases(&self, words: &Words, chinese: bool) -> Vec<String> {
        let phrases: &Phrases = if chinese { &words.chinese } else { &words.english };
        let mut said: Vec<String> = phrases
            .iter()
            .zip(self.lines.iter().zip(&self.ways).zip(&self.numbers))
            .map(|(lines, ((line, way), number))| {
                let ways = &lines[line % lines.len()];
                let colours = if chinese { &words.colour_zh } else { &words.colour_en };
                let phrase = ways[way % ways.len()].replace("{n}", &number.to_string());
                phrase.replace("{c}", colours.at(self.colour)).replace("{d}", &self.code)
            })
            .collect();
        if let Some(picks) = self.slogan {
            let list = if chinese { &words.slogan_zh } else { &words.slogan_en };
            let picked: Vec<&str> = picks.into_iter().map(|at| list.at(at)).collect();
            said.push(if chinese { picked.concat() } else { picked.join(" ") });
        }
        said
    }
}

fn payee(random: &mut Random, person: &Person, company: Option<&Held<Company>>) -> String {
    match company {
        Some(company) if random.chance(0.5) => company.value.legal_name.clone(),
        _ => person.han.clone().unwrap_or_else(|| format!("{} {}", person.given, person.surname)),
    }
}

/// With a capital in front.
fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
