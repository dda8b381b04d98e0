//! Whether a file is a payment file of a supported version and follows its schema.

use crate::data::MessageName;
use crate::problem::Problem;
use crate::rules::{Finding, PaymentVersion, Profile, Rule};
use crate::schema::{self, MessageType};
use crate::text::quote;
use crate::xml::Tree;

use super::findings::Findings;

/// Checks version and schema; returns the message's name, and whether the rules can be applied.
pub(super) fn check(tree: &Tree<'_>, profile: &Profile, findings: &mut Findings) -> (Option<String>, bool) {
    let root = match tree.root() {
        Ok(root) => root,
        Err(problem) => {
            findings.add(finding(problem));
            return (None, false);
        }
    };
    let identity = schema::identify_root(root);
    let name = MessageName::of(&identity.namespace);
    if let Some(finding) = version_finding(&name, profile) {
        findings.add(finding.line(root.line_and_column().0 as u64));
        return (name.name, false);
    }
    let message = identity.message.unwrap_or(MessageType::Pain00100109);
    let Err(problems) = schema::validate_tree(message, tree) else { return (name.name, true) };
    for problem in problems {
        findings.add(finding(problem));
    }
    (name.name, true)
}

/// A file of another message, another version or a national variant gets a single finding instead of a hundred.
pub(super) fn version_finding(message: &MessageName, profile: &Profile) -> Option<Finding> {
    let known = message.name.as_deref().and_then(PaymentVersion::of_message);
    let is_standard = known.is_some_and(|version| message.namespace == message_type(version).namespace());
    let wanted = profile.accepts.map_or("pain.001.001.09 or pain.001.001.03", |version| message_type(version).name());
    let is = match (&message.name, message.namespace.as_str()) {
        (Some(name), _) if is_standard => name.clone(),
        (Some(name), namespace) if !namespace.ends_with(name.as_str()) || known.is_some() => {
            format!("{name} in the namespace {}", quote(namespace))
        }
        (Some(name), _) => name.clone(),
        (None, "") => "a file without a namespace".to_owned(),
        (None, namespace) => format!("a file with the namespace {}", quote(namespace)),
    };
    let taken = match (known.filter(|_| is_standard), profile.accepts) {
        (Some(version), Some(accepted)) => version == accepted,
        (Some(_), None) => true,
        (None, _) => false,
    };
    if taken {
        return None;
    }
    let message = format!("this is {is}, not {wanted}");
    Some(Finding::error(Rule::Version, message, format!("make the file as {wanted}")).reason("FF01"))
}

fn message_type(version: PaymentVersion) -> MessageType {
    match version {
        PaymentVersion::V03 => MessageType::Pain00100103,
        PaymentVersion::V09 => MessageType::Pain00100109,
    }
}

/// A problem of XML or of the schema.
pub(super) fn finding(problem: Problem) -> Finding {
    let found = Finding::error(Rule::Schema, problem.message, problem.change).reason(problem.code);
    let found = match problem.line {
        Some(line) => found.line(line as u64),
        None => found,
    };
    if problem.path.is_empty() { found } else { found.path(&problem.path) }
}
