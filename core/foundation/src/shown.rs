//! The parts of a path or of a variable's name that an error may repeat.
//!
//! People pass a file's own text where its path is expected, and a password where a variable's name is expected. So a
//! path or name is repeated only if it looks like one; otherwise its length is shown instead. Every path in an error
//! goes through here.

use std::{
    fmt,
    path::{MAIN_SEPARATOR, Path},
};

use crate::redact;

/// The text that every language shows in place of a secret.
pub const HIDDEN_SECRET: &str = "[secret]";
/// The longest path that is repeated, in bytes.
const PATH_MAX: usize = 512;
/// The longest variable name and field name that is repeated, in bytes.
const NAME_MAX: usize = 64;
/// Endings of files that hold secrets. A secret's file name without a folder is repeated only if it has one of these.
const SECRET_ENDINGS: [&str; 16] = [
    ".asc", ".conf", ".crt", ".env", ".gpg", ".json", ".key", ".p12", ".pem", ".pfx", ".pgp", ".pw", ".secret", ".sig",
    ".token", ".txt",
];

/// A path as an error shows it: the path if it looks like one, otherwise its length.
pub fn path<P: AsRef<Path> + ?Sized>(path: &P) -> impl fmt::Display {
    let path = path.as_ref();
    redacted_path(path, looks_like_path(path))
}

/// The same for a path from which a secret is read: text that may be the secret itself is not repeated.
pub fn secret_path<P: AsRef<Path> + ?Sized>(path: &P) -> impl fmt::Display {
    let path = path.as_ref();
    redacted_path(path, looks_like_secret_path(path))
}

/// Why a variable gives no secret: its name, and the remedy if the secret itself was passed instead.
///
/// A name is repeated if it has only upper-case letters, digits and underscores, and digits only next to underscores: a
/// key in base32 has digits too.
#[must_use]
pub fn unset_variable(name: &str) -> String {
    let of_name = name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    let clear = name.contains('_') || !name.bytes().any(|b| b.is_ascii_digit());
    if of_name && clear && (1..=NAME_MAX).contains(&name.len()) {
        return format!("the environment variable {name} is not set or not UTF-8");
    }
    let length = name.len();
    format!(
        "no environment variable has the given name ({length} bytes, not shown); if this is the secret itself, give \
         it as a string"
    )
}

/// Why the file of a secret cannot be used: its path, the reason, and the remedy if the secret itself was passed
/// instead.
#[must_use]
pub fn unusable_secret_file(path: &Path, why: &dyn fmt::Display) -> String {
    let remedy = if looks_like_secret_path(path) { "" } else { "; if this is the secret itself, give it as a string" };
    format!("{}: {why}{remedy}", secret_path(path))
}

/// What to do about a text that was given as a private key and is none: a remedy to append, if the text may be the path
/// of the key's file; else empty.
#[must_use]
pub fn key_file_remedy(key: &str) -> &'static str {
    let is_one_line = !key.is_empty() && key.len() <= PATH_MAX && !key.trim_end().contains(['\n', '\r']);
    if is_one_line && !key.contains("-----") {
        "; the text itself is expected: for the key in a file give {\"file\": PATH}"
    } else {
        ""
    }
}

/// The name of a field or member that the caller chose. `None` if it does not look like a name.
#[must_use]
pub fn member(name: &str) -> Option<&str> {
    let is_name = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'$' | b'.'));
    (is_name && (1..=NAME_MAX).contains(&name.len()) && !redact::is_sensitive(name)).then_some(name)
}

/// Between folders: the system's own, and on Windows also the other one.
const SEPARATORS: [char; 2] = ['/', MAIN_SEPARATOR];

/// Why content cannot be read: the path, the reason, and the remedy if the bytes were passed instead of a path.
#[must_use]
pub fn unreadable_content(path: &Path, why: &dyn fmt::Display) -> String {
    if looks_like_path(path) {
        return format!("{} cannot be read: {why}", path.display());
    }
    format!(
        "{} cannot be read: {why}; if this is the content itself, give it as bytes, not as a path",
        self::path(path)
    )
}

