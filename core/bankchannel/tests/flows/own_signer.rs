//! Uploads with an external signer: the call asks for each signature. The signer here is aws-lc, with the private keys
//! of certificates that gpg made.

use std::{
    fs,
    future::{self, Future},
    pin::Pin,
    sync::{Arc, Mutex},
    time::{Duration, Instant, SystemTime},
};

use aws_lc_rs::{
    digest::{Digest, SHA256, SHA384, SHA512},
    rand::SystemRandom,
    signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RsaEncoding, RsaKeyPair},
};
use bankchannel::{
    CallAnswer, CallAsker, CallLog, CallOptions, CallOutcome, Category, Content, Error, Question, Result, Secret,
};
use bankchannel_foundation::error::row;
use bankchannel_openpgp::{GeneratedAlgorithm, KeyGeneration, OpenPgpPrivateKey};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    bank::Bank,
    support::{Act, Server, client, ok, private_key},
};

const PAYMENT: &[u8] = b"<Document>\r\npayment\n</Document>";
const RSA: &str = include_str!("../../../../tests/scenarios/data/elsewhere-rsa.certificate.asc");
const ED25519: &str = include_str!("../../../../tests/scenarios/data/elsewhere-ed25519.certificate.asc");
const RSA_KEY: &str = include_str!("../../../../tests/scenarios/data/elsewhere-rsa.key.pem");
const ED25519_KEY: &str = include_str!("../../../../tests/scenarios/data/elsewhere-ed25519.key.pem");
const RSA_BYTES: usize = 384;

/// The behaviour of a signer.
type Doing = dyn Fn(Question) -> Pin<Box<dyn Future<Output = Result<CallAnswer>> + Send>> + Send + Sync;

/// A signer with a scripted behaviour that records its questions.
struct Signer {
    doing: Box<Doing>,
    asked: Mutex<Vec<Question>>,
}

impl Signer {
    fn new(answer: impl Fn(&Question) -> Result<String> + Send + Sync + 'static) -> Arc<Self> {
        Self::doing(move |question| Box::pin(future::ready(answer(&question).map(Secret::new))))
    }

    fn doing(
        doing: impl Fn(Question) -> Pin<Box<dyn Future<Output = Result<CallAnswer>> + Send>> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self { doing: Box::new(doing), asked: Mutex::default() })
    }

    /// A signer that works correctly.
    fn honest() -> Arc<Self> {
        Self::new(|question| Ok(STANDARD.encode(raw(question))))
    }

    fn asked(&self) -> Vec<Question> {
        self.asked.lock().unwrap().clone()
    }
}

impl CallAsker for Signer {
    fn ask(&self, question: Question) -> Pin<Box<dyn Future<Output = Result<CallAnswer>> + Send + '_>> {
        self.asked.lock().unwrap().push(question.clone());
        (self.doing)(question)
    }
}

fn der(pem: &str) -> Vec<u8> {
    let lines: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(lines.as_bytes()).unwrap()
}

fn raw(question: &Question) -> Vec<u8> {
    let wanted = question.signature.as_ref().unwrap();
    let (algorithm, encoding): (_, &'static dyn RsaEncoding) = match wanted.algorithm {
        "ed25519" => {
            return Ed25519KeyPair::from_pkcs8(&der(ED25519_KEY)).unwrap().sign(&wanted.digest).as_ref().to_vec();
        }
        "rsa_pkcs1_sha256" => (&SHA256, &RSA_PKCS1_SHA256),
        "rsa_pkcs1_sha384" => (&SHA384, &RSA_PKCS1_SHA384),
        "rsa_pkcs1_sha512" => (&SHA512, &RSA_PKCS1_SHA512),
        other => panic!("unknown algorithm {other}"),
    };
    let digest = Digest::import_less_safe(&wanted.digest, algorithm).unwrap();
    let mut raw = vec![0; RSA_BYTES];
    RsaKeyPair::from_pkcs8(&der(RSA_KEY)).unwrap().sign_digest(encoding, &digest, &mut raw).unwrap();
    raw
}

fn request(more: Value) -> Value {
    let mut request = json!({
        "bank": "simulator", "file_type": "pain.001.001.09", "file_name": "salaries.xml", "signing_certificate": RSA,
        "check": false,
    });
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    request
}

