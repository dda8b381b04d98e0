//! The signing of requests, and its single steps.

pub mod attach_signature;
pub mod compute_digest;
pub mod decode_header;
pub mod encode_header;
pub mod hash_identifier;
pub mod prepare_signature;
pub mod sign_request;
pub mod signing_string;

/// The largest header value that a command reads from stdin, in bytes: more than a header may have.
const MAX_HEADER_LINE: u64 = 64 * 1024;
