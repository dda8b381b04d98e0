//! Keys that are kept elsewhere: the call asks for the signature while it runs.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

use bankchannel::{CallOptions, CallOutcome, Question, Secret, nextgen_psd2::signing::SigningDialect};
use bankchannel_crypto::rsa::RsaPrivateKey;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use data_encoding::HEXUPPER;
use serde_json::json;

use crate::{
    party::{checked, client_with, made},
    support::{Act, Answer, Server},
};

const LIST: &str = "nextgen_psd2.get_accounts";

/// Signs a digest like a security module, which sees only the digest.
pub(crate) fn sign(question: &Question) -> String {
    let wanted = question.signature.as_ref().unwrap();
    assert_eq!(wanted.algorithm, "rsa_pkcs1_sha256");
    let pkcs8 = RsaPrivateKey::from_pem(made().qseal_key.expose()).unwrap().to_pkcs8_pem();
    let folder = tempfile::tempdir().unwrap();
    let (key, digest) = (folder.path().join("key.pem"), folder.path().join("digest"));
    std::fs::write(&key, pkcs8.as_bytes()).unwrap();
    std::fs::write(&digest, &wanted.digest).unwrap();
    let out = std::process::Command::new("openssl")
        .args(["pkeyutl", "-sign", "-pkeyopt", "digest:sha256", "-inkey"])
        .arg(&key)
        .arg("-in")
        .arg(&digest)
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    STANDARD.encode(&out.stdout)
}

#[tokio::test]
async fn each_attempt_asks_for_a_signature_of_its_own() {
    let accounts = Answer::json(200, &json!({"accounts": []}));
    let server = Server::in_turn([Act::Answer(Answer::json(503, &json!({}))), Act::Answer(accounts)]).await;
    let client = client_with(&server, json!({"private_key": null}));
    let asked: Arc<Mutex<Vec<Question>>> = Arc::default();
    let questions = Arc::clone(&asked);
    let options = CallOptions::asking(move |question| {
        let answer = sign(&question);
        questions.lock().unwrap().push(question);
        Ok(Secret::new(answer))
    });
    client.call_json(LIST, json!({}), options).await.unwrap();
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 2);
    assert!(asked.iter().all(|question| question.kind == "signature" && question.choices.is_empty()));
    let wanted = asked[0].signature.as_ref().unwrap();
    assert_ne!(wanted.digest, asked[1].signature.as_ref().unwrap().digest);
    let certificate = bankchannel_nextgen_psd2::certificates::Certificate::from_pem(&made().qseal_certificate).unwrap();
    assert_eq!(wanted.key_fingerprint, HEXUPPER.encode(&certificate.sha256()));
    for seen in server.seen() {
        assert!(checked(&seen, SigningDialect::Era).is_valid());
    }
}

/// The time limit covers the whole call, including the signatures of later attempts.
#[tokio::test]
async fn the_time_limit_holds_for_the_signature_of_a_later_attempt() {
    const LIMIT: Duration = Duration::from_secs(4);
    let failed = || Act::Answer(Answer::json(503, &json!({})));
    let server = Server::in_turn([failed(), failed()]).await;
    let client = client_with(&server, json!({"private_key": null}));
    let asked = AtomicUsize::new(0);
    let (is_over, over) = mpsc::channel::<()>();
    let over = Mutex::new(over);
    let asking = CallOptions::asking(move |question| {
        if asked.fetch_add(1, Ordering::SeqCst) == 0 {
            // The first signature is slow.
            std::thread::sleep(LIMIT / 2);
        } else {
            // The second one comes when the call is over.
            over.lock().unwrap().recv_timeout(Duration::from_secs(60)).unwrap();
        }
        Ok(Secret::new(sign(&question)))
    });
    let options = CallOptions { timeout: Some(LIMIT), ..asking };
    let begun = Instant::now();
    let error = client.call_json(LIST, json!({}), options).await.unwrap_err();
    assert_eq!((error.code(), server.seen().len()), ("timeout.deadline", 1));
    assert!(begun.elapsed() >= LIMIT);
    is_over.send(()).unwrap();
}

#[tokio::test]
async fn a_wrong_signature_is_not_sent() {
    let server = Server::in_turn([Act::Answer(Answer::json(200, &json!({"accounts": []})))]).await;
    let client = client_with(&server, json!({"private_key": null}));
    let zeros = STANDARD.encode([0; 256]);
    for (answer, code) in [(zeros.as_str(), "nextgen_psd2.key_unusable"), ("not base64", "input.invalid_field")] {
        let answer = answer.to_owned();
        let options = CallOptions::asking(move |_| Ok(Secret::new(answer.clone())));
        let error = client.call_json(LIST, json!({}), options).await.unwrap_err();
        assert_eq!((error.code(), error.outcome()), (code, Some(CallOutcome::NotSent)));
    }
    let error = client.call_json(LIST, json!({}), CallOptions::default()).await.unwrap_err();
    assert_eq!((error.code(), error.outcome()), ("input.missing_field", Some(CallOutcome::NotSent)));
    assert_eq!(server.seen().len(), 0);
}
