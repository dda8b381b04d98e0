//! The explanation as JSON and as text: its format, its size limit, and data that it must not contain.

use super::*;
use crate::signing::vectors::request_b;

#[test]
fn the_sheets_sample_is_answered_as_printed() {
    let text = mutated("M10");
    let input = ExplainInput { client_signing_string: Some(&text), ..API };
    let json = shown(&explained(&signed(&text), input));
    let members: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "verdict",
        "text",
        "advice",
        "refused",
        "checks",
        "expected_signing_string",
        "actual_signing_string",
        "signed_text",
        "client_text_was_signed",
        "diff",
        "recovered",
        "hypotheses",
        "digest",
        "key_id",
    ];
    assert_eq!(members, expected);
    assert_eq!(json["verdict"], "V30");
    let mut diff = json["diff"].clone();
    diff.as_object_mut().unwrap().remove("lines");
    let sample: Value = serde_json::from_str(
        r#"{"offset":44,"line":2,"column":9,"header":"digest","expected":{"hex":"53","text":"S"},
            "actual":{"hex":"73","text":"s"},"expected_context":":30 GMT\\ndigest: SHA-256=de4rLSCV",
            "actual_context":":30 GMT\\ndigest: sha-256=de4rLSCV","trailing_newline":false,"crlf":false,"bom":false}"#,
    )
    .unwrap();
    assert_eq!(diff, sample);
    assert_eq!(json["recovered"]["padding"], "pkcs1-v1_5");
    assert_eq!(json["hypotheses"][0]["id"], "H-08");
    let said = "the signed text used the digest token 'sha-256=', the header sent says 'SHA-256='";
    assert_eq!(json["hypotheses"][0]["text"], said);
    assert_eq!(json["expected_signing_string"], STANDARD.encode(SIGNING_STRING_A));
    assert_eq!(json["signed_text"], json["actual_signing_string"]);
    assert_eq!(json["signed_text"], STANDARD.encode(&text));
    assert_eq!(json["client_text_was_signed"], true);
    assert_eq!(json["advice"], json["hypotheses"][0]["advice"]);
    assert!(json["advice"].as_str().unwrap().starts_with("compute the Digest header once"));
    assert_eq!(json["hypotheses"][1]["advice"], Value::Null);
    assert_eq!(json["key_id"]["serial"]["same"], true);
    assert!(json["key_id"]["issuer"].as_array().unwrap().iter().all(|part| part["same"] == true));
    assert_eq!((&json["digest"]["matches"], &json["digest"]["body_length"]), (&Value::Bool(true), &Value::from(94)));
}

#[test]
fn people_are_told_what_to_do_and_shown_the_byte() {
    let text = explained(&signed(&mutated("M3")), API).text();
    assert!(text.starts_with("V30 failed: ") && text.contains("What to do: join the lines with a single LF"), "{text}");
    assert!(text.contains("    1 - date: Tue, 03 Mar 2026 10:15:30 GMT\\n\n"), "{text}");
    assert!(text.contains("      + date: Tue, 03 Mar 2026 10:15:30 GMT\\r\\n\n"), "{text}");
    let mark = text.lines().find(|line| line.contains('^')).unwrap();
    assert_eq!(mark.find('^'), Some(8 + 35), "{text}");
    assert!(text.contains("  H-02  "), "{text}");
    assert_eq!(explained(&request_a(), API).text(), "The request is signed as it should be.\n");
}

#[test]
fn nothing_secret_is_in_the_output() {
    for number in 1..=14 {
        let id = &format!("M{number}");
        let request = signed(&mutated(id));
        let explanation = explained(&request, API);
        let json = shown(&explanation).to_string();
        let output = format!("{json}{}{explanation:?}", explanation.text());
        let signature = STANDARD.encode(sign(&mutated(id)));
        for secret in ["nJ9X7+BPj1pltpnbHHdyONWHa0TO8kBlTHSd0J4XkO8", "00000000000\"", "PRIVATE KEY", &signature] {
            assert!(!output.contains(secret), "{id} shows {secret}");
        }
        for line in TEST_KEY.lines().filter(|line| !line.is_empty()) {
            assert!(!output.contains(line), "{id}");
        }
        let json_form = STANDARD.decode(b"nJ9X7+BPj1pltpnbHHdyONWHa0TO8kBlTHSd0J4XkO8=").unwrap();
        assert!(!output.contains(&HEXLOWER.encode(&json_form)), "{id}");
    }
}

#[test]
fn the_output_has_a_limit() {
    let mut request = request_b();
    let long = "x".repeat(15_000);
    request.headers.set("psu-id", long.clone());
    request.headers.set("psu-corporate-id", long);
    let text = "y\n".repeat(16_000);
    let explanation = explained(&request, ExplainInput { client_signing_string: Some(text.as_bytes()), ..API });
    assert_eq!(explanation.diff.as_ref().map(|diff| diff.line), Some(1));
    assert!(explanation.text().len() <= 64 * 1024);
    // Each byte of this text takes four characters to show.
    let shown = "\u{1}".repeat(8000) + "\n";
    let client = ExplainInput { client_signing_string: Some(&shown.repeat(4).into_bytes()), ..API };
    let text = explained(&signed(SIGNING_STRING_A), client).text();
    assert!(text.contains("\\x01…\n") && text.lines().all(|line| line.chars().count() < 5000), "{}", text.len());
    let lines = "\u{1}".repeat(150) + "\n";
    let client = ExplainInput { client_signing_string: Some(&lines.repeat(200).into_bytes()), ..API };
    let text = explained(&signed(&mutated("M2")), client).text();
    assert!(text.len() <= 64 * 1024 && text.ends_with("\n…\n"), "{}", text.len());
}

