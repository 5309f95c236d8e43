//! The vocabulary: what a value is, in which spelling it was keyed, and which kinds speak with one voice.
//!
//! Codes are stored; add at the end, never renumber.

use serde::{Deserialize, Serialize};

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u8)]
pub enum Kind {
    /// A person's name.
    PersonName = 1,
    /// A date of birth.
    BirthDate = 2,
    /// A place of birth.
    BirthPlace = 3,
    /// The registered name of a business.
    CompanyName = 4,
    /// The name buyers see.
    DisplayName = 5,
    /// A mail address.
    Email = 6,
    /// A telephone number.
    Phone = 7,
    /// A company or tax registration.
    Registration = 8,
    /// An identity document.
    Document = 9,
    /// A payment account or wallet.
    Payment = 10,
    /// A name on a messenger or social network.
    Handle = 11,
    /// Street and house number.
    Street = 12,
    /// Town and postal code.
    Area = 13,
    /// A web domain.
    Domain = 14,
    /// Any other named attribute.
    Attribute = 15,
    /// The text of a listing.
    ListingText = 16,
    /// A picture.
    Image = 17,
    /// An analytics, advertising or certificate identifier of a web site.
    Tracker = 18,
    /// The text of a profile or shop.
    Description = 19,
    /// The title of a listing.
    ListingTitle = 20,
    /// The number of an article offered.
    Gtin = 21,
    /// A price asked.
    Price = 22,
    /// A brand offered.
    Brand = 23,
    /// A category in which something is offered.
    Category = 24,
    /// The account itself on a known platform, or one that it names by address or handle.
    Account = 25,
    /// A day on which the account was opened or closed, which says something where another one closed or opened.
    Succession = 26,
    /// How what is offered is hidden: a disguised word, or words that say it is a copy.
    Disguise = 27,
    /// What a QR code in a picture says: a telephone number, mail address, handle or account.
    QrCode = 28,
    /// An offer on a known platform: one of the account's, or one that its web addresses show.
    Offer = 29,
    /// A code or a sentence in a text, which is still there when the rest is worded anew.
    Phrase = 30,
    /// From when to when an account was open.
    Lifespan = 31,
}

impl Kind {
    /// All kinds, in the order of their codes.
    pub const ALL: [Kind; 31] = [
        Kind::PersonName,
        Kind::BirthDate,
        Kind::BirthPlace,
        Kind::CompanyName,
        Kind::DisplayName,
        Kind::Email,
        Kind::Phone,
        Kind::Registration,
        Kind::Document,
        Kind::Payment,
        Kind::Handle,
        Kind::Street,
        Kind::Area,
        Kind::Domain,
        Kind::Attribute,
        Kind::ListingText,
        Kind::Image,
        Kind::Tracker,
        Kind::Description,
        Kind::ListingTitle,
        Kind::Gtin,
        Kind::Price,
        Kind::Brand,
        Kind::Category,
        Kind::Account,
        Kind::Succession,
        Kind::Disguise,
        Kind::QrCode,
        Kind::Offer,
        Kind::Phrase,
        Kind::Lifespan,
    ];

