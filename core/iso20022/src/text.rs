//! Small helpers over text shown to people.

/// Longest piece of a file's text that a message quotes, in characters.
const MAX_QUOTE: usize = 40;

/// A piece of the file's text for a message, shortened and without control characters.
pub(crate) fn quote(text: &str) -> String {
    if is_document(text) { quote_bare(text) } else { format!("“{}”", quote_bare(text)) }
}

/// Whether the text is a file or a key that was passed instead of a value: nothing of it is repeated.
fn is_document(text: &str) -> bool {
    text.contains("-----") || text.contains("</")
}

/// The proposed replacement for a text; without the text itself if that is a file or a key.
pub(crate) fn proposed(proposal: &str, of: &str) -> String {
    if is_document(of) { "a name or a text".to_owned() } else { quote(proposal) }
}

/// The same without quotation marks, for a separate field.
pub(crate) fn quote_bare(text: &str) -> String {
    if is_document(text) {
        return format!("a text of {} characters", text.chars().count());
    }
    let mut quoted: String = text.chars().take(MAX_QUOTE).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(MAX_QUOTE).is_some() {
        quoted.push('…');
    }
    quoted
}

/// Whether a text needs an apostrophe before it in a table: a spreadsheet takes it for a formula, or removes characters
/// before one; or it is such a text after its own apostrophes, one of which would be removed.
pub(crate) fn is_formula(text: &str) -> bool {
    const STARTS: [char; 12] = ['=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠'];
    text.trim_start_matches('\'').starts_with(STARTS)
}

/// The first `limit` characters of a text, with an ellipsis when something was left out.
pub(crate) fn shorten(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Cuts text into pieces of at most `limit` characters, at blanks where it can; never an empty piece.
pub(crate) fn wrap(text: &str, limit: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    for word in text.split_whitespace() {
        let word: Vec<char> = word.chars().collect();
        for part in word.chunks(limit) {
            let used = piece.chars().count();
            if used > 0 && used + 1 + part.len() > limit {
                pieces.push(std::mem::take(&mut piece));
            }
            if !piece.is_empty() {
                piece.push(' ');
            }
            piece.extend(part);
        }
    }
    if !piece.is_empty() {
        pieces.push(piece);
    }
    pieces
}

/// The candidate most likely meant by a misspelt `name`: same letters in other case, or at most two edits away.
pub(crate) fn nearest<'c>(name: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    candidates
        .map(|candidate| {
            let distance = if candidate.eq_ignore_ascii_case(name) { 0 } else { edits(name, candidate) };
            (distance, candidate)
        })
        .filter(|(distance, candidate)| *distance <= 2 && *distance * 2 < candidate.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance; names longer than a namespace of ISO 20022 count as far away.
fn edits(a: &str, b: &str) -> usize {
    const LONGEST: usize = 80;
    if a.len() > LONGEST || b.len() > LONGEST {
        return usize::MAX / 4;
    }
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_within_the_limit() {
        let text = format!("one two three {} end", "x".repeat(30));
        let pieces = wrap(&text, 12);
        assert!(pieces.iter().all(|p| (1..=12).contains(&p.chars().count())), "{pieces:?}");
        assert_eq!(pieces.concat().replace(' ', ""), text.replace(' ', ""));
        assert!(wrap("  ", 12).is_empty());
    }

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
        assert_eq!(quote(&"é".repeat(100)).chars().count(), MAX_QUOTE + 3);
    }
}
