//! A counterpart's options on the command line, from their declaration.

use bankchannel::Error;
use bankchannel_counterparts::Counterpart;
use bankchannel_foundation::model::{Field, Shape};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::{Map, Value};

use super::words::{Spelling, words};
use crate::{
    exit::CommandFailure,
    options::{flag, kebab, sentence, text, values_of},
};

/// The default listen address.
const LISTEN: &str = "127.0.0.1:0";

/// The command that serves a counterpart.
pub(super) fn command(counterpart: &'static Counterpart) -> Command {
    let words = words(counterpart.kind);
    let about = if words.about.is_empty() { counterpart.what } else { words.about };
    let mut command = Command::new(counterpart.kind).about(about);
    if !words.after_help.is_empty() {
        command = command.after_help(words.after_help);
    }
    for field in counterpart.options.fields() {
        command = command.arg(argument(counterpart, field));
    }
    if words.drains {
        command = command.arg(
            text(
                "drain",
                "SECONDS",
                "After a signal, report not ready at /readyz for SECONDS and still answer requests",
            )
            .value_parser(value_parser!(u64).range(0..=600))
            .default_value("0"),
        );
    }
    if is_seeded(counterpart) {
        command = command.arg(text(
            SEED,
            "FILE",
            "Put the data of this JSON file in at the first start, with a new data folder; for tests",
        ));
    }
    if counterpart.check.is_some() {
        command = command
            .arg(flag("check", "Check configuration, keys, storage and TLS files, then exit"))
            .arg(flag("json", "With --check: print the findings as JSON"));
    }
    if counterpart.migrate.is_some() {
        let help = "Bring stored data of an older version up to date, then exit; for the setting migrate = \"manual\"";
        command = command.arg(flag("migrate", help).conflicts_with("check"));
    }
    command
}

/// The option that names a file with data.
pub(super) const SEED: &str = "seed";

/// Whether data can be seeded.
fn is_seeded(counterpart: &Counterpart) -> bool {
    words(counterpart.kind).seeds && counterpart.options.fields().iter().any(|field| field.name == "control")
}

/// The option's spelling, if it differs from the field's name.
fn spelling(counterpart: &Counterpart, field: &Field) -> Option<&'static Spelling> {
    words(counterpart.kind).spellings.iter().find(|spelling| spelling.field == field.name)
}

fn long(counterpart: &Counterpart, field: &Field) -> String {
    spelling(counterpart, field).map_or_else(|| kebab(field.name), |spelling| spelling.option.to_owned())
}

/// A field's documentation as help, with the option names of other fields.
fn help(counterpart: &Counterpart, field: &Field) -> String {
    if let Some(help) = spelling(counterpart, field).and_then(|spelling| spelling.help) {
        return help.to_owned();
    }
    let fields = counterpart.options.fields().iter();
    fields.fold(sentence(field.doc), |help, other| {
        help.replace(&format!("`{}`", other.name), &format!("--{}", long(counterpart, other)))
    })
}

fn argument(counterpart: &Counterpart, field: &'static Field) -> Arg {
    let argument = Arg::new(field.name).long(long(counterpart, field)).help(help(counterpart, field));
    let argument = match field.shape {
        Shape::Bool => return argument.action(ArgAction::SetTrue),
        Shape::Enum(shape) if !shape.open => {
            argument.value_name("NAME").ignore_case(true).value_parser(values_of(shape))
        }
        Shape::Timestamp => argument.value_name("INSTANT"),
        Shape::Seconds => argument.value_name("SECONDS"),
        Shape::Integer { .. } | Shape::Number => argument.value_name("NUMBER"),
        Shape::List(_) => return argument.value_name("FILE").action(ArgAction::Append),
        _ => argument.value_name(match field.name {
            "listen" => "ADDRESS",
            "data" => "DIR",
            name if name.ends_with("_code") => "CODE",
            name if name.ends_with("_url") => "URL",
            name if name.ends_with("_id") => "ID",
            "bank" => "example|URL",
            _ => "FILE",
        }),
    };
    match field.name {
        "listen" => argument.default_value(LISTEN),
        // Data in a temporary folder would be lost.
        "data" => argument.required(true).help("The data folder; created with mode 0700 if it does not exist"),
        _ => argument,
    }
}

/// The given options, in the boundary form of the options struct.
pub(super) fn given(counterpart: &'static Counterpart, matches: &ArgMatches) -> Map<String, Value> {
    let mut given = Map::new();
    for field in counterpart.options.fields() {
        let value = match field.shape {
            Shape::Bool if matches.get_flag(field.name) => {
                Some(spelling(counterpart, field).is_none_or(|spelling| spelling.means).into())
            }
            Shape::Bool => None,
            Shape::List(_) => matches
                .get_many::<String>(field.name)
                .map(|texts| texts.map(|text| Value::from(text.as_str())).collect::<Vec<_>>().into()),
            // A text that is no number stays one: the field's reader says what it must be.
            Shape::Seconds | Shape::Integer { .. } | Shape::Number => matches
                .get_one::<String>(field.name)
                .map(|text| text.parse::<serde_json::Number>().map_or_else(|_| text.as_str().into(), Value::from)),
            _ => matches.get_one::<String>(field.name).map(|text| Value::from(text.as_str())),
        };
        if let Some(value) = value {
            given.insert(field.name.to_owned(), value);
        }
    }
    given
}

/// Reports an invalid option under its name here.
pub(super) fn option_failure(counterpart: &'static Counterpart, error: Error) -> CommandFailure {
    let field =
        error.detail("field").and_then(|name| counterpart.options.fields().iter().find(|field| field.name == name));
    match field {
        Some(field) if error.code().starts_with("input.") => {
            let option = format!("--{}", long(counterpart, field));
            CommandFailure::usage(error.message().replacen(field.name, &option, 1))
        }
        _ => CommandFailure::Error(error),
    }
}
