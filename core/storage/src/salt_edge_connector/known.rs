//! Tokens that were read, and are still so: nobody has committed since.

use super::{Digest, Token};
use crate::engine::CommitState;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How many are known at most; then it is begun again.
const MOST: usize = 4096;

/// Tokens by what third parties present, as of one state of the database.
#[derive(Default)]
pub(super) struct KnownTokens(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// None before anything is known.
    state: Option<CommitState>,
    tokens: HashMap<Digest, Token>,
}

impl KnownTokens {
    /// The token, where it is known in this state.
    pub(super) fn get(&self, access_token: &Digest, state: CommitState) -> Option<Token> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.state == Some(state) { known.tokens.get(access_token).cloned() } else { None }
    }

    /// Remembers a token that was read while the database was in this state.
    pub(super) fn insert(&self, access_token: Digest, token: Token, state: CommitState) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.state != Some(state) || known.tokens.len() >= MOST {
            known.state = Some(state);
            known.tokens.clear();
        }
        known.tokens.insert(access_token, token);
    }
}
