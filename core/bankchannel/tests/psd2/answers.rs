//! Reading of a bank's answers.

use bankchannel::{CallOptions, CallOutcome, nextgen_psd2::NextGenPsd2};
use serde_json::{Value, json};

use crate::{
    party::{client, client_with, settings},
    sending::{list, offer},
    support::{Act, Answer, Server},
};

fn offered(href: &str) -> Act {
    Act::Answer(Answer::json(
        201,
        &json!({"_links": {"scaRedirect": {"href": href, "verbs": ["GET"]}, "other": {"href": "/v1/x"}}}),
    ))
}

/// T-124: the link as written by the bank, and in a form that is safe for a browser; the client never opens it.
#[tokio::test]
async fn a_link_is_kept_and_made_safe() {
    let server = Server::start(|_, _| offered("/tap?flow=psd2&locale=no-NB, no; q=1.0")).await;
    let client = client(&server);
    let answer = client.update_bank_offered_consents(offer(&client)).await.unwrap();
    let origin = server.base_url.trim_end_matches("/v2");
    assert_eq!(answer.links["scaRedirect"].href, "/tap?flow=psd2&locale=no-NB, no; q=1.0");
    assert_eq!(answer.sca_redirect.unwrap(), format!("{origin}/tap?flow=psd2&locale=no-NB,%20no;%20q=1.0"));
    assert_eq!(answer.links["other"].url.as_deref(), Some(format!("{}/v1/x", server.base_url).as_str()));
    assert_eq!(server.seen().len(), 1);
}

/// T-129.
#[tokio::test]
async fn a_link_elsewhere_is_refused_unless_its_host_is_allowed() {
    let foreign = "https://login.elsewhere.example/tap?state=1";
    for bad in [foreign, "http://login.elsewhere.example/", "https://user@127.0.0.1/", "javascript:alert(1)"] {
        let server = Server::in_turn([offered(bad)]).await;
        let client = client(&server);
        let error = client.update_bank_offered_consents(offer(&client)).await.unwrap_err();
        assert_eq!(
            (error.code(), error.outcome()),
            ("nextgen_psd2.link_refused", Some(CallOutcome::Accepted)),
            "{bad}"
        );
        assert!(error.message().contains(" Reason: it"), "{}", error.message());
    }
    // The bank's object exists, whatever its link is like.
    let made = json!({"consentId": "c-1", "consentStatus": "received", "_links": {"scaRedirect": {"href": foreign}}});
    let server = Server::in_turn([Act::Answer(Answer::json(201, &made))]).await;
    let client = client_with(&server, json!({"signing": {"dialect": "bg"}}));
    let request = json!({"access": {"all_psd2": "all_accounts"}, "recurring_indicator": false, "valid_until": "2030-01-01",
        "frequency_per_day": 1, "redirect_uri": "https://tpp.example/cb", "psu": {"ip_address": "192.0.2.1"}});
    let error = client.call_json("nextgen_psd2.create_consent", request, CallOptions::default()).await.unwrap_err();
    assert_eq!(error.code(), "nextgen_psd2.link_refused", "{error}");
    assert_eq!((error.detail("consent_id"), error.detail("host")), (Some("c-1"), Some("login.elsewhere.example")));
    let server = Server::in_turn([offered(foreign)]).await;
    let client = client_with(&server, json!({"allowed_redirect_hosts": ["login.elsewhere.example"]}));
    let answer = client.update_bank_offered_consents(offer(&client)).await.unwrap();
    assert_eq!(answer.sca_redirect.as_deref(), Some(foreign));
}

async fn refused(status: u16, body: Value) -> bankchannel::Error {
    let server = Server::in_turn([Act::Answer(Answer::json(status, &body))]).await;
    let client = client(&server);
    client.get_accounts(list(&client)).await.unwrap_err()
}

