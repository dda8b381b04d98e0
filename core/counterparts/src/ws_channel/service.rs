//! What every handler works with.

mod holds;
mod writing;

use std::{
    net::IpAddr,
    path::PathBuf,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use bankchannel_foundation::clock::{Clock, SystemClock};
use bankchannel_storage::ws_channel::{AuditEntry, Digest, Ground, Mode, Session};
use tokio_util::task::TaskTracker;

pub(crate) use self::{
    holds::Holds,
    writing::{Guarded, Settling, System},
};
use super::{
    auth::Sessions,
    banks::Banks,
    config::Config,
    fault::Fault,
    files::{Files, content, listings::Fresh},
    keys::Keys,
    limits::ServiceLimits,
    outbox::Outbox,
    watch::Folders,
    work::{LoginLocks, WorkPool},
};
use crate::http::{control::Control, health::Readiness};

/// The service: what every handler works with.
pub(crate) struct Service {
    /// Its configuration.
    pub(crate) config: Config,
    /// What survives; to read only.
    pub(crate) store: Guarded,
    /// Its keys.
    pub(crate) keys: Keys,
    /// The time; the control interface may move it.
    pub(crate) clock: Arc<SystemClock>,
    /// Codes on their way to people.
    pub(crate) outbox: Outbox,
    /// Rate limits.
    pub(crate) limits: ServiceLimits,
    /// Sessions looked up before.
    pub(crate) sessions: Sessions,
    /// The banks behind.
    pub(crate) banks: Banks,
    /// What the file operations remember.
    pub(crate) files: Files,
    /// Password hashes and decryptions.
    pub(crate) work_pool: WorkPool,
    /// One login of a user at a time.
    pub(crate) login_locks: LoginLocks,
    /// What the control interface knows, where it is open.
    pub(crate) control: Option<Arc<Control>>,
    /// Calls that a test holds.
    pub(crate) holds: Holds,
    /// The data folder.
    pub(crate) data: PathBuf,
    /// Whether it should be sent requests.
    pub(crate) readiness: Arc<Readiness>,
    /// Whether its folders are still there.
    pub(crate) folders: Folders,
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
    /// When it came and, once its body is there, when it was whole; in milliseconds.
    pub(crate) now_ms: i64,
    /// Whether it writes only with a session.
    pub(crate) needs_session: bool,
    /// Whether the service itself acts in the account's place, as seeding does: no right of the account is judged.
    pub(crate) is_own: bool,
    /// Who is asking, where the operation needs a session.
    pub(crate) caller: Option<Caller>,
    /// Whether a browser asks only in case it will be needed.
    pub(crate) prefetch: bool,
    /// What the answer stays right under, where its handler can tell.
    pub(crate) fresh: OnceLock<Fresh>,
    grounds: Mutex<Vec<Ground>>,
    about: OnceLock<(String, Mode)>,
    audited: AtomicBool,
}

/// Who is asking.
#[derive(Clone)]
pub(crate) struct Caller {
    /// The session as it was judged last.
    pub(crate) session: Arc<Session>,
    /// The digest of its token.
    pub(crate) token: Digest,
}

impl Call {
    /// A call that has just come.
    pub(crate) fn new(request_id: String, operation: &'static str, address: IpAddr, now_ms: i64) -> Self {
        Self {
            request_id,
            operation,
            address,
            now_ms,
            needs_session: true,
            is_own: false,
            caller: None,
            prefetch: false,
            fresh: OnceLock::new(),
            grounds: Mutex::default(),
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
        self.session().ok_or_else(|| Fault::internal("the operation is declared without a session"))
    }

    /// Whether a verb has recorded this call.
    pub(crate) fn is_audited(&self) -> bool {
        self.audited.load(Ordering::SeqCst)
    }

    fn set_audited(&self) {
        self.audited.store(true, Ordering::SeqCst);
    }

    fn session(&self) -> Option<&Session> {
        self.caller.as_ref().map(|caller| &*caller.session)
    }

    /// Whether anyone is known, or has said, to be asking.
    pub(crate) fn has_subject(&self) -> bool {
        self.caller.is_some() || self.about.get().is_some()
    }

    /// The record of this call.
    pub(crate) fn audit_entry(&self, object: &str, outcome: &str) -> AuditEntry {
        let caller = self.session();
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
