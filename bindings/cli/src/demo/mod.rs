//! `demo`: the main job of two protocols, once, on this machine. Programs of the others: core/counterparts/examples.
//!
//! ```text
//!   ws_channel      demo                register, log in, sign and send a payment, read the bank's answer
//!   sepa            demo sepa           a company at three banks' own channel; a lost answer settled, a changed one explained
//!   steps, telling, workspace           shared code
//! ```

mod sepa;
mod steps;
mod telling;
mod workspace;
mod ws_channel;

use clap::{ArgMatches, Command};

use crate::exit::CommandOutcome;

/// The command: the WS Channel's demo, unless another protocol is named.
pub(crate) fn command() -> Command {
    ws_channel::command().args_conflicts_with_subcommands(true).subcommand(sepa::command())
}

pub(crate) fn run(matches: &ArgMatches) -> CommandOutcome {
    match matches.subcommand() {
        Some((sepa::NAME, inner)) => sepa::run(inner),
        _ => ws_channel::run(matches),
    }
}
