//! Encrypted documents: opened with their recipient's key, refused with the step that fails (§2.9, §10.4; T59, T61, R27, R29).
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::{Arc, LazyLock};

use bankchannel_crypto::cbc::CbcCipher;
use bankchannel_crypto::legacy_cipher::{SessionKeyOpener, TRIPLE_DES};
use bankchannel_crypto::rsa::RsaPrivateKey;
use bankchannel_foundation::message::SegmentEncoding as _;
use bankchannel_sepa_web_services::verify::{DocumentRecipient, MessageVerdict, VerificationRules, examine};
use bankchannel_xml_encryption::EncryptedDraft;
use common::*;

static RECIPIENT: LazyLock<Party> = LazyLock::new(|| AUTHORITY.issue("ESIMERKKI OY CRYPT", SIGNER_EXTENSIONS, 2048));
static OTHER: LazyLock<Party> = LazyLock::new(|| AUTHORITY.issue("TOINEN OY CRYPT", SIGNER_EXTENSIONS, 2048));

const CIPHERS: [CbcCipher; 2] = [CbcCipher::AES_256, TRIPLE_DES];

fn encrypted(cipher: CbcCipher, document: &str) -> String {
    let draft = EncryptedDraft::new(cipher, &RECIPIENT.certificate, "name:CUSTOMER").unwrap();
    let (mut out, mut encoder) = (Vec::new(), draft.encoder().unwrap());
    encoder.push(document.as_bytes(), &mut |text| out.extend_from_slice(text)).unwrap();
    encoder.end(&mut |text| out.extend_from_slice(text)).unwrap();
    String::from_utf8(out).unwrap()
}

fn signed() -> String {
    BANK.document(&response("00"), RESPONSE_END)
}

fn recipient(party: &Party, is_known: bool) -> DocumentRecipient {
    let key = RsaPrivateKey::from_pem(&party.key_pem()).unwrap();
    let certificate = is_known.then(|| party.certificate.clone());
    DocumentRecipient { certificate, opener: Arc::new(SessionKeyOpener::new(&key).unwrap()) }
}

fn with(recipients: Vec<DocumentRecipient>) -> VerificationRules {
    VerificationRules { recipients, ..rules() }
}

fn why(verdict: &MessageVerdict, id: &str) -> String {
    let failed = verdict.checks.iter().find(|check| check.id == id && !check.ok);
    failed.map(|check| check.why.clone()).unwrap_or_default()
}

#[test]
fn an_encrypted_answer_is_opened_and_then_believed_as_any_other() {
    for cipher in CIPHERS {
        let message = BANK.envelope(&answer_body(&encrypted(cipher, &signed())));
        for is_known in [true, false] {
            let found = verdict(&message, &with(vec![recipient(&RECIPIENT, is_known)]));
            assert!(found.valid, "{:?}", found.checks);
            assert_eq!(found.signatures.len(), 2);
        }
        // A document by itself, and a key from before among several.
        assert!(verdict(&encrypted(cipher, &signed()), &with(vec![recipient(&RECIPIENT, false)])).valid);
        assert!(verdict(&message, &with(vec![recipient(&OTHER, true), recipient(&RECIPIENT, true)])).valid);
        // Programs and banks write a declaration, a byte order mark, blanks (Q41).
        for before in ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", "\u{feff}", "\n  <?xml version=\"1.0\"?>"] {
            let message = BANK.envelope(&answer_body(&encrypted(cipher, &format!("{before}{}", signed()))));
            let found = verdict(&message, &with(vec![recipient(&RECIPIENT, true)]));
            assert!(found.valid, "{before:?} {:?}", found.checks);
        }
    }
    // One that is not encrypted is what its signature says.
    assert!(verdict(&answer(), &with(vec![recipient(&RECIPIENT, true)])).valid);
}

#[test]
fn the_step_that_fails_is_told() {
    let message = BANK.envelope(&answer_body(&encrypted(CbcCipher::AES_256, &signed())));
    let none = verdict(&message, &rules());
    assert_eq!(failed(&none), ["V10"]);
    assert!(why(&none, "V10").contains("give the private key"), "{:?}", none.checks);
    let other = verdict(&message, &with(vec![recipient(&OTHER, true)]));
    let both = why(&other, "V10");
    assert!(
        both.contains(&RECIPIENT.certificate.serial_hex()) && both.contains(&OTHER.certificate.serial_hex()),
        "{both}"
    );
    // What is inside is not signed, or by a stranger.
    for (document, id) in
        [(response("00") + RESPONSE_END, "V11"), (STRANGER.document(&response("00"), RESPONSE_END), "V11")]
    {
        let message = BANK.envelope(&answer_body(&encrypted(TRIPLE_DES, &document)));
        let found = verdict(&message, &with(vec![recipient(&RECIPIENT, true)]));
        assert!(!found.valid && !why(&found, id).is_empty(), "{:?}", found.checks);
    }
    // Encrypted twice.
    let twice = encrypted(CbcCipher::AES_256, &encrypted(CbcCipher::AES_256, &signed()));
    let found = verdict(&BANK.envelope(&answer_body(&twice)), &with(vec![recipient(&RECIPIENT, true)]));
    assert!(why(&found, "V10").contains("EncryptedData is not the document"), "{:?}", found.checks);
}

/// Nobody can tell a wrong key from a wrong padding, a changed text, or one that is no document.
#[test]
fn what_is_wrong_with_the_text_is_one_message() {
    let good = encrypted(CbcCipher::AES_256, &signed());
    let end = good.rfind("</xenc:CipherValue>").unwrap();
    let cut = [&good[..end - 44], &good[end..]].concat();
    let with_comment = signed().replace("<ResponseText>", "<!-- --><ResponseText>");
    let with_entity = format!("<!DOCTYPE x [<!ENTITY e \"y\">]>{}", signed());
    let texts = [
        cut,
        encrypted(CbcCipher::AES_256, "no document"),
        encrypted(CbcCipher::AES_256, ""),
        encrypted(CbcCipher::AES_256, &with_comment),
        encrypted(CbcCipher::AES_256, &with_entity),
    ];
    let mut told: Vec<String> = texts
        .iter()
        .map(|text| why(&verdict(&BANK.envelope(&answer_body(text)), &with(vec![recipient(&RECIPIENT, true)])), "V10"))
        .collect();
    told.push(why(&verdict(&BANK.envelope(&answer_body(&good)), &with(vec![recipient(&OTHER, false)])), "V10"));
    assert!(told.iter().all(|why| *why == told[0]) && told[0].contains("cannot be decrypted"), "{told:?}");
}

/// The key is used only for what the bank has signed; a person who explains a message may look into any.
#[test]
fn a_message_that_is_not_believed_is_not_decrypted() {
    let message = STRANGER.envelope(&answer_body(&encrypted(CbcCipher::AES_256, &signed())));
    let rules = with(vec![recipient(&RECIPIENT, true)]);
    let refused = examine(message.as_bytes(), &rules, false).verdict;
    assert!(why(&refused, "V10").contains("is not believed"), "{:?}", refused.checks);
    let explained = verdict(&message, &rules);
    assert!(!explained.valid && why(&explained, "V10").is_empty(), "{:?}", explained.checks);
}
