//! The control interface, and start options of the bank.

use bankchannel_nextgen_psd2_bank::{BankOptions, RunningBank};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::support::{SIGNING_STRING_A, VECTOR_A, VERIFY, World, parsed};

/// Readiness: exactly these members.
#[tokio::test]
async fn readiness() {
    let world = World::start().await;
    let origin = world.origin();
    let members: Vec<&String> = world.ready.as_object().unwrap().keys().collect();
    let files = ["certificate_file", "private_key_file", "client_certificate_file", "client_key_file"];
    let wanted = ["kind", "base_url", "bg_base_url", "ca_file"].into_iter().chain(files);
    assert_eq!(members, wanted.chain(["certificates_dir", "control_url", "requests_url"]).collect::<Vec<_>>());
    for (name, part) in files.into_iter().zip(["qseal.pem", "qseal.key", "qwac.pem", "qwac.key"]) {
        assert_eq!(world.ready(name), format!("{}/tpp1-{part}", world.ready("certificates_dir")));
        assert!(std::fs::exists(world.ready(name)).unwrap(), "{name}");
    }
    assert_eq!(world.ready("kind"), "nextgen-psd2-bank");
    assert_eq!(world.ready("bg_base_url"), format!("{origin}/bg"));
    assert_eq!(world.ready("requests_url"), format!("{origin}/requests"));
    assert!(world.ready("ca_file").ends_with("/ca.pem") && world.ready("control_url").starts_with("http://127.0.0.1:"));
}

/// Options that would expose functions meant for one machine.
#[tokio::test]
async fn beyond_loopback() {
    let refused = |options: BankOptions| async {
        RunningBank::start(options).await.map(|_| ()).expect_err("is refused").message().to_owned()
    };
    let anywhere = || BankOptions { listen: Some("0.0.0.0:0".into()), ..BankOptions::default() };
    assert!(refused(anywhere()).await.contains("explain"));
    assert!(refused(BankOptions { explain: Some(false), plain: Some(true), ..anywhere() }).await.contains("plain"));
    assert!(refused(BankOptions { explain: Some(false), control: Some(true), ..anywhere() }).await.contains("control"));
    assert!(refused(BankOptions { listen: Some("here".into()), ..BankOptions::default() }).await.contains("listen"));
    for options in
        [BankOptions { explain: Some(false), ..anywhere() }, BankOptions { explain_anywhere: Some(true), ..anywhere() }]
    {
        let running = RunningBank::start(options).await.unwrap();
        assert!(running.readiness()["base_url"].as_str().unwrap().starts_with("https://127.0.0.1:"));
        running.stop().await;
    }
}

/// §3.3: `POST /sandbox/explain`, at both addresses; the request is not executed, and the answer is always 200.
#[tokio::test]
async fn explaining_raw_requests() {
    let world = World::start().await;
    let text = [("content-type", "message/http")];
    for _ in 0..2 {
        let answer = world.control_raw("sandbox/explain", &text, VECTOR_A).await;
        assert_eq!((answer.status, &answer.body["verdict"]), (200, &json!("ok")), "{}", answer.text);
        assert_eq!(answer.body["hypotheses"], json!([]));
    }
    let changed = String::from_utf8(VECTOR_A.to_vec()).unwrap().replace("psu-7f3a91", "psu-7f3a92");
    let answer = world.control_raw("sandbox/explain", &text, changed.as_bytes()).await;
    assert_eq!((answer.status, &answer.body["verdict"]), (200, &json!("V28")));
    let nowhere = String::from_utf8(VECTOR_A.to_vec()).unwrap().replace("/verification", "/verify");
    let answer = world.control_raw("sandbox/explain", &text, nowhere.as_bytes()).await;
    assert_eq!((answer.status, &answer.body["verdict"]), (200, &json!("V04")));
    let answer = world.control_raw("sandbox/explain", &text, b"nonsense").await;
    assert_eq!((answer.status, &answer.body["verdict"]), (200, &json!("V02")));
    assert_eq!((&answer.body["refused"]["http_status"], answer.body.get("digest")), (&json!(400), None));
    let said = STANDARD.encode([SIGNING_STRING_A, b"\n"].concat());
    let headers = [("content-type", "message/http"), ("x-sandbox-signing-string", &*said)];
    let answer = world.control_raw("sandbox/explain", &headers, VECTOR_A).await;
    assert_eq!((answer.status, &answer.body["diff"]["offset"]), (200, &json!(147)));
    let headers = [("x-sandbox-signing-string", "***")];
    let answer = world.control_raw("sandbox/explain", &headers, VECTOR_A).await;
    assert!(answer.body["note"].as_str().unwrap().contains("not base64"));

    let request = super::support::unsigned("POST", "/sandbox/explain", &[], "POST / HTTP/1.1\n\n");
    assert_eq!(world.send(&request).await.status, 200);
    // It was not executed: the id is still unused.
    assert_eq!(world.send(&parsed(VECTOR_A)).await.status, 200);
}

