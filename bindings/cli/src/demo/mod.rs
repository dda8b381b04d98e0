//! `demo`: each protocol's main job, once, on this machine.
//!
//! ```text
//!   ws_channel      demo                register, log in, sign and send a payment, read the bank's answer
//!   nextgen_psd2    demo nextgen-psd2   a third party at a sandbox bank; a broken signature explained
//!   salt_edge       demo salt-edge      a connector and Salt Edge; a connector that is killed; the checker's verdict
//!   sepa            demo sepa           a company at three banks' own channel; a lost answer settled, a changed one explained
//!   steps, telling, workspace           shared code
//! ```

mod nextgen_psd2;
mod salt_edge;
mod sepa;
mod steps;
mod telling;
mod workspace;
mod ws_channel;

use clap::{ArgMatches, Command};

use crate::CommandOutcome;

/// The command: the WS Channel's demo, unless another protocol is named.
pub(crate) fn command() -> Command {
    ws_channel::command()
        .args_conflicts_with_subcommands(true)
        .subcommand(nextgen_psd2::command())
        .subcommand(salt_edge::command())
        .subcommand(sepa::command())
}

pub(crate) fn run(matches: &ArgMatches) -> CommandOutcome {
    match matches.subcommand() {
        Some((nextgen_psd2::NAME, inner)) => nextgen_psd2::run(inner),
        Some((salt_edge::NAME, inner)) => salt_edge::run(inner),
        Some((sepa::NAME, inner)) => sepa::run(inner),
        _ => ws_channel::run(matches),
    }
}
