//! What all requests share: state, certificates, clocks, faults.

use std::sync::Arc;

use bankchannel_foundation::clock::{Clock as _, SystemClock};
use bankchannel_server::http::control::ControlState;

use super::{
    certificates::FamilyCertificates,
    chaos::OrderedFaults,
    dialect::{BankDialect, DIALECTS},
    held::HeldAnswers,
    load::BankLoad,
    state::SepaBankState,
};

/// A sandbox bank.
pub struct SandboxSepaBank {
    pub(crate) state: SepaBankState,
    /// In the order of the dialects.
    pub(crate) certificates: Vec<FamilyCertificates>,
    pub(crate) faults: OrderedFaults,
    pub(crate) held: HeldAnswers,
    pub(crate) load: BankLoad,
    /// The time in messages and of certificates.
    pub(crate) message_clock: SystemClock,
    /// The time at which files appear: the control interface moves it.
    pub(crate) scenario_clock: Arc<SystemClock>,
    /// Whether requests must have a signed time.
    pub(crate) strict: bool,
    /// How long after an upload the bank has decided, milliseconds.
    pub(crate) report_after_ms: i64,
    pub(crate) control: Option<Arc<ControlState>>,
}

impl SandboxSepaBank {
    pub(crate) fn certificates_of(&self, dialect: &BankDialect) -> &FamilyCertificates {
        let at = DIALECTS.iter().position(|one| one.family == dialect.family).unwrap_or_default();
        &self.certificates[at]
    }

    /// The time in messages, Unix seconds.
    pub(crate) fn message_s(&self) -> i64 {
        self.message_clock.now_s()
    }

    /// The time of files, milliseconds.
    pub(crate) fn scenario_ms(&self) -> i64 {
        self.scenario_clock.now_ms()
    }
}
