//! Who and where: names, birth, contact, address, web, registrations, documents, attributes.

use jiff::Timestamp;

use crate::normalize;
use crate::normalize::identifier::Check;
use crate::normalize::platform::Sort;
use crate::normalize::uri::{self, Target};
use crate::record::{Account, AccountKey, Address, Attribute, Country, Handle, Person, Registration, Tracker};

use super::kind::{Form, Kind};
use super::{Builder, Value, class_checked, class_of, payment};

/// A registered domain has one holder, however short its name: as rare as a telephone number, in bits.
const DOMAIN_BITS_MIN: u8 = 20;

/// An account that another one names is as hard to hit by chance as a telephone number, in bits.
const ACCOUNT_BITS: u8 = 22;

/// From so many digits on, an account's number is its own on all sites of a platform.
const ID_CHARS_MIN: usize = 7;

/// Bits for putting the own name into a mailbox in one way and not another (`jay.jones`, `jonesj`, `jay`): eight ways
/// are in use; assumption.
const OWN_NAME_BITS: u8 = 3;

/// Shorter words of a name are found in anything.
const OWN_WORD_LETTERS_MIN: usize = 3;

/// Class of a day on which an account was opened.
pub const OPENED: u32 = 1;

/// Class of a day on which an account was closed.
pub const CLOSED: u32 = 2;

/// A day among some years.
const DAY_BITS: u8 = 10;

/// Words of a name that are keyed; more says nothing more.
const WORDS_MAX: usize = 8;

pub(super) fn account(builder: &mut Builder<'_>, account: &Account) {
    let region = account.addresses.iter().find_map(|address| address.country);
    let mut words: Vec<String> = account.persons.iter().flat_map(|entry| person(builder, entry)).collect();
    if let Some(name) = &account.legal_name {
        words.extend(trade_name(builder, Kind::CompanyName, name));
    }
    if let Some(name) = &account.display_name {
        words.extend(trade_name(builder, Kind::DisplayName, name));
    }
    let names = OwnNames::new(words);
    account.emails.iter().for_each(|text| email(builder, text, &names));
    account.phones.iter().for_each(|text| phone(builder, text, region));
    account.urls.iter().for_each(|text| site(builder, text, &names));
    account.addresses.iter().for_each(|entry| address(builder, entry));
    account.handles.iter().for_each(|entry| handle(builder, entry, &names));
    account.registrations.iter().for_each(|entry| registration(builder, entry));
    account.trackers.iter().for_each(|entry| tracker(builder, entry));
    itself(builder, &account.key);
    let (opened, closed) = (account.opened_at, account.closed_at);
    opened.into_iter().for_each(|at| event(builder, &account.key, OPENED, at));
    closed.into_iter().for_each(|at| event(builder, &account.key, CLOSED, at));
    for document in &account.documents {
        let class = class_checked(&document.scheme, if document.fails_check { Check::Failed } else { Check::Unknown });
        builder.push(Kind::Document, class, (&format!("{} {}", document.scheme, document.digest), 24), &[], None);
    }
    account.attributes.iter().for_each(|entry| attribute(builder, entry));
}

/// The day on which an account was opened or closed, and that it was this account: how much two events of one day say is known
/// of the events, not of the day.
fn event(builder: &mut Builder<'_>, account: &AccountKey, class: u32, at: Timestamp) {
    let day = at.strftime("%Y-%m-%d").to_string();
    let event = format!("{} {class} {day}", account.as_str());
    builder.push(Kind::Succession, class, (&day, DAY_BITS), &[(Form::Event, &event, DAY_BITS)], None);
}

/// From when to when an account was open, in days since 1970; of what lies outside of the days that fit, nothing.
pub(super) fn lifespan(builder: &mut Builder<'_>, opened: Option<Timestamp>, closed: Option<Timestamp>) {
    let day = |at: Timestamp| u16::try_from(at.as_second().div_euclid(24 * 60 * 60)).ok();
    let closed_on = closed.and_then(day);
    if let Some(opened) = opened.and_then(day)
        && closed.is_some() == closed_on.is_some()
    {
        let whole = closed_on.map_or_else(|| format!("{opened}-"), |closed| format!("{opened}-{closed}"));
        let span = Value::Span { opened, closed: closed_on };
        builder.push(Kind::Lifespan, 0, (&whole, DAY_BITS), &[], Some(span));
    }
}

