//! Elements that are there twice: two readers would read two messages.

use std::collections::HashSet;

use bankchannel_xml::TreeElement;

use super::kinds::{is_document_namespace, is_pki_document};

/// The element of a document with any content.
const ANYTHING: &str = "CustomerExtension";

/// Elements of Danske's certificate service that are there as often as there are certificates.
const OF_EACH_CERTIFICATE: [&str; 3] = ["CertificateStatus", "CertificateSerialNo", "ExceptCertificateSerialNo"];

/// The name of an element directly inside that is there twice; `None` if there is none.
#[must_use]
pub fn repeated_element<'r>(element: TreeElement<'r>) -> Option<&'r str> {
    let mut seen = HashSet::new();
    element.children().find(|one| !seen.insert((one.namespace(), one.local()))).map(TreeElement::local)
}

/// The element of a document that is there twice where the schema has it once: everywhere but in a list, whose items
/// have its name without the last letter. With the name of the element around it.
pub(super) fn repeated_in_document(root: TreeElement<'_>) -> Option<(String, String)> {
    let mut seen = HashSet::new();
    for one in root.children().filter(|one| is_document_namespace(one.namespace())) {
        let (name, around) = (one.local(), root.local());
        let is_item = around.strip_suffix('s') == Some(name)
            || (is_pki_document(one) && OF_EACH_CERTIFICATE.contains(&name) && around != "CertificateStatus");
        if !is_item && !seen.insert(name) {
            return Some((name.to_owned(), around.to_owned()));
        }
        let inside = Some(one).filter(|one| one.local() != ANYTHING).and_then(repeated_in_document);
        if inside.is_some() {
            return inside;
        }
    }
    None
}
