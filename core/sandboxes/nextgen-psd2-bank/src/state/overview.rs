//! The list of consents with their statuses, for the bank's page.

use bankchannel_foundation::model::Timestamp;
use serde::Serialize;

use super::{
    BankState,
    data::{ConsentKind, StoredConsent},
    lifecycle::AuthorisationState,
};

/// The maximum number of rows.
const ROWS_MAX: usize = 100;

/// A consent in the overview, without any data about its customer.
#[derive(Serialize)]
pub(crate) struct OverviewRow {
    /// The consent's id in the control interface.
    pub(crate) consent_id: String,
    /// The third party.
    pub(crate) tpp: String,
    /// `era` or `bg`.
    pub(crate) dialect: &'static str,
    /// Its status, as on the wire.
    pub(crate) status: &'static str,
    /// The status of its last authorisation.
    pub(crate) sca_status: Option<AuthorisationState>,
    /// The time of creation, RFC 3339.
    pub(crate) created: String,
    /// The last day.
    pub(crate) valid_until: String,
    /// The number of accounts that the customer approved.
    pub(crate) accounts: usize,
}

impl BankState {
    /// The latest consents, newest first.
    pub(crate) fn overview(&self, now_s: i64) -> Vec<OverviewRow> {
        let mut data = self.keeper.change();
        let ids: Vec<String> = data.latest().take(ROWS_MAX).map(|consent| consent.id.clone()).collect();
        for id in &ids {
            data.consent(id, now_s);
        }
        let row = |consent: &StoredConsent| OverviewRow {
            consent_id: consent.id.clone(),
            tpp: consent.tpp.clone(),
            dialect: match consent.kind {
                ConsentKind::Era => "era",
                ConsentKind::Bg => "bg",
            },
            status: consent.status.as_str(),
            sca_status: consent.authorisations.last().map(|authorisation| authorisation.status),
            created: Timestamp::from_ms(consent.created_s.saturating_mul(1000)).as_str().to_owned(),
            valid_until: consent.valid_until.to_string(),
            accounts: consent.accounts.len(),
        };
        data.latest().take(ROWS_MAX).map(row).collect()
    }
}
