//! The whole path of a payment, in every family; how a lost upload is settled; secrets that are in no text.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex},
};

use bankchannel::{CallLog, CallOptions, CallOutcome, Content, Timestamp, sepa_web_services::*};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::world::{FAMILIES, World, code_and_message, payment, payment_of, payment_type};

const DAY_S: i64 = 86_400;

/// The types of reports and statements of a family.
fn fetched_types(family: &str) -> (&'static str, &'static str) {
    match family {
        "nordea" => ("NDCORPAYL", "NDCAMT53L"),
        "op" => ("pain.002.001.10", "camt.053.001.02"),
        "danske" => ("pain.002.001.03", "camt.053.001.02"),
        _ => ("XP", "XT"),
    }
}

fn upload(family: &str, message_id: &str) -> UploadBankFileRequest {
    UploadBankFileRequest::new(Content::from(payment(message_id)), payment_type(family).to_owned())
}

async fn new_files(client: &SepaWebServices, folder: &Path, file_type: &str) -> Value {
    let request = json!({"directory": folder, "file_type": file_type});
    let done = client.call_json("sepa_web_services.download_new_files", request, CallOptions::default()).await;
    done.unwrap().response
}

fn list(file_type: &str, status: FileStatusFilter) -> ListBankFilesRequest {
    let mut request = ListBankFilesRequest::new();
    (request.file_type, request.status) = (Some(file_type.to_owned()), Some(status));
    request
}

