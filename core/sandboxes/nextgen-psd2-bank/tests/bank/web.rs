//! Pages: the customer's page and the page of requests.

use serde_json::json;

use super::{
    offers::{added, link, offer},
    support::{PSU, REDIRECT, VERIFY, World, unsigned},
};

/// §4.5: the form, from page to redirect.
#[tokio::test]
async fn the_form() {
    let world = World::start().await;
    let url = link(&offer(&world, &world.tpp(1), &[("PSU-ID", PSU)]).await).to_owned();
    let state = url.split("state=").nth(1).unwrap();
    let page = world.page(&url).await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(page.text.contains("PSDNO-FSA-987654321") && page.text.contains("NO82 9999 0100 000"), "{}", page.text);
    assert!(page.header("content-security-policy").unwrap().contains("default-src 'none'"));
    assert_eq!(world.post_form("/tap", &[("state", state), ("decision", "maybe")]).await.status, 400);
    let none = world.post_form("/tap", &[("state", state), ("decision", "approve"), ("customer", "kari")]).await;
    assert_eq!(none.status, 400, "no account: the customer is asked again");
    assert!(none.text.contains(state));
    let form = [("state", state), ("decision", "approve"), ("customer", "kari"), ("account", "kari-2")];
    let done = world.post_form("/tap", &form).await;
    assert_eq!(done.status, 303, "{}", done.text);
    assert_eq!(added(done.header("location").unwrap(), REDIRECT)[0].1, PSU);
    let headers = [("PSU-ID", PSU), ("PSU-IP-Address", "192.0.2.1")];
    let read = world.call(&world.tpp(1), "GET", "/api/v1/accounts", &headers, serde_json::Value::Null).await;
    assert_eq!(read.body["accounts"].as_array().unwrap().len(), 1);
    assert_eq!(read.body["accounts"][0]["iban"], "NO5499990100019");
}

/// The page of requests, and the redirect from `/`.
#[tokio::test]
async fn the_page_of_requests() {
    let world = World::start().await;
    let home = world.page("/").await;
    assert_eq!((home.status, home.header("location")), (303, Some("/requests")));
    let tpp = world.tpp(1);
    assert_eq!(world.call(&tpp, "POST", VERIFY, &[], world.question()).await.status, 200);
    let refused = world.send(&unsigned("POST", "/api/v1/<b>", &[("X-Request-ID", "not-a-uuid")], "")).await;
    let shown = world.page("/requests.json").await;
    let requests = shown.body["requests"].as_array().unwrap();
    assert_eq!(requests.len(), 2);
    assert_eq!((&requests[0]["status"], &requests[0]["check"]), (&json!(404), &json!("V04")));
    assert_eq!((&requests[0]["error_id"], &requests[0]["explain"]["verdict"]), (&refused.body["id"], &json!("V04")));
    assert_eq!((&requests[1]["status"], &requests[1]["operation"]), (&json!(200), &json!("nextgen_psd2.verify_user")));
    assert_eq!(
        (&requests[1]["third_party"], &requests[1]["at"]),
        (&json!(tpp.org()), &json!("2026-03-03T10:15:30.000Z"))
    );
    assert!(!shown.text.contains(PSU) && !shown.text.contains(super::support::HASH), "S-12");
    let page = world.page("/requests").await;
    assert_eq!(page.status, 200);
    assert!(!page.text.contains("<b>"), "escaped");
    assert_eq!(world.page("/nothing").await.status, 404);
}

/// `auto` answers only if the bank was started with that option; otherwise the link stays open for the customer.
#[tokio::test]
async fn a_link_answers_for_nobody() {
    let world = World::with(|options| {
        options.plain = Some(true);
        options.auto_answer = None;
    })
    .await;
    let url = link(&offer(&world, &world.tpp(1), &[("PSU-ID", PSU)]).await).to_owned();
    for auto in ["approve", "refuse"] {
        let refused = world.page(&format!("{url}&auto={auto}")).await;
        assert_eq!((refused.status, refused.header("location")), (403, None), "{}", refused.text);
        assert!(refused.text.contains("auto_answer"), "{}", refused.text);
    }
    let page = world.page(&url).await;
    assert!(page.status == 200 && page.text.contains("<form"), "{}", page.text);
    let state = url.split("state=").nth(1).unwrap();
    let form = [("state", state), ("decision", "approve"), ("customer", "kari"), ("account", "kari-1")];
    assert_eq!(world.post_form("/tap", &form).await.status, 303);
}

