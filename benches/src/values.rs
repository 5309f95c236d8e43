//! Single values as they stand in columns, to the form a record asks for. Nothing is mended: what does not look like
//! the thing is left out, and the caller counts it.

/// `alpha2,alpha3,name` of every country of ISO 3166-1, with its English short name there.
const COUNTRIES: &str = include_str!("../mappings/countries.csv");

/// The two-letter code of a country given as a two- or three-letter code or by its English short name, in any
/// case: `USA`, `Germany`. A name that two countries share without its bracket (`Korea`) is nobody's.
pub fn country(text: &str) -> Option<String> {
    let text = text.trim();
    let rows = COUNTRIES.lines().skip(1).filter_map(|line| {
        let (alpha2, rest) = line.split_once(',')?;
        let (alpha3, name) = rest.split_once(',')?;
        Some((alpha2, [alpha2, alpha3, short_name(name)]))
    });
    let mut named = rows.filter(|(_, names)| names.iter().any(|name| name.eq_ignore_ascii_case(text)));
    match (named.next(), named.next()) {
        (Some((alpha2, _)), None) => Some(alpha2.to_owned()),
        _ => None,
    }
}

/// A web address or a bare host name: no space, at least one dot, a letter in it.
pub fn url(text: &str) -> Option<String> {
    let text = text.trim();
    let host = text.contains('.') && !text.contains(char::is_whitespace) && text.contains(char::is_alphabetic);
    host.then(|| text.to_owned())
}

/// A mail address, which has an `@`.
pub fn email(text: &str) -> Option<String> {
    let text = text.trim();
    text.contains('@').then(|| text.to_owned())
}

/// A day as the instant at which it begins in UTC.
pub fn time(text: &str) -> Option<String> {
    let day: jiff::civil::Date = text.trim().parse().ok()?;
    Some(format!("{day}T00:00:00Z"))
}

/// A scheme: upper case, and `-` for what a scheme may not hold.
pub fn scheme(text: &str) -> Option<String> {
    let keep = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c.to_ascii_uppercase() } else { '-' };
    let scheme: String = text.trim().chars().map(keep).collect();
    (!scheme.is_empty()).then_some(scheme)
}

/// `Iran (Islamic Republic of)` → `Iran`; a name in quotes holds a comma and is used whole.
fn short_name(name: &str) -> &str {
    let name = name.trim_matches('"');
    name.split(" (").next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_by_code_and_name() {
        for (text, code) in [
            ("US", "US"),
            ("usa", "US"),
            ("CAN", "CA"),
            (" Germany ", "DE"),
            ("RUS", "RU"),
            ("Cambodia", "KH"),
            ("hong kong", "HK"),
        ] {
            assert_eq!(country(text).as_deref(), Some(code), "{text}");
        }
        for text in ["", "Lichtenstein", "XX", "Europe", "Korea"] {
            assert_eq!(country(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_left_out() {
        assert_eq!(url("www.example.org").as_deref(), Some("www.example.org"));
        assert_eq!(url("No"), None);
        assert_eq!(url("12.5"), None);
        assert_eq!(email("08/31/13"), None);
        assert_eq!(email("a@example.org").as_deref(), Some("a@example.org"));
    }

    #[test]
    fn days_begin_at_midnight() {
        assert_eq!(time("2020-05-10").as_deref(), Some("2020-05-10T00:00:00Z"));
        assert_eq!(time("2020-02-30"), None);
    }
}
