//! A payment file is checked before it is signed, with the rules of the bank that it goes to.

use bankchannel::CallOutcome;
use serde_json::json;

use crate::{
    bank::Bank,
    support::{Act, Server, client, ok, private_key},
    uploads::with,
    waits::answering,
};

#[tokio::test]
async fn a_known_payment_type_is_checked_before_it_is_signed() {
    const TORN: &[u8] = b"<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\"><CstmrCdtTrfInitn>";
    let example = bankchannel_iso20022::EXAMPLE_PAIN001.as_bytes();
    let year = |year: &str| String::from_utf8(example.to_vec()).unwrap().replace("2026-07-21", year).into_bytes();
    for (file_type, check, content, is_refused) in [
        ("pain.001.001.09", None, TORN, true),
        ("pain.001.001.03", None, TORN, true),
        ("pain.001.001.09", Some(false), TORN, false),
        ("XL", None, TORN, false),
        ("XL", Some(true), TORN, true),
        ("pain.001.001.09", None, example, false),
        // Only who asks for the check has the date compared with today.
        ("pain.001.001.09", None, &year("1999-01-04"), false),
        ("pain.001.001.09", Some(true), &year("1999-01-04"), true),
    ] {
        let server = Server::in_turn([Act::Answer(ok(201, json!({})))]).await;
        let request = json!({
            "bank": "simulator", "file_type": file_type, "file_name": "a.xml", "private_key": private_key(),
            "check": check,
        });
        let done = client(&server).call_json("ws_channel.sign_and_upload", request, with(content.to_vec())).await;
        let case = format!("{file_type} {check:?} {}", content.len());
        assert_eq!(server.connections(), usize::from(!is_refused), "{case}");
        match done {
            Ok(_) => assert!(!is_refused, "{case}"),
            Err(error) => {
                assert!(is_refused, "{case}: {error}");
                assert_eq!((error.code(), error.outcome()), ("iso20022.payment_refused", Some(CallOutcome::NotSent)));
                assert_eq!(error.message().contains("set check to false"), check.is_none(), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn a_file_is_checked_with_the_rules_of_the_bank_that_it_goes_to() {
    // A letter that ISO-8859-1 has, and that has no other form.
    let content = bankchannel_iso20022::EXAMPLE_PAIN001.replace("Alpha Supplies Ab", "§").into_bytes();
    for (bank, profile, is_refused) in [
        ("nordea", None, false),
        ("danskebank", None, false),
        ("aktia", None, true),
        ("simulator", None, true),
        // The caller's choice counts more than the bank's profile. The example's date is long ago.
        ("nordea", Some(json!({"days_back": 100_000, "characters": "strict"})), true),
        ("nordea", Some(json!({"days_back": 100_000})), false),
        ("aktia", Some(json!({"days_back": 100_000, "base": "nordea"})), false),
        ("nordea", Some(json!({"days_back": 100_000, "base": "aktia"})), true),
    ] {
        for call in ["ws_channel.sign_and_upload", "ws_channel.upload_and_wait"] {
            let server = answering(Bank::default(), &["pain.002.001.10"]).await;
            let mut request = json!({
                "bank": bank, "file_type": "pain.001.001.09", "file_name": "a.xml", "private_key": private_key(),
                "check_profile": profile,
            });
            if call.ends_with("wait") {
                request["wait_for"] = json!(["pain.002.001.10"]);
            }
            let done = client(&server).call_json(call, request, with(content.clone())).await;
            let sent = server.seen().iter().filter(|seen| seen.method == "PUT").count();
            assert_eq!(sent, usize::from(!is_refused), "{call} {bank} {profile:?}: {:?}", done.err());
            if is_refused {
                let error = done.unwrap_err();
                assert_eq!((error.code(), error.outcome()), ("iso20022.payment_refused", Some(CallOutcome::NotSent)));
                assert!(error.message().contains("no character that could be forwarded"), "{error}");
            }
        }
    }
}
