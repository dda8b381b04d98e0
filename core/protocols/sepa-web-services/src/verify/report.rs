//! The result of an examination, in the form for users.

use bankchannel_crypto::x509::{Certificate, NameStyle};
use bankchannel_foundation::model::{Boundary, Timestamp};
use bankchannel_xml::{TreeElement, XmlTree};
use bankchannel_xml_signature::{
    CanonicalMethod, KeyCertificates, SurveyedReference, SurveyedSignature, XmlSignatureParts, canonical_bytes,
    digest_alternatives, digest_uri, signature_uri, survey,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{MessageKind, VerificationRules};
use crate::profile::SignatureLevel;

/// Maximum number of digests that are explained: each costs some thirty passes over the signed parts.
const MAX_EXPLAINED: usize = 2;
/// Largest canonical text for which other ways to digest it are tried, bytes.
pub(crate) const MAX_TRIED: usize = 32 * 1024 * 1024;
/// Longest canonical text that an explanation shows, in characters.
const MAX_SHOWN: usize = 20_000;

/// The verdict on a message.
#[derive(Debug, Clone, PartialEq, Eq, Default, Boundary)]
#[non_exhaustive]
pub struct MessageVerdict {
    /// Whether every check holds. With `signatures_only`: whether there is a signature, and the digests and values of
    /// all of them hold.
    pub valid: bool,
    /// The kind of the message.
    pub kind: MessageKind,
    /// The operation, such as `upload_file` or `get_certificate`; left out if it is not known.
    pub operation: Option<String>,
    /// The bank's code: of the document if there is one, otherwise of the envelope. It counts only with `valid`.
    pub response_code: Option<String>,
    /// The bank's text; of a fault, its text, which is not signed.
    pub response_text: Option<String>,
    /// All signatures: those of the envelope, then those of the document. Of a message that is refused, only those that
    /// hold; `explain_message` and `signatures_only` also list the first four others of each.
    pub signatures: Vec<MessageSignature>,
    /// All checks that were made, in their order.
    pub checks: Vec<MessageCheck>,
}

impl MessageVerdict {
    /// Why the check with this id does not hold; `None` if it holds or was not made.
    #[must_use]
    pub fn failed(&self, id: &str) -> Option<&str> {
        self.checks.iter().find(|check| !check.ok && check.id == id).map(|check| check.why.as_str())
    }
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct MessageCheck {
    /// Its id, such as `V5`; the list is in the protocol's page.
    pub id: String,
    /// Whether it holds.
    pub ok: bool,
    /// The fact that holds, or the fault.
    pub why: String,
}

/// One signature.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct MessageSignature {
    /// Whether it is that of the envelope (`soap`) or of the document inside (`document`).
    pub level: SignatureLevel,
    /// Whether digests and value hold under the certificate in the message; without `signatures_only` also whether the
    /// signature is where it belongs, covers the required parts and uses permitted methods.
    pub valid: bool,
    /// The identifier of its method.
    pub method: Option<String>,
    /// The identifier of the canonicalisation of the directly signed element.
    pub canonicalization: Option<String>,
    /// Its references.
    pub references: Vec<MessageSignatureReference>,
    /// The certificate that it names; left out if there is none in the message.
    pub signer: Option<SignerCertificate>,
    /// Whether that certificate leads to a trusted authority at the instant and, of a bank's answer, belongs to the
    /// bank.
    pub trusted: bool,
    /// The places of the elements that it covers, as paths from the root; empty if it is not valid.
    pub covers: Vec<String>,
}

/// A reference of a signature.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct MessageSignatureReference {
    /// Its URI: empty for the whole document.
    pub uri: String,
    /// The identifiers of its transforms.
    pub transforms: Vec<String>,
    /// The identifier of its digest.
    pub digest: String,
    /// Whether the digest holds.
    pub valid: bool,
}

/// The certificate of a signer.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct SignerCertificate {
    /// Its subject (RFC 2253).
    pub subject: String,
    /// Its issuer.
    pub issuer: String,
    /// Its serial number, hex.
    pub serial: String,
    /// Its end.
    pub not_after: Timestamp,
    /// The size of its key, bits; 0 for a key that is not RSA.
    pub bits: u32,
}

/// A digest that differs, and what would give it.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct DigestDifference {
    /// The signature.
    pub level: SignatureLevel,
    /// The reference's URI.
    pub uri: String,
    /// The element that it leads to, as a path from the root.
    pub place: String,
    /// The digest in the message, base64.
    pub expected: String,
    /// The digest computed from the message, base64.
    pub computed: String,
    /// The canonical text that was digested; its beginning, if it is long.
    pub canonical: String,
    /// Its size, bytes.
    pub canonical_bytes: u64,
    /// What would give the digest in the message, each in words; empty if the content itself was changed. Not tried for
    /// more than 32 MiB, and for the first two digests of an envelope or document only.
    pub alternatives: Vec<String>,
}

