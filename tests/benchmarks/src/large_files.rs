//! The memory cost of files of 100 MiB, at a client and at the service.

use std::{
    fs::File,
    path::Path,
    time::{Duration, SystemTime},
};

use bankchannel::{CallOptions, Content, ContentDestination};
use bankchannel_openpgp as openpgp;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::{
    memory::status,
    served::{EMAIL, Served, client},
};

/// Memory that 100 MiB up and 100 MiB down add, in KiB: at a client, in a separate process, and at the service.
pub(crate) fn large_files() -> Vec<(String, u64)> {
    let config =
        "max_body_bytes = 300000000\nmax_file_bytes = 200000000\nbanks = { simulator = { payments = \"store\" } }\n";
    let mut served = Served::start(config, json!([]));
    let path = served.folder.path().join("large");
    File::create(&path).and_then(|file| file.set_len(LARGE)).expect("a file");
    let opened = File::open(&path).expect("the file");
    let signature =
        openpgp::sign_detached(&[&served.signer], opened, openpgp::HashAlgorithm::Sha256, SystemTime::now());
    let signature_file = served.folder.path().join("large.asc");
    std::fs::write(&signature_file, signature.expect("signs")).expect("a file");
    let mut rows =
        measured(&served, "sending", &["upload", &path.to_string_lossy(), &signature_file.to_string_lossy()]);
    served.put_large_file();
    let target = served.folder.path().join("downloaded");
    rows.extend(measured(&served, "receiving", &["download", &target.to_string_lossy()]));
    assert_eq!(std::fs::metadata(&target).expect("the file").len(), LARGE);
    rows
}

const LARGE: u64 = 100 * 1024 * 1024;

fn measured(served: &Served, what: &str, arguments: &[&str]) -> Vec<(String, u64)> {
    let mut all = vec![arguments[0], &served.base_url, &served.api_key, &served.token];
    all.extend(&arguments[1..]);
    // A small call first: connections and caches do not count for the file.
    crate::memory::in_child(&["list", &served.base_url, &served.api_key, &served.token]);
    let service = served.child.id().to_string();
    let before = status(&service, "VmHWM");
    let client = crate::memory::in_child(&all);
    let after = status(&service, "VmHWM");
    vec![
        (format!("memory added by {what} 100 MiB, client"), client),
        (format!("memory added by {what} 100 MiB, service"), after - before),
    ]
}

/// The work of a client process between two readings of its peak.
pub(crate) fn client_call(arguments: &[&str]) {
    let runtime = Runtime::new().expect("a runtime");
    let client = client(arguments[1], arguments[2], arguments[3]);
    let mut options = CallOptions { timeout: Some(Duration::from_secs(300)), ..CallOptions::default() };
    let (name, request) = match arguments[0] {
        "list" => ("ws_channel.list_files", json!({})),
        "upload" => {
            options.content = Some(Content::from(Path::new(arguments[4])));
            let signature = std::fs::read_to_string(arguments[5]).expect("the signature");
            (
                "ws_channel.upload_file",
                json!({"file_name": "large.bin", "file_type": "pain.001.001.09", "signature": signature}),
            )
        }
        _ => {
            options.destination = ContentDestination::File(arguments[4].into());
            ("ws_channel.download_file", json!({"file_type": "camt.053.001.02", "file_reference": "large"}))
        }
    };
    runtime.block_on(client.call_json(name, request, options)).unwrap_or_else(|error| panic!("{error}"));
}

impl Served {
    /// Stops the service, puts a file of 100 MiB at the bank, and starts it again.
    fn put_large_file(&mut self) {
        use bankchannel_storage::ws_channel::{FileContent, FileScope, NewBankFile, WsChannelStore};
        self.stop();
        let data = self.folder.path().join("data");
        File::create(data.join("files/large")).and_then(|file| file.set_len(LARGE)).expect("a file");
        let scope = FileScope { api_key: self.api_key.clone(), email: EMAIL.into(), bank: "simulator".into() };
        let file = NewBankFile {
            reference: "large".into(),
            file_type: "camt.053.001.02".into(),
            status: "NEW".into(),
            created: 1_767_225_600_000,
            service_id: None,
            target_id: None,
            content: FileContent::External { path: "large".into(), size: LARGE as i64 },
        };
        Runtime::new().expect("a runtime").block_on(async {
            let store = WsChannelStore::open_sqlite(&data).await.expect("the store");
            store.put_files(&scope, vec![file]).await.expect("puts");
            store.close().await;
        });
        self.go_on();
    }
}
