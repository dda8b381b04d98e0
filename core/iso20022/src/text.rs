//! Small helpers over text shown to people.

use bankchannel_xml::text::is_document;
pub(crate) use bankchannel_xml::text::{nearest, quote, quote_bare, shorten};

/// The proposed replacement for a text; without the text itself if that is a file or a key.
pub(crate) fn proposed(proposal: &str, of: &str) -> String {
    if is_document(of) { "a name or a text".to_owned() } else { quote(proposal) }
}

/// Whether a text needs an apostrophe before it in a table: a spreadsheet takes it for a formula, or removes characters
/// before one; or it is such a text after its own apostrophes, one of which would be removed.
pub(crate) fn is_formula(text: &str) -> bool {
    const STARTS: [char; 12] = ['=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠'];
    text.trim_start_matches('\'').starts_with(STARTS)
}
