//! SEPA Web Services against the sandbox bank in another process: the memory that large files add at a client, and the
//! processor time of its calls.

use std::{ffi::OsStr, path::Path, process::Child, sync::Arc, time::Duration};

use bankchannel::{CallOptions, Content, ContentDestination, sepa_web_services::*};
use bankchannel_crypto::{
    signature::{Hash, SigningKey},
    x509::Certificate,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::{
    load,
    memory::{in_child, run_child, status},
    served::serve_kind,
    table::{Bound, Table},
};

const MIB: usize = 1024 * 1024;
/// The size of an upload, bytes.
const UPLOAD: usize = 50 * MIB;
/// The size of a download, bytes: as much as an order to the bank can carry.
const DOWNLOAD: usize = 40 * MIB;
/// The calls, and how many run at once.
const CALLS: usize = 1000;
const CONCURRENT: usize = 32;

/// A sandbox bank in another process.
struct ServedBank {
    child: Child,
    families: Value,
    control_url: String,
    folder: tempfile::TempDir,
}

impl ServedBank {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let options = ["--plain", "--control"].map(OsStr::new);
        let (child, ready) = serve_kind("sepa-bank", &folder.path().join("data"), &options);
        let control_url = ready["control_url"].as_str().expect("a control URL").to_owned();
        Self { child, families: ready["families"].clone(), control_url, folder }
    }

    /// The file with the settings of a client.
    fn settings(&self, family: &str, bank: &str) -> String {
        let (of, customer) = (&self.families[family], &self.families[family]["customers"][0]);
        let mut settings = json!({
            "bank": bank, "file_url": of["file_url"], "trusted_file": of["anchors_file"],
            "customer_id": customer["customer_id"], "target_id": customer["target_id"],
            "certificate_file": customer["certificate_file"], "private_key_file": customer["key_file"],
        });
        settings.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
        let path = self.folder.path().join(format!("{bank}.json"));
        std::fs::write(&path, settings.to_string()).expect("a file");
        path.display().to_string()
    }
}

impl Drop for ServedBank {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn measure(table: &mut Table) {
    let bank = ServedBank::start();
    let op = bank.settings("op", "op");
    let file = bank.folder.path().join("payments.xml");
    std::fs::write(&file, payments(UPLOAD)).expect("a file");
    let added = in_child(&["sepa-upload", &op, &file.display().to_string()]);
    let ours = format!("{:.1} MiB", added as f64 / 1024.0);
    let name = "memory added by an upload of 50 MiB, compressed and signed twice";
    table.ratio(name, &ours, "32 MiB", added as f64 / (32.0 * 1024.0), Bound::AtMost(1.0));

    let order = json!({"files": [{
        "family": "op", "customer_id": bank.families["op"]["customers"][0]["customer_id"], "file_type": "INFO",
        "content_base64": STANDARD.encode(crate::sepa::content(DOWNLOAD)),
    }]});
    let put = load::post(&format!("{}/sandbox/files", bank.control_url), &order.to_string());
    let reference = put["files"][0].as_str().expect("a reference").to_owned();
    let target = bank.folder.path().join("downloaded").display().to_string();
    let added = in_child(&["sepa-download", &op, &reference, &target]);
    assert_eq!(std::fs::metadata(&target).expect("the file").len(), DOWNLOAD as u64, "the whole file");
    // Base64 in the document, and the document in base64.
    let message_kib = DOWNLOAD as f64 / 1024.0 * 16.0 / 9.0;
    let ours = format!("{:.1} MiB", added as f64 / 1024.0);
    let against = format!("its message {:.1} MiB", message_kib / 1024.0);
    let name = "memory added by a download of 40 MiB";
    table.ratio(name, &ours, &against, added as f64 / message_kib, Bound::AtMost(2.0));