/// Whether the text looks like a path, not like a file's text or a secret.
#[must_use]
pub fn looks_like_path(path: &Path) -> bool {
    let Some(text) = path.to_str() else { return path.as_os_str().len() <= PATH_MAX };
    let has_folder_or_ending = text.contains(SEPARATORS) || path.extension().is_some_and(|ending| ending.len() <= 8);
    text.len() <= PATH_MAX
        && !text.contains("-----")
        && !text.chars().any(|c| c.is_control() || matches!(c, '<' | '>' | '{' | '}' | '"'))
        && (has_folder_or_ending || !text.contains(char::is_whitespace))
        && !text.split(SEPARATORS).any(redact::is_sensitive)
}

fn looks_like_secret_path(path: &Path) -> bool {
    let Some(text) = path.to_str() else { return false };
    let begins = ["/", "./", "../", "~/"].iter().any(|begin| text.starts_with(begin))
        || MAIN_SEPARATOR == '\\' && begins_on_windows(text);
    looks_like_path(path) && (begins || SECRET_ENDINGS.iter().any(|ending| text.ends_with(ending)))
}

fn begins_on_windows(text: &str) -> bool {
    let after_drive = text.strip_prefix(|c: char| c.is_ascii_alphabetic()).and_then(|rest| rest.strip_prefix(':'));
    after_drive.is_some_and(|rest| rest.starts_with(['/', '\\']))
        || [r".\", r"..\", r"\\"].iter().any(|begin| text.starts_with(begin))
}

fn redacted_path(path: &Path, is_shown: bool) -> impl fmt::Display {
    fmt::from_fn(move |f| {
        if is_shown {
            return write!(f, "{}", path.display());
        }
        write!(f, "the given path ({} bytes, not shown: it does not look like a path)", path.as_os_str().len())
    })
}

/// Whether a character is invisible or reorders its neighbours, so that a name reads as another one: Unicode's format
/// characters (`Cf`), fillers, and line and paragraph separators.
pub fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}'
            | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1345f}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_repeated() {
        for name in [
            "payments.xml",
            "payments",
            "/nonexistent/key.pem",
            "../Own Documents/salary 11.xml",
            "/srv/bank/some-target/release/build/a-very-long-folder-name/data/file",
            "päiväkirja",
        ] {
            assert_eq!(path(name).to_string(), name);
        }
        for name in ["/run/secrets/password", "./password", "password.txt", "keys/private.asc"] {
            assert_eq!(secret_path(name).to_string(), name);
        }
        for name in [r"C:\Users\me\bank keys\password", r"..\password", r"\\server\share\password", "d:/password"] {
            assert!(begins_on_windows(name), "{name}");
            assert_eq!(secret_path(name).to_string() == name, MAIN_SEPARATOR == '\\', "{name}");
        }
    }

    #[test]
    fn what_a_file_or_secret_holds_is_not() {
        let long = "x".repeat(PATH_MAX + 1);
        for given in [
            "<Document><IBAN>FI2112345600000785</IBAN></Document>",
            "-----BEGIN PRIVATE KEY-----",
            "first line\nsecond",
            "{\"iban\": 1}",
            "Planted Content Of The Payment",
            "planted.person@example.test",
            "+358409998877",
            "eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl",
            "4vN6hGHrav31smM0Ha1k15MDlZKOEGn43UToWTt2",
            &long,
        ] {
            let text = path(given).to_string();
            assert!(!text.contains(given) && text.contains(&format!("({} bytes", given.len())), "{text}");
            assert!(!unreadable_content(Path::new(given), &"no").contains(given));
        }
        for given in ["Planted_Password_..4711", "hunter2", "JBSWY3DPEHPK3PXP"] {
            assert!(!secret_path(given).to_string().contains(given), "{given}");
        }
    }

    #[test]
    fn names_are_repeated_and_nothing_else() {
        for name in ["ISECURE_PASSWORD", "PASSWORD", "A_1"] {
            assert!(unset_variable(name).contains(name), "{name}");
        }
        for given in ["the password itself", "hunter2", "JBSWY3DPEHPK3PXP", "Planted_Password_..4711"] {
            assert!(!unset_variable(given).contains(given), "{given}");
        }
        assert_eq!(member("file_type"), Some("file_type"));
        for given in ["", "a secret", "4vN6hGHrav31smM0Ha1k15MDlZKOEGn43UToWTt2", "user@example.test"] {
            assert_eq!(member(given), None, "{given}");
        }
    }
}
