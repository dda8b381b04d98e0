//! Completion for shells.

use clap::{Arg, ArgMatches, Command, value_parser};
use clap_complete::Shell;

use crate::{
    exit::{Failure, Outcome},
    output,
};

const EXAMPLES: &str = "Examples:
  bankchannel completion bash > /etc/bash_completion.d/bankchannel
  bankchannel completion zsh > ~/.zfunc/_bankchannel
  bankchannel completion fish > ~/.config/fish/completions/bankchannel.fish";

/// The command.
pub(crate) fn command() -> Command {
    Command::new("completion").about("Print the completion script of a shell").after_help(EXAMPLES).arg(
        Arg::new("shell")
            .required(true)
            .value_name("SHELL")
            .value_parser(value_parser!(Shell))
            .help("bash, zsh, fish, …"),
    )
}

/// Prints the script.
pub(crate) fn run(matches: &ArgMatches, mut root: Command) -> Outcome {
    let shell = *matches.get_one::<Shell>("shell").ok_or_else(|| Failure::usage("the name of the shell is missing"))?;
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut root, "bankchannel", &mut script);
    output::bytes(&script);
    Ok(())
}
