//! Verifies a file's signatures (§5.2).

use bankchannel_foundation::prelude::*;
use bankchannel_openpgp::{self as openpgp, SignatureResult, VerifyPolicy};

use crate::{
    declare, errors,
    model::{PgpKeys, Signatures},
    pgp,
};

/// The file, the signatures and the keys.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct VerifyFileRequest {
    /// The file's raw bytes.
    pub content: Content,
    /// The armored keys, one after the other, public or private.
    pub public_key: PgpKeys,
    /// The armored detached signatures, one after the other.
    pub signature: Signatures,
}

/// The result for one signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum Verdict {
    /// Valid, by a key that was good then and is good now.
    Good,
    /// None of the given keys made it.
    UnknownIssuer,
    /// It names a given key, but is not valid.
    Bad,
}

/// A signature and its result.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct SignatureVerdict {
    /// The result.
    pub verdict: Verdict,
    /// The fingerprint of the given key that the signature names.
    pub fingerprint: Option<String>,
    /// The fingerprint of the key or subkey that made a good signature.
    pub signing_key: Option<String>,
    /// The time of a good signature.
    pub created: Option<Timestamp>,
    /// The claimed makers if their key was not given: fingerprints or key ids.
    pub issuers: Option<Vec<String>>,
    /// The reason why it is not valid.
    pub reason: Option<String>,
}

/// The results.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct VerifyFileResponse {
    /// Whether at least one signature is good, which the service requires of an upload.
    pub good: bool,
    /// The signatures in their order.
    pub signatures: Vec<SignatureVerdict>,
}

/// Verify the signatures of a file.
///
/// Applies the rules of the service: binary documents only, no SHA-1, no unknown critical part, a key that is neither
/// expired nor revoked, then and now; armor without text around it, at most ten signatures in 16 KiB. A bad signature
/// is an answer, not an error. The file is read once and never held in memory.
#[derive(Debug, Operation)]
#[operation(VerifyFileRequest => VerifyFileResponse)]
#[declaration(takes_time: true, commands: COMMANDS, ..declare::local("ws_channel.verify_file", "pgp"))]
#[errors(errors::{SIGNATURE_MALFORMED, PGP_KEY_REFUSED})]
pub struct VerifyFile;

const EXAMPLES: &str = "Text before a single armored block, such as in a saved mail, is ignored here; the service refuses such text in an upload.\n\n\
             Examples:\n  bankchannel pgp verify --public-key authorize-public.asc --signature payment.xml.asc payment.xml";

const COMMANDS: &[Command] = &[
    Command::named("verify")
        .with_examples(EXAMPLES)
        .with_form(&CommandForm::new("Check a detached signature: exit 0 when at least one is good, 1 when none is")),
    Command::named("verify-file").with_examples("Exit code 0 when at least one signature is good, 1 when none is."),
];

impl Local for VerifyFile {
    fn run(request: VerifyFileRequest, with: LocalContext<'_>) -> Result<VerifyFileResponse, Error> {
        let content = with.open_content(request.content)?;
        let keys = pgp::public_keys("public_key", request.public_key.expose())?;
        let keys: Vec<_> = keys.iter().collect();
        let armored = request.signature.as_str().as_bytes();
        let verdict = openpgp::verify_detached(armored, &keys, content, with.now(), &VerifyPolicy::default())
            .map_err(|why| pgp::fault("signature", why))?;
        Ok(VerifyFileResponse {
            good: verdict.is_good(),
            signatures: verdict.results.into_iter().map(verdict_of_result).collect(),
        })
    }
}

fn verdict_of_result(result: SignatureResult) -> SignatureVerdict {
    let nothing = SignatureVerdict {
        verdict: Verdict::Bad,
        fingerprint: None,
        signing_key: None,
        created: None,
        issuers: None,
        reason: None,
    };
    match result {
        SignatureResult::Good { fingerprint, signing_key, created } => SignatureVerdict {
            verdict: Verdict::Good,
            fingerprint: Some(fingerprint),
            signing_key: Some(signing_key),
            created: Some(pgp::time_stamp(created)),
            ..nothing
        },
        SignatureResult::UnknownIssuer { issuers } => SignatureVerdict {
            verdict: Verdict::UnknownIssuer,
            issuers: Some(issuers),
            reason: Some("it was made by none of the given keys".into()),
            ..nothing
        },
        SignatureResult::Bad { fingerprint, reason } => {
            SignatureVerdict { fingerprint: Some(fingerprint), reason: Some(reason.to_string()), ..nothing }
        }
    }
}
