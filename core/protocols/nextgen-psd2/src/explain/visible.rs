//! Makes bytes visible, so that no byte of a signing string is ambiguous.

/// One byte: `\n`, `\r`, `\t`, `␠` for a space, `\xNN` for bytes that are not visible ASCII.
pub(super) fn byte(byte: u8) -> String {
    if byte == b' ' { "␠".to_owned() } else { text(&[byte]) }
}

/// Several bytes in the format of [`byte`], but with plain spaces.
pub(super) fn text(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b'\\' => out.push_str("\\\\"),
            b' '..=b'~' => out.push(char::from(byte)),
            _ => {
                out.push_str("\\x");
                out.push_str(&format!("{byte:02x}"));
            }
        }
    }
    out
}

/// At most `most` characters of a text, with a mark at the cut.
pub(super) fn clip(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_stays_invisible() {
        assert_eq!((byte(b' ').as_str(), byte(b'\r').as_str(), byte(0xc3).as_str()), ("␠", "\\r", "\\xc3"));
        assert_eq!(text(b"a b\n\\\x00"), "a b\\n\\\\\\x00");
        assert_eq!((clip("Tromsø", 5).as_str(), clip("Tromsø", 6).as_str()), ("Troms…", "Tromsø"));
    }
}
