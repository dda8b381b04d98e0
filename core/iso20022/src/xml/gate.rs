//! The streaming pass before the tree is built: rejects input that would make the next step slow, large or unsafe.

use super::tokens::{Flow, Refusal, Token, TokenLimits, Tokens};
use super::{MAX_BYTES, MAX_NODES};
use crate::problem::Problem;

/// The schema reports values that are too long in better words.
const LIMITS: TokenLimits = TokenLimits { token: MAX_BYTES, name: MAX_BYTES };

/// Walks the whole text once. No entity is expanded; depth, counts and attributes are bounded.
pub(crate) fn check(text: &str) -> Result<(), Problem> {
    let mut nodes = Nodes::default();
    walk(text, |token| {
        nodes.add(&token);
        if nodes.are_too_many() {
            return Err(Refusal::new(
                format!("there are more than {MAX_NODES} elements and texts"),
                "split the file into several",
            ));
        }
        Ok(Flow::Next)
    })
}

/// The same without an error for too many nodes: returns whether a tree may hold it.
pub(crate) fn fits_tree(text: &str) -> Result<bool, Problem> {
    let mut nodes = Nodes::default();
    walk(text, |token| {
        nodes.add(&token);
        Ok(if nodes.are_too_many() { Flow::Stop } else { Flow::Next })
    })?;
    Ok(!nodes.are_too_many())
}

/// The nodes of a tree. Texts of blanks only are counted separately: an indented file has as many of them as of
/// everything else.
#[derive(Default)]
struct Nodes {
    others: usize,
    blanks: usize,
}

impl Nodes {
    fn add(&mut self, token: &Token<'_>) {
        match token {
            // Closing tags do not create nodes.
            Token::End => {}
            Token::Text(text) if text.trim_ascii().is_empty() => self.blanks += 1,
            _ => self.others += 1,
        }
    }

    fn are_too_many(&self) -> bool {
        self.others.max(self.blanks) > MAX_NODES
    }
}

fn walk(text: &str, take: impl FnMut(Token<'_>) -> Result<Flow, Refusal>) -> Result<(), Problem> {
    let walked = Tokens::open(text.as_bytes(), Some("UTF-8"), LIMITS)?.pump(take);
    // A file that is not known to be XML has no path.
    walked.map(drop).map_err(|problem| Problem { path: String::new(), ..problem })
}
