//! From arguments to an exit code.

use std::{collections::BTreeSet, ffi::OsString};

use bankchannel::protocols::PROTOCOLS;
use clap::{Arg, ArgAction, ArgMatches, Command, error::ErrorKind};

use crate::{
    banks, catalogue, check, completion, control, demo,
    exit::{CommandFailure, CommandOutcome, EXIT_CODES, FAILED},
    iso20022, man,
    operations::{self, ClientCommands, CommandCode, Spec},
    output::Format,
    pgp, psd2, salt_edge, sepa, serve,
    usage_text::{self, without_values},
};

const EXAMPLES: &str = "Examples:
  bankchannel demo                       the whole flow on this machine, with a simulated bank
  bankchannel demo --payment my.xml      the same with your own payment file
  bankchannel account register --help    start with the real service
  bankchannel files list-files -b nordea
  bankchannel psd2 --help                signed requests of a third party: sign, verify, explain
  bankchannel salt-edge --help           a bank's connector: sign JWTs, report sessions
  bankchannel sepa --help                the banks' own SOAP channel: files; verify, explain
  bankchannel iso20022 --help            make, check and read payment files; read statements; follow payments
  bankchannel serve ws-channel --data ws-data --listen 127.0.0.1:8080
";

const ENDS: &str = "
One Ctrl-C during a call cancels the call: the error (exit code 1) says how far it came; another one, or one at a prompt,
ends the program. With --json a command prints one JSON object: its response, or {\"error\": …}.";

/// What commands do of their own.
static CODES: [&[CommandCode]; 5] = [pgp::CODES, iso20022::CODES, psd2::CODES, salt_edge::CODES, sepa::CODES];

/// The protocols whose clients' settings are options.
static CLIENTS: [&ClientCommands; 1] = [&psd2::CLIENT];

fn specs() -> Vec<Spec> {
    operations::specs(&CODES, &CLIENTS)
}

/// The examples, and how a command ends.
fn after_help() -> String {
    let mut text = format!("{EXAMPLES}\nExit codes:\n");
    for (code, meaning) in EXIT_CODES {
        text.push_str(&format!("  {code:>3}  {meaning}\n"));
    }
    text + ENDS
}

pub(crate) fn run(arguments: Vec<OsString>) -> u8 {
    let format = if arguments.iter().any(|argument| argument == "--json") { Format::Json } else { Format::Table };
    let specs = specs();
    if let Some(code) = completion::answer_shell(|| command(&specs), &arguments) {
        return code;
    }
    if let Some(failure) = not_utf8(&arguments) {
        format.fail(&failure);
        return failure.code();
    }
    let arguments = serve::admin_words_joined(arguments);
    let matches = match reached(&specs, &arguments).try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => return usage(&without_values(error), format),
    };
    match dispatch(&specs, &matches) {
        Ok(()) => 0,
        Err(failure) => {
            format.fail(&failure);
            failure.code()
        }
    }
}

/// The failure for an argument that is not UTF-8: names of files are bytes, and the catalogue's values are text.
fn not_utf8(arguments: &[OsString]) -> Option<CommandFailure> {
    // The first one is the program.
    let place = 1 + arguments.iter().skip(1).position(|argument| argument.to_str().is_none())?;
    let before = arguments[place - 1].to_str().filter(|before| usage_text::is_option(before));
    let after = before.map(|option| format!(", after {option},")).unwrap_or_default();
    Some(CommandFailure::usage(format!(
        "argument {place}{after} is not UTF-8. Give a file with such a name as - and < FILE, or rename it"
    )))
}

/// The part of the command line that these arguments can reach: the whole takes as long to build as a short call.
fn reached(specs: &[Spec], arguments: &[OsString]) -> Command {
    let mut names = arguments.iter().skip(1).map_while(|argument| argument.to_str());
    let group = names.next().and_then(|given| groups(specs).into_iter().find(|group| *group == given));
    let Some(group) = group else { return command(specs) };
    let is_command = |given: &&str| specs.iter().any(|spec| spec.group == group && spec.first_name() == *given);
    root().subcommand(operations::group(group, names.next().filter(is_command), specs))
}

/// The whole command line.
pub(crate) fn command(specs: &[Spec]) -> Command {
    let mut root = root();
    for name in groups(specs) {
        root = root.subcommand(operations::group(name, None, specs));
    }
    root.subcommand(operations::call_command())
        .subcommand(banks::command())
        .subcommand(catalogue::command())
        .subcommand(demo::command())
        .subcommand(serve::command())
        .subcommand(check::command())
        .subcommand(control::command())
        .subcommand(serve::admin_command())
        .subcommand(completion::command())
        .subcommand(man::command())
}

/// The program without its commands.
fn root() -> Command {
    Command::new("bankchannel")
        .version(bankchannel::VERSION)
        .disable_version_flag(true)
        .arg(
            Arg::new("version")
                .short('V')
                .short_alias('v')
                .long("version")
                .action(ArgAction::Version)
                .help("Print the version"),
        )
        .about("Talk to banks: files over the ISECure WS Channel, OpenPGP, signed PSD2 requests, and a service to test against")
        .after_help(after_help())
        .subcommand_required(true)
        .arg_required_else_help(true)
}

