//! Signing and verifying do not hold the document: 64 MiB pass through without the process growing. The only test of
//! its binary, so that nothing else affects the peak memory.
#![allow(clippy::unwrap_used)]
#![cfg(target_os = "linux")]

mod support;

use std::io::Read;

use bankchannel_openpgp::{GeneratedAlgorithm, HashAlgorithm, VerifyPolicy, sign_detached, verify_detached};
use support::{now, our_key};

const DOCUMENT_BYTES: u64 = 64 * 1024 * 1024;
/// Growth that does not come from holding the document.
const SLACK_KIB: u64 = 8 * 1024;

#[test]
fn memory_stays_flat() {
    let key = our_key(GeneratedAlgorithm::Rsa3072, None);
    let public = key.public();
    let signer = key.signer(now()).unwrap();
    let document = || std::io::repeat(0x5a).take(DOCUMENT_BYTES);
    // A small document first, so that tables and buffers exist.
    let small = sign_detached(&[&signer], &b"x"[..], HashAlgorithm::Sha256, now()).unwrap();
    verify_detached(small.as_bytes(), &[&public], &b"x"[..], now(), &VerifyPolicy::default()).unwrap();

    let before = peak_kib();
    let signature = sign_detached(&[&signer], document(), HashAlgorithm::Sha256, now()).unwrap();
    let policy = VerifyPolicy::default();
    let verdict = verify_detached(signature.as_bytes(), &[&public], document(), now(), &policy).unwrap();
    assert!(verdict.is_good());
    let grown = peak_kib() - before;
    assert!(grown < SLACK_KIB, "the peak grew by {grown} KiB");
}

fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
