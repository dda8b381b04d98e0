//! A panic's text may contain the caller's data, so only its place is printed.

use std::{cell::Cell, io::Write, panic, sync::Once, thread};

use bankchannel_transport::background;

/// The name of the runtime's threads.
pub(crate) const THREAD: &str = "bankchannel";

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Makes panics in our own threads and inside [`inside`] print without their text. Others are printed as before.
pub(crate) fn leave_out_texts() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |panicked| {
            if !INSIDE.get() && thread::current().name() != Some(THREAD) {
                return others(panicked);
            }
            if background::is_refused_thread(panicked.payload()) {
                return;
            }
            let place = panicked.location().map(ToString::to_string).unwrap_or_default();
            // A closed standard error is no reason to panic again.
            let _ = writeln!(std::io::stderr(), "bankchannel: a defect at {place}; please report it");
        }));
    });
}

/// Runs our code on a caller's thread: a panic in it is printed without its text.
pub fn inside<T>(work: impl FnOnce() -> T) -> T {
    struct PanicScope;
    impl Drop for PanicScope {
        fn drop(&mut self) {
            INSIDE.set(false);
        }
    }
    if INSIDE.get() {
        return work();
    }
    leave_out_texts();
    INSIDE.set(true);
    let _leave = PanicScope;
    work()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::{panic::catch_unwind, process::Command};

    /// Run by the test below in a separate process.
    #[test]
    #[ignore = "panics; run by the test below"]
    fn panics_inside_and_on_our_threads() {
        assert!(catch_unwind(|| super::inside(|| panic!("my-password"))).is_err());
        assert!(
            crate::runtime().unwrap().block_on(async { tokio::spawn(async { panic!("my-password") }).await }).is_err()
        );
        assert!(catch_unwind(|| panic!("somebody else's")).is_err());
    }

    #[test]
    fn only_our_own_panics_lose_their_text() {
        let this = std::env::current_exe().unwrap();
        let arguments = ["--ignored", "--exact", "--nocapture", "panics::tests::panics_inside_and_on_our_threads"];
        let ended = Command::new(this).args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success(), "{said}");
        assert!(!said.contains("my-password") && said.contains("somebody else's"), "{said}");
        assert_eq!(said.matches("bankchannel: a defect at ").count(), 2, "{said}");
    }
}
