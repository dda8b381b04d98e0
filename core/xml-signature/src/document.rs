//! A document with its signature inside: the enveloped signature of a whole document.

use bankchannel_crypto::signature::VerifyingKey;
use bankchannel_crypto::x509::Certificate;
use bankchannel_xml::{TreeElement, XmlTree};

use crate::covered::CoveredElement;
use crate::fault::{SignatureFault, SignatureFaultKind};
use crate::ids::IdIndex;
use crate::key_info::KeyCertificates;
use crate::methods::AlgorithmRules;
use crate::names::SIGNATURE_NAMESPACE;
use crate::parts::{ReferenceTarget, ReferenceTransform, XmlSignatureParts};

/// A document whose signature has been found and read, and not yet verified.
#[derive(Debug)]
pub struct SignedDocument<'r> {
    root: TreeElement<'r>,
    parts: XmlSignatureParts<'r>,
    certificates: KeyCertificates,
}

impl<'r> SignedDocument<'r> {
    /// Finds the signature of a document: one in all of it, directly inside its root, with one reference, to the root,
    /// from which the signature itself is left out.
    ///
    /// # Errors
    /// [`SignatureFaultKind::NotSigned`] if there is none; what else is wrong with it.
    pub fn read(tree: &'r XmlTree<'_>) -> Result<Self, SignatureFault> {
        Self::read_knowing(tree, &[])
    }

    /// The same; certificates that are known, from messages before, are not read again.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_knowing(tree: &'r XmlTree<'_>, known: &[Certificate]) -> Result<Self, SignatureFault> {
        let root = tree.root();
        let mut signatures = root.and_inside().filter(|one| one.is(SIGNATURE_NAMESPACE, "Signature"));
        let Some(signature) = signatures.next() else {
            let message = "the document has no signature";
            return Err(SignatureFault::new(SignatureFaultKind::NotSigned, root, message));
        };
        if let Some(second) = signatures.next() {
            return Err(SignatureFault::structure(second, "the document has more than one signature"));
        }
        if signature.parent() != Some(root) {
            return Err(SignatureFault::structure(signature, "the signature is not directly inside the root"));
        }
        let parts = XmlSignatureParts::read(signature)?;
        let ids = IdIndex::new(root);
        let [reference] = &parts.references[..] else {
            return Err(SignatureFault::structure(signature, "the signature has more than one reference"));
        };
        if let ReferenceTarget::Element(id) = &reference.target
            && ids.find(id, reference.element())? != root
        {
            let message = "the reference does not lead to the root";
            return Err(SignatureFault::new(SignatureFaultKind::Reference, reference.element(), message));
        }
        if !matches!(
            &reference.transforms[..],
            [ReferenceTransform::Enveloped] | [ReferenceTransform::Enveloped, ReferenceTransform::Canonical(_)]
        ) {
            let message = "the transforms are not enveloped-signature, with or without a canonicalisation behind it";
            return Err(SignatureFault::new(SignatureFaultKind::Algorithm, reference.element(), message));
        }
        let certificates = parts.certificates(&ids, known)?;
        Ok(Self { root, parts, certificates })
    }

    /// The signer's certificate, and others beside it.
    #[must_use]
    pub fn certificates(&self) -> &KeyCertificates {
        &self.certificates
    }

    /// The signature.
    #[must_use]
    pub fn parts(&self) -> &XmlSignatureParts<'r> {
        &self.parts
    }

    /// Verifies the signature with a key, that of the certificate if the caller trusts it.
    ///
    /// # Errors
    /// SHA-1 where it is not permitted, a digest or the value differ.
    pub fn verify(&self, key: &VerifyingKey, rules: AlgorithmRules) -> Result<CoveredElement<'r>, SignatureFault> {
        self.parts.check_value(key, rules)?;
        for reference in &self.parts.references {
            reference.check(self.root, self.parts.element(), rules)?;
        }
        Ok(CoveredElement::new(self.root, Some(self.parts.element())))
    }
}
