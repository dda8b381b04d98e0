//! Refusals and their texts: critical parts, algorithms and sizes, text around the armor.
#![allow(clippy::unwrap_used)]

mod support;

use bankchannel_openpgp::{
    BadReason, GeneratedAlgorithm, HashAlgorithm, OpenPgpError, OpenPgpPublicKey, PublicKeyLimits, SignatureResult,
    VerifyPolicy, encrypt, limits, parse_signatures, sign_detached, verify_detached, without_leading_text,
};
use sequoia_openpgp as openpgp;
use support::{Gpg, now, our_key};

use openpgp::cert::{CertBuilder, CipherSuite};
use openpgp::serialize::SerializeInto;
use openpgp::serialize::stream::{Armorer, Message, Signer};

const DOCUMENT: &[u8] = b"<Document/>";

fn verdict(signature: &[u8], key: &OpenPgpPublicKey) -> SignatureResult {
    let verdict = verify_detached(signature, &[key], DOCUMENT, now(), &VerifyPolicy::default()).unwrap();
    verdict.results.into_iter().next().unwrap()
}

#[track_caller]
fn bad(signature: &[u8], key: &OpenPgpPublicKey) -> BadReason {
    match verdict(signature, key) {
        SignatureResult::Bad { reason, .. } => reason,
        other => panic!("{other:?}"),
    }
}

/// A notation marked as critical forbids relying on the signature without knowing it: gpg refuses it too.
#[test]
fn a_critical_notation_is_refused_and_another_is_not() {
    let gpg = Gpg::new();
    let key = gpg.generate("c <c@example.test>", "ed25519", "sign", "never", &[]);
    let public = gpg.export(&key);
    let signed = |options: &[&str]| gpg.sign(&key, DOCUMENT, options);
    for accepted in [
        &["--sig-notation", "limit@example.test=1000"][..],
        &["--sig-policy-url", "https://example.test/policy"],
        &["--sig-policy-url", "!https://example.test/policy"],
        &["--default-sig-expire", "1d"],
        &["--sender", "c@example.test"],
    ] {
        assert!(matches!(verdict(&signed(accepted), &public), SignatureResult::Good { .. }), "{accepted:?}");
    }
    let critical = signed(&["--sig-notation", "!limit@example.test=1000"]);
    assert_eq!(bad(&critical, &public), BadReason::UnknownCritical);
    let critical = String::from_utf8(critical).unwrap();
    assert!(!gpg.verify(&critical, DOCUMENT).status.success(), "gpg takes it");
}

