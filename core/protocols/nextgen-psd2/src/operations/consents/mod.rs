//! Consents: the bank's own offer (dialect `era`), and those of the Berlin Group (dialect `bg`).

pub mod create_consent;
pub mod delete_consent;
pub mod get_consent;
pub mod get_consent_status;
pub mod update_bank_offered_consents;
pub mod update_consents;