fn with(signer: &Arc<Signer>) -> CallOptions {
    CallOptions {
        content: Some(PAYMENT.to_vec().into()),
        asker: Some(Arc::clone(signer) as Arc<dyn CallAsker>),
        ..CallOptions::default()
    }
}

async fn upload(server: &Server, request: Value, options: CallOptions) -> Result<Value> {
    client(server).call_json("ws_channel.sign_and_upload", request, options).await.map(|done| done.response)
}

async fn accepting() -> Server {
    Server::in_turn([Act::Answer(ok(201, json!({})))]).await
}

/// The fingerprints of the keys that made the signatures, determined by the service's rules.
fn signers(signature: &Value) -> Vec<String> {
    let request = json!({"public_key": format!("{RSA}\n{ED25519}"), "signature": signature});
    let told = bankchannel::call_local("ws_channel.verify_file", request, Some(PAYMENT.to_vec().into())).unwrap();
    let told = told["signatures"].as_array().unwrap();
    assert!(told.iter().all(|one| one["verdict"] == "good"), "{told:?}");
    told.iter().map(|one| one["signing_key"].as_str().unwrap().to_owned()).collect()
}

fn not_sent(error: &Error, server: &Server) {
    assert_eq!((error.outcome(), error.operation()), (Some(CallOutcome::NotSent), Some("ws_channel.sign_and_upload")));
    assert_eq!(server.connections(), 0, "{error}");
}

#[tokio::test]
async fn a_signature_that_was_made_elsewhere_goes_with_the_file() {
    for (certificate, hash, algorithm, bytes) in [
        (RSA, None, "rsa_pkcs1_sha256", 32),
        (RSA, Some("sha384"), "rsa_pkcs1_sha384", 48),
        (RSA, Some("sha512"), "rsa_pkcs1_sha512", 64),
        (ED25519, None, "ed25519", 32),
        (ED25519, Some("sha512"), "ed25519", 64),
    ] {
        let (server, signer, log) = (accepting().await, Signer::honest(), CallLog::new());
        let options = CallOptions { log: Some(log.clone()), ..with(&signer) };
        let request = request(json!({"signing_certificate": certificate, "hash": hash}));
        let done = upload(&server, request, options).await.unwrap();

        let [question] = &signer.asked()[..] else { panic!("{:?}", signer.asked()) };
        let wanted = question.signature.clone().unwrap();
        assert_eq!((question.kind, wanted.algorithm, wanted.digest.len()), ("signature", algorithm, bytes));
        assert!(question.choices.is_empty() && question.secret.is_none());
        for part in ["salaries.xml", &format!("{} bytes", PAYMENT.len()), &wanted.key_fingerprint] {
            assert!(question.text.contains(part), "{part} in {}", question.text);
        }
        let digest = STANDARD.encode(&wanted.digest);
        let json = json!({"algorithm": algorithm, "digest": digest, "key_fingerprint": wanted.key_fingerprint});
        assert_eq!(wanted.to_json(), json);

        let sent = server.seen()[0].json();
        assert_eq!((&sent["Signature"], &done["bytes"]), (&done["signature"], &json!(PAYMENT.len())));
        assert_eq!(signers(&sent["Signature"]), [wanted.key_fingerprint]);
        let log = format!("{:?}", log.drain());
        assert!(log.contains("asks for signature"), "{log}");
        for kept in [digest.as_str(), "salaries.xml", &STANDARD.encode(raw(question)), "PGP SIGNATURE"] {
            assert!(!log.contains(kept), "{kept} in {log}");
        }
    }
}

#[tokio::test]
async fn each_certificate_is_a_question_of_its_own() {
    let (server, signer) = (accepting().await, Signer::honest());
    let done =
        upload(&server, request(json!({"signing_certificate": format!("{ED25519}\r\n{RSA}")})), with(&signer)).await;
    let asked = signer.asked();
    let prints: Vec<String> =
        asked.iter().map(|question| question.signature.as_ref().unwrap().key_fingerprint.clone()).collect();
    assert_eq!(prints.len(), 2);
    assert_eq!(signers(&done.unwrap()["signature"]), prints);
    assert_eq!(asked[0].signature.as_ref().unwrap().algorithm, "ed25519", "in the order of the certificates");
}

