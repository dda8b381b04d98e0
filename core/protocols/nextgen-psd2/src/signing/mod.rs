//! The signature of a request: creation, and parsing for the verifier (§2).
//!
//! ```text
//!   body ──► digest ─┐
//!   clock ─► date ───┼─► signing_string ─► key ─► signature_header ─► rfc2047 ─► Signature
//!   request headers ─┘                                  ▲
//!   certificate ────────────────────────────► key_id ───┘
//! ```

mod algorithm;
mod date;
mod digest;
mod key_id;
mod names;
mod profile;
mod rfc2047;
mod serial;
pub(crate) mod shown;
mod sign;
mod signature_header;
mod signing_string;
mod values;
#[cfg(test)]
#[allow(dead_code, reason = "the tests of other modules use the rest")]
pub(crate) mod vectors;

pub use algorithm::{algorithm_hash, algorithm_name};
pub use date::{imf_fixdate, parse_imf_fixdate};
pub use digest::{DigestAlgorithm, DigestFault, DigestMember, check_digest, digest_header, digest_members};
pub use key_id::{KeyId, KeyIdFault};
pub use names::{CONDITIONAL, names_to_sign, required_names};
pub use profile::{ParameterSeparator, Rfc2047Use, SigningDialect, SigningProfile};
pub use rfc2047::{DecodedWords, MAX_DECODED, Rfc2047Fault, decode as decode_rfc2047, encode as encode_rfc2047};
pub use serial::SerialStyle;
pub(crate) use serial::to_text as serial_text;
pub use sign::{PreparedRequest, SignFault, SignedData, prepare, sign};
pub use signature_header::{DuplicateParameters, MAX_PARAMETERS, SignatureHeader, SignatureHeaderFault};
pub use signing_string::{MAX_NAMES, REQUEST_TARGET, SigningLine, SigningStringFault, SigningText, signing_string};
pub use values::{customer_id, redirect_uri, request_id};
