//! Rewrites JSON text with other white space and escapes, token by token: numbers and the order of keys stay the same.

/// The maximum nesting depth; `serde_json` has the same limit.
const MAX_DEPTH: usize = 127;
/// The maximum size of the output: deep nesting with many lines is much larger than the input.
const MAX_WRITTEN: usize = 2 * 1024 * 1024;

/// The layout of the tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JsonLayout {
    /// No white space.
    Minified,
    /// On one line, a space after every comma and colon.
    Spaced,
    /// One line per member; each level is indented by this many spaces.
    Pretty(usize),
}

/// One token: a string with its quotes, punctuation, or a number or word.
fn tokens(text: &str) -> Option<Vec<&str>> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        at += 1;
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => continue,
            b'{' | b'}' | b'[' | b']' | b',' | b':' => {}
            b'"' => loop {
                match bytes.get(at)? {
                    b'\\' => at += 2,
                    b'"' => {
                        at += 1;
                        break;
                    }
                    _ => at += 1,
                }
            },
            _ => {
                while bytes.get(at).is_some_and(|byte| !b"{}[],:\" \t\r\n".contains(byte)) {
                    at += 1;
                }
            }
        }
        out.push(text.get(start..at)?);
    }
    Some(out)
}

/// The same JSON in another layout; `None` if it is nested too deep, gets too long or has an unterminated string.
pub(super) fn lay_out(text: &str, layout: JsonLayout) -> Option<String> {
    let tokens = tokens(text)?;
    let mut out = String::with_capacity(text.len());
    let mut depth = 0_usize;
    let line = |out: &mut String, depth: usize| {
        if let JsonLayout::Pretty(indent) = layout {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent * depth));
        }
    };
    let mut before = "";
    for token in tokens {
        match token {
            "}" | "]" => {
                depth = depth.saturating_sub(1);
                if !matches!(before, "{" | "[") {
                    line(&mut out, depth);
                }
            }
            _ if matches!(before, "{" | "[") => line(&mut out, depth),
            _ => {}
        }
        out.push_str(token);
        if out.len() > MAX_WRITTEN {
            return None;
        }
        match token {
            "{" | "[" => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return None;
                }
            }
            "," if layout == JsonLayout::Spaced => out.push(' '),
            "," => line(&mut out, depth),
            ":" if layout != JsonLayout::Minified => out.push(' '),
            _ => {}
        }
        before = token;
    }
    Some(out)
}

/// Writes characters outside ASCII as `\uXXXX`.
pub(super) fn escape_non_ascii(text: &str, upper: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut units = [0_u16; 2];
    for character in text.chars() {
        if character.is_ascii() {
            out.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut units) {
            out.push_str("\\u");
            out.push_str(&if upper { format!("{unit:04X}") } else { format!("{unit:04x}") });
        }
    }
    out
}

/// Replaces `\uXXXX` of characters outside ASCII with the characters themselves.
pub(super) fn unescape_non_ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut units: Vec<u16> = Vec::new();
    let mut rest = text;
    loop {
        if let Some((unit, after)) = unit(rest) {
            units.push(unit);
            rest = after;
            continue;
        }
        flush(&mut out, &mut units);
        let mut characters = rest.chars();
        let Some(first) = characters.next() else { return out };
        out.push(first);
        rest = characters.as_str();
        // An escaped backslash before a `u` does not begin an escape.
        if first == '\\'
            && let Some(second) = characters.next()
        {
            out.push(second);
            rest = characters.as_str();
        }
    }
}

/// Parses `\uXXXX` of a UTF-16 unit outside ASCII.
fn unit(text: &str) -> Option<(u16, &str)> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let unit = u16::from_str_radix(digits, 16).ok().filter(|&unit| unit >= 0x80 && !digits.starts_with('+'))?;
    Some((unit, text.get(6..)?))
}

fn flush(out: &mut String, units: &mut Vec<u16>) {
    for read in char::decode_utf16(units.drain(..)) {
        match read {
            Ok(character) => out.push(character),
            Err(lone) => out.push_str(&format!("\\u{:04x}", lone.unpaired_surrogate())),
        }
    }
}

/// Writes every `/` inside strings as `\/`.
pub(super) fn escape_slashes(text: &str) -> String {
    // JSON has no slash outside strings.
    unescape_slashes(text).replace('/', "\\/")
}

/// Writes every `\/` as `/`.
pub(super) fn unescape_slashes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (character, characters.as_str().chars().next()) {
            ('\\', Some('/')) => {}
            ('\\', Some(escaped)) => {
                out.extend(['\\', escaped]);
                characters.next();
            }
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "{\"a\" : [1.0, {}],\n\"b\": \"x, \\\"y\", \"c\":[]}";

    #[test]
    fn layouts_keep_the_tokens() {
        assert_eq!(lay_out(TEXT, JsonLayout::Minified).unwrap(), r#"{"a":[1.0,{}],"b":"x, \"y","c":[]}"#);
        assert_eq!(lay_out(TEXT, JsonLayout::Spaced).unwrap(), r#"{"a": [1.0, {}], "b": "x, \"y", "c": []}"#);
        let pretty = "{\n  \"a\": [\n    1.0,\n    {}\n  ],\n  \"b\": \"x, \\\"y\",\n  \"c\": []\n}";
        assert_eq!(lay_out(TEXT, JsonLayout::Pretty(2)).unwrap(), pretty);
        assert_eq!(lay_out(&"[".repeat(200), JsonLayout::Minified), None);
        let long = format!("{}{}0{}", "[".repeat(100), "0,".repeat(100_000), "]".repeat(100));
        assert!(lay_out(&long, JsonLayout::Minified).is_some() && lay_out(&long, JsonLayout::Pretty(4)).is_none());
        assert_eq!(lay_out("\"open\\", JsonLayout::Minified), None);
    }

    #[test]
    fn escapes_go_both_ways() {
        assert_eq!(escape_non_ascii("\"ø😀\"", false), "\"\\u00f8\\ud83d\\ude00\"");
        assert_eq!(
            unescape_non_ascii("\"\\u00F8\\ud83d\\ude00\\u0041\\\\u00f8\\ud800\""),
            "\"ø😀\\u0041\\\\u00f8\\ud800\""
        );
        assert_eq!(escape_slashes(r#""a/b\/c\\/""#), r#""a\/b\/c\\\/""#);
        assert_eq!(unescape_slashes(r#""a\/b\\/""#), r#""a/b\\/""#);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_answered(text: String) {
            for layout in [JsonLayout::Minified, JsonLayout::Spaced, JsonLayout::Pretty(2)] {
                let _ = lay_out(&text, layout);
            }
            let _ = (escape_slashes(&text), unescape_non_ascii(&text));
        }
    }
}
