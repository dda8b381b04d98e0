//! The simulator bank (§6.7, §6.8; §11.7 F15–F20).

use bankchannel_bank_simulator::{DEFAULT_BALANCE_CENTS, DEFAULT_IBAN};
use bankchannel_crypto::digest;
use bankchannel_iso20022::{
    cash::{Statement, StatementBalance},
    read_statement, read_status_report,
    schema::{MessageType, validate},
    status::StatusReport,
};
use bankchannel_storage::ws_channel::{FileContent, FileScope, NewUpload, UploadOutcome, UploadState, WsChannelStore};
use bankchannel_ws_channel_service::Channels;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::{
    files_upload::wait_for,
    served::{Served, payment},
};

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Checks that a document is valid by its schema and contains its type's name.
fn checked(kind: &str, document: &[u8]) {
    assert!(text(document).contains(&format!("urn:iso:std:iso:20022:tech:xsd:{kind}")), "{kind}");
    validate(MessageType::from_name(kind).unwrap(), document).unwrap();
}

/// The only status report of a file.
fn report_of(bytes: &[u8]) -> StatusReport {
    read_status_report(bytes).unwrap().reports.remove(0)
}

/// The status of the whole file.
fn status(report: &StatusReport) -> &str {
    &report.status.as_ref().unwrap().code
}

/// The first reason of the whole file.
fn reason(report: &StatusReport) -> Option<&str> {
    report.reasons.first().and_then(|reason| Some(reason.code.as_ref()?.code.as_str()))
}

/// The only statement of a file.
pub(crate) fn statement_of(bytes: &[u8]) -> Statement {
    read_statement(bytes).unwrap().statements.remove(0)
}

