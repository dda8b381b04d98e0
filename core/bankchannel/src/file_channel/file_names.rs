//! The names of downloaded files (docs/protocols/ws-channel.md §8.4, §10 S31).

use bankchannel_crypto::digest;
use bankchannel_foundation::{Error, Result};

use super::ChannelFile;

/// The longest file name that all common file systems accept, in bytes.
const NAME_MAX: usize = 255;

/// The name of a file from a bank: `<YYYYMMDD>__<FileType>_<FileReference>.dat`, with the day as written by the bank.
///
/// A character other than a letter, digit, point, `_` or `-` becomes `_`; a part of the text's hash is then added, so
/// that two files never share a name.
///
/// # Errors
/// `reference_unsafe` of the channel if the type or the reference is empty or has a path separator or a control character,
/// if the time stamp does not begin with a day, or if the name would be too long: no honest bank names a file so.
pub(crate) fn file_name<F: ChannelFile>(file: &F) -> Result<String> {
    let refused = |why: &str| Error::because(F::REFERENCE_UNSAFE, format!("{} {why}.", F::REFERENCE_UNSAFE.text));
    let day = day(file.file_timestamp()).ok_or_else(|| refused("its FileTimestamp does not begin with a day"))?;
    let unsafe_part = "its type or reference is empty, or has a path separator or a control character in it";
    let part = |text: &str| safe(text).ok_or_else(|| refused(unsafe_part));
    let name = format!("{day}__{}_{}.dat", part(file.file_type())?, part(file.file_reference())?);
    if name.len() > NAME_MAX { Err(refused("its name would be too long")) } else { Ok(name) }
}

/// `2017-05-20T03:36…` → `20170520`.
fn day(timestamp: &str) -> Option<String> {
    let written = timestamp.get(..10)?;
    let fits = written
        .bytes()
        .enumerate()
        .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    fits.then(|| written.replace('-', ""))
}

fn safe(text: &str) -> Option<String> {
    if text.is_empty() || text.chars().any(|c| c == '/' || c == '\\' || c.is_control()) {
        return None;
    }
    let kept = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let mut out: String = text.chars().map(|c| if kept(c) { c } else { '_' }).collect();
    if out != text {
        out.push('-');
        out.push_str(&digest::hex(&digest::sha256(text.as_bytes())[..4]));
    }
    Some(out)
}

#[cfg(test)]
#[cfg(feature = "ws-channel")]
mod tests {
    #![allow(clippy::unwrap_used)]
    use bankchannel_ws_channel::model::{FileDescriptor, FileReference, FileStatus};

    use super::*;

    fn named(file_type: &str, reference: &str, timestamp: &str) -> Result<String> {
        file_name(&FileDescriptor::new(
            FileReference::new(reference)?,
            timestamp.to_owned(),
            file_type.into(),
            FileStatus::New,
        ))
    }

    #[test]
    fn names_are_those_of_the_other_clients() {
        // The day is the bank's local day, not UTC's: docs/protocols/ws-channel.md §2.20 has this time stamp.
        assert_eq!(named("VA", "227166", "2017-05-20T01:36:21.148+03:00").unwrap(), "20170520__VA_227166.dat");
        assert_eq!(
            named("pain.002.001.10", "a_B-9.x", "2026-11-20T08:00:00Z").unwrap(),
            "20261120__pain.002.001.10_a_B-9.x.dat"
        );
    }

    #[test]
    fn names_never_leave_the_folder_and_never_meet() {
        for bad in ["../../x", "..\\x", "/etc/passwd", "a/b", "\u{7f}"] {
            let error = named("VA", bad, "2026-11-20T08:00:00Z").unwrap_err();
            assert!(matches!(error.code(), "ws_channel.reference_unsafe" | "input.invalid_field"), "{bad}");
        }
        assert_eq!(named("../VA", "1", "2026-11-20T08:00:00Z").unwrap_err().code(), "ws_channel.reference_unsafe");
        assert_eq!(named("", "1", "2026-11-20T08:00:00Z").unwrap_err().code(), "ws_channel.reference_unsafe");
        let odd =
            [named("VA", "a b", "2026-11-20T08:00:00Z").unwrap(), named("VA", "a:b", "2026-11-20T08:00:00Z").unwrap()];
        assert_ne!(odd[0], odd[1]);
        assert!(odd.iter().all(|name| name.starts_with("20261120__VA_a_b-") && name.ends_with(".dat")));
        assert!(named("VA", &"x".repeat(300), "2026-11-20T08:00:00Z").is_err());
    }
}
