//! Where a consent and its authorisation stand (§4.3).

use super::names::wire_names;

wire_names! {
    /// Where a consent stands. A bank may add values: one that is not known counts as not final.
    open enum ConsentStatus {
        /// Stored, not authorised yet.
        Received = "received" / "received",
        /// Some of the customers who must authorise it have.
        PartiallyAuthorised = "partially_authorised" / "partiallyAuthorised",
        /// It can be used.
        Valid = "valid" / "valid",
        /// The authorisation failed or was refused; final.
        Rejected = "rejected" / "rejected",
        /// The customer has withdrawn it at the bank; final.
        RevokedByPsu = "revoked_by_psu" / "revokedByPsu",
        /// Its time is over, or its one use; final.
        Expired = "expired" / "expired",
        /// The third party has deleted it; final.
        TerminatedByTpp = "terminated_by_tpp" / "terminatedByTpp",
        /// The bank has ended it; final.
        TerminatedByAspsp = "terminated_by_aspsp" / "terminatedByAspsp",
    }

    /// Where an authorisation stands. A bank may add values: one that is not known counts as not final.
    open enum ScaStatus {
        /// Begun.
        Received = "received" / "received",
        /// The bank knows who the customer is.
        PsuIdentified = "psu_identified" / "psuIdentified",
        /// The customer has shown the first factor.
        PsuAuthenticated = "psu_authenticated" / "psuAuthenticated",
        /// The customer has chosen a method.
        ScaMethodSelected = "sca_method_selected" / "scaMethodSelected",
        /// The customer is asked.
        Started = "started" / "started",
        /// Done, and still to be confirmed by the third party.
        Unconfirmed = "unconfirmed" / "unconfirmed",
        /// Authorised; final.
        Finalised = "finalised" / "finalised",
        /// Failed or refused; final.
        Failed = "failed" / "failed",
        /// None was needed; final.
        Exempted = "exempted" / "exempted",
    }

    /// How the customer authorises.
    open enum ScaApproach {
        /// At the bank, where a link leads; OAuth2 counts as this too.
        Redirect = "redirect" / "REDIRECT",
        /// In the bank's own application.
        Decoupled = "decoupled" / "DECOUPLED",
        /// Through the third party.
        Embedded = "embedded" / "EMBEDDED",
    }
}

impl ConsentStatus {
    /// Whether nothing will change it any more.
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
    /// Whether nothing will change it any more.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Finalised | Self::Failed | Self::Exempted)
    }
}
