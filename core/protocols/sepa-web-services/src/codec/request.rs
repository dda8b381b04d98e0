//! Words of requests that banks write in several ways.

use bankchannel_foundation::model::Object;

/// Puts the standard's word in place of a bank's.
pub(super) fn settle(fields: &mut Object<'_>) {
    if let Some(status) = fields.get_mut("Status")
        && status.as_str() == Some("DOWNLOADED")
    {
        *status = "DLD".into();
    }
}
