//! Web addresses: the host, and who registered it.
//!
//! [`site`] reads a full address or a bare host. The registrable domain comes from the public-suffix list, private
//! sections included: `nike-sale.myshopify.com` is registrable by itself, with `myshopify.com` as its suffix.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;

use super::{table, text};

/// A web site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Lower-case ASCII host without `www.`.
    pub host: String,
    /// The domain that somebody registered; `None` for addresses by number and bare public suffixes.
    pub registrable: Option<String>,
    /// Its label without the public suffix, in Unicode: `nike-sale` of `nike-sale.co.uk`.
    pub label: String,
    /// Labels in front of the registrable domain, in their order.
    pub subdomain: Vec<String>,
    /// The public suffix, such as `co.uk`; empty for addresses by number.
    pub suffix: String,
    /// On shared hosts, the part of the path that names the owner: `/shop/nikesale` gives `nikesale`.
    pub path_id: Option<String>,
}

/// The most bytes of an address that are looked at. Source: the limit in `record`.
const BYTES_MAX: usize = 8192;

/// Reads a web address; `None` if there is no host in it.
///
/// # Examples
///
/// ```
/// use linkage_core::normalize::url::site;
///
/// let written = site("HTTPS://www.Nike-Sale.co.uk:8443/basket?id=1").ok_or("no host")?;
/// assert_eq!(written.host, "nike-sale.co.uk");
/// assert_eq!((written.label.as_str(), written.suffix.as_str()), ("nike-sale", "co.uk"));
/// # Ok::<(), &str>(())
/// ```
pub fn site(url: &str) -> Option<Site> {
    let url: String = url.trim().chars().filter(|&c| !text::is_invisible(c)).collect();
    if BYTES_MAX < url.len() {
        return None;
    }
    let (authority, path) = split(&url);
    let host = host(authority)?;
    if host.parse::<std::net::Ipv4Addr>().is_ok() || host.contains(':') {
        let path_id = None;
        return Some(Site {
            label: host.clone(),
            host,
            registrable: None,
            subdomain: Vec::new(),
            suffix: String::new(),
            path_id,
        });
    }
    let suffix = psl::suffix_str(&host).unwrap_or_default().to_owned();
    let registrable = psl::domain_str(&host).map(str::to_owned);
    let whole = registrable.as_deref().unwrap_or(&host);
    let label = whole.strip_suffix(suffix.as_str()).unwrap_or(whole).trim_end_matches('.');
    let label = idna::domain_to_unicode(if label.is_empty() { whole } else { label }).0;
    let front = host.strip_suffix(whole).unwrap_or_default().trim_end_matches('.');
    let subdomain = front.split('.').filter(|label| !label.is_empty()).map(str::to_owned).collect();
    let shared = registrable.as_deref().is_some_and(is_shared_host) || is_shared_host(&host);
    let path_id = if shared { owner_in_path(path) } else { None };
    Some(Site { host, registrable, label, subdomain, suffix, path_id })
}

/// Whether strangers have sites under this registrable domain, so that sharing it says nothing.
pub fn is_shared_host(registrable: &str) -> bool {
    static HOSTS: LazyLock<FxHashSet<&'static str>> = LazyLock::new(|| {
        table::rows(include_str!("data/shared_hosts.tsv")).filter_map(|row| row.first().copied()).collect()
    });
    HOSTS.contains(registrable)
}

/// A label as a key: folded, without hyphens and without the counter at its end that a returning shop changes first.
///
/// `nike-sale2` and `nikesale` are one; a label of digits stays as it is.
pub fn label_key(label: &str) -> String {
    const LETTERS_MIN: usize = 3;
    let key: String = text::fold(label).chars().filter(|&c| c != ' ').collect();
    let bare = key.trim_end_matches(|c: char| c.is_ascii_digit());
    if LETTERS_MIN <= bare.chars().count() { bare.to_owned() } else { key }
}

/// Whether a subdomain is a technical one that says nothing about who runs the site, such as `mail` or `shop`.
pub fn is_generic_subdomain(subdomain: &str) -> bool {
    static WORDS: LazyLock<FxHashSet<&'static str>> = LazyLock::new(|| {
        table::rows(include_str!("data/generic_subdomains.tsv"))
            .flat_map(|row| row.into_iter().flat_map(table::list))
            .collect()
    });
    subdomain.chars().count() < 2 || WORDS.contains(subdomain)
}

/// Authority and path of an address with or without a scheme.
fn split(url: &str) -> (&str, &str) {
    let rest = match url.find("://") {
        Some(at) if url[..at].bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.')) => {
            &url[at + 3..]
        }
        _ => url.trim_start_matches('/'),
    };
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    (authority, path.split(['?', '#']).next().unwrap_or_default())
}

/// The host of an authority without user, port and `www.`.
fn host(authority: &str) -> Option<String> {
    let host = authority.rsplit('@').next().unwrap_or(authority);
    if let Some(rest) = host.strip_prefix('[') {
        let address: std::net::Ipv6Addr = rest.split(']').next()?.parse().ok()?;
        return Some(address.to_string());
    }
    let host = match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => host,
    };
    let mut ascii = idna::domain_to_ascii(host.trim().trim_end_matches('.')).ok()?;
    while let Some(rest) = ascii.strip_prefix("www.").filter(|rest| rest.contains('.')) {
        ascii = rest.to_owned();
    }
    let fits = ascii.contains('.')
        && ascii.len() <= 253
        && ascii.split('.').all(|label| !label.is_empty() && label.len() <= 63)
        && ascii.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    fits.then_some(ascii)
}

/// The first part of a path that is not a word of the host's own.
fn owner_in_path(path: &str) -> Option<String> {
    const OWN: [&str; 22] = [
        "shop", "shops", "store", "stores", "user", "users", "usr", "u", "c", "channel", "people", "profile", "pages",
        "seller", "sellers", "sch", "str", "in", "company", "s", "add", "joinchat",
    ];
    path.split(['/', '\\'])
        .map(|part| part.trim_start_matches(['@', '+', '~']).to_lowercase())
        .find(|part| !part.is_empty() && !OWN.contains(&part.as_str()))
}
