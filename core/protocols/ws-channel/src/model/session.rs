//! Sessions and second factors (§2.8–§2.10).

use bankchannel_foundation::{
    Error,
    model::{Boundary, Boundary as Model, Reader, Representation, Shape, TextShape, Value, Writer},
};

use super::AccountType;

/// A second factor, as named in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Boundary)]
pub enum MfaType {
    /// A code by SMS.
    #[boundary("SMS_MFA")]
    Sms,
    /// A code of an authenticator.
    #[boundary("SOFTWARE_TOKEN_MFA")]
    Totp,
}

/// A second factor, as offered by the service.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[boundary(open)]
#[non_exhaustive]
pub enum MfaOption {
    /// A code by SMS.
    #[boundary("SMS_MFA")]
    Sms,
    /// A code of an authenticator.
    #[boundary("SOFTWARE_TOKEN_MFA")]
    Totp,
    /// A value this version does not know.
    Other(String),
}

impl MfaOption {
    /// The factor, if this version supports it.
    #[must_use]
    pub fn known(&self) -> Option<MfaType> {
        match self {
            Self::Sms => Some(MfaType::Sms),
            Self::Totp => Some(MfaType::Totp),
            Self::Other(_) => None,
        }
    }
}

impl From<MfaType> for MfaOption {
    fn from(factor: MfaType) -> Self {
        match factor {
            MfaType::Sms => Self::Sms,
            MfaType::Totp => Self::Totp,
        }
    }
}

/// The service's next question.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[boundary(open)]
#[non_exhaustive]
pub enum ChallengeName {
    /// A code by SMS.
    #[boundary("SMS_MFA")]
    Sms,
    /// A code of an authenticator.
    #[boundary("SOFTWARE_TOKEN_MFA")]
    Totp,
    /// The choice of a factor.
    #[boundary("SELECT_MFA_TYPE")]
    Select,
    /// A value this version does not know. The login stops there.
    Other(String),
}

impl From<MfaType> for ChallengeName {
    fn from(factor: MfaType) -> Self {
        match factor {
            MfaType::Sms => Self::Sms,
            MfaType::Totp => Self::Totp,
        }
    }
}

/// The longest session lifetime that is accepted, in seconds (§2.0).
pub const EXPIRES_IN_MAX: u32 = 86_400;

/// The life of a session, in seconds: 1 to 86400. On the wire it is a string; a number is accepted too (§2.0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExpiresIn(u32);

impl ExpiresIn {
    /// A lifetime of this many seconds; `None` outside 1 to 86400.
    #[must_use]
    pub fn from_seconds(seconds: u32) -> Option<Self> {
        (1..=EXPIRES_IN_MAX).contains(&seconds).then_some(Self(seconds))
    }

    /// The lifetime in seconds.
    #[must_use]
    pub fn seconds(self) -> u32 {
        self.0
    }
}

impl Model for ExpiresIn {
    const SHAPE: &'static Shape = &Shape::Integer { min: 1, max: EXPIRES_IN_MAX as i64 };
    const WIRE_SHAPE: &'static Shape = &Shape::Text(TextShape {
        name: "ExpiresIn",
        doc: "Seconds as a string.",
        format: "",
        pattern: "^[0-9]{1,5}$",
        max_bytes: 5,
        example: "3600",
    });

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        let seconds = match (&value, reader.representation()) {
            (Value::Number(number), _) => number.as_u64(),
            (Value::String(text), Representation::Wire) if text.bytes().all(|b| b.is_ascii_digit()) => {
                text.parse().ok()
            }
            _ => None,
        };
        seconds
            .and_then(|seconds| u32::try_from(seconds).ok())
            .and_then(Self::from_seconds)
            .ok_or_else(|| reader.invalid(format!("must be a whole number of seconds from 1 to {EXPIRES_IN_MAX}")))
    }

    fn write(self, writer: &mut Writer) -> Value<'static> {
        match writer.representation() {
            Representation::Boundary => Value::from(self.0),
            Representation::Wire => self.0.to_string().into(),
        }
    }
}

/// The account, as described in the login's answer (API 2.10).
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct AccountInfo {
    /// The account's role under its API key.
    pub r#type: AccountType,
    /// The features switched on for the account, by the service's names.
    pub features: Option<Vec<String>>,
    /// The products that the tenant may use, by the service's names.
    pub entitlements: Option<Vec<String>>,
}
