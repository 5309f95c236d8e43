//! How somebody comes back: what of the persona before is kept, respelled, edited or new.
//!
//! [`Return::make`] is the whole job.

use super::dials::Field;
use super::persona::{Edit, Held, Maker, Origin, Person, Persona, Photo, Tweak};
use super::random::Random;
use super::shared::{Pool, Pools};

/// Somebody back under another account.
#[derive(Clone, Debug)]
pub(super) struct Return {
    pub(super) persona: Persona,
    /// How, in words for the table of relations.
    pub(super) how: String,
}

impl Return {
    /// The next persona after `before`.
    pub(super) fn make(maker: &mut Maker<'_>, pools: Pools, random: &mut Random, before: &Persona) -> Return {
        let dials = maker.dials;
        let mut back = Return { persona: before.clone(), how: String::new() };
        let changes = [dials.change_none, dials.change_payout, dials.change_name, dials.change_both];
        let change = random.weighted(&changes);
        if change == 1 || change == 3 {
            back.new_payout(maker, pools, random);
        }
        if change == 2 || change == 3 {
            back.new_name(maker, random);
        } else if random.chance(dials.name_tweak) {
            back.tweak(maker, random);
        }
        back.identity(maker, random);
        back.contact(maker, random);
        back.place(maker, random);
        back.text(maker, pools, random);
        back.photos(maker, pools, random);
        if back.how.is_empty() {
            back.how.push_str("the same again");
        }
        back
    }

    fn say(&mut self, what: &str) {
        if !self.how.is_empty() {
            self.how.push_str("; ");
        }
        self.how.push_str(what);
    }

    fn new_payout(&mut self, maker: &mut Maker<'_>, pools: Pools, random: &mut Random) {
        let persona = &mut self.persona;
        if random.chance(maker.dials.payout_mule) {
            pools.mule(maker, random, persona);
            self.say("payout of a mule");
            return;
        }
        // Another account of the same holder: a wallet that goes by the old number would be the old one.
        let phone = maker.phone(random, persona.origin).value;
        let email = maker.email(random, persona.origin, &persona.shop.value, &persona.person.value).value;
        persona.payment = maker.payment(random, persona.origin, &phone, &email);
        persona.unshare(Field::Payment, None);
        self.say("new payout");
    }

    fn new_name(&mut self, maker: &mut Maker<'_>, random: &mut Random) {
        self.persona.shop = maker.shop(random, self.persona.origin);
        self.persona.tweak = Tweak::None;
        self.say("new name");
    }

    fn tweak(&mut self, maker: &mut Maker<'_>, random: &mut Random) {
        let dials = maker.dials;
        let parts = [
            dials.tweak_counter,
            dials.tweak_separator,
            dials.tweak_affix,
            dials.tweak_script,
            dials.tweak_homoglyph,
            dials.tweak_leet,
            dials.tweak_drop,
        ];
        let separator = *random.pick(&["-", ".", "_", "__", " x "]);
        let (tweak, what) = match random.weighted(&parts) {
            0 => (Tweak::Counter(random.between(1, 99) as u32), "name with a number"),
            1 => (Tweak::Separator(separator), "name with separators"),
            2 => (Tweak::Affix(maker.words.affix_en.draw(random).text), "name with shop words"),
            3 => (Tweak::OtherScript, "name in the other script"),
            4 => (Tweak::Homoglyph, "name with look-alike letters"),
            5 => (Tweak::Leet, "name with digits for letters"),
            _ => (Tweak::Drop(random.below(64)), "name with a letter dropped or doubled"),
        };
        self.persona.tweak = tweak;
        self.say(what);
    }

    fn identity(&mut self, maker: &mut Maker<'_>, random: &mut Random) {
        let dials = maker.dials;
        let persona = &mut self.persona;
        let origin = persona.origin;
        let chance = random.unit();
        let mut said = "";
        if dials.keep_person + dials.borrow_identity <= chance {
            persona.person = maker.person(random, origin);
            said = "another person named";
        } else if dials.keep_person <= chance {
            persona.person = relative(maker, random, persona);
            said = "a relative's identity";
        }
        if persona.company.is_some() && !random.chance(dials.keep_company) {
            let shop = persona.shop.value.clone();
            let registered = random.chance(dials.company_share);
            persona.company = registered.then(|| maker.company(random, origin, &shop));
        }
        if !said.is_empty() {
            self.say(said);
        }
    }

