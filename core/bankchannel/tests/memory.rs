//! A large file is never held in memory: the test measures the growth of the process's memory.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::Write as _;

use bankchannel::{
    CallOptions, Content, ContentDestination,
    ws_channel::{DownloadFile, DownloadFileRequest, UploadFileRequest},
};
use serde_json::json;
use support::{Act, Server, client, ok};

/// A sample of the full test's 100 MiB.
const SIZE: usize = 32 * 1024 * 1024;
/// The maximum growth in KiB: far less than the file, with room for buffers and the test's own server.
const ADDED_MAX_KIB: u64 = 12 * 1024;

/// The growth of the peak resident set while this runs, in KiB.
async fn added_kib<T>(work: impl Future<Output = T>) -> (u64, T) {
    // Resets the peak to the current resident set (proc(5)).
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = peak_kib();
    let done = work.await;
    (peak_kib().saturating_sub(before), done)
}

fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn upload(content: Content) -> UploadFileRequest {
    let request = json!({"bank": "nordea", "file_name": "a.xml", "file_type": "KTL", "signature": "x", "content": {"base64": ""}});
    let mut upload: UploadFileRequest = bankchannel::model::read_boundary(request).unwrap();
    upload.content = content;
    upload
}

/// The measurement covers the whole process: one test at a time.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// ISO-099, with a sample of its 100,000 entries.
#[tokio::test]
async fn a_statement_of_any_size_is_read_in_the_memory_of_a_page() {
    const ENTRIES: u64 = 40_000;
    const MAX_KIB: u64 = 32 * 1024;
    let _alone = ALONE.lock().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("statement.xml");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
    let begin = "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId></GrpHdr><Stmt>\
                 <Id>S</Id><Acct><Id><IBAN>FI2112345600000785</IBAN></Id><Ccy>EUR</Ccy></Acct>";
    file.write_all(begin.as_bytes()).unwrap();
    for number in 1..=ENTRIES {
        let entry = format!(
            "<Ntry><NtryRef>{number}</NtryRef><Amt Ccy=\"EUR\">1.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-20</Dt>\
             </BookgDt><NtryDtls><TxDtls><Refs><EndToEndId>E-{number}</EndToEndId></Refs><RltdPties><Dbtr><Pty><Nm>Payer {number}</Nm></Pty></Dbtr>\
             </RltdPties><RmtInf><Ustrd>Invoice {number}, with a text as long as such texts are</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n"
        );
        file.write_all(entry.as_bytes()).unwrap();
    }
    file.write_all(b"</Stmt></BkToCstmrStmt></Document>").unwrap();
    file.into_inner().unwrap();
    let page = |cursor: serde_json::Value| {
        let request = json!({ "cursor": cursor });
        bankchannel::call_local("iso20022.read_statement_page", request, Some(Content::from(path.as_path()))).unwrap()
    };
    let mut last = page(serde_json::Value::Null);
    let (added, (read, sum)) = added_kib(async {
        let count = |page: &serde_json::Value| page["statements"][0]["entries"].as_array().unwrap().len() as u64;
        let mut read = count(&last);
        while !last["next"].is_null() {
            last = page(last["next"].take());
            read += count(&last);
        }
        (read, last["statements"][0]["end"]["booked_sum"].clone())
    })
    .await;
    assert_eq!((read, sum.as_str()), (ENTRIES, Some("60000.00")));
    assert!(added < MAX_KIB, "reading {ENTRIES} entries added {added} KiB");
}

#[tokio::test]
async fn thirty_two_mib_add_little() {
    let _alone = ALONE.lock().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("big");
    std::fs::File::create(&path).unwrap().set_len(SIZE as u64).unwrap();
    let server = Server::in_turn([Act::Swallow(ok(201, json!({})))]).await;
    let up = client(&server);
    // A small upload first, so that connections, keys and buffers exist.
    up.upload_file(upload(vec![0; 300_000].into())).await.unwrap();
    let (added, sent) = Box::pin(added_kib(up.upload_file(upload(Content::from(path.as_path()))))).await;
    sent.unwrap();
    let seen = server.seen();
    assert!(seen[1].complete && seen[1].body_bytes > SIZE / 3 * 4);
    assert!(added < ADDED_MAX_KIB, "sending {SIZE} bytes added {added} KiB");

    // The answer is built before the measurement, which covers only the receiving.
    let server = Server::in_turn([Act::Answer(ok(200, json!({"Content": "QUFB".repeat(SIZE / 3)})))]).await;
    let down = client(&server);
    let to = |destination| CallOptions { destination, ..CallOptions::default() };
    let file = folder.path().join("down");
    let (added, got) =
        added_kib(down.exchange::<DownloadFile>(download(), &to(ContentDestination::File(file.clone())))).await;
    got.unwrap();
    assert!(added < ADDED_MAX_KIB, "receiving {SIZE} bytes added {added} KiB");
    assert_eq!(std::fs::metadata(file).unwrap().len(), (SIZE / 3 * 3) as u64);
    // The measurement detects content in memory.
    let (added, got) = added_kib(down.exchange::<DownloadFile>(download(), &to(ContentDestination::Memory))).await;
    got.unwrap();
    assert!(added > 2 * ADDED_MAX_KIB, "holding {SIZE} bytes added only {added} KiB");
}

fn download() -> DownloadFileRequest {
    bankchannel::model::read_boundary(json!({"bank": "nordea", "file_type": "VA", "file_reference": "1"})).unwrap()
}
