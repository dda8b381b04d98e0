//! Greet the person who is there: asks for the name.

use bankchannel_foundation::{
    Result,
    operation::{Ask, OperationKind},
    prelude::*,
};
use bankchannel_toy::{
    PROTOCOL,
    operations::greetings::greet::{Greet, GreetRequest},
};

use crate::{CallOptions, Question, client::Flow, toy::Toy};

/// How the name is asked for.
#[derive(Debug, Clone, Boundary)]
pub struct GreetWhoeverRequest {
    /// The text of the question.
    pub question: String,
}

/// The greeting.
#[derive(Debug, Clone, Boundary)]
pub struct GreetWhoeverResponse {
    /// The name that was answered.
    pub whom: String,
    /// The host's greeting.
    pub greeting: String,
}

/// Ask who is there, then for a greeting.
///
/// The name is asked for in the middle of the call.
#[derive(Debug, Operation)]
#[operation(GreetWhoeverRequest => GreetWhoeverResponse)]
#[declaration(
    group: Some("toy"),
    asks: &[Ask::Person],
    ..Declaration::new(OperationKind::Flow, PROTOCOL, "greetings", "toy.greet_whoever")
)]
pub struct GreetWhoever;

impl Flow<Toy> for GreetWhoever {
    async fn run(client: &Toy, request: GreetWhoeverRequest, options: &CallOptions) -> Result<GreetWhoeverResponse> {
        let name = options.ask(Question::new("name", request.question)).await?.expose().to_owned();
        let greeting = client.exchange::<Greet>(GreetRequest { name: name.clone() }, options).await?.greeting;
        Ok(GreetWhoeverResponse { whom: name, greeting })
    }
}
