//! A customer's keys and certificates in a place of their own, and their life there: asked for, tried, used, replaced.
//!
//! ```text
//!   CertificateLife (core/renewal) ─► what is due ─┐
//!   IdentityStore: state, keys, requests ◄─ stored ┴─► request, renewal, trial ─► bank
//!      └── IdentityFolder: `identity_dir`; what was learnt of the bank beside it
//! ```
//!
//! Whatever is done at the bank is stored before: key and request before the first byte leaves, the certificate before it
//! is used.

mod folder;
mod learnt;
mod renewing;

use bankchannel_crypto::{
    rsa::RsaPrivateKey,
    x509::{Certificate, CertificateRequest},
};
use bankchannel_foundation::Result;
use bankchannel_renewal::{CertificateLife, KnownPair};

pub(super) use folder::IdentityFolder;
pub(super) use learnt::SeenSigner;
pub(super) use renewing::{EnrolmentCode, IdentityRenewing};

use super::settings::SigningPair;

/// What the state says of a pair.
pub(super) fn known_pair(name: String, certificate: &Certificate) -> KnownPair {
    KnownPair {
        name,
        serial: certificate.serial_hex(),
        not_before_s: certificate.not_before_s(),
        not_after_s: certificate.not_after_s(),
    }
}

/// Where the keys and certificates of one customer are, held by this call alone. Every method stores durably before it
/// returns, and may block.
pub(super) trait IdentityStore: Send {
    /// The state.
    fn life(&self) -> &CertificateLife;

    /// Replaces the state.
    fn commit(&mut self, life: CertificateLife) -> Result<()>;

    /// Stores a new key and its request under a new name, which is returned.
    fn add_request(&mut self, key: &RsaPrivateKey, request: &CertificateRequest) -> Result<String>;

    /// Stores a pair that was made elsewhere under a new name, which is returned.
    fn add_pair(&mut self, key: &RsaPrivateKey, certificate: &Certificate) -> Result<String>;

    /// The request of a pair.
    fn request(&self, name: &str) -> Result<CertificateRequest>;

    /// Stores the certificate of a pair.
    fn add_certificate(&mut self, name: &str, certificate: &Certificate) -> Result<()>;

    /// A pair that signs.
    fn pair(&self, name: &str) -> Result<SigningPair>;

    /// Removes a replaced pair whose time is over.
    fn remove(&mut self, name: &str) -> Result<()>;
}