/// A balance of a statement, in hundredths.
pub(crate) fn cents(statement: &Statement, code: &str) -> i64 {
    let is = |balance: &&StatementBalance| balance.kind.as_ref().is_some_and(|kind| kind.code == code);
    statement.balances.iter().find(is).unwrap().money.as_ref().unwrap().amount.to_cents().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn f15_f17_f18_a_payment_is_booked_and_answered() {
    let served = Served::start().await;
    let (who, signer) = served.customer("f17@example.test").await;
    let opening = served.references(&who, "camt.053.001.02", "NEW").await;
    assert_eq!(opening.len(), 1);
    let first = served.download(&who, "camt.053.001.02", &opening[0]).await;
    assert_eq!(served.download(&who, "camt.053.001.02", &opening[0]).await, first, "identical bytes");
    assert!(served.references(&who, "camt.053.001.02", "NEW").await.is_empty());
    assert_eq!(served.references(&who, "camt.053.001.02", "DLD").await, opening);
    checked("camt.053.001.02", &first);
    let account = statement_of(&first);
    assert_eq!((account.account.iban.as_deref(), account.sequence.as_deref()), (Some(DEFAULT_IBAN), Some("1")));
    assert!(account.entries.is_empty());

    served.upload(&who, signer.signed(payment())).await.ok(201);
    let report = served.new_file(&who, "pain.002.001.10").await;
    // They appear together: all are there as soon as the first is.
    assert_eq!(served.references(&who, "camt.054.001.02", "NEW").await.len(), 1);
    assert_eq!(served.references(&who, "camt.053.001.02", "NEW").await.len(), 1);
    let (notice, statement) =
        (served.new_file(&who, "camt.054.001.02").await, served.new_file(&who, "camt.053.001.02").await);
    checked("pain.002.001.10", &report);
    checked("camt.054.001.02", &notice);
    checked("camt.053.001.02", &statement);
    let report = report_of(&report);
    assert_eq!(status(&report), "ACCP");
    assert_eq!(report.original_message_id.as_deref(), Some("BANKCHANNEL-EXAMPLE-0001"));
    let account = statement_of(&statement);
    assert_eq!((cents(&account, "OPBD"), cents(&account, "CLBD")), (DEFAULT_BALANCE_CENTS, 999_854_995));
    assert_eq!(account.entries.len(), 1, "one entry for the batch");
    // The next payment continues from that balance.
    served.upload(&who, signer.signed(payment())).await.ok(201);
    let statement = served.new_file(&who, "camt.053.001.02").await;
    let account = statement_of(&statement);
    assert_eq!(cents(&account, "OPBD"), 999_854_995);
    assert_eq!(account.sequence.as_deref(), Some("3"));
}

#[tokio::test(flavor = "multi_thread")]
async fn f16_a_deleted_file_is_gone() {
    let served = Served::start().await;
    let (who, _) = served.customer("f16@example.test").await;
    let reference = served.references(&who, "camt.053.001.02", "ALL").await.remove(0);
    let path = format!("/files/simulator/camt.053.001.02/{reference}");
    let other_type = format!("/files/simulator/pain.002.001.10/{reference}");
    let gone = "Invalid parameter(s): FileReference";
    served.data(&who, Method::DELETE, &other_type, None).await.refused(400, gone);
    served.get(&who, &other_type).await.refused(400, gone);
    served.data(&who, Method::DELETE, &path, None).await.ok(200);
    served.get(&who, &path).await.refused(400, gone);
    served.data(&who, Method::DELETE, &path, None).await.refused(400, gone);
    assert!(served.references(&who, "camt.053.001.02", "ALL").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn f19_f20_payments_that_are_rejected() {
    let served = Served::start().await;
    let (who, signer) = served.customer("f19@example.test").await;
    let good = text(payment());
    let dtd = good.replacen("<Document", "<!DOCTYPE x [<!ENTITY a \"EXPANDED\">]><Document", 1);
    for (name, file, code) in [
        ("control sum", good.replace("1450.05", "1450.06"), "AM10"),
        ("count", good.replace("<NbOfTxs>2</NbOfTxs>", "<NbOfTxs>3</NbOfTxs>"), "AM18"),
        ("debtor", good.replace(DEFAULT_IBAN, "FI4950009420028730"), "AC02"),
        ("creditor", good.replace("DE89370400440532013000", "DE88370400440532013000"), "AC01"),
        ("namespace", good.replace("pain.001.001.09", "pain.001.001.03"), "FF01"),
        ("no XML", "garbage".to_owned(), "FF01"),
        ("DTD", dtd, "FF01"),
    ] {
        served.upload(&who, signer.signed(file.as_bytes())).await.ok(201);
        let bytes = served.new_file(&who, "pain.002.001.10").await;
        checked("pain.002.001.10", &bytes);
        assert!(!text(&bytes).contains("EXPANDED"));
        let report = report_of(&bytes);
        assert_eq!((status(&report), reason(&report)), ("RJCT", Some(code)), "{name}");
    }
    assert!(served.references(&who, "camt.054.001.02", "ALL").await.is_empty());
    assert_eq!(served.references(&who, "camt.053.001.02", "ALL").await.len(), 1);
}

/// Only where it is configured: by default the same message is a new payment (§6.7).
#[tokio::test(flavor = "multi_thread")]
async fn a_message_id_that_was_seen_is_rejected_if_configured() {
    let served = Served::with("simulator_rejects_duplicates = true", Channels::default()).await;
    let (who, signer) = served.customer("du01@example.test").await;
    let good = text(payment());
    // The same message with other content, too.
    for (file, status, code) in [
        (good.to_owned(), "ACCP", None),
        (good.to_owned(), "RJCT", Some("DU01")),
        (good.replace("250.05", "250.06").replace("1450.05", "1450.06"), "RJCT", Some("DU01")),
        (good.replace("<MsgId>", "<MsgId>A"), "ACCP", None),
        ("garbage".to_owned(), "RJCT", Some("FF01")),
        ("garbage".to_owned(), "RJCT", Some("FF01")),
    ] {
        served.upload(&who, signer.signed(file.as_bytes())).await.ok(201);
        let bytes = served.new_file(&who, "pain.002.001.10").await;
        checked("pain.002.001.10", &bytes);
        let report = report_of(&bytes);
        assert_eq!((self::status(&report), reason(&report)), (status, code));
    }
    // Another customer's message ids are another customer's.
    let (other, signer) = served.customer("du02@example.test").await;
    served.upload(&other, signer.signed(payment())).await.ok(201);
    let report = report_of(&served.new_file(&other, "pain.002.001.10").await);
    assert_eq!(status(&report), "ACCP");
}

#[tokio::test(flavor = "multi_thread")]
async fn retiring_and_enrolling_again_resets_the_balance() {
    let served = Served::start().await;
    let (who, signer) = served.customer("reset@example.test").await;
    served.upload(&who, signer.signed(payment())).await.ok(201);
    wait_for(&served, &who, 2).await;
    served.admin(&who, Method::DELETE, "/certs/simulator", None).await.ok(200);
    served.enrol(&who).await.ok(201);
    wait_for(&served, &who, 3).await;
    let before = served.references(&who, "camt.053.001.02", "ALL").await;
    served.upload(&who, signer.signed(payment())).await.ok(201);
    let after = wait_for(&served, &who, 4).await;
    let new = after.iter().find(|reference| !before.contains(reference)).unwrap();
    let statement = statement_of(&served.download(&who, "camt.053.001.02", new).await);
    assert_eq!(cents(&statement, "OPBD"), DEFAULT_BALANCE_CENTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_debtor_accounts_of_a_file_can_be_funded() {
    let served = Served::start().await;
    let (who, signer) = served.customer("fund@example.test").await;
    let file = text(payment()).replace(DEFAULT_IBAN, "FI4950009420028730");
    let ibans = served.running.fund_simulator("Fund@example.test", file.as_bytes()).await.unwrap();
    assert_eq!(ibans, ["FI4950009420028730"]);
    served.upload(&who, signer.signed(file.as_bytes())).await.ok(201);
    let report = report_of(&served.new_file(&who, "pain.002.001.10").await);
    assert_eq!(status(&report), "ACCP");
    for (email, file) in [("nobody@example.test", payment()), (&who.email, b"garbage")] {
        assert!(served.running.fund_simulator(email, file).await.is_err());
    }
    let other = served.owner("unenrolled@example.test").await;
    assert!(served.running.fund_simulator(&other.email, payment()).await.is_err());
}

/// A payment is retried until its content can be read, and does not block others; `tests/lost_payments.rs` covers
/// content that never comes back.
#[tokio::test(flavor = "multi_thread")]
async fn a_payment_whose_bytes_cannot_be_read_now_waits() {
    let served = Served::with("[banks.simulator]\npayments = \"store\"", Channels::default()).await;
    let (who, signer) = served.customer("unread@example.test").await;
    let large = [payment(), &vec![b'\n'; 200_000][..]].concat();
    served.upload(&who, signer.signed(&large)).await.ok(201);
    let files = served.folder.path().join("data/files");
    let kept = crate::served::content_files(&files).remove(0);
    let aside = served.folder.path().join("aside");
    std::fs::rename(&kept, &aside).unwrap();
    let served = served.again("").await;
    served.upload(&who, signer.signed(payment())).await.ok(201);
    wait_for(&served, &who, 2).await;
    // Content replaced by another payment is not booked either.
    let other = text(&large).replace("1450.05", "1450.06");
    std::fs::write(&kept, &other).unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(served.references(&who, "pain.002.001.10", "ALL").await.len(), 1, "the first one waits");
    std::fs::rename(&aside, &kept).unwrap();
    wait_for(&served, &who, 3).await;
    assert_eq!(served.references(&who, "pain.002.001.10", "NEW").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn content_of_a_payment_that_is_given_up_goes() {
    let served = Served::with("[banks.simulator]\npayments = \"store\"", Channels::default()).await;
    let (who, signer) = served.customer("spoilt@example.test").await;
    let large = [payment(), &vec![b'\n'; 200_000][..]].concat();
    served.upload(&who, signer.signed(&large)).await.ok(201);
    let files = served.folder.path().join("data/files");
    let kept = crate::served::content_files(&files).remove(0);
    std::fs::write(&kept, vec![b' '; large.len()]).unwrap();
    let served = served.again("").await;
    let until = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while kept.exists() {
        assert!(std::time::Instant::now() < until, "its content is left");
        // More than a day, the maximum time for retries.
        served.control("clock", json!({"advance_s": 90_000})).await;
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    let Served { running, folder, .. } = served;
    running.stop().await;
    let store = WsChannelStore::open_sqlite(folder.path().join("data")).await.unwrap();
    assert_eq!(store.uploads_in_state(UploadState::Failed, 10).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_does_not_wait_for_what_is_still_to_be_booked() {
    const WAITING: i64 = 3000;
    let served = Served::with("[banks.simulator]\npayments = \"store\"", Channels::default()).await;
    let (who, _) = served.customer("backlog@example.test").await;
    let Served { running, folder, .. } = served;
    running.stop().await;
    let data = folder.path().join("data");
    let store = WsChannelStore::open_sqlite(&data).await.unwrap();
    let upload = |number: i64| NewUpload {
        id: format!("backlog-{number}"),
        scope: FileScope { api_key: who.key.clone(), email: who.email.clone(), bank: "simulator".into() },
        email: who.email.clone(),
        file_type: "pain.001.001.09".into(),
        file_name: "synthetic.xml".into(),
        sha256: digest::sha256(payment()),
        size: i64::try_from(payment().len()).unwrap(),
        signers: Vec::new(),
        message_id: None,
        at_bank: None,
        send_anyway: false,
        content: Some(FileContent::Inline(payment().to_vec())),
        no_duplicate_since: None,
        now: 1_767_225_600_000 + number,
    };
    for recorded in join_all((0..WAITING).map(|number| store.record_upload(upload(number)))).await {
        assert_eq!(recorded.unwrap(), UploadOutcome::Recorded);
    }
    store.close().await;
    let Served { running, folder, .. } = Served::on(folder, "", Channels::default()).await;
    running.stop().await;
    let store = WsChannelStore::open_sqlite(folder.path().join("data")).await.unwrap();
    assert!(!store.uploads_in_state(UploadState::Received, 1).await.unwrap().is_empty(), "all were booked first");
    assert!(store.uploads_in_state(UploadState::Failed, 1).await.unwrap().is_empty());
}

/// After a restart, acknowledged uploads are processed and stray files are removed.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_works_off_what_was_acknowledged() {
    let only_keep = "[banks.simulator]\npayments = \"store\"";
    let served = Served::with(only_keep, Channels::default()).await;
    let (who, signer) = served.customer("restart@example.test").await;
    served.upload(&who, signer.signed(payment())).await.ok(201);
    // Too large for a row: its content is in a separate file.
    let large = [payment(), &vec![b'\n'; 200_000][..]].concat();
    served.upload(&who, signer.signed(&large)).await.ok(201);
    assert!(served.references(&who, "pain.002.001.10", "ALL").await.is_empty(), "kept and nothing more");
    let files = served.folder.path().join("data/files");
    assert_eq!(crate::served::content_files(&files).len(), 1);
    let stray = files.join("cleftbehind");
    std::fs::write(&stray, b"x").unwrap();
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
    std::fs::File::options().write(true).open(&stray).unwrap().set_modified(old).unwrap();
    let served = served.again("").await;
    wait_for(&served, &who, 3).await;
    assert_eq!(served.references(&who, "pain.002.001.10", "NEW").await.len(), 2);
    let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while !crate::served::content_files(&files).is_empty() {
        assert!(std::time::Instant::now() < until, "content files left");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let Served { running, folder, .. } = served;
    running.stop().await;
    let store = WsChannelStore::open_sqlite(folder.path().join("data")).await.unwrap();
    assert!(store.uploads_in_state(UploadState::Received, 10).await.unwrap().is_empty());
    assert_eq!(store.uploads_in_state(UploadState::Accepted, 10).await.unwrap().len(), 2);
}