/// The groups: those of the first protocol in the order that it declares, then the others by name.
fn groups(specs: &[Spec]) -> Vec<&'static str> {
    let first = PROTOCOLS.first().map_or(&[][..], |first| first.groups);
    let first: Vec<&'static str> = first.iter().map(|group| group.name).collect();
    let others: BTreeSet<&'static str> =
        specs.iter().map(|spec| spec.group).filter(|group| !first.contains(group)).collect();
    first.into_iter().chain(others).collect()
}

fn dispatch(specs: &[Spec], matches: &ArgMatches) -> CommandOutcome {
    let Some((name, inner)) = matches.subcommand() else { return Err(CommandFailure::usage("a command is missing")) };
    match name {
        "call" => operations::call(inner),
        "banks" => banks::run(inner),
        "catalogue" => catalogue::run(inner),
        "demo" => demo::run(inner),
        "serve" => serve::run(inner),
        "check" => check::run(inner),
        "control" => control::run(inner),
        "admin" => serve::run_admin(inner),
        "completion" => completion::run(inner),
        "man" => man::run(inner, command(specs)),
        group => {
            let Some((name, mut inner)) = inner.subcommand() else {
                return Err(CommandFailure::usage("a command is missing"));
            };
            let mut name = name.to_owned();
            while let Some((below, further)) = inner.subcommand() {
                (name, inner) = (format!("{name} {below}"), further);
            }
            let spec = specs.iter().find(|spec| spec.group == group && spec.name == name);
            operations::run(
                spec.ok_or_else(|| CommandFailure::usage(format!("there is no command `{group} {name}`")))?,
                inner,
            )
        }
    }
}

/// Help and version are no errors; all other results of the parser are exit code 1.
fn usage(error: &clap::Error, format: Format) -> u8 {
    let is_help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if !is_help
        && let (Format::Json, Some(value)) = (format, CommandFailure::usage(error.to_string().trim().to_owned()).json())
    {
        crate::output::json(&value);
    }
    // A reader that has closed the pipe is not an error.
    let _ = error.print();
    if is_help { 0 } else { FAILED }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What clap checks itself in builds with debug assertions only, which these tests are not.
    #[test]
    fn the_command_line_is_sound() {
        fn check(command: &Command, path: &str) {
            let path = format!("{path} {}", command.get_name());
            let mut seen = BTreeSet::new();
            for argument in command.get_arguments() {
                let long = argument.get_long().into_iter().chain(argument.get_all_aliases().unwrap_or_default());
                let short = argument.get_short_and_visible_aliases().unwrap_or_default();
                let names = long.map(|name| format!("--{name}")).chain(short.iter().map(|name| format!("-{name}")));
                for name in names.chain([format!("the id {}", argument.get_id())]) {
                    assert!(seen.insert(name.clone()), "{path}: {name}");
                }
            }
            let positional: Vec<_> = command.get_positionals().collect();
            for (argument, next) in positional.iter().zip(positional.iter().skip(1)) {
                let (argument_id, next_id) = (argument.get_id(), next.get_id());
                assert!(
                    argument.is_required_set() || !next.is_required_set(),
                    "{path}: {next_id} must be given, {argument_id} before it need not be"
                );
                assert!(
                    !matches!(argument.get_action(), ArgAction::Append),
                    "{path}: {argument_id} takes all, nothing is left for {next_id}"
                );
            }
            for below in command.get_subcommands() {
                for name in below.get_all_aliases().chain([below.get_name()]) {
                    assert!(seen.insert(format!("the command {name}")), "{path} {name}: twice");
                }
                check(below, &path);
            }
        }
        let mut whole = command(&specs());
        whole.build();
        check(&whole, "");
    }

    #[test]
    fn all_code_of_commands_has_a_command() {
        let specs = specs();
        let with_code = specs.iter().filter(|spec| spec.has_code()).count();
        assert_eq!(with_code, CODES.iter().map(|codes| codes.len()).sum::<usize>());
    }

    #[test]
    fn every_group_of_the_catalogue_is_there() {
        let specs = specs();
        let root = command(&specs);
        for spec in &specs {
            let group =
                root.get_subcommands().find(|command| command.get_name() == spec.group).expect("the group is there");
            assert!(
                group.get_subcommands().any(|command| command.get_name() == spec.first_name()),
                "{} {}",
                spec.group,
                spec.name
            );
        }
    }

    #[test]
    fn each_command_is_reached_as_in_the_whole_command_line() {
        let specs = specs();
        let mut whole = command(&specs);
        whole.build();
        let helps = |root: &mut Command, names: &[&str]| {
            let found = names.iter().try_fold(root, |command, name| command.find_subcommand_mut(name));
            found.map(|command| command.render_long_help().to_string())
        };
        for group in groups(&specs) {
            let commands = whole.find_subcommand(group).expect("it is there").get_subcommands();
            let commands: Vec<String> = commands.map(|command| command.get_name().to_owned()).collect();
            let own = commands.iter().filter(|name| *name != "help").map(|name| vec![group, &**name]);
            for names in own.chain([vec![group]]) {
                let arguments: Vec<_> = ["bankchannel"].iter().chain(&names).map(OsString::from).collect();
                let mut part = reached(&specs, &arguments);
                part.build();
                let expected = helps(&mut whole, &names);
                assert!(expected.is_some(), "{names:?}");
                assert_eq!(helps(&mut part, &names), expected, "{names:?}");
            }
        }
    }
}
