//! The terminal's own settings: a program that ends at a prompt must not leave the echo off.

use std::{fs::File, sync::OnceLock};

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

/// The program's terminal, even if its streams are redirected.
pub(super) const PATH: &str = "/dev/tty";

/// Its settings before the first prompt.
static BEFORE: OnceLock<Option<Termios>> = OnceLock::new();

/// Stores the terminal's settings, the first time.
pub(super) fn remember() {
    BEFORE.get_or_init(|| tcgetattr(File::open(PATH).ok()?).ok());
}

/// Restores them.
pub(super) fn restore() {
    if let (Some(Some(before)), Ok(terminal)) = (BEFORE.get(), File::open(PATH)) {
        // Without a terminal there is nothing to restore.
        let _ = tcsetattr(terminal, OptionalActions::Now, before);
    }
}
