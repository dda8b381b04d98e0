//! PINs that a token refused in this process. Trying one again brings the token nearer to its lock, and no nearer to a signature.

use std::sync::{Mutex, PoisonError};

use bankchannel_foundation::Secret;

/// Most refused PINs that are remembered: beyond it the oldest is forgotten.
const MAX: usize = 64;

static REFUSED: Mutex<Vec<(String, Secret)>> = Mutex::new(Vec::new());

/// Whether this PIN was refused by this token (its serial number) before.
pub(crate) fn was_refused(token: &str, pin: &Secret) -> bool {
    let refused = REFUSED.lock().unwrap_or_else(PoisonError::into_inner);
    refused.iter().any(|(known, wrong)| known == token && wrong.expose() == pin.expose())
}

/// Remembers it.
pub(crate) fn refused(token: &str, pin: &Secret) {
    let mut refused = REFUSED.lock().unwrap_or_else(PoisonError::into_inner);
    if refused.len() == MAX {
        refused.remove(0);
    }
    refused.push((token.to_owned(), pin.clone()));
}
