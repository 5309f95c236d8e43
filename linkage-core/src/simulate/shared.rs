//! What honest and dishonest sellers share without knowing each other: forwarders, formation agents, suppliers' texts and photos,
//! payment agents, templates of sites, and mules.
//!
//! A shared value is made from its number alone, so none is kept in memory. Few are held by hundreds, many by a handful: the hard
//! ones, because no cap on holders finds them.

use super::dials::{Dials, Field};
use super::persona::{Held, Maker, Origin, POOL_NUMBERS, Persona, Photo, Trace};
use super::random::Random;

/// A sort of value that many share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Pool {
    Forwarder,
    Agent,
    SupplierText,
    SupplierPhoto,
    Processor,
    Template,
    Mule,
}

/// One shared value: the field it stands in, its sort, its number, and for a supplier the product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Share {
    pub(super) field: Field,
    pub(super) pool: Pool,
    pub(super) number: usize,
}

impl Pool {
    /// Why two who share it must not be linked by it.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Pool::Forwarder => "freight forwarder's address",
            Pool::Agent => "formation agent's address",
            Pool::SupplierText => "supplier's text",
            Pool::SupplierPhoto => "supplier's photos",
            Pool::Processor => "payment agent's account",
            Pool::Template => "template's tracker",
            Pool::Mule => "one mule's account",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Pool::Forwarder => "forwarder",
            Pool::Agent => "agent",
            Pool::SupplierText => "supplier text",
            Pool::SupplierPhoto => "supplier photo",
            Pool::Processor => "processor",
            Pool::Template => "template",
            Pool::Mule => "mule",
        }
    }
}

/// Draws shared values for a world of so many accounts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pools {
    pub(super) seed: u64,
    pub(super) accounts: u64,
}

impl Pools {
    /// Lets a seller share what the dials say.
    pub(super) fn coincide(self, maker: &mut Maker<'_>, random: &mut Random, persona: &mut Persona) {
        let dials = maker.dials;
        if random.chance(dials.forwarder) {
            self.forwarder(maker, random, persona);
        }
        if persona.company.is_some() && random.chance(dials.agent) {
            self.agent(maker, random, persona);
        }
        if random.chance(dials.supplier_text) {
            self.supplier_text(maker, random, persona);
        }
        if random.chance(dials.supplier_photo) {
            self.supplier_photos(maker, random, persona);
        }
        if random.chance(dials.processor) {
            self.processor(maker, random, persona);
        }
        if random.chance(dials.template) {
            let (number, mut chance) = self.draw(random, dials, Pool::Template, dials.template);
            let tracker = of_pool(maker, &mut chance, |maker, chance| maker.tracker(chance).value);
            persona.tracker = Held::shared(tracker);
            persona.share(Field::Tracker, Pool::Template, number);
        }
    }

    fn forwarder(self, maker: &mut Maker<'_>, random: &mut Random, persona: &mut Persona) {
        let (number, mut chance) = self.draw(random, maker.dials, Pool::Forwarder, maker.dials.forwarder);
        // A warehouse abroad has one address; who uses it writes a suite of its own behind it, or not.
        let origin = if chance.chance(0.7) { Origin::Gb } else { Origin::Cn };
        let mut place = of_pool(maker, &mut chance, |maker, chance| maker.address(chance, origin).value);
        if random.chance(0.4) {
            place.number = format!("Unit {}, {}", random.between(1, 99), place.number);
        }
        persona.address = Held::shared(place);
        persona.share(Field::Address, Pool::Forwarder, number);
    }

    fn agent(self, maker: &mut Maker<'_>, random: &mut Random, persona: &mut Persona) {
        let (number, mut chance) = self.draw(random, maker.dials, Pool::Agent, maker.dials.agent);
        let clerk = of_pool(maker, &mut chance, |maker, chance| maker.persona_from(chance, Origin::Gb));
        persona.address = Held::shared(clerk.address.value);
        persona.share(Field::Address, Pool::Agent, number);
        if random.chance(0.3) {
            persona.email = Held::shared(clerk.email.value);
            persona.share(Field::Email, Pool::Agent, number);
        }
        if random.chance(0.2) {
            persona.phone = Held::shared(clerk.phone.value);
            persona.share(Field::Phone, Pool::Agent, number);
        }
    }

