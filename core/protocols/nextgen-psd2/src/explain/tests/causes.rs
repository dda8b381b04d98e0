//! Other keys, paddings, encodings, key ids and bodies.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::*;
use crate::verify::VerificationMode;

/// RSA-PSS over vector A's signing string, made with `openssl dgst -sha256 -sign test-key.pem -sigopt
/// rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest`.
const PSS: &str = "jvE3ZQyU65hK37T7aws+m82mAtvz9aIV+OA6klKylFcbPD2Hmiax8RYoYiUTWbVsPf3CFFFemu5gppv8Vf9cXvYPJAtm+sBSpaZLcFyWW25x\
                   skqCySAZfcYw7KWRVPUadxRlo9Q3L4xWgEBvSUHynFx1pKi8jvnI1faTphG44YGH3xylVilikjBuuZp7RmkYxoimIJxAuN7FP1y76FKkqHVc\
                   A3bEqn5Nh5ioNQZSXCvxnpII0PqFO3A5ORE00VNNZzaMe0TYKj+iQR4qho69Dy3cMim9IEzLm6mMsBaLjaA2+8JJEadyMTNBy2Y03zDoOboG\
                   mFRzpaKBWouv0QOCfw==";

#[test]
fn algorithm_padding_and_key() {
    let other_algorithm = explained(&with("signature", "rsa-sha256", "rsa-sha512"), API);
    assert_eq!((other_algorithm.verdict_id(), matched(&other_algorithm)), ("V30", vec!["H-12"]));
    let pss = explained(&with_signature(PSS), API);
    assert_eq!((pss.verdict_id(), matched(&pss)), ("V30", vec!["H-13"]));
    assert_eq!(shown(&pss)["recovered"]["padding"], "pss-or-wrong-key");

    let mut other_key = request_a();
    other_key.headers.set("tpp-signature-certificate", AUTHORITIES[0].trim().to_owned());
    let known = [authority(1), leaf()];
    let explanation = explained(&other_key, ExplainInput { known: &known, ..API });
    assert!(matched(&explanation).contains(&"H-19"), "{:?}", explanation.hypotheses);
    assert!(matched(&explained(&other_key, API)).iter().all(|id| *id != "H-19"));
}

#[test]
fn key_ids_of_others_and_in_other_forms() {
    let certificate = leaf();
    let (known, tls_client) = ([authority(0)], authority(1));
    let issuer = KEY_ID_A.split_once(",CA=").unwrap().1;
    let named = |key_id: &str| {
        let request = with("signature", KEY_ID_A, key_id);
        explained(&request, ExplainInput { known: &known, tls_client: Some(&tls_client), ..API })
    };
    // Only the serial number is wrong: the issuer's name in another accepted form is not a cause.
    let forward = certificate.issuer().to_text(crate::certificates::NameStyle::Forward);
    assert_eq!(matched(&named(&format!("SN=DEADBEEF,CA={forward}"))), Vec::<&str>::new());
    let decimal = 0x0B3A_91F2_7C5D_4E10_u64.to_string();
    let subject = certificate.subject().to_text(crate::certificates::NameStyle::Rfc2253).replace('"', "");
    for (key_id, hypothesis, words) in [
        (format!("SN={decimal},CA={issuer}"), "H-14", "decimal"),
        (format!("SN=1,CA={issuer}"), "H-14", "issuer"),
        (format!("SN=2,CA={issuer}"), "H-14", "TLS"),
        (format!("SN=B3A91F27C5D4E10,CA={subject}"), "H-15", "subject"),
        (format!("SN=B3A91F27C5D4E10,CA={}", issuer.replace(' ', "%20")), "H-15", "%20"),
        (format!("SN=B3A91F27C5D4E10,CA={}", certificate.issuer().slash_text()), "H-15", "slash"),
    ] {
        let explanation = named(&key_id);
        assert_eq!((explanation.verdict_id(), matched(&explanation)), ("V23", vec![hypothesis]), "{key_id}");
        assert!(explanation.hypotheses[0].text.contains(words), "{key_id}: {}", explanation.hypotheses[0].text);
        assert!(explanation.text().contains("The key id and the certificate's issuer differ"), "{key_id}");
    }
}

