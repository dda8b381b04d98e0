//! Each fault at each attempt of three, for an operation that may be repeated and one that may not; and a signer that fails
//! at each attempt.

use bankchannel::{
    CallLog, CallOptions, Error, Secret,
    nextgen_psd2::{GetAccounts, NextGenPsd2, UpdateBankOfferedConsents},
};
use serde_json::{Value, json};

use crate::{
    party::{client_with, settings},
    sending::{list, offer},
    signers::sign,
    support::{
        Act, Answer, Server,
        each_attempt::{PeerAnswers, assert_table, table},
    },
};

fn client(base_url: &str) -> NextGenPsd2 {
    NextGenPsd2::from_json(settings(base_url, json!({"retry_backoff_s": 0}))).unwrap()
}

fn refused(status: u16) -> Answer {
    Answer::json(status, &json!({"id": "1", "system": "ERA-PSD2", "code": "SYSTEM_ERROR"}))
}

fn answers(good: Value) -> PeerAnswers {
    PeerAnswers {
        good: Answer::json(200, &good),
        refused: refused(400),
        limited: refused(429),
        unavailable: refused(503),
    }
}

#[tokio::test]
async fn each_fault_at_each_attempt() {
    let accounts = answers(json!({"accounts": []}));
    let lists = table("get_accounts", &accounts, |base_url, options| async move {
        let client = client(&base_url);
        client.exchange::<GetAccounts>(list(&client), &options).await.map(drop)
    });
    let consent = answers(json!({"consentId": "c-1", "consentStatus": "received",
        "_links": {"scaRedirect": {"href": "https://127.0.0.1/sca"}}}));
    let offers = table("update_bank_offered_consents", &consent, |base_url, options| async move {
        let client = client(&base_url);
        client.exchange::<UpdateBankOfferedConsents>(offer(&client), &options).await.map(drop)
    });
    let (lists, offers) = tokio::join!(lists, offers);
    assert_table("psd2/each_attempt.txt", &format!("{lists}{offers}"));
}

/// The outcome of earlier attempts stays, whatever happens before the next one is sent.
#[tokio::test]
async fn a_signer_that_fails_at_each_attempt() {
    let mut rows = String::new();
    for status in [429, 503] {
        for fails_at in 1..=3_usize {
            let server = Server::in_turn([Act::Answer(refused(status))]).await;
            let client = client_with(&server, json!({"private_key": null, "retry_backoff_s": 0}));
            let log = CallLog::new();
            let asked = std::sync::atomic::AtomicUsize::new(0);
            let asking = CallOptions::asking(move |question| {
                if asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1 == fails_at {
                    return Err(Error::invalid_field("signature", "the card was removed"));
                }
                Ok(Secret::new(sign(&question)))
            });
            let options = CallOptions { log: Some(log.clone()), ..asking };
            let error = client.exchange::<GetAccounts>(list(&client), &options).await.unwrap_err();
            let lines: Vec<String> = log.drain().into_iter().map(|record| record.line.text).collect();
            let requests = lines.iter().filter(|line| line.starts_with("request")).count();
            rows += &format!(
                "fails at {fails_at} after {status}: {}, {}; {} requests, {requests} lines of requests\n",
                error.code(),
                error.outcome().unwrap().as_str(),
                server.seen().len()
            );
        }
    }
    assert_table("psd2/each_attempt_signer.txt", &rows);
}
