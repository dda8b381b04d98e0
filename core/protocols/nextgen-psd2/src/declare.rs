//! Short forms for the declarations of this protocol.

use bankchannel_foundation::{Declaration, Kind, error::Row};

use crate::PROTOCOL;

/// The command group of all its operations.
const SUBJECT: &str = "psd2";

/// A local operation's declaration.
pub(crate) const fn local(
    name: &'static str,
    summary: &'static str,
    doc: &'static str,
    errors: &'static [&'static Row],
) -> Declaration {
    Declaration { name, protocol: PROTOCOL, subject: SUBJECT, kind: Kind::Local, summary, doc, errors, route: None }
}
