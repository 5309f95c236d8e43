//! What somebody wrote, before it is checked: plain strings, one struct per record and sub-record.
//!
//! A draft has the field names of the JSON Lines files and of the protobuf messages. An empty string or list means
//! absent, and so does JSON's `null`. Unknown fields, wrong types and lists of more than [`LIST_ITEMS_MAX`] items are
//! refused while reading; every other rule is in [`check`](super::check).
//!
//! [`AccountDraft`] is the one to read first. The way back, from a checked record to its draft, is at the end.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize as DeserializeDerive, Serialize};

use super::check::{CHECK_FAILED, redact_cards_in_path};
use super::{
    Account, Address, Attribute, Document, Enforcement, Handle, Image, Listing, Payment, Person, Price, Registration,
    Right, Tracker,
};

/// Most items in one list of a record.
pub const LIST_ITEMS_MAX: usize = 256;

/// Declares drafts: every field may be missing, empty or `null`, and is left out when empty.
macro_rules! drafts {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Default, PartialEq, Eq, Serialize, DeserializeDerive)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            $(
                $(#[$field_doc])*
                #[serde(deserialize_with = "Value::read", skip_serializing_if = "is_absent")]
                pub $field: $type,
            )*
        }

        impl Value for $name {
            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                deserializer.deserialize_map(Object(PhantomData))
            }
        }

        /// Names the fields that are there; what they hold has not been checked and may be a secret.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut shown = f.debug_struct(stringify!($name));
                $(if !is_absent(&self.$field) { shown.field(stringify!($field), &format_args!("…")); })*
                shown.finish()
            }
        }
    )*};
}

