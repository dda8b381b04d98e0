//! Keys: foreign public keys, our own private keys, generation and inspection.

pub(crate) mod algorithm;
mod generate;
mod inspect;
mod private;
mod public;
mod validity;

pub use algorithm::KeyDescription;
pub use generate::{GeneratedAlgorithm, KeyGeneration};
pub use inspect::{OpenPgpKeyInfo, inspect};
pub use private::OpenPgpPrivateKey;
pub use public::{OpenPgpPublicKey, PublicKeyLimits};

pub(crate) use private::open_keys;
pub(crate) use validity::{KeyState, encryption_keys, policy, signing_key_state, why_no_encryption_key};
