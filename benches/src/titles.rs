//! Titles of offers with a brand in them, disguised in the ways that sellers use, and honest titles that only look like it.
//!
//! ```text
//! Kind × brand × draw ──► Title { text, brand }        honest(draw) ──► text without a brand
//! ```
//!
//! **Invariant:** every table here is written for the generator: nothing is taken from the engine that is measured with it, so
//! that a letter missing there is missed. A seed always gives the same titles.

use crate::persons;

/// A brand as the generator spells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brand {
    /// The id that is expected.
    pub id: String,
    /// In Latin letters.
    pub latin: String,
    /// Simplified, traditional, and by its sound with spaces between syllables.
    pub han: Option<[String; 3]>,
}

/// How a brand is disguised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// As the brand writes it: for comparison.
    Plain,
    /// Greek letters.
    Greek,
    /// Cyrillic letters.
    Cyrillic,
    /// Full-width letters.
    FullWidth,
    /// Mathematical letters.
    Mathematical,
    /// Small capitals.
    SmallCapital,
    /// Squared letters.
    Squared,
    /// Circled letters.
    Circled,
    /// Raised letters.
    Raised,
    /// Letters of flags.
    Flags,
    /// Zero-width characters between letters.
    ZeroWidth,
    /// Controls of the direction of writing between letters.
    Bidi,
    /// Dots between letters.
    Dotted,
    /// Spaces between letters.
    Spaced,
    /// One sign inside.
    Split,
    /// Digits and signs for letters.
    Leet,
    /// Pictures between letters.
    Emoji,
    /// Accents.
    Accents,
    /// Several marks above and below each letter.
    Stacked,
    /// A star for a letter.
    Star,
    /// l for I.
    SwappedL,
    /// rn for m, vv for w.
    TwoForOne,
    /// Glued to another word.
    Glued,
    /// Traditional characters.
    Traditional,
    /// Written by its sound.
    Pinyin,
    /// One character written by its sound.
    HalfPinyin,
    /// Signs between characters.
    HanDotted,
    /// A star for a character.
    HanStar,
    /// Two of the others at once.
    Both,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 29] = [
        Kind::Plain,
        Kind::Greek,
        Kind::Cyrillic,
        Kind::FullWidth,
        Kind::Mathematical,
        Kind::SmallCapital,
        Kind::Squared,
        Kind::Circled,
        Kind::Raised,
        Kind::Flags,
        Kind::ZeroWidth,
        Kind::Bidi,
        Kind::Dotted,
        Kind::Spaced,
        Kind::Split,
        Kind::Leet,
        Kind::Emoji,
        Kind::Accents,
        Kind::Stacked,
        Kind::Star,
        Kind::SwappedL,
        Kind::TwoForOne,
        Kind::Glued,
        Kind::Traditional,
        Kind::Pinyin,
        Kind::HalfPinyin,
        Kind::HanDotted,
        Kind::HanStar,
        Kind::Both,
    ];
}

/// A title in which a brand is disguised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title {
    /// The title.
    pub text: String,
    /// The brand's id.
    pub brand: String,
    /// How it is disguised.
    pub kind: Kind,
}

/// Draws of titles.
#[derive(Clone, Debug)]
pub struct Draw(persons::Draw);

impl Draw {
    /// From a seed.
    pub fn new(seed: u64) -> Draw {
        Draw(persons::Draw(seed))
    }

    /// A number below `n`; 0 if `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        (self.0.bits() % n.max(1) as u64) as usize
    }

    fn of<'t>(&mut self, list: &[&'t str]) -> &'t str {
        list[self.below(list.len())]
    }
}

