//! Lists tokens, page by page (§3.4).

use bankchannel_foundation::{
    message::OutResponse,
    model::{JsonObject, Object},
    operation::Exchange,
};
use bankchannel_salt_edge::{
    class::of_hub as class,
    connector::operations::tokens::list_tokens_at_hub::{ListTokensAtHub, ListTokensAtHubResponse},
};

use crate::{
    ConnectorRequest, PlayedHub,
    pipeline::{RequestProblem, read, time},
};

/// The default page size; below it the maximum.
const PAGE: u32 = 100;
const PAGE_MAX: u32 = 1000;

pub(crate) fn handle(hub: &PlayedHub, asked: ConnectorRequest<'_>) -> Result<OutResponse, RequestProblem> {
    let request = read::<ListTokensAtHub>(asked)?;
    if request.customer_id.is_some() {
        // No message gives such an id to a connector, so it cannot know a valid one.
        return Err((&class::CUSTOMER_NOT_FOUND).into());
    }
    let is_revoked = match request.kind.as_deref() {
        None => false,
        Some("revoked") => true,
        Some(_) => {
            return Err(RequestProblem::Class(&class::ACTION_NOT_ALLOWED, "kind must be `revoked`, or left out."));
        }
    };
    let max = request.per_page.unwrap_or(PAGE).clamp(1, PAGE_MAX);
    let from_ms = request.from_date.map_or(i64::MIN, |from| from.0.as_ms());
    let from_id = request.from_id.unwrap_or_default();
    let max = usize::try_from(max).unwrap_or(usize::MAX);
    let (page, next_id) = hub.state.tokens(is_revoked, from_id, from_ms, max);
    let tokens = page.into_iter().map(|(id, status, text)| {
        let mut token = Object::with_capacity(3);
        token.push("id", id);
        token.push("status", status);
        token.push("token", text.expose().to_owned());
        JsonObject(token)
    });
    let mut response = ListTokensAtHubResponse::new(tokens.collect());
    response.next_id = Some(next_id);
    response.time = time(hub);
    Ok(ListTokensAtHub::encode_response(response))
}