/// A person; gives back the words of the name.
fn person(builder: &mut Builder<'_>, person: &Person) -> Vec<String> {
    let name = person.name.as_deref().map(|name| person_name(builder, name));
    if let Some(date) = person.birth_date {
        let whole = date.to_string();
        let year = date.year.to_string();
        let mut more = vec![(Form::Year, year.as_str(), 6)];
        let month_day;
        if let (Some(month), Some(day)) = (date.month, date.day) {
            month_day = format!("{month:02}-{day:02}");
            more.push((Form::MonthDay, month_day.as_str(), 8));
        }
        let surprisal = if date.day.is_some() { 14 } else { 6 };
        builder.push(Kind::BirthDate, 0, (&whole, surprisal), &more, Some(date.into()));
    }
    if let Some(place) = &person.birth_place {
        words(builder, Kind::BirthPlace, 0, place);
    }
    name.unwrap_or_default()
}

/// A person's name; a Chinese name yields one item for each way to read it. Gives back its words.
pub(super) fn person_name(builder: &mut Builder<'_>, text: &str) -> Vec<String> {
    let Some(name) = normalize::name::person(text) else { return Vec::new() };
    let readings = std::iter::once(&name.tokens).chain(&name.alternatives);
    for tokens in readings.filter(|tokens| !tokens.is_empty()).take(4) {
        let tokens = &tokens[..tokens.len().min(WORDS_MAX)];
        let mut sorted: Vec<&str> = tokens.iter().map(String::as_str).collect();
        sorted.sort_unstable();
        let whole = sorted.join(" ");
        let total = tokens.iter().map(|token| u32::from(normalize::rarity::name_word(token))).sum::<u32>();
        let total = u8::try_from(total).unwrap_or(u8::MAX);
        let phonetic: Vec<String> = tokens.iter().map(|token| normalize::name::phonetic(token)).collect();
        let forward = tokens.concat();
        let mut rotated = tokens.to_vec();
        rotated.rotate_right(1);
        let rotated = rotated.concat();

        let mut more: Vec<(Form, &str, u8)> = Vec::with_capacity(3 * tokens.len() + 3);
        for (token, sound) in tokens.iter().zip(&phonetic) {
            more.push((Form::Token, token, normalize::rarity::name_word(token)));
            more.extend(
                normalize::name::nickname_roots(token)
                    .iter()
                    .map(|root| (Form::Root, *root, normalize::rarity::name_word(root))),
            );
            if !sound.is_empty() {
                more.push((Form::Phonetic, sound, normalize::rarity::name_word(token).min(10)));
            }
        }
        if tokens.len() > 1 {
            more.push((Form::Joined, &forward, total));
            more.push((Form::Joined, &rotated, total));
        }
        if let Some(han) = &name.han {
            more.push((Form::Han, han, total));
        }
        if let Some(suffix) = &name.suffix {
            more.push((Form::Suffix, suffix, 6));
        }
        builder.push(Kind::PersonName, 0, (&whole, total), &more, Some(Value::Words(tokens.to_vec())));
    }
    name.tokens
}

/// The name of a shop or firm, without its legal form and shop words. Gives back all its words.
pub(super) fn trade_name(builder: &mut Builder<'_>, kind: Kind, text: &str) -> Vec<String> {
    let Some(name) = normalize::name::company(text) else { return Vec::new() };
    let tokens = if name.core.is_empty() { &name.tokens } else { &name.core };
    let tokens = &tokens[..tokens.len().min(WORDS_MAX)];
    if tokens.is_empty() {
        return Vec::new();
    }
    let whole = tokens.join(" ");
    // Counters and separators are what a returning shop changes first.
    let joined: String = tokens.concat().trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    let joined = if joined.is_empty() { tokens.concat() } else { joined };
    // Several words are as rare as the words together, a single one as rare as its letters.
    let words = tokens.iter().map(|token| normalize::rarity::word(token)).fold(0, u8::saturating_add);
    let letters = normalize::rarity::text(&joined);
    let total = if tokens.len() == 1 { letters.min(20) } else { words.min(letters) };
    let mut more: Vec<(Form, &str, u8)> =
        tokens.iter().map(|token| (Form::Token, token.as_str(), normalize::rarity::word(token))).collect();
    more.push((Form::Joined, &joined, total));
    if let (Some(han), Some(core)) = (&name.han, &name.han_core)
        && says_all(han, tokens)
    {
        more.push((Form::Han, core, total));
    }
    builder.push(kind, 0, (&whole, total), &more, Some(Value::Words(tokens.to_vec())));
    name.tokens
}

