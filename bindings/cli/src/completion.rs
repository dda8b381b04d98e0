//! Shell completion: the shell asks this program for candidates.

use std::ffi::OsString;

use clap::{Arg, ArgMatches, Command, builder::PossibleValuesParser};
use clap_complete::env::{CompleteEnv, Shells};

use crate::{
    exit::{CommandFailure, CommandOutcome, FAILED},
    output,
};

/// If this variable is set to the name of a shell, the program only prints candidates for completion.
const VARIABLE: &str = "BANKCHANNEL_COMPLETE";
const NAME: &str = "bankchannel";

const EXAMPLES: &str = "Examples:
  bankchannel completion bash > /etc/bash_completion.d/bankchannel
  bankchannel completion zsh > ~/.zfunc/_bankchannel
  bankchannel completion fish > ~/.config/fish/completions/bankchannel.fish
  bankchannel completion powershell >> $PROFILE

The script asks `bankchannel` for the completions, so that it fits every version; it must be found in PATH.";

pub(crate) fn command() -> Command {
    Command::new("completion").about("Print the completion script of a shell").after_help(EXAMPLES).arg(
        Arg::new("shell")
            .required(true)
            .value_name("SHELL")
            .value_parser(PossibleValuesParser::new(Shells::builtins().names()))
            .help("The shell"),
    )
}

/// Prints the script.
pub(crate) fn run(matches: &ArgMatches) -> CommandOutcome {
    let shell = matches.get_one::<String>("shell").map(String::as_str).unwrap_or_default();
    let shells = Shells::builtins();
    let completer = shells.completer(shell).ok_or_else(|| CommandFailure::usage("the name of the shell is missing"))?;
    let mut script = Vec::new();
    completer
        .write_registration(VARIABLE, NAME, NAME, NAME, &mut script)
        .map_err(|why| CommandFailure::usage(format!("the script cannot be written: {why}")))?;
    output::bytes(&script);
    Ok(())
}

/// Prints candidates if a shell asks for them, and returns the exit code.
pub(crate) fn answer_shell(root: impl Fn() -> Command, arguments: &[OsString]) -> Option<u8> {
    let here = std::env::current_dir().ok();
    let asked = CompleteEnv::with_factory(root).var(VARIABLE).bin(NAME).completer(NAME);
    match asked.try_complete(arguments.iter().cloned(), here.as_deref()) {
        Ok(is_answered) => is_answered.then_some(0),
        Err(why) => {
            // A closed stream is not reported.
            let _ = why.print();
            Some(u8::try_from(why.exit_code()).unwrap_or(FAILED))
        }
    }
}
