//! Spell: computes only.

use bankchannel_foundation::{Boundary, Declaration, Error, Kind, Local, LocalContext, Operation};

use crate::PROTOCOL;

/// What is spelled.
#[derive(Debug, Clone, Boundary)]
pub struct SpellRequest {
    /// Any text.
    pub text: String,
}

/// How it is spelled.
#[derive(Debug, Clone, Boundary)]
pub struct SpellResponse {
    /// Its characters, one by one.
    pub characters: Vec<String>,
}

/// Spells a text.
#[derive(Debug)]
pub struct Spell;

impl Operation for Spell {
    type Request = SpellRequest;
    type Response = SpellResponse;
    const DECLARATION: Declaration = Declaration {
        name: "toy.spell",
        protocol: PROTOCOL,
        subject: "greetings",
        kind: Kind::Local,
        summary: "Spell a text",
        doc: "Gives its characters in their order.",
        errors: &[],
        route: None,
        asks: &[],
        deprecated: None,
    };
}

impl Local for Spell {
    fn run(request: SpellRequest, _: LocalContext<'_>) -> Result<SpellResponse, Error> {
        Ok(SpellResponse { characters: request.text.chars().map(String::from).collect() })
    }
}
