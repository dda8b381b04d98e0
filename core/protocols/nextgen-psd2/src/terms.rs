//! What this protocol says of an exchange beyond what every HTTP exchange has: in which dialects it is, and for whom.

/// The terms of one exchange. Each is signed, and comes with a third party's certificate.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// The dialects that have it.
    pub dialects: &'static [&'static str],
    /// The roles of which the certificate must have one.
    pub roles: &'static [&'static str],
}