/// T-127: a 401 with a link does not mean "wrong credentials".
#[tokio::test]
async fn a_consent_that_is_wanted_comes_with_its_link() {
    let link = json!({"scaRedirect": {"href": "http://127.0.0.1:1/tap?state=1", "verbs": ["GET"]}});
    let error = refused(401, json!({"id": "1", "system": "ERA-PSD2", "code": "CONSENT_INVALID", "_links": link})).await;
    assert_eq!((error.code(), error.outcome()), ("nextgen_psd2.consent_needed", Some(CallOutcome::Refused)));
    let sent_to = error.context().get("sca_redirect").map(|url| url.as_str());
    assert_eq!(sent_to, Some("http://127.0.0.1:1/tap?state=1"));
    let link = json!({"scaRedirect": {"href": "https://elsewhere.example/tap"}});
    let error = refused(401, json!({"id": "1", "system": "ERA-PSD2", "code": "CONSENT_INVALID", "_links": link})).await;
    assert_eq!(error.code(), "nextgen_psd2.consent_needed");
    assert!(error.context().get("sca_redirect").is_none() && error.context().get("sca_redirect_refused").is_some());
}

/// T-128, for both error models.
#[tokio::test]
async fn refusals_of_both_models_are_told_apart() {
    let messages = json!({"tppMessages": [{"category": "ERROR", "code": "CONSENT_UNKNOWN", "text": "no"}]});
    assert_eq!(refused(403, messages).await.code(), "nextgen_psd2.consent_unknown");
    let flat = json!({"id": "5615873401", "system": "ERA-PSD2", "status": 400, "code": "SIGNATURE_INVALID", "message": "V30: no"});
    let error = refused(401, flat).await;
    assert_eq!(error.code(), "nextgen_psd2.signature_refused");
    let peer = error.peer().unwrap();
    assert_eq!((peer.code.as_deref(), peer.request_id.as_deref()), (Some("SIGNATURE_INVALID"), Some("5615873401")));
}

#[tokio::test]
async fn an_answer_that_is_none_of_the_protocols_is_told_as_such() {
    let server = Server::in_turn([Act::Answer(Answer::of(200, "text/html", "<html>welcome</html>"))]).await;
    let client = client(&server);
    let error = client.get_accounts(list(&client)).await.unwrap_err();
    assert_eq!((error.code(), error.outcome()), ("peer.protocol", Some(CallOutcome::Unknown)));
    assert!(error.message().contains("a web page (text/html)"), "{error}");
    assert_eq!(error.peer().and_then(|peer| peer.text.as_deref()), Some("<html>welcome</html>"));
    // Where an answer has no content, too: the consent was not ended.
    let server = Server::in_turn([Act::Answer(Answer::of(200, "text/html", "Please log in"))]).await;
    let client = client_with(&server, json!({"signing": {"dialect": "bg"}}));
    let request = json!({"consent_id": "c-1"});
    let error = client.call_json("nextgen_psd2.delete_consent", request, CallOptions::default()).await.unwrap_err();
    assert!(error.code() == "peer.protocol" && error.message().contains("a web page"), "{error}");
}