    /// The name used in files, tables and messages.
    pub fn name(self) -> &'static str {
        match self {
            Kind::PersonName => "PERSON_NAME",
            Kind::BirthDate => "BIRTH_DATE",
            Kind::BirthPlace => "BIRTH_PLACE",
            Kind::CompanyName => "COMPANY_NAME",
            Kind::DisplayName => "DISPLAY_NAME",
            Kind::Email => "EMAIL",
            Kind::Phone => "PHONE",
            Kind::Registration => "REGISTRATION",
            Kind::Document => "DOCUMENT",
            Kind::Payment => "PAYMENT",
            Kind::Handle => "HANDLE",
            Kind::Street => "STREET",
            Kind::Area => "AREA",
            Kind::Domain => "DOMAIN",
            Kind::Attribute => "ATTRIBUTE",
            Kind::ListingText => "LISTING_TEXT",
            Kind::Image => "IMAGE",
            Kind::Tracker => "TRACKER",
            Kind::Description => "DESCRIPTION",
            Kind::ListingTitle => "LISTING_TITLE",
            Kind::Gtin => "GTIN",
            Kind::Price => "PRICE",
            Kind::Brand => "BRAND",
            Kind::Category => "CATEGORY",
            Kind::Account => "ACCOUNT",
            Kind::Succession => "SUCCESSION",
            Kind::Disguise => "DISGUISE",
            Kind::QrCode => "QR_CODE",
            Kind::Offer => "OFFER",
            Kind::Phrase => "PHRASE",
            Kind::Lifespan => "LIFESPAN",
        }
    }

    /// The kind with this name.
    pub fn parse(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The evidence group the kind belongs to.
    pub fn group(self) -> Group {
        match self {
            Kind::PersonName => Group::PersonName,
            Kind::BirthDate | Kind::BirthPlace => Group::Birth,
            Kind::CompanyName | Kind::DisplayName | Kind::Registration => Group::Business,
            Kind::Email => Group::Email,
            Kind::Phone => Group::Phone,
            Kind::Document => Group::Document,
            Kind::Payment => Group::Payment,
            Kind::Handle | Kind::Account => Group::Handle,
            Kind::Street | Kind::Area => Group::Address,
            Kind::Domain => Group::Domain,
            Kind::Attribute => Group::Attribute,
            Kind::Tracker => Group::Tracker,
            Kind::Succession | Kind::Lifespan => Group::Succession,
            Kind::ListingText
            | Kind::Image
            | Kind::Description
            | Kind::ListingTitle
            | Kind::Gtin
            | Kind::Price
            | Kind::Brand
            | Kind::Category
            | Kind::Disguise
            | Kind::QrCode
            | Kind::Offer
            | Kind::Phrase => Group::Listing,
        }
    }

    /// The most accounts that may hold a whole value before it is a *hub*: a forwarder's address, a processor's
    /// account, a supplier's photo. `None` for kinds whose common values are merely common, which rarity covers.
    ///
    /// An operator with a dozen accounts is rare (.5 % in the simulated worlds' source figures), so that of contact lies above a family's or
    /// a small agency's use and below an agent's, who lends mail and telephone. Money is not lent: a crew has one purse for dozens of
    /// accounts, which makes leads; see [`crowd`](Kind::crowd) for what may be acted on.
    pub fn holders_max(self) -> Option<usize> {
        match self {
            Kind::Email | Kind::Phone | Kind::Handle | Kind::Account | Kind::Document => Some(8),
            Kind::Registration | Kind::Payment => Some(32),
            Kind::Image
            | Kind::ListingText
            | Kind::ListingTitle
            | Kind::Description
            | Kind::Street
            | Kind::QrCode
            | Kind::Offer => Some(8),
            // One operator's sites share it, and so do those that one agency built or one shop builder serves.
            Kind::Tracker => Some(16),
            Kind::Domain => Some(64),
            Kind::PersonName
            | Kind::BirthDate
            | Kind::BirthPlace
            | Kind::CompanyName
            | Kind::DisplayName
            | Kind::Area
            | Kind::Attribute
            | Kind::Gtin
            | Kind::Price
            | Kind::Brand
            | Kind::Category
            | Kind::Succession
            | Kind::Disguise
            | Kind::Phrase
            | Kind::Lifespan => None,
        }
    }

    /// The most accounts that may hold a whole value before it is no reason to act: those of one purse may be two operators', such as a crew
    /// that split.
    fn holders_few(self) -> Option<usize> {
        if self == Kind::Payment { Some(8) } else { self.holders_max() }
    }

    /// What so many holders of one value make of it.
    pub fn crowd(self, holders: usize) -> Crowd {
        let exceeds = |most: Option<usize>| most.is_some_and(|most| most < holders);
        match (exceeds(self.holders_few()), exceeds(self.holders_max())) {
            (_, true) => Crowd::Hub,
            (true, false) => Crowd::Many,
            (false, false) => Crowd::Few,
        }
    }

    /// Whether two different values speak against one operator. Nobody has one domain, handle or picture only, and
    /// infringers move from one to the next.
    pub fn difference_counts(self) -> bool {
        !matches!(self, Kind::Domain | Kind::Handle | Kind::Image)
    }

    /// How much one exact agreement on a value of this kind can carry.
    pub fn strength(self) -> Strength {
        match self {
            Kind::Registration | Kind::Document | Kind::Payment => Strength::Decisive,
            Kind::Email | Kind::Phone | Kind::Handle | Kind::Account | Kind::Domain | Kind::Tracker | Kind::Image => {
                Strength::Strong
            }
            Kind::PersonName
            | Kind::CompanyName
            | Kind::DisplayName
            | Kind::Street
            | Kind::BirthDate
            | Kind::ListingText
            | Kind::ListingTitle
            | Kind::Description
            | Kind::QrCode
            | Kind::Offer => Strength::Medium,
            Kind::BirthPlace
            | Kind::Area
            | Kind::Attribute
            | Kind::Gtin
            | Kind::Price
            | Kind::Brand
            | Kind::Category
            | Kind::Succession
            | Kind::Disguise
            | Kind::Phrase
            | Kind::Lifespan => Strength::Weak,
        }
    }
}

