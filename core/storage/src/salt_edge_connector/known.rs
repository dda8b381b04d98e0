//! Token cache, valid until any process commits.

use super::{ConnectorToken, Digest};
use crate::engine::CommitState;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Limit of cached tokens; then the cache is emptied.
const MOST: usize = 4096;

/// Tokens by the digest that third parties present, as of one state of the database.
#[derive(Default)]
pub(super) struct KnownTokens(Mutex<TokenCache>);

#[derive(Default)]
struct TokenCache {
    /// `None` while the cache is empty.
    state: Option<CommitState>,
    tokens: HashMap<Digest, ConnectorToken>,
}

impl KnownTokens {
    /// The token, if it is cached for this state.
    pub(super) fn get(&self, access_token: &Digest, state: CommitState) -> Option<ConnectorToken> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.state == Some(state) { known.tokens.get(access_token).cloned() } else { None }
    }

    /// Caches a token that was read while the database was in this state.
    pub(super) fn insert(&self, access_token: Digest, token: ConnectorToken, state: CommitState) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.state != Some(state) || known.tokens.len() >= MOST {
            known.state = Some(state);
            known.tokens.clear();
        }
        known.tokens.insert(access_token, token);
    }
}
