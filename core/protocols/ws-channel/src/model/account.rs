//! Accounts: user, mode and contact data.

use std::borrow::Cow;

use bankchannel_foundation::{Error, model::Boundary};

/// The two users of an account. They log in separately and have different rights (§4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Boundary)]
pub enum Mode {
    /// Manages certificates, keys and accounts; logs in with a second factor.
    Admin,
    /// Transfers files.
    Data,
}

/// The mode of operations that only an admin user has: a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Boundary)]
#[non_exhaustive]
pub enum AdminMode {
    /// The only one.
    Admin,
}

impl From<AdminMode> for Mode {
    fn from(_: AdminMode) -> Self {
        Self::Admin
    }
}

/// Whether a mode of an account is registered.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[boundary(open)]
#[non_exhaustive]
pub enum Registration {
    /// Registered.
    Registered,
    /// Not registered.
    Unregistered,
    /// A value this version does not know.
    Other(String),
}

/// The role of an account under its API key.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[boundary(open)]
#[non_exhaustive]
pub enum AccountType {
    /// It owns the key.
    Integrator,
    /// It was registered with the key.
    Customer,
    /// It runs the service.
    Operator,
    /// A value this version does not know.
    Other(String),
}

/// An account's e-mail address: its user name. Letter case does not matter; the address is stored in lower case
/// (§1.3).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Boundary)]
#[boundary(text, format = "email", max_bytes = 254, example = "user@example.test", check = email)]
pub struct Email(String);

/// An e-mail address in its original letter case (§2.25: a confirmation must repeat it byte for byte).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Boundary)]
#[boundary(text, format = "email", max_bytes = 254, example = "customer@example.test", check = check_written_email)]
pub struct WrittenEmail(String);

fn check_written_email(text: &str) -> Result<Cow<'_, str>, &'static str> {
    email(text).map(|_| Cow::Borrowed(text))
}

/// A phone number in E.164 with its plus sign (§1.3).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Boundary)]
#[boundary(text, pattern = "^\\+[1-9][0-9]{6,14}$", max_bytes = 16, example = "+358401234567", check = phone)]
pub struct Phone(String);

/// A person's full name or a company's name: 1 to 128 characters, no control characters (§2.0).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Boundary)]
#[boundary(
    text,
    pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]{1,128}$",
    max_bytes = 512,
    example = "Example Company Oy",
    check = check_name
)]
pub struct Name(String);

fn check_name(text: &str) -> Result<Cow<'_, str>, &'static str> {
    let fits = (1..=128).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if fits { Ok(Cow::Borrowed(text)) } else { Err("must be 1 to 128 characters without control characters") }
}

impl Email {
    /// Checks that a new account may have this address: only letters, digits and signs that cannot be confused with
    /// others, so that no account can be mistaken for another. Addresses of existing accounts are not checked.
    ///
    /// # Errors
    /// `input.invalid_field`, naming `field`.
    pub fn check_new(&self, field: &str) -> Result<(), Error> {
        let (local, domain) = self.0.split_once('@').unwrap_or_default();
        let local_fits = local.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-=?^_`{|}~.".contains(&b));
        let label = |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if local_fits && domain.split('.').all(label) {
            return Ok(());
        }
        let why = "must have only ASCII letters, digits and the usual signs before the @, and letters, digits, - and \
                   points after it (an international domain as its xn-- form)";
        Err(Error::invalid_field(field, why))
    }
}

impl WrittenEmail {
    /// The address in lower case, for comparisons.
    #[must_use]
    pub fn email(&self) -> Email {
        Email(self.0.to_ascii_lowercase())
    }
}

fn email(text: &str) -> Result<Cow<'_, str>, &'static str> {
    let fits = text
        .split_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'))
        && !text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '/');
    if !fits {
        return Err("must be an e-mail address with one @ and no space, slash or control character");
    }
    Ok(if text.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    })
}

fn phone(text: &str) -> Result<Cow<'_, str>, &'static str> {
    let digits = text.strip_prefix('+').unwrap_or_default();
    let fits =
        (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    if fits {
        Ok(Cow::Borrowed(text))
    } else {
        Err("must be a phone number with + and country code, such as +358401234567")
    }
}
