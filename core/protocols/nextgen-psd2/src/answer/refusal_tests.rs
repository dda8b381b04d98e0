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
    for (body, text) in [(latin1, "Samtykke m\u{e5}"), (marked, "Samtykke m#")] {
        let refusal = BankRefusal::read(401, &body);
        assert_eq!((refusal.form, refusal.text.as_deref()), (ErrorForm::Era, Some(text)));
        let error = refusal.to_error(BASE, &[]);
        assert_eq!(error.code(), errors::CONSENT_NEEDED.code);
        assert_eq!(error.detail("sca_redirect"), Some("https://b.example/tap"));
    }
    let page = BankRefusal::read(400, b"\xef\xbb\xbf<p>\xe5</p>");
    assert_eq!((page.form, page.text.as_deref()), (ErrorForm::Other, Some("<p>\u{e5}</p>")));
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
        // The status does not unsay a code that is known.
        (429, r#"{"tppMessages":[{"code":"CONSENT_EXPIRED"}]}"#, &errors::CONSENT_INVALID, true),
        (429, r#"{"id":"1","system":"x","code":"SERVICE_BLOCKED"}"#, &errors::SERVICE_REFUSED, true),
        (429, r#"{"id":"1","system":"x","code":"CERTIFICATE_REVOKED"}"#, &errors::CERTIFICATE_REFUSED, true),
        (429, r#"{"tppMessages":[{"code":"FORMAT_ERROR"}]}"#, &errors::FORMAT_REFUSED, true),
        (429, r#"{"tppMessages":[{"code":"TOO_FAST"}]}"#, &row::RATE_LIMITED, false),
        (429, r#"{"id":"1","system":"x","code":"SYSTEM_ERROR"}"#, &row::RATE_LIMITED, false),
        // The quota in a form that no document has.
        (429, r#"{"error":{"code":"ACCESS_EXCEEDED"}}"#, quota, true),
        (429, r#"{"errors":[{"code":"ACCESS_EXCEEDED"}]}"#, quota, true),
        (429, r#"{"tppMessages":{"tppMessage":[{"code":"ACCESS_EXCEEDED"}]}}"#, quota, true),
        (429, r#"{"tppMessages":["ACCESS_EXCEEDED"]}"#, quota, true),
        (429, r#"{"tppMessages":"ACCESS_EXCEEDED"}"#, quota, true),
        (429, r#"{"error":"access_exceeded"}"#, quota, true),
        (429, r#"{"code":"ACCESS_EXCEEDED","code":"ACCESS_EXCEEDED"}"#, quota, true),
        (429, r#"{"code":"X","system":"y","tppMessages":[{"code":"ACCESS_EXCEEDED"}]}"#, quota, true),
        (503, "ACCESS_EXCEEDED: four calls a day", quota, true),
        (429, "<html>ACCESS_EXCEEDED</html>", quota, true),
        (503, "<html>later</html>", &row::UNAVAILABLE, false),
    ] {
        let refusal = read(status, body);
        let error = refusal.to_error(BASE, &[]);
        assert_eq!((error.code(), refusal.is_final()), (row.code, is_final), "{status} {body}");
    }
}

/// The text is kept wherever it is, and so is what no field is for; a warning is one in any case.
#[test]
fn the_banks_text_is_kept_in_every_form() {
    for (body, code, text, more) in [
        (r#"{"tppMessages":{"message":{"code":"X","text":"no"}}}"#, Some("X"), "no", None),
        (r#"{"tppMessages":{"message":{"text":"no"}}}"#, None, "no", None),
        (r#"{"tppMessages":[{"category":"ERROR","message":"no"}]}"#, None, "no", None),
        (r#"{"tppMessages":[{"code":"X","detail":"no"}]}"#, Some("X"), "no", None),
        (r#"{"tppMessages":[{"code":"X","title":"no"}]}"#, Some("X"), "no", None),
        (r#"{"tppMessages":["no"]}"#, None, "no", None),
        (r#"{"code":"X","message":"no"}"#, Some("X"), "no", None),
        (r#"{"error":{"code":"X","message":"no"}}"#, Some("X"), "no", None),
        (r#"{"message":"no","errors":[{"code":"X"}]}"#, Some("X"), "no", None),
        (r#"{"code":"X","system":"y","detail":"no","title":"t"}"#, Some("X"), "no", Some("title: t")),
        (
            r#"{"tppMessages":[{"category":"warning","code":"W"},{"category":"Warning","code":"V"},{"code":"X","text":"no"}]}"#,
            Some("X"),
            "no",
            None,
        ),
        (
            r#"{"tppMessages":[{"code":"X","text":"no","supportNumber":4711,"hints":{"a":[1]},"b":null,"c":""}]}"#,
            Some("X"),
            "no",
            Some(r#"supportNumber: 4711; hints: {"a":[1]}"#),
        ),
        (r#"{"type":"urn:x","title":"no","instance":"/1"}"#, None, "no", Some("instance: /1")),
    ] {
        let error = read(400, body).to_error(BASE, &[]);
        let peer = error.peer().unwrap();
        assert_eq!((peer.code.as_deref(), peer.text.as_deref()), (code, Some(text)), "{body}");
        assert_eq!(error.detail("further_members"), more, "{body}");
    }
    // Neither code nor text: the beginning of the answer is the bank's text.
    for body in [r#"{"tppMessages":[{"category":"ERROR"}]}"#, r#"{"type":"urn:x"}"#, r#"{"additionalErrors":[]}"#] {
        let refusal = read(400, body);
        assert_eq!((refusal.form, refusal.text.as_deref()), (ErrorForm::Json, Some(body)));
    }
}

/// A bank's own list may have any length; an error has not.
#[test]
fn the_further_messages_are_bounded() {
    let message = |at: u32| format!(r#"{{"code":"C{at}","text":"{}"}}"#, "x".repeat(5000));
    for (count, further) in [(1, 0), (21, 20), (22, 21), (500, 21)] {
        let messages: Vec<_> = (0..count).map(message).collect();
        let refusal = read(400, &format!(r#"{{"tppMessages":[{}]}}"#, messages.join(",")));
        assert_eq!((refusal.code.as_deref(), refusal.further.len()), (Some("C0"), further), "{count}");
        assert!(refusal.further.iter().all(|text| text.len() < 600), "{count}");
        let last = refusal.further.last().filter(|_| count > 21).cloned();
        assert_eq!(last, (count > 21).then(|| format!("… and {} more", count - 21)), "{count}");
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
        r#"[{"key":"scaRedirect","value":"https://b.example/tap"}]"#,
        r#"[{"Rel":"ScaRedirect","Href":"https://b.example/tap"}]"#,
        r#"{"link":{"rel":"scaRedirect","href":"https://b.example/tap"}}"#,
        r#"{"links":[{"rel":"self","href":"/v1/x"},{"rel":"scaRedirect","href":"https://b.example/tap"}]}"#,
        r#"{"links":{"scaRedirect":{"href":"https://b.example/tap"}}}"#,
    ] {
        let error = needed(links);
        assert_eq!(error.code(), errors::CONSENT_NEEDED.code, "{links}");
        assert_eq!(error.detail("sca_redirect"), Some("https://b.example/tap"), "{links}");
    }
    for links in [
        r#""https://b.example/tap""#,
        r#"["https://b.example/tap"]"#,
        r#"{"scaRedirect":{"uri":"/tap"}}"#,
        r#"{"scaRedirect":{"href":"","uri":"https://b.example/tap"}}"#,
        r#"{"next":{"scaRedirect":{"uri":"/tap"}}}"#,
        r#"{"next":[{"purpose":"scaRedirect","address":"https://b.example/tap"}]}"#,
    ] {
        let error = needed(links);
        assert_eq!(error.code(), errors::CONSENT_INVALID.code, "{links}");
        assert!(error.detail("sca_redirect_refused").is_some_and(|why| why.contains("_links")), "{links}");
    }
    for links in [
        "null",
        "false",
        "[]",
        "{}",
        r#"{"self":{"uri":"/tap"}}"#,
        r#"{"scaRedirect":null,"scaStatus":{"href":"/v1/x"}}"#,
        r#"{"scaRedirect":{"href":null},"scaStatus":{"href":"/v1/x"}}"#,
        r#"{"scaRedirect":{"href":"","verbs":["GET"]}}"#,
        r#"{"scaRedirect":false}"#,
        r#"[{"rel":"scaRedirect","href":null}]"#,
    ] {
        assert_eq!(needed(links).detail("sca_redirect_refused"), None, "{links}");
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_answered(status in 300u16..600, body: Vec<u8>) {
        let _ = BankRefusal::read(status, &body).to_error(BASE, &[]);
    }
}
