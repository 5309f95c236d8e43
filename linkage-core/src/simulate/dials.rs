//! What can be turned: the dials of `data/dials.tsv`, the scenarios that turn them, and the platforms.
//!
//! - [`Scenario`] is a composition of dials with a name; [`scenario`] finds one.
//! - [`Dials`] has a field for each line of the file; a missing, unknown or unsourced one is an error that a test excludes.
//! - [`Platform`] says what a platform asks of its sellers.

use super::SimulateError;

const DIALS: &str = include_str!("data/dials.tsv");
const SCENARIOS: &str = include_str!("data/scenarios.tsv");
const PLATFORMS: &str = include_str!("data/platforms.tsv");

/// A named composition of dials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// Its number, such as `S2`, or `mix`.
    pub code: &'static str,
    /// Its name, such as `name_tweak`.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    turned: &'static str,
}

/// All scenarios, in the order of the file.
pub fn scenarios() -> Vec<Scenario> {
    rows(SCENARIOS)
        .map(|row| {
            let mut cells = row.split('\t');
            let mut cell = || cells.next().unwrap_or_default();
            Scenario { code: cell(), name: cell(), about: cell(), turned: cell() }
        })
        .collect()
}

/// The scenario with this number or name, in any case.
///
/// # Errors
///
/// [`SimulateError::Scenario`], which names those there are.
pub fn scenario(name: &str) -> Result<Scenario, SimulateError> {
    let is_meant = |found: &Scenario| found.code.eq_ignore_ascii_case(name) || found.name.eq_ignore_ascii_case(name);
    scenarios().into_iter().find(is_meant).ok_or_else(|| {
        let known: Vec<&str> = scenarios().iter().map(|scenario| scenario.code).collect();
        SimulateError::Scenario { known: known.join(", ") }
    })
}

/// Declares the dials; each is a line of the file.
macro_rules! dials {
    ($($name:ident)*) => {
        /// The values of all dials, as the file and a scenario set them.
        #[derive(Clone, Debug, Default, PartialEq)]
        pub(super) struct Dials {
            $(pub(super) $name: f64,)*
        }

        impl Dials {
            const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];

            fn set(&mut self, name: &str, value: f64) -> bool {
                match name {
                    $(stringify!($name) => self.$name = value,)*
                    _ => return false,
                }
                true
            }
        }
    };
}

dials! {
    w_operator w_honest w_firm w_agency w_family w_namesakes w_victim w_impersonated w_sold w_recycled w_poisoned
    single_share more_ratio more_max crew_share crew_min crew_max crew_cell crew_common crew_split crew_merge
    change_none change_payout change_name change_both
    name_tweak tweak_counter tweak_separator tweak_affix tweak_script tweak_homoglyph tweak_leet tweak_drop payout_mule
    keep_person borrow_identity keep_phone keep_email keep_handle keep_address keep_company keep_tracker keep_domain
    keep_text reword_text keep_photo edit_photo keep_style address_respelled hide_share
    delay_days sleeper_share sleeper_days parallel_share to_largest social_share script_switch fields
    takedown strikes_more upheld appeal appeal_allowed honest_notice honest_upheld
    common_name company_share forwarder agent supplier_text supplier_photo processor template hub_holders style_words
    listings photos second_look drawn_returning drawn_others fiction cast german
}

impl Dials {
    /// The dials of a scenario.
    ///
    /// # Errors
    ///
    /// [`SimulateError::Data`] if a shipped file is not well formed, which a test excludes.
    pub(super) fn of(scenario: &Scenario) -> Result<Dials, SimulateError> {
        let mut dials = Dials::default();
        let mut seen = Vec::new();
        for row in rows(DIALS) {
            let cells: Vec<&str> = row.split('\t').collect();
            let [name, value, source, about] = cells[..] else { return Err(SimulateError::Data("dials.tsv")) };
            let known = value.parse().is_ok_and(|value| dials.set(name, value));
            if !known || source.is_empty() || about.is_empty() || seen.contains(&name) {
                return Err(SimulateError::Data("dials.tsv"));
            }
            seen.push(name);
        }
        let turned = scenario.turned.split(' ').filter_map(|dial| dial.split_once('='));
        let turned = turned.filter(|(name, _)| *name != "platforms");
        let all_known =
            turned.fold(true, |known, (name, value)| known & value.parse().is_ok_and(|value| dials.set(name, value)));
        if seen.len() != Dials::NAMES.len() || !all_known {
            return Err(SimulateError::Data("scenarios.tsv"));
        }
        Ok(dials)
    }
}

/// How account ids look on a platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IdStyle {
    /// The name the seller chose.
    Name,
    /// Digits.
    Number,
    /// Letters and digits.
    Code,
    /// The domain of the site.
    Domain,
}

/// What a platform may ask for; the order of the columns in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Field {
    Person,
    Born,
    Document,
    Phone,
    Email,
    Payment,
    Registration,
    Address,
    Handle,
    Tracker,
    Url,
    Avatar,
    Profile,
    Listings,
}

/// One platform.
#[derive(Clone, Debug)]
pub(super) struct Platform {
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    /// Parts of the market.
    pub(super) size: f64,
    /// Share of its sellers who write Chinese.
    pub(super) chinese: f64,
    pub(super) ids: IdStyle,
    /// Share of accounts that show each field, by the order of [`Field`].
    shows: Vec<f64>,
}

impl Platform {
    /// The platforms that a scenario has.
    ///
    /// # Errors
    ///
    /// As [`Dials::of`].
    pub(super) fn of(scenario: &Scenario) -> Result<Vec<Platform>, SimulateError> {
        let listed = scenario.turned.split(' ').find_map(|dial| dial.strip_prefix("platforms="));
        let wanted = |platform: &Platform| listed.is_none_or(|list| list.split(',').any(|name| name == platform.name));
        let all: Option<Vec<Platform>> = rows(PLATFORMS).map(Platform::parse).collect();
        let found: Vec<Platform> = all.unwrap_or_default().into_iter().filter(wanted).collect();
        if found.is_empty() { Err(SimulateError::Data("platforms.tsv")) } else { Ok(found) }
    }

    fn parse(row: &'static str) -> Option<Platform> {
        let mut cells = row.split('\t');
        let (name, kind) = (cells.next()?, cells.next()?);
        let mut number = || cells.next()?.parse::<f64>().ok();
        let (size, chinese) = (number()?, number()? / 100.0);
        let ids = match cells.next()? {
            "name" => IdStyle::Name,
            "number" => IdStyle::Number,
            "code" => IdStyle::Code,
            "domain" => IdStyle::Domain,
            _ => return None,
        };
        let shows: Option<Vec<f64>> = cells.map(|cell| Some(cell.parse::<f64>().ok()? / 100.0)).collect();
        let shows = shows.filter(|shows| shows.len() == Field::Listings as usize + 1)?;
        Some(Platform { name, kind, size, chinese, ids, shows })
    }

    /// The share of accounts that show a field, 0 to 1.
    pub(super) fn shows(&self, field: Field) -> f64 {
        self.shows.get(field as usize).copied().unwrap_or_default()
    }

    /// Whether it is a social network.
    pub(super) fn is_social(&self) -> bool {
        self.kind == "SOCIAL_PROFILE"
    }
}

/// Lines that are neither empty nor comments.
pub(super) fn rows(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}
