//! The values of a record that can be found, with the names of their fields.

use crate::record::{Account, Address, Listing};

/// One value of a record.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Value<'r> {
    /// Where it stands in the record, without the place in a list: `persons.name`.
    pub(super) field: &'static str,
    /// How its terms are made.
    pub(super) sort: Sort,
    /// The value as written.
    pub(super) text: std::borrow::Cow<'r, str>,
}

/// How the terms of a value are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// The key of an account: its id counts, and the whole.
    Key,
    /// A person's name.
    Person,
    /// The name of a shop, a firm, a brand, an offer.
    Name,
    /// Running text.
    Text,
    /// A number or name that is one piece, however it is spaced.
    Identifier,
    /// A telephone number.
    Phone,
}

impl Sort {
    /// What a hit in such a value is worth.
    pub(super) fn weight(self) -> f64 {
        match self {
            Sort::Key | Sort::Person | Sort::Identifier | Sort::Phone => 1.0,
            Sort::Name => 0.95,
            Sort::Text => 0.7,
        }
    }
}

/// The values of an account.
pub(super) fn of_account(account: &Account) -> Vec<Value<'_>> {
    let mut values = Values(Vec::new());
    values.add("account_id", Sort::Key, Some(account.key.as_str()));
    values.add("display_name", Sort::Name, account.display_name.as_deref());
    values.add("legal_name", Sort::Name, account.legal_name.as_deref());
    values.all("persons.name", Sort::Person, &account.persons, |person| person.name.as_deref());
    values.all("registrations.value", Sort::Identifier, &account.registrations, |one| Some(&one.value));
    values.all("emails", Sort::Identifier, &account.emails, |one| Some(one));
    values.all("phones", Sort::Phone, &account.phones, |one| Some(one));
    values.all("urls", Sort::Identifier, &account.urls, |one| Some(one));
    values.all("handles.value", Sort::Identifier, &account.handles, |one| Some(&one.value));
    values.all("payments.value", Sort::Identifier, &account.payments, |one| Some(&one.value));
    values.all("payments.holder_name", Sort::Person, &account.payments, |one| one.holder_name.as_deref());
    values.all("trackers.value", Sort::Identifier, &account.trackers, |one| Some(&one.value));
    values.0.extend(account.addresses.iter().map(address));
    values.all("persons.birth_place", Sort::Text, &account.persons, |person| person.birth_place.as_deref());
    values.all("attributes.value", Sort::Text, &account.attributes, |one| Some(&one.value));
    values.add("description", Sort::Text, account.description.as_deref());
    values.0
}

/// The values of a listing.
pub(super) fn of_listing(listing: &Listing) -> Vec<Value<'_>> {
    let mut values = Values(Vec::new());
    values.add("listing_id", Sort::Identifier, Some(&listing.listing_id));
    values.add("title", Sort::Name, listing.title.as_deref());
    values.add("brand", Sort::Name, listing.brand.as_deref());
    values.add("gtin", Sort::Identifier, listing.gtin.as_deref());
    values.add("url", Sort::Identifier, listing.url.as_deref());
    values.add("category", Sort::Text, listing.category.as_deref());
    values.add("description", Sort::Text, listing.description.as_deref());
    values.0
}

struct Values<'r>(Vec<Value<'r>>);

impl<'r> Values<'r> {
    fn add(&mut self, field: &'static str, sort: Sort, text: Option<&'r str>) {
        self.0.extend(text.map(|text| Value { field, sort, text: text.into() }));
    }

    fn all<T>(&mut self, field: &'static str, sort: Sort, of: &'r [T], text: impl Fn(&'r T) -> Option<&'r str>) {
        of.iter().for_each(|one| self.add(field, sort, text(one)));
    }
}

/// An address in one line.
fn address(address: &Address) -> Value<'_> {
    let parts = [&address.text, &address.street, &address.locality, &address.region, &address.postcode];
    let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    Value { field: "addresses", sort: Sort::Text, text: parts.join(", ").into() }
}
