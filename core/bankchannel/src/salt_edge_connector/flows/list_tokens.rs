//! List tokens: who has access to what.

use bankchannel_foundation::{Boundary, Declaration, Operation, Result, model::Timestamp};
use bankchannel_salt_edge::model::AccountConsent;
use bankchannel_storage::salt_edge_connector::TokenState;

use super::{Flow, flow, opened, page::Page};
use crate::{
    CallOptions,
    salt_edge_connector::{SaltEdgeConnector, engine},
};

/// Whether a token is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
pub enum AccessState {
    /// The customer has not approved it yet.
    Unconfirmed,
    /// It is good until it expires.
    Confirmed,
    /// It is over.
    Revoked,
}

/// Which tokens.
#[derive(Clone, Boundary)]
pub struct ListTokensRequest {
    /// Only this customer's.
    pub user_id: Option<String>,
    /// Only those in this state.
    pub state: Option<AccessState>,
    /// `next` of the page before; left out for the first.
    pub after: Option<String>,
    /// How many at most, 1 to 1000; 100 when left out.
    pub limit: Option<u32>,
}

impl std::fmt::Debug for ListTokensRequest {
    /// Nothing of the customer's.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ListTokensRequest").field("state", &self.state).finish_non_exhaustive()
    }
}

/// A token. What a third party presents is not part of it.
#[derive(Clone, Boundary)]
pub struct AccessListed {
    /// Its id.
    pub token_id: String,
    /// Whether it is good.
    pub state: AccessState,
    /// The third party's id at Salt Edge.
    pub client_id: u64,
    /// The third party's name.
    pub app_name: String,
    /// The bank's own id of its customer, once it is known.
    pub user_id: Option<String>,
    /// The rights.
    pub scopes: Vec<String>,
    /// What the customer has chosen, where the bank asked.
    pub consent: Option<Vec<AccountConsent>>,
    /// When its enrolment began.
    pub created_at: Timestamp,
    /// When it expires, once it is confirmed.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl std::fmt::Debug for AccessListed {
    /// Nothing of the customer's.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessListed").field("state", &self.state).finish_non_exhaustive()
    }
}

/// A page of tokens, oldest first.
#[derive(Debug, Clone, Boundary)]
pub struct ListTokensResponse {
    /// The tokens.
    pub tokens: Vec<AccessListed>,
    /// Where the next page begins; left out after the last.
    pub next: Option<String>,
}

/// Lists tokens.
#[derive(Debug)]
pub struct ListTokens;

impl Operation for ListTokens {
    type Request = ListTokensRequest;
    type Response = ListTokensResponse;
    const DECLARATION: Declaration = flow(
        "tokens",
        "salt_edge_connector.list_tokens",
        "List tokens: which third party has access to what",
        "For the bank's back office, a page at a time, oldest first.",
        &[],
    );
}

impl Flow<SaltEdgeConnector> for ListTokens {
    async fn run(
        client: &SaltEdgeConnector,
        asked: ListTokensRequest,
        options: &CallOptions,
    ) -> Result<ListTokensResponse> {
        let page = Page::read(asked.limit, asked.after.as_deref())?;
        let state = asked.state.map(|state| match state {
            AccessState::Unconfirmed => TokenState::Unconfirmed,
            AccessState::Confirmed => TokenState::Confirmed,
            AccessState::Revoked => TokenState::Revoked,
        });
        let user_id = asked.user_id;
        let engine = opened(client, options, None).await?;
        let found = engine.tokens(user_id.as_deref(), state, page.after, page.limit).await?;
        let next = page.next(found.len(), found.last().map(|(token, _)| (token.created_at, token.id)));
        let tokens = found.into_iter().map(|(token, known)| AccessListed {
            token_id: engine::shown(token.id),
            state: match token.state {
                TokenState::Unconfirmed => AccessState::Unconfirmed,
                TokenState::Confirmed => AccessState::Confirmed,
                TokenState::Revoked => AccessState::Revoked,
            },
            client_id: token.client_id.unsigned_abs(),
            app_name: known.app_name,
            user_id: known.user_id,
            scopes: known.scopes,
            consent: known.consent,
            created_at: Timestamp::from_ms(token.created_at),
            expires_at: token.expires_at.map(Timestamp::from_ms),
            revoked_at: token.ended_at.map(Timestamp::from_ms),
        });
        Ok(ListTokensResponse { tokens: tokens.collect(), next })
    }
}