/// `fail_next`, the transcript, `reset`: the same in every counterpart.
#[tokio::test]
async fn the_common_part() {
    let world = World::start().await;
    let tpp = world.tpp(1);
    for (operation, status) in [("verify_user", 503), ("nextgen_psd2.verify_user", 500)] {
        let fault = json!({ "operation": operation, "status": status, "count": 1 });
        assert_eq!(world.control("fail_next", fault).await.status, 200);
        let answer = world.call(&tpp, "POST", VERIFY, &[], world.question()).await;
        let code = if status == 500 { "SYSTEM_ERROR" } else { "SERVICE_UNAVAILABLE" };
        assert_eq!((answer.status, answer.code()), (status, code));
        assert_eq!(answer.header("retry-after"), (status == 503).then_some("1"));
    }
    let request = world.sign(&tpp, "POST", VERIFY, &[], &world.question().to_string());
    assert_eq!(world.send(&request).await.status, 200);
    assert_eq!(world.send(&request).await.status, 400);
    let url = format!("{}/transcript", world.ready("control_url"));
    let lines: Vec<Value> = reqwest::get(url).await.unwrap().json().await.unwrap();
    let statuses: Vec<i64> = lines.iter().map(|line| line["status"].as_i64().unwrap()).collect();
    assert_eq!(statuses, [503, 500, 200, 400]);
    assert_eq!((&lines[2]["operation"], &lines[2]["path"]), (&json!("nextgen_psd2.verify_user"), &json!(VERIFY)));
    for reset in ["reset", "sandbox/reset"] {
        assert_eq!(world.control(reset, Value::Null).await.status, 200);
        assert_eq!(world.send(&request).await.status, 200, "used ids are forgotten");
    }
    let answer = world.control("sandbox/clock", json!({ "now": "2026-03-04T00:00:00Z" })).await;
    assert_eq!((answer.status, &answer.body["now"]), (200, &json!("2026-03-04T00:00:00.000Z")));
    assert_eq!(world.control("reset", Value::Null).await.status, 200);
    assert_eq!(world.send(&request).await.status, 200, "the clock stands where it stood at the start");
    for unknown in ["sandbox/nothing", "sandbox/certs/1/burn", "nothing"] {
        assert_eq!(world.control(unknown, Value::Null).await.status, 404, "{unknown}");
    }
}

/// T-067, §4.5: blocked and revoked certificates stay so over a restart, until the reset.
#[tokio::test]
async fn certificates_are_listed() {
    for (verb, code, check) in [("block", "CERTIFICATE_BLOCKED", "V19"), ("revoke", "CERTIFICATE_REVOKED", "V18")] {
        let world = World::start().await;
        let (one, three) = (world.tpp(1), world.tpp(3));
        let serial: String = one.certificate.serial().iter().map(|byte| format!("{byte:02x}")).collect();
        let path = format!("sandbox/certs/{serial}/{verb}");
        assert_eq!(world.control(&path, Value::Null).await.status, 200);
        assert_eq!(world.control(&format!("sandbox/certs/xyz/{verb}"), Value::Null).await.status, 400);
        world.call(&one, "POST", VERIFY, &[], world.question()).await.is_refused(401, code, check);
        assert_eq!(world.call(&three, "GET", "/bg/v1/consents/1", &[], Value::Null).await.code(), "CONSENT_UNKNOWN");
        let world = world.restart().await;
        world.call(&one, "POST", VERIFY, &[], world.question()).await.is_refused(401, code, check);
        assert_eq!(world.control("reset", Value::Null).await.status, 200);
        assert_eq!(world.call(&one, "POST", VERIFY, &[], world.question()).await.status, 200);
    }
}

