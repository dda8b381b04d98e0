//! Listings written before, kept as long as nothing that they show has changed.

use bankchannel_foundation::{Cache, message::OutResponse};

use crate::ws_channel::service::{Call, Service};

/// The operation whose answers are kept.
const OPERATION: &str = "ws_channel.list_files";
/// A larger answer is written anew each time.
const LARGEST: u64 = 256 * 1024;
/// Bytes of all kept answers together.
const TOTAL: u64 = 32 * 1024 * 1024;
/// What an entry costs beside its answer, in bytes; about.
const ENTRY: u64 = 512;
/// A longer query is not worth remembering.
const LONGEST_QUERY: usize = 256;

/// What was asked: whose, at which bank, with which query, as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Asked {
    email: String,
    bank: String,
    query: String,
}

impl Asked {
    /// What this request asks, where its answer may be kept: only with a store that no other process writes to.
    pub(crate) fn of(
        service: &Service,
        call: &Call,
        parameters: &[(&'static str, String)],
        query: &str,
    ) -> Option<Self> {
        if call.operation != OPERATION || !service.store.is_only_writer() || query.len() > LONGEST_QUERY {
            return None;
        }
        let session = call.caller().ok()?;
        let bank = parameters.iter().find(|(name, _)| *name == "Bank")?.1.clone();
        Some(Self { email: session.email.clone(), bank, query: query.to_owned() })
    }
}

/// What an answer stays right under.
#[derive(Debug, Clone)]
pub(crate) struct Fresh {
    /// [`bankchannel_storage::ws_channel::Store::auth_generation`], read before the store was.
    pub(crate) auth: u64,
    /// [`bankchannel_storage::ws_channel::Store::files_generation`] of the connection's owner, likewise.
    pub(crate) files: u64,
    /// The connection's owner.
    pub(crate) owner: String,
    /// Not from this moment on, in milliseconds: a certificate ends.
    pub(crate) until: i64,
}

impl Fresh {
    fn holds(&self, service: &Service, now_ms: i64) -> bool {
        now_ms < self.until
            && self.auth == service.store.auth_generation()
            && self.files == service.store.files_generation(&self.owner)
    }
}

/// Answers kept.
pub(crate) struct Listings(Cache<Asked, (Fresh, OutResponse)>);

impl Default for Listings {
    fn default() -> Self {
        Self(Cache::new(TOTAL))
    }
}

impl Listings {
    /// The answer, if it is known and still right.
    pub(crate) fn get(&self, service: &Service, asked: &Asked, now_ms: i64) -> Option<OutResponse> {
        let (fresh, answer) = self.0.get(asked)?;
        fresh.holds(service, now_ms).then_some(answer)
    }

    /// Keeps an answer, if its handler said what it stays right under.
    pub(crate) fn keep(&self, asked: Asked, call: &Call, answer: &OutResponse) {
        if let (Some(fresh), Some(length)) = (call.fresh.get(), answer.body.known_length())
            && length <= LARGEST
        {
            self.0.insert(asked, (fresh.clone(), answer.clone()), length + ENTRY);
        }
    }
}