/// The signatures of a tree, as they were surveyed.
pub(super) struct SurveyReport {
    pub(super) signatures: Vec<MessageSignature>,
    /// How many more there are that were not looked at.
    pub(super) others: usize,
    /// The digests that differ, if they are to be explained.
    pub(super) differences: Vec<DigestDifference>,
}

impl SurveyReport {
    pub(super) fn new(tree: &XmlTree<'_>, level: SignatureLevel, rules: &VerificationRules, explains: bool) -> Self {
        let (surveyed, others) = survey(tree);
        let (mut signatures, mut differences) = (Vec::new(), Vec::new());
        for one in surveyed {
            if explains {
                let differing = one.references.iter().filter_map(|reference| difference(&one, reference, level));
                differences.extend(differing.take(MAX_EXPLAINED - differences.len().min(MAX_EXPLAINED)));
            }
            signatures.push(described(&one, level, rules));
        }
        Self { signatures, others, differences }
    }
}

/// A signature that holds where it belongs.
pub(super) fn holding(
    parts: &XmlSignatureParts<'_>,
    certificates: &KeyCertificates,
    targets: &[TreeElement<'_>],
    level: SignatureLevel,
) -> MessageSignature {
    MessageSignature {
        level,
        valid: true,
        method: Some(signature_uri(parts.method).to_owned()),
        canonicalization: Some(parts.canonical.method.uri().to_owned()),
        references: parts
            .references
            .iter()
            .map(|reference| MessageSignatureReference::written(reference, true))
            .collect(),
        signer: Some(SignerCertificate::from_certificate(&certificates.signer)),
        trusted: false,
        covers: targets.iter().map(|element| element.place()).collect(),
    }
}

fn described(one: &SurveyedSignature<'_>, level: SignatureLevel, rules: &VerificationRules) -> MessageSignature {
    let certificates = one.certificates.as_ref().ok();
    let references = one
        .references
        .iter()
        .map(|reference| MessageSignatureReference::written(&reference.reference, reference.digest_holds));
    let parts = one.parts.as_ref().ok();
    let covered = one.references.iter().filter_map(|reference| reference.target.as_ref().ok());
    MessageSignature {
        level,
        valid: one.holds(),
        method: parts.map(|parts| signature_uri(parts.method).to_owned()),
        canonicalization: parts.map(|parts| parts.canonical.method.uri().to_owned()),
        references: references.collect(),
        signer: certificates.map(|certificates| SignerCertificate::from_certificate(&certificates.signer)),
        trusted: rules.signatures_only
            && certificates.is_some_and(|certificates| rules.path(&certificates.signer, &certificates.others).is_ok()),
        covers: if one.holds() { covered.map(|element| element.place()).collect() } else { Vec::new() },
    }
}

impl MessageSignatureReference {
    fn written(reference: &bankchannel_xml_signature::SignatureReference<'_>, valid: bool) -> Self {
        Self {
            uri: reference.uri(),
            transforms: reference.transforms.iter().map(|transform| transform.uri().to_owned()).collect(),
            digest: digest_uri(reference.digest).to_owned(),
            valid,
        }
    }
}

impl SignerCertificate {
    fn from_certificate(certificate: &Certificate) -> Self {
        Self {
            subject: certificate.subject().to_text(NameStyle::Rfc2253),
            issuer: certificate.issuer().to_text(NameStyle::Rfc2253),
            serial: certificate.serial_hex(),
            not_after: Timestamp::from_ms(certificate.not_after().as_millisecond()),
            bits: certificate.key().map_or(0, |key| u32::try_from(key.bits()).unwrap_or_default()),
        }
    }
}

fn difference(
    signature: &SurveyedSignature<'_>,
    surveyed: &SurveyedReference<'_>,
    level: SignatureLevel,
) -> Option<DigestDifference> {
    let target = *surveyed.target.as_ref().ok()?;
    if surveyed.digest_holds {
        return None;
    }
    let reference = &surveyed.reference;
    let omitted = reference.is_enveloped().then_some(signature.element);
    let canonical = canonical_bytes(target, omitted, &reference.canonical());
    let text = String::from_utf8_lossy(&canonical);
    let tried = canonical.len() <= MAX_TRIED;
    let tried = if tried { digest_alternatives(reference, target, signature.element) } else { Vec::new() };
    let alternatives = tried.into_iter().map(|one| {
        let form = match one.method {
            CanonicalMethod::Exclusive | CanonicalMethod::ExclusiveWithComments => "exclusive",
            _ => "inclusive",
        };
        let less = match (target.holds(signature.element), one.enveloped) {
            (true, true) => ", the signature left out",
            (true, false) => ", the signature not left out",
            (false, _) => "",
        };
        let other = if one.difference.is_empty() { String::new() } else { format!("; {}", one.difference) };
        format!("{form} canonicalisation{less}{other}")
    });
    Some(DigestDifference {
        level,
        uri: reference.uri(),
        place: target.place(),
        expected: STANDARD.encode(&reference.value),
        computed: STANDARD.encode(reference.digest.digest(&canonical)),
        canonical: text.chars().take(MAX_SHOWN).collect(),
        canonical_bytes: canonical.len() as u64,
        alternatives: alternatives.collect(),
    })
}
