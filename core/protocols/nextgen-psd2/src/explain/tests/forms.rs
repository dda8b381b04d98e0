//! Equivalent forms of a value: changes by a client or a proxy on one side of the signature. Each pair is tried in both
//! directions: signed in one form and sent in the other.

use super::*;
use crate::signing::{DigestAlgorithm, digest_header, imf_fixdate};

/// Vector A's request with these headers, signed under these names, then changed in transit.
fn changed(headers: &[(&str, &str)], names: &[&str], change: impl FnOnce(&mut Request)) -> Request {
    let mut request = request_a();
    for (name, value) in headers {
        request.headers.set(name, (*value).to_owned());
    }
    let listed: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let text = signing_string(&listed, &request).unwrap();
    let header = request.headers.text("signature").unwrap();
    let header = header.replace("date digest x-request-id", &names.join(" "));
    let own = SignatureHeader::parse(&header, crate::signing::DuplicateParameters::Reject).unwrap().signature;
    request.headers.set("signature", header.replace(&own, &STANDARD.encode(sign(&text.bytes))));
    change(&mut request);
    request
}

/// The result for a header that was signed with one value and sent with the other.
fn value(name: &str, signed: &str, sent: &str) -> RefusalExplanation {
    let mut names = vec!["date", "digest", "x-request-id"];
    if !names.contains(&name) {
        names.push(name);
    }
    let request = changed(&[(name, signed)], &names, |request| request.headers.set(name, sent.to_owned()));
    explained(&request, API)
}

#[test]
fn values_in_another_form_of_the_same() {
    const DATE: &str = "Tue, 03 Mar 2026 10:15:30 GMT";
    const ID: &str = "4eba4445-1a4b-47b8-bdd5-4e56ef026b19";
    for (name, one, other) in [
        ("date", DATE, "Tue, 3 Mar 2026 10:15:30 GMT"),
        ("date", DATE, "Tue, 03 Mar 2026 11:15:30 +0100"),
        ("date", DATE, "Tue, 03 Mar 2026 15:45:30 +0530"),
        ("date", DATE, "Tue, 03 Mar 2026 11:15:30 GMT"),
        ("date", DATE, "Tue, 03 Mar 2026 11:15:30 CET"),
        ("date", DATE, "Tuesday, 03-Mar-26 10:15:30 GMT"),
        ("date", DATE, "Tue Mar  3 10:15:30 2026"),
        ("date", DATE, "2026-03-03T10:15:30Z"),
        ("date", DATE, "2026-03-03T11:15:30+01:00"),
        ("date", DATE, "1772532930"),
        ("x-request-id", ID, "4EBA4445-1A4B-47B8-BDD5-4E56EF026B19"),
        ("x-request-id", ID, "4eba44451a4b47b8bdd54e56ef026b19"),
        ("psu-id", "psu-7f3a91", "PSU-7F3A91"),
        ("psu-corporate-id", "Corp-42", "corp-42"),
        ("host", "bank.example", "bank.example:443"),
        ("host", "bank.example:8443", "bank.example"),
        ("host", "Bank.example", "bank.example"),
        ("content-type", "application/json", "application/json; charset=utf-8"),
        ("tpp-redirect-uri", "https://tpp.example/cb", "https://tpp.example/cb/"),
        ("tpp-redirect-uri", "https://tpp.example/cb?state=1", "https://tpp.example/cb/?state=1"),
        ("tpp-redirect-uri", "https://tpp.example", "https://tpp.example/"),
        ("tpp-redirect-uri", "https://tpp.example/cb", "https://tpp.example:443/cb"),
        ("tpp-redirect-uri", "https://tpp.example/a%2fb", "https://tpp.example/a%2Fb"),
    ] {
        for (signed, sent) in [(one, other), (other, one)] {
            // An upper-case name is not guessed from lower case: the positions of the capitals are unknown.
            if (name, sent) == ("psu-corporate-id", "corp-42")
                || (name, sent) == ("host", "bank.example") && signed == "Bank.example"
            {
                continue;
            }
            let explanation = value(name, signed, sent);
            assert_eq!(
                matched(&explanation),
                ["H-22"],
                "{name}: {sent}, signed {signed}: {:?}",
                explanation.hypotheses
            );
            let text = String::from_utf8(explanation.signed_text.clone().unwrap()).unwrap();
            assert!(text.contains(&format!("{name}: {signed}")), "{text}");
            let diff = explanation.diff.as_ref().unwrap();
            assert_eq!(diff.header, name);
            assert!(explanation.text().contains("sign each value byte for byte as it is sent"));
            if name.starts_with("psu-") {
                assert!(!explanation.hypotheses[0].text.contains("7f3a91"), "{:?}", explanation.hypotheses[0]);
            }
        }
    }
    assert_eq!(value("psu-id", "psu-7f3a91", "psu-7f3a92").hypotheses.iter().filter(|found| found.matched).count(), 0);
}

