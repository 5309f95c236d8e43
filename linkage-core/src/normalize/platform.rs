//! Accounts on known platforms: `https://www.ebay.co.uk/usr/nikesale` and the account `ebay_uk/nikesale` are one.
//!
//! A platform's *family* is where its names are unique: user names of eBay are the same on all its sites. Which address
//! names an account is data (`platforms.tsv`); an address that is not in it names nobody.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::table;
use super::text;

/// An account that an address or a handle names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The platform's family, such as `ebay`.
    pub family: &'static str,
    /// Whether it is a social network or messenger, where the name is a handle.
    pub is_social: bool,
    /// The name there, in lower case without `@`.
    pub id: String,
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
    is_social: bool,
    places: Vec<&'static str>,
}

static HOSTS: LazyLock<FxHashMap<&'static str, Row>> = LazyLock::new(|| {
    let mut hosts = FxHashMap::default();
    for row in table::rows(include_str!("data/platforms.tsv")) {
        let [family, sort, names, places] = row[..] else { continue };
        for host in table::list(names) {
            hosts.insert(host, Row { family, is_social: sort == "social", places: table::list(places).collect() });
        }
    }
    hosts
});

static FAMILIES: LazyLock<FxHashMap<&'static str, bool>> = LazyLock::new(|| {
    let rows = table::rows(include_str!("data/platforms.tsv"));
    rows.filter_map(|row| Some((*row.first()?, *row.get(1)? == "social"))).collect()
});

/// The known family of a platform such as `ebay_uk`, and whether it is a social network.
pub fn family(platform: &str) -> Option<(&'static str, bool)> {
    let first = platform.split('_').next().unwrap_or(platform);
    FAMILIES.get_key_value(first).map(|(family, is_social)| (*family, *is_social))
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
    if ADDRESS_BYTES_MAX < address.len() {
        return None;
    }
    let address: String = address.trim().chars().filter(|&c| !text::is_invisible(c)).collect();
    let rest = address.split_once("://").map_or(address.as_str(), |(_, rest)| rest);
    let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (path, query) = tail.split('#').next().unwrap_or_default().split_once('?').unwrap_or((tail, ""));
    let host = authority.rsplit('@').next().unwrap_or_default().split(':').next().unwrap_or_default();
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let (row, front) = row_of(&host)?;
    let id = row.places.iter().find_map(|place| id_at(place, path, query, front))?;
    let id = id.trim_start_matches(['@', '~', '+']).to_lowercase();
    let fits = (1..=ID_BYTES_MAX).contains(&id.len()) && id.chars().any(char::is_alphanumeric);
    (fits && !OWN_PAGES.contains(&id.as_str())).then_some(Named { family: row.family, is_social: row.is_social, id })
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
