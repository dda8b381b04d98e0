//! Maliciously crafted keys, built with sequoia directly.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::Write;

use bankchannel_openpgp::{
    BadReason, GeneratedAlgorithm, OpenPgpError, OpenPgpPublicKey, PublicKeyLimits, SignatureResult, VerifyPolicy,
    decrypt, verify_detached,
};
use openpgp::cert::CertBuilder;
use openpgp::packet::key::{Key4, SecretParts, SubordinateRole};
use openpgp::packet::signature::SignatureBuilder;
use openpgp::packet::{Key, Packet};
use openpgp::parse::Parse;
use openpgp::policy::StandardPolicy;
use openpgp::serialize::SerializeInto;
use openpgp::serialize::stream::{Armorer, Encryptor, Message, Recipient, Signer};
use openpgp::types::{Curve, KeyFlags, SignatureType};
use openpgp::{Cert, Profile};
use sequoia_openpgp as openpgp;
use support::now;

fn read(cert: &Cert) -> Result<OpenPgpPublicKey, OpenPgpError> {
    let armored = cert.armored().to_vec().unwrap();
    OpenPgpPublicKey::from_armored(&armored, PublicKeyLimits::default())
}

fn sign(key: Key<SecretParts, openpgp::packet::key::UnspecifiedRole>, document: &[u8]) -> Vec<u8> {
    let mut armored = Vec::new();
    let message = Armorer::new(Message::new(&mut armored)).kind(openpgp::armor::Kind::Signature).build().unwrap();
    let mut signer = Signer::new(message, key.into_keypair().unwrap()).unwrap().detached().build().unwrap();
    signer.write_all(document).unwrap();
    signer.finalize().unwrap();
    armored
}

/// Someone else's signing key, claimed as a subkey: without the subkey's own consent (the back-signature), its
/// signatures must not count for the claimant. With consent they do.
#[test]
fn a_signing_subkey_needs_its_back_signature() {
    for consent in [false, true] {
        let (cert, _) = CertBuilder::new().add_userid("claimant").generate().unwrap();
        let mut primary = cert.primary_key().key().clone().parts_into_secret().unwrap().into_keypair().unwrap();
        let subkey: Key<SecretParts, SubordinateRole> = Key4::generate_ecc(true, Curve::Ed25519).unwrap().into();
        let mut binding =
            SignatureBuilder::new(SignatureType::SubkeyBinding).set_key_flags(KeyFlags::empty().set_signing()).unwrap();
        if consent {
            let mut pair = subkey.clone().into_keypair().unwrap();
            let back = SignatureBuilder::new(SignatureType::PrimaryKeyBinding)
                .sign_primary_key_binding(&mut pair, cert.primary_key().key(), &subkey)
                .unwrap();
            binding = binding.set_embedded_signature(back).unwrap();
        }
        let binding = subkey.bind(&mut primary, &cert, binding).unwrap();
        let packets = vec![Packet::from(subkey.clone()), binding.into()];
        let public = read(&cert.insert_packets(packets).unwrap().0).unwrap();
        let signature = sign(subkey.role_into_unspecified(), b"document");
        let policy = VerifyPolicy::default();
        let verdict = verify_detached(&signature, &[&public], &b"document"[..], now(), &policy).unwrap();
        assert_eq!(verdict.is_good(), consent, "{verdict:?}");
        assert_eq!(public.can_sign(now()), consent);
        if !consent {
            let refused = matches!(
                verdict.results[0],
                SignatureResult::Bad { reason: BadReason::KeyNotForSigning, .. }
                    | SignatureResult::UnknownIssuer { .. }
            );
            assert!(refused, "{verdict:?}");
        }
    }
}

#[test]
fn eleven_user_ids_are_too_many() {
    let with = |count: usize| {
        let builder = (0..count).fold(CertBuilder::new(), |builder, index| builder.add_userid(format!("user {index}")));
        builder.add_signing_subkey().generate().unwrap().0
    };
    assert_eq!(read(&with(10)).unwrap().user_ids().len(), 10);
    assert!(matches!(read(&with(11)), Err(OpenPgpError::TooMany { .. })));
}

#[test]
fn version_6_keys_are_refused() {
    let builder = CertBuilder::new().set_profile(Profile::RFC9580).unwrap().add_userid("v6");
    let cert = builder.add_signing_subkey().generate().unwrap().0;
    assert!(matches!(read(&cert), Err(OpenPgpError::UnsupportedVersion(6))));
}

/// The library itself reads the inside of a message, in time that grows with the square of the number of packets.
#[test]
fn many_packets_inside_a_message_are_refused() {
    let key = support::our_key(GeneratedAlgorithm::Ed25519, None);
    let to = Cert::from_bytes(key.public().to_armored().unwrap().as_bytes()).unwrap();
    let policy = StandardPolicy::new();
    let encrypted = |inside: &[u8]| {
        let mut armored = Vec::new();
        let message = Armorer::new(Message::new(&mut armored)).build().unwrap();
        let valid = to.with_policy(&policy, None).unwrap();
        let recipient: Recipient<'_> = valid.keys().for_transport_encryption().next().unwrap().into();
        let mut message = Encryptor::for_recipients(message, vec![recipient]).build().unwrap();
        message.write_all(inside).unwrap();
        message.finalize().unwrap();
        armored
    };
    let literal = [0xcb, 8, b'b', 0, 0, 0, 0, 0, b'x', b'y'];
    assert_eq!(&decrypt(&key, &encrypted(&literal), now()).unwrap()[..], b"xy");
    let signatures = [0x88, 0].repeat(16_000);
    let markers = [0xca, 3, b'P', b'G', b'P'].repeat(4_000);
    for inside in [&signatures[..], &[&literal[..], &signatures].concat(), &[&markers[..], &literal].concat()] {
        let error = decrypt(&key, &encrypted(inside), now()).unwrap_err();
        assert!(matches!(error, OpenPgpError::TooMany { .. } | OpenPgpError::DecryptionFailed), "{error}");
    }
    assert!(matches!(decrypt(&key, &encrypted(&signatures), now()), Err(OpenPgpError::TooMany { limit: 64, .. })));
}
