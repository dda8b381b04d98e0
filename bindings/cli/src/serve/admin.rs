//! `admin`: the commands of a service's operator, from their declarations.

use std::ffi::OsString;

use bankchannel::Timestamp;
use bankchannel_counterparts::counterpart;
use bankchannel_foundation::{
    model::{Field, Shape, write_boundary},
    operation::{DataAccess, OptionForm},
};
use bankchannel_ws_channel_service::{
    ServiceOptions,
    operator::{self, CallableCommand, OPERATOR_COMMANDS},
};
use clap::{Arg, ArgMatches, Command, builder::PossibleValuesParser};
use serde_json::{Map, Value};

use super::logs;
use crate::{
    exit::{CommandFailure, CommandOutcome},
    options::{add_common, flag, format, kebab, option, option_value, sentence, text},
    output::{self, Format},
};

const ABOUT: &str = "Operate a service: keys, accounts, banks, certificates, audit trail, backup";

const NOTES: &str = "
These commands also work while the service runs: then the service carries them out. With PostgreSQL they work on the
database; --data may be left out if --config names it. The words of a command may stand apart: `admin account list`.";

/// The service that these commands operate.
const SERVICE: &str = "ws-channel";
/// The options that name the data.
const DATA: &str = "data";
const CONFIG: &str = "config";
/// The length of a date: `2026-03-03`.
const DATE_LENGTH: usize = 10;

/// The words of a command's name at most.
const WORDS_MAX: usize = 3;

fn commands() -> impl Iterator<Item = &'static CallableCommand> {
    OPERATOR_COMMANDS.iter().copied().flatten()
}

