//! Spell: computes only.

use bankchannel_foundation::{operation::OperationKind, prelude::*};

use crate::PROTOCOL;

/// The text that is spelled.
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

/// Spell a text.
///
/// Gives its characters in their order.
#[derive(Debug, Operation)]
#[operation(SpellRequest => SpellResponse)]
#[declaration(group: Some("toy"), ..Declaration::new(OperationKind::Local, PROTOCOL, "greetings", "toy.spell"))]
pub struct Spell;

impl Local for Spell {
    fn run(request: SpellRequest, _: LocalContext<'_>) -> Result<SpellResponse, Error> {
        Ok(SpellResponse { characters: request.text.chars().map(String::from).collect() })
    }
}