    let printed = run_child(&["sepa-calls", &op]);
    let (ours, bare) = printed.trim().split_once(' ').expect("two numbers");
    let [ours, bare] = [ours, bare].map(|number| number.parse::<f64>().expect("microseconds"));
    let name = "processor time of a list call, 1,000 at 32 connections";
    let against = format!("2 × RSA-2048 signed and verified {bare:.0} µs");
    table.ratio(name, &format!("{ours:.0} µs"), &against, ours / bare, Bound::AtMost(2.0));
}

/// Something like a payment file of this size, which compresses less well than one that repeats itself.
fn payments(size: usize) -> Vec<u8> {
    let mut all = b"<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\">".to_vec();
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    while all.len() < size {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        all.extend_from_slice(format!("<Id>{state:020}</Id><Nm>Esimerkki Oy, Kotikatu</Nm><Ctry>FI</Ctry>").as_bytes());
    }
    all
}

fn client(settings: &str) -> SepaWebServices {
    let settings = std::fs::read(settings).expect("the settings");
    SepaWebServices::from_json(serde_json::from_slice::<Value>(&settings).expect("JSON")).expect("a client")
}

fn patient() -> CallOptions {
    CallOptions { timeout: Some(Duration::from_secs(300)), ..CallOptions::default() }
}

/// The work of a child process; its output.
pub(crate) fn child(arguments: &[&str]) -> String {
    let runtime = Runtime::new().expect("a runtime");
    let client = client(arguments[1]);
    // A small call first, so that memory needed by every call is not counted.
    runtime.block_on(client.list_files(ListBankFilesRequest::new())).expect("lists");
    let before = status("self", "VmHWM");
    match arguments {
        ["sepa-upload", _, file] => {
            let request =
                UploadBankFileRequest::new(Content::from(Path::new(*file).to_owned()), "pain.001.001.09".to_owned());
            // The file is none that the bank can read; it says so after it has taken all of it.
            let sent = runtime.block_on(client.upload_file_with(request, &patient()));
            assert!(sent.is_ok(), "{sent:?}");
        }
        ["sepa-download", _, reference, target] => {
            let destination = ContentDestination::File(Path::new(target).to_owned());
            let options = CallOptions { destination, ..patient() };
            let request = DownloadBankFileRequest::new((*reference).to_owned());
            runtime.block_on(client.download_file_with(request, &options)).expect("downloads");
        }
        _ => return calls(&runtime, client, arguments[1]),
    }
    (status("self", "VmHWM") - before).to_string()
}

/// The processor time of a call of this process, and that of two bare signatures and verifications, microseconds.
fn calls(runtime: &Runtime, client: SepaWebServices, settings: &str) -> String {
    let client = Arc::new(client);
    let work = || {
        let tasks: Vec<_> = (0..CONCURRENT)
            .map(|_| {
                let client = Arc::clone(&client);
                runtime.spawn(async move {
                    for _ in 0..CALLS.div_ceil(CONCURRENT) {
                        client.list_files(ListBankFilesRequest::new()).await.expect("lists");
                    }
                })
            })
            .collect();
        tasks.into_iter().for_each(|task| runtime.block_on(task).expect("it ends"));
    };
    // Connections and caches first.
    work();
    let begun = processor_us();
    work();
    let each = (processor_us() - begun) / (CALLS.div_ceil(CONCURRENT) * CONCURRENT) as f64;
    let settings: Value = serde_json::from_slice(&std::fs::read(settings).expect("the settings")).expect("JSON");
    let text = |name: &str| std::fs::read_to_string(settings[name].as_str().expect("a path")).expect("a file");
    let key = SigningKey::from_pem(&text("private_key_file"), None).expect("a key");
    let public = Certificate::from_pem(&text("certificate_file")).expect("a certificate");
    let public = public.key().expect("its key");
    let begun = processor_us();
    for _ in 0..CALLS {
        for _ in 0..2 {
            let value = key.sign_pkcs1(Hash::Sha256, b"signed").expect("it signs");
            assert!(public.verify_pkcs1(Hash::Sha256, b"signed", &value), "it verifies");
        }
    }
    format!("{each} {}", (processor_us() - begun) / CALLS as f64)
}

/// The processor time of this process so far, in microseconds; the kernel counts in hundredths of a second.
fn processor_us() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").expect("the kernel tells");
    // Behind the program's name, which may have blanks.
    let rest = text.rsplit_once(") ").expect("a name").1;
    let ticks = rest.split(' ').skip(11).take(2).map(|number| number.parse::<f64>().expect("ticks"));
    ticks.sum::<f64>() * 10_000.0
}
