//! What every handler works with.

use std::{
    net::IpAddr,
    path::PathBuf,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use bankchannel_foundation::clock::{Clock, SystemClock};
use bankchannel_storage::{AuditEntry, Mode, Session, Store, StoreError};
use tokio_util::task::TaskTracker;

use super::{
    auth::Sessions,
    banks::Banks,
    config::Config,
    fault::Fault,
    files::{Files, content, listings::Fresh},
    keys::Keys,
    limits::Limits,
    outbox::Outbox,
    work::{Heavy, Turns},
};
use crate::http::control::Control;

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
    /// What the file operations remember.
    pub(crate) files: Files,
    /// Password hashes and decryptions.
    pub(crate) heavy: Heavy,
    /// One login of a user at a time.
    pub(crate) turns: Turns,
    /// What the control interface knows, where it is open.
    pub(crate) control: Option<Arc<Control>>,
    /// The data folder.
    pub(crate) data: PathBuf,
    /// What runs to its end even when nobody waits for it any more: a stop waits.
    pub(crate) running: TaskTracker,
}

impl Service {
    /// Now, in milliseconds.
    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// Where content files are.
    pub(crate) fn files_folder(&self) -> PathBuf {
        content::folder(&self.data, &self.config)
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
    /// Whether a browser asks only in case it will be needed.
    pub(crate) prefetch: bool,
    /// What the answer stays right under, where its handler can tell.
    pub(crate) fresh: OnceLock<Fresh>,
    about: OnceLock<(String, Mode)>,
    audited: AtomicBool,
}

impl Call {
    /// A call that has just come.
    pub(crate) fn new(request_id: String, operation: &'static str, address: IpAddr, now_ms: i64) -> Self {
        Self {
            request_id,
            operation,
            address,
            now_ms,
            caller: None,
            prefetch: false,
            fresh: OnceLock::new(),
            about: OnceLock::new(),
            audited: AtomicBool::new(false),
        }
    }

    /// Says whom a call without a session claims to be, for the audit trail.
    pub(crate) fn about(&self, email: &str, mode: Mode) {
        let _ = self.about.set((email.to_owned(), mode));
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

    /// As [`audited_store`](Self::audited_store), with an outcome of the caller's own.
    pub(crate) fn audited_as(&self, store: &Store, object: &str, detail: &str, outcome: &str) -> Store {
        self.audited.store(true, Ordering::SeqCst);
        store.with_audit(AuditEntry { detail: detail.to_owned(), ..self.audit_entry(object, outcome) })
    }

    /// Records a call that changed nothing in the store.
    ///
    /// # Errors
    /// Faults of the store.
    pub(crate) async fn record(&self, store: &Store, object: &str, detail: &str) -> Result<(), StoreError> {
        self.audited.store(true, Ordering::SeqCst);
        store.append_audit(AuditEntry { detail: detail.to_owned(), ..self.audit_entry(object, "done") }).await
    }

    /// Whether a verb has recorded this call.
    pub(crate) fn is_audited(&self) -> bool {
        self.audited.load(Ordering::SeqCst)
    }

    /// Whether anyone is known, or has said, to be asking.
    pub(crate) fn has_subject(&self) -> bool {
        self.caller.is_some() || self.about.get().is_some()
    }

    /// The record of this call.
    pub(crate) fn audit_entry(&self, object: &str, outcome: &str) -> AuditEntry {
        let caller = self.caller.as_deref();
        let who = caller.map(|session| (&*session.email, session.mode));
        let who = who.or_else(|| self.about.get().map(|(email, mode)| (&**email, *mode)));
        AuditEntry {
            at: self.now_ms,
            request_id: self.request_id.clone(),
            api_key: caller.map(|session| session.api_key.clone()).unwrap_or_default(),
            email: who.map(|(email, _)| email.to_owned()).unwrap_or_default(),
            mode: who.map_or("", |(_, mode)| mode.as_str()).to_owned(),
            operation: self.operation.to_owned(),
            outcome: outcome.to_owned(),
            object: object.to_owned(),
            detail: String::new(),
        }
    }
}
