//! Credit or debit.

use bankchannel_foundation::model::Boundary;

/// Whether a booking or balance is in the customer's favour.
#[derive(Clone, Debug, Default, PartialEq, Eq, Boundary)]
#[boundary(open)]
#[non_exhaustive]
pub enum Direction {
    /// `CRDT`: in the customer's favour.
    #[default]
    Credit,
    /// `DBIT`: against the customer.
    Debit,
    /// Any other value of the document, verbatim.
    Other(String),
}

impl Direction {
    /// The code in the documents: `CRDT`, `DBIT`, or the verbatim value.
    pub fn code(&self) -> &str {
        match self {
            Self::Credit => "CRDT",
            Self::Debit => "DBIT",
            Self::Other(code) => code,
        }
    }

    /// The opposite direction.
    pub(super) fn opposite(self) -> Self {
        match self {
            Self::Credit => Self::Debit,
            Self::Debit => Self::Credit,
            other => other,
        }
    }

    pub(super) fn read(code: &str) -> Self {
        match code {
            "CRDT" => Self::Credit,
            "DBIT" => Self::Debit,
            other => Self::Other(other.to_owned()),
        }
    }
}
