//! Builds an operation's request from a command's options.

use bankchannel::Content;
use bankchannel_foundation::{
    model::{Field, Shape},
    operation::CatalogueEntry,
};
use clap::ArgMatches;
use serde_json::{Map, Value};

use crate::{
    exit::CommandOutcome,
    options::{Common, Given, field_value, has_value, passphrase, shared_name},
    output::{Format, prompt},
};

/// The folder for files by default, as with `wscli`.
const HERE: &str = ".";

/// The arguments of an operation.
pub(crate) struct OperationArguments {
    /// Its fields.
    pub(crate) json: Value,
    /// Content from stdin, separate from the fields.
    pub(crate) content: Option<Content>,
}

/// The request from the options alone.
pub(crate) fn of_options(
    entry: &'static CatalogueEntry,
    matches: &ArgMatches,
    common: &Common,
) -> CommandOutcome<OperationArguments> {
    let (mut request, mut content) = (Map::new(), None);
    for field in entry.request.fields() {
        match field_value(entry, field, matches, &common.settings)? {
            Some(Given::Json(value)) => drop(request.insert(field.name.to_owned(), value)),
            Some(Given::Content(given)) => content = Some(given),
            None => {}
        }
    }
    Ok(OperationArguments { json: Value::Object(request), content })
}

/// The request: from the options, then from the settings file. The client adds the values of its own settings.
pub(super) fn build(
    entry: &'static CatalogueEntry,
    matches: &ArgMatches,
    common: &mut Common,
) -> CommandOutcome<OperationArguments> {
    let (mut request, mut content) = (Map::new(), None);
    for field in entry.request.fields() {
        let value = match shared_option(field) {
            Some(option) => shared(field, option, common)?.map(Given::Json),
            None => field_value(entry, field, matches, &common.settings)?,
        };
        match value {
            Some(Given::Json(value)) => drop(request.insert(field.name.to_owned(), value)),
            Some(Given::Content(given)) => content = Some(given),
            None => {}
        }
    }
    unlock(entry, &mut request, matches, common.noninteractive)?;
    // In a table, files would be useless; a program gets them in the JSON if it names no folder.
    let is_for_person = common.format == Format::Table;
    if entry.request.fields().iter().any(|field| field.name == "directory" && (is_for_person || !field.optional)) {
        request.entry("directory").or_insert_with(|| Value::String(HERE.to_owned()));
    }
    name_the_file(entry, &mut request);
    Ok(OperationArguments { json: Value::Object(request), content })
}

/// Adds the passphrase if a private key is locked, or will be.
fn unlock(
    entry: &CatalogueEntry,
    request: &mut Map<String, Value>,
    matches: &ArgMatches,
    noninteractive: bool,
) -> CommandOutcome {
    const FIELD: &str = "passphrase";
    if request.contains_key(FIELD) || !entry.request.fields().iter().any(|field| field.name == FIELD) {
        return Ok(());
    }
    let key = request.get("private_key").and_then(Value::as_str);
    let passphrase = match key {
        Some(key) if passphrase::is_locked(key) => {
            Some(passphrase::of_locked("the private key", matches, noninteractive)?)
        }
        _ => passphrase::given(matches)?,
    };
    if let Some(passphrase) = passphrase {
        request.insert(FIELD.to_owned(), Value::String(passphrase.to_string()));
    }
    Ok(())
}

/// Asks the user for missing account settings, if that is possible.
pub(super) fn ask_for_missing(entry: &CatalogueEntry, common: &mut Common) -> CommandOutcome {
    const ASKED: &[(&str, &str)] = &[
        ("email", "E-mail address"),
        ("name", "Full name"),
        ("company", "Company"),
        ("phone", "Phone, such as +358401234567"),
        ("bank", "Bank, such as nordea or simulator"),
    ];
    for (name, question) in ASKED {
        let is_needed = entry.request.fields().iter().any(|field| field.name == *name && !field.optional);
        if !is_needed || common.settings.value(name).is_some() || !prompt::possible(common.noninteractive) {
            continue;
        }
        let mut answer = String::new();
        while answer.is_empty() {
            prompt::line(question)?.trim().clone_into(&mut answer);
        }
        common.settings.set_value(name, answer);
    }
    Ok(())
}

/// Whether all these fields have a value. The values are not read: stdin can be read only once.
pub(super) fn has_all(entry: &'static CatalogueEntry, fields: &[&str], matches: &ArgMatches, common: &Common) -> bool {
    let mut wanted = entry.request.fields().iter().filter(|field| fields.contains(&field.name));
    wanted.all(|field| has_value(entry, field, matches, &common.settings))
}

/// The shared option for a field.
fn shared_option(field: &Field) -> Option<&'static str> {
    shared_name(if field.name == "new_password" { "password" } else { field.name })
}

fn shared(field: &Field, option: &str, common: &mut Common) -> CommandOutcome<Option<Value>> {
    match (field.name, field.shape) {
        // A pending login was begun with the password; continuing rarely needs it.
        ("password", _) if field.optional && common.settings.value("password").is_none() => Ok(None),
        ("password", _) => common.password("Password", false).map(|text| Some(Value::String(text))),
        ("new_password", _) => common.password("New password", true).map(|text| Some(Value::String(text))),
        // If only one mode is possible, a default must not prevent it; a wrong mode that was given is reported.
        ("mode", Shape::Enum(shape)) if shape.values.len() == 1 && !common.settings.is_given("mode") => {
            Ok(shape.values.first().map(|only| Value::String(only.value.to_owned())))
        }
        // The client fills in its own settings, with the session's mode and key.
        _ if field.profile => Ok(None),
        ("mode", _) => Ok(Some(Value::String(common.settings.mode().to_owned()))),
        _ => Ok(common.settings.value(option).map(|text| Value::String(text.to_owned()))),
    }
}

/// An uploaded file keeps its own name unless another is given.
fn name_the_file(entry: &CatalogueEntry, request: &mut Map<String, Value>) {
    if request.contains_key("file_name") || !entry.request.fields().iter().any(|field| field.name == "file_name") {
        return;
    }
    let path = entry.request.content_field().and_then(|field| request.get(field.name)?.get("path")?.as_str());
    if let Some(name) = path.and_then(|path| std::path::Path::new(path).file_name()).and_then(|name| name.to_str()) {
        request.insert("file_name".to_owned(), Value::String(name.to_owned()));
    }
}
