//! Whose answer a file is: several uploads that wait at once, at a bank that decides like the simulator.

use std::{
    fs,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bankchannel::{
    CallLog, CallOptions, CallOutcome, CancellationToken, Content, Error,
    ws_channel::{UploadAndWaitResponse, WsChannel},
};
use bankchannel_bank_simulator::{AnswerIds, BankDecision, BankLedger, decide};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    bank::Bank,
    support::{Act, Answer, Seen, Server, client, ok, private_key, refused},
};

const STATUS: &str = "pain.002.001.10";
const NOTIFICATION: &str = "camt.054.001.02";
const STATEMENT: &str = "camt.053.001.02";

/// The example payment with another message id and amount; everything else is the same, the end-to-end ids too.
fn payment(id: &str, euros: u32) -> String {
    let example = bankchannel_iso20022::EXAMPLE_PAIN001;
    let own = example.split("<MsgId>").nth(1).and_then(|rest| rest.split('<').next()).unwrap();
    let total = format!("{}.00", 1200 + euros);
    example.replace(own, id).replace("250.05", &format!("{euros}.00")).replace("1450.05", &total)
}

/// A bank that answers uploads: a payment of 20,000,000 EUR is rejected with `AM04`.
#[derive(Clone, Default)]
struct Decider {
    files: Bank,
    ledger: Arc<Mutex<Option<BankLedger>>>,
    uploads: Arc<AtomicUsize>,
}

impl Decider {
    fn act(&self, seen: &Seen) -> Act {
        if seen.method != "PUT" {
            return self.files.act(seen);
        }
        let bank = self.clone();
        Act::Then(Arc::new(move |seen| bank.decided(seen)))
    }

    /// Takes an upload.
    fn decided(&self, seen: &Seen) -> Answer {
        let number = self.uploads.fetch_add(1, Ordering::SeqCst);
        let payment = STANDARD.decode(seen.json()["FileContents"].as_str().unwrap()).unwrap();
        let mut ledger = self.ledger.lock().unwrap();
        let books = ledger.take().unwrap_or_else(BankLedger::with_default_account);
        let (now, ids) = (jiff::Timestamp::UNIX_EPOCH, AnswerIds::new(format!("T{number}")).unwrap());
        match decide(&payment, &books, None, now, jiff::civil::date(2026, 11, 20), &ids).unwrap() {
            BankDecision::Accepted { pain002, camt054, camt053, new_ledger } => {
                self.add(STATUS, number, pain002);
                self.add(NOTIFICATION, number, camt054);
                self.add(STATEMENT, number, camt053);
                *ledger = Some(new_ledger);
            }
            BankDecision::Rejected { pain002 } => {
                self.add(STATUS, number, pain002);
                *ledger = Some(books);
            }
        }
        ok(201, json!({}))
    }

    fn add(&self, file_type: &'static str, number: usize, bytes: Vec<u8>) {
        self.files.add(file_type, format!("{file_type}-{number}").leak(), bytes.leak());
    }
}

fn wait(more: Value) -> Value {
    let mut request = json!({
        "bank": "simulator", "file_type": "pain.001.001.09", "file_name": "a.xml", "private_key": private_key(),
        "wait_for": [STATUS, STATEMENT], "poll_interval_s": 0.1,
    });
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    request
}

async fn upload(client: &WsChannel, content: &str, more: Value) -> Result<Value, Error> {
    let content = Some(Content::from(content.as_bytes().to_vec()));
    let options = CallOptions { content, ..CallOptions::default() };
    client.call_json("ws_channel.upload_and_wait", wait(more), options).await.map(|done| done.response)
}

