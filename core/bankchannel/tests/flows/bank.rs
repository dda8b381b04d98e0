//! A bank's files behind a server: listings by type and status, downloads that mark files as downloaded.

use std::sync::{Arc, Mutex};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::support::{Act, Seen, ok, refused};

#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) reference: &'static str,
    pub(crate) file_type: &'static str,
    pub(crate) timestamp: &'static str,
    pub(crate) status: &'static str,
    pub(crate) bytes: &'static [u8],
}

/// The bank.
#[derive(Clone, Default)]
pub(crate) struct Bank(Arc<Mutex<Vec<Held>>>);

impl Bank {
    pub(crate) fn holding(files: &[(&'static str, &'static str, &'static [u8])]) -> Self {
        let bank = Self::default();
        for (file_type, reference, bytes) in files {
            bank.add(file_type, reference, bytes);
        }
        bank
    }

    pub(crate) fn add(&self, file_type: &'static str, reference: &'static str, bytes: &'static [u8]) {
        let held = Held { reference, file_type, timestamp: "2026-11-20T08:00:00.000+02:00", status: "NEW", bytes };
        self.0.lock().unwrap().push(held);
    }

    pub(crate) fn set_status(&self, reference: &str, status: &'static str) {
        let mut files = self.0.lock().unwrap();
        files.iter_mut().filter(|held| held.reference == reference).for_each(|held| held.status = status);
    }

    pub(crate) fn remove(&self, reference: &str) {
        self.0.lock().unwrap().retain(|held| held.reference != reference);
    }

    /// Answers a listing or a download.
    pub(crate) fn act(&self, seen: &Seen) -> Act {
        let mut files = self.0.lock().unwrap();
        let (path, query) = seen.path.split_once('?').unwrap_or((&seen.path, ""));
        let parts: Vec<&str> = path.trim_start_matches("/v2/files/").split('/').collect();
        if let [_, file_type, reference] = parts[..] {
            let asked = bankchannel::message::percent_decode(reference).unwrap();
            return match files.iter_mut().find(|held| held.file_type == file_type && held.reference == asked) {
                Some(held) => {
                    held.status = "DLD";
                    Act::Answer(ok(200, json!({"Content": STANDARD.encode(held.bytes)})))
                }
                None => Act::Answer(refused(400, "Invalid parameter(s): FileReference")),
            };
        }
        let asked = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")[..]));
        let listed: Vec<Value> = files
            .iter()
            .filter(|held| asked("FileType").is_none_or(|file_type| file_type == held.file_type))
            .filter(|held| asked("Status").is_none_or(|status| status == "ALL" || status == held.status))
            .map(|held| json!({"FileReference": held.reference, "FileTimestamp": held.timestamp, "FileType": held.file_type, "Status": held.status}))
            .collect();
        Act::Answer(ok(200, json!({"FileDescriptors": listed})))
    }
}