#[tokio::test]
async fn line_breaks_of_an_encoder_do_not_matter() {
    let (server, signer) = (
        accepting().await,
        Signer::new(|question| {
            let lines = STANDARD.encode(raw(question));
            Ok(lines.as_bytes().chunks(64).map(|line| format!("{}\r\n", String::from_utf8_lossy(line))).collect())
        }),
    );
    upload(&server, request(json!({})), with(&signer)).await.unwrap();
}

#[tokio::test]
async fn a_wrong_signature_is_not_sent() {
    // An HSM that hashes its input again, the most common mistake.
    let hashed_again = |question: &Question| {
        let mut raw = vec![0; RSA_BYTES];
        let digest = &question.signature.as_ref().unwrap().digest;
        let pair = RsaKeyPair::from_pkcs8(&der(RSA_KEY)).unwrap();
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), digest, &mut raw).unwrap();
        Ok(STANDARD.encode(&raw))
    };
    let another_digest = |question: &Question| {
        let mut question = question.clone();
        question.signature.as_mut().unwrap().digest[0] ^= 1;
        Ok(STANDARD.encode(raw(&question)))
    };
    let cases: [(&str, Arc<Signer>); 6] = [
        ("is not rsa_pkcs1_sha256 over the digest", Signer::new(hashed_again)),
        ("is not rsa_pkcs1_sha256 over the digest", Signer::new(another_digest)),
        ("it has 383 bytes", Signer::new(|question| Ok(STANDARD.encode(&raw(question)[1..])))),
        ("not base64", Signer::new(|_| Ok("not*base64".into()))),
        ("not base64", Signer::new(|_| Ok("A".repeat(1 << 20)))),
        ("it has 0 bytes", Signer::new(|_| Ok(String::new()))),
    ];
    for (why, signer) in cases {
        let server = accepting().await;
        let both = request(json!({"signing_certificate": format!("{RSA}{ED25519}")}));
        let error = upload(&server, both, with(&signer)).await.unwrap_err();
        assert_eq!((error.code(), error.category()), ("ws_channel.signature_wrong", Category::Signature), "{error}");
        assert!(error.message().contains(why) && !error.retryable(), "{error}");
        let [question] = &signer.asked()[..] else { panic!("asked once, and not for the next: {:?}", signer.asked()) };
        let key = &question.signature.as_ref().unwrap().key_fingerprint;
        assert_eq!(error.detail("key_fingerprint"), Some(key.as_str()));
        not_sent(&error, &server);
    }
}

#[tokio::test]
async fn a_signer_that_fails_ends_the_call_with_its_error() {
    let server = accepting().await;
    let signer = Signer::new(|_| Err(Error::because(&row::CONFIGURATION, "the token is locked").with("slot", 3)));
    let error = upload(&server, request(json!({})), with(&signer)).await.unwrap_err();
    assert_eq!(
        (error.row(), error.message(), error.detail("slot")),
        (&row::CONFIGURATION, "the token is locked", Some("3"))
    );
    not_sent(&error, &server);

    let options = CallOptions { asker: None, ..with(&signer) };
    let error = upload(&server, request(json!({})), options).await.unwrap_err();
    assert_eq!((error.code(), error.detail("field")), ("input.missing_field", Some("signature")), "{error}");
    not_sent(&error, &server);
}

#[tokio::test]
async fn the_call_ends_in_time_while_its_question_is_open() {
    let silent = || Signer::doing(|_| Box::pin(future::pending()));
    let server = accepting().await;

    let options = CallOptions { timeout: Some(Duration::from_millis(300)), ..with(&silent()) };
    let started = Instant::now();
    let error = upload(&server, request(json!({})), options).await.unwrap_err();
    assert_eq!(error.category(), Category::TimedOut, "{error}");
    assert!((Duration::from_millis(300)..Duration::from_secs(5)).contains(&started.elapsed()));
    not_sent(&error, &server);

    let signer = silent();
    let options = with(&signer);
    let cancel = options.cancel.clone();
    let call = async { upload(&server, request(json!({})), options).await };
    let cancelling = async {
        while signer.asked().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        cancel.cancel();
    };
    let (error, ()) = tokio::join!(call, cancelling);
    let error = error.unwrap_err();
    assert_eq!(error.category(), Category::Cancelled, "{error}");
    not_sent(&error, &server);
}

