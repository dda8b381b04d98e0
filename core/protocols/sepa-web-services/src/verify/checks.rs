//! The checks of a message, as they are made.

use super::report::MessageCheck;

/// The checks made so far.
#[derive(Default)]
pub(super) struct MessageChecks(Vec<MessageCheck>);

impl MessageChecks {
    pub(super) fn passed(&mut self, id: &'static str, why: impl Into<String>) {
        self.0.push(MessageCheck { id: id.to_owned(), ok: true, why: why.into() });
    }

    pub(super) fn failed(&mut self, id: &'static str, why: impl Into<String>) {
        self.0.push(MessageCheck { id: id.to_owned(), ok: false, why: why.into() });
    }

    /// Notes the result of a check: what holds, or why not.
    pub(super) fn note_result(&mut self, id: &'static str, result: Result<String, String>) -> bool {
        let holds = result.is_ok();
        match result {
            Ok(why) => self.passed(id, why),
            Err(why) => self.failed(id, why),
        }
        holds
    }

    /// How many were made.
    pub(super) fn made(&self) -> usize {
        self.0.len()
    }

    /// Takes back all but the first so many.
    pub(super) fn take_back(&mut self, made: usize) {
        self.0.truncate(made);
    }

    pub(super) fn all_hold(&self) -> bool {
        self.0.iter().all(|check| check.ok)
    }

    /// Keeps only that the message could be read.
    pub(super) fn keep_for_signatures(&mut self) {
        self.0.retain(|check| check.id == "V2" && !check.ok);
    }

    pub(super) fn into_list(self) -> Vec<MessageCheck> {
        self.0
    }
}
