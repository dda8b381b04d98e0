//! A message of this channel, examined: an envelope or the document inside, each check with its verdict (§4.6).
//!
//! ```text
//!   envelope ─► V2 shape ─► V3 fault ─► V4 V5 V6 signature ─► V7 time ─► V8 path ─► V12 signer ─► V9 operation
//!                                                                                                    │
//!   document ◄── base64 ◄────────────────────────────────────────────────────────────────────────────┘
//!      └─► V10 root ─► V11 signature and path ─► V12 signer
//! ```

mod checks;
mod document;
mod envelope;
mod kinds;
mod report;
mod trust;

use bankchannel_crypto::x509::Certificate;
use bankchannel_xml::{XmlTree, decode_message};
use bankchannel_xml_signature::AlgorithmRules;

pub use kinds::MessageKind;
pub use report::{
    DigestDifference, MessageCheck, MessageSignature, MessageSignatureReference, MessageVerdict, SignerCertificate,
};

use checks::MessageChecks;
pub(crate) use report::MAX_TRIED;
use report::signatures_of;

use crate::profile::{BankSignerPattern, SignatureLevel};

/// Largest message that is read, bytes: a file of 100 MB, twice in base64.
pub const MAX_MESSAGE: usize = 200 * 1024 * 1024;

/// What a message is held against.
#[derive(Debug, Clone, Default)]
pub struct VerificationRules {
    /// The instant, Unix seconds.
    pub at_s: i64,
    /// The trusted authorities.
    pub anchors: Vec<Certificate>,
    /// Authorities that may stand in a path.
    pub intermediates: Vec<Certificate>,
    /// The certificates with which the bank signs; `None` if no bank was named, so that any signer under the anchors
    /// will do.
    pub signers: Option<Vec<BankSignerPattern>>,
    /// Whether SHA-1 is permitted.
    pub allows_sha1: bool,
    /// Whether only digests and values are computed.
    pub signatures_only: bool,
    /// The charset that came with the message, for one that declares none.
    pub charset: Option<String>,
}

impl VerificationRules {
    fn algorithms(&self) -> AlgorithmRules {
        AlgorithmRules { allows_sha1: self.allows_sha1 }
    }
}

/// A message as it was examined.
#[derive(Debug, Clone)]
pub struct ExaminedMessage {
    /// The verdict.
    pub verdict: MessageVerdict,
    /// The digests that differ, if they were asked for.
    pub differences: Vec<DigestDifference>,
}

/// Examines a message. `explains` also looks for what would give a digest that differs.
#[must_use]
pub fn examine(message: &[u8], rules: &VerificationRules, explains: bool) -> ExaminedMessage {
    let mut examined = MessageExamination {
        rules,
        explains,
        checks: MessageChecks::default(),
        found: MessageFindings::default(),
        known: Vec::new(),
    };
    let read = decode_message(message, rules.charset.as_deref());
    match read {
        Ok(text) => match XmlTree::read(&text) {
            Ok(tree) => examined.tree(&tree),
            Err(fault) => examined.checks.failed("V2", format!("the message cannot be read: {fault}")),
        },
        Err(fault) => examined.checks.failed("V2", format!("the message cannot be read: {fault}")),
    }
    examined.finish()
}

/// A message under examination.
struct MessageExamination<'e> {
    rules: &'e VerificationRules,
    explains: bool,
    checks: MessageChecks,
    found: MessageFindings,
    /// Certificates that were read already.
    known: Vec<Certificate>,
}

/// What was found in a message.
#[derive(Default)]
struct MessageFindings {
    kind: Option<MessageKind>,
    operation: Option<String>,
    code: Option<String>,
    text: Option<String>,
    signatures: Vec<MessageSignature>,
    differences: Vec<DigestDifference>,
}

impl MessageExamination<'_> {
    fn tree(&mut self, tree: &XmlTree<'_>) {
        if tree.root().is(bankchannel_xml_signature::SOAP_NAMESPACE, "Envelope") {
            self.envelope(tree);
        } else {
            self.document(tree);
        }
    }

    /// Adds the signatures of a tree to the result, as far as they can be computed: none is where it belongs, or that is
    /// not asked.
    fn survey(&mut self, tree: &XmlTree<'_>, level: SignatureLevel) {
        let (mut signatures, differences) = signatures_of(tree, level, self.rules, self.explains);
        if !self.rules.signatures_only {
            for signature in &mut signatures {
                signature.valid = false;
                signature.covers.clear();
            }
        }
        self.found.signatures.extend(signatures);
        self.found.differences.extend(differences);
    }

    fn finish(self) -> ExaminedMessage {
        let Self { rules, mut checks, found, .. } = self;
        let signatures = found.signatures;
        if rules.signatures_only {
            checks.keep_for_signatures();
        }
        let all_hold = signatures.iter().all(|signature| signature.valid);
        let is_read = checks.all_hold();
        let is_signed = !signatures.is_empty();
        let verdict = MessageVerdict {
            valid: if rules.signatures_only { is_read && is_signed && all_hold } else { is_read && all_hold },
            kind: found.kind.unwrap_or_default(),
            operation: found.operation,
            response_code: found.code,
            response_text: found.text,
            signatures,
            checks: checks.into_list(),
        };
        ExaminedMessage { verdict, differences: found.differences }
    }
}
