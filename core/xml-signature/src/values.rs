//! Texts of signatures: base64 with white space, and elements that hold nothing but text.

use bankchannel_foundation::message::decode_base64;
use bankchannel_xml::TreeElement;

use crate::fault::SignatureFault;
use crate::names::SIGNATURE_NAMESPACE;

/// The text of an element that may hold nothing else.
pub(crate) fn only_text(element: TreeElement<'_>) -> Result<&str, SignatureFault> {
    element.text().ok_or_else(|| SignatureFault::structure(element, "there are elements where a text alone belongs"))
}

/// The bytes of base64, lines and blanks allowed, of at most that many bytes.
pub(crate) fn only_base64(element: TreeElement<'_>, max: usize) -> Result<Vec<u8>, SignatureFault> {
    let text = only_text(element)?;
    // Lines may be short, but not empty without end.
    if text.len() > 4 * max + 1024 {
        return Err(SignatureFault::structure(element, "the value is too long"));
    }
    let bytes = decode_base64(text).map_err(|_| SignatureFault::structure(element, "the value is not base64"))?;
    if bytes.len() > max {
        return Err(SignatureFault::structure(element, "the value is too long"));
    }
    Ok(bytes)
}

/// The children of an element that holds elements of XML-DSig in exactly this order, each once.
pub(crate) fn exact_children<'r, const N: usize>(
    element: TreeElement<'r>,
    names: [&'static str; N],
) -> Result<[TreeElement<'r>; N], SignatureFault> {
    let mut children = nothing_but_elements(element)?;
    let mut found = [element; N];
    for (place, name) in found.iter_mut().zip(names) {
        let child = children.next().filter(|child| child.is(SIGNATURE_NAMESPACE, name));
        *place = child.ok_or_else(|| {
            SignatureFault::structure(
                element,
                format!("{} must hold {} in this order", element.local(), names.join(", ")),
            )
        })?;
    }
    match children.next() {
        None => Ok(found),
        Some(more) => Err(SignatureFault::structure(more, format!("{} may not hold this element", element.local()))),
    }
}

/// The children of an element without text of its own.
pub(crate) fn nothing_but_elements(
    element: TreeElement<'_>,
) -> Result<impl Iterator<Item = TreeElement<'_>>, SignatureFault> {
    if !element.has_elements_only() {
        return Err(SignatureFault::structure(element, format!("{} holds a text of its own", element.local())));
    }
    Ok(element.children())
}

/// The value of an attribute that must be there.
pub(crate) fn attribute<'r>(element: TreeElement<'r>, name: &str) -> Result<std::borrow::Cow<'r, str>, SignatureFault> {
    let value = element.attribute("", name);
    value.ok_or_else(|| SignatureFault::structure(element, format!("the attribute {name} is missing")))
}
