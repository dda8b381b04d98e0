//! Fields of the library's own structs as options and arguments: their values, and most of their help, come from the
//! shapes.

use std::sync::Arc;

use bankchannel::Content;
use bankchannel_foundation::{
    model::{Field, Shape},
    operation::{CommandField, CommandInput, FileForm},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::{Arg, ArgAction, ArgMatches, ValueHint};
use serde_json::{Map, Value, json};

use super::{
    MAX_SETTINGS, certificates,
    plain::{file, text},
    shape::{option, option_value},
    stdin,
    value::{read_bytes, read_text},
};
use crate::{exit::CommandOutcome, output::progress::ProgressLine};

/// The argument that is no option; a command has at most one.
const ARGUMENT: &str = "argument";

/// Fields of one struct as options and an argument.
pub(crate) struct FieldOptions {
    shape: &'static Shape,
    rows: &'static [CommandField],
}

impl FieldOptions {
    pub(crate) const fn new(shape: &'static Shape, rows: &'static [CommandField]) -> Self {
        Self { shape, rows }
    }

    pub(crate) fn arguments(&self) -> impl Iterator<Item = Arg> + use<> {
        self.fields().map(|(row, field)| argument(row, field))
    }

    /// The fields that were given, without content.
    pub(crate) fn read(&self, matches: &ArgMatches) -> CommandOutcome<Map<String, Value>> {
        let given = |(row, field): (&'static CommandField, _)| {
            Some((row.field.to_owned(), given(row, field, matches).transpose()?))
        };
        self.fields().filter_map(given).map(|(name, value)| Ok((name, value?))).collect()
    }

    /// The content, if the argument is one. Its bytes move the bar of `progress`, which says `meanwhile`.
    pub(crate) fn content(
        &self,
        matches: &ArgMatches,
        meanwhile: &'static str,
        progress: Option<&Arc<ProgressLine>>,
    ) -> CommandOutcome<Option<Content>> {
        let Some(path) = argument_of(matches) else { return Ok(None) };
        let content = self.rows.iter().find_map(|row| match (row.argument, row.input) {
            (Some(_), CommandInput::File(FileForm::HeldContent(max))) => {
                Some(read_bytes(row.name, path, max).map(Content::from))
            }
            (Some(_), CommandInput::File(FileForm::Content)) => Some(match progress {
                Some(progress) => stdin::watched_content_of(path, row.name, meanwhile, progress),
                None => stdin::content_of(path, row.name),
            }),
            _ => None,
        });
        content.transpose()
    }

    fn fields(&self) -> impl Iterator<Item = (&'static CommandField, &'static Field)> + use<> {
        let fields = self.shape.fields();
        self.rows.iter().map(|row| {
            (row, fields.iter().find(|field| field.name == row.field).expect("a row names a field of its struct"))
        })
    }
}

/// The argument that was given.
pub(crate) fn argument_of(matches: &ArgMatches) -> Option<&str> {
    matches.try_get_one::<String>(ARGUMENT).ok().flatten().map(String::as_str)
}

fn argument(row: &'static CommandField, field: &'static Field) -> Arg {
    let argument = match (row.argument, row.input) {
        (Some(is_required), input) => {
            let argument = Arg::new(ARGUMENT).value_name(row.name).required(is_required);
            match input {
                CommandInput::File(_) => argument.value_hint(ValueHint::FilePath),
                CommandInput::Files(_) => argument.value_hint(ValueHint::FilePath).num_args(1..),
                _ => argument,
            }
        }
        (None, CommandInput::Value | CommandInput::Opposite | CommandInput::Line(_)) => option(field, row.name),
        (None, CommandInput::Word(word)) => text(row.name, "WORD", "").value_parser([word]).action(ArgAction::Append),
        (None, CommandInput::File(_)) => file(row.name, ""),
        (None, CommandInput::Files(_)) => file(row.name, "").action(ArgAction::Append),
    };
    let argument = match field.shape {
        Shape::List(_) if row.argument.is_none() => argument.value_delimiter(','),
        _ => argument,
    };
    let argument = if row.placeholder.is_empty() { argument } else { argument.value_name(row.placeholder) };
    if row.help.is_empty() { argument } else { argument.help(row.help) }
}

fn given(row: &'static CommandField, field: &'static Field, matches: &ArgMatches) -> CommandOutcome<Option<Value>> {
    let (id, called) = match row.argument {
        Some(_) => (ARGUMENT, row.name.to_owned()),
        None => (row.name, format!("--{}", row.name)),
    };
    let texts = || matches.try_get_many::<String>(id).ok().flatten();
    let read = match (row.input, row.argument) {
        (CommandInput::Value, None) => return option_value(field, row.name, matches),
        (CommandInput::Opposite, _) => {
            return Ok(option_value(field, row.name, matches)?.map(|value| json!(value == json!(false))));
        }
        (CommandInput::Word(_), _) => return Ok(texts().map(|_| Value::Bool(true))),
        (CommandInput::File(FileForm::Content | FileForm::HeldContent(_)), _) => return Ok(None),
        // From stdin, without the line end at the end of a file.
        (CommandInput::Line(max), _) => texts().map(|texts| texts.map(|text| line(&called, text, max)).collect()),
        (CommandInput::Value, Some(_)) => texts().map(|texts| Ok(texts.cloned().collect())),
        (CommandInput::File(form) | CommandInput::Files(form), _) => {
            texts().map(|paths| paths.map(|path| held(form, &called, path)).collect())
        }
    };
    Ok(read.transpose()?.map(Value::String))
}

fn line(called: &str, text: &str, max: u64) -> CommandOutcome<String> {
    match text {
        "-" => Ok(read_text(called, "-", max)?.trim_end_matches(['\r', '\n']).to_owned()),
        text => Ok(text.to_owned()),
    }
}

/// What a file contains, as text.
fn held(form: FileForm, option: &str, path: &str) -> CommandOutcome<String> {
    match form {
        FileForm::Pem => certificates::pem(option, path),
        FileForm::Certificate => certificates::first(option, path),
        FileForm::Certificates => certificates::all(option, path),
        FileForm::Bytes(max) => Ok(STANDARD.encode(read_bytes(option, path, max)?)),
        FileForm::Text | FileForm::Content | FileForm::HeldContent(_) => file_text(option, path),
    }
}

/// The text in a file.
pub(crate) fn file_text(option: &str, path: &str) -> CommandOutcome<String> {
    read_text(option, path, MAX_SETTINGS)
}