#[tokio::test]
async fn a_file_that_changes_while_the_question_is_open_is_not_sent() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("payments.xml");
    fs::write(&path, PAYMENT).unwrap();
    let (server, changed) = (accepting().await, path.clone());
    let signer = Signer::new(move |question| {
        fs::write(&changed, b"<Document>another payment</Document>").unwrap();
        Ok(STANDARD.encode(raw(question)))
    });
    let options = CallOptions { content: Some(Content::from(path.as_path())), ..with(&signer) };
    let error = upload(&server, request(json!({})), options).await.unwrap_err();
    assert_eq!(error.code(), "input.content_unreadable", "{error}");
    not_sent(&error, &server);
}

#[tokio::test]
async fn exactly_one_authority_is_given() {
    let server = accepting().await;
    let key = private_key();
    let cases = [
        ("sign_and_upload", json!({"signing_certificate": null}), "input.missing_field", "private_key"),
        ("sign_and_upload", json!({"private_key": key}), "input.invalid_field", "signing_certificate"),
        ("sign_and_upload", json!({"passphrase": "for nothing"}), "input.invalid_field", "passphrase"),
        ("upload_and_wait", json!({"signing_certificate": null}), "input.missing_field", "private_key"),
        ("upload_and_wait", json!({"private_key": key}), "input.invalid_field", "signing_certificate"),
        ("upload_and_wait", json!({"signature": "-----BEGIN PGP SIGNATURE-----"}), "input.invalid_field", "signature"),
    ];
    for (name, more, code, field) in cases {
        let signer = Signer::honest();
        let mut request = request(more);
        if name == "upload_and_wait" {
            request["wait_for"] = json!(["pain.002.001.10"]);
        }
        let error = client(&server).call_json(&format!("ws_channel.{name}"), request, with(&signer)).await.unwrap_err();
        assert_eq!((error.code(), error.detail("field")), (code, Some(field)), "{name}: {error}");
        assert_eq!((error.outcome(), signer.asked().len()), (Some(CallOutcome::NotSent), 0));
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn certificates_that_cannot_sign_are_refused_before_anybody_is_asked() {
    let server = accepting().await;
    let now = SystemTime::now();
    let expired = OpenPgpPrivateKey::generate(KeyGeneration {
        name: "Expired".into(),
        email: String::new(),
        algorithm: GeneratedAlgorithm::Ed25519,
        created: now - Duration::from_secs(7200),
        expires: Some(now - Duration::from_secs(3600)),
        passphrase: None,
    });
    let expired = expired.unwrap().public().to_armored().unwrap();
    for (certificate, code) in [
        (private_key().to_owned(), "ws_channel.pgp_key_refused"),
        (private_key().replace("PRIVATE", "PUBLIC"), "ws_channel.pgp_key_refused"),
        (format!("{RSA}{}", private_key()), "ws_channel.pgp_key_refused"),
        ("nonsense".to_owned(), "ws_channel.pgp_key_refused"),
        (expired, "ws_channel.pgp_key_unfit"),
        (RSA.repeat(11), "ws_channel.pgp_key_refused"),
    ] {
        let signer = Signer::honest();
        let error =
            upload(&server, request(json!({"signing_certificate": certificate})), with(&signer)).await.unwrap_err();
        assert_eq!((error.code(), error.detail("field")), (code, Some("signing_certificate")), "{error}");
        assert!(signer.asked().is_empty());
        not_sent(&error, &server);
    }
}

#[tokio::test]
async fn an_upload_that_waits_for_answers_is_signed_elsewhere_too() {
    let bank = Bank::default();
    let server = Server::start(move |seen, _| {
        if seen.method == "PUT" {
            bank.add("pain.002.001.10", "new", b"answer");
            return Act::Answer(ok(201, json!({})));
        }
        bank.act(seen)
    })
    .await;
    let signer = Signer::honest();
    let request = request(json!({"wait_for": ["pain.002.001.10"], "poll_interval_s": 0.1}));
    let done = client(&server).call_json("ws_channel.upload_and_wait", request, with(&signer)).await.unwrap().response;
    assert_eq!(done["answers"][0]["content"], "YW5zd2Vy");
    let seen = server.seen();
    let sent = seen.iter().find(|seen| seen.method == "PUT").unwrap().json();
    assert_eq!(signers(&sent["Signature"]), [signer.asked()[0].signature.as_ref().unwrap().key_fingerprint.clone()]);
}
