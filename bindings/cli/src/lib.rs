//! The `bankchannel` command as a library: the program runs it, and the native libraries of the packages, so that a package has its
//! code once.
//!
//! ```text
//!   argv ── app ──┬─ operations   a group for each subject or protocol, and `call`: from the catalogue
//!                 ├─ handwritten  of the groups pgp, iso20022, psd2, salt-edge, sepa: on this machine, or with own options
//!                 ├─ serve        the WS Channel service, and `admin` for its operator
//!                 ├─ demo         everything once, against its own service and bank
//!                 └─ banks, catalogue, completion, man
//!   options ─ settings file ─ environment ─► settings       the settings of a client
//!   output     the one place that writes to stdout and stderr
//!   usage_text the argument parser's messages, without values
//!   exit       errors, and the exit codes that scripts rely on
//!   platform   what differs between systems
//! ```
//!
//! Modules use those below them only; `tests/cli/layers.rs` lists the layers:
//! platform ← exit ← output ← settings ← options ← operations ← groups ← handwritten ← app.

mod app;
mod banks;
mod catalogue;
mod check;
mod child_programs;
mod completion;
mod control;
mod demo;
mod exit;
mod iso20022;
mod man;
mod operations;
mod options;
mod output;
mod pgp;
mod platform;
mod psd2;
mod salt_edge;
mod sepa;
mod serve;
mod settings;
mod usage_text;

use std::{
    ffi::OsString,
    io::Write,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// The exit code of a program that a panic has ended.
const PANICKED: u8 = 101;

/// Runs the command in the process of another program, such as the interpreter of a language, as if it had that process to itself:
/// its handlers of SIGINT, SIGTERM, SIGHUP and SIGQUIT are taken away, SIGPIPE is ignored, a closed standard stream is the null
/// device. Arguments and exit code are those of [`run_command`]; after a panic, whose message was printed, it is 101.
#[must_use]
pub fn run_command_in_library(arguments: Vec<OsString>) -> u8 {
    platform::begin_as_program();
    catch_unwind(AssertUnwindSafe(|| run_command(arguments))).unwrap_or(PANICKED)
}

/// Runs the command with these arguments, of which the first one names the program. Returns the exit code, which the process
/// ends with: a second Ctrl-C, or output that cannot be written, ends the process at once.
#[must_use]
pub fn run_command(arguments: Vec<OsString>) -> u8 {
    // Scripts ask for it often: answered before anything is built or started.
    if let [_, only] = &arguments[..]
        && ["--version", "-V", "-v"].iter().any(|flag| only == flag)
    {
        output::line(&format!("bankchannel {}", bankchannel::VERSION));
        return 0;
    }
    let _console = Console::begin();
    let code = app::run(arguments);
    child_programs::kill_all();
    // In a library nothing else does it at the end of the process. A reader that has closed the pipe is not an error.
    let _ = std::io::stdout().flush();
    code
}

/// The console as this program needs it, until it is dropped, by a panic too.
struct Console(());

impl Console {
    fn begin() -> Self {
        platform::begin_console();
        Self(())
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        platform::end_console();
    }
}
