//! Words of requests that banks write in several ways.

use bankchannel_foundation::model::Object;

/// The statuses of lists: what banks write, and this library's word.
const STATUSES: [(&str, &str); 4] =
    [("NEW", "new"), ("DLD", "downloaded"), ("DOWNLOADED", "downloaded"), ("ALL", "all")];

/// Puts this library's words in place of a bank's.
pub(super) fn settle(fields: &mut Object<'_>) {
    if let Some(status) = fields.get_mut("Status") {
        let known = STATUSES.iter().find(|(bank, _)| status.as_str() == Some(bank));
        if let Some((_, own)) = known {
            *status = (*own).into();
        }
    }
}
