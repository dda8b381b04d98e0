//! Places of findings: the rules see typed values, which have only the line of their transaction, and may repeat
//! findings of the schema.

use std::collections::HashSet;

use super::findings::Findings;
use crate::rules::Rule;
use crate::xml::{Node, Tree};

/// Sets the line of each kept finding to that of its element.
pub(super) fn find_lines(tree: &Tree<'_>, findings: &mut Findings) {
    let Ok(root) = tree.root() else { return };
    for finding in findings.kept().iter_mut().filter(|finding| finding.rule != Rule::Schema.name()) {
        if let Some(node) = finding.path.as_deref().and_then(|path| nearest(root, path)) {
            finding.line = Some(node.line_and_column().0 as u64);
        }
    }
}

/// Removes findings that the schema has already reported for the same element.
pub(super) fn drop_doubles(findings: &mut Findings) {
    let by_schema = said_by_schema(findings);
    if by_schema.is_empty() {
        return;
    }
    findings.drop_if(|finding| {
        let path = finding.path.as_deref().map(plain_path);
        finding.rule != Rule::Schema.name() && path.is_some_and(|path| by_schema.contains(&path))
    });
}

/// The elements with findings of the schema, as paths without redundant numbers.
pub(super) fn said_by_schema(findings: &mut Findings) -> HashSet<String> {
    let of_schema = findings.kept().iter().filter(|finding| finding.rule == Rule::Schema.name());
    of_schema.filter_map(|finding| finding.path.as_deref().map(plain_path)).collect()
}

/// A path without the number 1, which some writers omit if there is only one element.
pub(super) fn plain_path(path: &str) -> String {
    path.replace("[1]", "")
}

/// The element at a path whose steps carry numbers from 1; the innermost one that exists.
fn nearest<'t>(root: Node<'t>, path: &str) -> Option<Node<'t>> {
    let mut steps = path.split('/').filter(|step| !step.is_empty());
    let mut node = steps.next().filter(|step| *step == root.name()).map(|_| root)?;
    for step in steps {
        let (name, number) = match step.strip_suffix(']').and_then(|step| step.split_once('[')) {
            Some((name, number)) => (name, number.parse().unwrap_or(1_usize)),
            None => (step, 1),
        };
        match node.children().filter(|child| child.name() == name).nth(number.saturating_sub(1)) {
            Some(child) => node = child,
            None => break,
        }
    }
    Some(node)
}