/// A body arrives slowly: a certificate blocked in the meantime is refused.
#[tokio::test]
async fn a_certificate_blocked_while_its_request_arrives_is_refused() {
    let world = World::start().await;
    let one = world.tpp(1);
    let mut request = world.sign(&one, "POST", VERIFY, &[], &world.question().to_string());
    for (name, value) in [("Host", "x"), ("Connection", "close"), ("Content-Length", &request.body.len().to_string())] {
        request.headers.push(name, value.to_owned());
    }
    let bytes = request.to_bytes();
    let (first, rest) = bytes.split_at(bytes.len() - 10);
    let serial: String = one.certificate.serial().iter().map(|byte| format!("{byte:02x}")).collect();
    let block = async {
        assert_eq!(world.control(&format!("sandbox/certs/{serial}/block"), Value::Null).await.status, 200);
    };
    let (status, answer) = world.raw_in_parts(first, block, rest).await;
    assert!(status == 401 && answer.contains("CERTIFICATE_BLOCKED"), "{answer}");
}

/// Wrong methods and bodies are refused with the documented status.
#[tokio::test]
async fn other_methods_and_large_bodies() {
    let world = World::start().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let own = ["sandbox/psu", "sandbox/explain", "sandbox/consents/1/revoke", "sandbox/certs/1/block"];
    let posted = ["reset", "sandbox/seed"].into_iter().chain(own).map(|path| (path, "POST"));
    for (path, allowed) in posted.chain([("outbox", "GET"), ("sandbox/transcript", "GET")]) {
        let url = format!("{}/{path}", world.ready("control_url"));
        for method in ["GET", "POST", "PUT"].into_iter().filter(|method| *method != allowed) {
            let answer = http.request(method.parse().unwrap(), &url).send().await.unwrap();
            assert_eq!(answer.status(), 405, "{method} {path}");
            assert_eq!(answer.headers().get("allow").unwrap(), allowed, "{method} {path}");
        }
    }
    let url = format!("{}/sandbox/certs/1/burn", world.ready("control_url"));
    assert_eq!(http.get(url).send().await.unwrap().status(), 404);

    let text = [("content-type", "message/http")];
    let large = vec![b'x'; 2 * 1024 * 1024 + 1];
    let answer = world.control_raw("sandbox/explain", &text, &large).await;
    assert_eq!(answer.status, 413, "{}", answer.text);
    assert_eq!(world.control_raw("sandbox/explain", &text, &large[1..]).await.status, 200);
}

/// Only faults of existing operations, up to the maximum number.
#[tokio::test]
async fn only_what_exists_is_told_to_fail() {
    let world = World::start().await;
    let fail = async |operation: &str| {
        let fault = json!({ "operation": operation, "status": 503, "count": 1 });
        world.control("fail_next", fault).await
    };
    for unknown in ["verifyUser", "", "verify_request", "nextgen_psd2.", "ws_channel.log_in", "other.verify_user"] {
        let answer = fail(unknown).await;
        assert_eq!((answer.status, &answer.body["error"]["context"]["field"]), (400, &json!("operation")), "{unknown}");
        assert!(answer.text.contains("verify_user, "), "{}", answer.text);
    }
    assert_eq!(world.call(&world.tpp(1), "POST", VERIFY, &[], world.question()).await.status, 200);
    for _ in 0..1000 {
        assert_eq!(fail("get_accounts").await.status, 200);
    }
    assert_eq!(fail("get_accounts").await.status, 400);
    assert_eq!(world.control("reset", Value::Null).await.status, 200);
    assert_eq!(fail("get_accounts").await.status, 200);
}

/// §4.5: additional customers.
#[tokio::test]
async fn customers_are_planted() {
    let world = World::start().await;
    let new = |psu_id: &str| {
        json!({ "name": "Per Hansen", "personal_identifier": "22222222222", "psu_ids": { "PSDNO-FSA-987654321": psu_id },
            "accounts": [{ "iban": "NO8299990100000", "name": "Konto", "balance": 100 }] })
    };
    assert_eq!(world.control("sandbox/psu", new("psu-3")).await.status, 200);
    assert_eq!(world.control("seed", json!({ "psus": [new("psu-4")] })).await.body, json!({ "psus": 1 }));
    assert_eq!(world.control("sandbox/psu", new("psu-3")).await.status, 400, "taken");
    assert_eq!(world.control("sandbox/psu", json!({ "name": "x" })).await.status, 400);
    for several in [[new("psu-5"), new("psu-3")], [new("psu-5"), new("psu-5")]] {
        assert_eq!(world.control("seed", json!({ "psus": several })).await.status, 400, "all of them or none");
    }
    let hash = STANDARD.encode(bankchannel_crypto::digest::sha256(b"22222222222"));
    for (psu, exists) in [("psu-3", true), ("psu-4", true), ("psu-5", false)] {
        let body = json!({ "PSU-ID": psu, "PSUPersonalIdentifier": hash });
        assert_eq!(world.call(&world.tpp(1), "POST", VERIFY, &[], body).await.body, json!({ "exists": exists }));
    }
}
