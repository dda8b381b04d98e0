//! Banks behind the trait (§6.9): the channel's results reach the caller in the service's words, and an upload with an
//! unknown outcome is recorded as such. The test implements the bank.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bankchannel_crypto::{
    rsa::{RsaPrivateKey, RsaPublicKey},
    x509::{CertificateIssuer, CertificateRequest, NewCertificate, SubjectAttribute},
};
use bankchannel_foundation::model::Content;
use bankchannel_renewal::{PairTrial, RenewalRules};
use bankchannel_storage::ws_channel::{BankFile, FileFilter, UploadState, WsChannelStore};
use bankchannel_ws_channel::model::Bank;
use bankchannel_ws_channel_service::{
    AccountBankConnection, BankChannel, BankError, BankFileDownload, CertificateCustomer, CertificateOfBank,
    CertificateOrder, CertificateProof, Channels, OutgoingFile, PendingBankAnswer, SigningMaterial,
};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::json;

use crate::served::{Served, Signer, enrolment, payment};

/// A bank whose behaviour is chosen by the file type.
#[derive(Default)]
struct Scripted {
    uploads: AtomicUsize,
    /// The number of started requests with the file type `slow`, and of completed ones.
    begun: AtomicUsize,
    ended: AtomicUsize,
    /// The requests for certificates, in the order of their arrival.
    asked: Mutex<Vec<Vec<u8>>>,
    /// The serial number of the first certificate.
    first: Mutex<String>,
}

fn behave(kind: &str) -> Result<(), BankError> {
    Err(match kind {
        "data" => BankError::Data,
        "empty" => BankError::Empty,
        "unparsable" => BankError::Unparsable,
        "no-answer" => BankError::NoAnswer,
        "http-500" => BankError::HttpStatus(500),
        "unreachable" => BankError::Unreachable,
        "timed-out" => BankError::TimedOut,
        "target" => BankError::TargetId,
        "refused" => BankError::Refused { code: "07".into(), text: "Käyttäjätunnus on lukittu".into() },
        "lying" => BankError::Refused { code: "00".into(), text: "OK".into() },
        "parameter" => BankError::Parameter("FileType"),
        "failed" => BankError::Failed("secret reason".into()),
        _ => return Ok(()),
    })
}

