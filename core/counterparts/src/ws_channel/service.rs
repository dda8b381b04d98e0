//! What every handler works with.

use std::{
    net::IpAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use bankchannel_foundation::clock::{Clock, SystemClock};
use bankchannel_storage::{AuditEntry, Mode, Session, Store};

use super::{auth::Sessions, banks::Banks, config::Config, fault::Fault, keys::Keys, limits::Limits, outbox::Outbox};

/// The service: what every handler works with.
pub(crate) struct Service {
    /// Its configuration.
    pub(crate) config: Config,
    /// What survives.
    pub(crate) store: Store,
    /// Its keys.
    pub(crate) keys: Keys,
    /// The time; the control interface may move it.
    pub(crate) clock: Arc<SystemClock>,
    /// Codes on their way to people.
    pub(crate) outbox: Outbox,
    /// Rate limits.
    pub(crate) limits: Limits,
    /// Sessions looked up before.
    pub(crate) sessions: Sessions,
    /// The banks behind.
    pub(crate) banks: Banks,
    /// The data folder.
    pub(crate) data: PathBuf,
}

impl Service {
    /// Now, in milliseconds.
    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }
}

/// One request on its way through the service.
pub(crate) struct Call {
    /// Its id, the server's own.
    pub(crate) request_id: String,
    /// The operation's name.
    pub(crate) operation: &'static str,
    /// The client's address.
    pub(crate) address: IpAddr,
    /// When it came, in milliseconds.
    pub(crate) now_ms: i64,
    /// Who is asking, where the operation needs a session.
    pub(crate) caller: Option<Arc<Session>>,
    audited: AtomicBool,
}

impl Call {
    /// A call that has just come.
    pub(crate) fn new(request_id: String, operation: &'static str, address: IpAddr, now_ms: i64) -> Self {
        Self { request_id, operation, address, now_ms, caller: None, audited: AtomicBool::new(false) }
    }

    /// Who is asking.
    ///
    /// # Errors
    /// An internal fault when the operation was declared without a session.
    pub(crate) fn caller(&self) -> Result<&Session, Fault> {
        self.caller.as_deref().ok_or_else(|| Fault::internal("the operation is declared without a session"))
    }

    /// The store, whose next writing verb records this call in its own transaction: what was done (`object`: a bank, an
    /// address) and further facts. The outcome is the verb's own.
    pub(crate) fn audited_store(&self, store: &Store, object: &str, detail: &str) -> Store {
        self.audited.store(true, Ordering::SeqCst);
        store.with_audit(AuditEntry { detail: detail.to_owned(), ..self.audit_entry(object, "") })
    }

    /// Whether a verb has recorded this call.
    pub(crate) fn is_audited(&self) -> bool {
        self.audited.load(Ordering::SeqCst)
    }

    /// The record of this call.
    pub(crate) fn audit_entry(&self, object: &str, outcome: &str) -> AuditEntry {
        let caller = self.caller.as_deref();
        AuditEntry {
            at: self.now_ms,
            request_id: self.request_id.clone(),
            api_key: caller.map(|session| session.api_key.clone()).unwrap_or_default(),
            email: caller.map(|session| session.email.clone()).unwrap_or_default(),
            mode: caller.map_or("", |session| mode_text(session.mode)).to_owned(),
            operation: self.operation.to_owned(),
            outcome: outcome.to_owned(),
            object: object.to_owned(),
            detail: String::new(),
        }
    }
}

fn mode_text(mode: Mode) -> &'static str {
    mode.as_str()
}