/// Whether the Chinese characters alone say who a shop is: `运动鞋` (sport shoes) behind a brand in letters does not,
/// `华强` beside its own reading does.
fn says_all(han: &str, core: &[String]) -> bool {
    normalize::name::company(han).is_some_and(|aloud| core.iter().all(|word| aloud.tokens.contains(word)))
}

/// The words of an account's own names. A mailbox `jjones` says little more of Jay Jones than his name did, and a
/// namesake would choose it too.
#[derive(Default)]
pub(super) struct OwnNames(Vec<String>);

impl OwnNames {
    fn new(mut words: Vec<String>) -> OwnNames {
        words.retain(|word| OWN_WORD_LETTERS_MIN <= word.chars().count());
        words.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        words.dedup();
        OwnNames(words)
    }

    /// How surprising a mailbox or handle is to whoever knows the names already, in bits.
    fn surprisal(&self, text: &str) -> u8 {
        let mut rest = text.to_owned();
        for word in &self.0 {
            if let Some(at) = rest.find(word.as_str()) {
                rest.replace_range(at..at + word.len(), "");
            }
        }
        if rest.len() == text.len() {
            return normalize::rarity::text(text);
        }
        let rest = if rest.is_empty() { 0 } else { normalize::rarity::text(&rest) };
        (rest + OWN_NAME_BITS).min(normalize::rarity::text(text))
    }
}

fn email(builder: &mut Builder<'_>, text: &str, names: &OwnNames) {
    match normalize::email::email(text) {
        Some(email) => {
            let (mailbox, domain) = email.canonical.rsplit_once('@').unwrap_or((&email.local, &email.domain));
            // Dots come and go between providers, of which some do not count them.
            let name: String = mailbox.chars().filter(|c| *c != '.').collect();
            let name = if name.is_empty() { mailbox } else { name.as_str() };
            let local = names.surprisal(name);
            let value = Some(Value::Words(vec![name.to_owned(), domain.to_owned()]));
            builder.push(Kind::Email, 0, (&email.canonical, local.max(16)), &[(Form::Local, name, local)], value);
        }
        None => builder.push(Kind::Email, 0, (&normalize::text::fold(text), 10), &[], None),
    }
}

/// The class of a telephone number that its country's plan does not know.
pub(super) const PHONE_INVALID: u32 = 1;

fn phone(builder: &mut Builder<'_>, text: &str, region: Option<Country>) {
    let phone = normalize::phone::phone(text, region);
    let whole = phone.e164.as_deref().unwrap_or(&phone.digits);
    if whole.is_empty() {
        return;
    }
    let mut more = Vec::new();
    if let Some(last7) = &phone.last7 {
        more.push((Form::Last7, last7.as_str(), 20));
    }
    let class = if phone.fails_check { PHONE_INVALID } else { 0 };
    builder.push(Kind::Phone, class, (whole, 22), &more, Some(Value::Text(phone.digits.clone())));
}

