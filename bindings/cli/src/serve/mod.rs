//! `serve` and `admin`: running a server, and operating it.

mod admin;
mod json_lines;
mod log_writer;
mod logs;
mod open_files;
mod options;
mod reload;
mod run;
mod supervisor;
mod words;

use bankchannel_counterparts::{COUNTERPARTS, counterpart, read_process_environment};
use clap::{ArgMatches, Command};

use crate::exit::{CommandFailure, CommandOutcome};

pub(crate) use admin::{command as admin_command, words_joined as admin_words_joined};

pub(crate) fn command() -> Command {
    Command::new("serve")
        .about("Run a service on this machine")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(COUNTERPARTS.iter().copied().map(options::command))
}

pub(crate) fn run(matches: &ArgMatches) -> CommandOutcome {
    let (kind, inner) =
        matches.subcommand().ok_or_else(|| CommandFailure::usage("the name of the service is missing"))?;
    let supervisor = supervisor::Supervisor::of_process();
    read_process_environment();
    run::run(counterpart(kind)?, inner, &supervisor)
}

pub(crate) fn run_admin(matches: &ArgMatches) -> CommandOutcome {
    read_process_environment();
    admin::run(matches)
}
