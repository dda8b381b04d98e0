//! Changes of consents and authorisations by elapsed time (§4.4), applied at every access.

use std::sync::LazyLock;

use bankchannel_nextgen_psd2::model::{ConsentStatus, ScaStatus};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::data::StoredConsent;

/// How long a redirect can be used, in seconds.
pub(super) const REDIRECT_S: i64 = 600;
/// How long a consent waits for authorisation, in seconds.
pub(super) const UNAUTHORISED_S: i64 = 86_400;
/// The maximum validity of a consent, in days.
pub(super) const LONGEST_DAYS: i64 = 180;
/// The period of `frequencyPerDay`, in seconds.
pub(super) const DAY_S: i64 = 86_400;

/// The status of a consent. Each consent has one customer: there is no partial authorisation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ConsentState {
    /// Stored, not authorised.
    Received,
    /// Valid: it can be used.
    Valid,
    /// Refused, or not authorised in time.
    Rejected,
    /// Withdrawn by the customer.
    RevokedByPsu,
    /// Expired, replaced by a newer consent, or used up.
    Expired,
    /// Deleted by the third party.
    TerminatedByTpp,
}

impl ConsentState {
    /// Whether the status can no longer change.
    pub(crate) fn is_final(self) -> bool {
        !matches!(self, Self::Received | Self::Valid)
    }

    /// The value on the wire.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Valid => "valid",
            Self::Rejected => "rejected",
            Self::RevokedByPsu => "revokedByPsu",
            Self::Expired => "expired",
            Self::TerminatedByTpp => "terminatedByTpp",
        }
    }
}

impl From<ConsentState> for ConsentStatus {
    fn from(status: ConsentState) -> Self {
        match status {
            ConsentState::Received => Self::Received,
            ConsentState::Valid => Self::Valid,
            ConsentState::Rejected => Self::Rejected,
            ConsentState::RevokedByPsu => Self::RevokedByPsu,
            ConsentState::Expired => Self::Expired,
            ConsentState::TerminatedByTpp => Self::TerminatedByTpp,
        }
    }
}

/// The status of an authorisation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum AuthorisationState {
    /// The customer has not opened the page yet.
    Received,
    /// The customer has opened the page.
    Started,
    /// Approved.
    Finalised,
    /// Refused, expired, or withdrawn.
    Failed,
}

impl AuthorisationState {
    /// Whether the status can no longer change.
    pub(crate) fn is_final(self) -> bool {
        matches!(self, Self::Finalised | Self::Failed)
    }
}

impl From<AuthorisationState> for ScaStatus {
    fn from(status: AuthorisationState) -> Self {
        match status {
            AuthorisationState::Received => Self::Received,
            AuthorisationState::Started => Self::Started,
            AuthorisationState::Finalised => Self::Finalised,
            AuthorisationState::Failed => Self::Failed,
        }
    }
}

impl StoredConsent {
    /// Applies the elapsed time; true if that changed anything.
    pub(super) fn settle(&mut self, now_s: i64) -> bool {
        let mut changed = false;
        for authorisation in &mut self.authorisations {
            if !authorisation.status.is_final() && now_s >= authorisation.created_s.saturating_add(REDIRECT_S) {
                authorisation.status = AuthorisationState::Failed;
                changed = true;
            }
        }
        if let Some(status) = self.ended_by_time(now_s) {
            self.end(status);
            changed = true;
        }
        changed
    }

    /// A customer who saw a page and let it expire has failed to authorise once no other page is open. A customer who
    /// never opened a page can be sent again until a day has passed.
    fn ended_by_time(&self, now_s: i64) -> Option<ConsentState> {
        match self.status {
            ConsentState::Received => {
                let mut all = self.authorisations.iter();
                let open = all.clone().any(|authorisation| !authorisation.status.is_final());
                let seen =
                    all.any(|authorisation| authorisation.opened && authorisation.status == AuthorisationState::Failed);
                let late = now_s >= self.created_s.saturating_add(UNAUTHORISED_S);
                ((seen && !open) || late).then_some(ConsentState::Rejected)
            }
            ConsentState::Valid => (bank_date(now_s) > self.valid_until).then_some(ConsentState::Expired),
            _ => None,
        }
    }

    /// Sets a final status unless there is one; authorisations that are still open fail.
    pub(super) fn end(&mut self, status: ConsentState) {
        if self.status.is_final() {
            return;
        }
        self.status = status;
        for authorisation in self.authorisations.iter_mut().filter(|authorisation| !authorisation.status.is_final()) {
            authorisation.status = AuthorisationState::Failed;
        }
    }
}

/// The bank's calendar day. `validUntil` is such a day: the last one on which a consent is valid.
pub(super) fn bank_date(now_s: i64) -> Date {
    static OSLO: LazyLock<TimeZone> = LazyLock::new(|| TimeZone::get("Europe/Oslo").unwrap_or(TimeZone::UTC));
    let limit = Timestamp::MAX.as_second();
    let now = Timestamp::from_second(now_s.clamp(-limit, limit)).unwrap_or(Timestamp::MAX);
    now.to_zoned(OSLO.clone()).date()
}

/// The last possible day of a consent that is created today.
pub(super) fn last_day(now_s: i64) -> Date {
    let days = jiff::Span::new().days(LONGEST_DAYS);
    bank_date(now_s).checked_add(days).unwrap_or(Date::MAX)
}
