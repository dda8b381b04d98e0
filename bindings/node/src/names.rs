//! Members in `camelCase`, as the typed methods have them, and as the library has them.

use bankchannel_bridge::{
    self as bridge, Error, QuestionEntry, Result, Value,
    operations::{self, CatalogueEntry},
    parse_json, row,
};
use napi_derive::napi;

use crate::thrown;

/// A request from its text. With an entry its members are in `camelCase`.
pub(crate) fn request_of<'a>(text: &'a str, entry: Option<&CatalogueEntry>) -> Result<Value<'a>> {
    let mut request = parse_json(text)?;
    if let Some(entry) = entry {
        request.name_as_declared(entry.request)?;
    }
    Ok(request)
}

/// A response for JavaScript. With an entry its members become `camelCase`.
pub(crate) fn response_in(mut response: Value<'static>, entry: Option<&CatalogueEntry>) -> Value<'static> {
    if let Some(entry) = entry {
        response.name_in_camel_case(entry.response);
    }
    response
}

/// The finished part of a failed operation, in `camelCase`.
#[napi(catch_unwind)]
pub(crate) fn partial_response(operation: String, text: String) -> napi::Result<String> {
    renamed(&text, |value| {
        let entry = operations::find(&operation).ok_or_else(|| bridge::unknown_operation(&operation))?;
        value.name_in_camel_case(entry.response);
        Ok(())
    })
}

/// An item of a request's list, given in `camelCase`, as a line of content has it.
#[napi(catch_unwind)]
pub(crate) fn list_item(operation: u32, list: String, text: String) -> napi::Result<String> {
    renamed(&text, |value| {
        let operation = operations::find_by_number(operation as usize);
        let fields = operation.map_or(&[][..], |operation| operation.entry.request.fields());
        let list = fields.iter().find(|field| field.camel == list);
        let item = list.and_then(|field| field.shape.item()).ok_or_else(|| Error::new(&row::UNKNOWN_OPERATION))?;
        value.name_as_declared(item)
    })
}

/// A question to an object of the program, in `camelCase`.
#[napi(catch_unwind)]
pub(crate) fn question(kind: String, text: String) -> napi::Result<String> {
    renamed(&text, |value| {
        value.name_in_camel_case(question_entry(&kind)?.request);
        Ok(())
    })
}

/// The answer of an object of the program, given in `camelCase`.
#[napi(catch_unwind)]
pub(crate) fn answer(kind: String, text: String) -> napi::Result<String> {
    renamed(&text, |value| value.name_as_declared(question_entry(&kind)?.answer))
}

fn question_entry(kind: &str) -> Result<&'static QuestionEntry> {
    operations::question(kind).ok_or_else(|| Error::invalid_field("kind", "is not a question of the library"))
}

fn renamed(text: &str, rename: impl FnOnce(&mut Value<'_>) -> Result<()>) -> napi::Result<String> {
    let renamed = parse_json(text).and_then(|mut value| rename(&mut value).map(|()| value.to_json()));
    renamed.map_err(|error| thrown(&error))
}