/// A bank reports the first check that failed; the developer who fixes the request needs to know the others.
#[test]
fn every_check_that_failed_is_named() {
    let mut text = SIGNING_STRING_A.to_vec();
    text[120] ^= 1;
    let request = signed(&text);
    let nobody = RequestVerifier::default().verify(&request, &Policy::at(NOW_S, SigningDialect::Era));
    let told = explain(&request, &nobody, API).text();
    assert!(told.starts_with("V17 failed: "), "{told}");
    assert!(told.contains("\nalso failed: V30: signature does not match the signing string\n"), "{told}");
    assert!(told.contains("The key fits the certificate, but another text was signed"), "{told}");
    assert!(!explained(&request, API).text().contains("also failed"));
    // The signed text is right, whatever else is wrong.
    let late =
        RequestVerifier::new(vec![authority(0)]).verify(&request_a(), &Policy::at(NOW_S + 999, SigningDialect::Era));
    let told = explain(&request_a(), &late, API).text();
    assert!(told.starts_with("V31 failed: ") && !told.contains("another text was signed"), "{told}");
}

/// Text that is no request is explained in the form of every explanation, with the status that the bank answers.
#[test]
fn what_was_not_read_has_the_same_form() {
    let (head, body) = ("x".repeat(20_000), "x".repeat(1024 * 1024 + 1));
    for (text, verdict, http_status) in [
        ("nonsense".to_owned(), "V02", 400),
        ("GET / HTTP/1.1\nTransfer-Encoding: chunked\nContent-Length: 3\n\n".to_owned(), "V03", 400),
        (format!("GET / HTTP/1.1\na: {head}\n\n"), "V01", 431),
        (format!("POST / HTTP/1.1\n\n{body}"), "V01", 413),
    ] {
        let check = unreadable(&Request::parse(text.as_bytes()).unwrap_err());
        let explained = ExplainRequestResponse::unread(&check);
        assert!(explained.text.starts_with(&format!("{verdict} failed: line ")), "{}", explained.text);
        assert_eq!((explained.verdict.as_str(), explained.checks.len()), (verdict, 1));
        assert_eq!(explained.refused.as_ref().map(|refused| refused.http_status), Some(http_status));
        let json = write_boundary(explained);
        let read: ExplainRequestResponse = bankchannel_foundation::model::read_boundary(json.clone()).unwrap();
        assert_eq!(write_boundary(read), json);
        let ended = RequestCheck { text: "it is wrong.".into(), ..check };
        assert_eq!(ExplainRequestResponse::unread(&ended).text, format!("{verdict} failed: it is wrong."));
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn any_request_is_answered(head in "([A-Za-z-]{1,12}: [ -~]{0,40}\n){0,6}", body: Vec<u8>, client: Vec<u8>) {
        let text = [b"POST /x HTTP/1.1\n", head.as_bytes(), b"\n", &body].concat();
        if let Ok(request) = Request::parse(&text) {
            let explanation = explained(&request, ExplainInput { client_signing_string: Some(&client), ..API });
            let _ = (shown(&explanation), explanation.text());
        }
    }

    #[test]
    fn any_signature_header_is_answered(names in "[a-z() -]{0,60}", signature in "[A-Za-z0-9+/=_-]{0,400}") {
        let value = format!("keyId=\"{KEY_ID_A}\",algorithm=\"rsa-sha256\",headers=\"{names}\",signature=\"{signature}\"");
        let mut request = request_a();
        request.headers.set("signature", value);
        let explanation = explained(&request, API);
        let _ = (shown(&explanation), explanation.text());
    }
}

/// T-113: the explanation never contains the hash of the personal identifier in the body, nor a key.
#[test]
fn neither_the_body_nor_a_key_is_shown() {
    let secret = "nJ9X7+BPj1pltpnbHHdyONWHa0TO8kBlTHSd0J4XkO8=";
    let other_body = |from: &str, to: &str| {
        let mut request = request_a();
        request.body = String::from_utf8(request.body.to_vec()).unwrap().replacen(from, to, 1).into();
        request
    };
    let mut requests: Vec<Request> =
        (1..=14).map(|number| signed(&mutated(&format!("M{number}")))).chain([with_signature("x")]).collect();
    requests.extend([other_body(",", ", "), other_body("psu-7f3a91", "psu-7f3a92"), other_body("{", "")]);
    requests.push(with("digest", "SHA-256=", "SHA-512="));
    for request in requests {
        assert!(request.body.windows(secret.len()).any(|part| part == secret.as_bytes()));
        let client = mutated("M10");
        for client_signing_string in [None, Some(client.as_slice())] {
            let explanation = explained(&request, ExplainInput { client_signing_string, ..API });
            let shown = shown(&explanation).to_string() + &explanation.text();
            assert!(shown.len() > 1000, "{shown}");
            let words = TEST_KEY.lines().filter(|line| !line.starts_with("---")).chain([secret, "PRIVATE KEY"]);
            for word in words {
                assert!(!shown.contains(word), "{word}: {shown}");
            }
            // Nor the hash's bytes in another encoding, nor the base64 of a whole body.
            for written in
                [HEXLOWER.encode(&STANDARD.decode(secret.as_bytes()).unwrap()), STANDARD.encode(&request.body)]
            {
                assert!(!shown.contains(&written), "{written}: {shown}");
            }
        }
    }
}
