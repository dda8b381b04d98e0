//! Certificates in answers (§5.2).

use bankchannel_foundation::model::{Boundary, Timestamp};

/// The use of a certificate's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum OwnCertificatePurpose {
    /// It signs.
    #[boundary("signing")]
    Signing,
    /// It decrypts.
    #[boundary("encryption")]
    Encryption,
}

/// How a certificate of the customer stands at the bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum OwnCertificateStatus {
    /// It holds.
    #[boundary("good")]
    Good,
    /// It holds, and is to be renewed.
    #[boundary("expires_soon")]
    ExpiresSoon,
    /// It has ended.
    #[boundary("expired")]
    Expired,
    /// It was revoked.
    #[boundary("revoked")]
    Revoked,
}

/// A certificate of the customer, as the bank knows it.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct OwnCertificateState {
    /// Its serial number, decimal.
    pub serial_number: String,
    /// What its key is for.
    pub purpose: OwnCertificatePurpose,
    /// The serial number of the other certificate that was issued with it, decimal.
    pub matching_serial_number: Option<String>,
    /// How it stands.
    pub status: OwnCertificateStatus,
    /// When it ends, if the bank tells.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// Why it was revoked.
    pub revocation_reason: Option<RevocationReason>,
}

/// A certificate that a bank gives.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct BankCertificate {
    /// The name that the bank gives it, if it gives one.
    pub name: Option<String>,
    /// The certificate as PEM text, however the bank has packed it.
    pub certificate: String,
    /// The bank's word for its form, such as `X509v3`.
    pub certificate_format: Option<String>,
}

/// Why a certificate is revoked, in the words of revocation lists (RFC 5280 §5.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
pub enum RevocationReason {
    /// No reason is given.
    #[boundary("unspecified")]
    Unspecified,
    /// The private key may be in other hands.
    #[boundary("key_compromise")]
    KeyCompromise,
    /// The key of the authority may be in other hands.
    #[boundary("ca_compromise")]
    CaCompromise,
    /// The company's name, or another fact in the certificate, has changed.
    #[boundary("affiliation_changed")]
    AffiliationChanged,
    /// Another certificate has taken its place.
    #[boundary("superseded")]
    Superseded,
    /// It is not used any more.
    #[boundary("cessation_of_operation")]
    CessationOfOperation,
    /// The right that it stands for was withdrawn.
    #[boundary("privilege_withdrawn")]
    PrivilegeWithdrawn,
}

impl RevocationReason {
    const ALL: [Self; 7] = [
        Self::Unspecified,
        Self::KeyCompromise,
        Self::CaCompromise,
        Self::AffiliationChanged,
        Self::Superseded,
        Self::CessationOfOperation,
        Self::PrivilegeWithdrawn,
    ];

    /// The reason with this number.
    #[must_use]
    pub fn numbered(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.number() == number)
    }

    /// Its number in revocation lists.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Unspecified => 0,
            Self::KeyCompromise => 1,
            Self::CaCompromise => 2,
            Self::AffiliationChanged => 3,
            Self::Superseded => 4,
            Self::CessationOfOperation => 5,
            Self::PrivilegeWithdrawn => 9,
        }
    }
}
