//! The layers of a call around each of its attempts. Each is one file, and one line here.

mod collected;
mod hooked;
mod traced;
mod watched;

use bankchannel_transport::{Attempts, Transport};

use crate::CallOptions;

/// The attempts of a call: the transport's own, in the layers that the call's options ask for.
pub(crate) fn layered<'a>(transport: &'a Transport, options: &'a CallOptions) -> Box<dyn Attempts + 'a> {
    let mut attempts: Box<dyn Attempts + 'a> = Box::new(transport.attempts());
    if let Some(watcher) = &options.progress {
        attempts = Box::new(watched::WatchedAttempts { inner: attempts, watcher });
    }
    if let Some(hooks) = &options.hooks {
        attempts = Box::new(hooked::HookedAttempts { inner: attempts, hooks });
    }
    if let Some(answers) = &options.with_response {
        attempts = Box::new(collected::CollectedAttempts { inner: attempts, answers });
    }
    if options.is_logged() {
        attempts = Box::new(traced::TracedAttempts { inner: attempts, options });
    }
    attempts
}
