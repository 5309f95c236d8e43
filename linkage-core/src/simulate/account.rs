//! One account on one platform: which fields it shows of its persona, its listings, and its line of the truth.

use super::ceiling::{Shown, Traces};
use super::dials::{Field, IdStyle, Platform};
use super::persona::{Held, Origin, Persona, Photo};
use super::random::Random;
use super::world::World;
use super::{SimulateError, draw};
use crate::record::{
    AccountDraft, AddressDraft, AttributeDraft, DocumentDraft, HandleDraft, ImageDraft, ListingDraft, PaymentDraft,
    PersonDraft, PriceDraft, RegistrationDraft, TrackerDraft,
};

/// The first day of the worlds, 2023-01-01, in seconds.
const DAY_ZERO: i64 = 1_672_531_200;

/// Days after the first day on which the last things happen.
pub(super) const DAYS: i32 = 1_095;

/// From when to when an account was open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) opened: i32,
    pub(super) closed: Option<i32>,
}

/// An account that was written.
#[derive(Clone, Debug)]
pub(super) struct Stay {
    pub(super) key: String,
    pub(super) span: Span,
    pub(super) role: &'static str,
    pub(super) generation: usize,
    pub(super) traces: Traces,
    pub(super) listings: Vec<String>,
    /// Index into the products.
    pub(super) product: usize,
}

/// A time on a day of the world, in RFC 3339.
pub(super) fn at(day: i32, second: usize) -> String {
    let seconds = DAY_ZERO + i64::from(day) * 86_400 + second as i64;
    jiff::Timestamp::from_second(seconds).map(|time| time.to_string()).unwrap_or_default()
}

