//! Interrupts. During a call they cancel it, so that its error reports the outcome; a second one, or one at a prompt,
//! ends the program and restores the terminal.

use std::{
    sync::{
        Mutex, Once, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use bankchannel::CancellationToken;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::terminal;

/// A shell's exit code for a program ended by a signal is this plus the signal's number.
const BY_SIGNAL: i32 = 128;
/// Time for the prompt to read Ctrl-C as a key; after it the signal counts as one from elsewhere.
const OWN_KEY: Duration = Duration::from_millis(300);

const NOTHING: u8 = 0;
const LINE: u8 = 1;
const SECRET: u8 = 2;

/// The kind of prompt that the program waits for.
static ASKING: AtomicU8 = AtomicU8::new(NOTHING);
/// The running call.
static CALL: Mutex<Option<CancellationToken>> = Mutex::new(None);

/// A prompt; it lasts until it is dropped.
pub(crate) struct Asking(());

impl Asking {
    /// A prompt for a line: the terminal has its usual settings.
    pub(crate) fn line() -> Self {
        Self::begin(LINE)
    }

    /// A prompt for a secret: the terminal shows nothing, and the prompt reads Ctrl-C as a key.
    pub(crate) fn secret() -> Self {
        terminal::remember();
        Self::begin(SECRET)
    }

    fn begin(what: u8) -> Self {
        watch();
        ASKING.store(what, Ordering::SeqCst);
        Self(())
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        ASKING.store(NOTHING, Ordering::SeqCst);
    }
}

/// Interrupts cancel this call from now on, instead of the previous one.
pub(crate) fn cancels(call: &CancellationToken) {
    *CALL.lock().unwrap_or_else(PoisonError::into_inner) = Some(call.clone());
    watch();
}

/// Every signal that ends this program also ends its child programs.
pub(crate) fn ends_by_signal() {
    static WATCHED: Once = Once::new();
    watch();
    WATCHED.call_once(|| {
        // A signal that was ignored at the start (`nohup`) stays ignored.
        let may_end = |kind: &SignalKind| !is_ignored(kind.as_raw_value());
        watch_for([SignalKind::hangup(), SignalKind::quit()].into_iter().filter(may_end));
    });
}

/// Starts watching, once. If that is impossible, a signal ends the program by default.
fn watch() {
    static WATCHED: Once = Once::new();
    WATCHED.call_once(|| watch_for([SignalKind::interrupt(), SignalKind::terminate()].into_iter()));
}

fn watch_for(kinds: impl Iterator<Item = SignalKind>) {
    let Ok(runtime) = bankchannel_bridge::runtime() else { return };
    // Before the first prompt is shown: no input may be missed.
    let entered = runtime.enter();
    for kind in kinds {
        if let Ok(signals) = signal(kind) {
            runtime.spawn(end_by(signals, BY_SIGNAL + kind.as_raw_value()));
        }
    }
    drop(entered);
}

/// Whether this process was started with the signal ignored.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    mask & (1 << (signal - 1)) != 0
}

async fn end_by(mut signals: Signal, code: i32) {
    while signals.recv().await.is_some() {
        if ASKING.load(Ordering::SeqCst) == SECRET {
            tokio::time::sleep(OWN_KEY).await;
            if ASKING.load(Ordering::SeqCst) != SECRET {
                // It was the key, and the prompt has already stopped the program's work.
                continue;
            }
        }
        let running = CALL.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match running.filter(|call| ASKING.load(Ordering::SeqCst) == NOTHING && !call.is_cancelled()) {
            Some(call) => call.cancel(),
            None => {
                terminal::restore();
                super::print_note("");
                crate::child_programs::kill_all();
                std::process::exit(code);
            }
        }
    }
}
