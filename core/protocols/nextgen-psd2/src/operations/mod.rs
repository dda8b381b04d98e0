//! Every operation of the protocol, one file each, in one folder per subject.
//!
//! A new operation is its file, its `pub mod` line in the subject's `mod.rs`, and its name in the list below.

pub mod certificates;
pub mod signing;
pub mod verification;

use bankchannel_foundation::operation::Entry;

/// Hands the list of operations to a macro: `exchange subject::file::Type;` and `local subject::file::Type;`.
#[macro_export]
macro_rules! for_each_operation {
    ($callback:path) => {
        $callback! {
            local signing::sign_request::SignRequest;
            local signing::prepare_signature::PrepareSignature;
            local signing::attach_signature::AttachSignature;
            local signing::signing_string::SigningString;
            local signing::compute_digest::ComputeDigest;
            local signing::encode_header::EncodeHeader;
            local signing::decode_header::DecodeHeader;
            local signing::hash_identifier::HashIdentifier;
            local verification::verify_request::VerifyRequest;
            local verification::explain_request::ExplainRequest;
            local certificates::inspect_certificate::InspectCertificate;
            local certificates::make_certificates::MakeCertificates;
        }
    };
}

macro_rules! catalogue {
    ($($kind:ident $subject:ident::$file:ident::$name:ident;)+) => {
        /// Every operation of this protocol.
        pub static CATALOGUE: &[Entry] = &[$(Entry::of::<$subject::$file::$name>()),+];
    };
}

for_each_operation!(catalogue);
