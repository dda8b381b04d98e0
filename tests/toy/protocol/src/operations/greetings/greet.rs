//! Greet: POST `/greetings`.

use bankchannel_foundation::{operation::OperationKind, prelude::*};

use crate::{PROTOCOL, codec::Plain, errors};

const ERRORS: &[&ErrorRow] = &[&errors::REFUSED];

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
#[derive(Debug, OperationDocs)]
pub struct Greet;

impl Operation for Greet {
    type Request = GreetRequest;
    type Response = GreetResponse;
    const DECLARATION: Declaration = Declaration {
        group: Some("toy"),
        route: Some(Route {
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
            response_content: None,
        }),
        ..Declaration::new(OperationKind::Exchange, PROTOCOL, "greetings", "toy.greet", Self::DOCS, ERRORS)
    };
}

impl Exchange for Greet {
    type Codec = Plain;
    const TERMS: () = ();
}