pub(super) fn site(builder: &mut Builder<'_>, text: &str, names: &OwnNames) {
    if let Some(Target::Payment { scheme, value }) = uri::payment(text) {
        payment::link(builder, &scheme, value);
        return;
    }
    if let Some((family, number)) = normalize::platform::offer_in(text) {
        shows_offer(builder, family, &number);
        return;
    }
    if let Some(named) = normalize::platform::named_in(text) {
        if named.sort == Sort::Social {
            handle(builder, &Handle { service: named.family.to_ascii_uppercase(), value: named.id }, names);
        } else {
            names_account(builder, named.family, &named.id);
        }
        return;
    }
    let Some(site) = normalize::url::site(text) else { return };
    let registrable = site.registrable.as_deref().unwrap_or(&site.host);
    // On a shared host the seller's own name is in front of it or behind; elsewhere it is the registrable label.
    let shared = normalize::url::is_shared_host(registrable);
    let own = if shared { site.subdomain.last().or(site.path_id.as_ref()) } else { Some(&site.label) };
    // The bare address of a marketplace is everybody's.
    let Some(own) = own else { return };
    let behind = format!("{}/{}", site.host, site.path_id.as_deref().unwrap_or_default());
    let whole = match (shared, site.subdomain.is_empty()) {
        (false, _) => registrable,
        (true, false) => &site.host,
        (true, true) => &behind,
    };
    let label = normalize::url::label_key(own);
    let surprisal = normalize::rarity::label(&label);
    let mut more = vec![(Form::Label, label.as_str(), surprisal)];
    let front = site.subdomain.last().filter(|_| !shared).map(|sub| normalize::url::label_key(sub));
    let front = front.filter(|sub| !normalize::url::is_generic_subdomain(sub));
    if let Some(front) = &front {
        more.push((Form::Label, front, normalize::rarity::label(front)));
    }
    let variants = deletions(&label);
    more.extend(variants.iter().map(|variant| (Form::Deletion, variant.as_str(), surprisal.saturating_sub(4))));
    let words = std::iter::once(label.clone()).chain(front.clone()).collect();
    builder.push(Kind::Domain, 0, (whole, surprisal.max(DOMAIN_BITS_MIN)), &more, Some(Value::Words(words)));
}

/// What a QR code in a picture says: a contact or a payment account as if it stood in a field of its own.
pub(super) fn code(builder: &mut Builder<'_>, text: &str) {
    let names = OwnNames::default();
    builder.is_pictured = true;
    for target in uri::targets(text) {
        match target {
            Target::Phone(number) => phone(builder, &number, None),
            Target::Email(address) => email(builder, &address, &names),
            Target::Handle { service, value } => {
                handle(builder, &Handle { service: service.to_owned(), value }, &names);
            }
            Target::Payment { scheme, value } => payment::link(builder, &scheme, value),
            Target::Site(address) => site(builder, &address, &names),
        }
    }
    builder.is_pictured = false;
}

/// The text and every text with one character left out: two texts one edit apart share at least one of them
/// (the deletion neighbourhood of Mor and Fraenkel, 1982). Short and very long texts only themselves.
fn deletions(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut variants = vec![text.to_owned()];
    if (6..=24).contains(&chars.len()) {
        for skip in 0..chars.len() {
            variants.push(chars.iter().enumerate().filter(|(at, _)| *at != skip).map(|(_, c)| *c).collect());
        }
    }
    variants.sort_unstable();
    variants.dedup();
    variants
}

fn address(builder: &mut Builder<'_>, entry: &Address) {
    let Some(address) = normalize::address::address(entry) else { return };
    let street = address.street.join(" ");
    let number = address.number.as_deref().unwrap_or_default();
    if !street.is_empty() {
        let line = format!("{number} {street}");
        let mut more: Vec<(Form, &str, u8)> = vec![(Form::StreetName, &street, 10)];
        if !number.is_empty() {
            more.push((Form::Number, number, 5));
        }
        // All words that say where in the town, because the parts of an address are often exchanged.
        let town: Vec<&str> = [&address.locality, &address.region, &address.postcode, &address.number]
            .into_iter()
            .flatten()
            .flat_map(|part| part.split(' '))
            .collect();
        let words = address.tokens.iter().filter(|word| !town.iter().any(|part| part.eq_ignore_ascii_case(word)));
        more.extend(words.take(2 * WORDS_MAX).map(|word| (Form::Token, word.as_str(), normalize::rarity::word(word))));
        let surprisal = if number.is_empty() { 10 } else { 15 };
        builder.push(
            Kind::Street,
            0,
            (&line, surprisal),
            &more,
            Some(Value::Words(vec![number.to_owned(), street.clone()])),
        );
    }
    let locality = address.locality.as_deref().unwrap_or_default();
    let postcode = address.postcode.as_deref().unwrap_or_default();
    let region = address.region.as_deref().unwrap_or_default();
    if !locality.is_empty() || !postcode.is_empty() {
        let whole = format!("{postcode} {locality}");
        let mut more: Vec<(Form, &str, u8)> = Vec::new();
        if !locality.is_empty() {
            more.push((Form::Locality, locality, 8));
        }
        if !postcode.is_empty() {
            more.push((Form::Postcode, postcode, 10));
        }
        let value = Value::Words(vec![postcode.to_owned(), locality.to_owned(), region.to_owned()]);
        builder.push(Kind::Area, 0, (&whole, 11), &more, Some(value));
    }
}

