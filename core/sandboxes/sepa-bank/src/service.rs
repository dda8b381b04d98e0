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
    orders::ReceivedDocument,
    received::DocumentsReceived,
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
    pub(crate) received: DocumentsReceived,
}

impl SandboxSepaBank {
    pub(crate) fn certificates_of(&self, dialect: &BankDialect) -> &FamilyCertificates {
        let at = DIALECTS.iter().position(|one| one.family == dialect.family).unwrap_or_default();
        &self.certificates[at]
    }

    /// Keeps a document for who runs the bank, if there is a control interface to ask by.
    pub(crate) fn note_document(&self, dialect: &BankDialect, (operation, request_id): (&str, &str), document: &[u8]) {
        if self.control.is_none() || document.is_empty() {
            return;
        }
        let of = ReceivedDocument {
            family: dialect.name().to_owned(),
            operation: if operation.is_empty() { "-" } else { operation }.to_owned(),
            request_id: request_id.chars().take(40).collect(),
            document: String::new(),
            left_out: None,
        };
        self.received.note(of, document);
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