drafts! {
    /// An account as written; checked by [`AccountDraft::check`].
    AccountDraft {
        /// Required: `[a-z0-9_]{1,64}`.
        platform: String,
        /// Required: the platform's own id.
        account_id: String,
        /// Name of an [`AccountKind`](super::AccountKind).
        kind: String,
        /// Required: RFC 3339 time.
        observed_at: String,
        /// Who supplied it.
        source: String,
        /// RFC 3339 time.
        opened_at: String,
        /// RFC 3339 time.
        closed_at: String,
        /// The name buyers see.
        display_name: String,
        /// The name of the business.
        legal_name: String,
        /// Profile or shop text.
        description: String,
        /// People named on the account.
        persons: Vec<PersonDraft>,
        /// Company and tax registrations.
        registrations: Vec<RegistrationDraft>,
        /// Identity documents.
        documents: Vec<DocumentDraft>,
        /// Mail addresses.
        emails: Vec<String>,
        /// Telephone numbers.
        phones: Vec<String>,
        /// Web addresses.
        urls: Vec<String>,
        /// Postal addresses.
        addresses: Vec<AddressDraft>,
        /// Names on messengers and social networks.
        handles: Vec<HandleDraft>,
        /// Where the money goes.
        payments: Vec<PaymentDraft>,
        /// Analytics, advertising and certificate identifiers.
        trackers: Vec<TrackerDraft>,
        /// Avatar, logo, licence photo.
        images: Vec<ImageDraft>,
        /// Anything else worth comparing, by name.
        attributes: Vec<AttributeDraft>,
        /// Name of a [`Verification`](super::Verification).
        verification: String,
    }

    /// A person; at least one field.
    PersonDraft {
        /// Full name.
        name: String,
        /// ISO date, year or year and month.
        birth_date: String,
        /// Place of birth.
        birth_place: String,
        /// Role on the account.
        role: String,
    }

    /// A company or tax registration.
    RegistrationDraft {
        /// Required: `CN-USCC`, `GB-COH`, …, any case.
        scheme: String,
        /// Required: the number.
        value: String,
        /// Country of the register.
        country: String,
    }

    /// An identity document: its number or a digest of it.
    DocumentDraft {
        /// Required: `PASSPORT`, …, any case.
        scheme: String,
        /// The number; digested when checked and then forgotten.
        value: String,
        /// Keyed digest, 32 to 128 hex digits; unused when there is a value.
        digest: String,
        /// Issuing country.
        country: String,
        /// `FAILED` where the digested number fails the check of its scheme; found by checking when there is a value.
        check: String,
    }

    /// A postal address.
    AddressDraft {
        /// The whole address in one line.
        text: String,
        /// Street and house number.
        street: String,
        /// Town.
        locality: String,
        /// State or province.
        region: String,
        /// Postal code.
        postcode: String,
        /// ISO 3166-1 alpha-2 code.
        country: String,
    }

    /// A name on a messenger or social network.
    HandleDraft {
        /// Required: `wechat`, …, any case.
        service: String,
        /// Required: the handle.
        value: String,
    }

    /// A payment account.
    PaymentDraft {
        /// Required: `IBAN`, …, any case.
        scheme: String,
        /// Required: the identifier.
        value: String,
        /// Keyed digest of a number of which `value` shows the last four digits only.
        digest: String,
        /// Name of the account holder.
        holder_name: String,
    }

    /// An analytics, advertising or certificate identifier.
    TrackerDraft {
        /// Required: `GOOGLE_ANALYTICS`, …, any case.
        scheme: String,
        /// Required: the identifier.
        value: String,
    }

    /// A picture; at least one field.
    ImageDraft {
        /// Relative to `--images-root`.
        path: String,
        /// BLAKE3 of the file, 64 hex digits.
        blake3: String,
        /// PDQ hash, 64 hex digits.
        pdq: String,
        /// Quality of the PDQ hash, 0 to 100.
        pdq_quality: String,
        /// Columns and rows, such as `800x600`.
        size: String,
        /// What the QR codes in it say.
        codes: Vec<String>,
    }

    /// Anything else worth comparing.
    AttributeDraft {
        /// Required: what it is.
        name: String,
        /// Required: its value.
        value: String,
    }

    /// A listing as written; checked by [`ListingDraft::check`].
    ListingDraft {
        /// Required: `[a-z0-9_]{1,64}`.
        platform: String,
        /// Required: the platform's own id of the listing.
        listing_id: String,
        /// Required: the account that offers it.
        account_id: String,
        /// Required: RFC 3339 time.
        observed_at: String,
        /// Who supplied it.
        source: String,
        /// Title as shown.
        title: String,
        /// Description as shown.
        description: String,
        /// Brand as stated by the seller.
        brand: String,
        /// The platform's category.
        category: String,
        /// 8 to 14 digits.
        gtin: String,
        /// Asking price.
        price: Option<PriceDraft>,
        /// Address of the listing page.
        url: String,
        /// Photos.
        images: Vec<ImageDraft>,
        /// RFC 3339 time.
        removed_at: String,
    }

    /// An amount of money.
    PriceDraft {
        /// ISO 4217 code.
        currency: String,
        /// Decimal string, such as `12.50`.
        amount: String,
    }

    /// A name by itself, one side of a pair.
    NameDraft {
        /// Required: the name.
        name: String,
    }

    /// An enforcement as written; checked by [`EnforcementDraft::check`].
    EnforcementDraft {
        /// Required: `[a-z0-9_]{1,64}`.
        platform: String,
        /// Required: the platform's own id of the action.
        enforcement_id: String,
        /// Required: the account it was taken against.
        account_id: String,
        /// The listing concerned.
        listing_id: String,
        /// Who supplied it.
        source: String,
        /// RFC 3339 time; `taken_at` when absent.
        observed_at: String,
        /// The right that was infringed.
        right: Option<RightDraft>,
        /// Who holds the right.
        rights_holder: String,
        /// Name of an [`Action`](super::Action).
        action: String,
        /// Required: RFC 3339 time.
        taken_at: String,
        /// Name of an [`Outcome`](super::Outcome).
        outcome: String,
        /// RFC 3339 time.
        decided_at: String,
        /// Name of an [`Appeal`](super::Appeal).
        appeal: String,
        /// Name of a [`Harm`](super::Harm).
        harm: String,
        /// RFC 3339 time.
        expires_at: String,
    }

    /// An intellectual-property right.
    RightDraft {
        /// Name of a [`RightKind`](super::RightKind).
        kind: String,
        /// The office that registered it.
        office: String,
        /// Its number there.
        number: String,
    }
}

