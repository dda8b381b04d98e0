//! Manual pages, from the declarations of the commands.

use std::path::Path;

use clap::{ArgMatches, Command};
use clap_mangen::Man;

use crate::{
    exit::{CommandFailure, CommandOutcome},
    options::text,
    output,
};

const EXAMPLES: &str = "Examples:
  bankchannel man | man -l -                          the overview
  bankchannel man files upload-file | man -l -        one command
  bankchannel man --output /usr/local/share/man/man1  every page, one file for each command";

pub(crate) fn command() -> Command {
    Command::new("man")
        .about("Print a manual page, or write all of them into a folder")
        .after_help(EXAMPLES)
        .arg(clap::Arg::new("command").value_name("COMMAND").num_args(0..).help("The command; without it the overview"))
        .arg(text("output", "DIR", "Write every page into this folder, which must exist").conflicts_with("command"))
}

/// Prints the page, or writes all.
pub(crate) fn run(matches: &ArgMatches, root: Command) -> CommandOutcome {
    let root = ready(root);
    if let Some(folder) = matches.get_one::<String>("output") {
        let written = clap_mangen::generate_to(root, Path::new(folder));
        return written.map_err(|why| CommandFailure::usage(format!("--output: {folder}: {why}")));
    }
    let mut found = root;
    for name in matches.get_many::<String>("command").into_iter().flatten() {
        let inner = found.find_subcommand(name).cloned();
        found = inner.ok_or_else(|| CommandFailure::usage("there is no such command; see bankchannel --help"))?;
    }
    let mut page = Vec::new();
    Man::new(found)
        .render(&mut page)
        .map_err(|why| CommandFailure::usage(format!("the page cannot be written: {why}")))?;
    output::bytes(&page);
    Ok(())
}

/// With full names and inherited options, as in the help.
fn ready(root: Command) -> Command {
    let mut root = root.disable_help_subcommand(true);
    root.build();
    root
}
