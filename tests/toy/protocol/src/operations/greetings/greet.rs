//! Greet: POST `/greetings`.

use bankchannel_foundation::{operation::OperationKind, prelude::*};

use crate::{PROTOCOL, codec::Plain, errors};

/// Who is greeted.
#[derive(Debug, Clone, Boundary)]
pub struct GreetRequest {
    /// The name of who is greeted.
    #[boundary(wire = "Name", profile)]
    pub name: String,
}

/// The greeting.
#[derive(Debug, Clone, Boundary)]
pub struct GreetResponse {
    /// The host's greeting.
    #[boundary(wire = "Greeting")]
    pub greeting: String,
}

/// Ask the host for a greeting.
///
/// The host greets the named person, and refuses an empty name.
#[derive(Debug, Operation)]
#[operation(GreetRequest => GreetResponse)]
#[declaration(group: Some("toy"), ..Declaration::new(OperationKind::Exchange, PROTOCOL, "greetings", "toy.greet"))]
#[errors(errors::REFUSED)]
#[route(
    wire_name: "greet",
    method: Method::Post,
    path: "/greetings",
    parameters: Parameters::Body,
    success: 200,
    failures: &[400, 404, 405, 413],
    repeat: Repeat::Safe,
    audited: false,
    timeout_s: 30,
    request_content: None,
    response_content: None
)]
#[exchange(Plain, ())]
pub struct Greet;
