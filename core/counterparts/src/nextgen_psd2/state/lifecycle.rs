//! What time alone does to consents and authorisations (§4.4), applied at every access.

use std::sync::LazyLock;

use bankchannel_nextgen_psd2::model::{ConsentStatus, ScaStatus};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::data::Consent;

/// How long a redirect can be used, in seconds.
pub(super) const REDIRECT_S: i64 = 600;
/// How long a consent waits to be authorised.
pub(super) const UNAUTHORISED_S: i64 = 86_400;
/// The longest that a consent holds, in days.
pub(super) const LONGEST_DAYS: i64 = 180;
/// What `frequencyPerDay` counts within.
pub(super) const DAY_S: i64 = 86_400;

/// Where a consent stands. The bank has one customer to each: it is never authorised in part.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Status {
    /// Stored, not authorised.
    Received,
    /// In use.
    Valid,
    /// Refused, or not authorised in time.
    Rejected,
    /// Withdrawn by the customer.
    RevokedByPsu,
    /// Its time is over, or its one use.
    Expired,
    /// Deleted by the third party.
    TerminatedByTpp,
}

impl Status {
    /// Whether nothing changes it any more.
    pub(crate) fn is_final(self) -> bool {
        !matches!(self, Self::Received | Self::Valid)
    }

    /// The word on the wire.
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

impl From<Status> for ConsentStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Received => Self::Received,
            Status::Valid => Self::Valid,
            Status::Rejected => Self::Rejected,
            Status::RevokedByPsu => Self::RevokedByPsu,
            Status::Expired => Self::Expired,
            Status::TerminatedByTpp => Self::TerminatedByTpp,
        }
    }
}

/// Where an authorisation stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Sca {
    /// The customer has not come yet.
    Received,
    /// The customer looks at the page.
    Started,
    /// Approved.
    Finalised,
    /// Refused, too late, or withdrawn.
    Failed,
}

impl Sca {
    /// Whether nothing changes it any more.
    pub(crate) fn is_final(self) -> bool {
        matches!(self, Self::Finalised | Self::Failed)
    }
}

impl From<Sca> for ScaStatus {
    fn from(status: Sca) -> Self {
        match status {
            Sca::Received => Self::Received,
            Sca::Started => Self::Started,
            Sca::Finalised => Self::Finalised,
            Sca::Failed => Self::Failed,
        }
    }
}

impl Consent {
    /// Lets the time pass; whether that changed anything.
    pub(super) fn settle(&mut self, now_s: i64) -> bool {
        let mut changed = false;
        for authorisation in &mut self.authorisations {
            if !authorisation.status.is_final() && now_s >= authorisation.created_s.saturating_add(REDIRECT_S) {
                authorisation.status = Sca::Failed;
                changed = true;
            }
        }
        if let Some(status) = self.ended_by_time(now_s) {
            self.end(status);
            changed = true;
        }
        changed
    }

    /// A customer who has seen a page and let its time run out has failed to authorise, once no other page is open; one who never
    /// came can still be sent again, until a day is over.
    fn ended_by_time(&self, now_s: i64) -> Option<Status> {
        match self.status {
            Status::Received => {
                let mut all = self.authorisations.iter();
                let open = all.clone().any(|authorisation| !authorisation.status.is_final());
                let seen = all.any(|authorisation| authorisation.opened && authorisation.status == Sca::Failed);
                let late = now_s >= self.created_s.saturating_add(UNAUTHORISED_S);
                ((seen && !open) || late).then_some(Status::Rejected)
            }
            Status::Valid => (bank_date(now_s) > self.valid_until).then_some(Status::Expired),
            _ => None,
        }
    }

    /// Sets a final status, unless one is set; what is open of its authorisations fails.
    pub(super) fn end(&mut self, status: Status) {
        if self.status.is_final() {
            return;
        }
        self.status = status;
        for authorisation in self.authorisations.iter_mut().filter(|authorisation| !authorisation.status.is_final()) {
            authorisation.status = Sca::Failed;
        }
    }
}

/// The bank's calendar day: `validUntil` is one of these, and it is the last on which a consent holds.
pub(super) fn bank_date(now_s: i64) -> Date {
    static OSLO: LazyLock<TimeZone> = LazyLock::new(|| TimeZone::get("Europe/Oslo").unwrap_or(TimeZone::UTC));
    let limit = Timestamp::MAX.as_second();
    let now = Timestamp::from_second(now_s.clamp(-limit, limit)).unwrap_or(Timestamp::MAX);
    now.to_zoned(OSLO.clone()).date()
}

/// The last day that a consent of today can hold.
pub(super) fn last_day(now_s: i64) -> Date {
    let days = jiff::Span::new().days(LONGEST_DAYS);
    bank_date(now_s).checked_add(days).unwrap_or(Date::MAX)
}