#[test]
fn the_header_written_otherwise_is_read_through() {
    let value = request_a().headers.text("signature").unwrap().to_owned();
    let signature = STANDARD.encode(sign(&mutated("M2")));
    let mut scheme = request_a();
    scheme.headers.set("signature", format!("Signature {value}"));
    assert_eq!(matched(&explained(&scheme, API)), ["H-17"]);

    let bad = signed(&mutated("M2")).headers.text("signature").unwrap().to_owned();
    let mut authorization = request_a();
    authorization.headers.remove("signature");
    authorization.headers.push("Authorization", format!("Signature {bad}"));
    let both = explained(&authorization, API);
    assert_eq!((both.verdict_id(), matched(&both)), ("V07", vec!["H-01", "H-17"]));

    let wrap = |text: &str| format!("=?utf-8?B?{}?=", STANDARD.encode(text.as_bytes()));
    let mut twice = request_a();
    twice.headers.set("signature", wrap(&wrap(&value)));
    assert_eq!(matched(&explained(&twice, API)), ["H-18"]);

    let own = |parameter: &str, written: &str| {
        let mut request = request_a();
        request.headers.set(
            "signature",
            value.replace(&format!("{parameter}=\"{written}\""), &format!("{parameter}=\"{}\"", wrap(written))),
        );
        explained(&request, API)
    };
    // The header parses, but its content identifies nothing.
    for (parameter, written, check) in
        [("keyId", KEY_ID_A, "V23"), ("algorithm", "rsa-sha256", "V24"), ("headers", "date digest x-request-id", "V25")]
    {
        let by_parameter = own(parameter, written);
        assert_eq!((by_parameter.verdict_id(), matched(&by_parameter)), (check, vec!["H-18"]), "{parameter}");
        assert!(by_parameter.advice().unwrap().starts_with("encode the whole value once"), "{parameter}");
        assert!(by_parameter.key_id.is_some() && by_parameter.expected_signing_string.is_some());
    }
    // When decoded, the name is the issuer's in an accepted form.
    let forward = format!("SN=B3A91F27C5D4E10,CA={}", leaf().issuer().to_text(crate::certificates::NameStyle::Forward));
    let mut request = signed(&mutated("M2"));
    let changed = request.headers.text("signature").unwrap().replace(KEY_ID_A, &wrap(&forward));
    request.headers.set("signature", changed);
    assert_eq!(matched(&explained(&request, API)), ["H-01", "H-18"]);

    let url_safe = with_signature(&URL_SAFE_NO_PAD.encode(STANDARD.decode(signature.as_bytes()).unwrap()));
    let explanation = explained(&url_safe, API);
    assert_eq!((explanation.verdict_id(), matched(&explanation)), ("V29", vec!["H-01", "H-16"]));
    let short = explained(&with_signature("AAAA"), API);
    assert_eq!((short.verdict_id(), short.recovered), ("V29", Some(SignatureContent::LengthMismatch)));
}

#[test]
fn a_listed_header_that_is_not_there_is_named() {
    let mut request = signed(SIGNING_STRING_A);
    let value = request.headers.text("signature").unwrap().replace("x-request-id\"", "x-request-id psu-id\"");
    request.headers.set("signature", value);
    let explanation = explained(&request, API);
    assert_eq!((explanation.verdict_id(), matched(&explanation)), ("V25", vec!["H-06"]));
    assert!(explanation.hypotheses[0].text.contains("psu-id"));

    let value = request.headers.text("signature").unwrap();
    let old = SignatureHeader::parse(value, crate::signing::DuplicateParameters::Reject).unwrap().signature;
    let empty = STANDARD.encode(sign(&[SIGNING_STRING_A, b"\npsu-id: "].concat()));
    let value = value.replace(&old, &empty);
    request.headers.set("signature", value);
    let explanation = explained(&request, API);
    assert_eq!(matched(&explanation), ["H-06"]);
    assert!(explanation.signed_text.unwrap().ends_with(b"\npsu-id: "));
}

#[test]
fn a_changed_body_is_named() {
    let mut request = request_a();
    request.body = [&request.body[..], b"\n"].concat().into();
    let explanation = explained(&request, API);
    assert_eq!(explanation.verdict_id(), "V28");
    assert_eq!(explanation.digest.variant.as_deref(), Some("the body without its final line end"));
    let told = explanation.text();
    assert!(
        told.contains("does not fit the body of 95 bytes") && told.contains("without its final line end"),
        "{told}"
    );
}

#[test]
fn lenient_warnings_alone_explain_nothing() {
    let request =
        with("signature", KEY_ID_A, &KEY_ID_A.replace("CN=Sandbox QSEAL CA 1", "CN=Sandbox%20QSEAL%20CA%201"));
    let verifier = RequestVerifier::new(vec![authority(0)]);
    let mut policy = Policy::at(NOW_S, SigningDialect::Era);
    policy.mode = VerificationMode::Lenient;
    let verified = verifier.verify(&request, &policy);
    let explanation = explain(&request, &verified, API);
    assert_eq!((explanation.verdict_id(), explanation.hypotheses.len()), ("ok", 0));
}

/// A deviation that the lenient mode accepts is a warning and is nowhere reported as wrong.
#[test]
fn what_holds_leniently_is_not_called_wrong() {
    let text = String::from_utf8(SIGNING_STRING_A.to_vec()).unwrap().replace("SHA-256=", "");
    let mut request = signed(text.as_bytes());
    let digest = request.headers.text("digest").unwrap().replace("SHA-256=", "");
    request.headers.set("digest", digest);
    let header = request.headers.text("signature").unwrap().replace("Sandbox QSEAL CA 1", "Sandbox%20QSEAL%20CA%201");
    request.headers.set("signature", header);
    let verifier = RequestVerifier::new(vec![authority(0)]);
    let mut policy = Policy::at(NOW_S, SigningDialect::Era);
    policy.mode = VerificationMode::Lenient;
    let explanation = explain(&request, &verifier.verify(&request, &policy), API);
    let text = explanation.text();
    assert!(text.starts_with("The request is signed as it should be.\nwarning: V23: "), "{text}");
    assert!(text.contains("warning: V28: ") && text.lines().count() == 3, "{text}");
    let json = shown(&explanation);
    assert_eq!((&json["digest"]["matches"], &json["digest"]["variant"]), (&true.into(), &serde_json::Value::Null));
    assert!(json["key_id"]["issuer"].as_array().unwrap().iter().all(|part| part["same"] == true));
    // The same under rules that accept neither.
    let refused = explained(&request, API);
    assert_eq!((refused.verdict_id(), matched(&refused)), ("V23", vec!["H-15"]));
    assert!(!refused.digest.matches && refused.key_id.as_ref().unwrap().issuer.iter().any(|part| !part.same));
    let text = refused.text();
    assert!(text.contains("\nalso failed: V28: ") && text.contains("The key id and the certificate's issuer differ"));
}
