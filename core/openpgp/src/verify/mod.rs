//! Verification of detached signatures (docs/protocols/ws-channel.md §5.2): first the format, then the document, once
//! for all.

mod signatures;
mod verifier;

pub use signatures::{ParsedSignature, SignatureSet, parse_signatures};
pub use verifier::{BadReason, DetachedVerifier, SignatureOutcome, SignatureResult, VerifyPolicy, verify_detached};
