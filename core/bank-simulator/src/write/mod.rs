//! The bank's documents, from the typed models of `bankchannel-iso20022`, in the element order of the schemas: the
//! minimum content of docs/protocols/ws-channel.md §6.8. Fields beyond it are not written.
//!
//! Strict: a document that breaks its schema is not handed out.

mod parts;
mod statement;
mod status_report;

pub use statement::{notifications, statements};
pub use status_report::status_report;
pub(crate) use status_report::wrap_information;

use bankchannel_iso20022::schema::{MessageType, validate};
use bankchannel_xml::{XmlFault, XmlLayout, XmlWriter};

/// Writes a document: its root and the message element, whose content comes from the closure.
fn document(
    message: MessageType,
    element: &'static str,
    content: impl FnOnce(&mut XmlWriter),
) -> Result<Vec<u8>, Vec<XmlFault>> {
    let mut xml = XmlWriter::document("Document", &message.namespace(), XmlLayout::UpToSize);
    xml.nest(element, content);
    let bytes = xml.finish();
    validate(message, &bytes)?;
    Ok(bytes)
}
