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

use super::terminal;
use crate::platform::{self, Interrupt};

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

    /// A prompt for a secret: the terminal shows nothing, and the prompt may read Ctrl-C as a key.
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
    WATCHED.call_once(|| watch_for(Interrupt::others));
}

/// Starts watching, once. If that is impossible, a signal ends the program by default.
fn watch() {
    static WATCHED: Once = Once::new();
    WATCHED.call_once(|| watch_for(Interrupt::usual));
}

fn watch_for(listen: impl Fn() -> Vec<Interrupt>) {
    let Ok(runtime) = bankchannel_bridge::runtime() else { return };
    // Before the first prompt is shown: no input may be missed.
    let entered = runtime.enter();
    for interrupt in listen() {
        runtime.spawn(end_by(interrupt));
    }
    drop(entered);
}

async fn end_by(mut interrupt: Interrupt) {
    while interrupt.came().await {
        if platform::PROMPT_READS_CTRL_C && ASKING.load(Ordering::SeqCst) == SECRET {
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
                super::end_process(interrupt.exit_code());
            }
        }
    }
}
