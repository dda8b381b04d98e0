//! What this protocol says of an exchange beyond what every HTTP exchange has: who serves it, and what it needs and brings about.

/// The terms of one exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Who answers it; the other one signs it.
    pub served_by: Side,
    /// Whether it is about an access token, which travels in a header.
    pub token: TokenUse,
    /// What a connector reports to the hub afterwards (§2).
    pub afterwards: Afterwards,
}

/// One of the two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The bank.
    Connector,
    /// Salt Edge.
    Hub,
}

/// Whether an exchange is about an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenUse {
    /// It must have one.
    Needed,
    /// It may have one, which counts for nothing (10.12).
    Ignored,
    /// It has none.
    None,
}

/// What a connector reports to the hub after it has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Afterwards {
    /// How the session ended, once; before it, any number of steps.
    Outcome,
    /// Nothing.
    Nothing,
}
