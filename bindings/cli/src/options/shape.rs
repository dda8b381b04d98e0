//! Options from an operation's declaration, and their values for its request.

use std::collections::BTreeSet;

use bankchannel::Content;
use bankchannel_foundation::{
    model::{EnumShape, Field, Shape, cited},
    operation::CatalogueEntry,
};
use clap::{
    Arg, ArgAction, ArgMatches, Command, ValueHint,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};
use serde_json::Value;

use super::{
    names::{Names, names},
    plain::any_value,
    stdin, value,
};
use crate::{exit::CommandOutcome, settings::RunSettings};

/// The argument for the content without an option.
const CONTENT: &str = "content-argument";

/// Adds an option for every field of the operations' requests that the command does not have yet, and a plain argument
/// for content.
pub(crate) fn add_fields(mut command: Command, entries: &[&CatalogueEntry]) -> Command {
    let mut taken: BTreeSet<String> = command.get_arguments().flat_map(spellings).collect();
    for entry in entries {
        for field in entry.request.fields() {
            let names = names(entry.short_name(), field);
            if !taken.insert(names.long.clone()) {
                continue;
            }
            let aliases: Vec<String> =
                names.aliases.iter().filter(|alias| taken.insert((*alias).clone())).cloned().collect();
            command = command.arg(option(field, names.long).visible_aliases(aliases));
        }
    }
    if let Some(field) = entries.iter().find_map(|entry| entry.request.content_field()) {
        command = command.arg(Arg::new(CONTENT).value_name("FILE").value_hint(ValueHint::FilePath).help(format!(
            "{} (a path, or - for stdin; also as --{})",
            sentence(field.doc),
            field.name
        )));
    }
    command
}

/// A field's value.
pub(crate) enum Given {
    /// In the request's JSON.
    Json(Value),
    /// Separate from it.
    Content(Content),
}

/// The value of a field: from the options, then from the settings file.
pub(crate) fn field_value(
    entry: &CatalogueEntry,
    field: &'static Field,
    matches: &ArgMatches,
    settings: &RunSettings,
) -> CommandOutcome<Option<Given>> {
    let names = names(entry.short_name(), field);
    let option = format!("--{}", names.long);
    let Some((texts, may_be_base64)) = found(&names, field, matches, settings) else { return Ok(None) };
    if matches!(field.shape, Shape::Content) && texts == ["-"] {
        return stdin::content(&option).map(Given::Content).map(Some);
    }
    value::from_texts(&option, field.shape, &texts, may_be_base64).map(Given::Json).map(Some)
}

/// The value of an option made by [`option`].
pub(crate) fn option_value(field: &'static Field, name: &str, matches: &ArgMatches) -> CommandOutcome<Option<Value>> {
    match texts(matches, name) {
        texts if texts.is_empty() => Ok(None),
        texts => value::from_texts(&format!("--{name}"), field.shape, &texts, false).map(Some),
    }
}

/// Whether a field has a value; the value is not read.
pub(crate) fn has_value(
    entry: &CatalogueEntry,
    field: &'static Field,
    matches: &ArgMatches,
    settings: &RunSettings,
) -> bool {
    found(&names(entry.short_name(), field), field, matches, settings).is_some()
}

/// The texts of a field's value, and whether they may be the content itself as base64: `wscli` accepts that in the
/// option and in the settings file. The plain argument is a file, and a mistyped name is an error.
fn found(
    names: &Names,
    field: &'static Field,
    matches: &ArgMatches,
    settings: &RunSettings,
) -> Option<(Vec<String>, bool)> {
    let argument = matches!(field.shape, Shape::Content).then_some(CONTENT);
    let given = [names.long.as_str()].into_iter().chain(argument);
    let given = given.map(|id| (texts(matches, id), id != CONTENT)).find(|(found, _)| !found.is_empty());
    let filed =
        || names.setting.as_deref().and_then(|key| settings.filed(key)).filter(|text| !stands_for_all(field, text));
    given.or_else(|| filed().map(|text| (vec![text.to_owned()], true)))
}

/// `wscli`'s settings may have `ALL` for "every type"; the service expects the field to be absent then.
fn stands_for_all(field: &Field, text: &str) -> bool {
    field.name == "file_type" && text == "ALL"
}

fn texts(matches: &ArgMatches, id: &str) -> Vec<String> {
    let found = matches.try_get_many::<String>(id).ok().flatten();
    found.map(|values| values.cloned().collect()).unwrap_or_default()
}

/// A field as an option of this name.
pub(crate) fn option(field: &'static Field, long: impl Into<clap::builder::Str>) -> Arg {
    let long = long.into();
    let is_json = match field.shape {
        Shape::List(of) => matches!(of, Shape::Struct(_) | Shape::Union(_)),
        shape => matches!(shape, Shape::Struct(_) | Shape::Union(_) | Shape::Map(_) | Shape::Json | Shape::AnyJson),
    };
    let help = if is_json { format!("{} (JSON)", sentence(field.doc)) } else { sentence(field.doc) };
    let argument = any_value(Arg::new(clap::Id::from(long.clone())).long(long)).help(help);
    match field.shape {
        Shape::Bool => argument
            .allow_hyphen_values(false)
            .value_name("BOOL")
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .value_parser(PossibleValuesParser::new(["true", "false"])),
        Shape::Enum(shape) if !shape.open => {
            argument.value_name(placeholder(field)).ignore_case(true).value_parser(values_of(shape))
        }
        Shape::List(_) => argument.value_name(placeholder(field)).action(ArgAction::Append),
        // Help shows it as the plain argument.
        Shape::Content => argument.value_name("FILE|-").hide(true),
        shape if value::is_text_of_file(shape) => {
            argument.value_name("FILE|@FILE|TEXT").value_hint(ValueHint::FilePath)
        }
        _ => argument.value_name(placeholder(field)),
    }
}

/// Takes the values of an enumeration in any case, and gives them as they are declared.
pub(crate) fn values_of(shape: &'static EnumShape) -> impl TypedValueParser<Value = String> {
    let values = shape.values.iter().map(|value| PossibleValue::new(value.value).help(value.doc));
    PossibleValuesParser::new(values).map(|typed| {
        let declared = |is: fn(&str, &str) -> bool| shape.values.iter().find(|value| is(value.value, &typed));
        let found = declared(|one, typed| one == typed).or_else(|| declared(str::eq_ignore_ascii_case));
        found.map_or_else(|| typed.clone(), |value| value.value.to_owned())
    })
}

fn placeholder(field: &Field) -> String {
    match field.name.rsplit('_').next().unwrap_or(field.name) {
        "s" => "SECONDS".to_owned(),
        "ms" => "MILLISECONDS".to_owned(),
        "for" => "TYPE".to_owned(),
        last => last.to_uppercase(),
    }
}

/// A field's documentation as help: its first paragraph, without the final full stop.
pub(crate) fn sentence(doc: &str) -> String {
    let cited = cited(doc);
    let first = cited.text.split("\n\n").next().unwrap_or_default();
    let joined = first.split_whitespace().collect::<Vec<_>>().join(" ");
    joined.strip_suffix('.').map(str::to_owned).unwrap_or(joined)
}

fn spellings(argument: &Arg) -> Vec<String> {
    let long = argument.get_long().map(str::to_owned);
    let aliases = argument.get_all_aliases().unwrap_or_default();
    long.into_iter().chain(aliases.into_iter().map(str::to_owned)).collect()
}
