//! A message of this channel, examined: an envelope or the document inside, each check with its verdict (§4.6).
//!
//! ```text
//!   envelope ─► V2 shape ─► V3 fault ─► V4 V5 V6 signature ─► V7 time ─► V8 path ─► V12 signer ─► V9 operation
//!                                                                                                    │
//!   document ◄── decrypted ◄── base64 ◄──────────────────────────────────────────────────────────────┘
//!      └─► V17 opened ─► V10 root ─► V11 signature and path ─► V12 signer
//! ```

mod checks;
mod covered;
mod decryption;
mod document;
mod elements;
mod envelope;
mod kinds;
mod report;
mod revocation;
mod trust;

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bankchannel_crypto::x509::Certificate;
use bankchannel_xml::{XmlTree, decode_message};
use bankchannel_xml_signature::AlgorithmRules;
use bytes::Bytes;

pub use covered::{CoveredDocument, CoveredEnvelope, CoveredParts};
pub use decryption::{DocumentKeyOpener, DocumentRecipient};
pub use elements::repeated_element;
pub use kinds::MessageKind;
pub(crate) use kinds::{is_document_namespace, is_pki_document, operation_of_pki_answer, operation_of_wrapper};
pub use report::{
    DigestDifference, MessageCheck, MessageSignature, MessageSignatureReference, MessageVerdict, SignerCertificate,
};
pub use revocation::{AppliedRevocationList, BelievedRevocationList, RevocationLists};

use checks::MessageChecks;
use covered::NoCoveredParts;
use envelope::InnerDocument;
pub(crate) use report::MAX_TRIED;
use report::SurveyReport;

use crate::profile::{BankFamily, BankSignerPattern, SignatureLevel};

/// Largest message that is read, bytes: a file of 100 MB, twice in base64, or one of 88 MB that is encrypted, thrice.
pub const MAX_MESSAGE: usize = 200 * 1024 * 1024;

/// The rules by which a message is verified.
#[derive(Debug, Clone, Default)]
pub struct VerificationRules {
    /// The instant, Unix seconds.
    pub at_s: i64,
    /// The trusted authorities.
    pub anchors: Vec<Certificate>,
    /// Authorities that may stand in a path.
    pub intermediates: Vec<Certificate>,
    /// Revocation lists of these authorities.
    pub revocation_lists: RevocationLists,
    /// Whether a signer is believed only if a list of its issuer is there.
    pub requires_revocation_list: bool,
    /// The certificates with which the bank signs; `None` if no bank was named, so that any signer under the anchors
    /// will do.
    pub signers: Option<Vec<BankSignerPattern>>,
    /// The form of the bank's messages, which says whether the envelopes of its certificate service are signed; `None`
    /// if no bank was named, so that they may be or not.
    pub family: Option<BankFamily>,
    /// Whether SHA-1 is permitted.
    pub allows_sha1: bool,
    /// Whether only digests and values are computed.
    pub signatures_only: bool,
    /// The charset that came with the message, for one that declares none.
    pub charset: Option<String>,
    /// Our own certificates: no bank signs with them.
    pub own: Vec<Certificate>,
    /// Who decrypts documents: the present key, then those before it.
    pub recipients: Vec<DocumentRecipient>,
    /// Whether a person asks who has both message and key: then any document is decrypted, and its fault is told.
    /// Otherwise only what came in a message that the bank, or a customer, has signed.
    pub decrypts_any: bool,
    /// Ends the work: the remaining checks are refused. Clones share it: give each examination its own.
    pub stop: StopFlag,
}

/// Tells work on another thread that its result is not awaited any more. Clones are the same flag.
#[derive(Debug, Clone, Default)]
pub struct StopFlag(Arc<AtomicBool>);

impl StopFlag {
    /// Ends the work.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the work is to end.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
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
    /// The family whose certificate service has the code, if its codes are its own.
    pub code_family: Option<BankFamily>,
}

