//! The checks of a document: of a request or an answer, inside of an envelope or by itself (§4.6, V10 to V12).

use bankchannel_xml::{TreeElement, XmlTree};
use bankchannel_xml_signature::{SignatureFaultKind, SignedDocument};

use super::elements::repeated_in_document;
use super::kinds::{document_kind, is_pki_document, operation_of_command};
use super::report::holding;
use super::{CoveredDocument, MessageExamination, MessageKind, MessageSignature};
use crate::profile::{BankFamily, SignatureLevel};

/// The names of a certificate's first request, for which there is no key to sign with yet.
const FIRST_REQUEST: [&str; 3] = ["HMAC", "TransferKey", "PIN"];
/// The operations that need no customer.
const ANYBODY: [&str; 2] = ["get_service_certificates", "get_bank_certificate"];

impl MessageExamination<'_> {
    /// Examines a document that came alone.
    pub(super) fn document(&mut self, tree: &XmlTree<'_>) {
        self.checks.passed("V2", "one document");
        self.document_of(tree, None);
    }

    /// Examines a document; `expected` is what belongs into its envelope.
    pub(super) fn document_of(&mut self, tree: &XmlTree<'_>, expected: Option<MessageKind>) {
        let root = tree.root();
        let kind = document_kind(root);
        if kind == MessageKind::Other || expected.is_some_and(|expected| expected != kind) {
            self.survey(tree, SignatureLevel::Document);
            return self.checks.failed("V10", format!("{} is not the document that belongs here", root.local()));
        }
        if let Some((name, around)) = repeated_in_document(root) {
            self.survey(tree, SignatureLevel::Document);
            return self.checks.failed("V10", format!("{name} is there twice in {around}, and may be there once"));
        }
        self.checks.passed("V10", format!("the document is {}", root.local()));
        if expected.is_none() {
            self.found.kind = Some(kind);
        }
        self.contents(root, kind);
        if self.rules.signatures_only {
            self.survey(tree, SignatureLevel::Document);
        } else {
            self.document_signature(tree, kind);
        }
    }

    /// Takes code, text and command out of the document.
    fn contents(&mut self, root: TreeElement<'_>, kind: MessageKind) {
        let text = |name: &str| {
            let value = root.child(root.namespace(), name).and_then(|one| one.text()).map(str::trim);
            value.filter(|value| !value.is_empty()).map(str::to_owned)
        };
        if matches!(kind, MessageKind::ApplicationResponse | MessageKind::CertificateResponse) {
            // The document's code is the one that somebody signed for its content.
            let (code, words) = match is_pki_document(root) {
                true => ("ReturnCode", "ReturnText"),
                false => ("ResponseCode", "ResponseText"),
            };
            self.found.code_family = is_pki_document(root).then_some(BankFamily::Danske);
            self.found.code = text(code).or_else(|| self.found.code.take());
            self.found.text = text(words).or_else(|| self.found.text.take());
        }
        let command = text("Command");
        let named = command.as_deref().and_then(operation_of_command);
        let Some(operation) = &self.found.operation else {
            self.found.operation = named.map(str::to_owned);
            return;
        };
        if kind == MessageKind::ApplicationRequest && command.is_some() && named != Some(operation.as_str()) {
            self.checks.failed("V9", "the document's Command names another operation than the envelope");
        }
    }

    /// V11 and V12: the signature of the document, its signer.
    fn document_signature(&mut self, tree: &XmlTree<'_>, kind: MessageKind) {
        if self.is_stopped("V11") {
            return;
        }
        let root = tree.root();
        let signed = match SignedDocument::read_knowing(tree, &self.known) {
            Ok(signed) => signed,
            Err(fault) if fault.kind == SignatureFaultKind::NotSigned && kind == MessageKind::CertificateRequest => {
                let first = FIRST_REQUEST.iter().any(|name| root.child(root.namespace(), name).is_some());
                let why = match self.found.operation.as_deref() {
                    _ if first => "the first request for a certificate is not signed: a code stands for the signature",
                    Some(operation) if ANYBODY.contains(&operation) => {
                        "anybody may ask for the bank's certificates: nobody signs that"
                    }
                    _ => return self.checks.failed("V11", fault.to_string()),
                };
                self.checks.passed("V11", why);
                if self.checks.all_hold() {
                    self.parts.unsigned_request(root, self.was_encrypted);
                }
                return;
            }
            Err(fault) => {
                self.survey(tree, SignatureLevel::Document);
                return self.checks.failed("V11", fault.to_string());
            }
        };
        let certificates = signed.certificates();
        let key = certificates.signer.key().map_err(|fault| fault.to_string());
        let verified =
            key.and_then(|key| signed.verify(key, self.rules.algorithms()).map_err(|fault| fault.to_string()));
        if let Err(why) = verified {
            self.survey(tree, SignatureLevel::Document);
            return self.checks.failed("V11", why);
        }
        let path = self.rules.path(&certificates.signer, &certificates.others);
        let path = path.map(|path| format!("the document's signature covers all of it; its signer is {path}"));
        let mut trusted = self.checks.note_result("V11", path);
        if matches!(kind, MessageKind::ApplicationResponse | MessageKind::CertificateResponse) {
            let bank = self.rules.is_bank(&certificates.signer, SignatureLevel::Document);
            trusted &= self.checks.note_result("V12", bank);
        }
        let held = holding(signed.parts(), certificates, &[root], SignatureLevel::Document);
        self.found.signatures.push(MessageSignature { trusted, ..held });
        if let (Ok(covered), true) = (verified, self.checks.all_hold()) {
            let digest = signed.parts().references.first().map_or(&[][..], |reference| &reference.value);
            let signer = &certificates.signer;
            let was_encrypted = self.was_encrypted;
            self.parts.document(&CoveredDocument { root: covered, text: tree.text(), digest, signer, was_encrypted });
        }
    }
}
