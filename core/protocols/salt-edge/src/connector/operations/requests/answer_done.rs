//! Answer that a request was accepted (10.20).

use bankchannel_foundation::{
    message::{Body, OutResponse},
    model::Object,
    prelude::*,
};

use crate::{declare, model::HttpAnswer};

/// The request has no fields.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct AnswerDoneRequest {}

/// Make the answer that accepts a request.
///
/// For every request that asks for no data: status 200 and an empty object. The outcome of the request is reported
/// later, in its session.
#[derive(Debug, Operation)]
#[operation(AnswerDoneRequest => HttpAnswer)]
#[declaration(..declare::local("requests", "salt_edge_connector.answer_done"))]
pub struct AnswerDone;

impl Local for AnswerDone {
    fn run(_: AnswerDoneRequest, _: LocalContext<'_>) -> Result<HttpAnswer, Error> {
        Ok(HttpAnswer::from_message(&OutResponse::new(200, Body::json(Object::new()))))
    }
}
