//! The content of the signature apart from a hash of the expected text, and the key that made it.

use super::super::candidates::{self, GuessBasis};
use super::super::recovered::HashGoal;
use super::*;
use crate::certificates::{AuthorityOptions, CertificateKind, IssueOptions, NewCertificateKey, TestAuthority};

/// The SHA-256 of vector A's signing string, signed with `openssl pkeyutl -sign -inkey test-key.pem -pkeyopt
/// rsa_padding_mode:pkcs1`, which does not write a DigestInfo.
const BARE_HASH: &str = "wmPBa9uffgMO6nl2FnN+LWWGMVrWSWDmd6AymkoOjttQ3pCfHACvcgvCHbFFlPa5JojzFZgLmsEQwjPC+8hVSqwEOEjJHoQHdg8fIGQb4ZeK\
     dgpF2q8qBLtyDlBCqK+9sUh5clITdi43Z5q6B5JN+WN6vv/aQPDnoBT3P9YI0CIiloD4toVZc47nNzhJtZtf7GAlxc3OiSbX+pF8ee3ceb3WYQps3Y40DUnTjKdV\
     3i0oSodON6aFVMBT9b2dn7oaEfEDOh6ihG2FYht5cpZe4WyFX0Y5CAXQozk8rE/XgDKFoAzzUCw7ooGQhQAccV23rp+pV51/aE3GnkbCuXTseQ==";
/// Vector A's signing string itself, signed with `openssl rsautl -sign -inkey test-key.pem`.
const BARE_TEXT: &str = "vBNe3NNNcA78sX5UbUScSdG4FG0kLNaCZL/bhLh1kxg9/wZuq9CBBHV1y5eWiX//pPuF3fdfq38W+HvPbYz1OLy9ybhLgumc91dkHy0m+uae\
     hWSThlpugb9KM2VqqKU1ZysYKyM/0qfGun7hxBBM/1ZImgq3fdN8FgLpw9+9mmODbkoXJhmkNDMHsdatF78BJRbs27ABw56BpG62EtiQsyfMhT/v3kucahSoR/fY\
     M41IvXCFr+rKbjr0xI7fmW2TUejclq5KM6GAuu45cnwm6hmBjRCPw/Ktte5VpDHEqjZGmevHP8h+ntRs6fu+ubHH9UoVLU+W5x1DSmeg5WpbxQ==";
/// `no text that anybody expects`, signed like the hash above.
const BARE_OTHER: &str = "FrhBnFFfhDsahOje9r5krsHNMOs43qN4PkelFTh2DTeohkzJZgqTzxrEM71sJKbZRUPsh3OJISTApAzgHN7poj40tL+Nr0Erc0k9RWJeK5Te\
     P+xUMK2Afh+3Uq9/LK1Tjyc2aHUNmHXNSeW2c1ZjAYMmhkNHtU22QJHLdh36txxkUr2gHIWu7XFoWl6tUveJLYoWExfDqJBvq2xTEaeP0KuZhDMeBr/ZkRLuIJQk\
     bBRRxT/r90jUJirMrm8JHFANXkI299ogyWIpdIJtaxNK6qsJ8zQWuCEqFyBa6LMQW8rFhBL9ruwL4WxmYxGM6YQrnNq07wcomrfkld9E/Vnu+w==";

#[test]
fn a_hash_or_a_text_signed_without_a_digest_info_is_not_a_wrong_key() {
    let hash = Hash::Sha256.digest(SIGNING_STRING_A);
    for (signature, value, words) in
        [(BARE_HASH, hash.as_slice(), "the SHA-256 hash was signed"), (BARE_TEXT, SIGNING_STRING_A, "the text itself")]
    {
        let known = [authority(0)];
        let explanation = explained(&with_signature(signature), ExplainInput { known: &known, ..API });
        assert_eq!((explanation.verdict_id(), matched(&explanation)), ("V30", vec!["H-11"]));
        let found = &explanation.hypotheses[0].text;
        assert!(found.contains(words) && found.contains("the key fits the certificate"), "{found}");
        assert!(explanation.hypotheses.iter().all(|tried| tried.id != "H-13" && tried.id != "H-19"));
        assert_eq!(explanation.recovered, Some(SignatureContent::Pkcs1 { hash: "none", value: value.to_vec() }));
        let (text, json) = (explanation.text(), shown(&explanation));
        assert!(text.contains("DigestInfo itself") && !text.contains("not made with"), "{text}");
        assert_eq!((&json["recovered"]["padding"], &json["recovered"]["hash"]), (&"pkcs1-v1_5".into(), &"none".into()));
        assert_eq!(json["recovered"]["value"], HEXLOWER.encode(value));
    }
    let other = explained(&with_signature(BARE_OTHER), API);
    assert_eq!((other.verdict_id(), matched(&other)), ("V30", vec![]));
    let text = other.text();
    assert!(text.contains("The key fits the certificate, but the signed value is neither a hash"), "{text}");
}