fn handle(builder: &mut Builder<'_>, entry: &Handle, names: &OwnNames) {
    // A number on a messenger is the telephone number and nothing beside it: one value must not speak twice.
    if let Some(number) = normalize::identifier::handle_number(&entry.service, &entry.value) {
        phone(builder, &number, None);
        return;
    }
    let normal = normalize::identifier::handle(&entry.service, &entry.value).normal;
    if normal.is_empty() {
        return;
    }
    let surprisal = names.surprisal(&normal);
    let whole = format!("{} {normal}", entry.service);
    if let Some((family, _)) = normalize::platform::family(&entry.service.to_ascii_lowercase()) {
        names_account(builder, family, &normal);
    }
    let more = [(Form::Local, normal.as_str(), surprisal)];
    builder.push(
        Kind::Handle,
        class_of(&entry.service),
        (&whole, surprisal.max(14)),
        &more,
        Some(Value::Text(normal.clone())),
    );
}

fn registration(builder: &mut Builder<'_>, entry: &Registration) {
    let read = normalize::identifier::registration(&entry.scheme, &entry.value, entry.country);
    let normal = read.normal;
    if normal.is_empty() {
        return;
    }
    let whole = format!("{} {normal}", entry.scheme);
    let variants = deletions(&normal);
    let more: Vec<(Form, &str, u8)> = variants.iter().map(|text| (Form::Deletion, text.as_str(), 18)).collect();
    let class = class_checked(&entry.scheme, read.check);
    builder.push(Kind::Registration, class, (&whole, 22), &more, Some(Value::Text(normal.clone())));
}

fn attribute(builder: &mut Builder<'_>, entry: &Attribute) {
    words(builder, Kind::Attribute, attribute_class(&entry.name), &entry.value);
}

/// The class of an attribute's name, however it is written: `Shop template` is `shop_template`.
pub(super) fn attribute_class(name: &str) -> u32 {
    class_of(&normalize::text::fold(name))
}

/// A web site's own numbers. A site's small picture is that of its shop builder more often than not.
fn tracker(builder: &mut Builder<'_>, entry: &Tracker) {
    let read = normalize::identifier::tracker(&entry.scheme, &entry.value);
    if read.normal.is_empty() {
        return;
    }
    let surprisal = if entry.scheme == "FAVICON" { 10 } else { 20 };
    let whole = format!("{} {}", entry.scheme, read.normal);
    builder.push(Kind::Tracker, class_checked(&entry.scheme, read.check), (&whole, surprisal), &[], None);
}

/// The account itself, where others may name it: on a known platform. A short number is nobody's chosen name, and another
/// site of the platform may have given it as well.
fn itself(builder: &mut Builder<'_>, key: &AccountKey) {
    let id = key.account_id().to_lowercase();
    if let Some(number) = normalize::identifier::handle_number(key.platform(), &id) {
        phone(builder, &number, None);
        return;
    }
    if let Some((family, _)) = normalize::platform::family(key.platform())
        && (ID_CHARS_MIN <= id.chars().count() || !id.bytes().all(|byte| byte.is_ascii_digit()))
    {
        names_account(builder, family, &id);
    }
}

/// An offer that an account makes, or that its address shows. Who promotes what others sell shows theirs.
pub(super) fn shows_offer(builder: &mut Builder<'_>, family: &str, number: &str) {
    builder.push(Kind::Offer, 0, (&format!("{family} {number}"), ACCOUNT_BITS), &[], None);
}

fn names_account(builder: &mut Builder<'_>, family: &str, id: &str) {
    builder.push(Kind::Account, 0, (&format!("{family} {id}"), ACCOUNT_BITS), &[], None);
}

/// Free words: a place, an occupation.
fn words(builder: &mut Builder<'_>, kind: Kind, class: u32, text: &str) {
    let mut words = normalize::text::words(text);
    words.truncate(WORDS_MAX);
    let whole = words.join(" ");
    if whole.is_empty() {
        return;
    }
    // The class is part of the text: `brown` as an eye colour is not `brown` as a nationality.
    let keyed = format!("{class:08x} {whole}");
    builder.push(kind, class, (&keyed, normalize::rarity::text(&whole).min(10)), &[], Some(Value::Text(whole)));
}
