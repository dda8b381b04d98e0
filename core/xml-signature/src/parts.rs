//! A ds:Signature read strictly: each part once, in order, and nothing else.

use bankchannel_crypto::digest::MessageDigestAlgorithm;
use bankchannel_crypto::signature::VerifyingKey;
use bankchannel_crypto::x509::Certificate;
use bankchannel_xml::TreeElement;

use crate::canonical::canonicalize;
use crate::fault::{SignatureFault, SignatureFaultKind};
use crate::ids::IdIndex;
use crate::key_info::{KeyCertificates, KeyPlace, key_place};
use crate::methods::{AlgorithmRules, CanonicalForm, CanonicalMethod, digest_named, signature_named};
use crate::names::{ENVELOPED, EXCLUSIVE_NAMESPACE, SIGNATURE_NAMESPACE};
use crate::values::{attribute, exact_children, nothing_but_elements, only_base64};

/// Maximum number of references of one signature.
const MAX_REFERENCES: usize = 2;
/// Maximum number of transforms of one reference.
const MAX_TRANSFORMS: usize = 2;
/// Longest value of a signature, bytes: RSA of 8192 bits.
const MAX_VALUE: usize = 1024;
/// Longest value of a digest, bytes.
const MAX_DIGEST: usize = 64;
/// Maximum number of prefixes in a PrefixList.
const MAX_PREFIXES: usize = 32;

/// The parts of a signature.
#[derive(Debug, Clone)]
pub struct XmlSignatureParts<'r> {
    element: TreeElement<'r>,
    signed_info: TreeElement<'r>,
    /// The canonical form of SignedInfo.
    pub canonical: CanonicalForm,
    /// The digest that RSA (PKCS#1 v1.5) signs.
    pub method: MessageDigestAlgorithm,
    /// The references, one or two.
    pub references: Vec<SignatureReference<'r>>,
    /// The value.
    pub value: Vec<u8>,
    key: KeyPlace<'r>,
}

/// A reference to the signed part.
#[derive(Debug, Clone)]
pub struct SignatureReference<'r> {
    element: TreeElement<'r>,
    /// Its target.
    pub target: ReferenceTarget,
    /// The transforms in order.
    pub transforms: Vec<ReferenceTransform>,
    /// The digest.
    pub digest: MessageDigestAlgorithm,
    /// The value of the digest.
    pub value: Vec<u8>,
}

/// The target of a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReferenceTarget {
    /// The document, without comments: `URI=""`.
    Document,
    /// The document with comments: `URI="#xpointer(/)"`.
    DocumentWithComments,
    /// The element with this id.
    Element(String),
}

/// A transform of a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReferenceTransform {
    /// The signature itself is left out.
    Enveloped,
    /// A canonical form.
    Canonical(CanonicalForm),
}

impl<'r> XmlSignatureParts<'r> {
    /// Reads a signature.
    ///
    /// # Errors
    /// Structure, methods that are not on the list, references to other documents.
    pub fn read(element: TreeElement<'r>) -> Result<Self, SignatureFault> {
        let [signed_info, value, key_info] = exact_children(element, ["SignedInfo", "SignatureValue", "KeyInfo"])?;
        let mut inside = nothing_but_elements(signed_info)?;
        let mut next = |name: &str| {
            let child = inside.next().filter(|child| child.is(SIGNATURE_NAMESPACE, name));
            child.ok_or_else(|| {
                let message = "SignedInfo must hold CanonicalizationMethod, SignatureMethod, Reference in this order";
                SignatureFault::structure(signed_info, message)
            })
        };
        let canonical = canonical_form(next("CanonicalizationMethod")?)?;
        let method = signature_method(next("SignatureMethod")?)?;
        let mut references = vec![SignatureReference::read(next("Reference")?)?];
        for more in inside {
            if !more.is(SIGNATURE_NAMESPACE, "Reference") || references.len() == MAX_REFERENCES {
                let message = format!("SignedInfo holds more than {MAX_REFERENCES} references, or something else");
                return Err(SignatureFault::structure(more, message));
            }
            references.push(SignatureReference::read(more)?);
        }
        let (value, key) = (only_base64(value, MAX_VALUE)?, key_place(key_info)?);
        Ok(Self { element, signed_info, canonical, method, references, value, key })
    }

