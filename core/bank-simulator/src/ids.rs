//! The parts that differ in each answer: ids, time.

use bankchannel_foundation::model;
use bankchannel_iso20022::data::Moment;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::SimulatorError;

/// The unique base of all ids of one answer: message ids are unique if it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerIds {
    base: String,
}

impl AnswerIds {
    /// Longest base, in characters: ids have 35, and prefix and number need the rest.
    pub const MAX_LENGTH: usize = 20;

    /// Ids from a base of 1 to 20 ASCII letters, digits and hyphens, unique for each answer of the bank.
    ///
    /// # Errors
    /// The base is empty, too long, or holds another character.
    pub fn new(base: impl Into<String>) -> Result<Self, SimulatorError> {
        let base = base.into();
        let good = (1..=Self::MAX_LENGTH).contains(&base.len())
            && base.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if good { Ok(Self { base }) } else { Err(SimulatorError::BadIds) }
    }

    pub(crate) fn id(&self, kind: &str) -> String {
        format!("{kind}-{}", self.base)
    }

    pub(crate) fn numbered(&self, kind: &str, number: usize) -> String {
        format!("{kind}-{}-{number}", self.base)
    }
}

/// Time, day and ids of one answer.
pub(crate) struct AnswerStamp<'i> {
    pub(crate) created: Option<Moment>,
    pub(crate) today: Date,
    pub(crate) ids: &'i AnswerIds,
}

impl<'i> AnswerStamp<'i> {
    pub(crate) fn new(now: Timestamp, today: Date, ids: &'i AnswerIds) -> Self {
        Self { created: created_at(now), today, ids }
    }

    /// The day of booking.
    pub(crate) fn day(&self) -> model::Date {
        model::Date(self.today)
    }
}

/// A creation time, in whole seconds.
pub fn created_at(now: Timestamp) -> Option<Moment> {
    let text = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    Moment::at(model::Timestamp::new(&text).ok()?)
}