/// For an HTTP library that sets `Date` when it sends.
#[test]
fn a_date_that_was_stamped_anew() {
    for (later, words) in
        [(1, "1 second before"), (-1, "1 second after"), (120, "120 seconds before"), (-120, "120 seconds after")]
    {
        let explanation = value("date", &imf_fixdate(NOW_S), &imf_fixdate(NOW_S + later));
        assert_eq!((explanation.verdict_id(), matched(&explanation)), ("V30", vec!["H-21"]), "{later}");
        assert!(explanation.hypotheses[0].text.contains(words), "{}", explanation.hypotheses[0].text);
        assert!(explanation.text().contains("What to do: set `Date` once, before signing"));
    }
    for later in [121, -121] {
        assert!(matched(&value("date", &imf_fixdate(NOW_S), &imf_fixdate(NOW_S + later))).is_empty(), "{later}");
    }
}

#[test]
fn a_request_target_with_another_spelling() {
    const NAMES: [&str; 4] = ["(request-target)", "date", "digest", "x-request-id"];
    for (one, other, words) in [
        ("/api/v1/accounts/a%2Fb", "/api/v1/accounts/a%2fb", "percent-encoding"),
        ("/api/v1/accounts/enc!!a=", "/api/v1/accounts/enc%21%21a%3D", "percent-encoding"),
        ("/api/v1/accounts?q=a%20b", "/api/v1/accounts?q=a+b", "percent-encoding"),
        ("/api/v1/accounts", "/api/v1/accounts/", "slash"),
        ("/api/v1/accounts?a=1", "/api/v1/accounts/?a=1", "slash"),
        ("/api/v1/accounts", "/api//v1/accounts", "slash"),
    ] {
        for (signed, sent) in [(one, other), (other, one)] {
            let mut request = changed(&[], &NAMES, |_| {});
            request.target = signed.to_owned();
            let text = signing_string(&NAMES.map(str::to_owned), &request).unwrap().bytes;
            let own = SignatureHeader::parse(
                request.headers.text("signature").unwrap(),
                crate::signing::DuplicateParameters::Reject,
            );
            let header = request
                .headers
                .text("signature")
                .unwrap()
                .replace(&own.unwrap().signature, &STANDARD.encode(sign(&text)));
            request.headers.set("signature", header);
            request.target = sent.to_owned();
            let explanation = explained(&request, API);
            assert_eq!(matched(&explanation), ["H-07"], "{sent}, signed {signed}");
            let found = &explanation.hypotheses[0].text;
            assert!(found.contains(words) && found.contains(&format!("`post {signed}`")), "{found}");
            assert_eq!(explanation.signed_text.as_deref(), Some(text.as_slice()));
        }
    }
}

