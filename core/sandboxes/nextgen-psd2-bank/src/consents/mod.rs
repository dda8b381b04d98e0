//! Consents.

pub(super) mod create_consent;
pub(super) mod delete_consent;
pub(super) mod get_consent;
pub(super) mod get_consent_status;
pub(super) mod update_bank_offered_consents;
pub(super) mod update_consents;
