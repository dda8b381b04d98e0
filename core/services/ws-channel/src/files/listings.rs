//! Cached listings, valid until anything that they show changes.

use bankchannel_foundation::{Cache, message::OutResponse};

use crate::service::{Call, Service};

/// The operation whose responses are cached.
const OPERATION: &str = "ws_channel.list_files";
/// Larger responses are not cached.
const LARGEST: u64 = 256 * 1024;
/// Size limit of all cached responses together, in bytes.
const TOTAL: u64 = 32 * 1024 * 1024;
/// Approximate cost of an entry in addition to its response, in bytes.
const ENTRY: u64 = 512;
/// Requests with longer queries are not cached.
const LONGEST_QUERY: usize = 256;

/// The cache key: account, bank, and the query as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Asked {
    email: String,
    bank: String,
    query: String,
}

impl Asked {
    /// The key of a request whose response may be cached: only with a store that no other process writes to.
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

/// The conditions under which a response stays valid.
#[derive(Debug, Clone)]
pub(crate) struct Fresh {
    /// [`bankchannel_storage::ws_channel::Store::auth_generation`], read before the store was.
    pub(crate) auth: u64,
    /// [`bankchannel_storage::ws_channel::Store::files_generation`] of the connection's owner, likewise.
    pub(crate) files: u64,
    /// The connection's owner.
    pub(crate) owner: String,
    /// End of validity in milliseconds: a certificate expires.
    pub(crate) until: i64,
}

impl Fresh {
    fn holds(&self, service: &Service, now_ms: i64) -> bool {
        now_ms < self.until
            && self.auth == service.store.auth_generation()
            && self.files == service.store.files_generation(&self.owner)
    }
}

/// The cached responses.
pub(crate) struct Listings(Cache<Asked, (Fresh, OutResponse)>);

impl Default for Listings {
    fn default() -> Self {
        Self(Cache::new(TOTAL))
    }
}

impl Listings {
    /// The cached response, if it is still valid.
    pub(crate) fn get(&self, service: &Service, asked: &Asked, now_ms: i64) -> Option<OutResponse> {
        let (fresh, answer) = self.0.get(asked)?;
        fresh.holds(service, now_ms).then_some(answer)
    }

    /// Caches a response, if its handler has set its validity.
    pub(crate) fn keep(&self, asked: Asked, call: &Call, answer: &OutResponse) {
        if let (Some(fresh), Some(length)) = (call.fresh.get(), answer.body.known_length())
            && length <= LARGEST
        {
            self.0.insert(asked, (fresh.clone(), answer.clone()), length + ENTRY);
        }
    }
}