#[test]
fn a_request_target_with_another_method_or_scheme() {
    const NAMES: [&str; 4] = ["(request-target)", "date", "digest", "x-request-id"];
    const PATH: &str = "/api/v1/user/verification";
    // Signed for one method, sent with the other.
    for (signed, sent) in [("POST", "GET"), ("GET", "POST"), ("PUT", "POST")] {
        let mut request = request_a();
        request.method = signed.to_owned();
        let text = signing_string(&NAMES.map(str::to_owned), &request).unwrap().bytes;
        let found = explained(&target_signed(&text, sent), API);
        assert_eq!(matched(&found), ["H-07"], "{sent}, signed {signed}");
        assert!(found.hypotheses[0].text.contains("with another method"), "{}", found.hypotheses[0].text);
    }
    let rest = std::str::from_utf8(SIGNING_STRING_A).unwrap();
    for value in [
        format!("Post {PATH}"),
        format!("get {PATH}"),
        PATH.to_owned(),
        format!("post {PATH} HTTP/1.1"),
        format!("post http://sandbox.example{PATH}"),
        format!("post https://sandbox.example:443{PATH}"),
        format!("post //sandbox.example{PATH}"),
        "post https://sandbox.example/v1/user/verification".to_owned(),
    ] {
        let found = explained(&target_signed(format!("(request-target): {value}\n{rest}").as_bytes(), "POST"), API);
        assert_eq!(matched(&found), ["H-07"], "{value}");
        // The same if the line is not listed at all.
        let found = explained(&signed(format!("(request-target): {value}\n{rest}").as_bytes()), API);
        assert_eq!(matched(&found), ["H-07"], "{value}");
    }
}

/// A request that lists `(request-target)`, under a signature over this text, sent with this method.
fn target_signed(text: &[u8], method: &str) -> Request {
    let mut request = signed(text);
    let header = request.headers.text("signature").unwrap().replace("headers=\"", "headers=\"(request-target) ");
    request.headers.set("signature", header);
    request.method = method.to_owned();
    request
}

/// The digest of the plain body with the compressed body sent; and the digest of the compressed body with the plain one
/// received.
#[test]
fn a_body_compressed_on_one_side_of_its_digest() {
    const BODY: &[u8] = include_bytes!("vectors/compressed.json");
    let hex = |text: &str| HEXLOWER.decode(text.trim().as_bytes()).unwrap();
    let gzip = hex(include_str!("vectors/compressed.gzip.hex"));
    let zlib = hex(include_str!("vectors/compressed.zlib.hex"));
    let raw = zlib[2..zlib.len() - 4].to_vec();
    for (hashed, sent, words) in [
        (BODY, &gzip[..], "the body before it was compressed (gzip)"),
        (BODY, &zlib, "the body before it was compressed (deflate)"),
        (BODY, &raw, "the body before it was compressed (deflate without zlib's header)"),
        (&gzip, BODY, "the body compressed with gzip"),
        (&zlib, BODY, "the body compressed with deflate"),
        (&raw, BODY, "the body compressed with deflate, without zlib's header"),
    ] {
        for algorithm in [DigestAlgorithm::Sha256, DigestAlgorithm::Sha512] {
            let digest = digest_header(algorithm, hashed, false);
            let request = changed(&[("digest", &digest)], &["date", "digest", "x-request-id"], |request| {
                request.body = sent.to_vec().into();
            });
            let explanation = explained(&request, API);
            assert_eq!(explanation.verdict_id(), "V28", "{words}");
            assert_eq!(explanation.digest.variant.as_deref(), Some(words));
            assert!(explanation.text().contains(&format!("is that of: {words}.")), "{}", explanation.text());
        }
        // The signed text has one digest, the header the other.
        let (plain, other) = (
            digest_header(DigestAlgorithm::Sha256, hashed, false),
            digest_header(DigestAlgorithm::Sha256, sent, false),
        );
        let request = changed(&[("digest", &plain)], &["date", "digest", "x-request-id"], |request| {
            request.headers.set("digest", other);
            request.body = sent.to_vec().into();
        });
        if hashed == BODY {
            let explanation = explained(&request, API);
            assert_eq!((explanation.verdict_id(), matched(&explanation)), ("V30", vec!["H-08"]), "{words}");
            assert!(explanation.hypotheses[0].text.contains(words), "{}", explanation.hypotheses[0].text);
        }
    }
}
