//! §11.1: wire and routing.

use serde_json::{Value, json};

use crate::support::{PASSWORD, PHONE, World};

#[tokio::test]
async fn w01_a_slash_at_the_end_does_not_matter() {
    let world = World::start().await;
    world.account("w01@example.test").await;
    let session = world.data_session("w01@example.test").await;
    let plain = world.protected("GET", "/certs", &session, Value::Null).await;
    let slash = world.protected("GET", "/certs/", &session, Value::Null).await;
    assert_eq!((plain.status, &plain.body), (slash.status, &slash.body));
    assert_eq!(plain.status, 200);
}

#[tokio::test]
async fn w02_w03_w13_w14_w15_s40_refusals_have_their_form() {
    let world = World::start().await;
    for (method, path, status, text) in [
        ("GET", "/nowhere", 404, "Not found"),
        ("PATCH", "/pgp", 405, "Method not allowed"),
        ("HEAD", "/pgp", 405, ""),
        ("GET", "/session/a%00b@example.test/data", 400, "Invalid parameter(s)"),
        ("GET", "/session/nobody/data", 400, "Invalid parameter(s): Email"),
        ("GET", "/session/a@b.example/DATA", 400, "Invalid parameter(s): Mode"),
        ("GET", "/session/a@b@c.example/data", 400, "Invalid parameter(s): Email"),
    ] {
        let answer = world.send(method, path, &[("x-request-id", "mine")], Vec::new()).await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(answer.headers["cache-control"], "no-store");
        let id = answer.headers["x-request-id"].to_str().unwrap().to_owned();
        assert!(id.len() == 36 && id != "mine");
        assert_eq!(answer.headers["x-caller-request-id"], "mine");
        if method != "HEAD" {
            assert_eq!(answer.headers["content-type"], "application/json");
            assert_eq!(answer.text(), text, "{method} {path}");
            assert_eq!(answer.body["RequestId"], id);
            assert_eq!(answer.body["ResponseCode"], "01");
        }
        assert_eq!(answer.headers.contains_key("allow"), status == 405);
    }
}

/// Dots in paths, written by hand: client libraries normalise them.
#[tokio::test]
async fn w13_s27_dots_are_refused_and_a_slash_in_a_segment_stays_data() {
    let world = World::start().await;
    for (path, status) in [
        ("/v2/session/../data", 400),
        ("/v2/session/%2e%2e/data", 400),
        ("/v2/session/./data", 400),
        ("/v2/session/a%2Fb@example.test/data", 400),
        ("/v2/session/a%252Fb@example.test/data", 200),
        ("/v2/session/%C0%AF@example.test/data", 400),
        ("/v2/session/a%zz@example.test/data", 400),
        ("/v3/certs", 404),
    ] {
        assert_eq!(world.raw("GET", path).await, status, "{path}");
    }
}

