//! What differs between systems.

/// Prepares a thread of the runtime. On Unix, a write to a connection that the peer has closed fails instead of ending the
/// program: SIGPIPE goes to the writing thread, and only Rust programs ignore it from the start. On macOS it goes to the
/// program, but sockets are made to send none. The program's own threads and its signal handling are not changed.
#[cfg(unix)]
pub(crate) fn on_thread_start() {
    use nix::sys::signal::{SigSet, Signal};

    let mut pipe = SigSet::empty();
    pipe.add(Signal::SIGPIPE);
    // It fails only for an invalid argument.
    let _ = pipe.thread_block();
}

/// Prepares a thread of the runtime: nothing is needed where there is no SIGPIPE.
#[cfg(not(unix))]
pub(crate) const fn on_thread_start() {}
