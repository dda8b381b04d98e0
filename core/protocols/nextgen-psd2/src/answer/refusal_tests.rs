//! Refusals in all formats that banks use.
#![allow(clippy::unwrap_used)]

use super::*;

const BASE: &str = "https://b.example/api";

fn read(status: u16, body: &str) -> BankRefusal {
    BankRefusal::read(status, body.as_bytes())
}

/// The schema's example, which the page prints under 400, 404 and 500.
const SCHEMA: &str = r#"{"id":"5884127160","system":"ERA-PSD2","status":400,"code":"ERROR_CODE","message":"error message appears here"}"#;

/// T-125: the documented examples (§1.5), the schema's own also under statuses that do not match it, and one with a
/// number as id.
#[test]
fn the_banks_own_form_is_read_and_the_http_status_counts() {
    for (status, body, code, row) in [
        (
            400,
            r#"{"id":"5615873375","status":400,"system":"ERA-PSD2","code":"FORMAT_ERROR"}"#,
            "FORMAT_ERROR",
            &errors::FORMAT_REFUSED,
        ),
        (
            404,
            r#"{"id":"5615873376","system":"ERA-PSD2","status":404,"code":"RESOURCE_UNKNOWN"}"#,
            "RESOURCE_UNKNOWN",
            &errors::RESOURCE_UNKNOWN,
        ),
        (
            500,
            r#"{"id":"5615873378","system":"ERA-PSD2","status":500,"code":"SYSTEM_ERROR"}"#,
            "SYSTEM_ERROR",
            &errors::BANK_FAILED,
        ),
        (
            500,
            r#"{"id":5615873378,"system":"ERA-PSD2","status":400,"code":"SYSTEM_ERROR","message":"m","more":[1]}"#,
            "SYSTEM_ERROR",
            &errors::BANK_FAILED,
        ),
        (400, SCHEMA, "ERROR_CODE", &errors::REFUSED),
        (404, SCHEMA, "ERROR_CODE", &errors::REFUSED),
        (500, SCHEMA, "ERROR_CODE", &errors::BANK_FAILED),
    ] {
        let refusal = read(status, body);
        assert_eq!((refusal.form, refusal.status, refusal.code.as_deref()), (ErrorForm::Era, status, Some(code)));
        let error = refusal.to_error(BASE, &[]);
        assert_eq!((error.code(), error.http_status()), (row.code, Some(status)));
        let id = error.peer().unwrap().request_id.clone().unwrap();
        assert!(body.contains(&id) && id.len() == 10, "{id}");
    }
}

