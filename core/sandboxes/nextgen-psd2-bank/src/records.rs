//! The latest requests, for the page that shows them.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use bankchannel_foundation::{model::Timestamp, redact::redact_words};
use serde::Serialize;
use serde_json::Value;

use super::pages::RequestWindow;

/// How many requests are kept.
const KEPT: usize = 200;

/// A request with its outcome. No personal data: values of headers and bodies are not stored, except for those that an
/// explanation shows to everyone ([`for_others`](bankchannel_nextgen_psd2::explain::RefusalExplanation::for_others)).
#[derive(Debug, Clone)]
pub(crate) struct RequestRecord {
    /// Counted from 1 since the start of the bank, never reused; 0 before it is added.
    pub(crate) number: u64,
    /// The time of arrival by the bank's clock, milliseconds since 1970.
    pub(crate) at_ms: i64,
    pub(crate) method: String,
    pub(crate) path: String,
    /// The operation, such as `nextgen_psd2.verify_user`; empty if the route is unknown.
    pub(crate) operation: &'static str,
    /// The third party, if its certificate could be parsed.
    pub(crate) third_party: Option<String>,
    pub(crate) request_id: String,
    pub(crate) status: u16,
    /// The duration, in microseconds.
    pub(crate) elapsed_us: u64,
    /// The refusal, if it was refused.
    pub(crate) refused: Option<RecordedRefusal>,
}

/// A refusal, as shown on the page.
#[derive(Debug, Clone)]
pub(crate) struct RecordedRefusal {
    /// The error's id.
    pub(crate) id: String,
    /// The check, such as `V30`.
    pub(crate) check: &'static str,
    pub(crate) code: &'static str,
    pub(crate) text: String,
    /// The explanation, if the bank makes one, without personal data: only the sender received it in full.
    pub(crate) explain: Option<Arc<Value>>,
}

/// A record for the page. It borrows because explanations are long.
#[derive(Serialize)]
pub(crate) struct ShownRecord<'a> {
    number: u64,
    at: String,
    method: &'a str,
    path: String,
    operation: &'static str,
    third_party: Option<&'a str>,
    request_id: &'a str,
    status: u16,
    ms: f64,
    error_id: Option<&'a str>,
    check: Option<&'static str>,
    code: Option<&'static str>,
    message: Option<&'a str>,
    explain: Option<&'a Value>,
}

impl RequestRecord {
    /// The record with all its fields.
    pub(crate) fn to_shown(&self) -> ShownRecord<'_> {
        let refused = self.refused.as_ref();
        ShownRecord {
            number: self.number,
            at: Timestamp::from_ms(self.at_ms).as_str().to_owned(),
            method: &self.method,
            path: redact_words(&self.path),
            operation: self.operation,
            third_party: self.third_party.as_deref(),
            request_id: &self.request_id,
            status: self.status,
            ms: self.elapsed_us as f64 / 1000.0,
            error_id: refused.map(|refused| refused.id.as_str()),
            check: refused.map(|refused| refused.check),
            code: refused.map(|refused| refused.code),
            message: refused.map(|refused| refused.text.as_str()),
            explain: refused.and_then(|refused| refused.explain.as_deref()),
        }
    }
}

/// The latest requests.
#[derive(Default)]
pub(crate) struct RequestRecords(Mutex<RequestHistory>);

#[derive(Default)]
struct RequestHistory {
    /// The number of the latest request ever.
    latest: u64,
    records: VecDeque<RequestRecord>,
}

impl RequestRecords {
    pub(crate) fn add(&self, record: RequestRecord) {
        let mut history = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        history.latest += 1;
        let number = history.latest;
        let oldest = if history.records.len() >= KEPT { history.records.pop_front() } else { None };
        history.records.push_back(RequestRecord { number, ..record });
        drop(history);
        drop(oldest);
    }

    /// The requests after this number, latest first; and the range of those that are kept.
    pub(crate) fn after(&self, number: u64) -> (RequestWindow, Vec<RequestRecord>) {
        let history = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let first = history.records.front().map_or(history.latest + 1, |oldest| oldest.number);
        let later = history.records.iter().rev().take_while(|record| record.number > number).cloned().collect();
        (RequestWindow { first, latest: history.latest }, later)
    }

    /// Removes all records. Numbers continue, so a page that showed the removed ones notices that they are gone.
    pub(crate) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).records.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_are_kept_and_come_first() {
        let records = RequestRecords::default();
        for number in 0..=KEPT as i64 {
            records.add(RequestRecord {
                number: 0,
                at_ms: number,
                method: "GET".into(),
                path: "/bg/v1/accounts".into(),
                operation: "nextgen_psd2.get_accounts",
                third_party: None,
                request_id: String::new(),
                status: 200,
                elapsed_us: 1500,
                refused: None,
            });
        }
        let (window, latest) = records.after(0);
        assert_eq!((latest.len(), latest[0].at_ms, latest[KEPT - 1].at_ms), (KEPT, KEPT as i64, 1));
        assert_eq!((window.first, window.latest, latest[0].number), (2, KEPT as u64 + 1, KEPT as u64 + 1));
        assert_eq!(serde_json::to_value(latest[KEPT - 1].to_shown()).unwrap()["ms"], 1.5);
        assert_eq!(records.after(KEPT as u64).1.len(), 1);
        records.forget();
        let (window, latest) = records.after(0);
        assert!(latest.is_empty() && window.first == window.latest + 1);
    }
}