/// Brands that are often copied, with the Chinese name of some. Public knowledge; ids are those of the list that ships.
pub fn known() -> Vec<Brand> {
    let latin = [
        ("nike", "Nike"),
        ("adidas", "Adidas"),
        ("newbalance", "New Balance"),
        ("underarmour", "Under Armour"),
        ("skechers", "Skechers"),
        ("lululemon", "Lululemon"),
        ("thenorthface", "The North Face"),
        ("moncler", "Moncler"),
        ("canadagoose", "Canada Goose"),
        ("calvinklein", "Calvin Klein"),
        ("tommyhilfiger", "Tommy Hilfiger"),
        ("ralphlauren", "Ralph Lauren"),
        ("lacoste", "Lacoste"),
        ("gucci", "Gucci"),
        ("louisvuitton", "Louis Vuitton"),
        ("chanel", "Chanel"),
        ("dior", "Dior"),
        ("prada", "Prada"),
        ("fendi", "Fendi"),
        ("versace", "Versace"),
        ("burberry", "Burberry"),
        ("balenciaga", "Balenciaga"),
        ("givenchy", "Givenchy"),
        ("bottegaveneta", "Bottega Veneta"),
        ("goyard", "Goyard"),
        ("louboutin", "Louboutin"),
        ("michaelkors", "Michael Kors"),
        ("armani", "Armani"),
        ("rolex", "Rolex"),
        ("cartier", "Cartier"),
        ("patekphilippe", "Patek Philippe"),
        ("hublot", "Hublot"),
        ("tissot", "Tissot"),
        ("casio", "Casio"),
        ("pandora", "Pandora"),
        ("swarovski", "Swarovski"),
        ("rayban", "Ray-Ban"),
        ("oakley", "Oakley"),
        ("apple", "iPhone"),
        ("samsung", "Samsung"),
        ("sony", "Sony"),
        ("dyson", "Dyson"),
        ("bose", "Bose"),
        ("makita", "Makita"),
        ("lego", "Lego"),
        ("pokemon", "Pokemon"),
        ("esteelauder", "Estee Lauder"),
        ("lancome", "Lancome"),
        ("clinique", "Clinique"),
        ("tomford", "Tom Ford"),
        ("viagra", "Viagra"),
        ("marlboro", "Marlboro"),
        ("timberland", "Timberland"),
        ("crocs", "Crocs"),
        ("reebok", "Reebok"),
        ("yeezy", "Yeezy"),
        ("tagheuer", "Tag Heuer"),
        ("bulgari", "Bvlgari"),
        ("hellokitty", "Hello Kitty"),
        ("disney", "Disney"),
    ];
    let han = [
        ("nike", "耐克", "耐克", "nai ke"),
        ("adidas", "阿迪达斯", "阿迪達斯", "a di da si"),
        ("newbalance", "新百伦", "新百倫", "xin bai lun"),
        ("skechers", "斯凯奇", "斯凱奇", "si kai qi"),
        ("gucci", "古驰", "古馳", "gu chi"),
        ("louisvuitton", "路易威登", "路易威登", "lu yi wei deng"),
        ("chanel", "香奈儿", "香奈兒", "xiang nai er"),
        ("hermes", "爱马仕", "愛馬仕", "ai ma shi"),
        ("prada", "普拉达", "普拉達", "pu la da"),
        ("versace", "范思哲", "範思哲", "fan si zhe"),
        ("burberry", "巴宝莉", "巴寶莉", "ba bao li"),
        ("balenciaga", "巴黎世家", "巴黎世家", "ba li shi jia"),
        ("givenchy", "纪梵希", "紀梵希", "ji fan xi"),
        ("rolex", "劳力士", "勞力士", "lao li shi"),
        ("cartier", "卡地亚", "卡地亞", "ka di ya"),
        ("patekphilippe", "百达翡丽", "百達翡麗", "bai da fei li"),
        ("longines", "浪琴", "浪琴", "lang qin"),
        ("swarovski", "施华洛世奇", "施華洛世奇", "shi hua luo shi qi"),
        ("samsung", "三星", "三星", "san xing"),
        ("huawei", "华为", "華為", "hua wei"),
        ("dyson", "戴森", "戴森", "dai sen"),
        ("esteelauder", "雅诗兰黛", "雅詩蘭黛", "ya shi lan dai"),
        ("lancome", "兰蔻", "蘭蔻", "lan kou"),
        ("armani", "阿玛尼", "阿瑪尼", "a ma ni"),
        ("bulgari", "宝格丽", "寶格麗", "bao ge li"),
        ("saintlaurent", "圣罗兰", "聖羅蘭", "sheng luo lan"),
        ("converse", "匡威", "匡威", "kuang wei"),
        ("moutai", "茅台", "茅臺", "mao tai"),
        ("lego", "乐高", "樂高", "le gao"),
        ("disney", "迪士尼", "迪士尼", "di shi ni"),
    ];
    let mut brands: Vec<Brand> =
        latin.iter().map(|(id, latin)| Brand { id: (*id).into(), latin: (*latin).into(), han: None }).collect();
    for (id, simplified, traditional, sound) in han {
        let names = [simplified, traditional, sound].map(str::to_owned);
        match brands.iter_mut().find(|brand| brand.id == id) {
            Some(brand) => brand.han = Some(names),
            None => brands.push(Brand { id: id.into(), latin: String::new(), han: Some(names) }),
        }
    }
    brands
}

