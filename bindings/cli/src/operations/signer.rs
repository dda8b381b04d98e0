//! `--signer COMMAND`: a program of the user that signs with an external key, in a smart card, an HSM or an agent.

use bankchannel::{CallOutcome, Error, Result, Secret, SignatureRequest};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::program;

/// The variable with the algorithm; the digest is on stdin.
const ALGORITHM: &str = "BANKCHANNEL_SIGNATURE_ALGORITHM";
const FINGERPRINT: &str = "BANKCHANNEL_KEY_FINGERPRINT";
/// The largest answer, in bytes: more than the base64 of any signature.
const MAX_ANSWER: usize = 16 * 1024;

/// Runs the program to sign. The answer is base64 for the library, which verifies the signature before anything is
/// sent.
pub(super) fn sign(command: &str, wanted: &SignatureRequest) -> Result<Secret> {
    let failed = |why: String| Error::invalid_field("signer", why).with_outcome(CallOutcome::NotSent);
    let environment = [(ALGORITHM, wanted.algorithm), (FINGERPRINT, wanted.key_fingerprint.as_str())];
    let answer = program::run(command, &environment, &wanted.digest, MAX_ANSWER, None).map_err(failed)?;
    if answer.is_empty() || answer.len() > MAX_ANSWER {
        return Err(failed(format!("answered {} bytes, which is not a signature", answer.len())));
    }
    Ok(Secret::new(as_base64(&answer)))
}

/// The answer as base64; the program may already print base64, in lines or not. A raw signature is never base64 by
/// chance: each of its at least 64 bytes would have to be one of 64.
fn as_base64(answer: &[u8]) -> String {
    let letters: Vec<u8> = answer.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    match (STANDARD.decode(&letters), String::from_utf8(letters)) {
        (Ok(_), Ok(text)) => text,
        _ => STANDARD.encode(answer),
    }
}

#[cfg(all(test, unix))] // The commands are those of /bin/sh.
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_raw_or_base64() {
        let raw: Vec<u8> = (0..=255).collect();
        assert_eq!(as_base64(&raw), STANDARD.encode(&raw));
        let text = STANDARD.encode(&raw);
        let lines = format!("{}\n{}\n", &text[..64], &text[64..]);
        assert_eq!(as_base64(lines.as_bytes()), text);
    }

    #[test]
    fn a_program_gets_the_digest_and_what_to_do_with_it() {
        let wanted = SignatureRequest {
            algorithm: "rsa_pkcs1_sha256",
            digest: b"digest".to_vec(),
            key_fingerprint: "AB".into(),
        };
        let told = "printf '%s %s ' \"$BANKCHANNEL_SIGNATURE_ALGORITHM\" \"$BANKCHANNEL_KEY_FINGERPRINT\"; cat";
        let answer = sign(told, &wanted).expect("it answers");
        assert_eq!(STANDARD.decode(answer.expose()).expect("base64"), b"rsa_pkcs1_sha256 AB digest");
        for (command, why) in [("exit 3", "exit status: 3"), ("true", "not a signature"), ("yes", "not a signature")] {
            let error = sign(command, &wanted).expect_err(command);
            assert!(error.message().contains(why), "{command}: {error}");
        }
    }
}