/// S-12: personal data in a refused request's own explanation is not shown on the page or in `/requests.json`.
#[tokio::test]
async fn the_page_shows_nobodys_identifiers() {
    const SECRETS: [&str; 5] = ["psu-secret-1", "corp-secret-2", "192.0.2.211", "state-secret-4", "session-secret-5"];
    let world = World::start().await;
    let mut tpp = world.tpp(1);
    tpp.profile.extra_signed_headers =
        vec!["psu-ip-address".into(), "tpp-session-id".into(), "(request-target)".into()];
    let uri = format!("https://tpp.example/cb?state={}", SECRETS[3]);
    let headers = [
        ("PSU-ID", SECRETS[0]),
        ("PSU-Corporate-ID", SECRETS[1]),
        ("PSU-IP-Address", SECRETS[2]),
        ("TPP-Session-ID", SECRETS[4]),
        ("TPP-Redirect-URI", &uri),
    ];
    let target = format!("/api/v1/bank-offered-consents?who={}", SECRETS[0]);
    let sound = world.sign(&tpp, "POST", &target, &headers, "");
    let mut found = Vec::new();
    // Unknown to the bank; a date other than the signed one; a customer other than the signed one, with the client's
    // signing string.
    for change in [None, Some(("Date", "Tue, 03 Mar 2026 10:15:31 GMT")), Some(("PSU-ID", "psu-secret-1b"))] {
        let mut request = sound.clone();
        if let Some((name, value)) = change {
            request.headers.set(name, value);
        }
        request.headers.push("X-Sandbox-Signing-String", "cHN1LWlkOiBwc3Utc2VjcmV0LTE=");
        let answer = world.send(&request).await;
        let explain = answer.body["explain"].to_string();
        assert!(!explain.contains("[redacted") && answer.status >= 400, "{}", answer.text);
        found.push(explain);
    }
    assert!(found.iter().all(|explain| SECRETS.iter().all(|secret| explain.contains(secret))), "who sends sees it");
    let shown = world.page("/requests.json").await;
    let requests = shown.body["requests"].as_array().unwrap();
    assert_eq!(requests.len(), 3);
    let decoded =
        |text: &str| base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text).unwrap_or_default();
    for request in requests {
        let own = decoded(request["explain"]["expected_signing_string"].as_str().unwrap());
        let own = String::from_utf8(own).unwrap();
        let line = |name: &str| own.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap();
        assert_eq!((line("psu-id"), &request["explain"]["text"]), ("[redacted]", &json!("")));
        assert_eq!(line("tpp-redirect-uri"), "https://tpp.example/cb?[redacted]");
        assert!(line("date").starts_with("Tue, 03 Mar 2026 10:15:3"), "{own}");
    }
    let mut whole = shown.text.clone();
    for part in shown.text.split('"').filter(|part| part.len() > 16 && part.len() % 4 == 0) {
        if part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)) {
            whole.push_str(&String::from_utf8_lossy(&decoded(part)));
        }
    }
    for secret in SECRETS {
        assert!(!whole.contains(secret), "{secret}");
    }
}

/// A foreign host name that leads to the bank, and a form of another page.
#[tokio::test]
async fn foreign_pages() {
    let world = World::start().await;
    let get = |host: &str| format!("GET /requests HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let port = world.origin().rsplit(':').next().unwrap().to_owned();
    for (host, status) in [
        (format!("127.0.0.1:{port}"), 200),
        (format!("localhost:{port}"), 200),
        (format!("rebound.example.test:{port}"), 403),
        ("127.0.0.1:1".to_owned(), 200),
    ] {
        assert_eq!(world.raw(get(&host).as_bytes()).await.0, status, "{host}");
    }
    let url = link(&offer(&world, &world.tpp(1), &[]).await).to_owned();
    let body =
        format!("state={}&decision=approve&customer=kari&account.kari=kari-1", url.split("state=").nth(1).unwrap());
    let post = |origin: &str| {
        format!(
            "POST /tap HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n{origin}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    assert_eq!(world.raw(post("Origin: https://evil.example\r\n").as_bytes()).await.0, 403);
    assert_eq!(world.raw(post("Sec-Fetch-Site: cross-site\r\n").as_bytes()).await.0, 403);
    let explain = post("Origin: https://evil.example\r\n").replace("POST /tap", "POST /sandbox/explain");
    assert_eq!(world.raw(explain.as_bytes()).await.0, 403);
    assert_eq!(world.raw(explain.replace("https://evil.example", world.origin()).as_bytes()).await.0, 200);
    let (status, answer) = world.raw(post("").replace("POST /tap", "PUT /tap").as_bytes()).await;
    assert!(status == 405 && answer.to_lowercase().contains("\r\nallow: get, post\r\n"), "{answer}");
    assert_eq!(world.page("/tap?state=%zz&auto=approve").await.status, 404);
    assert_eq!(world.raw(post(&format!("Origin: http://127.0.0.1:{port}\r\n")).as_bytes()).await.0, 303);
}