/// Brands that nobody has: three syllables each.
pub fn coined(count: usize, draw: &mut Draw) -> Vec<Brand> {
    const BEGIN: [&str; 14] = ["Br", "Kl", "V", "Tor", "M", "Z", "Gr", "L", "Qu", "F", "N", "D", "St", "P"];
    const MIDDLE: [&str; 12] = ["ave", "ori", "elu", "ami", "una", "evo", "oxi", "iva", "olde", "atri", "emba", "irro"];
    const END: [&str; 10] = ["nda", "xis", "lor", "mere", "tti", "von", "que", "sso", "ria", "dell"];
    let mut all: Vec<Brand> = Vec::new();
    while all.len() < count.min(BEGIN.len() * MIDDLE.len() * END.len() / 2) {
        let latin = [draw.of(&BEGIN), draw.of(&MIDDLE), draw.of(&END)].concat();
        if all.iter().all(|brand| brand.latin != latin) {
            all.push(Brand { id: latin.to_lowercase(), latin, han: None });
        }
    }
    all
}

/// A title that offers something of the brand, disguised in this way; none where the way does not fit the brand.
pub fn title(brand: &Brand, kind: Kind, draw: &mut Draw) -> Option<Title> {
    let name = disguise(brand, kind, draw)?;
    let is_han = name.chars().any(|c| ('\u{4E00}'..'\u{A000}').contains(&c)) || matches!(kind, Kind::Pinyin);
    let text = if is_han && draw.below(4) != 0 || draw.below(8) == 0 {
        around_han(&name, draw)
    } else {
        around_latin(&name, draw)
    };
    Some(Title { text, brand: brand.id.clone(), kind })
}

fn around_latin(name: &str, draw: &mut Draw) -> String {
    let adjective = draw.of(&[
        "new",
        "mens",
        "ladies",
        "genuine leather",
        "black",
        "2024",
        "limited",
        "hot sale",
        "classic",
        "unisex",
    ]);
    let thing = draw.of(&[
        "trainers",
        "handbag",
        "wallet",
        "watch",
        "hoodie",
        "belt",
        "sunglasses",
        "t-shirt",
        "phone case",
        "perfume",
        "jacket",
        "cap",
    ]);
    let size =
        draw.of(&["UK 8", "size M", "42mm", "30ml", "with box", "fast post", "free shipping", "EU 41", "x2", "- red"]);
    match draw.below(5) {
        0 => format!("{name} {thing} {size}"),
        1 => format!("{adjective} {thing} {name} {size}"),
        2 => format!("{adjective} {name} {thing}, {size}"),
        3 => format!("{thing} ({name}) {adjective}"),
        _ => format!("{adjective} {thing} / {name}"),
    }
}

fn around_han(name: &str, draw: &mut Draw) -> String {
    let adjective = draw.of(&["新款", "男士", "女士", "真皮", "黑色", "秋冬", "经典款", "轻便", "情侣", "限量"]);
    let thing = draw.of(&[
        "运动鞋",
        "手提包",
        "钱包",
        "手表",
        "卫衣",
        "皮带",
        "墨镜",
        "短袖",
        "手机壳",
        "香水",
        "羽绒服",
        "帽子",
    ]);
    match draw.below(4) {
        0 => format!("{name} {thing} {adjective}"),
        1 => format!("{adjective}{name}{thing}"),
        2 => format!("【{name}】{adjective}{thing}"),
        _ => format!("{adjective}{thing} {name}"),
    }
}