/// A list of links is read; where the customer's link may be among what cannot be read, the answer says so, with the
/// bank's object.
#[tokio::test]
async fn links_in_other_forms_are_found_or_said() {
    let create = json!({"access": {"all_psd2": "all_accounts"}, "recurring_indicator": false, "valid_until": "2030-01-01",
        "frequency_per_day": 1, "redirect_uri": "https://tpp.example/cb", "psu": {"ip_address": "192.0.2.1"}});
    let created = async |links: Value| {
        let body = json!({"consentId": "c-1", "consentStatus": "received", "_links": links});
        let server = Server::in_turn([Act::Answer(Answer::json(201, &body))]).await;
        let client = client_with(&server, json!({"signing": {"dialect": "bg"}}));
        let called = client.call_json("nextgen_psd2.create_consent", create.clone(), CallOptions::default()).await;
        called.map(|done| done.response)
    };
    for links in [
        json!([{"scaRedirect": {"href": "http://127.0.0.1:1/tap"}}, {"self": {"href": "/v1/consents/c-1"}}]),
        json!([{"rel": "scaRedirect", "href": "http://127.0.0.1:1/tap"}, {"name": "self", "href": "/v1/consents/c-1"}]),
        json!([{"key": "scaRedirect", "value": "http://127.0.0.1:1/tap"}, {"Rel": "self", "HREF": "/v1/consents/c-1"}]),
        json!({"links": [{"rel": "scaRedirect", "href": "http://127.0.0.1:1/tap"}, {"rel": "self", "href": "/v1/consents/c-1"}]}),
    ] {
        let read = created(links).await.unwrap();
        assert_eq!((&read["sca_redirect"], &read["unread"]), (&json!("http://127.0.0.1:1/tap"), &Value::Null));
        assert!(read["links"]["self"]["url"].as_str().is_some_and(|url| url.ends_with("/v1/consents/c-1")));
    }
    let foreign = created(json!([{"scaRedirect": {"href": "https://elsewhere.example/tap"}}])).await.unwrap_err();
    assert_eq!((foreign.code(), foreign.detail("host")), ("nextgen_psd2.link_refused", Some("elsewhere.example")));
    for links in
        [json!(["http://127.0.0.1:1/tap"]), json!("http://127.0.0.1:1/tap"), json!({"scaRedirect": {"to": "/tap"}})]
    {
        let error = created(links.clone()).await.unwrap_err();
        assert_eq!(
            (error.code(), error.outcome()),
            ("nextgen_psd2.link_refused", Some(CallOutcome::Accepted)),
            "{links}"
        );
        assert!(error.message().contains("`_links` cannot be read"), "{error}");
        assert_eq!(error.detail("consent_id"), Some("c-1"), "{links}");
    }
    // Without a link for the customer the bank wants another approach; what else cannot be read is listed.
    for (links, unread) in [
        (json!({"status": {"href": "/v1/x"}}), Value::Null),
        (json!([]), Value::Null),
        (json!({"scaRedirect": {"href": null}, "scaStatus": {"href": "/v1/x"}}), Value::Null),
        (json!(false), json!([{"path": "/_links", "value": "false", "count": 1}])),
        (json!({"status": {"to": 1}}), json!([{"path": "/_links/status", "value": "{\"to\":1}", "count": 1}])),
    ] {
        let read = created(links).await.unwrap();
        assert_eq!((&read["sca_redirect"], &read["unread"]), (&Value::Null, &unread));
    }
}

/// Where the bank asks its customer itself, or the answer gives no address for a customer, links that cannot be used
/// lose nothing else.
#[tokio::test]
async fn links_that_nobody_needs_fail_nothing() {
    let create = json!({"access": {"all_psd2": "all_accounts"}, "recurring_indicator": false, "valid_until": "2030-01-01",
        "frequency_per_day": 1, "redirect_uri": "https://tpp.example/cb", "psu": {"ip_address": "192.0.2.1"}});
    let unreadable = json!(["http://127.0.0.1:1/tap"]);
    let made = json!({"consentId": "c-1", "consentStatus": "received", "_links": unreadable});
    let bg = json!({"signing": {"dialect": "bg"}});
    for (approach, is_read) in [("DECOUPLED", true), ("embedded", true), ("REDIRECT", false), ("", false)] {
        let answer = Answer::json(201, &made);
        let answer = if approach.is_empty() { answer } else { answer.with("aspsp-sca-approach", approach) };
        let server = Server::in_turn([Act::Answer(answer)]).await;
        let client = client_with(&server, bg.clone());
        let called = client.call_json("nextgen_psd2.create_consent", create.clone(), CallOptions::default()).await;
        match called {
            Ok(done) => assert!(is_read && done.response["unread"][0]["path"] == "/_links/0", "{}", done.response),
            Err(error) => assert!(!is_read && error.code() == "nextgen_psd2.link_refused", "{approach}: {error}"),
        }
    }
    let foreign = json!({"scaRedirect": {"href": "https://elsewhere.example/tap"}});
    let status = json!({"scaStatus": "received", "_links": foreign});
    let consent = json!({"access": {"allPsd2": "allAccounts"}, "recurringIndicator": true, "validUntil": "2030-01-01",
        "frequencyPerDay": 4, "consentStatus": "received", "_links": foreign});
    for (operation, body) in [("get_authorisation_status", status), ("get_consent", consent)] {
        let server = Server::in_turn([Act::Answer(Answer::json(200, &body))]).await;
        let client = client_with(&server, bg.clone());
        let mut request = json!({"consent_id": "c-1"});
        if operation == "get_authorisation_status" {
            request["authorisation_id"] = json!("a-1");
        }
        let done =
            client.call_json(&format!("nextgen_psd2.{operation}"), request, CallOptions::default()).await.unwrap();
        let href = &done.response["links"]["scaRedirect"]["href"];
        assert_eq!(href, "https://elsewhere.example/tap", "{operation}: {}", done.response);
    }
}

