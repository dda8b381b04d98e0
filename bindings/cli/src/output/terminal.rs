//! The terminal's own settings: a program that ends at a prompt must not leave it silent.

use std::{fs::File, sync::OnceLock};

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

/// The terminal of the program, wherever its streams go.
pub(super) const PATH: &str = "/dev/tty";

/// How it was before anything was asked.
static BEFORE: OnceLock<Option<Termios>> = OnceLock::new();

/// Notes how the terminal is, the first time.
pub(super) fn remember() {
    BEFORE.get_or_init(|| tcgetattr(File::open(PATH).ok()?).ok());
}

/// Puts it back.
pub(super) fn restore() {
    if let (Some(Some(before)), Ok(terminal)) = (BEFORE.get(), File::open(PATH)) {
        // Without a terminal there is nothing to put back.
        let _ = tcsetattr(terminal, OptionalActions::Now, before);
    }
}