impl World<'_> {
    /// Opens an account of `persona`, writes it with its listings, and says what it shows.
    pub(super) fn open(
        &mut self,
        random: &mut Random,
        persona: &Persona,
        entity: &str,
        role: &'static str,
        (platform, span): (usize, Span),
    ) -> Result<Stay, SimulateError> {
        let place = self.platforms[platform].clone();
        let chinese =
            random.chance(if persona.origin == Origin::Cn { 0.2 + place.chinese } else { place.chinese - 0.5 });
        let mut draft = AccountDraft { platform: place.name.to_owned(), ..AccountDraft::default() };
        draft.display_name = persona.shop.value.shown(random, &persona.tweak, chinese, self.maker.words);
        draft.account_id = self.account_id(random, &place, &draft.display_name, persona);
        let mut stay = Stay {
            key: format!("{}/{}", draft.platform, draft.account_id),
            span,
            role,
            generation: 0,
            traces: Vec::new(),
            listings: Vec::new(),
            product: persona.product,
        };
        stay.saw(Shown::Name, persona.shop.trace);
        self.fill(random, persona, &place, chinese, &mut draft, &mut stay)?;
        self.note_shares(persona, entity, &stay, &draft)?;
        self.observe(random, persona, &place, draft, span)?;
        if random.chance(self.asked(&place, persona, Field::Listings)) {
            self.list(random, persona, &place, chinese, &mut stay)?;
        }
        Ok(stay)
    }

    fn asked(&self, place: &Platform, persona: &Persona, field: Field) -> f64 {
        let factor = if matches!(field, Field::Url | Field::Listings) { 1.0 } else { self.maker.dials.fields };
        place.shows(field) * factor * (1.0 - if field == Field::Listings { 0.0 } else { persona.hides })
    }

    /// Ids are unlike every other on the platform, and of its own look.
    fn account_id(&mut self, random: &mut Random, place: &Platform, name: &str, persona: &Persona) -> String {
        self.opened += 1;
        // Odd, so that numbers below 2^40 are permuted.
        let number = (self.opened.wrapping_mul(0x00b5_ad4e_ceda_1ce3) ^ self.seed) & ((1 << 40) - 1);
        match place.ids {
            IdStyle::Number => format!("{}", 100_000_000_000 + number % 900_000_000_000),
            IdStyle::Code => format!("A{number:010X}"),
            IdStyle::Domain => self.free(place.name, persona.domain.value.clone()),
            IdStyle::Name => {
                let join = *random.pick(&["", "_", "_", "-"]);
                let words: Vec<String> =
                    name.split([' ', '_']).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
                let slug: String = words.join(join).chars().filter(|c| !c.is_whitespace()).collect();
                self.free(place.name, slug)
            }
        }
    }

    /// `name`, or with a number behind it where somebody has it already.
    fn free(&mut self, place: &str, name: String) -> String {
        let mut wanted = name.clone();
        let mut number = 1;
        while !self.names.insert(hash(place, &wanted)) {
            number += 1;
            wanted = format!("{name}{number}");
        }
        wanted
    }

    fn fill(
        &mut self,
        random: &mut Random,
        persona: &Persona,
        place: &Platform,
        chinese: bool,
        draft: &mut AccountDraft,
        stay: &mut Stay,
    ) -> Result<(), SimulateError> {
        draft.kind = place.kind.to_owned();
        draft.verification = "SELF_DECLARED".to_owned();
        let mut shows = |field: Field, world: &World<'_>| random.chance(world.asked(place, persona, field));
        let shown: Vec<Field> = [
            Field::Person,
            Field::Born,
            Field::Document,
            Field::Phone,
            Field::Email,
            Field::Payment,
            Field::Registration,
            Field::Address,
            Field::Handle,
            Field::Tracker,
            Field::Url,
            Field::Avatar,
            Field::Profile,
        ]
        .into_iter()
        .filter(|field| shows(*field, self))
        .collect();
        for field in &shown {
            match field {
                Field::Person => person(random, persona, chinese, shown.contains(&Field::Born), draft, stay),
                Field::Born | Field::Listings => {}
                Field::Document => document(persona, draft, stay),
                Field::Phone => {
                    draft.phones = several(&persona.phone, &persona.phone_too, Shown::Phone, stay);
                    draft.phones.iter_mut().for_each(|phone| *phone = respell_phone(random, phone));
                }
                Field::Email => draft.emails = several(&persona.email, &persona.email_too, Shown::Email, stay),
                Field::Payment => payment(persona, draft, stay),
                Field::Registration => registration(persona, draft, stay),
                Field::Address => {
                    stay.saw(Shown::Address, persona.address.trace);
                    draft.addresses = vec![address(random, persona)];
                }
                Field::Handle => {
                    stay.saw(Shown::Handle, persona.handle.trace);
                    let (service, value) = &persona.handle.value;
                    draft.handles = vec![HandleDraft { service: (*service).to_owned(), value: value.clone() }];
                }
                Field::Tracker => {
                    stay.saw(Shown::Tracker, persona.tracker.trace);
                    let (scheme, value) = &persona.tracker.value;
                    draft.trackers = vec![TrackerDraft { scheme: (*scheme).to_owned(), value: value.clone() }];
                }
                Field::Url => {
                    stay.saw(Shown::Domain, persona.domain.trace);
                    draft.urls = vec![format!("https://{}/", persona.domain.value)];
                }
                Field::Avatar => {
                    stay.saw(Shown::Photo, persona.avatar.trace);
                    draft.images = vec![self.image(&persona.avatar)?];
                }
                Field::Profile => {
                    stay.saw(Shown::Text, persona.wording.trace);
                    draft.description = self.profile(random, persona, chinese);
                }
            }
        }
        Ok(())
    }

    fn profile(&self, random: &mut Random, persona: &Persona, chinese: bool) -> String {
        let phrases = persona.wording.value.phrases(self.maker.words, chinese);
        let chosen: Vec<&str> = phrases.iter().skip(random.below(3)).map(String::as_str).collect();
        if chinese { format!("{}。", chosen.join("，")) } else { format!("{}.", chosen.join(". ")) }
    }

    /// Writes the account as it was seen, now and then twice: first with another mail address.
    fn observe(
        &mut self,
        random: &mut Random,
        persona: &Persona,
        place: &Platform,
        mut draft: AccountDraft,
        span: Span,
    ) -> Result<(), SimulateError> {
        draft.source = place.name.to_owned();
        draft.opened_at = at(span.opened, random.below(86_400));
        let last = span.closed.unwrap_or(span.opened + random.between(5, 200)).min(DAYS);
        if random.chance(self.maker.dials.second_look) && 2 < last - span.opened {
            let mut before = draft.clone();
            let email = self.maker.email(random, persona.origin, &persona.shop.value, &persona.person.value);
            before.emails = if draft.emails.is_empty() { Vec::new() } else { vec![email.value] };
            before.observed_at = at(span.opened + 1, random.below(86_400));
            self.files.account(&before)?;
        }
        if let Some(closed) = span.closed {
            draft.closed_at = at(closed, random.below(86_400));
        }
        draft.observed_at = at(last + 1, random.below(86_400));
        self.files.account(&draft)
    }

    /// Who shares a value with a stranger must not be linked to the last one who did.
    fn note_shares(
        &mut self,
        persona: &Persona,
        entity: &str,
        stay: &Stay,
        draft: &AccountDraft,
    ) -> Result<(), SimulateError> {
        for share in &persona.shares {
            let is_shown = match share.field {
                Field::Address => !draft.addresses.is_empty(),
                Field::Email => !draft.emails.is_empty(),
                Field::Phone => !draft.phones.is_empty(),
                Field::Payment => !draft.payments.is_empty(),
                Field::Tracker => !draft.trackers.is_empty(),
                _ => true,
            };
            if is_shown {
                let holder = (entity.to_owned(), stay.key.clone());
                let before = self.last_holder.insert((share.pool, share.field, share.number), holder);
                if let Some((_, before)) = before.filter(|(other, _)| *other != entity) {
                    self.files.trap(&before, &stay.key, share.pool.reason())?;
                }
            }
        }
        Ok(())
    }

    fn list(
        &mut self,
        random: &mut Random,
        persona: &Persona,
        place: &Platform,
        chinese: bool,
        stay: &mut Stay,
    ) -> Result<(), SimulateError> {
        let mean = self.maker.dials.listings.max(1.0);
        let count = 1 + random.runs(1.0 - 1.0 / mean, 12);
        stay.saw(Shown::Text, persona.wording.trace);
        let last = stay.span.closed.unwrap_or(stay.span.opened + 90).min(DAYS);
        for _ in 0..count {
            let product = self.maker.words.products[persona.product];
            self.listed += 1;
            let mut listing = ListingDraft {
                platform: place.name.to_owned(),
                listing_id: format!("L{:09}", self.listed),
                account_id: stay.key.split_once('/').map(|(_, id)| id.to_owned()).unwrap_or_default(),
                observed_at: at(random.between(stay.span.opened, last.max(stay.span.opened)), random.below(86_400)),
                source: place.name.to_owned(),
                category: product.category.to_owned(),
                ..ListingDraft::default()
            };
            let name = if chinese { product.chinese } else { product.english };
            // Some leave the brand out, or write it apart so that nobody finds it.
            let brand = match random.below(8) {
                0 => String::new(),
                1 => product.brand.split("").filter(|c| !c.is_empty()).collect::<Vec<_>>().join("."),
                _ => product.brand.to_owned(),
            };
            listing.title = format!("{brand} {name}").trim().to_owned();
            if random.chance(0.5) {
                listing.brand = product.brand.to_owned();
            }
            if random.chance(0.15) {
                let mut code = Random::stream(self.seed, "gtin", persona.product as u64);
                listing.gtin = super::numbers::gtin(&mut code);
            }
            let phrases = persona.wording.value.phrases(self.maker.words, chinese);
            let (comma, stop) = if chinese { ("，", "。") } else { (", ", ".") };
            let first = random.below(2);
            listing.description = format!("{}{comma}{}{stop}", listing.title, phrases[first..].join(comma));
            let cents = [0, 50, 95, 99];
            let factor = random.between(60, 130) as u32;
            let (currency, rate) = match place.name {
                "taobao" | "pdd" | "xiaohongshu" | "wechat" => ("CNY", 9),
                "bazaar_de" => ("EUR", 1),
                "temu" | "aliexpress" | "shopapp" => ("USD", 1),
                _ => ("GBP", 1),
            };
            let amount = format!("{}.{:02}", product.price * factor * rate / 100, random.pick(&cents));
            listing.price = Some(PriceDraft { currency: currency.to_owned(), amount });
            let photos = 1 + random.runs(1.0 - 1.0 / self.maker.dials.photos.max(1.0), persona.photos.len() - 1);
            let from = random.below(persona.photos.len());
            for at in 0..photos {
                let photo = &persona.photos[(from + at) % persona.photos.len()];
                stay.saw(Shown::Photo, photo.trace);
                listing.images.push(self.image(photo)?);
            }
            stay.listings.push(listing.listing_id.clone());
            self.files.listing(&listing)?;
        }
        Ok(())
    }

    /// A photo as records name it: a file where it is drawn, else digests that behave as those of a photo would.
    fn image(&mut self, photo: &Photo) -> Result<ImageDraft, SimulateError> {
        let name = draw::file_name(photo);
        if !photo.drawn {
            let (blake3, pdq) = draw::digests(photo, &name);
            return Ok(ImageDraft { blake3, pdq, ..ImageDraft::default() });
        }
        if let Some((path, blake3)) = self.drawn.get(&name) {
            return Ok(ImageDraft { path: path.clone(), blake3: blake3.clone(), ..ImageDraft::default() });
        }
        let shape = photo.product.map(|product| self.maker.words.products[product].shape);
        let bytes = draw::picture(photo, shape).map_err(|source| SimulateError::write(name.as_ref(), source))?;
        let blake3 = blake3::hash(&bytes).to_hex().to_string();
        let path = self.files.picture(&name, &bytes)?;
        self.drawn.insert(name, (path.clone(), blake3.clone()));
        Ok(ImageDraft { path, blake3, ..ImageDraft::default() })
    }
}