/// In which spelling a value was keyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u8)]
pub enum Form {
    /// The whole normalised value; every item has exactly one, first.
    Whole = 1,
    /// One word of it, in the order written.
    Token = 2,
    /// How a word sounds (Double Metaphone).
    Phonetic = 3,
    /// The root of a short form of a name: bob, rob → robert.
    Root = 4,
    /// Without spaces, counters and shop words, for names that were tweaked.
    Joined = 5,
    /// The Chinese characters, simplified.
    Han = 6,
    /// The year of a date.
    Year = 7,
    /// The part of a mail address before the @, or of a handle without its service.
    Local = 8,
    /// The last seven digits of a telephone number.
    Last7 = 9,
    /// Street words without the house number.
    StreetName = 10,
    /// The house number.
    Number = 11,
    /// The town.
    Locality = 12,
    /// The postal code.
    Postcode = 13,
    /// The part of a domain that its owner chose.
    Label = 14,
    /// The value with one character left out, or the value itself: two spellings one edit apart share one.
    Deletion = 15,
    /// One band of a MinHash signature, or of the hash of a picture.
    Band = 16,
    /// Month and day of a date.
    MonthDay = 17,
    /// The generation in a person's name: jr, sr, iii.
    Suffix = 18,
    /// One event in the life of one account: what it is, when, and whose.
    Event = 19,
    /// The ways in which a word is disguised, whatever the word.
    Habit = 20,
}

/// Kinds that say the same thing twice: within a group of copies only the strongest term counts, and `ACT` asks
/// for two different groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u8)]
pub enum Group {
    /// Who the person says they are.
    PersonName = 1,
    /// Date and place of birth.
    Birth = 2,
    /// A registration, the legal name it was made under, and the shop named after it: copies of one business.
    Business = 3,
    /// Mail.
    Email = 5,
    /// Telephone.
    Phone = 6,
    /// Identity documents.
    Document = 7,
    /// Where the money goes.
    Payment = 8,
    /// Messengers, social networks, and the accounts that handles and addresses name.
    Handle = 9,
    /// Street and area of one address.
    Address = 10,
    /// Web presence.
    Domain = 11,
    /// Other attributes, a group for each name.
    Attribute = 12,
    /// What is offered and how: texts, pictures, articles and prices, which are copied together.
    Listing = 13,
    /// Identifiers within a web site.
    Tracker = 14,
    /// When accounts opened and closed: one when another one did, or both soon.
    Succession = 15,
}

impl Group {
    /// One more than the greatest code, for tables by group.
    pub(crate) const CODES: usize = Group::Succession as usize + 1;

    /// The name used in files, tables and messages.
    pub fn name(self) -> &'static str {
        match self {
            Group::PersonName => "PERSON_NAME",
            Group::Birth => "BIRTH",
            Group::Business => "BUSINESS",
            Group::Email => "EMAIL",
            Group::Phone => "PHONE",
            Group::Document => "DOCUMENT",
            Group::Payment => "PAYMENT",
            Group::Handle => "HANDLE",
            Group::Address => "ADDRESS",
            Group::Domain => "DOMAIN",
            Group::Attribute => "ATTRIBUTE",
            Group::Listing => "LISTING",
            Group::Tracker => "TRACKER",
            Group::Succession => "SUCCESSION",
        }
    }

    /// Whether the group's kinds are copied together, so that only the strongest of their terms counts. The other
    /// groups with several kinds (birth date and place, street and area) add up: one is not a copy of the other.
    pub fn is_copied(self) -> bool {
        matches!(self, Group::Business | Group::Listing | Group::Handle)
    }
}

/// What the number of accounts that hold a value makes of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Crowd {
    /// One operator may well be behind all of them.
    #[default]
    Few,
    /// A crew or an agent's clients: worth a look, no reason to act.
    Many,
    /// Too many for it to say who they are: a *hub*, no reason to link.
    Hub,
}

/// How much one exact agreement on a value of a kind can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// Says little alone: a town.
    Weak,
    /// One of several reasons: a name, a street.
    Medium,
    /// Hard to share by chance, easy to share in a family or a firm: a telephone.
    Strong,
    /// May link alone, unless it is a hub or contested: a payment account, registration or document.
    Decisive,
}
