//! Schemas: the message type of a file, and its validation against that message's XML Schema.
//!
//! A file is valid when two validators agree: a walk over a small model of the schema, which describes every problem
//! for a person and stops at [`MAX_PROBLEMS`], and then the complete XSD validator of the `uppsala` library, which has
//! the last word.

mod model;
mod simple;
mod stream;
mod walk;

use std::fmt;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use uppsala::XsdValidator;

use crate::problem::{Place, Problem};
use crate::text::{nearest, quote, shorten};
use crate::xml::{self, Node, Tree};
use model::Model;
pub(crate) use stream::StreamWalk;

/// Most problems that are reported for one file.
pub const MAX_PROBLEMS: usize = 50;

/// Longest namespace that is reported, in characters: a hostile one may have millions.
pub(crate) const MAX_NAMESPACE: usize = 200;

/// Start of the namespace of every ISO 20022 message.
const NAMESPACE_PREFIX: &str = "urn:iso:std:iso:20022:tech:xsd:";

/// The messages whose schema this crate holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum MessageType {
    /// Customer credit transfer initiation, version 3 (2009).
    #[serde(rename = "pain.001.001.03")]
    Pain00100103,
    /// Customer credit transfer initiation, version 9 (2019): accepted by the simulator.
    #[serde(rename = "pain.001.001.09")]
    Pain00100109,
    /// Customer payment status report, version 10.
    #[serde(rename = "pain.002.001.10")]
    Pain00200110,
    /// Bank to customer statement, version 2.
    #[serde(rename = "camt.053.001.02")]
    Camt05300102,
    /// Bank to customer statement, version 8.
    #[serde(rename = "camt.053.001.08")]
    Camt05300108,
    /// Bank to customer debit credit notification, version 2.
    #[serde(rename = "camt.054.001.02")]
    Camt05400102,
    /// Bank to customer debit credit notification, version 8.
    #[serde(rename = "camt.054.001.08")]
    Camt05400108,
}

impl MessageType {
    /// Every message type.
    pub const ALL: [Self; 7] = [
        Self::Pain00100103,
        Self::Pain00100109,
        Self::Pain00200110,
        Self::Camt05300102,
        Self::Camt05300108,
        Self::Camt05400102,
        Self::Camt05400108,
    ];

    /// The name, which is also the file type on the WS Channel: `pain.001.001.09`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pain00100103 => "pain.001.001.03",
            Self::Pain00100109 => "pain.001.001.09",
            Self::Pain00200110 => "pain.002.001.10",
            Self::Camt05300102 => "camt.053.001.02",
            Self::Camt05300108 => "camt.053.001.08",
            Self::Camt05400102 => "camt.054.001.02",
            Self::Camt05400108 => "camt.054.001.08",
        }
    }

    /// The XML namespace: `urn:iso:std:iso:20022:tech:xsd:pain.001.001.09`.
    pub fn namespace(self) -> String {
        format!("{NAMESPACE_PREFIX}{}", self.name())
    }

    /// The message type with that name, or `None` if this crate does not have its schema.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }

    /// The XML Schema itself, unmodified.
    pub fn xsd(self) -> &'static str {
        match self {
            Self::Pain00100103 => include_str!("../../schemas/pain.001.001.03.xsd"),
            Self::Pain00100109 => include_str!("../../schemas/pain.001.001.09.xsd"),
            Self::Pain00200110 => include_str!("../../schemas/pain.002.001.10.xsd"),
            Self::Camt05300102 => include_str!("../../schemas/camt.053.001.02.xsd"),
            Self::Camt05300108 => include_str!("../../schemas/camt.053.001.08.xsd"),
            Self::Camt05400102 => include_str!("../../schemas/camt.054.001.02.xsd"),
            Self::Camt05400108 => include_str!("../../schemas/camt.054.001.08.xsd"),
        }
    }
}

impl fmt::Display for MessageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The message that a file declares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// Namespace of the root element, its first 200 characters verbatim; empty when there is none.
    pub namespace: String,
    /// The ISO message name in the namespace, such as `pain.001.001.03`, whether or not this crate has its schema.
    pub message_name: Option<String>,
    /// The message type, if this crate has its schema.
    pub message: Option<MessageType>,
}

/// Determines the message of a file, by the namespace of its root element.
///
/// # Errors
/// The file is not readable as XML, or is refused by the limits.
pub fn identify(bytes: &[u8]) -> Result<Identity, Problem> {
    let text = xml::decode(bytes)?;
    let tree = Tree::parse(&text)?;
    Ok(identify_root(tree.root()?))
}

/// Validates a file against the schema of a message.
///
/// # Errors
/// Every problem found, in the order of the file, at most [`MAX_PROBLEMS`].
pub fn validate(message: MessageType, bytes: &[u8]) -> Result<(), Vec<Problem>> {
    let text = xml::decode(bytes).map_err(|problem| vec![problem])?;
    let tree = Tree::parse(&text).map_err(|problem| vec![problem])?;
    validate_tree(message, &tree)
}

