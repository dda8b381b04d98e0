//! The memory that a large encrypted message takes: at most twice the message as it came (§2.9).
#![allow(clippy::unwrap_used)]
#![cfg(target_os = "linux")]

mod common;

use std::sync::Arc;

use bankchannel_crypto::{cbc::CbcCipher, legacy_cipher::SessionKeyOpener, rsa::RsaPrivateKey};
use bankchannel_sepa_web_services::verify::{DocumentRecipient, VerificationRules, examine};
use bankchannel_xml_encryption::EncryptedDraft;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use common::*;

/// A sample of the 50 MiB that a file may well have.
const SIZE: usize = 16 * 1024 * 1024;
/// Room for what does not grow with the message.
const FIXED_KIB: u64 = 4 * 1024;

fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_large_encrypted_message_takes_twice_its_size() {
    let own = AUTHORITY.issue("ESIMERKKI OY CRYPT", SIGNER_EXTENSIONS, 2048);
    let message = {
        let content = STANDARD.encode(vec![b'a'; SIZE]);
        let before = format!("{}<Content>{content}</Content>", response("00"));
        let document = BANK.document(&before, RESPONSE_END);
        let draft = EncryptedDraft::new(CbcCipher::AES_256, &own.certificate, "name:CUSTOMER").unwrap();
        BANK.envelope(&answer_body(&draft.encrypted(document.as_bytes()).unwrap())).into_bytes()
    };
    let key = RsaPrivateKey::from_pem(&own.key_pem()).unwrap();
    let opener = Arc::new(SessionKeyOpener::new(&key).unwrap());
    let recipients = vec![DocumentRecipient { certificate: Some(own.certificate.clone()), opener }];
    let rules = VerificationRules { recipients, ..rules() };
    let size_kib = message.len() as u64 / 1024;
    // Resets the peak to the present resident set (proc(5)), in which the message is.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = peak_kib();
    let verdict = examine(message, &rules, false).verdict;
    let added = peak_kib().saturating_sub(before);
    assert!(verdict.valid, "{verdict:?}");
    assert!(added <= size_kib + FIXED_KIB, "{added} KiB beside a message of {size_kib}");
    assert!(added > size_kib / 2, "{added} KiB: the document itself is not in the measure");
}
