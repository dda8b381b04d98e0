//! The argument parser's messages, without the given values: one may be a key, a password or a whole file.

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// The longest word that may be an option or a command.
const WORD_MAX: usize = 40;

/// Replaces each value in the error by its length. A word is kept if it is an option or similar to a known one.
pub(crate) fn without_values(mut error: clap::Error) -> clap::Error {
    let is_near = |kind| error.get(kind).is_some();
    let hide_value = !is_near(ContextKind::SuggestedValue);
    let hide_command =
        !is_near(ContextKind::SuggestedSubcommand) && !text(&error, ContextKind::InvalidSubcommand).is_none_or(is_word);
    // For other kinds it is the parser's own name for the argument.
    let hide_argument =
        error.kind() == ErrorKind::UnknownArgument && !text(&error, ContextKind::InvalidArg).is_none_or(is_option);
    for (kind, hide) in [
        (ContextKind::InvalidValue, hide_value),
        (ContextKind::InvalidSubcommand, hide_command),
        (ContextKind::InvalidArg, hide_argument),
    ] {
        let Some(given) = text(&error, kind).filter(|_| hide).map(str::len) else { continue };
        error.insert(kind, ContextValue::String(format!("{given} bytes, not shown")));
        // A tip would repeat it.
        error.remove(ContextKind::Suggested);
    }
    error
}

fn text(error: &clap::Error, kind: ContextKind) -> Option<&str> {
    match error.get(kind) {
        Some(ContextValue::String(text)) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// `list-files`: the form of a command's name.
fn is_word(text: &str) -> bool {
    text.len() <= WORD_MAX && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
}

/// `--file-type`, `--rfc2047` or `-b`.
pub(crate) fn is_option(text: &str) -> bool {
    let long = text.strip_prefix("--").is_some_and(|name| {
        let is_name = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        name.starts_with(|c: char| c.is_ascii_lowercase()) && name.len() <= WORD_MAX && name.bytes().all(is_name)
    });
    long || text.len() == 2 && text.starts_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_kept_and_values_are_not() {
        for kept in ["--file-type", "--rfc2047", "-b"] {
            assert!(is_option(kept), "{kept}");
        }
        for hidden in ["-----BEGIN PGP PRIVATE KEY BLOCK-----", "-Planted_Password", "<IBAN>FI21</IBAN>", "payment.xml"]
        {
            assert!(!is_option(hidden), "{hidden}");
        }
        assert!(is_word("list-files") && !is_word("Planted_Password_..4711") && !is_word("hunter2"));
    }
}
