//! The terminal's own settings: a program that ends at a prompt must not leave the echo off.

use std::sync::OnceLock;

use crate::platform::TerminalSettings;

/// Its settings before the first prompt.
static BEFORE: OnceLock<Option<TerminalSettings>> = OnceLock::new();

/// Stores the terminal's settings, the first time.
pub(super) fn remember() {
    BEFORE.get_or_init(TerminalSettings::current);
}

/// Restores them.
pub(super) fn restore() {
    if let Some(Some(before)) = BEFORE.get() {
        before.restore();
    }
}