/// A title that names no brand, with words that are nearly one.
pub fn honest(draw: &mut Draw) -> String {
    const NEAR: [&str; 60] = [
        "Nikita hand knitted scarf",
        "Nikkei yearbook",
        "Adiantum fern",
        "Puma concolor poster",
        "Pumice stone",
        "Guccione film book",
        "Diorama kit",
        "Diorite slab",
        "Pradesh handloom shawl",
        "Hermes Greek god bust",
        "Hermesetas sweetener",
        "Chanelle name plate",
        "Channel tunnel model",
        "Cartierville map",
        "Cartilage supplement",
        "Rolled steel bar",
        "Role playing dice",
        "Rollex free shelf roll",
        "Casino chips",
        "Casiopea vinyl record",
        "Sonya porcelain doll",
        "Sonic toothbrush",
        "Legolas wig",
        "Legacy photo album",
        "Disneyfication essay book",
        "Omega 3 fish oil",
        "Tudor rose garden",
        "Tudor house print",
        "Supreme pizza stone",
        "Off white paint",
        "Vans and lorries sticker book",
        "Converse in French course",
        "Diesel engine oil filter",
        "Coach trip blanket",
        "Boss fight game",
        "Mango chutney",
        "Apple pie dish",
        "Apple tree sapling",
        "Swatch of linen fabric",
        "Fossil ammonite",
        "Jordan almonds",
        "Yeti plush",
        "Marvel comics shelf label",
        "Creed of Nicaea print",
        "Marshall plan book",
        "Columbia river map",
        "Patagonia travel guide",
        "Celine name necklace",
        "Chloe birthday card",
        "Tiffany style lamp",
        "Valentino day card",
        "Stanley knife blades",
        "Kingston Jamaica flag",
        "Canonical text edition",
        "Boschendal wine glass",
        "Samsara incense",
        "Burberries tea",
        "Fendiline fence",
        "Tissue box cover",
        "Crochet hook set",
    ];
    const CODES: [&str; 12] = [
        "B055 bracket",
        "CAS10 hinge",
        "LE60 lamp",
        "model 50NY2",
        "N1-K3R relay",
        "part 4D1D valve",
        "DI0 diode",
        "R0L roller",
        "ref 60-GUC-11",
        "A515 bolt",
        "G4P spacer",
        "8O5E gasket",
    ];
    const HAN: [&str; 21] = [
        "有机小米粥",
        "山东苹果树苗",
        "红富士苹果5斤",
        "三星堆面具摆件",
        "爱马人士马术手套",
        "古道驰骋拼图",
        "三星级酒店毛巾",
        "精工细作木梳",
        "丰田村大米",
        "路易十四传记",
        "范思故事书",
        "巴黎世界地图",
        "百年灵芝茶",
        "浪漫古琴弦",
        "卡通地垫",
        "小香葱种子",
        "神仙水果篮",
        "兰花蔻丹色",
        "乐山高岭土",
        "耐用克重面料",
        "阿迪力手工馕",
    ];
    const MORE: [&str; 10] =
        ["size M", "x2", "for kids", "free delivery", "red", "handmade", "vintage", "2024", "30 cm", "gift box"];
    let (near, more) = match draw.below(10) {
        0..=5 => (draw.of(&NEAR), draw.of(&MORE)),
        6 => (draw.of(&CODES), draw.of(&MORE)),
        _ => (draw.of(&HAN), draw.of(&["包邮", "家用", "礼盒", "新款", "批发"])),
    };
    match draw.below(3) {
        0 => format!("{more} {near}"),
        1 => format!("{near}, {more}"),
        _ => format!("{near} {more}"),
    }
}

// --- disguises ---

fn disguise(brand: &Brand, kind: Kind, draw: &mut Draw) -> Option<String> {
    let latin = Some(brand.latin.as_str()).filter(|latin| !latin.is_empty());
    let han = brand.han.as_ref();
    match kind {
        Kind::Traditional => han.filter(|han| han[0] != han[1]).map(|han| han[1].clone()),
        Kind::Pinyin => pinyin(&han?[2], draw),
        Kind::HalfPinyin => half_pinyin(han?, draw),
        Kind::HanDotted => {
            let between = draw.of(&["·", ".", " ", "-", "🔥"]);
            Some(join(han?[draw.below(2)].chars().map(String::from), between))
        }
        Kind::HanStar => {
            let chars: Vec<char> = han?[0].chars().collect();
            let at = 1 + draw.below(chars.len().checked_sub(2).filter(|inner| 0 < *inner)?);
            let star = draw.of(&["*", "＊", "○"]);
            Some(
                chars
                    .iter()
                    .enumerate()
                    .map(|(place, c)| if place == at { star.to_owned() } else { c.to_string() })
                    .collect(),
            )
        }
        Kind::Both => {
            const FIRST: [Kind; 5] = [Kind::Cyrillic, Kind::Greek, Kind::Leet, Kind::FullWidth, Kind::SmallCapital];
            const SECOND: [&str; 4] = ["\u{200B}", ".", "🔥", "\u{2060}"];
            let first = disguise(brand, FIRST[draw.below(FIRST.len())], draw)?;
            let second = draw.of(&SECOND);
            Some(between_letters(&first, second))
        }
        _ => latin_disguise(latin?, kind, draw),
    }
}

