//! Places of findings: rules see typed values, and say where in their element a value is.

use bankchannel_xml::XmlElement;

/// The line of the element at a path inside another one, whose steps have numbers from 1; if it is not there, that of
/// the innermost element around it.
pub(super) fn line_at(element: XmlElement<'_>, path: &str) -> u64 {
    let mut found = element;
    for step in path.split('/').filter(|step| !step.is_empty()) {
        let (name, number) = match step.strip_suffix(']').and_then(|step| step.split_once('[')) {
            Some((name, number)) => (name, number.parse().unwrap_or(1_usize)),
            None => (step, 1),
        };
        match found.children().filter(|child| child.name() == name).nth(number.saturating_sub(1)) {
            Some(child) => found = child,
            None => break,
        }
    }
    found.line()
}