impl Stay {
    /// Notes what the account shows.
    fn saw(&mut self, shown: Shown, trace: Option<u64>) {
        self.traces.extend(trace.map(|trace| (shown, trace)));
    }
}

fn person(
    random: &mut Random,
    persona: &Persona,
    chinese: bool,
    with_birth: bool,
    draft: &mut AccountDraft,
    stay: &mut Stay,
) {
    stay.saw(Shown::Person, persona.person.trace);
    let person = &persona.person.value;
    let mut written = PersonDraft { name: person.written(random, chinese), ..PersonDraft::default() };
    if with_birth {
        written.birth_date = person.born.clone();
        if random.chance(0.5) {
            written.birth_place = person.birth_place.clone();
        }
        let nationality = country(persona.origin);
        draft.attributes = vec![AttributeDraft { name: "nationality".to_owned(), value: nationality.to_owned() }];
    }
    draft.persons = vec![written];
}

fn document(persona: &Persona, draft: &mut AccountDraft, stay: &mut Stay) {
    stay.saw(Shown::Document, persona.person.trace);
    let (scheme, value) = &persona.person.value.document;
    draft.documents = vec![DocumentDraft {
        scheme: (*scheme).to_owned(),
        value: value.clone(),
        country: country(persona.origin).to_owned(),
        ..DocumentDraft::default()
    }];
    draft.verification = "DOCUMENT_CHECKED".to_owned();
}

