//! Every operation of the protocol, one file each, in one folder per subject.
//!
//! To add an operation, add its file, its `pub mod` line in the subject's `mod.rs`, and its name in the list below.

pub mod accounts;
pub mod authorisations;
pub mod certificates;
pub mod consents;
pub mod signing;
pub mod users;
pub mod verification;

use crate::NextGenPsd2Terms as Terms;

/// Passes the list of operations to a macro: `exchange subject::file::Type;` and `local subject::file::Type;`.
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

for_each_operation!(bankchannel_foundation::operation_lists);
