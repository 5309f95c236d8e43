//! Mail addresses: one spelling per mailbox.
//!
//! [`email`] applies what each provider says about its own addresses: dots that do not count, what follows a plus
//! sign, two domains for one mailbox. Domains are brought to ASCII (IDNA, UTS 46).

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::{table, text};

/// A mail address taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    /// The part before the last `@`, lower case, as written.
    pub local: String,
    /// The domain, lower-case ASCII.
    pub domain: String,
    /// The mailbox: the same for all spellings that reach it.
    pub canonical: String,
    /// Whether anybody may open a mailbox at this domain.
    pub free_provider: bool,
}

/// The most bytes of an address. Source: RFC 3696 errata, 64 + 1 + 255.
const BYTES_MAX: usize = 320;

struct Provider {
    one_domain: &'static str,
    dots: bool,
    plus: bool,
    minus: bool,
    free: bool,
}

/// Takes a mail address apart.
///
/// Accepts surrounding white space, `mailto:` and angle brackets with or without a name before them.
///
/// `None` if this is no address: nothing before the `@`, no domain name with a dot behind it, white space or
/// brackets in the name, more than 320 bytes. Keep [`text::fold`] of it then, with a flag.
///
/// # Examples
///
/// ```
/// use linkage_core::normalize::email::email;
///
/// let written = email("Best.Deals+uk@GoogleMail.com").ok_or("no address")?;
/// assert_eq!(written.canonical, "bestdeals@gmail.com");
/// assert!(written.free_provider);
/// # Ok::<(), &str>(())
/// ```
pub fn email(text: &str) -> Option<Email> {
    let bare: String = bare(text).chars().filter(|&c| !text::is_invisible(c)).collect();
    if BYTES_MAX < bare.len() {
        return None;
    }
    let plain = bare.replace('＠', "@");
    let (local, domain) = plain.rsplit_once('@')?;
    if local.is_empty() {
        return None;
    }
    if local.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '(' | ')' | ',' | '@')) {
        return None;
    }
    let local = local.to_lowercase();
    let domain = domain_ascii(domain)?;
    let provider = providers().get(domain.as_str());
    let (name, one_domain) = match provider {
        Some(provider) => (mailbox(&local, provider), provider.one_domain),
        None => (local.clone(), domain.as_str()),
    };
    let canonical = format!("{name}@{one_domain}");
    Some(Email { free_provider: provider.is_some_and(|provider| provider.free), canonical, local, domain })
}

/// Without `mailto:`, a display name and angle brackets.
fn bare(text: &str) -> &str {
    let text = text.trim();
    let text = text.get(..7).filter(|start| start.eq_ignore_ascii_case("mailto:")).map_or(text, |_| &text[7..]);
    let text = match (text.rfind('<'), text.ends_with('>')) {
        (Some(open), true) => &text[open + 1..text.len() - 1],
        _ => text,
    };
    text.trim().trim_end_matches('.')
}

fn domain_ascii(domain: &str) -> Option<String> {
    let ascii = idna::domain_to_ascii(domain.trim_end_matches('.')).ok()?;
    let fits = ascii.contains('.')
        && ascii.len() <= 253
        && ascii.split('.').all(|label| !label.is_empty() && label.len() <= 63)
        && ascii.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    fits.then_some(ascii)
}

/// The name of the mailbox without what its provider does not count.
fn mailbox(local: &str, provider: &Provider) -> String {
    let mut name = local;
    for (applies, sign) in [(provider.plus, '+'), (provider.minus, '-')] {
        if applies && let Some((before, _)) = name.split_once(sign).filter(|(before, _)| !before.is_empty()) {
            name = before;
        }
    }
    let plain: String = name.chars().filter(|&c| !provider.dots || c != '.').collect();
    if plain.is_empty() { name.to_owned() } else { plain }
}

fn providers() -> &'static FxHashMap<&'static str, Provider> {
    static PROVIDERS: LazyLock<FxHashMap<&'static str, Provider>> = LazyLock::new(|| {
        table::rows(include_str!("data/mail_providers.tsv"))
            .filter_map(|row| {
                let [domain, one_domain, rules, free] = row[..] else { return None };
                let has = |rule| table::list(rules).any(|word| word == rule);
                let (dots, plus, minus) = (has("dots"), has("plus"), has("minus"));
                Some((domain, Provider { one_domain, dots, plus, minus, free: free == "free" }))
            })
            .collect()
    });
    &PROVIDERS
}
