//! The parts of the typed results of all messages: amounts, moments, codes, parties, remittance information.
//!
//! Every type here can cross the boundary ([`Boundary`]), so operations can return it directly.

mod messages;
mod party;
mod remittance;
mod unread;
mod values;

use bankchannel_foundation::model::Boundary;
use bankchannel_foundation::model::{Date, Decimal, Timestamp};

pub(crate) use messages::{MessageSequence, open_tokens};
pub use party::{Address, BankDetails, ContactDetails, Party, PartyIdentifier, SharedParty};
pub(crate) use party::{boxed, owned};
pub use remittance::{ReferredDocument, Remittance, RemittanceAmount, StructuredRemittance};
pub use unread::UnreadElement;
pub(crate) use unread::UnreadTally;
pub(crate) use values::{ElementValues, HeldCount, keep, moment as read_moment, placeholder};

/// An amount of money.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
#[boundary(own_new)]
pub struct Money {
    /// The exact amount as a decimal number; negative if money leaves the account.
    pub amount: Decimal,
    /// The currency's ISO 4217 code, such as `EUR`, as it is written; empty when the file gives none.
    pub currency: String,
}

/// A date, with the time if one is given.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct Moment {
    /// The date, in its written offset.
    pub date: Date,
    /// The time of that day as it is written, such as `23:59:59.5`, without its offset.
    pub time: Option<String>,
    /// The instant, if time and offset are given.
    pub instant: Option<Timestamp>,
}

/// A code and its meaning.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
#[boundary(own_new)]
pub struct Code {
    /// The code as it is written: one of ISO 20022's, or a bank's own.
    pub code: String,
    /// The meaning in words; left out for unknown codes.
    pub meaning: Option<String>,
    /// Whether it is a bank's own code instead of one of ISO 20022's.
    pub proprietary: bool,
    /// The issuer, if the file names it.
    pub issuer: Option<String>,
}

boxed!(Code, Moment, Money);

impl Money {
    /// An amount in a currency.
    pub fn new(amount: Decimal, currency: impl Into<String>) -> Self {
        Self { amount, currency: currency.into() }
    }
}

impl Moment {
    /// A date without a time.
    pub fn on(date: Date) -> Self {
        Self { date, time: None, instant: None }
    }

    /// An instant, with date and time in UTC.
    pub fn at(instant: Timestamp) -> Option<Self> {
        read_moment(instant.as_str())
    }
}

impl Code {
    /// A code of ISO 20022, without its meaning.
    pub fn new(code: impl Into<String>) -> Self {
        Self { code: code.into(), meaning: None, proprietary: false, issuer: None }
    }

    /// A bank's own code.
    pub fn own(code: impl Into<String>) -> Self {
        Self { proprietary: true, ..Self::new(code) }
    }
}

/// The name of a message, as declared in its file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct MessageName {
    /// The message's name in its namespace, such as `camt.053.001.08`, or `MT940`; left out if the namespace is another
    /// one.
    pub name: Option<String>,
    /// The version of the message in that name, such as 8.
    pub version: Option<u32>,
    /// The namespace, at most 200 characters of it; empty for none.
    pub namespace: String,
}

impl MessageName {
    /// Reads a namespace: `urn:iso:std:iso:20022:tech:xsd:camt.053.001.08`, or a national variant of it.
    pub(crate) fn from_namespace(namespace: &str) -> Self {
        let found = MESSAGE_AREAS.iter().find_map(|area| {
            let name = namespace.get(namespace.find(area)?..)?.get(..MESSAGE_NAME.len())?;
            let fits = name.bytes().zip(MESSAGE_NAME.bytes()).all(|(byte, form)| match form {
                b'0' => byte.is_ascii_digit(),
                b'.' => byte == b'.',
                _ => byte.is_ascii_lowercase(),
            });
            fits.then(|| name.to_owned())
        });
        let version = found.as_ref().and_then(|name| name.rsplit('.').next()?.parse().ok());
        Self { name: found, version, namespace: crate::text::shorten(namespace, crate::schema::MAX_NAMESPACE) }
    }
}

/// The areas of the messages that are named: payments and accounts first. An envelope's header (`head`) is none.
pub(crate) const MESSAGE_AREAS: [&str; 6] = ["camt.", "pain.", "pacs.", "acmt.", "remt.", "admi."];

/// The form of a message's name.
const MESSAGE_NAME: &str = "aaaa.000.000.00";
