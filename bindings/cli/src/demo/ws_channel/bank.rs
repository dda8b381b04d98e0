//! The bank's side of the demo: enrolment, listing, download.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    time::{Duration, Instant},
};

use bankchannel::{Content, ContentDestination};
use serde_json::{Value, json};

use super::{
    account::{User, text},
    counterpart::{RunningDemoBank, WsChannelDemoBank},
};
use crate::exit::{CommandFailure, CommandOutcome};

/// Time limit for the bank's answer, and the polling interval.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A file that the bank made, downloaded.
pub(super) struct Downloaded {
    pub(super) file_type: String,
    pub(super) reference: String,
    pub(super) bytes: Vec<u8>,
    pub(super) path: Option<PathBuf>,
}

/// Enrols with the data that the bank has sent to its customer.
pub(super) async fn enrol(admin: &User, bank: &RunningDemoBank) -> CommandOutcome<String> {
    admin.call("ws_channel.enroll_cert", bank.enrolment()?).await?;
    let listed = admin.call("ws_channel.list_certs", json!({})).await?;
    let certificate = listed["certs"].as_array().and_then(|certs| certs.first()).cloned().unwrap_or_default();
    Ok(certificate.get("cert_name").and_then(Value::as_str).unwrap_or_default().to_owned())
}

/// The references of all files that the bank holds.
pub(super) async fn references(data: &User) -> CommandOutcome<BTreeSet<String>> {
    Ok(list(data).await?.into_iter().map(|(_, reference)| reference).collect())
}

/// Waits for new files; they appear together.
pub(super) async fn wait(
    data: &User,
    before: &BTreeSet<String>,
    bank: &WsChannelDemoBank,
) -> CommandOutcome<Vec<(String, String)>> {
    let begun = Instant::now();
    loop {
        let mut new: Vec<_> =
            list(data).await?.into_iter().filter(|(_, reference)| !before.contains(reference)).collect();
        if !new.is_empty() {
            // In reading order: the verdict, the bookings, the balance.
            new.sort_by_key(|(file_type, _)| {
                bank.answers.iter().position(|first| file_type == first).unwrap_or(bank.answers.len())
            });
            return Ok(new);
        }
        if begun.elapsed() > ANSWER_WITHIN {
            return Err(CommandFailure::usage("the bank did not answer within a minute"));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Downloads a file: into a folder, or into memory.
pub(super) async fn download(
    data: &User,
    file: (String, String),
    folder: Option<PathBuf>,
) -> CommandOutcome<Downloaded> {
    let (file_type, reference) = file;
    let request = json!({ "file_type": file_type, "file_reference": reference });
    // Both parts come from the service: only plain names become file names.
    let plain =
        |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) && !text.starts_with('.');
    let path = folder
        .filter(|_| plain(&file_type) && plain(&reference))
        .map(|folder| folder.join(format!("{file_type}_{reference}.xml")));
    let destination = path.clone().map_or(ContentDestination::Memory, ContentDestination::File);
    let (_, content) = data.call_with("ws_channel.download_file", request, None, destination).await?;
    let bytes = match (&path, content) {
        (Some(path), _) => std::fs::read(path)
            .map_err(|why| CommandFailure::usage(format!("{} cannot be read: {why}", path.display())))?,
        (None, Some(Content::Bytes(bytes))) => bytes.to_vec(),
        (None, _) => return Err(CommandFailure::usage("the download has no content")),
    };
    Ok(Downloaded { file_type, reference, bytes, path })
}

async fn list(data: &User) -> CommandOutcome<Vec<(String, String)>> {
    let listed = data.call("ws_channel.list_files", json!({ "status": "ALL" })).await?;
    let files = listed["file_descriptors"].as_array().cloned().unwrap_or_default();
    files.iter().map(|file| Ok((text(file, "file_type")?, text(file, "file_reference")?))).collect()
}
