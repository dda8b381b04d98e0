//! A SOAP envelope signed with WS-Security.

use bankchannel_crypto::signature::VerifyingKey;
use bankchannel_crypto::x509::Certificate;
use bankchannel_xml::{TreeElement, XmlTree};

use crate::covered::CoveredElement;
use crate::fault::{SignatureFault, SignatureFaultKind};
use crate::ids::IdIndex;
use crate::key_info::KeyCertificates;
use crate::methods::AlgorithmRules;
use crate::names::{SIGNATURE_NAMESPACE, SOAP_NAMESPACE, WS_SECURITY_NAMESPACE, WS_UTILITY_NAMESPACE};
use crate::parts::{ReferenceTarget, ReferenceTransform, XmlSignatureParts};
use crate::values::nothing_but_elements;

/// An envelope whose signature has been found and read, and not yet verified.
#[derive(Debug)]
pub struct SignedEnvelope<'r> {
    body: TreeElement<'r>,
    timestamp: Option<TreeElement<'r>>,
    parts: XmlSignatureParts<'r>,
    certificates: KeyCertificates,
    /// What each reference leads to.
    targets: Vec<TreeElement<'r>>,
}

impl<'r> SignedEnvelope<'r> {
    /// The Header and the Body of an envelope that may or may not be signed.
    ///
    /// # Errors
    /// The message is not a SOAP 1.1 envelope of one Header at most and one Body, in this order.
    pub fn parts_of(tree: &'r XmlTree<'_>) -> Result<(Option<TreeElement<'r>>, TreeElement<'r>), SignatureFault> {
        let root = tree.root();
        if !root.is(SOAP_NAMESPACE, "Envelope") {
            return Err(SignatureFault::structure(root, "the message is not a SOAP 1.1 envelope"));
        }
        let mut children = nothing_but_elements(root)?.peekable();
        let header = children.next_if(|child| child.is(SOAP_NAMESPACE, "Header"));
        let body = children.next().filter(|child| child.is(SOAP_NAMESPACE, "Body"));
        let (Some(body), None) = (body, children.next()) else {
            return Err(SignatureFault::structure(
                root,
                "an envelope must hold one Header and one Body, in this order",
            ));
        };
        let mut bodies =
            root.and_inside().filter(|one| one.is(SOAP_NAMESPACE, "Body") || one.is(SOAP_NAMESPACE, "Header"));
        match bodies.find(|one| *one != body && Some(*one) != header) {
            Some(other) => Err(SignatureFault::structure(other, "there is a second Header or Body in the message")),
            None => Ok((header, body)),
        }
    }

    /// Finds the signature of an envelope: one Security in its Header, one signature in all of the message, directly
    /// inside Security, whose references lead to the Body, and to the Timestamp of this Security if to anything else.
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
        let (header, body) = Self::parts_of(tree)?;
        let root = tree.root();
        let unsigned = |at| SignatureFault::new(SignatureFaultKind::NotSigned, at, "the message has no signature");
        let security = one_of(root, WS_SECURITY_NAMESPACE, "Security")?.ok_or_else(|| unsigned(root))?;
        if header.is_none() || security.parent() != header {
            return Err(SignatureFault::structure(security, "Security is not directly inside the Header"));
        }
        let signature = one_of(root, SIGNATURE_NAMESPACE, "Signature")?.ok_or_else(|| unsigned(security))?;
        let timestamp = one_of(root, WS_UTILITY_NAMESPACE, "Timestamp")?;
        for part in [Some(signature), timestamp].into_iter().flatten() {
            if part.parent() != Some(security) {
                let message = format!("{} is not directly inside Security", part.local());
                return Err(SignatureFault::structure(part, message));
            }
        }
        let parts = XmlSignatureParts::read(signature)?;
        let ids = IdIndex::new(root);
        let mut targets: Vec<TreeElement<'_>> = Vec::new();
        for reference in &parts.references {
            let fault = |message| SignatureFault::new(SignatureFaultKind::Reference, reference.element(), message);
            let ReferenceTarget::Element(id) = &reference.target else {
                return Err(fault("the reference does not name an id"));
            };
            let target = ids.find(id, reference.element())?;
            if (target != body && Some(target) != timestamp) || targets.contains(&target) {
                return Err(fault("the references lead to something else than the Body and the Timestamp, each once"));
            }
            if !matches!(&reference.transforms[..], [] | [ReferenceTransform::Canonical(_)]) {
                let message = "the transforms are not one canonicalisation";
                return Err(SignatureFault::new(SignatureFaultKind::Algorithm, reference.element(), message));
            }
            targets.push(target);
        }
        if !targets.contains(&body) {
            let message = "the Body is not signed: no reference leads to it";
            return Err(SignatureFault::new(SignatureFaultKind::Reference, signature, message));
        }
        let token = parts.token(&ids)?;
        if token.parent() != Some(security) {
            return Err(SignatureFault::structure(
                token,
                "the token with the certificate is not directly inside Security",
            ));
        }
        let certificates = parts.certificates(&ids, known)?;
        Ok(Self { body, timestamp, parts, certificates, targets })
    }

    /// The signer's certificate.
    #[must_use]
    pub fn certificates(&self) -> &KeyCertificates {
        &self.certificates
    }

    /// The signature.
    #[must_use]
    pub fn parts(&self) -> &XmlSignatureParts<'r> {
        &self.parts
    }

    /// The elements that the references lead to, in their order.
    #[must_use]
    pub fn targets(&self) -> &[TreeElement<'r>] {
        &self.targets
    }

    /// Whether there is a Timestamp that is not signed: it says nothing.
    #[must_use]
    pub fn has_uncovered_timestamp(&self) -> bool {
        self.timestamp.is_some_and(|timestamp| !self.targets.contains(&timestamp))
    }

    /// Verifies the signature with a key, that of the certificate if the caller trusts it. Returns the Body, and the
    /// Timestamp if it is covered.
    ///
    /// # Errors
    /// SHA-1 where it is not permitted, a digest or the value differ.
    pub fn verify(
        &self,
        key: &VerifyingKey,
        rules: AlgorithmRules,
    ) -> Result<(CoveredElement<'r>, Option<CoveredElement<'r>>), SignatureFault> {
        self.parts.check_value(key, rules)?;
        for (reference, target) in self.parts.references.iter().zip(&self.targets) {
            reference.check(*target, self.parts.element(), rules)?;
        }
        let timestamp = self.timestamp.filter(|timestamp| self.targets.contains(timestamp));
        Ok((CoveredElement::new(self.body, None), timestamp.map(|one| CoveredElement::new(one, None))))
    }
}

/// The only element of that name in a message.
fn one_of<'r>(root: TreeElement<'r>, namespace: &str, name: &str) -> Result<Option<TreeElement<'r>>, SignatureFault> {
    let mut all = root.and_inside().filter(|one| one.is(namespace, name));
    let first = all.next();
    match all.next() {
        None => Ok(first),
        Some(second) => Err(SignatureFault::structure(second, format!("there is more than one {name} in the message"))),
    }
}
