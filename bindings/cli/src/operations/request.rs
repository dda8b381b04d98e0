//! A command's options as the request of its operation.

use bankchannel_foundation::{
    model::{Field, Shape},
    operation::Entry,
};
use clap::ArgMatches;
use serde_json::{Map, Value};

use crate::{
    exit::Outcome,
    options::{Common, field_value, has_value},
};

/// Where files go when no folder is named, as with `wscli`.
const HERE: &str = ".";

/// The request: what the options say, then the settings file. What the client's settings have is left to the client.
pub(super) fn build(entry: &'static Entry, matches: &ArgMatches, common: &mut Common) -> Outcome<Value> {
    let mut request = Map::new();
    for field in entry.request.fields() {
        let value = match shared_option(field) {
            Some(option) => shared(field, option, common)?,
            None => field_value(entry, field, matches, &common.settings)?,
        };
        if let Some(value) = value {
            request.insert(field.name.to_owned(), value);
        }
    }
    if entry.request.fields().iter().any(|field| field.name == "directory" && !field.optional) {
        request.entry("directory").or_insert_with(|| Value::String(HERE.to_owned()));
    }
    name_the_file(entry, &mut request);
    Ok(Value::Object(request))
}

/// Whether all these fields have a value. The values are not read: what comes from stdin can be read only once.
pub(super) fn has_all(entry: &'static Entry, fields: &[&str], matches: &ArgMatches, common: &Common) -> bool {
    let mut wanted = entry.request.fields().iter().filter(|field| fields.contains(&field.name));
    wanted.all(|field| has_value(entry, field, matches, &common.settings))
}

/// The shared option that a field is filled from.
fn shared_option(field: &Field) -> Option<&'static str> {
    Some(match field.name {
        "email" => "email",
        "mode" => "mode",
        "phone" => "phone",
        "name" => "name",
        "company" => "company",
        "bank" => "bank",
        "api_key" => "apikey",
        "id_token" => "idtoken",
        "password" | "new_password" => "password",
        _ => return None,
    })
}

fn shared(field: &Field, option: &str, common: &mut Common) -> Outcome<Option<Value>> {
    match (field.name, field.shape) {
        // A login that waits for a code was begun with the password; going on needs it seldom.
        ("password", _) if field.optional && common.settings.value("password").is_none() => Ok(None),
        ("password", _) => common.password("Password", false).map(|text| Some(Value::String(text))),
        ("new_password", _) => common.password("New password", true).map(|text| Some(Value::String(text))),
        // Where only one mode is possible, a default must not stand in its way; a wrong one that was given is told.
        ("mode", Shape::Enum(shape)) if shape.values.len() == 1 && !common.settings.is_given("mode") => {
            Ok(shape.values.first().map(|only| Value::String(only.value.to_owned())))
        }
        // The client fills in its own settings, with the session's mode and key.
        _ if field.profile => Ok(None),
        ("mode", _) => Ok(Some(Value::String(common.settings.mode().to_owned()))),
        _ => Ok(common.settings.value(option).map(|text| Value::String(text.to_owned()))),
    }
}

/// A file that is sent keeps its own name where no other is given.
fn name_the_file(entry: &Entry, request: &mut Map<String, Value>) {
    if request.contains_key("file_name") || !entry.request.fields().iter().any(|field| field.name == "file_name") {
        return;
    }
    let path = entry.request.content_field().and_then(|field| request.get(field.name)?.get("path")?.as_str());
    if let Some(name) = path.and_then(|path| std::path::Path::new(path).file_name()).and_then(|name| name.to_str()) {
        request.insert("file_name".to_owned(), Value::String(name.to_owned()));
    }
}