    /// The Signature element.
    #[must_use]
    pub fn element(&self) -> TreeElement<'r> {
        self.element
    }

    /// The canonical bytes of SignedInfo, which are signed.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        crate::canonical::canonical_bytes(self.signed_info, None, &self.canonical)
    }

    /// Checks the value with a key.
    ///
    /// # Errors
    /// SHA-1 where it is not permitted, or the value is not this key's.
    pub fn check_value(&self, key: &VerifyingKey, rules: AlgorithmRules) -> Result<(), SignatureFault> {
        rules.check(self.method, self.element)?;
        if key.verify_pkcs1_with(self.method, &self.signed_bytes(), &self.value) {
            return Ok(());
        }
        let message = "the signature's value was not made with the key of the certificate over these references";
        Err(SignatureFault::new(SignatureFaultKind::Value, self.element, message))
    }

    /// The token of the message that holds the certificate.
    pub(crate) fn token<'i>(&self, ids: &IdIndex<'i>) -> Result<TreeElement<'i>, SignatureFault> {
        self.key.token(ids)
    }

    pub(crate) fn certificates(
        &self,
        ids: &IdIndex<'_>,
        known: &[Certificate],
    ) -> Result<KeyCertificates, SignatureFault> {
        self.key.certificates(ids, known)
    }
}

impl<'r> SignatureReference<'r> {
    fn read(element: TreeElement<'r>) -> Result<Self, SignatureFault> {
        let uri = attribute(element, "URI")?;
        let target = match uri.as_ref() {
            "" => ReferenceTarget::Document,
            "#xpointer(/)" => ReferenceTarget::DocumentWithComments,
            other => match other.strip_prefix('#').filter(|id| !id.is_empty() && !id.contains(['(', '#', '/'])) {
                Some(id) => ReferenceTarget::Element(id.to_owned()),
                None => {
                    let message = "the reference does not lead to this document";
                    return Err(SignatureFault::new(SignatureFaultKind::Reference, element, message));
                }
            },
        };
        // Transforms may be left out.
        let mut children = nothing_but_elements(element)?.peekable();
        let mut transforms = Vec::new();
        if let Some(list) = children.next_if(|child| child.is(SIGNATURE_NAMESPACE, "Transforms")) {
            for one in nothing_but_elements(list)? {
                if transforms.len() == MAX_TRANSFORMS || !one.is(SIGNATURE_NAMESPACE, "Transform") {
                    let message = format!("a reference has more than {MAX_TRANSFORMS} transforms, or something else");
                    return Err(SignatureFault::structure(one, message));
                }
                transforms.push(transform(one)?);
            }
        }
        let rest: Vec<TreeElement<'_>> = children.take(3).collect();
        let [method, value] = rest[..] else { return Err(misordered(element)) };
        if !method.is(SIGNATURE_NAMESPACE, "DigestMethod") || !value.is(SIGNATURE_NAMESPACE, "DigestValue") {
            return Err(misordered(element));
        }
        let digest = digest_method(method)?;
        let value = only_base64(value, MAX_DIGEST)?;
        if value.len() != digest.digest(b"").len() {
            let message = "the digest's value is not as long as its method says";
            return Err(SignatureFault::new(SignatureFaultKind::Digest, element, message));
        }
        Ok(Self { element, target, transforms, digest, value })
    }

    /// The Reference element.
    #[must_use]
    pub fn element(&self) -> TreeElement<'r> {
        self.element
    }

    /// Its URI, as it is written.
    #[must_use]
    pub fn uri(&self) -> String {
        match &self.target {
            ReferenceTarget::Document => String::new(),
            ReferenceTarget::DocumentWithComments => "#xpointer(/)".to_owned(),
            ReferenceTarget::Element(id) => format!("#{id}"),
        }
    }

    /// Whether the signature itself is left out.
    #[must_use]
    pub fn is_enveloped(&self) -> bool {
        self.transforms.contains(&ReferenceTransform::Enveloped)
    }

    /// The canonical form that is digested: that of the last transform, otherwise the inclusive one, whatever
    /// SignedInfo itself has.
    #[must_use]
    pub fn canonical(&self) -> CanonicalForm {
        let named = self.transforms.iter().rev().find_map(|transform| match transform {
            ReferenceTransform::Canonical(form) => Some(form.clone()),
            ReferenceTransform::Enveloped => None,
        });
        named.unwrap_or_else(|| CanonicalMethod::Inclusive.into())
    }

    /// The digest of an element, less the signature if it is enveloped.
    #[must_use]
    pub fn digest_of(&self, target: TreeElement<'_>, signature: TreeElement<'_>) -> Vec<u8> {
        let mut digest = self.digest.begin();
        canonicalize(target, self.is_enveloped().then_some(signature), &self.canonical(), &mut digest);
        digest.finish()
    }

    /// Checks the digest of an element.
    pub(crate) fn check(
        &self,
        target: TreeElement<'_>,
        signature: TreeElement<'_>,
        rules: AlgorithmRules,
    ) -> Result<(), SignatureFault> {
        rules.check(self.digest, self.element)?;
        if self.digest_of(target, signature) == self.value {
            return Ok(());
        }
        let message = format!("{} was changed after it was signed: its digest differs", target.local());
        Err(SignatureFault::new(SignatureFaultKind::Digest, target, message))
    }
}

