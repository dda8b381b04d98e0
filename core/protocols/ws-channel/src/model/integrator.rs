//! Accounts as the owner of their API key sees them (§2.24, §2.25).

use bankchannel_foundation::{
    Error,
    model::{Boundary, Boundary as Model, Reader, Representation, Shape, Value, Writer},
};

use super::{AccountType, CertDescriptor, Email, ExportPolicy, Registration, RetiredCert};

/// An account under the API key.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct AccountDescriptor {
    /// Its e-mail address.
    pub email: Email,
    /// The registrant's full name.
    pub name: String,
    /// Its phone number.
    pub phone: String,
    /// Whether private keys may be exported.
    #[boundary(alias = "export")]
    pub export: ExportPolicy,
    /// Its own certificates.
    pub certs: Vec<CertDescriptor>,
    /// Whether its admin user is registered.
    pub admin_mode: Option<Registration>,
    /// Whether its data user is registered.
    pub data_mode: Option<Registration>,
    /// The account's role under the API key (API 2.9).
    pub account_type: Option<AccountType>,
    /// The account whose certificates this account uses. Absent if it uses only its own (API 2.9).
    pub linked_to: LinkedTo,
    /// Its retired certificates (API 2.9).
    pub retired: Option<Vec<RetiredCert>>,
}

/// The e-mail address of the account that shares its certificates with this one. The wire's empty text is "none".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LinkedTo(pub Option<Email>);

impl Model for LinkedTo {
    const SHAPE: &'static Shape = Email::SHAPE;
    const OPTIONAL: bool = true;

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        Email::read(value, reader).map(|email| Self(Some(email)))
    }

    fn write(self, writer: &mut Writer) -> Value<'static> {
        match (self.0, writer.representation()) {
            (Some(email), _) => email.write(writer),
            (None, Representation::Wire) => "".into(),
            (None, Representation::Boundary) => Value::Null,
        }
    }

    fn absent(_: &mut Reader<'_>) -> Option<Self> {
        Some(Self(None))
    }
}

/// The removed items. `false` means that the item was already absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct Deleted {
    /// The admin user.
    pub admin_user: bool,
    /// The data user.
    pub data_user: bool,
    /// The account with its certificates, keys and links.
    pub account: bool,
}