fn latin_disguise(name: &str, kind: Kind, draw: &mut Draw) -> Option<String> {
    let name = if draw.below(3) == 0 { name.to_uppercase() } else { name.to_owned() };
    let changed = match kind {
        Kind::Plain => return Some(name),
        Kind::Greek => some_letters(&name, draw, greek)?,
        Kind::Cyrillic => some_letters(&name, draw, cyrillic)?,
        Kind::FullWidth => {
            each(&name, |c| c.is_ascii_graphic().then(|| char::from_u32(u32::from(c) + 0xFEE0)).flatten())
        }
        Kind::Mathematical => {
            // Bold, bold italic, sans-serif, bold fraktur, double-struck without the capitals that lie elsewhere, monospace.
            let bases =
                [(0x1D400, 0x1D41A), (0x1D468, 0x1D482), (0x1D5A0, 0x1D5BA), (0x1D56C, 0x1D586), (0x1D670, 0x1D68A)];
            let (upper, lower) = bases[draw.below(bases.len())];
            each(&name, |c| letter_from(c, upper, lower))
        }
        Kind::SmallCapital => each(&name, small_capital),
        Kind::Squared => {
            let base = [0x1F130, 0x1F170][draw.below(2)];
            each(&name, |c| letter_from(c, base, base))
        }
        Kind::Circled => match draw.below(2) {
            0 => each(&name, |c| letter_from(c, 0x24B6, 0x24D0)),
            _ => each(&name, |c| letter_from(c, 0x1F150, 0x1F150)),
        },
        Kind::Raised => each(&name.to_lowercase(), raised),
        Kind::Flags => between_letters(&each(&name, |c| letter_from(c, 0x1F1E6, 0x1F1E6)), draw.of(&["", "\u{200C}"])),
        Kind::ZeroWidth => {
            between_letters(&name, draw.of(&["\u{200B}", "\u{200C}", "\u{2060}", "\u{FEFF}", "\u{AD}", "\u{34F}"]))
        }
        Kind::Bidi => match draw.below(3) {
            0 => between_letters(&name, "\u{200E}"),
            1 => format!("\u{202D}{}\u{202C}", between_letters(&name, "\u{202D}")),
            _ => between_letters(&name, "\u{2068}\u{2069}"),
        },
        Kind::Dotted => between_letters(&name, draw.of(&[".", "·", "-", "_", "•"])),
        Kind::Spaced => between_letters(&name, draw.of(&[" ", "  ", "\u{2009}"])),
        Kind::Split => {
            let word = name.split(' ').next().unwrap_or_default().len();
            let at = if word < 4 { return None } else { 2 + draw.below(word - 3) };
            format!("{}{}{}", &name[..at], draw.of(&["-", ".", "_", "/", "~", "'"]), &name[at..])
        }
        Kind::Leet => leet(&name, draw)?,
        Kind::Emoji => between_letters(&name, draw.of(&["🔥", "⭐", "✨", "❤️", "👟", "💯"])),
        Kind::Accents => some_letters(&name, draw, accented)?,
        Kind::Stacked => name
            .chars()
            .map(|c| if c.is_alphabetic() { format!("{c}\u{301}\u{323}\u{336}") } else { c.into() })
            .collect(),
        Kind::Star => {
            let inner: Vec<usize> =
                (1..name.len() - 1).filter(|at| name.as_bytes()[*at].is_ascii_alphabetic()).collect();
            let at = inner[draw.below(inner.len())];
            let beside = |at: usize| name.as_bytes().get(at).is_some_and(u8::is_ascii_alphabetic);
            if !beside(at - 1) || !beside(at + 1) {
                return None;
            }
            format!("{}{}{}", &name[..at], draw.of(&["*", "●", "＊"]), &name[at + 1..])
        }
        Kind::SwappedL => {
            if !name.contains(['I', 'i']) {
                return None;
            }
            name.replace(['I', 'i'], "l")
        }
        Kind::TwoForOne => {
            let lower = name.to_lowercase();
            if !lower.contains(['m', 'w']) {
                return None;
            }
            lower.replace('m', "rn").replace('w', "vv")
        }
        Kind::Glued => match draw.below(4) {
            0 => format!("{name}Shoes"),
            1 => format!("{name}90"),
            2 => format!("{name}正品"),
            _ => format!("{name}s"),
        },
        _ => return None,
    };
    (changed != name && (kind != Kind::Glued || name != name.to_uppercase())).then_some(changed)
}

