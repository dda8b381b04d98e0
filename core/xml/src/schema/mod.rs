//! Schemas as data, and the walk that checks a document against one while it is read.
//!
//! Of XML Schema the part that banks' messages use: named types, sequences, choices, simple values with their facets.
//! A schema with another construction is refused when it is read.

mod model;
mod simple;
pub mod values;
mod view;
mod walk;
mod words;

pub use model::XmlSchema;
pub use view::{SchemaContent, SchemaElement, SchemaStep, SchemaValue};
pub use walk::SchemaWalk;

use crate::{TokenFlow, XmlFault, XmlRules, XmlTokens};

/// Checks one document, which must be strict XML, against a schema.
///
/// # Errors
/// The faults in the order of the file, at most `limit`; after one of XML nothing more is read.
pub fn validate(schema: &XmlSchema, bytes: &[u8], limit: usize) -> Result<(), Vec<XmlFault>> {
    let mut walk = SchemaWalk::new(schema, limit);
    let read = XmlTokens::open(bytes, None, XmlRules::strict()).and_then(|mut tokens| {
        tokens.pump(|token| {
            walk.see(&token);
            Ok(TokenFlow::Next)
        })
    });
    let mut faults = walk.into_faults();
    faults.extend(read.err());
    faults.truncate(limit);
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}
