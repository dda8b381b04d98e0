//! Keys: foreign public keys, our own private keys, generation and inspection.

pub(crate) mod algorithm;
mod generate;
mod inspect;
mod private;
mod public;
mod validity;

pub use algorithm::KeyAlgorithm;
pub use generate::{Algorithm, Generate};
pub use inspect::{KeyInfo, inspect};
pub use private::PrivateKey;
pub use public::{PublicKey, PublicKeyLimits};

pub(crate) use private::open_keys;
pub(crate) use validity::{KeyState, encryption_keys, policy, signing_key_state, why_no_encryption_key};
