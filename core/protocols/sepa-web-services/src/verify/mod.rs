//! A message of this channel, examined: an envelope or the document inside, each check with its verdict (§4.6).
//!
//! ```text
//!   envelope ─► V2 shape ─► V3 fault ─► V4 V5 V6 signature ─► V7 time ─► V8 path ─► V12 signer ─► V9 operation
//!                                                                                                    │
//!   document ◄── base64 ◄────────────────────────────────────────────────────────────────────────────┘
//!      └─► V10 root ─► V11 signature and path ─► V12 signer
//! ```

mod checks;
mod covered;
mod document;
mod envelope;
mod kinds;
mod report;
mod trust;

use std::borrow::Cow;

use bankchannel_crypto::x509::Certificate;
use bankchannel_xml::{XmlTree, decode_message};
use bankchannel_xml_signature::AlgorithmRules;
use bytes::Bytes;

pub use covered::{CoveredDocument, CoveredEnvelope, CoveredParts};
pub(crate) use envelope::base64_text;
pub use kinds::MessageKind;
pub(crate) use kinds::{is_document_namespace, operation_of_wrapper};
pub use report::{
    DigestDifference, MessageCheck, MessageSignature, MessageSignatureReference, MessageVerdict, SignerCertificate,
};

use checks::MessageChecks;
use covered::NoCoveredParts;
use envelope::InnerDocument;
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
    /// Our own certificates: no bank signs with them.
    pub own: Vec<Certificate>,
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
    let mut parts = NoCoveredParts;
    let mut examination = MessageExamination::new(rules, explains, &mut parts);
    examination.run(message);
    examination.finish()
}

/// Examines a message and hands on what its signatures cover. The message is dropped once the document inside of it is
/// decoded; that document is returned, as UTF-8.
#[must_use]
pub fn examine_parts(
    message: Bytes,
    rules: &VerificationRules,
    parts: &mut dyn CoveredParts,
) -> (MessageVerdict, Option<Bytes>) {
    let mut examination = MessageExamination::new(rules, false, parts);
    let document = examination.run(message);
    (examination.finish().verdict, document)
}

/// A message under examination.
struct MessageExamination<'e> {
    rules: &'e VerificationRules,
    explains: bool,
    checks: MessageChecks,
    found: MessageFindings,
    /// Certificates that were read already.
    known: Vec<Certificate>,
    /// Who takes what is covered.
    parts: &'e mut dyn CoveredParts,
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

impl<'e> MessageExamination<'e> {
    fn new(rules: &'e VerificationRules, explains: bool, parts: &'e mut dyn CoveredParts) -> Self {
        let (checks, found) = (MessageChecks::default(), MessageFindings::default());
        Self { rules, explains, checks, found, known: Vec::new(), parts }
    }

    /// Makes the checks; returns the document inside of an envelope.
    fn run(&mut self, message: impl AsRef<[u8]>) -> Option<Bytes> {
        let read = decode_message(message.as_ref(), self.rules.charset.as_deref()).map_err(|fault| fault.to_string());
        let inner = match read.as_deref() {
            Ok(text) => match XmlTree::read(text) {
                Ok(tree) => self.tree(&tree),
                Err(fault) => {
                    self.checks.failed("V2", format!("the message cannot be read: {fault}"));
                    None
                }
            },
            Err(why) => {
                self.checks.failed("V2", format!("the message cannot be read: {why}"));
                None
            }
        };
        drop(read);
        drop(message);
        inner.map(|inner| self.inside(inner))
    }

    fn tree(&mut self, tree: &XmlTree<'_>) -> Option<InnerDocument> {
        if tree.root().is(bankchannel_xml_signature::SOAP_NAMESPACE, "Envelope") {
            self.envelope(tree)
        } else {
            self.document(tree);
            None
        }
    }

    /// V10 to V12: the document inside of an envelope. Returns it as UTF-8.
    fn inside(&mut self, inner: InnerDocument) -> Bytes {
        let InnerDocument { bytes, kind, place } = inner;
        let read = decode_message(&bytes, None).map_err(|fault| fault.to_string());
        let read = read.and_then(|text| {
            let tree = XmlTree::read(&text).map_err(|fault| fault.to_string());
            tree.map(|tree| self.document_of(&tree, Some(kind))).map(|()| text)
        });
        match read {
            Ok(Cow::Owned(text)) => text.into_bytes().into(),
            Ok(Cow::Borrowed(text)) => {
                let (begin, length) = (text.as_ptr() as usize - bytes.as_ptr() as usize, text.len());
                Bytes::from(bytes).slice(begin..begin + length)
            }
            Err(why) => {
                self.checks.failed("V10", format!("the document in {place} cannot be read: {why}"));
                bytes.into()
            }
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
