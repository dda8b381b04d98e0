//! The reference's own messages, and forgeries that must be refused. `data/vectors.json` gives their origin.
#![allow(clippy::unwrap_used)]

use std::sync::LazyLock;

use bankchannel_crypto::{
    jws::{self, CompactJws},
    rsa::RsaPrivateKey,
    signature::{Hash, SigningKey, VerifyingKey},
};
use bankchannel_foundation::model::{Object, Value as BoundaryValue};
use bankchannel_salt_edge::class::RefusedRequest;
use bankchannel_salt_edge::envelope::{self, EnvelopeVerifier, RequiredIssuer, UnfitKeys, sign};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

/// A minute before the first of the outer messages expires.
const CLOCK: i64 = 1_732_436_063;

static VECTORS: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(include_str!("data/vectors.json")).unwrap());
static KEY: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::from_private_key(&RsaPrivateKey::generate(2048).unwrap()).unwrap());

fn key(name: &str) -> VerifyingKey {
    // One of these keys is too small to be configured, but can still be parsed.
    let pem = VECTORS["keys"][name].as_str().unwrap();
    let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    VerifyingKey::from_spki_der(&STANDARD.decode(base64).unwrap()).unwrap()
}

fn verifier(name: &str) -> EnvelopeVerifier {
    EnvelopeVerifier::new(vec![key(name)]).unwrap()
}

/// A verifier for envelopes that are signed here.
fn own() -> EnvelopeVerifier {
    EnvelopeVerifier::new(vec![VerifyingKey::from_spki_der(KEY.spki_der()).unwrap()]).unwrap()
}

