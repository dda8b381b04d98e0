//! PINs that a token refused in this process. Trying one again brings the token closer to its lock, and never succeeds.

use bankchannel_foundation::Secret;

use crate::Result;
use crate::wait::{ProcessLock, SHORT};

/// The maximum number of refused PINs that are remembered: beyond it the oldest is forgotten.
const MAX: usize = 64;

static REFUSED: ProcessLock<Vec<(String, Secret)>> = ProcessLock::new(Vec::new());

/// Whether this PIN was refused by this token (its serial number) before.
///
/// # Errors
/// [`Error::Forked`](crate::Error::Forked) or [`Error::Busy`](crate::Error::Busy) if it cannot be determined: then none
/// may be tried.
pub(crate) fn was_refused(token: &str, pin: &Secret) -> Result<bool> {
    let refused = REFUSED.lock(Some(SHORT))?;
    Ok(refused.iter().any(|(known, wrong)| known == token && wrong.expose() == pin.expose()))
}

/// Remembers it.
///
/// # Errors
/// As [`was_refused`].
pub(crate) fn refused(token: &str, pin: &Secret) -> Result<()> {
    let mut refused = REFUSED.lock(Some(SHORT))?;
    if refused.len() == MAX {
        refused.remove(0);
    }
    refused.push((token.to_owned(), pin.clone()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TokenError;

    #[test]
    fn a_list_that_a_lost_thread_holds_is_not_waited_for() {
        let pin = Secret::new("5678");
        let held = REFUSED.held_by_a_parent();
        // In another thread: relocking by the holder itself is left to the mutex.
        std::thread::scope(|scope| {
            let asked = scope.spawn(|| (was_refused("token", &pin), refused("token", &pin)));
            assert_eq!(asked.join().unwrap(), (Err(TokenError::Forked), Err(TokenError::Forked)));
        });
        drop(held);
        assert_eq!(was_refused("token", &pin), Ok(false));
        refused("token", &pin).unwrap();
        assert_eq!(was_refused("token", &pin), Ok(true));
        assert_eq!(was_refused("another", &pin), Ok(false));
    }
}
