//! The status of a consent and of its authorisation (§4.3).

use bankchannel_foundation::model::Boundary;

/// The status of a consent. A bank may add values; an unknown value counts as not final.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[boundary(open)]
pub enum ConsentStatus {
    /// Stored, not authorised yet.
    #[boundary(wire = "received")]
    Received,
    /// Some of the customers who must authorise it have done so.
    #[boundary(wire = "partiallyAuthorised")]
    PartiallyAuthorised,
    /// The consent can be used.
    #[boundary(wire = "valid")]
    Valid,
    /// The authorisation failed or was refused; final.
    #[boundary(wire = "rejected")]
    Rejected,
    /// The customer withdrew it at the bank; final.
    #[boundary(wire = "revokedByPsu")]
    RevokedByPsu,
    /// It expired, or its one use is over; final.
    #[boundary(wire = "expired")]
    Expired,
    /// The third party deleted it; final.
    #[boundary(wire = "terminatedByTpp")]
    TerminatedByTpp,
    /// The bank ended it; final.
    #[boundary(wire = "terminatedByAspsp")]
    TerminatedByAspsp,
    /// A value that this version does not know, as the bank writes it.
    Other(String),
}

/// The status of an authorisation. A bank may add values; an unknown value counts as not final.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[boundary(open)]
pub enum ScaStatus {
    /// Begun.
    #[boundary(wire = "received")]
    Received,
    /// The bank has identified the customer.
    #[boundary(wire = "psuIdentified")]
    PsuIdentified,
    /// The customer has given the first factor.
    #[boundary(wire = "psuAuthenticated")]
    PsuAuthenticated,
    /// The customer has chosen a method.
    #[boundary(wire = "scaMethodSelected")]
    ScaMethodSelected,
    /// The bank is asking the customer.
    #[boundary(wire = "started")]
    Started,
    /// Done; the third party has still to confirm it.
    #[boundary(wire = "unconfirmed")]
    Unconfirmed,
    /// Authorised; final.
    #[boundary(wire = "finalised")]
    Finalised,
    /// Failed or refused; final.
    #[boundary(wire = "failed")]
    Failed,
    /// No authorisation was needed; final.
    #[boundary(wire = "exempted")]
    Exempted,
    /// A value that this version does not know, as the bank writes it.
    Other(String),
}

/// The way in which the customer authorises.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[boundary(open)]
pub enum ScaApproach {
    /// At the bank, through a link; OAuth2 counts as this too.
    #[boundary(wire = "REDIRECT")]
    Redirect,
    /// In the bank's own application.
    #[boundary(wire = "DECOUPLED")]
    Decoupled,
    /// Through the third party.
    #[boundary(wire = "EMBEDDED")]
    Embedded,
    /// A value that this version does not know, as the bank writes it.
    Other(String),
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

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum CheckStatus {
    /// It holds.
    Ok,
    /// It holds, but another bank may see it differently.
    Warning,
    /// It does not hold.
    Failed,
    /// It could not be run, or does not apply.
    Skipped,
}
