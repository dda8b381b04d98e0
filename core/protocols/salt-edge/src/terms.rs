//! This protocol's terms of an exchange, in addition to the common HTTP ones: the serving side, the token, and the
//! reports that follow.

/// The terms of one exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SaltEdgeTerms {
    /// The side that answers; the other side signs the request.
    pub served_by: ServingSide,
    /// Whether the request has an access token, which is sent in a header.
    pub token: TokenUse,
    /// The connector's report to the hub that follows (§2).
    pub afterwards: ReportAfterwards,
}

impl SaltEdgeTerms {
    /// The terms of an exchange that a connector answers.
    pub(crate) const fn at_connector(token: TokenUse, afterwards: ReportAfterwards) -> Self {
        Self { served_by: ServingSide::Connector, token, afterwards }
    }

    /// The terms of an exchange that the hub answers.
    pub(crate) const fn at_hub(token: TokenUse) -> Self {
        Self { served_by: ServingSide::Hub, token, afterwards: ReportAfterwards::Nothing }
    }
}

/// One of the two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServingSide {
    /// The bank.
    Connector,
    /// Salt Edge.
    Hub,
}

/// Whether a request has an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenUse {
    /// Required.
    Needed,
    /// Allowed, but ignored (10.12).
    Ignored,
    /// Not used.
    None,
}

/// The connector's report to the hub after its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportAfterwards {
    /// The end of the session, once; before it, any number of steps.
    Outcome,
    /// No report.
    Nothing,
}