/// An answer in ISO-8859-1 keeps its link, and the error of one that cannot be used keeps the bank's object.
#[tokio::test]
async fn a_success_in_another_encoding_keeps_its_links() {
    let with = |link: &str| {
        let text = format!(r#"{{"psuMessage":"Bj#rn","consentId":"c-1","consentStatus":"received","_links":{link}}}"#);
        let body: Vec<u8> = text.bytes().map(|byte| if byte == b'#' { 0xf8 } else { byte }).collect();
        let head =
            format!("HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
        Act::Raw([head.as_bytes(), &body].concat())
    };
    let create = json!({"access": {"all_psd2": "all_accounts"}, "recurring_indicator": false, "valid_until": "2030-01-01",
        "frequency_per_day": 1, "redirect_uri": "https://tpp.example/cb", "psu": {"ip_address": "192.0.2.1"}});
    let good = r#"{"scaRedirect":{"href":"http://127.0.0.1:1/tap"}}"#;
    let server = Server::in_turn([with(good), with(r#"["http://127.0.0.1:1/tap"]"#)]).await;
    let client = client_with(&server, json!({"signing": {"dialect": "bg"}}));
    let call = || client.call_json("nextgen_psd2.create_consent", create.clone(), CallOptions::default());
    let read = call().await.unwrap().response;
    assert_eq!((&read["sca_redirect"], &read["psu_message"]), (&json!("http://127.0.0.1:1/tap"), &json!("Bj\u{f8}rn")));
    let error = call().await.unwrap_err();
    assert_eq!((error.code(), error.detail("consent_id")), ("nextgen_psd2.link_refused", Some("c-1")));
}

/// T-148: the key that the specification publishes signs only for sandboxes.
#[test]
fn the_published_test_key_is_refused_towards_banks() {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/scenarios/data/");
    let read = |name: &str| std::fs::read_to_string(format!("{data}{name}")).unwrap();
    let with = |base_url: &str| {
        let more = json!({"certificate": read("psd2-leaf-1.cert.pem"), "private_key": null});
        NextGenPsd2::from_json(settings(base_url, more))
    };
    let error = with("https://openbanking.klp.no/api").unwrap_err();
    assert_eq!(error.code(), "configuration.invalid");
    assert_eq!(error.context().get("field").map(|field| field.as_str()), Some("certificate"));
    for sandbox in
        ["http://127.0.0.1:8080/api", "https://[::1]:1/api", "https://sandbox.example/api", "https://bank.test/api"]
    {
        assert!(with(sandbox).is_ok(), "{sandbox}");
    }
}

/// With text that is not UTF-8 or has a byte order mark, neither the code nor the link is lost.
#[tokio::test]
async fn a_refusal_in_another_encoding_is_understood() {
    let link = r#""_links":{"scaRedirect":{"href":"/tap?state=1"}}"#;
    let latin = [
        br#"{"id":"1","system":"ERA-PSD2","code":"CONSENT_INVALID","message":"kunden m"#,
        &b"\xe5\","[..],
        link.as_bytes(),
        b"}",
    ];
    let marked = [
        &b"\xef\xbb\xbf"[..],
        br#"{"id":"1","system":"ERA-PSD2","code":"CONSENT_INVALID","message":"x","#,
        link.as_bytes(),
        b"}",
    ];
    for body in [latin.concat(), marked.concat()] {
        let head = format!(
            "HTTP/1.1 401 Unauthorized\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let server = Server::in_turn([Act::Raw([head.as_bytes(), &body].concat())]).await;
        let client = client(&server);
        let error = client.get_accounts(list(&client)).await.unwrap_err();
        assert_eq!(error.code(), "nextgen_psd2.consent_needed", "{error}");
        assert!(error.detail("sca_redirect").is_some_and(|link| link.ends_with("/tap?state=1")));
    }
}
