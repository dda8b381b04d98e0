//! The parsers of SEPA Web Services: messages, canonicalisation, encryption, profiles, packed content.

use bankchannel_crypto::legacy_cipher::SessionKey;
use bankchannel_crypto::x509::Certificate;
use bankchannel_foundation::model::read_boundary;
use bankchannel_sepa_web_services::{
    answer::{UnpackingLimits, unpack_content},
    codec::certificates_of,
    profile::{self, BankEnvironment, ChannelProfile},
    verify::{VerificationRules, examine},
};
use bankchannel_xml::{TokenFlow, XmlRules, XmlTokens, XmlTree, decode_message};
use bankchannel_xml_encryption::EncryptedData;
use bankchannel_xml_signature::{CanonicalForm, CanonicalMethod, Canonicalizer, canonical_bytes};

/// 2031-03-04T05:07:00Z.
const NOW_S: i64 = 1_930_367_220;

/// Examines a message by the profile of a bank: a valid one is so by its signatures alone, too.
pub(super) fn message(bytes: &[u8]) {
    let bank = profile::named("op").expect("a shipped profile");
    let rules = VerificationRules {
        at_s: NOW_S,
        anchors: bank.anchors_of(BankEnvironment::Production).expect("its anchors"),
        signers: bank.signers.clone(),
        ..VerificationRules::default()
    };
    let strict = examine(bytes, &rules, true);
    let only = examine(bytes, &VerificationRules { signatures_only: true, ..rules }, false);
    assert!(!strict.verdict.valid || only.verdict.valid, "what is not signed is valid");
}

/// Canonicalises a document in each method: from the tokens and from the tree alike, and a canonical document stays as
/// it is.
pub(super) fn canonical(bytes: &[u8]) {
    let Ok(text) = decode_message(bytes, None) else { return };
    for method in CanonicalMethod::ALL {
        let Some(once) = document(&text, method) else { return };
        // The canonical form may declare more on one element than the reader takes.
        if let Some(twice) = document(&once, method) {
            assert_eq!(twice, once, "canonical twice differs in {method:?}");
        }
        if let Ok(tree) = XmlTree::read(&text) {
            let form = CanonicalForm::from(method);
            assert_eq!(canonical_bytes(tree.root(), None, &form), once.as_bytes(), "the tree differs in {method:?}");
        }
    }
}

fn document(text: &str, method: CanonicalMethod) -> Option<String> {
    let (form, mut bytes) = (CanonicalForm::from(method), Vec::new());
    let mut canonical = Canonicalizer::new(&form, &mut bytes);
    let mut tokens = XmlTokens::whole(text, XmlRules::strict()).ok()?;
    let read = tokens.pump(|token| {
        canonical.token(&token);
        Ok(TokenFlow::Next)
    });
    canonical.finish();
    read.ok().map(|_| String::from_utf8(bytes).expect("canonical text is UTF-8"))
}

/// Reads and decrypts an encrypted document with a key that is known; whether it fits must not show.
pub(super) fn encrypted_document(bytes: &[u8]) {
    let Ok(text) = decode_message(bytes, None) else { return };
    let Ok(tree) = XmlTree::read(&text) else { return };
    let Ok(data) = EncryptedData::read(tree.root()) else { return };
    let key: Vec<u8> = (0..32).take(data.cipher().key_len()).collect();
    for unwrapped in [Some(&*key), None] {
        let key = SessionKey::from_unwrapped(unwrapped, data.cipher(), data.wrapped_key(), b"secret");
        let document = data.decrypt(&key, &|| false).and_then(|text| text.document(|_| true));
        let Ok(document) = document else { continue };
        assert!(document.len() < text.len(), "a document is shorter than its encryption");
    }
}

/// Reads a profile of a user's own.
pub(super) fn profile(bytes: &[u8]) {
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(bytes) else { return };
    if let Ok(own) = read_boundary::<ChannelProfile>(value).and_then(ChannelProfile::resolved) {
        for environment in [BankEnvironment::Production, BankEnvironment::Test] {
            drop(own.anchors_of(environment));
        }
    }
}

/// Reads a certificate in an answer, in any packing: each is one whose PEM is read again.
pub(super) fn certificates(bytes: &[u8]) {
    let Ok(found) = certificates_of(&String::from_utf8_lossy(bytes)) else { return };
    for one in found {
        let again = Certificate::from_pem(&one.to_pem()).expect("what was read is read again");
        assert_eq!(again, one);
    }
}

/// Unpacks content by each announcement: never more than the limits allow.
pub(super) fn content(bytes: &[u8]) {
    for (compressed, method) in [(false, None), (true, None), (true, Some("DEFLATE"))] {
        let limits = UnpackingLimits::CLIENT;
        let Ok(mut next) = unpack_content(bytes.to_vec().into(), compressed, method, limits) else { continue };
        let mut unpacked = 0;
        while let Ok(Some(piece)) = next() {
            unpacked += piece.len() as u64;
        }
        let max = (bytes.len() as u64 * limits.ratio).max(1024 * 1024);
        assert!(unpacked <= max, "{unpacked} bytes of {}", bytes.len());
    }
}
