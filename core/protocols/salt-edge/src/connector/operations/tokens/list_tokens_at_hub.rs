//! Tokens index: GET `/api/connectors/v1/tokens/index` (§3.4).

use bankchannel_foundation::{
    Boundary, Declaration, Exchange, Operation, message::Method, model::JsonObject, operation::Repeat,
};

use crate::{
    codec::SaltEdge,
    connector::errors::OF_LISTS,
    declare,
    model::Instant,
    terms::{Afterwards, Side, Terms, TokenUse},
};

/// Which tokens.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
pub struct ListTokensAtHubRequest {
    /// The kind of tokens. Only `revoked` is documented.
    pub kind: Option<String>,
    /// The first id of the page.
    pub from_id: Option<u64>,
    /// None from before.
    pub from_date: Option<Instant>,
    /// The most on one page.
    pub per_page: Option<u32>,
    /// Salt Edge's own id of a customer, which no message tells: mostly left out.
    pub customer_id: Option<u64>,
}

/// A page of tokens.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
pub struct ListTokensAtHubResponse {
    /// The tokens as Salt Edge sent them: their members are documented nowhere.
    pub tokens: Vec<JsonObject>,
    /// Where the next page begins.
    #[boundary(wire = "meta.next_id")]
    pub next_id: Option<u64>,
    /// When Salt Edge answered.
    #[boundary(wire = "meta.time")]
    pub time: Option<Instant>,
}

/// List tokens as Salt Edge knows them.
#[derive(Debug)]
pub struct ListTokensAtHub;

impl Operation for ListTokensAtHub {
    type Request = ListTokensAtHubRequest;
    type Response = ListTokensAtHubResponse;
    const DECLARATION: Declaration = declare::of_connector(
        "tokens",
        "salt_edge_connector.list_tokens_at_hub",
        "List tokens as Salt Edge knows them",
        "A page at a time: `next_id` is the next page's `from_id`. The list has ended when `next_id` is left out, when it is no greater than `from_id`, or when a page is empty (§3.4).",
        OF_LISTS,
        declare::to_hub("tokens/index", Method::Get, "/api/connectors/v1/tokens/index", Repeat::Safe),
    );
}

impl Exchange for ListTokensAtHub {
    type Codec = SaltEdge;
    const TERMS: Terms = Terms { served_by: Side::Hub, token: TokenUse::None, afterwards: Afterwards::Nothing };
}
