//! Determines the encoding of a file.

use encoding_rs::{Encoding, ISO_8859_15, UTF_8, WINDOWS_1252};

use crate::problem::{Place, Problem};
use crate::text::quote;

/// The number of bytes searched for the declaration; banks put blank lines before it.
const HEAD_BYTES: usize = 1024;

/// The encoding that the first bytes declare, UTF-8 by default. A UTF-8 byte order mark may precede the declaration.
pub(crate) fn detect(bytes: &[u8]) -> Result<&'static Encoding, Problem> {
    if [b"\xFF\xFE", b"\xFE\xFF", b"\0<", b"<\0"].iter().any(|start| bytes.starts_with(*start)) {
        return Err(Problem::format(Place::at(1, 1), "the file is encoded as UTF-16", "save it as UTF-8"));
    }
    declared(&bytes[..bytes.len().min(HEAD_BYTES)]).map_or(Ok(UTF_8), |name| named(&name))
}

/// The encoding with that name. ISO-8859-1 is read as windows-1252, which differs in control characters only.
pub(crate) fn named(name: &str) -> Result<&'static Encoding, Problem> {
    // The encoding registry maps ASCII to windows-1252; a file that declares ASCII but is not ASCII is more likely
    // UTF-8.
    let label = if ["ascii", "us-ascii"].contains(&name.to_ascii_lowercase().as_str()) { "utf-8" } else { name };
    let known = Encoding::for_label(label.as_bytes());
    known.filter(|found| [UTF_8, WINDOWS_1252, ISO_8859_15].contains(found)).ok_or_else(|| {
        Problem::format(
            Place::at(1, 1),
            format!("the file declares the encoding {}", quote(name)),
            "save it as UTF-8 and declare encoding=\"UTF-8\"",
        )
    })
}

/// The encoding named in the XML declaration.
fn declared(head: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(head);
    let declaration = head.split_once("<?xml")?.1.split("?>").next()?;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..].split(quote).next().map(str::to_owned)
}