impl ReferenceTransform {
    /// Its identifier.
    #[must_use]
    pub fn uri(&self) -> &'static str {
        match self {
            Self::Enveloped => ENVELOPED,
            Self::Canonical(form) => form.method.uri(),
        }
    }
}

fn misordered(reference: TreeElement<'_>) -> SignatureFault {
    SignatureFault::structure(reference, "Reference must hold Transforms, DigestMethod, DigestValue in this order")
}

fn transform(element: TreeElement<'_>) -> Result<ReferenceTransform, SignatureFault> {
    let uri = attribute(element, "Algorithm")?;
    if uri == ENVELOPED {
        return empty(element).map(|()| ReferenceTransform::Enveloped);
    }
    if CanonicalMethod::from_uri(&uri).is_none() {
        let message = "the transform is neither enveloped-signature nor one of the four canonicalisations";
        return Err(SignatureFault::new(SignatureFaultKind::Algorithm, element, message));
    }
    canonical_form(element).map(ReferenceTransform::Canonical)
}

fn canonical_form(element: TreeElement<'_>) -> Result<CanonicalForm, SignatureFault> {
    let uri = attribute(element, "Algorithm")?;
    let Some(method) = CanonicalMethod::from_uri(&uri) else {
        let message = "the canonicalisation is not inclusive or exclusive 1.0";
        return Err(SignatureFault::new(SignatureFaultKind::Algorithm, element, message));
    };
    let mut prefixes = Vec::new();
    for (number, child) in nothing_but_elements(element)?.enumerate() {
        if !method.is_exclusive() || number > 0 || !child.is(EXCLUSIVE_NAMESPACE, "InclusiveNamespaces") {
            return Err(SignatureFault::structure(child, "a canonicalisation may not hold this element"));
        }
        empty(child)?;
        let list = child.attribute("", "PrefixList").unwrap_or_default();
        prefixes = list.split_ascii_whitespace().take(MAX_PREFIXES + 1).map(str::to_owned).collect();
        if prefixes.len() > MAX_PREFIXES {
            return Err(SignatureFault::structure(child, "the PrefixList is too long"));
        }
    }
    for prefix in prefixes.iter_mut().filter(|prefix| *prefix == "#default") {
        prefix.clear();
    }
    Ok(CanonicalForm { method, prefixes })
}

fn signature_method(element: TreeElement<'_>) -> Result<MessageDigestAlgorithm, SignatureFault> {
    empty(element)?;
    let uri = attribute(element, "Algorithm")?;
    signature_named(&uri).ok_or_else(|| {
        let message = "the signature's method is not RSA (PKCS#1 v1.5) with SHA-1, 256, 384 or 512";
        SignatureFault::new(SignatureFaultKind::Algorithm, element, message)
    })
}

fn digest_method(element: TreeElement<'_>) -> Result<MessageDigestAlgorithm, SignatureFault> {
    empty(element)?;
    let uri = attribute(element, "Algorithm")?;
    digest_named(&uri).ok_or_else(|| {
        let message = "the digest's method is not SHA-1, 256, 384 or 512";
        SignatureFault::new(SignatureFaultKind::Algorithm, element, message)
    })
}

fn empty(element: TreeElement<'_>) -> Result<(), SignatureFault> {
    if element.text().is_some_and(|text| text.trim_ascii().is_empty()) {
        return Ok(());
    }
    Err(SignatureFault::structure(element, format!("{} must be empty", element.local())))
}
