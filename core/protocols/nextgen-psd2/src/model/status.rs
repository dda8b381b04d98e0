//! The status of a consent and of its authorisation (§4.3).

use super::names::wire_names;

wire_names! {
    /// The status of a consent. A bank may add values; an unknown value counts as not final.
    open enum ConsentStatus {
        /// Stored, not authorised yet.
        Received = "received" / "received",
        /// Some of the customers who must authorise it have done so.
        PartiallyAuthorised = "partially_authorised" / "partiallyAuthorised",
        /// The consent can be used.
        Valid = "valid" / "valid",
        /// The authorisation failed or was refused; final.
        Rejected = "rejected" / "rejected",
        /// The customer withdrew it at the bank; final.
        RevokedByPsu = "revoked_by_psu" / "revokedByPsu",
        /// It expired, or its one use is over; final.
        Expired = "expired" / "expired",
        /// The third party deleted it; final.
        TerminatedByTpp = "terminated_by_tpp" / "terminatedByTpp",
        /// The bank ended it; final.
        TerminatedByAspsp = "terminated_by_aspsp" / "terminatedByAspsp",
    }

    /// The status of an authorisation. A bank may add values; an unknown value counts as not final.
    open enum ScaStatus {
        /// Begun.
        Received = "received" / "received",
        /// The bank has identified the customer.
        PsuIdentified = "psu_identified" / "psuIdentified",
        /// The customer has given the first factor.
        PsuAuthenticated = "psu_authenticated" / "psuAuthenticated",
        /// The customer has chosen a method.
        ScaMethodSelected = "sca_method_selected" / "scaMethodSelected",
        /// The bank is asking the customer.
        Started = "started" / "started",
        /// Done; the third party has still to confirm it.
        Unconfirmed = "unconfirmed" / "unconfirmed",
        /// Authorised; final.
        Finalised = "finalised" / "finalised",
        /// Failed or refused; final.
        Failed = "failed" / "failed",
        /// No authorisation was needed; final.
        Exempted = "exempted" / "exempted",
    }

    /// The way in which the customer authorises.
    open enum ScaApproach {
        /// At the bank, through a link; OAuth2 counts as this too.
        Redirect = "redirect" / "REDIRECT",
        /// In the bank's own application.
        Decoupled = "decoupled" / "DECOUPLED",
        /// Through the third party.
        Embedded = "embedded" / "EMBEDDED",
    }
}

impl ConsentStatus {
    /// Whether the status is final.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            Self::Rejected | Self::RevokedByPsu | Self::Expired | Self::TerminatedByTpp | Self::TerminatedByAspsp => {
                true
            }
            Self::Received | Self::PartiallyAuthorised | Self::Valid | Self::Other(_) => false,
        }
    }
}

impl ScaStatus {
    /// Whether the status is final.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Finalised | Self::Failed | Self::Exempted)
    }
}
