//! The third parties that test banks and their clients use (§4.6), and their file names.

use super::Psd2Role;

/// A third party for tests.
#[derive(Debug, Clone, Copy)]
pub struct CertificateFixture {
    /// The prefix of its file names: `tpp1`.
    pub prefix: &'static str,
    /// Its authorisation number.
    pub number: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its roles.
    pub roles: &'static [Psd2Role],
}

/// The third parties of the specification.
pub const FIXTURES: [CertificateFixture; 3] = [
    CertificateFixture {
        prefix: "tpp1",
        number: "987654321",
        name: "Example TPP 1 AS",
        roles: &[Psd2Role::Ai, Psd2Role::Pi],
    },
    CertificateFixture { prefix: "tpp2", number: "123456789", name: "Example TPP 2 AS", roles: &[Psd2Role::Pi] },
    CertificateFixture { prefix: "tpp3", number: "555555555", name: "Example TPP 3 AS", roles: &[Psd2Role::Ai] },
];

/// The suffixes of a third party's files: certificate and key of the seal, then of the connection.
pub const PARTS: [&str; 4] = ["-qseal.pem", "-qseal.key", "-qwac.pem", "-qwac.key"];