/// T-126.
#[test]
fn every_other_form_is_read_or_kept_as_text() {
    let messages = read(
        401,
        r#"{"tppMessages":[{"category":"WARNING","code":"X"},{"category":"ERROR","code":"CERTIFICATE_REVOKE","text":"t","path":"p"}]}"#,
    );
    assert_eq!((messages.form, messages.path.as_deref()), (ErrorForm::TppMessages, Some("p")));
    assert_eq!(messages.to_error(BASE, &[]).detail("further_messages"), Some("X"));
    let several = r#"{"code":"A","type":"urn:x","additionalErrors":[{"code":"B","detail":"b"},{"code":"C"}]}"#;
    let several = read(400, several).to_error(BASE, &[]);
    assert_eq!(several.detail("further_messages"), Some("B: b; C"));
    assert_eq!(messages.to_error(BASE, &[]).code(), errors::CERTIFICATE_REFUSED.code);
    let problem = read(403, r#"{"type":"urn:x","title":"T","code":"SERVICE_BLOCKED"}"#);
    assert_eq!((problem.form, problem.text.as_deref()), (ErrorForm::Problem, Some("T")));
    let page = read(502, "<html>\u{7}Bad Gateway</html>");
    assert_eq!((page.form, page.text.as_deref()), (ErrorForm::Other, Some("<html>Bad Gateway</html>")));
    assert_eq!(page.to_error(BASE, &[]).code(), "peer.unavailable");
    assert_eq!(read(418, "").to_error(BASE, &[]).code(), errors::REFUSED.code);
    assert_eq!(read(418, r#"{"error":"teapot"}"#).to_error(BASE, &[]).code(), errors::REFUSED.code);
    assert_eq!(
        read(400, r#"{"code":"SOMETHING_NEW"}"#).to_error(BASE, &[]).peer().unwrap().code.as_deref(),
        Some("SOMETHING_NEW")
    );
}

#[test]
fn what_stands_before_the_bank_is_not_the_bank() {
    for (status, body, row) in [
        (403, "<html>Access denied</html>", &row::HTTP_STATUS),
        (404, "404 page not found", &row::HTTP_STATUS),
        (429, "<html>slow down</html>", &row::RATE_LIMITED),
        (302, "", &row::REDIRECTED),
        (307, "{}", &row::REDIRECTED),
    ] {
        let error = read(status, body).to_error(BASE, &[]);
        assert_eq!((error.code(), error.http_status()), (row.code, Some(status)), "{status} {body}");
    }
    let page = read(403, "<html>Access denied</html>").to_error(BASE, &[]);
    assert_eq!(page.peer().and_then(|peer| peer.text.as_deref()), Some("<html>Access denied</html>"));
}

#[test]
fn a_body_that_is_not_clean_utf_8_keeps_code_and_link() {
    let body = r#"{"code":"CONSENT_INVALID","system":"ERA-PSD2","message":"Samtykke m#","_links":{"scaRedirect":{"href":"https://b.example/tap"}}}"#;
    let latin1: Vec<u8> = body.bytes().map(|byte| if byte == b'#' { 0xe5 } else { byte }).collect();
    let marked = format!("\u{feff}{body}").into_bytes();
    for (body, text) in [(latin1, "Samtykke m\u{fffd}"), (marked, "Samtykke m#")] {
        let refusal = BankRefusal::read(401, &body);
        assert_eq!((refusal.form, refusal.text.as_deref()), (ErrorForm::Era, Some(text)));
        let error = refusal.to_error(BASE, &[]);
        assert_eq!(error.code(), errors::CONSENT_NEEDED.code);
        assert_eq!(error.detail("sca_redirect"), Some("https://b.example/tap"));
    }
    let page = BankRefusal::read(400, b"\xef\xbb\xbf<p>\xe5</p>");
    assert_eq!((page.form, page.text.as_deref()), (ErrorForm::Other, Some("<p>\u{fffd}</p>")));
}

/// T-127 and T-128.
#[test]
fn a_missing_consent_and_a_revoked_one_differ() {
    let needed_at = |href: &str| {
        read(
            401,
            &format!(
                r#"{{"code":"CONSENT_INVALID","system":"ERA-PSD2","_links":{{"scaRedirect":{{"href":"{href}"}}}}}}"#
            ),
        )
    };
    let needed = needed_at("https://b.example/tap?a, b");
    let error = needed.to_error(BASE, &[]);
    assert_eq!(
        (error.code(), error.detail("sca_redirect")),
        (errors::CONSENT_NEEDED.code, Some("https://b.example/tap?a,%20b"))
    );
    for href in ["javascript:alert(1)", "https://evil.example/tap"] {
        let evil = needed_at(href).to_error(BASE, &[]);
        assert_eq!((evil.code(), evil.detail("sca_redirect")), (errors::CONSENT_NEEDED.code, None));
        assert!(evil.detail("sca_redirect_refused").is_some());
    }
    let revoked = read(403, r#"{"code":"CONSENT_UNKNOWN","system":"ERA-PSD2"}"#);
    assert_eq!(revoked.to_error(BASE, &[]).code(), errors::CONSENT_UNKNOWN.code);
}

/// Programs that convert XML write a list of one as its object; some banks leave the object around the list out.
#[test]
fn messages_in_every_form_keep_their_code() {
    let message = r#"{"category":"ERROR","code":"CONSENT_INVALID","text":"t","path":"p"}"#;
    for body in [
        format!(r#"{{"tppMessages":[{message}]}}"#),
        format!(r#"{{"tppMessages":{message}}}"#),
        format!(r#"{{"tppMessage":{message}}}"#),
        format!(r#"{{"tppMessages":["x",{message}]}}"#),
        format!("[{message}]"),
        r#"{"type":"urn:x","additionalErrors":[{"code":"CONSENT_INVALID","detail":"t"}]}"#.to_owned(),
        r#"{"additionalErrors":{"code":"CONSENT_INVALID","title":"t"}}"#.to_owned(),
    ] {
        let refusal = read(401, &body);
        let error = refusal.to_error(BASE, &[]);
        assert_eq!((refusal.code.as_deref(), error.code()), (Some("CONSENT_INVALID"), "nextgen_psd2.consent_invalid"));
        assert_eq!(refusal.text.as_deref(), Some("t"), "{body}");
    }
    for body in [r#"{"tppMessages":"x"}"#, r#"{"tppMessages":[]}"#, r#"[{"x":1}]"#, "[]"] {
        let refusal = read(400, body);
        assert_eq!((refusal.form, refusal.code, refusal.text.as_deref()), (ErrorForm::Json, None, Some(body)));
    }
}

/// The day's quota is found wherever it is said, and ends the call; a status alone does not.
#[test]
fn a_refusal_by_the_banks_own_code_is_final() {
    let quota = &errors::ACCESS_EXCEEDED;
    for (status, body, row, is_final) in [
        (429, r#"{"tppMessages":[{"category":"ERROR","code":"ACCESS_EXCEEDED"}]}"#, quota, true),
        (429, r#"{"tppMessages":{"code":"ACCESS_EXCEEDED"}}"#, quota, true),
        (429, r#"{"tppMessages":[{"code":"FORMAT_ERROR"},{"code":"ACCESS_EXCEEDED"}]}"#, quota, true),
        (429, r#"{"tppMessages":[{"category":"WARNING","code":"ACCESS_EXCEEDED"}]}"#, quota, true),
        (429, r#"{"id":"1","system":"x","status":429,"code":"ACCESS_EXCEEDED"}"#, quota, true),
        (503, r#"{"id":"1","system":"x","code":"access_exceeded"}"#, quota, true),
        (429, r#"{"type":"urn:x","code":"ACCESS_EXCEEDED"}"#, quota, true),
        (500, r#"{"type":"urn:x","code":"X","additionalErrors":[{"code":"ACCESS_EXCEEDED"}]}"#, quota, true),
        (500, r#"{"tppMessages":[{"code":"CONSENT_INVALID"}]}"#, &errors::CONSENT_INVALID, true),
        (429, r#"{"tppMessages":[{"code":"SOMETHING_NEW"}]}"#, &row::RATE_LIMITED, false),
        (503, r#"{"tppMessages":[{"code":"SERVICE_UNAVAILABLE"}]}"#, &row::UNAVAILABLE, false),
        (500, r#"{"id":"1","system":"x","code":"SYSTEM_ERROR"}"#, &errors::BANK_FAILED, false),
        (429, "", &row::RATE_LIMITED, false),
        (503, "<html>later</html>", &row::UNAVAILABLE, false),
    ] {
        let refusal = read(status, body);
        let error = refusal.to_error(BASE, &[]);
        assert_eq!((error.code(), refusal.is_final()), (row.code, is_final), "{status} {body}");
    }
}

/// A refusal whose links cannot be read says so; one with a list of links keeps its link.
#[test]
fn links_of_a_refusal_in_other_forms() {
    let needed = |links: &str| {
        read(401, &format!(r#"{{"code":"CONSENT_INVALID","system":"ERA-PSD2","_links":{links}}}"#)).to_error(BASE, &[])
    };
    for links in [
        r#"[{"scaRedirect":{"href":"https://b.example/tap"}}]"#,
        r#"[{"rel":"scaRedirect","href":"https://b.example/tap"}]"#,
    ] {
        let error = needed(links);
        assert_eq!(error.code(), errors::CONSENT_NEEDED.code, "{links}");
        assert_eq!(error.detail("sca_redirect"), Some("https://b.example/tap"), "{links}");
    }
    for links in [r#""https://b.example/tap""#, r#"["https://b.example/tap"]"#, r#"{"scaRedirect":{"uri":"/tap"}}"#] {
        let error = needed(links);
        assert_eq!(error.code(), errors::CONSENT_INVALID.code, "{links}");
        assert!(error.detail("sca_redirect_refused").is_some_and(|why| why.contains("_links")), "{links}");
    }
    for links in ["null", "[]", "{}", r#"{"self":{"uri":"/tap"}}"#] {
        assert_eq!(needed(links).detail("sca_redirect_refused"), None, "{links}");
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_answered(status in 300u16..600, body: Vec<u8>) {
        let _ = BankRefusal::read(status, &body).to_error(BASE, &[]);
    }
}
