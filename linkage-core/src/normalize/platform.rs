//! Accounts on known platforms: `https://www.ebay.co.uk/usr/nikesale` and the account `ebay_uk/nikesale` are one.
//!
//! A platform's *family* is where its names are unique: user names of eBay are the same on all its sites. Which address
//! names an account, an offer or a payee is data (`platforms.tsv`); an address that is not in it names nobody.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::table;
use super::text;

/// An account that an address or a handle names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The platform's family, such as `ebay`.
    pub family: &'static str,
    /// What sort of platform it is.
    pub sort: Sort,
    /// The name there, in lower case without `@`.
    pub id: String,
}

/// What an address of a platform names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// A marketplace: the name is a shop's or seller's.
    Market,
    /// A social network or messenger: the name is a handle.
    Social,
    /// A payment service: the name is a payee's.
    Payment,
}

/// The longest name of an account that is read out of an address, in bytes.
const ID_BYTES_MAX: usize = 128;

/// The longest address that is looked at, in bytes. Source: the limit in `record`, rounded up.
const ADDRESS_BYTES_MAX: usize = 8192;

/// The longest host there is, in bytes. Source: RFC 1035, section 2.3.4.
const HOST_BYTES_MAX: usize = 253;

/// Parts of a path that are the platform's own pages.
const OWN_PAGES: [&str; 38] = [
    "p",
    "explore",
    "reel",
    "reels",
    "watch",
    "groups",
    "pages",
    "profile.php",
    "share",
    "sharer",
    "sharer.php",
    "login",
    "search",
    "hashtag",
    "tag",
    "stories",
    "intent",
    "home",
    "i",
    "about",
    "help",
    "shorts",
    "playlist",
    "product",
    "products",
    "item",
    "itm",
    "listing",
    "people",
    "events",
    "marketplace",
    "messages",
    "joinchat",
    "results",
    "feed",
    "story.php",
    "business",
    "ads",
];

struct Row {
    family: &'static str,
    sort: Sort,
    places: Vec<&'static str>,
    offers: Vec<&'static str>,
}

/// The shortest number of an offer: shorter ones are words such as `item/2`.
const OFFER_DIGITS_MIN: usize = 6;

static HOSTS: LazyLock<FxHashMap<&'static str, Row>> = LazyLock::new(|| {
    let mut hosts = FxHashMap::default();
    for row in table::rows(include_str!("data/platforms.tsv")) {
        let [family, sort, names, places, ..] = row[..] else { continue };
        let offers = row.get(4).copied().unwrap_or_default();
        let lists = || (table::list(places).collect(), table::list(offers).collect());
        for host in table::list(names) {
            let (places, offers) = lists();
            hosts.insert(host, Row { family, sort: sort_of(sort), places, offers });
        }
    }
    hosts
});

static FAMILIES: LazyLock<FxHashMap<&'static str, Sort>> = LazyLock::new(|| {
    let rows = table::rows(include_str!("data/platforms.tsv"));
    rows.filter_map(|row| Some((*row.first()?, sort_of(row.get(1)?)))).collect()
});

fn sort_of(name: &str) -> Sort {
    match name {
        "social" => Sort::Social,
        "payment" => Sort::Payment,
        _ => Sort::Market,
    }
}

/// The known family of a platform such as `ebay_uk`, and its sort.
pub fn family(platform: &str) -> Option<(&'static str, Sort)> {
    let first = platform.split('_').next().unwrap_or(platform);
    FAMILIES.get_key_value(first).map(|(family, sort)| (*family, *sort))
}

/// The account that a web address names, if it is one of a known platform's shops or profiles.
///
/// # Examples
///
/// ```
/// use linkage_core::normalize::platform::named_in;
///
/// let named = named_in("https://www.ebay.co.uk/usr/NikeSale?x=1").ok_or("nobody")?;
/// assert_eq!((named.family, named.id.as_str()), ("ebay", "nikesale"));
/// assert_eq!(named_in("https://www.ebay.co.uk/itm/123"), None);
/// # Ok::<(), &str>(())
/// ```
pub fn named_in(address: &str) -> Option<Named> {
    let address = plain(address)?;
    let (host, path, query) = parts(&address);
    let (row, front) = row_of(&host)?;
    let id = row.places.iter().find_map(|place| id_at(place, path, query, front))?;
    let id = id.trim_start_matches("%2B").trim_start_matches(['@', '~', '+']).to_lowercase();
    let fits = (1..=ID_BYTES_MAX).contains(&id.len()) && id.chars().any(char::is_alphanumeric);
    (fits && !OWN_PAGES.contains(&id.as_str())).then_some(Named { family: row.family, sort: row.sort, id })
}

