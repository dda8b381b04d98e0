//! Every operation of the protocol, one file each, in one folder per subject.
//!
//! A new operation is its file, its `pub mod` line in the subject's `mod.rs`, and its name in the list below.

pub mod accounts;
pub mod authorisations;
pub mod certificates;
pub mod consents;
pub mod signing;
pub mod users;
pub mod verification;

use bankchannel_foundation::{Exchange, operation::Entry};

use crate::Terms;

/// Hands the list of operations to a macro: `exchange subject::file::Type;` and `local subject::file::Type;`.
#[macro_export]
macro_rules! for_each_operation {
    ($callback:path) => {
        $callback! {
            exchange users::verify_user::VerifyUser;
            exchange consents::update_bank_offered_consents::UpdateBankOfferedConsents;
            exchange consents::update_consents::UpdateConsents;
            exchange consents::create_consent::CreateConsent;
            exchange consents::get_consent::GetConsent;
            exchange consents::get_consent_status::GetConsentStatus;
            exchange consents::delete_consent::DeleteConsent;
            exchange authorisations::start_authorisation::StartAuthorisation;
            exchange authorisations::list_authorisations::ListAuthorisations;
            exchange authorisations::get_authorisation_status::GetAuthorisationStatus;
            exchange accounts::get_accounts::GetAccounts;
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

        /// The terms of each, at its place in [`CATALOGUE`]; `None` of what is no exchange.
        pub static TERMS: &[Option<Terms>] = &[$(catalogue!(@terms $kind $subject::$file::$name)),+];
    };
    (@terms exchange $op:path) => { Some(<$op as Exchange>::TERMS) };
    (@terms local $op:path) => { None };
}

for_each_operation!(catalogue);

/// The terms of the exchange of this name, `nextgen_psd2.get_consent`; `None` where there is no such exchange.
#[must_use]
pub fn terms(name: &str) -> Option<&'static Terms> {
    let at = CATALOGUE.iter().position(|entry| entry.declaration.name == name)?;
    TERMS[at].as_ref()
}
