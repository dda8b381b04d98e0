//! List tokens: third parties' access rights.

use bankchannel_foundation::{Result, prelude::*};
use bankchannel_salt_edge::model::AccountConsent;
use bankchannel_storage::salt_edge_connector::TokenState;

use super::{Flow, flow, opened, page::RequestedPage};
use crate::{
    CallOptions,
    salt_edge_connector::{SaltEdgeConnector, engine},
};

/// The state of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum AccessState {
    /// The customer has not approved it yet.
    Unconfirmed,
    /// It is valid until it expires.
    Confirmed,
    /// It is revoked.
    Revoked,
}

/// The filter and the page.
#[derive(Clone, Boundary)]
#[non_exhaustive]
pub struct ListTokensRequest {
    /// Only tokens of this customer.
    pub user_id: Option<String>,
    /// Only tokens in this state.
    pub state: Option<AccessState>,
    /// `next` of the previous page. Absent for the first page.
    pub after: Option<String>,
    /// The maximum number of rows on a page, 1 to 1000. Default: 100.
    pub limit: Option<u32>,
}

bankchannel_foundation::redacted_debug!(ListTokensRequest, state);

/// A token. The value that the third party presents is not included.
#[derive(Clone, Boundary)]
#[non_exhaustive]
pub struct AccessListed {
    /// The token's id.
    pub token_id: String,
    /// The state.
    pub state: AccessState,
    /// The third party's id at Salt Edge.
    pub client_id: u64,
    /// The third party's name.
    pub app_name: String,
    /// The bank's own id of the customer, once it is known.
    pub user_id: Option<String>,
    /// The rights that the token grants.
    pub scopes: Vec<String>,
    /// The accounts that the customer chose, if the bank asked.
    pub consent: Option<Vec<AccountConsent>>,
    /// The start of the enrolment.
    pub created_at: Timestamp,
    /// The expiry, once the token is confirmed.
    pub expires_at: Option<Timestamp>,
    /// The time of the revocation.
    pub revoked_at: Option<Timestamp>,
}

bankchannel_foundation::redacted_debug!(AccessListed, state);

/// A page of tokens, oldest first.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ListTokensResponse {
    /// The tokens.
    pub tokens: Vec<AccessListed>,
    /// The start of the next page, for `after`. Absent on the last page.
    pub next: Option<String>,
}

/// List tokens: the access of each third party.
///
/// For the bank's back office, a page at a time, oldest first.
#[derive(Debug, Operation)]
#[operation(ListTokensRequest => ListTokensResponse)]
#[declaration(pages: Some(PAGES), ..flow("tokens", "salt_edge_connector.list_tokens"))]
pub struct ListTokens;

const PAGES: Pages = Pages {
    iterator: "iter_tokens",
    summary: "Go through all tokens, page after page",
    cursor: "after",
    next: "next",
    items: &["tokens"],
};

impl Flow<SaltEdgeConnector> for ListTokens {
    async fn run(
        client: &SaltEdgeConnector,
        asked: ListTokensRequest,
        options: &CallOptions,
    ) -> Result<ListTokensResponse> {
        let page = RequestedPage::read(asked.limit, asked.after.as_deref())?;
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
            token_id: engine::id_text(token.id),
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
