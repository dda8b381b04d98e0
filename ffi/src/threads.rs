//! The library's threads inside a program that is not Rust.

/// Says what the library's threads do first. Every entry says it, so it is said before there is any.
pub(crate) fn prepare() {
    #[cfg(unix)]
    bankchannel_bridge::on_thread_start(block_sigpipe);
}

/// Has a write to a connection that the peer has closed fail, and not end the program: SIGPIPE goes to the thread that
/// writes, and only a Rust program ignores it from the beginning. The program's own threads and its handling of signals
/// stay as they are.
#[cfg(unix)]
fn block_sigpipe() {
    let mut set = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: `sigemptyset` makes the set before the others use it, and NULL says that the old mask is not wanted.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), libc::SIGPIPE);
        libc::pthread_sigmask(libc::SIG_BLOCK, set.as_ptr(), std::ptr::null_mut());
    }
}
