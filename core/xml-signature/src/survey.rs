//! All signatures of a message, computed for a person: digests and values under the certificate in the message, whatever
//! its age, its issuer, the algorithms and the place. Nothing is trusted on this ground.

use bankchannel_xml::{TreeElement, XmlTree};

use crate::fault::{SignatureFault, SignatureFaultKind};
use crate::ids::IdIndex;
use crate::key_info::KeyCertificates;
use crate::names::SIGNATURE_NAMESPACE;
use crate::parts::{ReferenceTarget, SignatureReference, XmlSignatureParts};

/// One signature of a message.
#[derive(Debug)]
pub struct SurveyedSignature<'r> {
    /// The Signature element.
    pub element: TreeElement<'r>,
    /// Its parts, or why they cannot be read.
    pub parts: Result<XmlSignatureParts<'r>, SignatureFault>,
    /// The certificate that it names, or why there is none.
    pub certificates: Result<KeyCertificates, SignatureFault>,
    /// Its references, in order.
    pub references: Vec<SurveyedReference<'r>>,
    /// Whether its value is the certified key's over the references.
    pub value_holds: bool,
}

/// One reference of a signature.
#[derive(Debug)]
pub struct SurveyedReference<'r> {
    /// The reference.
    pub reference: SignatureReference<'r>,
    /// The element that it leads to, or why it leads to none.
    pub target: Result<TreeElement<'r>, SignatureFault>,
    /// Whether the digest of the element is that of the reference.
    pub digest_holds: bool,
}

impl SurveyedSignature<'_> {
    /// Whether the value and all digests hold.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.value_holds && !self.references.is_empty() && self.references.iter().all(|one| one.digest_holds)
    }
}

/// Maximum number of signatures that are looked at: each costs a pass over its target for each of its references.
pub const MAX_SURVEYED: usize = 4;

/// The signatures of a message, in the order of their elements, and how many more there are that were not looked at:
/// those beyond the first four, and those inside of another.
#[must_use]
pub fn survey<'r>(tree: &'r XmlTree<'_>) -> (Vec<SurveyedSignature<'r>>, usize) {
    let root = tree.root();
    let mut ids = None;
    let mut found: Vec<SurveyedSignature<'r>> = Vec::new();
    let mut others = 0;
    for element in root.and_inside().filter(|one| one.is(SIGNATURE_NAMESPACE, "Signature")) {
        if found.len() < MAX_SURVEYED && !found.iter().any(|known| known.element.holds(element)) {
            found.push(examine(element, root, ids.get_or_insert_with(|| IdIndex::new(root))));
        } else {
            others += 1;
        }
    }
    (found, others)
}

fn examine<'r>(element: TreeElement<'r>, root: TreeElement<'r>, ids: &IdIndex<'r>) -> SurveyedSignature<'r> {
    let parts = XmlSignatureParts::read(element);
    let certificates = parts.as_ref().map_err(Clone::clone).and_then(|parts| parts.certificates(ids, &[]));
    let (mut references, mut value_holds) = (Vec::new(), false);
    if let Ok(parts) = &parts {
        value_holds = certificates.as_ref().is_ok_and(|certificates| {
            let key = certificates.signer.key();
            key.is_ok_and(|key| key.computes_pkcs1(parts.method, &parts.signed_bytes(), &parts.value))
        });
        for reference in &parts.references {
            let target = match &reference.target {
                ReferenceTarget::Element(id) => ids.find(id, reference.element()),
                ReferenceTarget::Document | ReferenceTarget::DocumentWithComments => Ok(root),
            };
            let target = target.and_then(|target| {
                let is_inside = target.holds(element) && !reference.is_enveloped();
                let message = "the signature is inside of what it signs, and not left out";
                let fault = || SignatureFault::new(SignatureFaultKind::Reference, reference.element(), message);
                if is_inside { Err(fault()) } else { Ok(target) }
            });
            let digest_holds =
                target.as_ref().is_ok_and(|target| reference.digest_of(*target, element) == reference.value);
            references.push(SurveyedReference { reference: reference.clone(), target, digest_holds });
        }
    }
    SurveyedSignature { element, parts, certificates, references, value_holds }
}
