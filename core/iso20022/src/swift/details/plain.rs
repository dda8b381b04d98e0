//! A text without a structure that is known.

use super::{OwnBank, Particulars};

pub(super) fn read(text: &str, _: OwnBank, found: &mut Particulars) -> bool {
    let text = lines(text);
    found.free = Some(text).filter(|text| !text.is_empty());
    true
}

/// The lines without blanks at their ends; nothing else is changed.
fn lines(text: &str) -> String {
    let mut lines = String::with_capacity(text.len());
    for (at, line) in text.split('\n').enumerate() {
        if at > 0 {
            lines.push('\n');
        }
        lines.push_str(line.trim_end());
    }
    lines.truncate(lines.trim_end().len());
    lines
}
