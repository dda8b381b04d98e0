//! Foreign text in an error text: shortened, and without control characters.

use std::fmt;

/// The maximum number of characters shown.
const MOST: usize = 60;

/// Shows the beginning of a text, escaped, in quotes.
pub(crate) struct ShownBeginning<'a>(pub(crate) &'a str);

impl fmt::Display for ShownBeginning<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cut = self.0.char_indices().nth(MOST).map_or(self.0.len(), |(at, _)| at);
        let more = if cut < self.0.len() { "…" } else { "" };
        write!(f, "`{}{more}`", self.0[..cut].escape_debug())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_escaped() {
        assert_eq!(ShownBeginning("a\r\nb").to_string(), "`a\\r\\nb`");
        assert_eq!(ShownBeginning(&"ø".repeat(MOST + 1)).to_string(), format!("`{}…`", "ø".repeat(MOST)));
    }
}