/// The message ids that reports name, and how often.
fn named(answer: &Value) -> BTreeMap<String, u32> {
    let mut names = BTreeMap::new();
    for file in answer["files"].as_array().unwrap() {
        for report in file["report"]["reports"].as_array().into_iter().flatten() {
            *names.entry(report["original_message_id"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn t85_a_payment_is_sent_lost_settled_and_booked_in_every_family() {
    for (family, _) in FAMILIES {
        let world = World::new().await;
        let client = world.client_with(family, json!({ "retries": 0 }));
        let folder = tempfile::tempdir().unwrap();
        let (report, statement) = fetched_types(family);
        if family == "nordea" {
            let info = client.get_user_info(GetUserInfoRequest::new()).await.unwrap();
            assert!(info.user_file_types.iter().any(|one| one.file_type.as_deref() == Some(payment_type(family))));
        }
        client.upload_file(upload(family, "T85-ONE")).await.unwrap();
        world.order("sandbox/faults", json!([{"fault": "lost-after-commit"}, {"fault": "no-duplicate-check"}])).await;
        let lost = client.upload_file(upload(family, "T85-TWO")).await.unwrap_err();
        assert_eq!(code_and_message(&lost).1, "unknown", "{family}: {lost:?}");
        // Another process of the same customer knows nothing of it and sends nothing.
        let again = world.client_with(family, json!({ "retries": 0 }));
        assert!(again.list_files(list(report, FileStatusFilter::All)).await.unwrap().file_descriptors.is_empty());
        let uploaded_at = Timestamp::new(lost.detail("request_timestamp").unwrap()).unwrap();
        let settle = || {
            let directory = folder.path().display().to_string();
            again.settle_upload(SettleBankUploadRequest::new("T85-TWO".to_owned(), uploaded_at.clone(), directory))
        };
        assert_eq!(settle().await.unwrap().outcome, BankUploadOutcome::Unknown, "{family}");
        world.advance_s(61).await;
        world.order("sandbox/faults", json!([{"fault": "lost-after-commit", "operation": "download_file"}])).await;
        let first = new_files(&again, folder.path(), report).await;
        assert_eq!((&first["downloaded"], &first["failed"]), (&json!(1), &json!(1)), "{family}: {first}");
        assert!(again.list_files(list(report, FileStatusFilter::New)).await.unwrap().file_descriptors.is_empty());
        let second = new_files(&again, folder.path(), report).await;
        assert_eq!(second["downloaded"], 1, "{family}: {second}");
        let mut all = named(&first);
        all.extend(named(&second));
        let once = BTreeMap::from([("T85-ONE".to_owned(), 1), ("T85-TWO".to_owned(), 1)]);
        assert_eq!(all, once, "{family}");
        let settled = settle().await.unwrap();
        assert_eq!((settled.outcome, settled.reports.len()), (BankUploadOutcome::Accepted, 1), "{family}: {settled:?}");
        assert_eq!(new_files(&again, folder.path(), report).await["files"], json!([]), "{family}");
        world.advance_s(DAY_S).await;
        let booked = new_files(&again, folder.path(), statement).await;
        let mut cents = 0.0;
        for file in booked["files"].as_array().unwrap() {
            for one in file["statement"]["statements"].as_array().unwrap() {
                for entry in one["entries"].as_array().unwrap() {
                    cents += 100.0 * entry["money"]["amount"].as_str().unwrap().parse::<f64>().unwrap();
                }
            }
        }
        assert_eq!(format!("{cents:.0}"), "-2500", "{family}: {booked}");
        assert_eq!(world.uploads(family).await, 2, "{family}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t91_a_rejection_settles_too_and_time_settles_nothing() {
    let world = World::new().await;
    let client = world.client_with("op", json!({ "retries": 0 }));
    let folder = tempfile::tempdir().unwrap();
    let mut lost = BTreeMap::new();
    // The bank has the first one and rejects it; the second one never came.
    for (message_id, fault) in [("T91-TOO-MUCH", "lost-after-commit"), ("T91-NEVER", "close")] {
        world.fault(fault).await;
        let content = Content::from(payment_of(message_id, "99999999.00"));
        let request = UploadBankFileRequest::new(content, payment_type("op").to_owned());
        let error = client.upload_file(request).await.unwrap_err();
        assert_eq!(error.outcome(), Some(CallOutcome::Unknown), "{error:?}");
        lost.insert(message_id, Timestamp::new(error.detail("request_timestamp").unwrap()).unwrap());
    }
    let settle = |message_id: &'static str| {
        let directory = folder.path().display().to_string();
        let request = SettleBankUploadRequest::new(message_id.to_owned(), lost[message_id].clone(), directory);
        let client = client.clone();
        async move { client.settle_upload(request).await.unwrap() }
    };
    world.advance_s(61).await;
    let rejected = settle("T91-TOO-MUCH").await;
    assert_eq!(rejected.outcome, BankUploadOutcome::Accepted, "{rejected:?}");
    assert_eq!(rejected.status.unwrap().code, "RJCT");
    assert_eq!(rejected.reason.unwrap().code, "AM04");
    for days in [0, 1, 40] {
        world.advance_s(days * DAY_S).await;
        let open = settle("T91-NEVER").await;
        assert_eq!((open.outcome, open.not_read.len()), (BankUploadOutcome::Unknown, 0), "after {days} days: {open:?}");
    }
    assert_eq!(world.uploads("op").await, 2, "nothing was sent again");
}

#[tokio::test(flavor = "multi_thread")]
async fn t80_planted_keys_and_contents_are_in_no_error_log_or_transcript() {
    const CONTENT: &str = "PLANTED-CONTENT-5d1e77";
    let world = World::new().await;
    let customer = world.customer("op", None);
    let key = std::fs::read_to_string(customer["key_file"].as_str().unwrap()).unwrap();
    let further = json!({"private_key_file": null, "private_key": key, "retries": 0});
    let client = world.client_with("op", further);
    let content = String::from_utf8(payment("T80")).unwrap().replacen("Alpha Supplies Ab", CONTENT, 1);
    let log = CallLog::new();
    let mut said = format!("{client:?}");
    for fault in ["none", "code=12", "sig.inner=bad", "lost-after-commit", "html", "fault", "delay=900"] {
        if fault != "none" {
            world.fault(fault).await;
        }
        let request =
            UploadBankFileRequest::new(Content::from(content.clone().into_bytes()), payment_type("op").to_owned());
        let timeout = (fault == "delay=900").then(|| std::time::Duration::from_millis(400));
        let options = CallOptions { log: Some(log.clone()), timeout, ..CallOptions::default() };
        match client.upload_file_with(request, &options).await {
            Ok(sent) => said += &format!("{sent:?}"),
            Err(error) => said += &format!("{error:?} {error} {}", error.to_json()),
        }
    }
    let spoilt = key.replacen("MII", "MIJ", 1);
    let settings = world.settings("op", json!({"private_key_file": null, "private_key": spoilt}));
    said += &format!("{:?}", SepaWebServices::from_json(settings).unwrap_err());
    said += &format!("{:?}", log.drain());
    said += &world.bank.control("transcript", json!({})).await.unwrap().to_string();
    assert!(said.contains("RequestId"), "the log has lines: {said}");
    // A file's content travels in base64 of a gzip file, which no search finds; its bytes may stand nowhere else.
    for line in key.lines().filter(|line| line.len() > 40).chain([CONTENT]) {
        assert!(!said.contains(line), "{line} in {said}");
    }
}

/// A server that answers every request with the same text, and keeps the requests.
async fn answering(answer: String) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (seen, kept) = (Arc::<Mutex<Vec<String>>>::default(), answer.replace("SELF", &url));
    let seeing = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (mut all, mut piece) = (Vec::new(), [0; 16 * 1024]);
            while !all.windows(11).any(|window| window == b"</soapenv:E") {
                match stream.read(&mut piece).await {
                    Ok(0) | Err(_) => break,
                    Ok(count) => all.extend_from_slice(&piece[..count]),
                }
            }
            seeing.lock().unwrap().push(String::from_utf8_lossy(&all).into_owned());
            let _ = stream.write_all(kept.as_bytes()).await;
        }
    });
    (url, seen)
}

#[tokio::test(flavor = "multi_thread")]
async fn t24_t26_a_redirect_is_not_followed_and_the_action_is_the_profile_s() {
    let world = World::new().await;
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let (url, seen) = answering(format!(
            "HTTP/1.1 {status}\r\nlocation: SELFelsewhere\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        ))
        .await;
        let client = world.client_with("op", json!({"file_url": url, "retries": 0}));
        let error = client.list_files(ListBankFilesRequest::new()).await.unwrap_err();
        assert_eq!(error.outcome(), Some(CallOutcome::Unknown), "{status}: {error:?}");
        let seen = seen.lock().unwrap().clone();
        assert_eq!(seen.len(), 1, "{status}: one request to one address");
        assert!(seen[0].to_ascii_lowercase().contains("soapaction: \"\"\r\n"), "{}", seen[0]);
    }
    let (url, seen) = answering("HTTP/1.1 500 x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned()).await;
    let profile = json!({"extends": "op", "soap_action": "urn:example:list"});
    let client = world.client_with("op", json!({"file_url": url, "profile": profile, "retries": 0}));
    client.list_files(ListBankFilesRequest::new()).await.unwrap_err();
    let seen = seen.lock().unwrap().clone();
    assert!(seen[0].to_ascii_lowercase().contains("soapaction: \"urn:example:list\"\r\n"), "{}", seen[0]);
    for bad in ["a\"b", "a\r\nx: y", "\u{e4}"] {
        let profile = json!({"extends": "op", "soap_action": bad});
        let error = SepaWebServices::from_json(world.settings("op", json!({"profile": profile}))).unwrap_err();
        assert_eq!(error.code(), "configuration.invalid", "{bad:?}: {error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t82_r11_a_fault_that_nobody_signed_is_shown_and_proves_nothing() {
    let world = World::new().await;
    let detail = "<detail><cor:FileServiceFaultElement xmlns:cor=\"http://bxd.fi/CorporateFileService\"><category>technical</category>\
                  <code>26</code></cor:FileServiceFaultElement></detail>";
    for (status, detail) in [("200 OK", ""), ("200 OK", detail), ("500 Error", ""), ("500 Error", detail)] {
        let body = format!(
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><s:Fault><faultcode>s:Server</faultcode>\
             <faultstring>Backend error</faultstring>{detail}</s:Fault></s:Body></s:Envelope>"
        );
        let (url, _) = answering(format!(
            "HTTP/1.1 {status}\r\ncontent-type: text/xml\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        ))
        .await;
        let client = world.client_with("op", json!({"file_url": url, "retries": 0}));
        let error = client.upload_file(upload("op", "T82")).await.unwrap_err();
        assert_eq!(code_and_message(&error), ("sepa_web_services.fault", "unknown"), "{status}: {error:?}");
        assert!(!error.retryable() && error.message().contains("nobody signed"), "{error:?}");
        assert!(format!("{error:?}").contains("Backend error"), "{status}: {error:?}");
    }
}

/// A server that asks for a longer wait than the client waits is asked once, and the error says how long the wait is.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_wait_is_the_answer() {
    let world = World::new().await;
    for status in ["429 Too Many Requests", "503 Service Unavailable"] {
        let (url, seen) = answering(format!(
            "HTTP/1.1 {status}\r\nretry-after: 3600\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        ))
        .await;
        let client = world.client_with("op", json!({ "file_url": url }));
        let error = client.list_files(ListBankFilesRequest::new()).await.unwrap_err();
        assert_eq!((seen.lock().unwrap().len(), error.retry_after_s()), (1, Some(3600)), "{status}: {error:?}");
    }
}
