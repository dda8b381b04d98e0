//! What is answered when something cannot be: the HTTP status, the code of §5 and a text without personal data.

use bankchannel_nextgen_psd2::signing::SigningDialect;

/// Why a request about a consent is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Problem {
    /// There is no such consent, or it is another third party's: the same answer (§4.4).
    ConsentUnknown,
    /// The consent has no such authorisation.
    AuthorisationUnknown,
    /// This third party knows no such customer.
    PsuUnknown,
    /// The customer has no such corporate agreement.
    CorporateUnknown,
    /// A field cannot be used.
    Format {
        /// Its name on the wire.
        field: &'static str,
        /// What it must be.
        why: &'static str,
    },
    /// The consent is past the point where this could be done.
    StatusInvalid,
    /// The consent has had too many authorisations.
    TooMany,
}

impl Problem {
    /// The HTTP status and the code.
    pub(crate) fn answer(self, dialect: SigningDialect) -> (u16, &'static str) {
        match (self, dialect) {
            (Self::ConsentUnknown, _) => (403, "CONSENT_UNKNOWN"),
            (Self::AuthorisationUnknown, _) => (403, "RESOURCE_UNKNOWN"),
            (Self::PsuUnknown, SigningDialect::Era) => (404, "RESOURCE_UNKNOWN"),
            (Self::PsuUnknown, SigningDialect::Bg) => (401, "PSU_CREDENTIALS_INVALID"),
            (Self::CorporateUnknown, _) => (401, "CORPORATE_ID_INVALID"),
            (Self::Format { .. }, _) => (400, "FORMAT_ERROR"),
            (Self::StatusInvalid, _) => (409, "STATUS_INVALID"),
            (Self::TooMany, _) => (429, "ACCESS_EXCEEDED"),
        }
    }

    /// What is wrong, for a person.
    pub(crate) fn text(self) -> String {
        match self {
            Self::ConsentUnknown => "this third party has no such consent".to_owned(),
            Self::AuthorisationUnknown => "the consent has no such authorisation".to_owned(),
            Self::PsuUnknown => "PSU-ID names no customer that this third party knows".to_owned(),
            Self::CorporateUnknown => "PSU-Corporate-ID names no agreement of this customer".to_owned(),
            Self::Format { field, why } => format!("{field} {why}"),
            Self::StatusInvalid => "the consent is not in a status in which this can be done".to_owned(),
            Self::TooMany => "the consent has had too many authorisations: create another".to_owned(),
        }
    }
}

/// Why accounts are not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UseProblem {
    /// There is no consent that can be used: give the customer a redirect.
    Invalid,
    /// It has ended by time or by use: the same.
    Expired,
    /// Not found; in dialect era the customer has withdrawn it.
    Unknown,
    /// Used too often without the customer.
    Exceeded {
        /// Seconds until one more use is free.
        retry_after_s: i64,
    },
}

impl UseProblem {
    /// The HTTP status and the code.
    pub(crate) fn answer(self, dialect: SigningDialect) -> (u16, &'static str) {
        match (self, dialect) {
            (Self::Invalid, _) => (401, "CONSENT_INVALID"),
            (Self::Expired, _) => (401, "CONSENT_EXPIRED"),
            (Self::Unknown, SigningDialect::Era) => (403, "CONSENT_UNKNOWN"),
            // The id of a consent in a header is not one in the path.
            (Self::Unknown, SigningDialect::Bg) => (400, "CONSENT_UNKNOWN"),
            (Self::Exceeded { .. }, _) => (429, "ACCESS_EXCEEDED"),
        }
    }

    /// What is wrong, for a person.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Invalid => "there is no consent that can be used: the customer must give one",
            Self::Expired => "the consent has expired: the customer must give a new one",
            Self::Unknown => "there is no such consent, or the customer has withdrawn it",
            Self::Exceeded { .. } => {
                "the accounts were read as often as they may be within 24 hours without the customer (PSU-IP-Address)"
            }
        }
    }
}

/// Why the customer's page is not shown, or a decision not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScaProblem {
    /// No such redirect.
    Unknown,
    /// It was decided before, here or by another redirect of the same consent.
    Used,
    /// Its ten minutes are over.
    Expired,
    /// The third party has withdrawn its request.
    Withdrawn,
    /// The customer that was chosen is not offered.
    NotOffered,
    /// No account was chosen, or none of those asked for is the customer's: nothing has changed, choose again.
    NoAccount,
}
