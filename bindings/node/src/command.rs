//! The command `bankchannel`, which bin/bankchannel.js starts.

use std::ffi::OsString;

use napi_derive::napi;

/// Stands in a string of JavaScript for each part of an argument that was no text.
const REPLACED: char = '\u{fffd}';

/// Runs the command with these arguments, those of the program after its file, and returns the exit code. It takes the event
/// loop's thread until its end, watches signals itself, and may end the process.
#[napi(catch_unwind)]
pub(crate) fn run_command(arguments: Vec<String>) -> u32 {
    let named = std::iter::once("bankchannel".into());
    bankchannel_command::run_command_in_library(named.chain(as_given(arguments)).collect()).into()
}

/// The arguments as the process was given them. With musl the system tells them to programs only: there they stay as Node has
/// them.
fn as_given(arguments: Vec<String>) -> Vec<OsString> {
    if arguments.iter().any(|argument| argument.contains(REPLACED)) {
        let all: Vec<OsString> = std::env::args_os().collect();
        if let Some(first) = all.len().checked_sub(arguments.len()) {
            return all[first..].to_vec();
        }
    }
    arguments.into_iter().map(OsString::from).collect()
}
