//! Cached listings, valid until anything that they show changes.

use bankchannel_foundation::{Cache, message::OutResponse};

use crate::{ServiceCall, WsChannelService};

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
pub(crate) struct ListingKey {
    email: String,
    bank: String,
    query: String,
}

impl ListingKey {
    /// The key of a request whose response may be cached: only with a store that no other process writes to.
    pub(crate) fn new(
        service: &WsChannelService,
        call: &ServiceCall,
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
pub(crate) struct ListingFreshness {
    /// [`bankchannel_storage::ws_channel::WsChannelStore::auth_generation`], read before the store was.
    pub(crate) auth: u64,
    /// [`bankchannel_storage::ws_channel::WsChannelStore::files_generation`] of the connection's owner, likewise.
    pub(crate) files: u64,
    /// The connection's owner.
    pub(crate) owner: String,
    /// End of validity in milliseconds: a certificate expires.
    pub(crate) until: i64,
}

impl ListingFreshness {
    fn holds(&self, service: &WsChannelService, now_ms: i64) -> bool {
        now_ms < self.until
            && self.auth == service.store.auth_generation()
            && self.files == service.store.files_generation(&self.owner)
    }
}

/// The cached responses.
pub(crate) struct ListingCache(Cache<ListingKey, (ListingFreshness, OutResponse)>);

impl Default for ListingCache {
    fn default() -> Self {
        Self(Cache::new(TOTAL))
    }
}

impl ListingCache {
    /// The cached response, if it is still valid.
    pub(crate) fn get(&self, service: &WsChannelService, asked: &ListingKey, now_ms: i64) -> Option<OutResponse> {
        let (fresh, answer) = self.0.get(asked)?;
        fresh.holds(service, now_ms).then_some(answer)
    }

    /// Caches a response, if its handler has set its validity.
    pub(crate) fn keep(&self, asked: ListingKey, call: &ServiceCall, answer: &OutResponse) {
        if let (Some(fresh), Some(length)) = (call.fresh.get(), answer.body.known_length())
            && length <= LARGEST
        {
            self.0.insert(asked, (fresh.clone(), answer.clone()), length + ENTRY);
        }
    }
}
