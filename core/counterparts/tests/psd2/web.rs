//! Pages: the customer's and that of requests.

use serde_json::json;

use super::{
    offers::{added, link, offer},
    support::{PSU, REDIRECT, VERIFY, World, unsigned},
};

/// §4.5: the form's way.
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

/// The page of requests, and where `/` leads.
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

/// A foreign name that leads here, and another page's form.
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
