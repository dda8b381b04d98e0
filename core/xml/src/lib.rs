//! XML as banks' messages use it: encodings, a strict token reader, elements held one at a time, a writer, and a walk
//! that checks a document against its schema as it is read.
//!
//! ```text
//!  bytes ─► XmlSource ─► XmlTokens ─┬─► XmlRecord ─► one element at a time, for readers of typed values
//!           (decoded)              ├─► XmlTree ─► a whole message, for signatures and their targets
//!                                  └─► schema::SchemaWalk ─► faults: place, fault, remedy
//! ```
//!
//! No message is known here. Nothing is fetched, document types and entities are refused, and size, depth and counts
//! are limited; time is linear in the size of a document, and memory does not grow with it.

mod attributes;
mod encoding;
mod fault;
mod namespaces;
mod record;
pub mod schema;
mod source;
pub mod text;
mod tokens;
mod tree;
mod write;

pub use attributes::{XmlAttribute, XmlAttributes};
pub use encoding::{decode_message, named as named_encoding};
pub use fault::XmlFault;
pub use namespaces::{NamespaceScope, XML_NAMESPACE};
pub use record::{XmlElement, XmlRecord};
pub use source::{XmlSource, is_in_its_encoding};
pub use tokens::{
    MAX_ATTRIBUTES, MAX_DEPTH, StartTag, TagBuffer, TagEdge, TokenFlow, TokenLimits, TokenWatcher, XmlRefusal,
    XmlRules, XmlToken, XmlTokens, local, prefix,
};
pub use tree::{MAX_TREE_ELEMENTS, TreeElement, TreeWalk, XmlTree};
pub use write::{XmlLayout, XmlWriter};