/// Unknown types of subpackets, or types that do not concern a document, marked as critical.
#[test]
fn any_critical_subpacket_that_is_not_judged_is_refused() {
    use openpgp::packet::signature::SignatureBuilder;
    use openpgp::packet::signature::subpacket::{Subpacket, SubpacketTag, SubpacketValue};
    use openpgp::types::{KeyFlags, SignatureType};
    let (cert, _) = CertBuilder::new().add_userid("critical").add_signing_subkey().generate().unwrap();
    let public = OpenPgpPublicKey::from_armored(&cert.armored().to_vec().unwrap(), PublicKeyLimits::default()).unwrap();
    let key = cert.keys().subkeys().next().unwrap().key().clone().parts_into_secret().unwrap();
    let unknown = |tag: u8| SubpacketValue::Unknown { tag: SubpacketTag::from(tag), body: vec![1, 2, 3] };
    for value in [unknown(99), unknown(105), SubpacketValue::KeyFlags(KeyFlags::new([0xff, 0xff]))] {
        for (is_critical, hashed) in [(false, true), (true, true), (true, false)] {
            let mut pair = key.clone().into_keypair().unwrap();
            let mut builder = SignatureBuilder::new(SignatureType::Binary);
            let subpacket = Subpacket::new(value.clone(), is_critical).unwrap();
            let area = if hashed { builder.hashed_area_mut() } else { builder.unhashed_area_mut() };
            area.add(subpacket).unwrap();
            let signature = builder.sign_message(&mut pair, DOCUMENT).unwrap();
            let packet = openpgp::Packet::from(signature);
            let mut writer = openpgp::armor::Writer::new(Vec::new(), openpgp::armor::Kind::Signature).unwrap();
            openpgp::serialize::Serialize::serialize(&packet, &mut writer).unwrap();
            let armored = writer.finalize().unwrap();
            match verdict(&armored, &public) {
                SignatureResult::Good { .. } => assert!(!is_critical, "{value:?} {hashed}"),
                SignatureResult::Bad { reason, .. } => {
                    assert!(is_critical && reason == BadReason::UnknownCritical, "{value:?} {reason}");
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

/// The error names the algorithm or the size, and the accepted ones, both for reading a key and for its signatures.
#[test]
fn refused_algorithms_are_named() {
    let gpg = Gpg::new();
    for (algorithm, named) in [
        ("rsa1024", "rsa1024"),
        ("dsa2048", "dsa2048"),
        ("brainpoolP256r1", "brainpoolP256r1"),
        ("secp256k1", "secp256k1"),
    ] {
        let key = gpg.generate(&format!("{algorithm} <a@example.test>"), algorithm, "sign", "never", &[]);
        let public = gpg.export(&key);
        refused(named, &gpg.sign(&key, DOCUMENT, &[]), &public);
    }
    let (cert, _) = CertBuilder::new()
        .set_cipher_suite(CipherSuite::Cv448)
        .add_userid("448")
        .add_signing_subkey()
        .add_transport_encryption_subkey()
        .generate()
        .unwrap();
    let public = OpenPgpPublicKey::from_armored(&cert.armored().to_vec().unwrap(), PublicKeyLimits::default()).unwrap();
    let signs = |key: &&openpgp::packet::Key<_, openpgp::packet::key::SubordinateRole>| key.pk_algo().for_signing();
    let key = cert.keys().subkeys().map(|key| key.key()).find(signs).unwrap();
    let key = key.clone().parts_into_secret().unwrap();
    let mut signature = Vec::new();
    let message = Armorer::new(Message::new(&mut signature)).kind(openpgp::armor::Kind::Signature).build().unwrap();
    let mut signer = Signer::new(message, key.into_keypair().unwrap()).unwrap().detached().build().unwrap();
    std::io::Write::write_all(&mut signer, DOCUMENT).unwrap();
    signer.finalize().unwrap();
    refused("ed448", &signature, &public);
    let error = public.check_encryption(now()).unwrap_err().to_string();
    assert!(error.contains("x448 is not accepted for encryption") && error.contains("Curve25519"), "{error}");
    assert!(encrypt(&public, b"x", now()).is_err());
}

#[track_caller]
fn refused(named: &str, signature: &[u8], public: &OpenPgpPublicKey) {
    for error in [public.check_signing(now()).unwrap_err().to_string(), bad(signature, public).to_string()] {
        let accepted = ["RSA of 2048 to 4096 bits", "Ed25519", "P-256"].iter().all(|accepted| error.contains(accepted));
        assert!(error.contains(named) && accepted, "{error}");
    }
}

#[test]
fn text_before_one_block_is_left_out_where_a_person_saved_it() {
    let key = our_key(GeneratedAlgorithm::Ed25519, None);
    let signer = key.signer(now()).unwrap();
    let armor = sign_detached(&[&signer], DOCUMENT, HashAlgorithm::Sha256, now()).unwrap();
    let mail = format!("Hello,\r\n\r\nhere is the signature:\r\n{}", armor.replace('\n', "\r\n"));
    assert!(
        matches!(parse_signatures(mail.as_bytes()), Err(OpenPgpError::NotArmored { .. })),
        "as it comes it is refused"
    );
    assert!(matches!(verdict(without_leading_text(mail.as_bytes()), &key.public()), SignatureResult::Good { .. }));
    assert_eq!(without_leading_text(armor.as_bytes()), armor.as_bytes());
    for refused in [format!("{mail}\nRegards"), format!("{mail}{armor}"), format!("{armor}Regards"), "Hello".into()] {
        assert!(parse_signatures(without_leading_text(refused.as_bytes())).is_err(), "{refused}");
    }
    // Several blocks without other text are unchanged.
    assert_eq!(parse_signatures(without_leading_text(armor.repeat(2).as_bytes())).unwrap().signatures().len(), 2);
}

/// Ten signatures by the largest keys, with all optional parts that gpg may write, are within the limit.
#[test]
fn ten_real_signatures_fit() {
    let gpg = Gpg::new();
    let user = "Some Person With A Long Name <somebody.with.a.long.name@some-company.example>";
    let key = gpg.generate(user, "rsa4096", "sign", "never", &[]);
    let long = [
        "--sender",
        "somebody.with.a.long.name@some-company.example",
        "--sig-notation",
        "purpose@some-company.example=payments of the week",
        "--sig-policy-url",
        "https://some-company.example/policies/signatures.html",
        "--comment",
        "a comment line for which some have a taste",
    ];
    let ten = gpg.sign(&key, DOCUMENT, &long).repeat(10);
    assert!(ten.len() < limits::MAX_SIGNATURE_BYTES * 3 / 4, "{} bytes", ten.len());
    assert_eq!(parse_signatures(&ten).unwrap().signatures().len(), 10);
}