fn each(name: &str, letter: impl Fn(char) -> Option<char>) -> String {
    name.chars().map(|c| letter(c).unwrap_or(c)).collect()
}

/// Changes most of the letters that have another form, at least two of them or all there are.
fn some_letters(name: &str, draw: &mut Draw, form: fn(char) -> Option<char>) -> Option<String> {
    let able: Vec<usize> = name.chars().enumerate().filter(|(_, c)| form(*c).is_some()).map(|(at, _)| at).collect();
    if able.is_empty() {
        return None;
    }
    let keep = if 2 < able.len() { able[draw.below(able.len())] } else { usize::MAX };
    Some(name.chars().enumerate().map(|(at, c)| if at == keep { c } else { form(c).unwrap_or(c) }).collect())
}

/// Between letters of a word; a character of several code points stays whole.
fn between_letters(name: &str, between: &str) -> String {
    let words = name.split(' ').map(|word| join(word.chars().map(String::from), between));
    join(words, if between.trim().is_empty() && between.contains(' ') { "   " } else { " " })
}

fn join(parts: impl Iterator<Item = String>, between: &str) -> String {
    parts.collect::<Vec<_>>().join(between)
}

fn letter_from(c: char, upper: u32, lower: u32) -> Option<char> {
    match c {
        'A'..='Z' => char::from_u32(upper + u32::from(c) - u32::from('A')),
        'a'..='z' => char::from_u32(lower + u32::from(c) - u32::from('a')),
        _ => None,
    }
}

fn greek(c: char) -> Option<char> {
    Some(match c {
        'A' => 'Α',
        'B' => 'Β',
        'E' => 'Ε',
        'H' => 'Η',
        'I' => 'Ι',
        'K' => 'Κ',
        'M' => 'Μ',
        'N' => 'Ν',
        'O' => 'Ο',
        'P' => 'Ρ',
        'T' => 'Τ',
        'X' => 'Χ',
        'Y' => 'Υ',
        'Z' => 'Ζ',
        'a' => 'α',
        'i' => 'ι',
        'o' => 'ο',
        'p' => 'ρ',
        'u' => 'υ',
        'v' => 'ν',
        'k' => 'κ',
        _ => return None,
    })
}

fn cyrillic(c: char) -> Option<char> {
    Some(match c {
        'A' => 'А',
        'B' => 'В',
        'C' => 'С',
        'E' => 'Е',
        'H' => 'Н',
        'K' => 'К',
        'M' => 'М',
        'O' => 'О',
        'P' => 'Р',
        'T' => 'Т',
        'X' => 'Х',
        'Y' => 'У',
        'I' => 'І',
        'J' => 'Ј',
        'S' => 'Ѕ',
        'a' => 'а',
        'c' => 'с',
        'd' => 'ԁ',
        'e' => 'е',
        'h' => 'һ',
        'i' => 'і',
        'j' => 'ј',
        'k' => 'к',
        'o' => 'о',
        'p' => 'р',
        's' => 'ѕ',
        'x' => 'х',
        'y' => 'у',
        'w' => 'ԝ',
        'q' => 'ԛ',
        _ => return None,
    })
}

