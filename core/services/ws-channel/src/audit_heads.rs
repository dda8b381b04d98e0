//! Heads of the audit trail saved in the data folder, outside the database: rewriting the trail unnoticed then takes
//! access to both.

use std::{
    io::{Read, Write},
    path::Path,
};

use bankchannel_crypto::digest;
use bankchannel_foundation::model::Timestamp;
use bankchannel_storage::ws_channel::{AuditCheckpoint, Digest, KnownHead};
use serde_json::{Value, json};

use bankchannel_server::private;

/// One line per saved checkpoint. Lines from before checkpoints existed have `records` and the last record's hash.
pub(crate) const HEADS_FILE: &str = "audit-heads.jsonl";

/// The saved heads. Unreadable lines are skipped: a kill may cut off the last one.
///
/// # Errors
/// I/O errors; an absent file has no lines.
pub(crate) fn read(data: &Path) -> std::io::Result<Vec<KnownHead>> {
    let mut text = String::new();
    match private::open_for_reading(&data.join(HEADS_FILE)).and_then(|mut file| file.read_to_string(&mut text)) {
        Ok(_) => Ok(text.lines().filter_map(read_head).collect()),
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(why) => Err(why),
    }
}

/// Saves a checkpoint.
///
/// # Errors
/// I/O errors.
pub(crate) fn append(data: &Path, checkpoint: &AuditCheckpoint) -> std::io::Result<()> {
    let line = json!({
        "at": Timestamp::from_ms(checkpoint.at).as_str(),
        "checkpoint": checkpoint.number,
        "head": digest::hex(&checkpoint.hash),
    });
    let path = data.join(HEADS_FILE);
    let mut file = private::append_own(&path)?;
    file.write_all(format!("{line}\n").as_bytes())?;
    file.sync_data()
}

fn read_head(line: &str) -> Option<KnownHead> {
    let line: Value = serde_json::from_str(line).ok()?;
    let hash = from_hex(line["head"].as_str()?)?;
    match (line["checkpoint"].as_i64(), line["records"].as_i64()) {
        (Some(number), _) => Some(KnownHead::Checkpoint { number, hash }),
        (None, Some(records)) => Some(KnownHead::Sealed { records, hash }),
        (None, None) => None,
    }
}

fn from_hex(text: &str) -> Option<Digest> {
    let mut digest = [0; 32];
    if text.len() != 2 * digest.len() || !text.is_ascii() {
        return None;
    }
    for (at, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(digest)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_written_down_is_read_again_and_older_lines_too() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read(folder.path()).unwrap().is_empty());
        let old = json!({ "at": "2026-01-01T00:00:00Z", "records": 7, "head": "ab".repeat(32) });
        std::fs::write(folder.path().join(HEADS_FILE), format!("{old}\n")).unwrap();
        append(folder.path(), &AuditCheckpoint { number: 3, at: 0, hash: [1; 32] }).unwrap();
        let mut file = std::fs::OpenOptions::new().append(true).open(folder.path().join(HEADS_FILE)).unwrap();
        file.write_all(b"{\"at\":\"2026").unwrap();
        let known = read(folder.path()).unwrap();
        assert_eq!(
            known,
            [KnownHead::Sealed { records: 7, hash: [0xab; 32] }, KnownHead::Checkpoint { number: 3, hash: [1; 32] }]
        );
    }
}
