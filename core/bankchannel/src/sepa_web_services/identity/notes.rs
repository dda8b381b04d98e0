//! What calls note beside the customer's keys.
//!
//! ```text
//!   DIR/job               when `renew` ran last, Unix seconds: that it does is watched
//!   DIR/times             the last time that a process has reserved for its messages; times.lock is held meanwhile
//! ```

use bankchannel_foundation::Result;

use super::folder::IdentityFolder;
use crate::sepa_web_services::{
    bank_knowledge::BankKnowledgeFolder,
    clock::{self, ReservedTimes},
    kept_files::{keep, while_locked},
};

const JOB: &str = "job";
const TIMES: &str = "times";
const TIMES_LOCK: &str = "times.lock";

impl IdentityFolder {
    /// The part with the bank's own certificates and lists.
    pub(in super::super) fn bank_knowledge(&self) -> BankKnowledgeFolder {
        BankKnowledgeFolder::new(self.folder.clone())
    }

    /// When `renew` ran last, Unix seconds.
    pub(in super::super) fn job_ran_s(&self) -> Option<i64> {
        String::from_utf8(self.read(JOB).ok()?).ok()?.trim().parse().ok()
    }

    /// Notes that `renew` runs.
    ///
    /// # Errors
    /// `resource.storage`.
    pub(in super::super) fn note_job(&self, now_s: i64) -> Result<()> {
        keep(&self.folder, JOB, format!("{now_s}\n").as_bytes())
    }

    /// Reserves times for messages that no other process uses, also after a restart, and after the clock was set back.
    /// Without the folder there are none.
    ///
    /// # Errors
    /// `resource.storage`.
    pub(in super::super) fn reserve_times(&self, now_ms: i64) -> Result<Option<ReservedTimes>> {
        while_locked(&self.folder, TIMES_LOCK, || {
            let known = self.read(TIMES).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let last = known.and_then(|text| text.trim().parse().ok()).unwrap_or(i64::MIN / 2);
            let next = clock::after(last, now_ms);
            let times = ReservedTimes { next, last: next + clock::RESERVED_MS - 1 };
            keep(&self.folder, TIMES, format!("{}\n", times.last).as_bytes()).map(|()| times)
        })
    }
}