/// [`identify`] for a file that was read already.
pub(crate) fn identify_root(root: Node<'_>) -> Identity {
    let namespace = shorten(root.namespace(), MAX_NAMESPACE);
    let message_name = namespace.strip_prefix(NAMESPACE_PREFIX).map(str::to_owned);
    let message = message_name.as_deref().and_then(MessageType::from_name);
    Identity { namespace, message_name, message }
}

/// [`validate`] for a file that was read already.
pub(crate) fn validate_tree(message: MessageType, tree: &Tree<'_>) -> Result<(), Vec<Problem>> {
    let root = tree.root().map_err(|problem| vec![problem])?;
    if let Some(problem) = wrong_message(message, root) {
        return Err(vec![problem]);
    }
    let compiled = compiled(message).map_err(|problem| vec![problem])?;
    let problems = walk::problems(&compiled.model, root, MAX_PROBLEMS);
    if !problems.is_empty() {
        return Err(problems);
    }
    last_word(&compiled.validator, tree)
}

/// A file of another message, or of none, gets one clear sentence instead of a hundred unknown elements.
fn wrong_message(wanted: MessageType, root: Node<'_>) -> Option<Problem> {
    let identity = identify_root(root);
    if identity.message == Some(wanted) {
        return None;
    }
    let change = format!("make the file as {wanted}, with xmlns=\"{}\" on <Document>", wanted.namespace());
    let message = match (&identity.message_name, identity.namespace.as_str()) {
        (Some(name), _) => format!("this is {}, not {wanted}", plain(name)),
        (None, "") => format!("the root element <{}> has no namespace, so this is not {wanted}", plain(root.name())),
        (None, other) => match nearest(other, [wanted.namespace().as_str()].into_iter()) {
            Some(_) => format!("the namespace {} is misspelt", quote(other)),
            None => format!("the namespace {} is not that of {wanted}", quote(other)),
        },
    };
    Some(Problem::format(root.place(), message, change))
}

/// The library validator's verdict on a file that the walk found valid.
fn last_word(validator: &XsdValidator, tree: &Tree<'_>) -> Result<(), Vec<Problem>> {
    // The library finds each error's line by counting from the start of the file: fine for few errors or a small file,
    // but not for a hostile one. So a large file is first validated without its text.
    const SMALL_FILE: usize = 64 * 1024;
    if tree.len() > SMALL_FILE {
        let without_lines = tree.without_lines().map_err(|problem| vec![problem])?;
        let errors = verdict(validator, &without_lines);
        if errors.is_empty() {
            return Ok(());
        }
        if errors.len() > MAX_PROBLEMS {
            return Err(errors.iter().take(MAX_PROBLEMS).map(|error| foreign(&error.message, None)).collect());
        }
    }
    let errors = verdict(validator, tree.document());
    if errors.is_empty() {
        return Ok(());
    }
    Err(errors.iter().take(MAX_PROBLEMS).map(|error| foreign(&error.message, error.line)).collect())
}

/// The library's errors, except those where it departs from XML Schema; the walk has already checked these by the
/// standard. The library counts the bytes of a text instead of its characters (so that a name with umlauts is too
/// long), counts leading and trailing zeros as digits of a number, and rejects `5.` as a decimal.
fn verdict(validator: &XsdValidator, document: &uppsala::Document<'_>) -> Vec<uppsala::ValidationError> {
    let departs = |message: &str| {
        message.starts_with("Value length ")
            || message.starts_with("Total digits ")
            || message.ends_with("' is not a valid decimal")
    };
    let mut errors = validator.validate(document);
    errors.retain(|error| !departs(&error.message));
    errors
}

fn foreign(message: &str, line: Option<usize>) -> Problem {
    let place = Place { line, ..Place::nowhere() };
    let message = shorten(message, 200);
    Problem::format(place, format!("the schema does not allow this: {message}"), "correct this value or element")
}

/// A name from a file, made safe to show without quotes.
pub(crate) fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-')).take(40).collect()
}

/// A schema in both forms. Compiled on first use, kept for the life of the process.
struct Compiled {
    model: Model,
    validator: XsdValidator,
}

fn compiled(message: MessageType) -> Result<&'static Compiled, Problem> {
    static COMPILED: [OnceLock<Option<Compiled>>; MessageType::ALL.len()] =
        [const { OnceLock::new() }; MessageType::ALL.len()];
    let slot = MessageType::ALL.iter().position(|known| *known == message).unwrap_or(0);
    let compiled = COMPILED[slot].get_or_init(|| {
        let document = uppsala::parse(message.xsd()).ok()?;
        let validator = XsdValidator::from_schema(&document).ok()?;
        let model = Model::read(message)?;
        Some(Compiled { model, validator })
    });
    // The schemas are constants of this crate and a test compiles each, so a released build never reports this error.
    compiled.as_ref().ok_or_else(|| {
        Problem::format(
            Place::nowhere(),
            format!("the schema of {message} could not be compiled"),
            "report this as a defect",
        )
    })
}

#[cfg(test)]
mod tests;