    fn contact(&mut self, maker: &mut Maker<'_>, random: &mut Random) {
        let dials = maker.dials;
        let persona = &mut self.persona;
        let origin = persona.origin;
        let mut changed = 0;
        if !random.chance(dials.keep_phone) {
            persona.phone = maker.phone(random, origin);
            persona.unshare(Field::Phone, None);
            changed += 1;
        }
        if !random.chance(dials.keep_email) {
            persona.email = maker.email(random, origin, &persona.shop.value, &persona.person.value);
            persona.unshare(Field::Email, None);
            changed += 1;
        }
        if !random.chance(dials.keep_handle) {
            persona.handle = maker.handle(random, origin, &persona.shop.value, &persona.person.value);
            changed += 1;
        }
        if !random.chance(dials.keep_tracker) {
            persona.tracker = maker.tracker(random);
            persona.unshare(Field::Tracker, None);
        }
        if !random.chance(dials.keep_domain) {
            persona.domain = maker.domain(random, &persona.shop.value);
        }
        if changed == 3 {
            self.say("new contact");
        }
    }

    fn place(&mut self, maker: &mut Maker<'_>, random: &mut Random) {
        let dials = maker.dials;
        let persona = &mut self.persona;
        if !random.chance(dials.keep_address) {
            persona.address = maker.address(random, persona.origin);
            persona.unshare(Field::Address, None);
        } else if random.chance(dials.address_respelled) {
            persona.address.value.respelled ^= true;
        }
    }

    fn text(&mut self, maker: &mut Maker<'_>, pools: Pools, random: &mut Random) {
        let dials = maker.dials;
        let persona = &mut self.persona;
        let chance = random.unit();
        if chance < dials.keep_text {
            return;
        }
        if chance < dials.keep_text + dials.reword_text {
            persona.wording.value = persona.wording.value.reworded(random);
            self.say("text reworded");
            return;
        }
        persona.wording = maker.wording(random);
        persona.unshare(Field::Listings, Some(Pool::SupplierText));
        if random.chance(dials.supplier_text) {
            pools.supplier_text(maker, random, persona);
        }
        self.say("new text");
    }

    fn photos(&mut self, maker: &mut Maker<'_>, pools: Pools, random: &mut Random) {
        let dials = maker.dials;
        let persona = &mut self.persona;
        let chance = random.unit();
        if chance < dials.keep_photo {
            return;
        }
        if chance < dials.keep_photo + dials.edit_photo {
            persona.photos = persona.photos.iter().map(|photo| edited(photo, random)).collect();
            persona.avatar = edited(&persona.avatar, random);
            self.say("photos edited");
            return;
        }
        let style = if random.chance(dials.keep_style) { persona.avatar.style } else { random.number() };
        let drawn = persona.avatar.drawn;
        let product = Some(persona.product);
        persona.photos = (0..3).map(|_| maker.photo(random, product, style, drawn)).collect();
        persona.avatar = maker.photo(random, None, style, drawn);
        persona.unshare(Field::Listings, Some(Pool::SupplierPhoto));
        if random.chance(dials.supplier_photo) {
            pools.supplier_photos(maker, random, persona);
        }
        self.say("new photos");
    }
}

/// Somebody of the same family.
pub(super) fn relative(maker: &mut Maker<'_>, random: &mut Random, of: &Persona) -> Held<Person> {
    let mut person = maker.person(random, of.origin);
    let own = &of.person.value;
    if let (Origin::Cn, Some(han)) = (of.origin, person.value.han.take()) {
        let given: String = han.chars().skip(person.value.surname_han.chars().count()).collect();
        person.value.han = Some(format!("{}{given}", own.surname_han));
    }
    person.value.surname_han = own.surname_han;
    person.value.surname = own.surname.clone();
    person.value.birth_place = own.birth_place.clone();
    person
}

/// A copy that went through one edit or two, sometimes through none but saving.
pub(super) fn edited(photo: &Photo, random: &mut Random) -> Photo {
    let mut copy = photo.clone();
    for _ in 0..=random.below(2) {
        let edit = *random.pick(&Edit::ALL);
        copy.edits.push((edit, random.number()));
    }
    copy
}