/// How a field of a draft is read: leniently about absence, strictly about type and size.
pub(super) trait Value: Sized {
    /// Reads one value; `null` is the empty one.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

impl Value for String {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
        Ok(Option::<String>::deserialize(deserializer)?.unwrap_or_default())
    }
}

impl<T: Value> Value for Option<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
        Ok(Option::<Item<T>>::deserialize(deserializer)?.map(|item| item.0))
    }
}

impl<T: Value> Value for Vec<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
        Ok(Option::<List<T>>::deserialize(deserializer)?.map(|list| list.0).unwrap_or_default())
    }
}

/// Lets serde read a [`Value`] where it asks for a `Deserialize`.
pub(super) struct Item<T>(pub(super) T);

impl<'de, T: Value> Deserialize<'de> for Item<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Item<T>, D::Error> {
        T::read(deserializer).map(Item)
    }
}

/// A list that stops at [`LIST_ITEMS_MAX`], so that no line can ask for more memory than that.
struct List<T>(Vec<T>);

impl<'de, T: Value> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<List<T>, D::Error> {
        deserializer.deserialize_seq(ListVisitor(PhantomData)).map(List)
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Value> Visitor<'de> for ListVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {LIST_ITEMS_MAX} items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(Item(item)) = seq.next_element()? {
            if items.len() == LIST_ITEMS_MAX {
                return Err(A::Error::invalid_length(LIST_ITEMS_MAX + 1, &self));
            }
            items.push(item);
        }
        Ok(items)
    }
}

/// Reads a draft from an object only: serde's derive alone would also take an array of the fields in order.
pub(super) struct Object<T>(pub(super) PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}

fn is_absent<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn text(value: &Option<String>) -> String {
    value.clone().unwrap_or_default()
}

fn show(value: &Option<impl fmt::Display>) -> String {
    value.as_ref().map(ToString::to_string).unwrap_or_default()
}

fn drafts<'a, T: 'a, D: From<&'a T>>(records: &'a [T]) -> Vec<D> {
    records.iter().map(D::from).collect()
}

impl From<&Account> for AccountDraft {
    fn from(account: &Account) -> AccountDraft {
        AccountDraft {
            platform: account.key.platform().to_owned(),
            account_id: account.key.account_id().to_owned(),
            kind: show(&account.kind),
            observed_at: account.observed_at.to_string(),
            source: account.source.clone(),
            opened_at: show(&account.opened_at),
            closed_at: show(&account.closed_at),
            display_name: text(&account.display_name),
            legal_name: text(&account.legal_name),
            description: text(&account.description),
            persons: drafts(&account.persons),
            registrations: drafts(&account.registrations),
            documents: drafts(&account.documents),
            emails: account.emails.clone(),
            phones: account.phones.clone(),
            urls: account.urls.clone(),
            addresses: drafts(&account.addresses),
            handles: drafts(&account.handles),
            payments: drafts(&account.payments),
            trackers: drafts(&account.trackers),
            images: drafts(&account.images),
            attributes: drafts(&account.attributes),
            verification: show(&account.verification),
        }
    }
}

impl From<&Person> for PersonDraft {
    fn from(person: &Person) -> PersonDraft {
        PersonDraft {
            name: text(&person.name),
            birth_date: show(&person.birth_date),
            birth_place: text(&person.birth_place),
            role: text(&person.role),
        }
    }
}

impl From<&Registration> for RegistrationDraft {
    fn from(registration: &Registration) -> RegistrationDraft {
        RegistrationDraft {
            scheme: registration.scheme.clone(),
            value: registration.value.clone(),
            country: show(&registration.country),
        }
    }
}

impl From<&Document> for DocumentDraft {
    fn from(document: &Document) -> DocumentDraft {
        DocumentDraft {
            scheme: document.scheme.clone(),
            value: String::new(),
            digest: document.digest.clone(),
            country: show(&document.country),
            check: if document.fails_check { CHECK_FAILED.to_owned() } else { String::new() },
        }
    }
}