impl Scripted {
    async fn take_time(&self, kind: &str) {
        if kind == "slow" {
            self.begun.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(600)).await;
            self.ended.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn certificate(&self, request: &CertificateRequest, days: i64) -> CertificateOfBank {
        let now = Timestamp::now();
        let ahead = |days: i64| now.checked_add(SignedDuration::from_hours(24 * days)).unwrap();
        let issuer = CertificateIssuer::create("Scripted CA", ahead(-10), ahead(4000)).unwrap();
        let key = RsaPublicKey::from_spki_der(request.key().spki_der()).unwrap();
        let new = NewCertificate::new(&[(SubjectAttribute::CommonName, "1000")], ahead(-9), ahead(days));
        let certificate = issuer.issue(&new, &key).unwrap();
        CertificateOfBank {
            certificates: certificate.into(),
            target_id: Some("T1".into()),
            ledgers: Vec::new(),
            files: Vec::new(),
        }
    }
}

impl BankChannel for Scripted {
    fn list<'a>(
        &'a self,
        at: &'a AccountBankConnection<'a>,
        filter: &'a FileFilter,
    ) -> PendingBankAnswer<'a, Vec<BankFile>> {
        Box::pin(async move {
            let kind = filter.file_type.as_deref().unwrap_or_default();
            behave(kind)?;
            self.take_time(kind).await;
            at.signing_key()?;
            let target_id = at.set.target_id.clone();
            let status = "WFP".into();
            let file = BankFile {
                reference: match kind {
                    "odd-empty" => String::new(),
                    "odd-dots" => "..".into(),
                    "odd-control" => "22\n7166".into(),
                    "odd-long" => "2".repeat(513),
                    _ => "227166/ä".into(),
                },
                file_type: "VA".into(),
                status,
                created: 1_495_240_581_148,
                service_id: None,
                target_id,
                size: 3,
            };
            Ok(vec![file])
        })
    }

    fn download<'a>(
        &'a self,
        _: &'a AccountBankConnection<'a>,
        kind: &'a str,
        reference: &'a str,
    ) -> PendingBankAnswer<'a, BankFileDownload> {
        Box::pin(async move {
            behave(kind)?;
            self.take_time(kind).await;
            let content = if reference == "large" { vec![0; 8 << 20] } else { reference.as_bytes().to_vec() };
            Ok(BankFileDownload { content: Content::from(content), mark: false })
        })
    }

    fn upload<'a>(&'a self, _: &'a AccountBankConnection<'a>, file: &'a OutgoingFile<'a>) -> PendingBankAnswer<'a, ()> {
        Box::pin(async move {
            self.uploads.fetch_add(1, Ordering::SeqCst);
            let Content::Bytes(bytes) = file.content else { panic!("small content is in memory") };
            assert_eq!(&bytes[..], payment());
            behave(&file.upload.file_type)
        })
    }

    fn delete<'a>(&'a self, _: &'a AccountBankConnection<'a>, kind: &'a str, _: &'a str) -> PendingBankAnswer<'a, ()> {
        Box::pin(async move { behave(kind) })
    }

    fn renewal_rules(&self) -> RenewalRules {
        RenewalRules { renew_before_days: 30, ..RenewalRules::default() }
    }

    fn certificate_request(
        &self,
        customer: &CertificateCustomer,
        key: &RsaPrivateKey,
    ) -> Result<CertificateRequest, BankError> {
        Ok(CertificateRequest::make(&[(SubjectAttribute::CommonName, &customer.ws_user_id)], key).unwrap())
    }

    fn issue<'a>(&'a self, order: &'a CertificateOrder<'a>) -> PendingBankAnswer<'a, CertificateOfBank> {
        Box::pin(async move {
            self.asked.lock().unwrap().push(order.requests.signing.der().to_vec());
            behave(&order.customer.company)?;
            if order.customer.company == "slow" {
                tokio::time::sleep(Duration::from_millis(600)).await;
            }
            let is_first = matches!(order.proof, CertificateProof::Code(_));
            let issued = self.certificate(&order.requests.signing, if is_first { 4 } else { 700 });
            if is_first {
                *self.first.lock().unwrap() = issued.certificates.signing.serial_hex();
            }
            Ok(issued)
        })
    }

    fn try_pair<'a>(&'a self, _: &'a CertificateCustomer, _: &'a SigningMaterial) -> PendingBankAnswer<'a, PairTrial> {
        Box::pin(async { Ok(PairTrial::Taken) })
    }
}

