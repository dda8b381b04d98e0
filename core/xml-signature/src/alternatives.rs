//! Other forms that a signer may have digested, when a digest differs.

use bankchannel_xml::TreeElement;

use crate::canonical::{canonical_bytes, canonicalize_texts};
use crate::methods::{CanonicalForm, CanonicalMethod};
use crate::parts::SignatureReference;

/// A way to digest the element that gives the digest of the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestAlternative {
    /// The canonical form.
    pub method: CanonicalMethod,
    /// Whether the signature was left out.
    pub enveloped: bool,
    /// What else was different, in words; empty for nothing.
    pub difference: &'static str,
}

/// The declarations that programs write before a document.
const DECLARATIONS: [&str; 2] =
    ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<?xml version=\"1.0\" encoding=\"utf-8\"?>"];

/// The ways to digest an element that give the digest of a reference, which its own way does not give: another
/// canonical form, with or without the signature, other line ends, without the blanks between elements, or with the XML
/// declaration.
#[must_use]
pub fn digest_alternatives(
    reference: &SignatureReference<'_>,
    target: TreeElement<'_>,
    signature: TreeElement<'_>,
) -> Vec<DigestAlternative> {
    let mut found = Vec::new();
    let holds = |bytes: &[u8]| reference.digest.digest(bytes) == reference.value;
    for method in [CanonicalMethod::Inclusive, CanonicalMethod::Exclusive] {
        for enveloped in [true, false] {
            let omitted = Some(signature).filter(|_| enveloped && target.holds(signature));
            if !enveloped && !target.holds(signature) {
                continue;
            }
            let mut add = |difference| found.push(DigestAlternative { method, enveloped, difference });
            let form = CanonicalForm::from(method);
            let bytes = canonical_bytes(target, omitted, &form);
            if holds(&bytes) {
                add("");
            }
            if bytes.contains(&b'\n') {
                if holds(&replaced(&bytes, b"\r\n")) {
                    add("each line end was CR LF");
                }
                if holds(&replaced(&bytes, b"&#xD;\n")) {
                    add("each line end was CR LF, and the CR a character of the text");
                }
            }
            let bare = without_blanks(target, omitted, &form);
            if bare.len() < bytes.len() && holds(&bare) {
                add(
                    "there were no line ends and blanks between the elements: the message was indented after it was signed",
                );
            }
            for declaration in DECLARATIONS {
                let with = |between: &str| [declaration.as_bytes(), between.as_bytes(), &bytes].concat();
                if holds(&with("")) || holds(&with("\n")) {
                    add("the XML declaration was digested too");
                }
            }
        }
    }
    found
}

fn replaced(bytes: &[u8], line_end: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 16);
    for byte in bytes {
        if *byte == b'\n' {
            out.extend_from_slice(line_end);
        } else {
            out.push(*byte);
        }
    }
    out
}

/// The canonical bytes without texts of nothing but blanks.
fn without_blanks(target: TreeElement<'_>, omitted: Option<TreeElement<'_>>, form: &CanonicalForm) -> Vec<u8> {
    let mut bytes = Vec::new();
    canonicalize_texts(target, omitted, form, &mut bytes, |text| !text.trim_ascii().is_empty());
    bytes
}
