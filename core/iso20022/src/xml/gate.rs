//! The streaming pass before the tree is built: refuses what could make the next step slow, large or unsafe.

use super::tokens::{Flow, Limits, Refusal, Token, Tokens};
use super::{MAX_BYTES, MAX_NODES};
use crate::problem::Problem;

/// What is too long, the schema words better.
const LIMITS: Limits = Limits { token: MAX_BYTES, name: MAX_BYTES };

/// Walks the whole text once. No entity is expanded; depth, counts and attributes are bounded.
pub(crate) fn check(text: &str) -> Result<(), Problem> {
    let mut nodes = 0_usize;
    let counted = Tokens::open(text.as_bytes(), Some("UTF-8"), LIMITS)?.pump(|token| {
        // Closing tags make no node.
        nodes += usize::from(!matches!(token, Token::End));
        if nodes > MAX_NODES {
            return Err(Refusal::new(
                format!("there are more than {MAX_NODES} elements and texts"),
                "split the file into several",
            ));
        }
        Ok(Flow::Next)
    });
    // A file that is not known to be XML has no path.
    counted.map(drop).map_err(|problem| Problem { path: String::new(), ..problem })
}