impl From<&Address> for AddressDraft {
    fn from(address: &Address) -> AddressDraft {
        AddressDraft {
            text: text(&address.text),
            street: text(&address.street),
            locality: text(&address.locality),
            region: text(&address.region),
            postcode: text(&address.postcode),
            country: show(&address.country),
        }
    }
}

impl From<&Handle> for HandleDraft {
    fn from(handle: &Handle) -> HandleDraft {
        HandleDraft { service: handle.service.clone(), value: handle.value.clone() }
    }
}

impl From<&Payment> for PaymentDraft {
    fn from(payment: &Payment) -> PaymentDraft {
        PaymentDraft {
            scheme: payment.scheme.clone(),
            value: payment.value.clone(),
            digest: text(&payment.digest),
            holder_name: text(&payment.holder_name),
        }
    }
}

impl From<&Tracker> for TrackerDraft {
    fn from(tracker: &Tracker) -> TrackerDraft {
        TrackerDraft { scheme: tracker.scheme.clone(), value: tracker.value.clone() }
    }
}

/// A draft is what is stored and sent, so a card number in the path goes here and not before: while a record comes in, its path must
/// still find the file.
impl From<&Image> for ImageDraft {
    fn from(image: &Image) -> ImageDraft {
        let path = image.path.clone().map(redact_cards_in_path);
        ImageDraft {
            path: text(&path),
            blake3: text(&image.blake3),
            pdq: text(&image.pdq),
            pdq_quality: show(&image.pdq_quality),
            size: image.size.map(|(columns, rows)| format!("{columns}x{rows}")).unwrap_or_default(),
            codes: image.codes.clone(),
        }
    }
}

impl From<&Attribute> for AttributeDraft {
    fn from(attribute: &Attribute) -> AttributeDraft {
        AttributeDraft { name: attribute.name.clone(), value: attribute.value.clone() }
    }
}

impl From<&Listing> for ListingDraft {
    fn from(listing: &Listing) -> ListingDraft {
        ListingDraft {
            platform: listing.account.platform().to_owned(),
            listing_id: listing.listing_id.clone(),
            account_id: listing.account.account_id().to_owned(),
            observed_at: listing.observed_at.to_string(),
            source: listing.source.clone(),
            title: text(&listing.title),
            description: text(&listing.description),
            brand: text(&listing.brand),
            category: text(&listing.category),
            gtin: text(&listing.gtin),
            price: listing.price.as_ref().map(PriceDraft::from),
            url: text(&listing.url),
            images: drafts(&listing.images),
            removed_at: show(&listing.removed_at),
        }
    }
}

impl From<&Price> for PriceDraft {
    fn from(price: &Price) -> PriceDraft {
        PriceDraft { currency: text(&price.currency), amount: text(&price.amount) }
    }
}

impl From<&Enforcement> for EnforcementDraft {
    fn from(enforcement: &Enforcement) -> EnforcementDraft {
        EnforcementDraft {
            platform: enforcement.account.platform().to_owned(),
            enforcement_id: enforcement.enforcement_id.clone(),
            account_id: enforcement.account.account_id().to_owned(),
            listing_id: text(&enforcement.listing_id),
            source: enforcement.source.clone(),
            observed_at: enforcement.observed_at.to_string(),
            right: enforcement.right.as_ref().map(RightDraft::from),
            rights_holder: text(&enforcement.rights_holder),
            action: show(&enforcement.action),
            taken_at: enforcement.taken_at.to_string(),
            outcome: show(&enforcement.outcome),
            decided_at: show(&enforcement.decided_at),
            appeal: show(&enforcement.appeal),
            harm: show(&enforcement.harm),
            expires_at: show(&enforcement.expires_at),
        }
    }
}

impl From<&Right> for RightDraft {
    fn from(right: &Right) -> RightDraft {
        RightDraft { kind: show(&right.kind), office: text(&right.office), number: text(&right.number) }
    }
}
