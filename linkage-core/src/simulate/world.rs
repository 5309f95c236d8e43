//! Who is in a world: groups of sellers, drawn one after the other, each with a stream of chance of its own.
//!
//! [`World::run`] draws the groups; a method for each sort of group follows in the order of the dials. An operator's life is
//! [`World::life`].

use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::account::{DAYS, Span, Stay};
use super::cast;
use super::ceiling::{Traces, ceiling};
use super::dials::{Dials, Field, Platform};
use super::evade::{Return, edited, relative};
use super::files::{Files, TruthRow};
use super::persona::{Maker, Origin, Persona, Tweak};
use super::random::Random;
use super::shared::{Pool, Pools};
use super::words::Words;
use super::{Counts, Request, SimulateError};

/// A world under way.
#[derive(Debug)]
pub(super) struct World<'a> {
    pub(super) seed: u64,
    /// How many to draw.
    accounts: u64,
    with_cast: bool,
    pub(super) maker: Maker<'a>,
    pools: Pools,
    pub(super) platforms: Vec<Platform>,
    pub(super) files: Files,
    /// Accounts, listings and notices so far.
    pub(super) opened: u64,
    pub(super) listed: u64,
    pub(super) notices: u64,
    /// Names that are taken, as hashes.
    pub(super) names: HashSet<u64>,
    /// Who showed a shared value last: entity and account.
    pub(super) last_holder: HashMap<(Pool, Field, usize), (String, String)>,
    /// Pictures that are written already, with their digest.
    pub(super) drawn: HashMap<String, (String, String)>,
}

/// How many days pass between a closing and the next opening: equally likely, for a median of 11.
///
/// The shape is an assumption: half within a fortnight, some the same day, a tail of months.
const DELAYS: [f64; 15] = [0.0, 1.0, 2.0, 3.0, 5.0, 7.0, 9.0, 11.0, 14.0, 18.0, 25.0, 36.0, 50.0, 80.0, 130.0];

/// The role of those who infringe; every other role is honest.
const INFRINGER: &str = "infringer";

/// Changes a persona before an account is opened: generation and persona.
type Plant<'p> = &'p mut dyn FnMut(usize, &mut Persona);

