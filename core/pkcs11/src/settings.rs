//! The location of a key in a token.

use bankchannel_foundation::{Secret, model::Boundary};

/// A private key in an HSM or on a smart card, over PKCS#11.
#[derive(Debug, Clone, Boundary)]
pub struct Pkcs11Settings {
    /// The path of the PKCS#11 library from the token's maker, such as `/usr/lib/softhsm/libsofthsm2.so`.
    #[boundary(example = "/usr/lib/softhsm/libsofthsm2.so")]
    pub module: String,
    /// The token's label, or the number of its slot.
    #[boundary(example = "connector")]
    pub token: String,
    /// The user's PIN. Absent for a reader with its own keypad. A token locks itself after a few wrong PINs.
    #[boundary(example = "the PIN")]
    pub pin: Option<Secret>,
    /// The key's label, or its id in hex. It must be an RSA key.
    #[boundary(example = "connector-key")]
    pub key: String,
}
