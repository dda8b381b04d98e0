//! What a bank's answers become.

use bankchannel::{Outcome, nextgen_psd2::NextGenPsd2};
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

/// T-124: the link as the bank wrote it, and as a browser may open it; it is never opened from here.
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
        assert_eq!((error.code(), error.outcome()), ("nextgen_psd2.link_refused", Some(Outcome::Accepted)), "{bad}");
    }
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

/// T-127: a 401 with a link is not "wrong credentials".
#[tokio::test]
async fn a_consent_that_is_wanted_comes_with_its_link() {
    let link = json!({"scaRedirect": {"href": "http://127.0.0.1:1/tap?state=1", "verbs": ["GET"]}});
    let error = refused(401, json!({"id": "1", "system": "ERA-PSD2", "code": "CONSENT_INVALID", "_links": link})).await;
    assert_eq!((error.code(), error.outcome()), ("nextgen_psd2.consent_needed", Some(Outcome::Refused)));
    let sent_to = error.context().get("sca_redirect").map(|url| url.as_str());
    assert_eq!(sent_to, Some("http://127.0.0.1:1/tap?state=1"));
    let link = json!({"scaRedirect": {"href": "https://elsewhere.example/tap"}});
    let error = refused(401, json!({"id": "1", "system": "ERA-PSD2", "code": "CONSENT_INVALID", "_links": link})).await;
    assert_eq!(error.code(), "nextgen_psd2.consent_needed");
    assert!(error.context().get("sca_redirect").is_none() && error.context().get("sca_redirect_refused").is_some());
}

/// T-128, and both error models.
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
    assert_eq!((error.code(), error.outcome()), ("peer.protocol", Some(Outcome::Accepted)));
}

/// T-148: the key that the sheet publishes signs for nobody but sandboxes.
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
