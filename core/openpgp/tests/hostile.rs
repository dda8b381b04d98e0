//! Keys that nobody makes by accident, built with sequoia directly.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::Write;

use bankchannel_openpgp::{BadReason, Error, Limits, PublicKey, SignatureResult, VerifyPolicy, verify_detached};
use openpgp::cert::CertBuilder;
use openpgp::packet::key::{Key4, SecretParts, SubordinateRole};
use openpgp::packet::signature::SignatureBuilder;
use openpgp::packet::{Key, Packet};
use openpgp::serialize::SerializeInto;
use openpgp::serialize::stream::{Armorer, Message, Signer};
use openpgp::types::{Curve, KeyFlags, SignatureType};
use openpgp::{Cert, Profile};
use sequoia_openpgp as openpgp;
use support::now;

fn read(cert: &Cert) -> Result<PublicKey, Error> {
    let armored = cert.armored().to_vec().unwrap();
    PublicKey::from_armored(&armored, Limits::default())
}

fn sign(key: Key<SecretParts, openpgp::packet::key::UnspecifiedRole>, document: &[u8]) -> Vec<u8> {
    let mut armored = Vec::new();
    let message = Armorer::new(Message::new(&mut armored)).kind(openpgp::armor::Kind::Signature).build().unwrap();
    let mut signer = Signer::new(message, key.into_keypair().unwrap()).unwrap().detached().build().unwrap();
    signer.write_all(document).unwrap();
    signer.finalize().unwrap();
    armored
}

/// Somebody else's signing key, claimed as a subkey: without the subkey's own consent (the back-signature) its
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
    assert!(matches!(read(&with(11)), Err(Error::TooMany { .. })));
}

#[test]
fn version_6_keys_are_refused() {
    let builder = CertBuilder::new().set_profile(Profile::RFC9580).unwrap().add_userid("v6");
    let cert = builder.add_signing_subkey().generate().unwrap().0;
    assert!(matches!(read(&cert), Err(Error::UnsupportedVersion(6))));
}
