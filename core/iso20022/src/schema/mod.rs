//! The messages whose schema this crate holds, and the validation of a file against it.

use std::fmt;
use std::sync::OnceLock;

use bankchannel_xml::schema::{SchemaWalk, XmlSchema};
use bankchannel_xml::text::{nearest, plain_name, quote, shorten};
use bankchannel_xml::{StartTag, TokenFlow, XmlFault, XmlRules, XmlToken, XmlTokens};
use serde::{Deserialize, Serialize};

/// Maximum number of faults of the schema that are reported for one file.
pub const MAX_PROBLEMS: usize = 50;

/// Longest namespace that is reported, in characters: a hostile one may have millions.
pub(crate) const MAX_NAMESPACE: usize = 200;

/// Start of the namespace of every ISO 20022 message.
pub(crate) const NAMESPACE_PREFIX: &str = "urn:iso:std:iso:20022:tech:xsd:";

/// The messages, each with its name and its documentation.
macro_rules! messages {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// The messages whose schema this crate holds.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum MessageType {
            $($(#[doc = $doc])+ #[serde(rename = $name)] $variant,)+
        }

        impl MessageType {
            /// Every message type.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name, which is also the file type on the WS Channel: `pain.001.001.09`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// The XML Schema itself, unmodified.
            pub fn xsd(self) -> &'static str {
                match self {
                    $(Self::$variant => include_str!(concat!("../../schemas/", $name, ".xsd")),)+
                }
            }
        }
    };
}

messages! {
    /// Customer credit transfer initiation, version 3 (2009).
    Pain00100103 = "pain.001.001.03",
    /// Customer credit transfer initiation, version 9 (2019).
    Pain00100109 = "pain.001.001.09",
    /// Customer credit transfer initiation, version 10 (2020).
    Pain00100110 = "pain.001.001.10",
    /// Customer credit transfer initiation, version 11 (2021).
    Pain00100111 = "pain.001.001.11",
    /// Customer payment status report, version 10.
    Pain00200110 = "pain.002.001.10",
    /// Bank to customer account report, version 2.
    Camt05200102 = "camt.052.001.02",
    /// Bank to customer statement, version 2.
    Camt05300102 = "camt.053.001.02",
    /// Bank to customer statement, version 8.
    Camt05300108 = "camt.053.001.08",
    /// Bank to customer debit credit notification, version 2.
    Camt05400102 = "camt.054.001.02",
    /// Bank to customer debit credit notification, version 8.
    Camt05400108 = "camt.054.001.08",
}

impl MessageType {
    /// The XML namespace: `urn:iso:std:iso:20022:tech:xsd:pain.001.001.09`.
    pub fn namespace(self) -> String {
        format!("{NAMESPACE_PREFIX}{}", self.name())
    }

    /// The message type with that name, or `None` if this crate does not have its schema.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.name() == name)
    }

    /// The schema as data. Read on first use, kept for the life of the process.
    ///
    /// # Errors
    /// Never: the schemas are constants of this crate, and a test reads each.
    pub fn schema(self) -> Result<&'static XmlSchema, XmlFault> {
        static SCHEMAS: [OnceLock<Result<XmlSchema, XmlFault>>; MessageType::ALL.len()] =
            [const { OnceLock::new() }; MessageType::ALL.len()];
        let read = SCHEMAS[self as usize].get_or_init(|| XmlSchema::read(self.xsd()));
        read.as_ref().map_err(Clone::clone)
    }
}

impl fmt::Display for MessageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The message that a file declares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MessageIdentity {
    /// Name of the root element, without its prefix.
    pub root: String,
    /// The line of the root element, from 1.
    pub line: u64,
    /// Namespace of the root element, its first 200 characters verbatim; empty when there is none.
    pub namespace: String,
    /// The ISO message name in the namespace, such as `pain.001.001.03`, whether or not this crate has its schema.
    pub message_name: Option<String>,
    /// The message type, if this crate has its schema.
    pub message: Option<MessageType>,
}

impl MessageIdentity {
    /// The message of a root element.
    pub(crate) fn from_root(root: &StartTag<'_>) -> Self {
        let namespace = shorten(root.namespace().unwrap_or_default(), MAX_NAMESPACE);
        let message_name = namespace.strip_prefix(NAMESPACE_PREFIX).map(str::to_owned);
        let message = message_name.as_deref().and_then(MessageType::from_name);
        Self { root: plain_name(root.local()), line: root.line, namespace, message_name, message }
    }

    /// A file of another message, or of none, gets one clear sentence instead of a hundred unknown elements.
    fn other_than(&self, wanted: MessageType) -> Option<XmlFault> {
        if self.message == Some(wanted) {
            return None;
        }
        let change = format!("make the file as {wanted}, with xmlns=\"{}\" on <Document>", wanted.namespace());
        let message = match (&self.message_name, self.namespace.as_str()) {
            (Some(name), _) => format!("this is {}, not {wanted}", plain_name(name)),
            (None, "") => format!("the root element <{}> has no namespace, so this is not {wanted}", self.root),
            (None, other) => match nearest(other, [wanted.namespace().as_str()].into_iter()) {
                Some(_) => format!("the namespace {} is misspelt", quote(other)),
                None => format!("the namespace {} is not that of {wanted}", quote(other)),
            },
        };
        Some(XmlFault::new(message, change).on_line(self.line).in_element(format!("/{}", self.root)))
    }
}

/// Determines the message of a file, by the namespace of its root element. What follows it is not read.
///
/// # Errors
/// The file is not readable as XML.
pub fn identify(bytes: &[u8]) -> Result<MessageIdentity, XmlFault> {
    let mut tokens = XmlTokens::open(bytes, None, XmlRules::strict())?;
    let mut found = None;
    tokens.pump(|token| {
        if let XmlToken::Start(root) = &token {
            found = Some(MessageIdentity::from_root(root));
        }
        Ok(if found.is_some() { TokenFlow::Stop } else { TokenFlow::Next })
    })?;
    // Without an element, the tokens have ended with an error.
    found.ok_or_else(|| tokens.fault("there is no root element", "export the file again"))
}

/// Validates a file against the schema of a message.
///
/// # Errors
/// The faults in the order of the file, at most [`MAX_PROBLEMS`].
pub fn validate(message: MessageType, bytes: &[u8]) -> Result<(), Vec<XmlFault>> {
    let identity = identify(bytes).map_err(|fault| vec![fault])?;
    if let Some(fault) = identity.other_than(message) {
        return Err(vec![fault]);
    }
    let schema = message.schema().map_err(|fault| vec![fault])?;
    bankchannel_xml::schema::validate(schema, bytes, MAX_PROBLEMS)
}

/// The walk along the schema of a message.
pub(crate) fn walk(message: MessageType) -> Result<SchemaWalk<'static>, XmlFault> {
    message.schema().map(|schema| SchemaWalk::new(schema, MAX_PROBLEMS))
}

#[cfg(test)]
mod tests;