fn original_ids(answer: &Value) -> Vec<String> {
    let report = answer["report"]["reports"].as_array().into_iter().flatten();
    let reports = report.map(|report| report["original_message_id"].clone());
    let statements = answer["statement"]["statements"].as_array().into_iter().flatten();
    let entries = statements.flat_map(|statement| statement["entries"].as_array().unwrap());
    let batches =
        entries.flat_map(|entry| entry["batches"].as_array().unwrap()).map(|batch| batch["message_id"].clone());
    reports.chain(batches).map(|id| id.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn each_of_many_uploads_gets_its_own_answer() {
    let bank = Decider::default();
    let server = Server::start(move |seen, _| bank.act(seen)).await;
    // One client for all, and one for each: as threads of a process, and as processes.
    let shared = client(&server);
    let clients: Vec<WsChannel> = (0..32).map(|at| if at < 16 { shared.clone() } else { client(&server) }).collect();
    let uploads = clients.iter().enumerate().map(|(at, client)| async move {
        let euros = if at % 3 == 0 { 20_000_000 } else { 10 + at as u32 };
        upload(client, &payment(&format!("MSG-{at}"), euros), json!({"wait_timeout_s": 30})).await
    });
    for (at, done) in futures_util::future::join_all(uploads).await.into_iter().enumerate() {
        let done = done.unwrap();
        let id = format!("MSG-{at}");
        let answers = done["answers"].as_array().unwrap();
        assert!(answers.iter().all(|answer| original_ids(answer) == [id.as_str()]), "{id}: {answers:?}");
        let (verdict, count) = if at % 3 == 0 { ("rejected", 1) } else { ("accepted", 2) };
        assert_eq!((&done["verdict"], answers.len(), &done["message_id"]), (&json!(verdict), count, &json!(id)));
        let has = |other: &Value| original_ids(other).contains(&id);
        assert!(!done["others"].as_array().unwrap().iter().any(has), "an own answer is not among the others");
    }
}

#[tokio::test]
async fn a_rejection_ends_the_wait_and_says_so_first() {
    let bank = Decider::default();
    let server = Server::start(move |seen, _| bank.act(seen)).await;
    let client = client(&server);
    let begun = Instant::now();
    let done = upload(&client, &payment("BAD-1", 20_000_000), json!({"wait_timeout_s": 60})).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(20), "the statement is not waited for");
    assert_eq!(
        (&done["verdict"], &done["status"]["code"], &done["reason"]["code"]),
        (&json!("rejected"), &json!("RJCT"), &json!("AM04"))
    );
    assert_eq!((&done["missing"], done["answers"].as_array().unwrap().len()), (&json!([STATEMENT]), 1));
    let text = done["verdict_text"].as_str().unwrap();
    assert!(
        text.starts_with("The bank has rejected the file, nothing of it is paid: RJCT (") && text.contains("AM04"),
        "{text}"
    );
    // A reader of the first lines sees the verdict.
    assert!(done.to_string().starts_with(r#"{"verdict":"rejected","verdict_text":"#));

    let error = upload(&client, &payment("BAD-2", 20_000_000), json!({"fail_if_rejected": true})).await.unwrap_err();
    assert_eq!(
        (error.code(), error.category().as_str(), error.outcome(), error.retryable()),
        ("ws_channel.payment_rejected", "peer_refused", Some(CallOutcome::Refused), false)
    );
    assert_eq!((error.detail("status"), error.detail("reason")), (Some("RJCT"), Some("AM04")));
    let partial: UploadAndWaitResponse = error.partial_response().unwrap();
    assert!(partial.answers[0].fetched.parsed.report.is_some());
}

#[tokio::test]
async fn a_time_limit_carries_what_came_and_what_the_bank_said() {
    let bank = Decider::default();
    // The statement is lost at the bank.
    let server = Server::start(move |seen, _| {
        if seen.path.contains(STATEMENT) {
            Act::Answer(ok(200, json!({"FileDescriptors": []})))
        } else {
            bank.act(seen)
        }
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let client = client(&server);
    let more = json!({"wait_timeout_s": 1, "directory": folder.path()});
    let error = upload(&client, &payment("OK-1", 10), more).await.unwrap_err();
    assert_eq!(
        (error.code(), error.detail("missing"), error.detail("verdict")),
        ("ws_channel.answer_not_found", Some(STATEMENT), Some("accepted"))
    );
    assert!(
        error.message().contains("still missing: camt.053.001.02. The bank has accepted the file: ACCP"),
        "{error}"
    );
    let partial: UploadAndWaitResponse = error.partial_response().unwrap();
    assert_eq!((partial.answers.len(), partial.missing.len()), (1, 1));
    let fetched = &partial.answers[0].fetched;
    assert!(fetched.parsed.report.is_some() && fetched.path.is_some());
    assert!(error.to_json()["partial_response"]["answers"][0]["report"].is_object());
    assert!(!format!("{error:?} {error}").contains("partial_response"), "it is neither shown nor logged");
    // The next download reports the files that a failed call took.
    let look = json!({"bank": "simulator", "directory": folder.path()});
    let later = client.call_json("ws_channel.download_new_files", look, CallOptions::default()).await.unwrap().response;
    let of_type = |file: &&Value| file["file_type"] == STATUS;
    let status = later["files"].as_array().unwrap().iter().find(of_type).unwrap();
    assert_eq!((&status["status"], status["report"].is_object()), (&json!("downloaded"), true));
}

#[tokio::test]
async fn what_is_nobodys_is_in_the_result_and_in_the_ledger() {
    let bank = Decider::default();
    let at_bank = bank.clone();
    let server = Server::start(move |seen, _| {
        // A foreign report arrives together with the upload.
        if seen.method == "PUT" {
            at_bank.files.add(STATUS, "foreign", br#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt><GrpHdr><MsgId>R</MsgId></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>FOREIGN</OrgnlMsgId><GrpSts>RJCT</GrpSts></OrgnlGrpInfAndSts></CstmrPmtStsRpt></Document>"#);
        }
        at_bank.act(seen)
    })
    .await;
    for ledger_apart in [false, true] {
        let client = client(&server);
        let (folder, ledger) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let places = if ledger_apart { json!({"ledger": ledger.path()}) } else { json!({"directory": folder.path()}) };
        let done = upload(&client, &payment(&format!("OWN-{ledger_apart}"), 10), places).await.unwrap();
        assert_eq!(done["verdict"], "accepted");
        let others = done["others"].as_array().unwrap();
        assert_eq!((others.len(), &others[0]["file"]["file_reference"]), (1, &json!("foreign")));
        assert_eq!(original_ids(&others[0]), ["FOREIGN"]);
        let mut look = json!({"bank": "simulator", "directory": folder.path(), "file_type": STATUS});
        if ledger_apart {
            look["ledger"] = json!(ledger.path());
        }
        for reported in [1, 0] {
            let call = client.call_json("ws_channel.download_new_files", look.clone(), CallOptions::default());
            let later = call.await.unwrap().response;
            assert_eq!(later["downloaded"], reported, "{later}");
        }
        bank.files.remove("foreign");
    }
}

/// A file without references is given only to a wait that is alone, or that asks for such files.
#[tokio::test]
async fn a_file_that_says_nothing_is_not_given_to_one_of_two() {
    let bank = Bank::default();
    let uploads = AtomicUsize::new(0);
    let server = Server::start(move |seen, _| {
        if seen.method == "PUT" {
            if uploads.fetch_add(1, Ordering::SeqCst) == 1 {
                bank.add("VA", "one", b"T00322100");
            }
            return Act::Answer(ok(201, json!({})));
        }
        bank.act(seen)
    })
    .await;
    let shared = client(&server);
    let for_va = |more: Value| {
        let mut request = json!({"wait_for": ["VA"], "wait_timeout_s": 1});
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        request
    };
    let (a, b) = (payment("A", 1), payment("B", 2));
    let (first, second) = tokio::join!(upload(&shared, &a, for_va(json!({}))), upload(&shared, &b, for_va(json!({}))));
    let errors = [first.unwrap_err(), second.unwrap_err()];
    let others: usize =
        errors.iter().map(|error| error.partial_response::<UploadAndWaitResponse>().unwrap().others.len()).sum();
    assert_eq!((errors.map(|error| error.code()), others), (["ws_channel.answer_not_found"; 2], 1));
}

#[tokio::test]
async fn on_request_a_file_that_says_nothing_is_given() {
    let bank = Bank::default();
    let uploads = AtomicUsize::new(0);
    let server = Server::start(move |seen, _| {
        if seen.method == "PUT" {
            if uploads.fetch_add(1, Ordering::SeqCst) == 1 {
                bank.add("VA", "one", b"T00322100");
            }
            return Act::Answer(ok(201, json!({})));
        }
        bank.act(seen)
    })
    .await;
    let shared = client(&server);
    let asking = json!({"wait_for": ["VA"], "wait_timeout_s": 5, "accept_unreferenced": true});
    let not_asking = json!({"wait_for": ["VA"], "wait_timeout_s": 1});
    let (a, b) = (payment("A", 1), payment("B", 2));
    let (first, second) = tokio::join!(upload(&shared, &a, asking), upload(&shared, &b, not_asking));
    assert_eq!(first.unwrap()["answers"][0]["file"]["file_reference"], "one");
    assert_eq!(second.unwrap_err().code(), "ws_channel.answer_not_found");
}

/// A foreign file whose download never ends holds up neither this wait nor another one.
#[tokio::test]
async fn a_file_that_hangs_holds_up_no_answer() {
    let bank = Decider::default();
    bank.files.add(STATUS, "known", b"");
    let server = Server::start(move |seen, _| {
        if seen.method == "PUT" && bank.uploads.load(Ordering::SeqCst) == 0 {
            bank.files.add(STATUS, "a-hanging", b"");
        }
        if seen.path.ends_with("/a-hanging") { Act::Stall } else { bank.act(seen) }
    })
    .await;
    let shared = client(&server);
    let begun = Instant::now();
    let uploads = (0..3).map(|at| {
        let shared = &shared;
        async move { upload(shared, &payment(&format!("H-{at}"), 10 + at), json!({"wait_timeout_s": 30})).await }
    });
    for done in futures_util::future::join_all(uploads).await {
        assert_eq!(done.unwrap()["verdict"], "accepted");
    }
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}

/// One that is cancelled in the middle takes nothing from its neighbour, and its error has its own answers.
#[tokio::test]
async fn a_cancelled_wait_takes_nothing_along() {
    let bank = Decider::default();
    let server = Server::start(move |seen, _| {
        let is_listing = seen.path.contains(STATEMENT) && seen.path.contains('?');
        // Once both are sent: before, the first one looks at the files already there.
        if is_listing && bank.uploads.load(Ordering::SeqCst) > 1 {
            Act::Answer(refused(503, "Service unavailable, please try again later."))
        } else {
            bank.act(seen)
        }
    })
    .await;
    let shared = client(&server);
    let cancel = CancellationToken::new();
    let log = CallLog::new();
    let first = {
        let (shared, cancel, log) = (shared.clone(), cancel.clone(), Some(log.clone()));
        tokio::spawn(async move {
            let content = Some(Content::from(payment("C-1", 10).into_bytes()));
            let options = CallOptions { content, cancel, log, ..CallOptions::default() };
            let request = wait(json!({"wait_for": [STATUS, NOTIFICATION, STATEMENT]}));
            shared.call_json("ws_channel.upload_and_wait", request, options).await
        })
    };
    let second = upload(&shared, &payment("C-2", 11), json!({"wait_for": [STATUS, NOTIFICATION]})).await.unwrap();
    assert!(second["answers"].as_array().unwrap().iter().all(|answer| original_ids(answer) == ["C-2"]));
    let two_are_there = || log.drain().iter().any(|record| record.line.text == "2 of 3 kinds of answers have come");
    let until = Instant::now() + Duration::from_secs(60);
    while !two_are_there() && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    cancel.cancel();
    let error = first.await.unwrap().unwrap_err();
    assert_eq!((error.code(), error.outcome()), ("cancelled", Some(CallOutcome::Accepted)));
    let partial: UploadAndWaitResponse = error.partial_response().unwrap();
    assert_eq!((partial.answers.len(), partial.missing.len()), (2, 1));
}

#[tokio::test]
async fn answers_of_one_client_go_into_the_folder_of_each_upload() {
    let bank = Decider::default();
    let server = Server::start(move |seen, _| bank.act(seen)).await;
    let shared = client(&server);
    let folders: Vec<tempfile::TempDir> = (0..6).map(|_| tempfile::tempdir().unwrap()).collect();
    let uploads = folders.iter().enumerate().map(|(at, folder)| {
        let shared = &shared;
        async move { upload(shared, &payment(&format!("F-{at}"), 10), json!({"directory": folder.path()})).await }
    });
    let done = futures_util::future::join_all(uploads).await;
    for (at, (done, folder)) in done.into_iter().zip(&folders).enumerate() {
        let done = done.unwrap();
        for answer in done["answers"].as_array().unwrap() {
            let path = std::path::Path::new(answer["path"].as_str().unwrap());
            assert!(path.starts_with(folder.path()));
            assert!(
                fs::read_to_string(path).unwrap().contains(&format!("<MsgId>F-{at}</MsgId>"))
                    || answer["report"].is_object()
            );
            assert_eq!(original_ids(answer), [format!("F-{at}")]);
        }
        let hidden = fs::read_dir(folder.path()).unwrap().flatten();
        let hidden: Vec<_> = hidden.filter(|entry| entry.file_name().to_string_lossy().starts_with('.')).collect();
        assert!(hidden.is_empty(), "the ledger is empty: {hidden:?}");
    }
}