    pub(super) fn supplier_text(self, maker: &mut Maker<'_>, random: &mut Random, persona: &mut Persona) {
        let products = maker.words.products.len();
        let (number, mut chance) =
            self.draw_of(random, maker.dials, Pool::SupplierText, maker.dials.supplier_text, persona.product, products);
        let wording = of_pool(maker, &mut chance, |maker, chance| maker.wording(chance).value);
        persona.wording = Held::shared(wording);
        persona.share(Field::Listings, Pool::SupplierText, number);
    }

    pub(super) fn supplier_photos(self, maker: &mut Maker<'_>, random: &mut Random, persona: &mut Persona) {
        let products = maker.words.products.len();
        let rate = maker.dials.supplier_photo;
        let (number, mut chance) =
            self.draw_of(random, maker.dials, Pool::SupplierPhoto, rate, persona.product, products);
        let style = chance.number();
        let drawn = chance.chance(maker.dials.drawn_others);
        let photo = |chance: &mut Random| Photo {
            trace: None,
            seed: chance.number(),
            product: Some(persona.product),
            style,
            edits: Vec::new(),
            drawn,
        };
        persona.photos = (0..3).map(|_| photo(&mut chance)).collect();
        persona.share(Field::Listings, Pool::SupplierPhoto, number);
    }

    fn processor(self, maker: &mut Maker<'_>, random: &mut Random, persona: &mut Persona) {
        let (number, mut chance) = self.draw(random, maker.dials, Pool::Processor, maker.dials.processor);
        let origin = persona.origin;
        let clerk = of_pool(maker, &mut chance, |maker, chance| maker.persona_from(chance, origin));
        persona.payment = Held::shared(clerk.payment.value);
        persona.payee = clerk.company.map_or(clerk.payee, |company| company.value.legal_name);
        persona.share(Field::Payment, Pool::Processor, number);
    }

    /// A payout in another person's name; the same mule also serves other operators.
    pub(super) fn mule(self, maker: &mut Maker<'_>, random: &mut Random, persona: &mut Persona) {
        let (number, mut chance) = self.draw(random, maker.dials, Pool::Mule, 0.05);
        let origin = persona.origin;
        let mule = of_pool(maker, &mut chance, |maker, chance| maker.persona_from(chance, origin));
        let trace: Trace = Some(1 << 60 | number as u64);
        persona.payment = Held { value: mule.payment.value, trace };
        persona.payee = mule.payee;
        persona.share(Field::Payment, Pool::Mule, number);
    }

    fn draw(self, random: &mut Random, dials: &Dials, pool: Pool, rate: f64) -> (usize, Random) {
        self.draw_of(random, dials, pool, rate, 0, 1)
    }

    /// Which of the pool, and the stream that its value is made from. `part` of `parts` pools of the same sort.
    fn draw_of(
        self,
        random: &mut Random,
        dials: &Dials,
        pool: Pool,
        rate: f64,
        part: usize,
        parts: usize,
    ) -> (usize, Random) {
        let holders = if pool == Pool::Mule { 3.0 } else { dials.hub_holders.max(1.0) };
        let size = (self.accounts as f64 * rate / holders / parts as f64).max(2.0);
        let unit = random.unit();
        let number = (size * unit * unit) as usize * parts + part;
        (number, Random::stream(self.seed, pool.name(), number as u64))
    }
}

/// Makes a value of a pool: the same for the same stream, whatever was made before.
fn of_pool<T>(maker: &mut Maker<'_>, chance: &mut Random, make: impl FnOnce(&mut Maker<'_>, &mut Random) -> T) -> T {
    maker.pool = Some(chance.below(POOL_NUMBERS));
    let made = make(maker, chance);
    maker.pool = None;
    made
}

impl Persona {
    /// Notes that the value of a field is shared.
    fn share(&mut self, field: Field, pool: Pool, number: usize) {
        self.shares.retain(|share| share.field != field || (field == Field::Listings && share.pool != pool));
        self.shares.push(Share { field, pool, number });
    }

    /// Notes that the value of a field is the seller's own again.
    pub(super) fn unshare(&mut self, field: Field, pool: Option<Pool>) {
        self.shares.retain(|share| share.field != field || pool.is_some_and(|pool| pool != share.pool));
    }
}
