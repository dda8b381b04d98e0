//! The words for faults of elements.

use super::model::SequenceStep;
use crate::text::nearest;

/// What to do with an element that is not known here.
pub(super) fn unknown(name: &str, steps: &[SequenceStep]) -> String {
    match nearest(name, element_names(steps)) {
        Some(meant) => format!("did you mean <{meant}>?"),
        None => format!("remove it or move it; allowed here: {}", list(steps)),
    }
}

/// A required element that is not there.
pub(super) fn missing(parent: &str, step: &SequenceStep) -> (String, String) {
    match step.elements.as_slice() {
        [one] => (format!("<{parent}> has no <{}>", one.name), format!("add <{}>", one.name)),
        _ => {
            let several = names(step);
            (format!("<{parent}> has neither {}", several.replace(" or ", " nor ")), format!("add {several}"))
        }
    }
}

/// More elements than a step has.
pub(super) fn too_many(parent: &str, name: &str, step: &SequenceStep) -> (String, String) {
    match (step.elements.len() > 1, step.max) {
        (true, 1) => (
            format!("<{parent}> holds more than one of {}", list(std::slice::from_ref(step))),
            "keep one of them".to_owned(),
        ),
        (_, 1) => (format!("<{parent}> holds <{name}> more than once"), "keep one of them".to_owned()),
        (_, max) => (format!("<{parent}> holds <{name}> more than {max} times"), format!("keep {max} of them")),
    }
}

/// The elements of a step: `<A> or <B>`.
pub(super) fn names(step: &SequenceStep) -> String {
    step.elements.iter().map(|element| format!("<{}>", element.name)).collect::<Vec<_>>().join(" or ")
}

/// The elements of a sequence, in order.
pub(super) fn list(steps: &[SequenceStep]) -> String {
    const SHOWN: usize = 12;
    let shown: Vec<String> = element_names(steps).take(SHOWN).map(|name| format!("<{name}>")).collect();
    let more = if element_names(steps).nth(SHOWN).is_some() { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

fn element_names(steps: &[SequenceStep]) -> impl Iterator<Item = &str> {
    steps.iter().flat_map(|step| &step.elements).map(|element| element.name.as_str())
}