impl<'a> World<'a> {
    /// A world without anybody in it yet.
    pub(super) fn create(
        request: &Request,
        dials: &'a Dials,
        words: &'a Words,
        platforms: Vec<Platform>,
        folder: &Path,
    ) -> Result<World<'a>, SimulateError> {
        let wanted = 0.0 < dials.cast && cast::accounts() < request.accounts;
        let cast = if wanted { cast::accounts() } else { 0 };
        Ok(World {
            seed: request.seed,
            accounts: request.accounts.saturating_sub(cast),
            with_cast: 0 < cast,
            maker: Maker::new(dials, words),
            pools: Pools { seed: request.seed, accounts: request.accounts },
            platforms,
            files: Files::create(folder)?,
            opened: 0,
            listed: 0,
            notices: 0,
            names: HashSet::new(),
            last_holder: HashMap::new(),
            drawn: HashMap::new(),
        })
    }

    /// Draws groups until there are as many accounts as wanted.
    pub(super) fn run(mut self, progress: &mut dyn FnMut(u64)) -> Result<Counts, SimulateError> {
        /// Groups are at most this large, operators apart, whose number is cut to the room there is.
        const GROUP_MAX: u64 = 12;
        let dials = self.maker.dials;
        let parts = [
            dials.w_honest,
            dials.w_operator,
            dials.w_firm,
            dials.w_agency,
            dials.w_family,
            dials.w_namesakes,
            dials.w_victim,
            dials.w_impersonated,
            dials.w_sold,
            dials.w_recycled,
            dials.w_poisoned,
        ];
        let mut group = 0;
        while self.opened < self.accounts {
            let mut random = Random::stream(self.seed, "group", group);
            group += 1;
            let sort = if self.room() < GROUP_MAX { 0 } else { random.weighted(&parts) };
            match sort {
                0 => self.honest(&mut random)?,
                1 => self.operator(&mut random)?,
                2 => self.firm(&mut random)?,
                3 => self.agency(&mut random)?,
                4 => self.family(&mut random)?,
                5 => self.namesakes(&mut random)?,
                6 => self.victim(&mut random)?,
                7 => self.impersonated(&mut random)?,
                8 => self.sold(&mut random)?,
                9 => self.recycled(&mut random)?,
                _ => self.poisoned(&mut random)?,
            }
            progress(self.opened);
        }
        if self.with_cast {
            self.cast()?;
            self.opened += cast::accounts();
        }
        self.files.counts.accounts = self.opened;
        self.files.finish()
    }

    fn room(&self) -> u64 {
        self.accounts.saturating_sub(self.opened)
    }

    // Groups.

    fn honest(&mut self, random: &mut Random) -> Result<(), SimulateError> {
        let persona = self.seller(random);
        self.one(random, &persona, "honest", None).map(drop)
    }

    fn operator(&mut self, random: &mut Random) -> Result<(), SimulateError> {
        let dials = self.maker.dials;
        if random.chance(dials.crew_share) && dials.crew_max as u64 + 2 <= self.room() {
            return self.crew(random);
        }
        let count = self.accounts_of_operator(random);
        let persona = self.infringer(random, count);
        let entity = self.entity();
        let stays = self.life(random, &entity, persona, count, None, &mut |_, _| {})?;
        self.truth(&entity, stays)
    }

    fn firm(&mut self, random: &mut Random) -> Result<(), SimulateError> {
        let mut persona = self.seller(random);
        if persona.company.is_none() {
            let shop = persona.shop.value.clone();
            persona.company = Some(self.maker.company(random, persona.origin, &shop));
        }
        let entity = self.entity();
        let mut stays: Vec<Stay> = Vec::new();
        for generation in 0..random.between(2, 5) as usize {
            let branch = if generation == 0 { persona.clone() } else { self.branch(random, &persona) };
            let platform = self.platform(random, persona.origin, None);
            let mut stay = self.seat(random, &branch, &entity, "honest", platform, 0)?;
            stay.generation = generation;
            if let Some(first) = stays.first() {
                self.files.relation(&first.key, &stay.key, "SAME_OPERATOR", "another platform")?;
            }
            stays.push(stay);
        }
        self.truth(&entity, stays)
    }

    fn agency(&mut self, random: &mut Random) -> Result<(), SimulateError> {
        let agency = self.seller(random);
        let mut clients: Vec<Stay> = Vec::new();
        for _ in 0..random.between(4, 9) {
            let mut client = self.seller_from(random, agency.origin);
            // Each brand has its own company, people and bank; the agency's telephone, mail and tracker are on all.
            client.phone = agency.phone.clone();
            client.email_too = Some(agency.email.clone());
            client.tracker = agency.tracker.clone();
            if random.chance(0.5) {
                client.address = agency.address.clone();
            }
            let stay = self.one(random, &client, "agency_client", None)?;
            self.related(clients.last(), &stay, "one agency", true)?;
            clients.push(stay);
        }
        Ok(())
    }

    fn family(&mut self, random: &mut Random) -> Result<(), SimulateError> {
        let first = self.seller(random);
        let mut members = vec![self.one(random, &first, "family", None)?];
        for _ in 0..random.between(1, 2) {
            let mut member = self.maker.persona_from(random, first.origin);
            member.person = relative(&mut self.maker, random, &first);
            self.pools.coincide(&mut self.maker, random, &mut member);
            if random.chance(0.6) {
                member.phone = first.phone.clone();
            }
            if random.chance(0.7) {
                member.address = first.address.clone();
            }
            if random.chance(0.35) {
                member.payment = first.payment.clone();
                member.payee = first.payee.clone();
            }
            if random.chance(0.3) {
                member.photos = first.photos.clone();
                member.product = first.product;
            }
            let stay = self.one(random, &member, "family", None)?;
            self.related(members.last(), &stay, "one family", true)?;
            members.push(stay);
        }
        Ok(())
    }

    fn namesakes(&mut self, random: &mut Random) -> Result<(), SimulateError> {
        let first = self.seller(random);
        let mut before = self.one(random, &first, "namesake", None)?;
        for _ in 0..random.between(1, 3) {
            let mut other = self.maker.persona_from(random, first.origin);
            let (born, document) = (other.person.value.born.clone(), other.person.value.document.clone());
            other.person = self.maker.own(first.person.value.clone());
            (other.person.value.born, other.person.value.document) = (born, document);
            other.address.value.locality = first.address.value.locality.clone();
            other.product = first.product;
            other.photos.iter_mut().for_each(|photo| photo.product = Some(first.product));
            if matches!(other.payment.value.0, "IBAN" | "CN-BANK") {
                other.payee = first.payee.clone();
            }
            let stay = self.one(random, &other, "namesake", None)?;
            self.files.trap(&before.key, &stay.key, "one name in one town and trade")?;
            before = stay;
        }
        Ok(())
    }

    fn victim(&mut self, random: &mut Random) -> Result<(), SimulateError> {
        let victim = self.seller(random);
        // The documents leaked from a platform that had checked them.
        let checked = self.platforms.iter().position(|platform| 0.3 < platform.shows(Field::Document));
        let (victim_seen, thief_seen) = (random.chance(0.5), random.chance(0.5));
        let honest = self.one(random, &victim, "victim", checked.filter(|_| victim_seen))?;
        let count = self.accounts_of_operator(random);
        let persona = self.infringer(random, count);
        let with_company = random.chance(0.3);
        let with_payee = random.chance(0.4);
        let mut steal = |_: usize, persona: &mut Persona| {
            persona.person = victim.person.clone();
            if with_company && victim.company.is_some() {
                persona.company = victim.company.clone();
            }
            if with_payee {
                persona.payee = victim.payee.clone();
            }
            persona.hides = 0.0;
        };
        let entity = self.entity();
        let first = checked.filter(|_| thief_seen);
        let stays = self.life(random, &entity, persona, count, first, &mut steal)?;
        for stay in &stays {
            self.files.trap(&honest.key, &stay.key, "stolen identity")?;
        }
        self.truth(&entity, stays)
    }

    fn impersonated(&mut self, random: &mut Random) -> Result<(), SimulateError> {
        let brand = self.seller(random);
        let honest = self.one(random, &brand, "impersonated", None)?;
        let count = self.accounts_of_operator(random);
        let mut persona = self.infringer(random, count);
        persona.origin = brand.origin;
        persona.product = brand.product;
        let affix = self.maker.words.affix_en.draw(random).text;
        let copies_photos = random.chance(0.8);
        let photos: Vec<_> = brand.photos.iter().map(|photo| edited(photo, random)).collect();
        let mut copy = |generation: usize, persona: &mut Persona| {
            if generation == 0 {
                persona.shop.value = brand.shop.value.clone();
                persona.tweak = Tweak::Affix(affix);
                persona.wording.value = brand.wording.value.clone();
                if copies_photos {
                    persona.photos.clone_from(&photos);
                }
            }
        };
        let entity = self.entity();
        let stays = self.life(random, &entity, persona, count, None, &mut copy)?;
        for stay in &stays {
            self.files.trap(&honest.key, &stay.key, "impersonated brand")?;
        }
        self.truth(&entity, stays)
    }

    /// An account that was built up by an honest seller and sold to an operator: seen under both.
    fn sold(&mut self, random: &mut Random) -> Result<(), SimulateError> {
        let seller = self.seller(random);
        let other = self.one(random, &seller, "account_seller", None)?;
        let count = self.accounts_of_operator(random).max(2);
        let mut persona = self.infringer(random, count);
        persona.origin = seller.origin;
        let bought = seller.clone();
        // The name, the reviews and the old photos are what was paid for; the money goes elsewhere.
        let mut buy = |generation: usize, persona: &mut Persona| {
            if generation == 1 {
                persona.shop = bought.shop.clone();
                persona.tweak = Tweak::None;
                persona.photos.clone_from(&bought.photos);
                persona.product = bought.product;
                persona.email_too = Some(bought.email.clone());
                persona.phone_too = Some(bought.phone.clone());
            } else if generation == 2 {
                (persona.email_too, persona.phone_too) = (None, None);
            }
        };
        let entity = self.entity();
        let stays = self.life(random, &entity, persona, count, None, &mut buy)?;
        for stay in &stays {
            self.files.trap(&other.key, &stay.key, "account sold")?;
        }
        self.truth(&entity, stays)
    }

    fn recycled(&mut self, random: &mut Random) -> Result<(), SimulateError> {
        let before = self.seller(random);
        let first = self.one(random, &before, "previous_owner", None)?;
        let mut after = self.seller_from(random, before.origin);
        let reason = match random.below(3) {
            0 => {
                after.phone = before.phone.clone();
                "recycled telephone number"
            }
            1 => {
                after.domain = before.domain.clone();
                "domain registered anew"
            }
            _ => {
                after.handle = before.handle.clone();
                "handle taken over"
            }
        };
        let second = if random.chance(0.3) {
            let count = self.accounts_of_operator(random);
            after.hides = self.maker.dials.hide_share;
            let entity = self.entity();
            let stays = self.life(random, &entity, after, count, None, &mut |_, _| {})?;
            let key = stays.first().map(|stay| stay.key.clone()).unwrap_or_default();
            self.truth(&entity, stays)?;
            key
        } else {
            self.one(random, &after, "new_owner", None)?.key
        };
        self.files.trap(&first.key, &second, reason)
    }

    /// False evidence: an operator puts an honest seller's values beside his own.
    fn poisoned(&mut self, random: &mut Random) -> Result<(), SimulateError> {
        let target = self.seller(random);
        let honest = self.one(random, &target, "planted_on", None)?;
        let count = self.accounts_of_operator(random);
        let persona = self.infringer(random, count);
        let which: [bool; 4] = std::array::from_fn(|_| random.chance(0.5));
        let mut plant = |_: usize, persona: &mut Persona| {
            let [phone, email, domain, address] = which;
            if phone || !email {
                persona.phone_too = Some(target.phone.clone());
            }
            if email {
                persona.email_too = Some(target.email.clone());
            }
            if domain {
                persona.domain = target.domain.clone();
            }
            if address {
                persona.address = target.address.clone();
            }
        };
        let entity = self.entity();
        let stays = self.life(random, &entity, persona, count, None, &mut plant)?;
        for stay in &stays {
            self.files.trap(&honest.key, &stay.key, "planted evidence")?;
        }
        self.truth(&entity, stays)
    }

    /// Many accounts in cells, which have less in common with each other than within.
    fn crew(&mut self, random: &mut Random) -> Result<(), SimulateError> {
        let dials = self.maker.dials;
        let count = random.between(dials.crew_min as i32, dials.crew_max as i32) as usize;
        let cells = count.div_ceil((dials.crew_cell as usize).max(1));
        let merges = random.chance(dials.crew_merge);
        let splits = !merges && random.chance(dials.crew_split);
        let boss = self.infringer(random, count);
        let other = match (merges, splits) {
            (true, _) => self.infringer(random, count),
            (false, true) => self.on_his_own(random, &boss),
            (false, false) => boss.clone(),
        };
        let (entity, mut stays) = (self.entity(), Vec::new());
        let second = splits.then(|| self.entity());
        let mut apart: Vec<Stay> = Vec::new();
        for cell in 0..cells {
            let leaves = splits && cells * 2 / 3 <= cell;
            let base = if leaves || merges && cell % 2 == 1 { &other } else { &boss };
            let mut persona = Return::make(&mut self.maker, self.pools, random, base).persona;
            // What holds a crew together: one purse, one telephone, one stock of photos, each for some of the cells.
            if random.chance(dials.crew_common) {
                persona.payment = base.payment.clone();
                persona.payee.clone_from(&base.payee);
            }
            if random.chance(dials.crew_common) {
                persona.phone = base.phone.clone();
            }
            if random.chance(dials.crew_common) {
                persona.photos = base.photos.iter().map(|photo| edited(photo, random)).collect();
            }
            if cell + 1 == cells && merges {
                // The accounts after the merger show something of both.
                persona.payment = boss.payment.clone();
                persona.payee.clone_from(&boss.payee);
                persona.phone_too = Some(other.phone.clone());
                persona.handle = other.handle.clone();
            }
            let size = (count - cell * count / cells).min(count / cells + 1).max(1);
            let name = second.as_ref().filter(|_| leaves).unwrap_or(&entity).clone();
            let found = self.life(random, &name, persona, size, None, &mut |_, _| {})?;
            let so_far = if leaves { &mut apart } else { &mut stays };
            if let (Some(before), Some(first)) = (so_far.first(), found.first()) {
                let (before, first): (&Stay, &Stay) = (before, first);
                self.files.relation(&before.key, &first.key, "SAME_OPERATOR", "one crew")?;
            }
            so_far.extend(found);
        }
        if let (Some(second), Some(left), Some(right)) = (&second, stays.first(), apart.first()) {
            self.files.relation(&left.key, &right.key, "RELATED", "a crew that split")?;
            self.files.trap(&left.key, &right.key, "a crew that split")?;
            self.truth(second, apart)?;
        }
        self.truth(&entity, stays)
    }

    // What groups are made of.

    fn entity(&mut self) -> String {
        self.files.counts.entities += 1;
        format!("e{:07}", self.files.counts.entities)
    }

    fn seller(&mut self, random: &mut Random) -> Persona {
        let mut persona = self.maker.persona(random);
        self.pools.coincide(&mut self.maker, random, &mut persona);
        persona
    }

    /// A seller from one country.
    fn seller_from(&mut self, random: &mut Random, origin: Origin) -> Persona {
        let mut persona = self.maker.persona_from(random, origin);
        self.pools.coincide(&mut self.maker, random, &mut persona);
        persona
    }

    fn infringer(&mut self, random: &mut Random, count: usize) -> Persona {
        let dials = self.maker.dials;
        let mut persona = self.seller(random);
        persona.hides = dials.hide_share;
        if 1 < count && random.chance(dials.drawn_returning) {
            persona.avatar.drawn = true;
            persona.photos.iter_mut().filter(|photo| photo.trace.is_some()).for_each(|photo| photo.drawn = true);
        }
        persona
    }

    /// Whoever leaves a crew and goes on alone: under another name, reached and paid elsewhere, with the stock, the texts and the place that
    /// were common until then.
    fn on_his_own(&mut self, random: &mut Random, boss: &Persona) -> Persona {
        let mut persona = self.seller_from(random, boss.origin);
        persona.hides = boss.hides;
        persona.product = boss.product;
        persona.wording = boss.wording.clone();
        persona.address = boss.address.clone();
        persona.photos = boss.photos.iter().map(|photo| edited(photo, random)).collect();
        persona
    }

    fn accounts_of_operator(&self, random: &mut Random) -> usize {
        let dials = self.maker.dials;
        let most = (dials.more_max as usize).min(self.room().saturating_sub(2) as usize).max(1);
        if random.chance(dials.single_share) || most < 2 {
            return 1;
        }
        2 + random.runs(dials.more_ratio, most - 2)
    }

    /// An honest seller with one account.
    fn one(
        &mut self,
        random: &mut Random,
        persona: &Persona,
        role: &'static str,
        platform: Option<usize>,
    ) -> Result<Stay, SimulateError> {
        let entity = self.entity();
        let platform = platform.unwrap_or_else(|| self.platform(random, persona.origin, None));
        let stay = self.seat(random, persona, &entity, role, platform, 0)?;
        self.truth(&entity, vec![stay.clone()])?;
        Ok(stay)
    }

    /// An honest account: open for good, or closed by its owner some day.
    fn seat(
        &mut self,
        random: &mut Random,
        persona: &Persona,
        entity: &str,
        role: &'static str,
        platform: usize,
        from: i32,
    ) -> Result<Stay, SimulateError> {
        let opened = random.between(from, DAYS - 90);
        let closed = random.chance(0.15).then(|| random.between(opened + 30, DAYS - 1));
        let stay = self.open(random, persona, entity, role, (platform, Span { opened, closed }))?;
        self.complaint(random, &stay)?;
        Ok(stay)
    }

    /// The same firm on another platform: other staff, another bank, an affix to the name.
    fn branch(&mut self, random: &mut Random, persona: &Persona) -> Persona {
        let mut branch = persona.clone();
        if random.chance(0.3) {
            branch.phone = self.maker.phone(random, persona.origin);
            branch.unshare(Field::Phone, None);
        }
        if random.chance(0.35) {
            branch.email = self.maker.email(random, persona.origin, &persona.shop.value, &persona.person.value);
            branch.unshare(Field::Email, None);
        }
        if random.chance(0.35) {
            let (phone, email) = (branch.phone.value.clone(), branch.email.value.clone());
            branch.payment = self.maker.payment(random, persona.origin, &phone, &email);
            branch.unshare(Field::Payment, None);
        }
        if random.chance(0.3) {
            branch.handle = self.maker.handle(random, persona.origin, &persona.shop.value, &persona.person.value);
        }
        if random.chance(0.2) {
            branch.tweak = Tweak::Affix(self.maker.words.affix_en.draw(random).text);
        }
        if random.chance(0.3) {
            branch.wording.value = branch.wording.value.reworded(random);
        }
        branch
    }

    /// Opens one account after the other; each comes back from the one before.
    fn life(
        &mut self,
        random: &mut Random,
        entity: &str,
        mut persona: Persona,
        count: usize,
        first_platform: Option<usize>,
        plant: Plant<'_>,
    ) -> Result<Vec<Stay>, SimulateError> {
        let dials = self.maker.dials;
        let mut stays: Vec<Stay> = Vec::new();
        let mut day = random.between(0, DAYS / 2);
        let mut platform = first_platform.unwrap_or_else(|| self.platform(random, persona.origin, None));
        let mut how = String::new();
        for generation in 0..count {
            plant(generation, &mut persona);
            let ends = (day + random.between(10, 150)).min(DAYS - 1);
            let closed = random.chance(dials.takedown).then_some(ends);
            let span = Span { opened: day, closed };
            let mut stay = self.open(random, &persona, entity, INFRINGER, (platform, span))?;
            stay.generation = generation;
            self.take_down(random, &stay)?;
            if let Some(before) = stays.last() {
                self.files.relation(&before.key, &stay.key, "SAME_OPERATOR", &how)?;
            }
            stays.push(stay);
            if generation + 1 < count {
                day = self.next_day(random, day, ends);
                platform = self.next_platform(random, persona.origin, platform);
                let back = Return::make(&mut self.maker, self.pools, random, &persona);
                (persona, how) = (back.persona, back.how);
            }
        }
        Ok(stays)
    }

    fn next_day(&self, random: &mut Random, opened: i32, ends: i32) -> i32 {
        let dials = self.maker.dials;
        let mut day = if random.chance(dials.parallel_share) {
            random.between(opened + 1, ends.max(opened + 1))
        } else {
            ends + (random.pick(&DELAYS) * dials.delay_days / 11.0) as i32
        };
        if random.chance(dials.sleeper_share) {
            day = ends + dials.sleeper_days as i32 + random.between(0, 60);
        }
        // Who would come back after the end of the world was there at the same time instead.
        if day < DAYS - 12 { day } else { random.between(opened.min(DAYS - 30), DAYS - 12) }
    }

    /// Where a seller from there opens an account.
    fn platform(&self, random: &mut Random, origin: Origin, only: Option<&dyn Fn(&Platform) -> bool>) -> usize {
        let parts: Vec<f64> = self
            .platforms
            .iter()
            .map(|platform| {
                let at_home = if origin == Origin::Cn { 0.15 + platform.chinese } else { 1.02 - platform.chinese };
                let abroad = if origin != Origin::De && platform.name == "bazaar_de" { 0.3 } else { 1.0 };
                let wanted = only.is_none_or(|only| only(platform));
                if wanted { platform.size * at_home * abroad } else { 0.0 }
            })
            .collect();
        random.weighted(&parts)
    }

    fn next_platform(&self, random: &mut Random, origin: Origin, before: usize) -> usize {
        let dials = self.maker.dials;
        let left = self.platforms[before].name;
        let was_chinese = 0.5 < self.platforms[before].chinese;
        let any = |wanted: &dyn Fn(&Platform) -> bool| self.platforms.iter().any(wanted);
        let switches = |platform: &Platform| (0.5 < platform.chinese) != was_chinese;
        let social = |platform: &Platform| platform.is_social() && platform.name != left;
        let other = |platform: &Platform| platform.name != left;
        if random.chance(dials.script_switch) && any(&switches) {
            return self.platform(random, origin, Some(&switches));
        }
        if random.chance(dials.social_share) && any(&social) {
            return self.platform(random, origin, Some(&social));
        }
        if random.chance(dials.to_largest) && any(&other) {
            let at_home = |platform: &Platform| match origin {
                Origin::Cn => 0.15 + platform.chinese,
                Origin::Gb | Origin::De => 1.02 - platform.chinese,
            };
            let parts = |at: &usize| self.platforms[*at].size * at_home(&self.platforms[*at]);
            let largest = (0..self.platforms.len()).filter(|at| *at != before);
            return largest.max_by(|a, b| parts(a).total_cmp(&parts(b))).unwrap_or(before);
        }
        self.platform(random, origin, None)
    }

    fn related(&mut self, before: Option<&Stay>, stay: &Stay, how: &str, is_trap: bool) -> Result<(), SimulateError> {
        let Some(before) = before else { return Ok(()) };
        self.files.relation(&before.key, &stay.key, "RELATED", how)?;
        if is_trap { self.files.trap(&before.key, &stay.key, how) } else { Ok(()) }
    }

    /// Writes the truth about an entity, and what the oracle makes of it.
    fn truth(&mut self, entity: &str, mut stays: Vec<Stay>) -> Result<(), SimulateError> {
        stays.sort_by_key(|stay| stay.span.opened);
        let traces: Vec<Traces> = stays.iter().map(|stay| stay.traces.clone()).collect();
        let found = ceiling(&traces);
        let counts = &mut self.files.counts;
        let pairs = |count: u64| count * count.saturating_sub(1) / 2;
        counts.pairs += pairs(stays.len() as u64);
        for first in 0..stays.len() {
            counts.pairs_ceiling += pairs(found.iter().filter(|(_, group)| *group == first).count() as u64);
        }
        for (at, (stay, (is_detectable, group))) in stays.iter().zip(&found).enumerate() {
            if stay.role == INFRINGER {
                self.files.counts.infringing_accounts += 1;
                self.files.counts.returns += u64::from(0 < at);
                self.files.counts.returns_detectable += u64::from(*is_detectable);
            }
            self.files.truth(&TruthRow {
                account: &stay.key,
                entity,
                role: stay.role,
                generation: stay.generation,
                detectable: *is_detectable,
                ceiling: &format!("{entity}.{group}"),
            })?;
        }
        Ok(())
    }
}
