//! This protocol's terms of an exchange, in addition to the common HTTP ones: dialects and roles.

/// The terms of one exchange. Each exchange is signed and contains a third party's certificate.
#[derive(Debug, Clone, Copy)]
pub struct NextGenPsd2Terms {
    /// The dialects that have it.
    pub dialects: &'static [&'static str],
    /// The roles of which the certificate must have at least one.
    pub roles: &'static [&'static str],
}