#[test]
fn the_usual_mistakes_are_found_without_a_digest_info_too() {
    let request = request_a();
    let listed = ["date", "digest", "x-request-id"].map(str::to_owned);
    let fields = candidates::fields(&signing_string(&listed, &request).unwrap());
    let basis = GuessBasis { request: &request, fields: &fields, base_path: "/api" };
    let crlf = mutated("M3");
    let hex = HEXLOWER.encode(&Hash::Sha256.digest(SIGNING_STRING_A)).into_bytes();
    for (value, id) in [
        (Hash::Sha256.digest(&crlf), "H-02"),
        (Hash::Sha512.digest(&crlf), "H-02"),
        (crlf, "H-02"),
        (Hash::Sha512.digest(&mutated("M10")), "H-08"),
        (hex, "H-11"),
    ] {
        let solution = candidates::solve(&basis, HashGoal { hash: "none", value: &value }).unwrap();
        assert_eq!(solution.hypotheses.iter().map(|found| found.id.as_str()).collect::<Vec<_>>(), [id]);
    }
    assert!(candidates::solve(&basis, HashGoal { hash: "none", value: b"" }).is_none());
}

#[test]
fn a_name_that_states_the_hash_or_none_contradicts_none() {
    let named = |name: &str| explained(&with("signature", "rsa-sha256", name), API);
    for name in ["SHA256withRSA", "RS256", "rsa_sha256", "RSA-SHA-256", "hs2019", "rsa"] {
        let explanation = named(name);
        assert_eq!((explanation.verdict_id(), matched(&explanation)), ("V24", vec![]), "{name}");
        assert!(explanation.text().contains("What to do: sign with rsa-sha256"), "{name}");
    }
    for name in ["SHA512withRSA", "RS512", "rsa-sha1", "rsa_sha384"] {
        assert_eq!(matched(&named(name)), ["H-12"], "{name}");
    }
    let without = explained(&with("signature", "algorithm=\"rsa-sha256\",", ""), API);
    assert_eq!((without.verdict_id(), matched(&without)), ("V12", vec![]));
}

/// The certificate sent has a longer key than the one that signed.
#[test]
fn a_known_key_of_another_size_is_recognised() {
    let authority = TestAuthority::create(&AuthorityOptions::new("Sandbox QSEAL CA", NOW_S)).unwrap();
    let issued = authority
        .issue(&IssueOptions { key: NewCertificateKey::Rsa(3072), ..IssueOptions::new(CertificateKind::Qseal, NOW_S) })
        .unwrap();
    let sent = Certificate::from_pem(&issued.certificate_pem).unwrap();
    let (known, signer) = ([leaf()], leaf());
    for text in [SIGNING_STRING_A.to_vec(), mutated("M2")] {
        let mut request = signed(&text);
        request.headers.set("tpp-signature-certificate", sent.base64().to_owned());
        for input in [ExplainInput { known: &known, ..API }, ExplainInput { tls_client: Some(&signer), ..API }] {
            let explanation = explained(&request, input);
            assert_eq!(explanation.recovered, Some(SignatureContent::LengthMismatch));
            assert!(matched(&explanation).contains(&"H-19"), "{:?}", explanation.hypotheses);
            assert_eq!(matched(&explanation).contains(&"H-01"), text != SIGNING_STRING_A);
            let of_length = explanation.checks.iter().find(|check| check.rule.id == "V29").unwrap();
            assert_eq!(of_length.status, CheckStatus::Failed);
            let found = super::super::hypotheses::cause("V29", &explanation.hypotheses).unwrap();
            assert_eq!(found.id, "H-19");
        }
        assert!(!matched(&explained(&request, API)).contains(&"H-19"));
    }
}
