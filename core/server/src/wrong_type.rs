//! Messages of deserializers without the values that they quote: a value may be a password.

use bankchannel_foundation::shown;

/// The message without the values and names that it quotes; `None` for a message of another form.
pub(crate) fn without_values(said: &str) -> Option<String> {
    let shown_member = |found: &str| {
        let name = found.strip_prefix("unknown field `")?.strip_suffix('`')?;
        Some(shown::member(name).map_or("unknown field".to_owned(), |name| format!("unknown field `{name}`")))
    };
    // What serde says of a type without members.
    if let Some(member) = said.strip_suffix(", there are no fields").and_then(shown_member) {
        return Some(format!("{member}: there must be none here"));
    }
    let Some((found, expected)) = said.rsplit_once(", expected ") else {
        // The names of missing or duplicate members come from the type, not from the input.
        let names_a_member = said.starts_with("missing field `") || said.starts_with("duplicate field `");
        return names_a_member.then(|| said.to_owned());
    };
    let unquoted = || found.split(['`', '"']).next().unwrap_or_default().trim_end().to_owned();
    let kind = shown_member(found).unwrap_or_else(unquoted);
    Some(format!("{kind}, expected {expected}"))
}

#[cfg(test)]
mod tests {
    use super::without_values;

    #[test]
    fn no_value_is_repeated() {
        for (said, told) in [
            (r#"invalid type: string "planted, expected secret", expected u32"#, "invalid type: string, expected u32"),
            ("invalid type: integer `123456`, expected a string", "invalid type: integer, expected a string"),
            ("unknown field `planted secret`, expected `email`", "unknown field, expected `email`"),
            ("unknown field `emial`, expected `email`", "unknown field `emial`, expected `email`"),
            ("unknown variant `planted`, expected `a` or `b`", "unknown variant, expected `a` or `b`"),
            ("missing field `email`", "missing field `email`"),
            ("unknown field `since`, there are no fields", "unknown field `since`: there must be none here"),
            ("unknown field `planted secret`, there are no fields", "unknown field: there must be none here"),
        ] {
            assert_eq!(without_values(said).as_deref(), Some(told));
        }
        assert_eq!(without_values("planted"), None);
    }
}
