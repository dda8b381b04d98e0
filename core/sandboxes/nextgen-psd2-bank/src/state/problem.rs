//! Problems with consents and customers: the HTTP status, the code of §5 and a text without personal data.

use bankchannel_nextgen_psd2::signing::SigningDialect;

/// Why a request about a consent is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConsentProblem {
    /// The consent does not exist or belongs to another third party: the same answer (§4.4).
    ConsentUnknown,
    /// The consent has no such authorisation.
    AuthorisationUnknown,
    /// This third party does not know the customer.
    PsuUnknown,
    /// The customer has no such corporate agreement.
    CorporateUnknown,
    /// A field is invalid.
    Format {
        /// The field's name on the wire.
        field: &'static str,
        /// The fault, such as `is missing`.
        why: &'static str,
    },
    /// The consent's status does not allow this any more.
    StatusInvalid,
    /// The consent has had too many authorisations.
    TooMany,
}

impl ConsentProblem {
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

    /// The problem, for a person.
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

/// Why accounts cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UseProblem {
    /// There is no usable consent: the customer needs a redirect.
    Invalid,
    /// The consent has expired or is used up: the customer needs a redirect.
    Expired,
    /// Not found; in dialect era also if the customer has withdrawn it.
    Unknown,
    /// Used too often without the customer.
    Exceeded {
        /// Seconds until the next use is allowed.
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
            // An id in a header gets another answer than an id in the path.
            (Self::Unknown, SigningDialect::Bg) => (400, "CONSENT_UNKNOWN"),
            (Self::Exceeded { .. }, _) => (429, "ACCESS_EXCEEDED"),
        }
    }

    /// The problem, for a person.
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

/// Why the customer's page is not shown or a decision is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScaProblem {
    /// Unknown redirect.
    Unknown,
    /// It was already decided, here or by another redirect of the same consent.
    Used,
    /// Its ten minutes have passed.
    Expired,
    /// The third party has withdrawn its request.
    Withdrawn,
    /// The chosen customer is not among those offered.
    NotOffered,
    /// No account was chosen, or none of the requested accounts belongs to the customer. Nothing has changed; the
    /// customer may choose again.
    NoAccount,
}
