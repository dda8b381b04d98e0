//! Pieces of a document's text in messages for people.

use bankchannel_foundation::letter_edits;

/// Longest piece of a document's text that a message quotes, in characters.
const MAX_QUOTE: usize = 40;

/// A piece of text in quotation marks, shortened and without control characters.
pub fn quote(text: &str) -> String {
    if is_document(text) { quote_bare(text) } else { format!("“{}”", quote_bare(text)) }
}

/// Whether the text is a file or a key that was passed instead of a value: nothing of it is repeated.
pub fn is_document(text: &str) -> bool {
    text.contains("-----") || text.contains("</")
}

/// The same as [`quote`] without quotation marks, for a separate field.
pub fn quote_bare(text: &str) -> String {
    if is_document(text) {
        return format!("a text of {} characters", text.chars().count());
    }
    let mut quoted: String = on_one_line(&text.chars().take(MAX_QUOTE).collect::<String>());
    if text.chars().nth(MAX_QUOTE).is_some() {
        quoted.push('…');
    }
    quoted
}

/// A text with blanks for what breaks or turns a line: control characters, separators of lines, marks of writing from
/// right to left.
pub fn on_one_line(text: &str) -> String {
    let breaks = |one: char| {
        one.is_control() || matches!(one, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.replace(breaks, " ")
}

/// The first `limit` characters of a text, with an ellipsis when something was left out.
pub fn shorten(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A name from a document, made safe to show without quotes.
pub fn plain_name(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-')).take(MAX_QUOTE).collect()
}

/// The candidate most likely meant by a misspelt `name`: same letters in other case, or at most two edits away.
pub fn nearest<'c>(name: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    candidates
        .map(|candidate| {
            let distance = if candidate.eq_ignore_ascii_case(name) { 0 } else { letter_edits(name, candidate) };
            (distance, candidate)
        })
        .filter(|(distance, candidate)| *distance <= 2 && *distance * 2 < candidate.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_name_that_was_meant() {
        let names = ["MsgId", "CreDtTm", "NbOfTxs"];
        assert_eq!(nearest("msgid", names.into_iter()), Some("MsgId"));
        assert_eq!(nearest("NbOfTx", names.into_iter()), Some("NbOfTxs"));
        assert_eq!(nearest("Purpose", names.into_iter()), None);
    }

    #[test]
    fn quotes_are_short_and_printable() {
        assert_eq!((shorten("äöü", 2).as_str(), shorten("äöü", 3).as_str()), ("äö…", "äöü"));
        assert_eq!(quote("a\u{7}b"), "“a b”");
        assert_eq!(on_one_line("a\r\nb\u{85}c\u{2028}d\u{202e}e"), "a  b c d e");
        assert_eq!(quote(&"é".repeat(100)).chars().count(), MAX_QUOTE + 3);
    }
}
