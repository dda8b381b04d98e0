//! The errors of a token, worded for the person who has to act on them.

use cryptoki::error::{Error as Fault, RvError};

/// Why a token does not sign or decrypt. No text contains a PIN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The library cannot be loaded, or is not a PKCS#11 module.
    #[error("the PKCS#11 module {module} cannot be used: {why}")]
    Module {
        /// Its path.
        module: String,
        /// The loader's or the module's reason.
        why: String,
    },
    /// No token has this label, and no slot with this number has one.
    #[error("there is no token {token:?}; there are: {found}")]
    NoToken {
        /// The wanted label or slot.
        token: String,
        /// The existing labels.
        found: String,
    },
    /// Several tokens have the same label.
    #[error("several tokens have the label {token:?}: give the number of the slot, one of {slots}")]
    SeveralTokens {
        /// The label.
        token: String,
        /// Their slots.
        slots: String,
    },
    /// The PIN was refused.
    #[error(
        "the token does not accept the PIN; it was tried once. Repeated wrong PINs lock a token: check the PIN before \
         you try again"
    )]
    WrongPin,
    /// The same PIN was refused before, in this process, and is among the last 64 refused ones.
    #[error("the token refused this PIN before, so it was not tried again: repeated wrong PINs lock a token")]
    PinRefusedBefore,
    /// One more wrong PIN would lock the token.
    #[error("one more wrong PIN locks the token, so no PIN was tried: log in once with the vendor's program")]
    LastTry,
    /// The PIN is locked.
    #[error("the token's PIN is locked; the token's security officer can unlock it")]
    PinLocked,
    /// The PIN must be set or changed first.
    #[error("the token's PIN must be set or changed first, with the vendor's program")]
    PinNotReady,
    /// A PIN is required, since the token has no keypad of its own.
    #[error("the token needs a PIN, and none was given")]
    NoPin,
    /// No private key has this label or id.
    #[error("there is no private key {key:?} in the token; there are: {found}")]
    NoKey {
        /// The wanted label or id.
        key: String,
        /// The existing labels and ids.
        found: String,
    },
    /// Several private keys have the same label.
    #[error("several private keys have the label {key:?}: give the id, one of {ids}")]
    SeveralKeys {
        /// The label.
        key: String,
        /// Their ids, hex.
        ids: String,
    },
    /// A key of another algorithm.
    #[error("the key {0:?} is not an RSA key")]
    NotRsa(String),
    /// The key's public half cannot be read.
    #[error(
        "the public half of the key {0:?} cannot be read: neither the key nor a public key or certificate of the same id has it"
    )]
    NoPublicKey(String),
    /// The key may not sign or decrypt, or the token does not support the mechanism.
    #[error("the token does not sign or decrypt with {0}")]
    NoMechanism(&'static str),
    /// The key asks for the PIN at each use, where a program decrypts by itself.
    #[error("the key {0:?} asks for the PIN at each use: give one that does not, to decrypt")]
    NotUnattended(String),
    /// The process was forked while the token was in use, or its module does not support forks.
    #[error(
        "the token was opened before the process was forked, and its module cannot be used in the child: open it after the fork"
    )]
    Forked,
    /// Another thread of this process has used the token or its module for too long.
    #[error(
        "the token's module is busy: another thread of this program has been using it for too long, perhaps at a \
         reader that waits for a PIN or a card; finish that, then try again"
    )]
    Busy,
    /// The module answered with an error.
    #[error("the token answered {code} to {call}")]
    Answered {
        /// The PKCS#11 function.
        call: String,
        /// The `CKR_…` value, named as in the interface's library.
        code: String,
    },
    /// Something else.
    #[error("PKCS#11: {0}")]
    Other(String),
}

impl From<Fault> for TokenError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Pkcs11(RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange, _) => Self::WrongPin,
            Fault::Pkcs11(RvError::PinLocked, _) => Self::PinLocked,
            Fault::Pkcs11(RvError::PinExpired | RvError::UserPinNotInitialized, _) => Self::PinNotReady,
            Fault::Pkcs11(code, call) => Self::Answered { call: format!("C_{call:?}"), code: format!("{code:?}") },
            other => Self::Other(other.to_string()),
        }
    }
}

/// Whether the session, the login or the module's state is lost, so that it is worth logging in again: nothing was
/// signed.
pub(crate) fn is_lost(fault: &Fault) -> bool {
    matches!(
        fault,
        Fault::Pkcs11(
            RvError::SessionHandleInvalid
                | RvError::SessionClosed
                | RvError::UserNotLoggedIn
                | RvError::KeyHandleInvalid
                | RvError::ObjectHandleInvalid
                | RvError::DeviceRemoved
                | RvError::DeviceError
                | RvError::TokenNotPresent
                | RvError::CryptokiNotInitialized
                // For a session that was left in the middle of an operation.
                | RvError::OperationActive,
            _
        )
    )
}