fn small_capital(c: char) -> Option<char> {
    const FORMS: [char; 26] = [
        'ᴀ', 'ʙ', 'ᴄ', 'ᴅ', 'ᴇ', 'ꜰ', 'ɢ', 'ʜ', 'ɪ', 'ᴊ', 'ᴋ', 'ʟ', 'ᴍ', 'ɴ', 'ᴏ', 'ᴘ', 'ǫ', 'ʀ', 'ꜱ', 'ᴛ', 'ᴜ', 'ᴠ',
        'ᴡ', 'x', 'ʏ', 'ᴢ',
    ];
    let at = u32::from(c.to_ascii_lowercase()).checked_sub(u32::from('a'))?;
    FORMS.get(at as usize).copied()
}

fn raised(c: char) -> Option<char> {
    const FORMS: [char; 26] = [
        'ᵃ', 'ᵇ', 'ᶜ', 'ᵈ', 'ᵉ', 'ᶠ', 'ᵍ', 'ʰ', 'ⁱ', 'ʲ', 'ᵏ', 'ˡ', 'ᵐ', 'ⁿ', 'ᵒ', 'ᵖ', 'q', 'ʳ', 'ˢ', 'ᵗ', 'ᵘ', 'ᵛ',
        'ʷ', 'ˣ', 'ʸ', 'ᶻ',
    ];
    let at = u32::from(c).checked_sub(u32::from('a'))?;
    FORMS.get(at as usize).copied()
}

fn accented(c: char) -> Option<char> {
    Some(match c {
        'a' => 'á',
        'e' => 'ë',
        'i' => 'ï',
        'o' => 'ö',
        'u' => 'ü',
        'c' => 'ç',
        'n' => 'ñ',
        'y' => 'ý',
        'A' => 'Å',
        'E' => 'É',
        'I' => 'Î',
        'O' => 'Ô',
        'U' => 'Û',
        'N' => 'Ń',
        'S' => 'Š',
        's' => 'š',
        'l' => 'ł',
        'd' => 'đ',
        'z' => 'ž',
        'r' => 'ř',
        't' => 'ť',
        _ => return None,
    })
}

fn leet(name: &str, draw: &mut Draw) -> Option<String> {
    let form = |c: char, other: bool| {
        Some(match c.to_ascii_lowercase() {
            'a' => {
                if other {
                    '@'
                } else {
                    '4'
                }
            }
            'e' => '3',
            'i' => {
                if other {
                    '!'
                } else {
                    '1'
                }
            }
            'o' => '0',
            's' => {
                if other {
                    '$'
                } else {
                    '5'
                }
            }
            't' => '7',
            'b' => '8',
            _ => return None,
        })
    };
    let able: Vec<usize> = name.char_indices().filter(|(_, c)| form(*c, false).is_some()).map(|(at, _)| at).collect();
    let letters = name.chars().filter(char::is_ascii_alphabetic).count();
    // A reader must still be able to read it: half of the letters stay.
    let most = able.len().min(letters / 2);
    if most == 0 {
        return None;
    }
    let (first, count, other) = (draw.below(able.len()), 1 + draw.below(most), draw.below(3) == 0);
    let chosen: Vec<usize> = (0..count).map(|step| able[(first + step) % able.len()]).collect();
    // A sign at the end of a word is punctuation to everybody.
    let is_inside = |at: usize| name.as_bytes().get(at + 1).is_some_and(u8::is_ascii_alphabetic) && 0 < at;
    Some(
        name.char_indices()
            .map(|(at, c)| if chosen.contains(&at) { form(c, other && is_inside(at)).unwrap_or(c) } else { c })
            .collect(),
    )
}

fn pinyin(sound: &str, draw: &mut Draw) -> Option<String> {
    let joined = sound.replace(' ', "");
    // Four letters are any word.
    if joined.len() < 5 {
        return None;
    }
    Some(match draw.below(4) {
        0 => sound.to_owned(),
        1 => joined,
        2 => joined.to_uppercase(),
        _ => sound.replace('a', "à").replace('i', "í"),
    })
}

fn half_pinyin(han: &[String; 3], draw: &mut Draw) -> Option<String> {
    let chars: Vec<char> = han[0].chars().collect();
    let sounds: Vec<&str> = han[2].split(' ').collect();
    if chars.len() < 3 || chars.len() != sounds.len() {
        return None;
    }
    let at = draw.below(chars.len());
    Some(
        chars
            .iter()
            .enumerate()
            .map(|(place, c)| if place == at { sounds[place].to_owned() } else { c.to_string() })
            .collect(),
    )
}

#[cfg(test)]
mod tests;
