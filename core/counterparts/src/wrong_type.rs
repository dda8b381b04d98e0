//! What a deserializer says of a value that does not fit, without the value: it may be a password.

use bankchannel_foundation::shown;

/// Such a message without the values and the names that it repeats; `None` for a message of another form.
pub(crate) fn without_values(said: &str) -> Option<String> {
    let Some((found, expected)) = said.rsplit_once(", expected ") else {
        // Names of members that are missing or stand twice are those of the type.
        let names_a_member = said.starts_with("missing field `") || said.starts_with("duplicate field `");
        return names_a_member.then(|| said.to_owned());
    };
    let named = found.strip_prefix("unknown field `").and_then(|rest| rest.strip_suffix('`')).and_then(shown::member);
    let kind = match named {
        Some(name) => format!("unknown field `{name}`"),
        None => found.split(['`', '"']).next().unwrap_or_default().trim_end().to_owned(),
    };
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
        ] {
            assert_eq!(without_values(said).as_deref(), Some(told));
        }
        assert_eq!(without_values("planted"), None);
    }
}