/// The family and the number of the offer that a web address shows, if it is a page of a known platform's.
///
/// # Examples
///
/// ```
/// use linkage_core::normalize::platform::offer_in;
///
/// let shown = offer_in("https://www.ebay.co.uk/itm/red-bag/256123456789?x=1").ok_or("no offer")?;
/// assert_eq!(shown, ("ebay", "256123456789".to_owned()));
/// # Ok::<(), &str>(())
/// ```
pub fn offer_in(address: &str) -> Option<(&'static str, String)> {
    let address = plain(address)?;
    let (host, path, query) = parts(&address);
    let (row, _) = row_of(&host)?;
    row.offers.iter().find_map(|place| Some((row.family, offer_at(place, path, query)?)))
}

/// The family and the number of an offer by its id on a platform such as `ebay_uk`.
pub fn offer_of(platform: &str, id: &str) -> Option<(&'static str, String)> {
    let (family, _) = family(platform)?;
    Some((family, offer_number(id).filter(|number| number == id)?))
}

/// The text without white space around it and invisible signs in it, unless it is too long.
fn plain(address: &str) -> Option<String> {
    let plain = || address.trim().chars().filter(|&c| !text::is_invisible(c)).collect();
    (address.len() <= ADDRESS_BYTES_MAX).then(plain)
}

/// Host in lower case, path and query.
fn parts(address: &str) -> (String, &str, &str) {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (path, query) = tail.split('#').next().unwrap_or_default().split_once('?').unwrap_or((tail, ""));
    let host = authority.rsplit('@').next().unwrap_or_default().split(':').next().unwrap_or_default();
    (host.trim_end_matches('.').to_ascii_lowercase(), path, query)
}

/// The longest run of digits behind a place, or the code of ten characters that stands there where Amazon has it.
fn offer_at(place: &str, path: &str, query: &str) -> Option<String> {
    let found = match place.strip_prefix('?') {
        Some(_) => id_at(place, path, query, "")?,
        None => {
            let at = path.find(&format!("{place}/"))?;
            &path[at + place.len() + 1..]
        }
    };
    offer_number(found)
}

fn offer_number(found: &str) -> Option<String> {
    let is_code =
        |part: &&str| part.len() == 10 && part.starts_with('B') && part.bytes().all(|b| b.is_ascii_alphanumeric());
    if let Some(code) = found.split('/').next().filter(is_code) {
        return Some(code.to_owned());
    }
    let runs = found.split(|c: char| !c.is_ascii_digit());
    let longest = runs.fold("", |best, run| if best.len() < run.len() { run } else { best });
    (OFFER_DIGITS_MIN..=ID_BYTES_MAX).contains(&longest.len()).then(|| longest.to_owned())
}

/// The platform of a host, and the label in front of it.
fn row_of(host: &str) -> Option<(&'static Row, &str)> {
    let mut at = 0;
    if HOST_BYTES_MAX < host.len() {
        return None;
    }
    loop {
        if let Some(row) = HOSTS.get(&host[at..]) {
            let front = host[..at].trim_end_matches('.').rsplit('.').next().unwrap_or_default();
            return Some((row, front));
        }
        at += host[at..].find('.')? + 1;
    }
}

fn id_at<'a>(place: &str, path: &'a str, query: &'a str, front: &'a str) -> Option<&'a str> {
    let found = if place == "." {
        (!super::url::is_generic_subdomain(front)).then_some(front)
    } else if let Some(name) = place.strip_prefix('?') {
        query.split('&').find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name).map(|(_, value)| value))
    } else {
        let mut parts = path.split('/').filter(|part| !part.is_empty());
        let fits = place.split('/').filter(|part| !part.is_empty()).all(|part| parts.next() == Some(part));
        if fits { parts.next() } else { None }
    };
    found.filter(|id| !id.is_empty())
}