/// The client has disconnected and the service is shutting down: a certificate that the bank still issues is stored.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_waits_for_a_certificate_under_way() {
    let served = Served::with("", Channels::default().with(Bank::Nordea, Arc::new(Scripted::default()))).await;
    let who = served.owner("slow@example.test").await;
    let mut body = enrolment();
    body["Company"] = "slow".into();
    let asking = served.admin(&who, Method::POST, "/certs/nordea", Some(body));
    assert!(tokio::time::timeout(Duration::from_millis(200), asking).await.is_err());
    let Served { running, folder, .. } = served;
    running.stop().await;
    let store = WsChannelStore::open_sqlite(folder.path().join("data")).await.unwrap();
    let now = Timestamp::now().as_millisecond();
    let certs = store.effective_certs(&who.email, "nordea", now).await.unwrap();
    assert!(matches!(certs, bankchannel_storage::ws_channel::EffectiveCerts::Usable { .. }), "{certs:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_texts_of_a_bank() {
    let bank = Arc::new(Scripted::default());
    let served = Served::with("", Channels::default().with(Bank::Nordea, bank.clone())).await;
    let who = served.owner("bank@example.test").await;
    let signer = Signer::new("bank@example.test");
    served.register_key(&who, &signer, "authorize").await.ok(201);
    let enrol = |company: &str| {
        let mut body = enrolment();
        body["Company"] = company.into();
        let (served, who) = (&served, &who);
        async move { served.admin(who, Method::POST, "/certs/nordea", Some(body)).await }
    };
    // A refused enrolment leaves nothing behind; one whose outcome is not known goes on with the same request.
    enrol("target").await.refused(502, "Failed to initialize TargetId for Nordea");
    assert_eq!(served.get(&who, "/certs").await.ok(200)["Certs"], json!([]));
    enrol("timed-out").await.refused(504, "Technical error. No proper response body from bank.");
    enrol("unreachable").await.refused(502, "Technical error. No proper response body from bank.");
    enrol("Any Company").await.ok(201);
    let first = bank.first.lock().unwrap().clone();
    let asked = bank.asked.lock().unwrap().clone();
    assert!(asked.len() == 4 && asked[0] != asked[1] && asked[1] == asked[2] && asked[2] == asked[3]);
    enrol("Any Company").await.refused(400, "Bank certificate(s) already exists");
    let no_body = "Technical error. No proper response body from bank.";
    for (kind, status, code, text) in [
        ("data", 502, "01", "Bank data error"),
        ("empty", 502, "01", "Empty bank response or error on SOAP level"),
        ("unparsable", 502, "01", "Technical error. Failed to parse bank response."),
        ("no-answer", 502, "01", no_body),
        ("http-500", 502, "01", no_body),
        ("unreachable", 502, "01", no_body),
        ("timed-out", 504, "01", no_body),
        ("refused", 400, "07", "Käyttäjätunnus on lukittu"),
        ("lying", 502, "01", "Bank data error"),
        ("parameter", 400, "01", "Invalid parameter(s): FileType"),
        ("failed", 500, "01", "Internal server processing side error"),
    ] {
        let mut body = signer.signed(payment());
        body["FileType"] = kind.into();
        // Those before may have arrived.
        body["SendAnyway"] = true.into();
        let answers = [
            served.get(&who, &format!("/files/nordea?FileType={kind}")).await,
            served.get(&who, &format!("/files/nordea/{kind}/1")).await,
            served.data(&who, Method::DELETE, &format!("/files/nordea/{kind}/1"), None).await,
            served.data(&who, Method::PUT, "/files/nordea", Some(body)).await,
        ];
        for answer in answers {
            let said = (answer.status, answer.body["ResponseCode"].as_str().unwrap(), answer.text());
            assert_eq!(said, (status, code, text), "{kind}");
        }
    }
    assert_eq!(bank.uploads.load(Ordering::SeqCst), 11, "none was sent twice");
    let listed = served.get(&who, "/files/nordea").await.ok(200);
    let item = json!({"FileReference": "227166/ä", "FileTimestamp": "2017-05-20T03:36:21.148+03:00", "FileType": "VA",
        "Status": "WFP", "TargetId": "T1"});
    assert_eq!(listed["FileDescriptors"], json!([item]));
    let content = served.get(&who, "/files/nordea/VA/227166%2F%C3%A4").await.ok(200);
    assert_eq!(content["Content"], "MjI3MTY2L8Ok");
    served.get(&who, "/files/nordea/VA/large").await.refused(502, "Bank data error");
    let mut body = signer.signed(payment());
    (body["FileType"], body["SendAnyway"]) = ("KTL".into(), true.into());
    served.data(&who, Method::PUT, "/files/nordea", Some(body)).await.ok(201);
    // More than half of its life is over, and fewer than thirty days are left: it was renewed at once.
    let serial = |listed: serde_json::Value| listed["Certs"][0]["Serial"].clone();
    let until = std::time::Instant::now() + Duration::from_secs(60);
    while bank.asked.lock().unwrap().len() < 5 || serial(served.get(&who, "/certs").await.ok(200)) == first {
        assert!(std::time::Instant::now() < until, "not renewed");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    served.get(&who, "/files/nordea").await.ok(200);

    let Served { running, folder, .. } = served;
    running.stop().await;
    let store = WsChannelStore::open_sqlite(folder.path().join("data")).await.unwrap();
    let kinds = |uploads: Vec<bankchannel_storage::ws_channel::JournalledUpload>| {
        let mut kinds: Vec<String> = uploads.into_iter().map(|upload| upload.file_type).collect();
        kinds.sort_unstable();
        kinds
    };
    let unknown = kinds(store.uploads_in_state(UploadState::Unknown, 100).await.unwrap());
    assert_eq!(unknown, ["empty", "failed", "http-500", "no-answer", "timed-out", "unparsable"]);
    let failed = kinds(store.uploads_in_state(UploadState::Failed, 100).await.unwrap());
    assert_eq!(failed, ["data", "lying", "parameter", "refused", "unreachable"]);
    assert_eq!(kinds(store.uploads_in_state(UploadState::Accepted, 100).await.unwrap()), ["KTL"]);
    assert!(store.uploads_in_state(UploadState::Received, 100).await.unwrap().is_empty());
}

/// References that cannot be passed on are reported as an error of the bank.
#[tokio::test(flavor = "multi_thread")]
async fn odd_references_are_the_banks_fault() {
    let served = Served::with("", Channels::default().with(Bank::Nordea, Arc::new(Scripted::default()))).await;
    let who = served.owner("odd@example.test").await;
    served.admin(&who, Method::POST, "/certs/nordea", Some(enrolment())).await.ok(201);
    for kind in ["odd-empty", "odd-dots", "odd-control", "odd-long"] {
        served.get(&who, &format!("/files/nordea?FileType={kind}")).await.refused(502, "Bank data error");
    }
    served.get(&who, "/files/nordea?FileType=VA").await.ok(200);
}

/// If the client disconnects, a request that changes nothing is cancelled; one that may change something is completed.
#[tokio::test(flavor = "multi_thread")]
async fn only_what_may_change_something_outlives_its_client() {
    let bank = Arc::new(Scripted::default());
    let served = Served::with("", Channels::default().with(Bank::Nordea, bank.clone())).await;
    let who = served.owner("gone@example.test").await;
    served.admin(&who, Method::POST, "/certs/nordea", Some(enrolment())).await.ok(201);
    let leave = async |path: &str| {
        // A separate client, so that its connection closes when it is dropped.
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("{}{path}", served.running.readiness()["base_url"].as_str().unwrap());
        let begun = bank.begun.load(Ordering::SeqCst);
        let asking = client.get(url).header("authorization", &who.data).header("x-api-key", &who.key).send();
        let until_begun = async {
            while bank.begun.load(Ordering::SeqCst) == begun {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            answered = asking => panic!("answered too early: {answered:?}"),
            () = until_begun => {}
        }
        drop(client);
        tokio::time::sleep(Duration::from_millis(1500)).await;
    };
    leave("/files/nordea?FileType=slow").await;
    assert_eq!((bank.begun.load(Ordering::SeqCst), bank.ended.load(Ordering::SeqCst)), (1, 0), "a listing");
    leave("/files/nordea/slow/1").await;
    assert_eq!((bank.begun.load(Ordering::SeqCst), bank.ended.load(Ordering::SeqCst)), (2, 1), "a recorded download");
    let Served { running, folder, .. } = served;
    running.stop().await;
    let store = WsChannelStore::open_sqlite(folder.path().join("data")).await.unwrap();
    let recorded = |operation: &str| {
        let filter = bankchannel_storage::ws_channel::AuditFilter {
            operation: Some(operation.into()),
            ..bankchannel_storage::ws_channel::AuditFilter::default()
        };
        let store = store.clone();
        async move { store.read_audit(filter).await.unwrap().len() }
    };
    assert_eq!(recorded("ws_channel.download_file").await, 1);
    assert_eq!(recorded("ws_channel.list_files").await, 0);
}