pub(crate) fn command() -> Command {
    let examples: String = commands().flat_map(examples).collect();
    Command::new("admin")
        .about(ABOUT)
        .after_help(format!("Examples:\n{examples}{NOTES}"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(commands().map(clap_command))
}

/// The arguments with the words of a command of `admin` in one: `admin account list` is `admin account-list`.
pub(crate) fn words_joined(mut arguments: Vec<OsString>) -> Vec<OsString> {
    // The first one is the program.
    if arguments.get(1).is_none_or(|group| group != "admin") {
        return arguments;
    }
    let words: Vec<&str> = arguments[2..].iter().map_while(|word| word.to_str()).take(WORDS_MAX).collect();
    let named = (2..=words.len()).rev().map(|count| (count, words[..count].join("-")));
    let found = named.into_iter().find(|(_, name)| commands().any(|command| command.form.command == name));
    if let Some((count, name)) = found {
        arguments.splice(2..2 + count, [name.into()]);
    }
    arguments
}

pub(crate) fn run(matches: &ArgMatches) -> CommandOutcome {
    let Some((name, inner)) = matches.subcommand() else { return Err(CommandFailure::usage("a command is missing")) };
    bankchannel_bridge::runtime()?.block_on(carry_out(CallableCommand::named(OPERATOR_COMMANDS, name)?, inner))
}

fn examples(of: &'static CallableCommand) -> impl Iterator<Item = String> {
    let data = if needs_data(of) { " --data ws-data" } else { "" };
    let line =
        move |example| format!("  bankchannel admin {}{data} {example}", of.form.command).trim_end().to_owned() + "\n";
    of.form.examples.iter().map(line)
}

fn needs_data(of: &CallableCommand) -> bool {
    of.form.access != DataAccess::None
}

fn clap_command(of: &'static CallableCommand) -> Command {
    let declaration = of.entry.declaration;
    let summary = with_options(of, declaration.summary.trim_end_matches('.'));
    let about = match of.form.verdict {
        Some(verdict) => format!("{summary}: exit 1 unless it is {verdict}"),
        None => summary,
    };
    let examples: String = examples(of).collect();
    let command = add_common(Command::new(of.form.command))
        .long_about(format!("{about}.\n\n{}", with_options(of, declaration.doc)))
        .about(about)
        .after_help(format!("Examples:\n{}", examples.trim_end()));
    let command = if needs_data(of) {
        command.arg(text(DATA, "DIR", "The service's data folder").required_unless_present(CONFIG)).arg(text(
            CONFIG,
            "FILE",
            "The service's configuration file; default: the one that it was started with",
        ))
    } else {
        command
    };
    command.args(of.entry.request.fields().iter().map(|field| argument(of, field)))
}

/// A documentation text in one line, with the options in place of the fields.
fn with_options(of: &CallableCommand, doc: &str) -> String {
    let doc = doc.split_whitespace().collect::<Vec<_>>().join(" ");
    let fields = of.entry.request.fields().iter();
    fields.fold(doc, |doc, field| doc.replace(&format!("`{}`", field.name), &format!("--{}", named(of, field).0)))
}

/// The option of a field, and its form.
fn named(of: &CallableCommand, field: &Field) -> (String, OptionForm) {
    of.form
        .option(field.name)
        .map_or_else(|| (kebab(field.name), OptionForm::Value), |option| (option.option.to_owned(), option.form))
}

/// A field's option. What is true or false is a switch where it must be given, and else takes `on` or `off`.
fn argument(of: &CallableCommand, field: &'static Field) -> Arg {
    let (long, form) = named(of, field);
    let special = of.form.option(field.name);
    let help = match special {
        Some(special) if !special.help.is_empty() => special.help.to_owned(),
        _ => with_options(of, &sentence(field.doc)),
    };
    let argument = match field.shape {
        Shape::Bool if !field.optional => return flag(long, "").help(help),
        Shape::Bool => text(long, "on|off", "").value_parser(PossibleValuesParser::new(["on", "off"])),
        Shape::Timestamp => option(field, long).value_name("INSTANT|DATE"),
        Shape::Integer { .. } => option(field, long).value_name("NUMBER"),
        _ if form == OptionForm::Folder => option(field, long).value_name("DIR"),
        _ => option(field, long),
    };
    let aliases = special.map_or(&[][..], |option| option.aliases);
    argument.help(help).required(!field.optional).visible_aliases(aliases.iter().copied())
}

/// The request, from the options.
fn request(of: &CallableCommand, matches: &ArgMatches) -> CommandOutcome<Map<String, Value>> {
    let mut request = Map::new();
    for field in of.entry.request.fields() {
        let (long, form) = named(of, field);
        let value = match field.shape {
            Shape::Bool if !field.optional => Some((matches.get_flag(&long) != (form == OptionForm::Opposite)).into()),
            Shape::Bool => matches.get_one::<String>(&long).map(|value| (value == "on").into()),
            Shape::Timestamp => matches.get_one::<String>(&long).map(|given| instant(&long, given)).transpose()?,
            // As it stands: a folder or a reason may begin with `@`.
            Shape::Text(_) => matches.get_one::<String>(&long).map(|given| given.as_str().into()),
            _ => option_value(field, &long, matches)?,
        };
        if let Some(value) = value {
            request.insert(field.name.to_owned(), value);
        }
    }
    Ok(request)
}

/// An instant, or the start of a day in UTC.
fn instant(option: &str, given: &str) -> CommandOutcome<Value> {
    let whole = if given.len() == DATE_LENGTH { format!("{given}T00:00:00Z") } else { given.to_owned() };
    let why = || {
        CommandFailure::usage(format!(
            "--{option} must be an instant such as 2026-03-03T10:15:30Z, or a date such as 2026-03-03"
        ))
    };
    Timestamp::new(&whole).map(|instant| instant.as_str().into()).map_err(|_| why())
}

async fn carry_out(of: &'static CallableCommand, matches: &ArgMatches) -> CommandOutcome {
    let request = Value::Object(request(of, matches)?);
    let given = |name: &str| needs_data(of).then(|| matches.get_one::<String>(name).cloned()).flatten();
    let options = ServiceOptions { data: given(DATA), config: given(CONFIG), ..ServiceOptions::default() };
    // Which step is under way, and what it waits for.
    let _log = match of.form.access {
        DataAccess::Migrate => Some(logs::begin(counterpart(SERVICE)?, write_boundary(options.clone()).into())),
        _ => None,
    };
    let answer = operator::carry_out(&options, of, request.clone()).await?;
    let shown = of.entry.response.fields().first().map_or("", |field| field.name);
    let is_good = of.form.verdict.is_none_or(|verdict| answer[shown][verdict] == true);
    let notes = (of.form.notes)(&request, &answer);
    let format = format(matches);
    // How to read on stands after what was read; programs see it in the answer.
    let is_page = answer.get("more").is_some();
    let note = || notes.iter().for_each(|note| output::print_note(note));
    if !is_page {
        note();
    }
    match format {
        Format::Json => output::json(&answer),
        Format::Table => {
            Format::Table.show(&answer[shown]);
        }
    }
    if is_page && format == Format::Table {
        note();
    }
    if is_good { Ok(()) } else { Err(CommandFailure::Told) }
}
