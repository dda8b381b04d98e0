//! How far an exchange came: check it before sending a payment again.

/// How far an exchange came before it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallOutcome {
    /// Nothing of the request left this machine, or the service that was to pass it on says that it has not begun. Sending
    /// it again is safe.
    NotSent,
    /// The request may have reached the peer. Find out before sending it again.
    Unknown,
    /// The peer answered that it did not do it.
    Refused,
    /// The peer answered with success, but the rest of the answer could not be read. Do not send it again.
    Accepted,
}

impl CallOutcome {
    const ALL: [Self; 4] = [Self::NotSent, Self::Unknown, Self::Refused, Self::Accepted];

    /// The outcome of this name.
    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == name)
    }

    /// The name in JSON and in every language.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotSent => "not_sent",
            Self::Unknown => "unknown",
            Self::Refused => "refused",
            Self::Accepted => "accepted",
        }
    }
}
