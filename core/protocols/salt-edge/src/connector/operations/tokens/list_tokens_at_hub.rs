//! Tokens index: GET `/api/connectors/v1/tokens/index` (§3.4).

use bankchannel_foundation::prelude::*;

use crate::{SaltEdge, SaltEdgeTerms, TokenUse, connector::errors::OF_LISTS, declare, model::Instant};

/// The filter and the page.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct ListTokensAtHubRequest {
    /// The kind of tokens. Salt Edge documents only `revoked`.
    pub kind: Option<String>,
    /// The first id of the page.
    pub from_id: Option<u64>,
    /// Only tokens from this time on.
    pub from_date: Option<Instant>,
    /// The maximum number of tokens on one page.
    pub per_page: Option<u32>,
    /// Salt Edge's own id of a customer. No message contains it, so it is mostly absent.
    pub customer_id: Option<u64>,
}

/// A page of tokens.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct ListTokensAtHubResponse {
    /// The tokens as Salt Edge sent them. Salt Edge does not document their members.
    pub tokens: Vec<JsonObject>,
    /// The start of the next page, for `from_id`.
    #[boundary(wire = "meta.next_id")]
    pub next_id: Option<u64>,
    /// The time of Salt Edge's answer.
    #[boundary(wire = "meta.time")]
    pub time: Option<Instant>,
}

/// List tokens as Salt Edge knows them.
///
/// Lists one page; `next_id` is the next page's `from_id`. The list ends when `next_id` is absent, when it is no
/// greater than `from_id`, or when a page is empty (§3.4).
#[derive(Debug, Operation)]
#[operation(ListTokensAtHubRequest => ListTokensAtHubResponse)]
#[declaration(pages: Some(PAGES), ..declare::of_connector("tokens", "salt_edge_connector.list_tokens_at_hub"))]
#[errors(..OF_LISTS)]
#[route(..declare::to_hub("tokens/index", Method::Get, "/api/connectors/v1/tokens/index", Repeat::Safe))]
#[exchange(SaltEdge, SaltEdgeTerms::at_hub(TokenUse::None))]
pub struct ListTokensAtHub;

const PAGES: Pages = Pages {
    iterator: "iter_tokens_at_hub",
    summary: "Go through all tokens as Salt Edge knows them, page after page",
    cursor: "from_id",
    next: "next_id",
    items: &["tokens"],
};