fn signed(payload: &str) -> String {
    jws::sign(br#"{"alg":"RS256"}"#, payload.as_bytes(), &KEY, Hash::Sha256).unwrap()
}

/// Class, step and HTTP status of a refusal.
fn refusal(opened: Result<Object<'static>, RefusedRequest>) -> (&'static str, u8, u16) {
    let refusal = opened.unwrap_err();
    (refusal.class.name, refusal.step, refusal.class.status.unwrap())
}

fn vectors(list: &str) -> impl Iterator<Item = (&'static str, &'static str, &'static Value)> {
    VECTORS[list].as_array().unwrap().iter().map(|one| {
        let text = |name: &str| one[name].as_str().unwrap();
        (text("id"), text("jwt"), &one["payload"])
    })
}

/// SE-V01 to SE-V17: readable with the key and the clock of the reference, and not with others.
#[test]
fn the_references_messages_are_read() {
    let mut count = 0;
    for (id, jwt, payload) in vectors("outer") {
        let data = verifier("a").open(jwt, CLOCK).unwrap_or_else(|refusal| panic!("{id}: {refusal}"));
        let mut wanted = payload["data"].clone();
        if let Some(nested) = wanted.pointer_mut("/original_request/client_jwt") {
            // The page has a name in its place.
            let name = nested.as_str().unwrap().trim_start_matches("Bearer <").trim_end_matches('>').to_owned();
            let (_, jwt, _) = vectors("nested").find(|(id, ..)| *id == name).unwrap();
            *nested = json!(format!("Bearer {jwt}"));
        }
        assert_eq!(serde_json::from_str::<Value>(&BoundaryValue::Object(data).to_json()).unwrap(), wanted, "{id}");
        let expiry = payload["exp"].as_i64().unwrap();
        assert!(verifier("a").open(jwt, expiry + 29).is_ok(), "{id}");
        for late in [expiry + 30, 1_900_000_000] {
            assert_eq!(refusal(verifier("a").open(jwt, late)), ("JWTExpiredSignature", 6, 400), "{id}");
        }
        assert_eq!(refusal(verifier("b").open(jwt, CLOCK)), ("JWTVerificationError", 5, 400), "{id}");
        // During a key change both keys are accepted.
        let both = EnvelopeVerifier::new(vec![key("b"), key("a")]).unwrap();
        assert!(both.open(jwt, CLOCK).is_ok(), "{id}");
        count += 1;
    }
    assert_eq!(count, 17);
}

/// SE-N01 to SE-N03: a third party's own request has another key and no issuer.
#[test]
fn the_nested_requests_are_read() {
    for (id, jwt, payload) in vectors("nested") {
        let then = payload["exp"].as_i64().unwrap() - 60;
        let data = verifier("b").open(jwt, then).unwrap();
        let data: Value = serde_json::from_str(&BoundaryValue::Object(data).to_json()).unwrap();
        assert_eq!(data, payload["data"], "{id}");
        assert_eq!(refusal(verifier("a").open(jwt, then)).0, "JWTVerificationError", "{id}");
    }
}

/// The reference's example key has 1024 bits.
#[test]
fn keys_that_verify_nothing_are_not_configured() {
    assert_eq!(
        EnvelopeVerifier::new(vec![key("a"), key("c")]).unwrap_err(),
        UnfitKeys::Size { bits: 1024, least: 2048 }
    );
    assert_eq!(EnvelopeVerifier::new(Vec::new()).unwrap_err(), UnfitKeys::None);
}

/// A third party's key may be as short as the reference's if short keys are allowed; it then verifies its own
/// signatures only.
#[test]
fn a_short_key_counts_where_it_is_let_in() {
    let short: Value = serde_json::from_str(include_str!("data/short-key.json")).unwrap();
    let keys = || VerifyingKey::all_from_pem(short["public_key"].as_str().unwrap()).unwrap();
    let jwt = short["jwt"].as_str().unwrap();
    let data = EnvelopeVerifier::of_third_party(keys(), true).unwrap().open(jwt, CLOCK).unwrap();
    assert_eq!(BoundaryValue::Object(data).to_json(), r#"{"credentials":{"sms":"1234"}}"#);
    let unfit = EnvelopeVerifier::of_third_party(keys(), false).unwrap_err();
    assert_eq!(unfit, UnfitKeys::Size { bits: 1024, least: 2048 });
    let (head, signature) = jwt.rsplit_once('.').unwrap();
    let changed = format!("{head}.{}{}", if signature.starts_with('A') { 'B' } else { 'A' }, &signature[1..]);
    let both = EnvelopeVerifier::of_third_party(keys().into_iter().chain([key("a")]).collect(), true).unwrap();
    assert_eq!(refusal(both.open(&changed, CLOCK)), ("JWTVerificationError", 5, 400));
}

/// An expired envelope can be read if that is allowed; an envelope without an expiry cannot.
#[test]
fn what_has_expired_is_told_apart_from_what_never_says() {
    let (_, jwt, _) = vectors("outer").next().unwrap();
    let expired = verifier("a").open_expired(jwt, 1_900_000_000).unwrap().expired;
    assert_eq!(expired.unwrap().class.name, "JWTExpiredSignature");
    assert!(verifier("a").open_expired(jwt, CLOCK).unwrap().expired.is_none());
    for exp in ["", r#","exp":"x""#, r#","exp":-1"#, r#","exp":1e9"#] {
        let text = signed(&format!(r#"{{"data":{{}}{exp}}}"#));
        assert_eq!(own().open_expired(&text, CLOCK).unwrap_err().class.name, "JWTExpiredSignature", "{exp}");
    }
}

/// Another algorithm in the header is refused before any key is used.
#[test]
fn other_algorithms_are_refused() {
    let public = VECTORS["keys"]["a"].as_str().unwrap();
    let (_, good, _) = vectors("outer").next().unwrap();
    let (_, rest) = good.split_once('.').unwrap();
    for header in [
        r#"{"alg":"none"}"#,
        r#"{"alg":"HS256"}"#,
        r#"{"alg":"RS512"}"#,
        r#"{"alg":"PS256"}"#,
        r#"{"alg":"rs256"}"#,
        r#"{"alg":"RS256 "}"#,
        r#"{"alg":["RS256"]}"#,
        r#"{"alg":null}"#,
        r#"{"typ":"JWT"}"#,
        "{}",
    ] {
        let text = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header));
        assert_eq!(refusal(verifier("a").open(&text, CLOCK)), ("JWTIncorrectAlgorithm", 4, 400), "{header}");
    }
    // With the public key as the secret of an HMAC.
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#), URL_SAFE_NO_PAD.encode("{}"));
    let mac = bankchannel_crypto::digest::hmac_sha256(public.as_bytes(), &[input.as_bytes()]);
    let text = format!("{input}.{}", URL_SAFE_NO_PAD.encode(mac));
    assert_eq!(refusal(verifier("a").open(&text, CLOCK)).0, "JWTIncorrectAlgorithm");
    // Signed with RS512, labelled RS256.
    let text = jws::sign(br#"{"alg":"RS256"}"#, br#"{"data":{},"exp":1732436130}"#, &KEY, Hash::Sha512).unwrap();
    assert_eq!(refusal(own().open(&text, CLOCK)).0, "JWTVerificationError");
}

#[test]
fn what_cannot_be_read_is_refused() {
    let (_, good, _) = vectors("outer").next().unwrap();
    let parts: Vec<&str> = good.split('.').collect();
    let header = |text: &[u8]| format!("{}.{}.{}", URL_SAFE_NO_PAD.encode(text), parts[1], parts[2]);
    for (what, text) in [
        ("nothing", String::new()),
        ("one part", "e30".into()),
        ("two parts", format!("{}.{}", parts[0], parts[1])),
        ("four parts", format!("{good}.e30")),
        ("padding", format!("{}=.{}.{}", parts[0], parts[1], parts[2])),
        ("another alphabet", good.replace(['-', '_'], "+")),
        ("a blank", format!("{good} ")),
        ("no JSON", header(b"alg=RS256")),
        ("no UTF-8", header(b"{\"alg\":\"RS256\",\"x\":\"\xff\"}")),
        ("a list", header(b"[\"RS256\"]")),
        ("a member twice", header(br#"{"alg":"none","alg":"RS256"}"#)),
        ("an extension", header(br#"{"alg":"RS256","crit":["b64"],"b64":false}"#)),
        ("nesting", header(format!("{{\"alg\":\"RS256\",\"x\":{}}}", "[".repeat(10_000)).as_bytes())),
        ("size", format!("{}.{}.{}", parts[0], "A".repeat(envelope::MAX_BYTES), parts[2])),
    ] {
        assert_eq!(refusal(verifier("a").open(&text, CLOCK)), ("JWTDecodeError", 4, 400), "{what}");
    }
    // A key inside the message is ignored.
    let strange = header(br#"{"alg":"RS256","jwk":{"kty":"RSA","n":"AQAB","e":"AQAB"},"kid":"../../etc"}"#);
    assert_eq!(refusal(verifier("a").open(&strange, CLOCK)).0, "JWTVerificationError");
}

/// Correctly signed, but invalid content: `exp` is checked before `iss`, `iss` before `data`.
#[test]
fn claims_are_checked_in_their_order() {
    for exp in ["", r#","exp":null"#, r#","exp":"1732436130""#, r#","exp":1732436130.5"#, r#","exp":-1"#] {
        let text = signed(&format!(r#"{{"data":1,"iss":"other"{exp}}}"#));
        assert_eq!(refusal(own().open(&text, CLOCK)), ("JWTExpiredSignature", 6, 400), "{exp}");
    }
    for exp in [r#","exp":1e9"#, r#","exp":true"#, r#","exp":[1732436130]"#, r#","exp":9007199254740993"#] {
        let text = signed(&format!(r#"{{"data":{{}}{exp}}}"#));
        assert_eq!(refusal(own().open(&text, CLOCK)).0, "JWTExpiredSignature", "{exp}");
    }
    // A time far in the future is accepted: the specification sets no limit.
    for exp in ["1732436130", "9007199254740992"] {
        assert!(own().open(&signed(&format!(r#"{{"data":{{}},"exp":{exp}}}"#)), CLOCK).is_ok(), "{exp}");
    }
    for iss in [r#""other""#, "1", "null", r#""""#] {
        let text = signed(&format!(r#"{{"data":1,"iss":{iss},"exp":1732436130}}"#));
        assert_eq!(refusal(own().open(&text, CLOCK)), ("JWTDecodeError", 7, 400), "{iss}");
        let mut anybody = own();
        anybody.issuer = RequiredIssuer::Any;
        assert_eq!(refusal(anybody.open(&text, CLOCK)).0, "WrongRequestFormat", "{iss}");
    }
    for data in ["", r#""data":null,"#, r#""data":"{}","#, r#""data":[],"#, r#""data":1,"#] {
        let text = signed(&format!(r#"{{{data}"iss":"priora.saltedge.com","exp":1732436130}}"#));
        assert_eq!(refusal(own().open(&text, CLOCK)), ("WrongRequestFormat", 8, 400), "{data}");
    }
    for (payload, what) in [
        (r#"{"data":{},"exp":1,"exp":1732436130}"#.to_owned(), "a member twice"),
        (r#"{"data":{"a":1,"a":2},"exp":1732436130}"#.to_owned(), "a member of data twice"),
        (format!(r#"{{"data":{}}}"#, "[".repeat(5000)), "nesting"),
        ("[]".to_owned(), "a list"),
        (String::new(), "nothing"),
    ] {
        assert_eq!(refusal(own().open(&signed(&payload), CLOCK)), ("JWTDecodeError", 4, 400), "{what}");
    }
}

#[test]
fn the_leeway_may_be_none() {
    let text = signed(r#"{"data":{},"exp":1732436130}"#);
    let mut strict = own();
    strict.leeway_s = 0;
    assert!(strict.open(&text, 1_732_436_129).is_ok());
    assert_eq!(refusal(strict.open(&text, 1_732_436_130)).0, "JWTExpiredSignature");
    assert_eq!(refusal(strict.open(&text, i64::MAX)).0, "JWTExpiredSignature");
    assert!(strict.open(&text, i64::MIN).is_ok());
}

/// A signed envelope has only `data` and `exp`, and can be read again.
#[test]
fn what_is_signed_is_read() {
    let mut data = Object::new();
    data.push("session_secret", "b7k-QxC3vdA-M48pexiS");
    let text = sign(data.clone(), CLOCK + envelope::LIFETIME_S, &KEY).unwrap();
    let compact = CompactJws::split(&text).unwrap();
    assert_eq!(compact.header, br#"{"alg":"RS256"}"#);
    assert_eq!(compact.payload, br#"{"data":{"session_secret":"b7k-QxC3vdA-M48pexiS"},"exp":1732436123}"#);
    assert_eq!(own().open(&text, CLOCK).unwrap(), data);
}

/// No refusal repeats any part of the request.
#[test]
fn refusals_repeat_nothing() {
    let planted = "PlantedToken4711";
    let texts = [
        planted.to_owned(),
        format!("{planted}.{planted}.{planted}"),
        signed(&format!(r#"{{"data":"{planted}","exp":1732436130}}"#)),
        signed(&format!(r#"{{"data":{{}},"exp":"{planted}"}}"#)),
        signed(&format!(r#"{{"data":{{}},"iss":"{planted}","exp":1732436130}}"#)),
        signed(&format!(r#"{{"{planted}":1,"{planted}":2}}"#)),
        jws::sign(format!(r#"{{"alg":"{planted}"}}"#).as_bytes(), b"{}", &KEY, Hash::Sha256).unwrap(),
    ];
    for text in texts {
        let refusal = own().open(&text, CLOCK).unwrap_err();
        assert!(!format!("{refusal} {refusal:?}").contains(planted), "{refusal}");
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_answered(text in ".{0,200}", payload in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        proptest::prop_assert!(own().open(&text, CLOCK).is_err());
        let text = jws::sign(br#"{"alg":"RS256"}"#, &payload, &KEY, Hash::Sha256).unwrap();
        let _ = own().open(&text, CLOCK);
    }
}