/// Examines a message. `explains` also looks for what would give a digest that differs. A message that is handed over is dropped
/// once the document inside of it is decoded.
#[must_use]
pub fn examine(message: impl AsRef<[u8]>, rules: &VerificationRules, explains: bool) -> ExaminedMessage {
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
    /// Whether the envelope is signed by who may sign it, and of now.
    is_envelope_believed: bool,
    /// Whether the document was encrypted, and is open now.
    was_encrypted: bool,
    /// The receiver of the covered parts.
    parts: &'e mut dyn CoveredParts,
}

/// The findings in a message.
#[derive(Default)]
struct MessageFindings {
    kind: Option<MessageKind>,
    operation: Option<String>,
    code: Option<String>,
    code_family: Option<BankFamily>,
    text: Option<String>,
    signatures: Vec<MessageSignature>,
    /// That there are signatures that were not looked at: the check, and why.
    unsurveyed: Vec<(&'static str, String)>,
    differences: Vec<DigestDifference>,
}

impl<'e> MessageExamination<'e> {
    fn new(rules: &'e VerificationRules, explains: bool, parts: &'e mut dyn CoveredParts) -> Self {
        let (checks, found) = (MessageChecks::default(), MessageFindings::default());
        let known = Vec::new();
        Self { rules, explains, checks, found, known, is_envelope_believed: false, was_encrypted: false, parts }
    }

    /// Makes the checks; returns the document inside of an envelope.
    fn run(&mut self, message: impl AsRef<[u8]>) -> Option<Bytes> {
        if let Some(document) = self.decrypted(message.as_ref()) {
            self.checks.passed("V2", "one document");
            self.decrypted_document(document, None, None);
            return None;
        }
        let read =
            decode_message(message.as_ref(), self.rules.charset.as_deref()).map_err(|fault| fault.without_advice());
        let inner = match read.as_deref().map_err(Clone::clone).and_then(|text| self.read_tree(text)) {
            Ok(tree) => self.tree(&tree),
            Err(why) => {
                self.checks.failed("V2", format!("the message cannot be read: {why}"));
                None
            }
        };
        drop(read);
        drop(message);
        inner.map(|inner| self.inside(inner))
    }

    /// Reads a message.
    fn read_tree<'t>(&self, text: &'t str) -> Result<XmlTree<'t>, String> {
        let is_stopped = || self.rules.stop.is_set();
        XmlTree::read_unless(text, &is_stopped).map_err(|fault| fault.without_advice())
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
        if let Some(document) = self.decrypted(&bytes) {
            return self.decrypted_document(document, Some(kind), Some(bytes));
        }
        let read = decode_message(&bytes, None).map_err(|fault| fault.without_advice());
        let read = read.and_then(|text| {
            let tree = self.read_tree(&text);
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

    /// Whether the result is not awaited any more: the check fails, so that nothing of the message counts.
    fn is_stopped(&mut self, id: &'static str) -> bool {
        let is_stopped = self.rules.stop.is_set();
        if is_stopped {
            self.checks.failed(id, "the examination was stopped before this check");
        }
        is_stopped
    }

    /// Adds the signatures of a tree to the result, as far as they can be computed: none is where it belongs, or that is
    /// not asked. For a person who wants to know why: a message that is refused is not worth the passes otherwise.
    fn survey(&mut self, tree: &XmlTree<'_>, level: SignatureLevel) {
        if !self.explains && !self.rules.signatures_only {
            return;
        }
        let SurveyReport { mut signatures, others, differences } =
            SurveyReport::new(tree, level, self.rules, self.explains);
        if !self.rules.signatures_only {
            for signature in &mut signatures {
                signature.valid = false;
                signature.covers.clear();
            }
        }
        if others > 0 {
            let id = if level == SignatureLevel::Document { "V11" } else { "V4" };
            let max = bankchannel_xml_signature::MAX_SURVEYED;
            let why = format!(
                "there are more signatures than the {} that were looked at: at most {max}, and none inside of another",
                signatures.len()
            );
            self.found.unsurveyed.push((id, why));
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
        found.unsurveyed.into_iter().for_each(|(id, why)| checks.failed(id, why));
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
        ExaminedMessage { verdict, differences: found.differences, code_family: found.code_family }
    }
}