fn registration(persona: &Persona, draft: &mut AccountDraft, stay: &mut Stay) {
    let Some(company) = &persona.company else { return };
    stay.saw(Shown::Company, company.trace);
    let value = &company.value;
    draft.legal_name = value.legal_name.clone();
    draft.registrations = vec![RegistrationDraft {
        scheme: value.scheme.to_owned(),
        value: value.number.clone(),
        country: country(persona.origin).to_owned(),
    }];
}

fn payment(persona: &Persona, draft: &mut AccountDraft, stay: &mut Stay) {
    stay.saw(Shown::Payment, persona.payment.trace);
    let (scheme, value) = &persona.payment.value;
    let has_holder = !matches!(*scheme, "USDT-TRC20" | "WECHAT_PAY");
    draft.payments = vec![PaymentDraft {
        scheme: (*scheme).to_owned(),
        value: value.clone(),
        digest: String::new(),
        holder_name: if has_holder { persona.payee.clone() } else { String::new() },
    }];
}

fn several(first: &Held<String>, second: &Option<Held<String>>, shown: Shown, stay: &mut Stay) -> Vec<String> {
    let both: Vec<&Held<String>> = std::iter::once(first).chain(second).collect();
    both.iter().for_each(|held| stay.saw(shown, held.trace));
    both.into_iter().map(|held| held.value.clone()).collect()
}

/// The same number, written in one of the usual ways.
fn respell_phone(random: &mut Random, phone: &str) -> String {
    match random.below(6) {
        0 => phone.replace(' ', ""),
        1 => phone.replace(' ', "-"),
        2 => phone.replacen('+', "00", 1),
        _ => phone.to_owned(),
    }
}

fn address(random: &mut Random, persona: &Persona) -> AddressDraft {
    let place = &persona.address.value;
    let mut draft = AddressDraft { text: place.line(), country: place.country.to_owned(), ..AddressDraft::default() };
    if place.country != "CN" && random.chance(0.4) {
        draft.street = format!("{} {}", place.number, place.street);
        draft.locality = place.locality.clone();
        draft.postcode = place.postcode.clone();
    }
    draft
}

fn country(origin: Origin) -> &'static str {
    match origin {
        Origin::Cn => "CN",
        Origin::Gb => "GB",
        Origin::De => "DE",
    }
}

fn hash(place: &str, name: &str) -> u64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(place.as_bytes());
    hasher.update(b"/");
    hasher.update(name.as_bytes());
    let mut bytes = [0; 8];
    hasher.finalize_xof().fill(&mut bytes);
    u64::from_le_bytes(bytes)
}