#[tokio::test]
async fn w04_w05_w07_w08_bodies_that_are_refused() {
    let world = World::start().await;
    let path = "/account/w@example.test/data";
    let deep = format!("{}1{}", "{\"a\":".repeat(17), "}".repeat(17));
    for (body, text) in [
        (b"[]".to_vec(), "Invalid parameter(s)"),
        (br#"{"Code":"123456","Code":"123456","AccessToken":"x"}"#.to_vec(), "Invalid parameter(s)"),
        (b"{\"Code\":\"\xff\xfe\"}".to_vec(), "Invalid parameter(s)"),
        (deep.into_bytes(), "Invalid parameter(s)"),
        (b"{".to_vec(), "Invalid parameter(s)"),
        (br#"{"Code":123456,"AccessToken":"x"}"#.to_vec(), "Invalid parameter(s): EmailCode"),
        (br#"{"Code":"123456"}"#.to_vec(), "Missing parameter(s): AccessToken"),
    ] {
        world.send("POST", path, &[], body.clone()).await.is(400, text);
    }
    let large = vec![b' '; 10 * 1024 * 1024 + 1];
    world.send("POST", path, &[], large).await.is(413, "Request too large");
    for kind in ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"] {
        let answer = world.send("POST", path, &[("content-type", kind)], b"a=b".to_vec()).await;
        answer.is(400, "Invalid parameter(s): Content-Type");
    }
    world
        .send("POST", path, &[("content-encoding", "gzip")], b"x".to_vec())
        .await
        .is(400, "Invalid parameter(s): Content-Encoding");
}

/// A client that writes the whole request before it reads, like PHP's streams and Python's requests, receives the
/// refusal: the service continues to read for a while after its answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_writes_everything_first_hears_its_refusal() {
    use std::io::{Read as _, Write as _};
    let world = World::start().await;
    for framing in ["content-length: 41943040", "transfer-encoding: chunked"] {
        let address = world.base.trim_start_matches("http://").split('/').next().unwrap().to_owned();
        let told = tokio::task::spawn_blocking(move || {
            let mut stream = std::net::TcpStream::connect(address).unwrap();
            let head = format!(
                "POST /v2/account/w@example.test/data HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{framing}\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).unwrap();
            let piece = vec![b' '; 1024 * 1024];
            for _ in 0..40 {
                if framing.contains("chunked") {
                    stream.write_all(b"100000\r\n").unwrap();
                }
                stream.write_all(&piece).unwrap();
                if framing.contains("chunked") {
                    stream.write_all(b"\r\n").unwrap();
                }
            }
            let mut told = String::new();
            stream.read_to_string(&mut told).unwrap();
            told
        });
        let told = told.await.unwrap();
        assert!(told.starts_with("HTTP/1.1 413 ") && told.contains("Request too large"), "{framing}: {told}");
    }
}

#[tokio::test]
async fn w06_l29_fields_that_an_operation_does_not_know_are_ignored() {
    let world = World::start().await;
    world.account("w06@example.test").await;
    let challenge = world.challenge("w06@example.test", "data").await;
    let body = json!({
        "ChResp": challenge, "Encrypted": world.encrypt(PASSWORD, &challenge), "Code": "", "Phone": PHONE,
        "ApiKey": null, "FileContents": "", "Extra": {"deep": [1, 2]},
    });
    world.call("POST", "/session/w06@example.test/data", body).await.is(200, "Login OK");
}

#[tokio::test]
async fn w10_s33_only_configured_origins_are_told_so() {
    let world = World::configured("cors_origins = [\"https://app.example\"]").await;
    for (origin, allowed) in [("https://app.example", true), ("https://evil.example", false)] {
        let preflight = world.send("OPTIONS", "/files/nordea", &[("origin", origin)], Vec::new()).await;
        assert_eq!(preflight.status, 204);
        assert_eq!(preflight.headers.contains_key("access-control-allow-origin"), allowed);
        let real = world.send("GET", "/session/a@example.test/data", &[("origin", origin)], Vec::new()).await;
        assert_eq!(
            real.headers.get("access-control-allow-origin").map(|v| v.to_str().unwrap()),
            allowed.then_some(origin)
        );
    }
}

#[tokio::test]
async fn w11_w12_e_mail_and_phone_in_every_spelling_are_the_same() {
    let world = World::start().await;
    world.register("Mixed.Case@Example.test", "admin", "0").await.is(201, "Created");
    world.login("mixed.case%40example.TEST", "admin", PASSWORD).await.is(200, crate::support::VERIFY_PHONE);
    let code = world.code("mixed.case@example.test", "admin", "verify_phone").await;
    let wrong = crate::support::other(&code);
    for phone in ["%2B358401235507", "+358401235507"] {
        let path = format!("/account/mixed.case%40example.test/admin/{phone}");
        world.call("POST", &path, json!({ "Code": wrong })).await.is(400, crate::support::CODE_WRONG);
    }
    let path = "/account/mixed.case%40example.test/admin/%2B358401235507";
    world.call("POST", path, json!({ "Code": code })).await.is(200, "Phone confirmation successful.");
}
