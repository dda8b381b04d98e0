//! A statement, report or notification of any size as one JSON object: read page by page, and put together in a
//! temporary file, so that a fault at the end of the file leaves no half of an object.

use std::{
    io::{self, Seek as _, Write},
    path::Path,
};

use bankchannel::{Content, Error};
use bankchannel_foundation::{error::row, model::read_boundary};
use bankchannel_iso20022::cash::Statement;
use serde_json::{Map, Value, json};
use tempfile::SpooledTempFile;

use crate::output;

/// The operations whose result is written this way.
const OPERATIONS: [&str; 3] = ["iso20022.read_statement", "iso20022.read_report", "iso20022.read_notification"];
/// Entries and transactions on a page.
const PAGE: u64 = 250;
/// Bytes of a result that need no file.
const IN_MEMORY: usize = 1024 * 1024;

/// Whether an operation's result is written this way: that of a file, which can be read from any place; not of a pipe.
pub(crate) fn is_for(operation: &str, request: &Value) -> bool {
    let path = request.pointer("/content/path").and_then(Value::as_str);
    OPERATIONS.contains(&operation) && path.is_some_and(|path| Path::new(path).is_file())
}

/// A temporary file for a result, empty.
pub(crate) fn spool() -> SpooledTempFile {
    tempfile::spooled_tempfile(IN_MEMORY)
}

/// A value as JSON text in a temporary file.
pub(crate) fn spooled(value: &Value) -> io::Result<SpooledTempFile> {
    let mut text = spool();
    text.write_all(output::json_text(value).as_bytes())?;
    Ok(text)
}

/// The result of reading the file that the request or the content names, with the options of the request, as JSON text without a line end.
///
/// # Errors
/// Those of reading a page; `resource.storage`.
pub(crate) fn read(request: &Value, content: Option<&Content>) -> Result<SpooledTempFile, Error> {
    read_telling(request, content, &mut |_| {})
}

/// The same, and passes on each statement at its end, without its entries.
fn read_telling(
    request: &Value,
    content: Option<&Content>,
    ended: &mut dyn FnMut(&Statement),
) -> Result<SpooledTempFile, Error> {
    let mut result = WholeResult::default();
    let mut cursor = None;
    loop {
        let mut request = request.clone();
        request["entries"] = json!(PAGE);
        if let Some(cursor) = &cursor {
            request["cursor"] = Value::clone(cursor);
        }
        let page = bankchannel::call_local("iso20022.read_statement_page", request, content.cloned())?;
        let Value::Object(mut page) = page else { return Err(unwritable(&io::Error::other("a page is no object"))) };
        let next = page.remove("next");
        result.add(page, cursor.is_some(), ended).map_err(|why| unwritable(&why))?;
        match next {
            None | Some(Value::Null) => return result.finish(ended).map_err(|why| unwritable(&why)),
            next => cursor = next,
        }
    }
}

/// The same for a file in an encoding, or in its own.
pub(crate) fn read_file(
    path: &Path,
    encoding: Option<&str>,
    ended: &mut dyn FnMut(&Statement),
) -> Result<SpooledTempFile, Error> {
    let content = Content::File { path: path.to_owned(), size: None };
    read_telling(&json!({ "encoding": encoding }), Some(&content), ended)
}

/// Writes a temporary file to a stream.
pub(crate) fn pour(mut from: SpooledTempFile, to: &mut impl Write) -> io::Result<u64> {
    from.rewind()?;
    io::copy(&mut from, to)
}

fn unwritable(why: &io::Error) -> Error {
    Error::because(&row::STORAGE, format!("the result cannot be put together in a temporary file: {why}"))
}

/// A result as far as its pages go.
struct WholeResult {
    messages: Vec<Value>,
    /// The complete statements, as JSON with commas between.
    statements: SpooledTempFile,
    any_statement: bool,
    /// The last statement, without its entries.
    current: Option<Map<String, Value>>,
    /// The entries of the last statement, as JSON with commas between.
    entries: SpooledTempFile,
    any_entry: bool,
    /// The members of the last page, which count for the whole.
    page: Map<String, Value>,
}

impl Default for WholeResult {
    fn default() -> Self {
        Self {
            messages: Vec::new(),
            statements: spool(),
            any_statement: false,
            current: None,
            entries: spool(),
            any_entry: false,
            page: Map::new(),
        }
    }
}

impl WholeResult {
    /// Adds a page, which may continue the last statement and message.
    fn add(
        &mut self,
        mut page: Map<String, Value>,
        continues: bool,
        ended: &mut dyn FnMut(&Statement),
    ) -> io::Result<()> {
        let repeated = usize::from(continues);
        self.messages.extend(emptied(&mut page, "messages").into_iter().skip(repeated));
        for (at, statement) in emptied(&mut page, "statements").into_iter().enumerate() {
            let Value::Object(mut statement) = statement else { continue };
            if at >= repeated {
                self.end_statement(ended)?;
            }
            for entry in emptied(&mut statement, "entries") {
                if std::mem::replace(&mut self.any_entry, true) {
                    self.entries.write_all(b",")?;
                }
                self.entries.write_all(output::json_text(&entry).as_bytes())?;
            }
            self.current = Some(statement);
        }
        self.page = page;
        Ok(())
    }

    fn end_statement(&mut self, ended: &mut dyn FnMut(&Statement)) -> io::Result<()> {
        let Some(statement) = self.current.take() else { return Ok(()) };
        if let Ok(read) = read_boundary(Value::Object(statement.clone())) {
            ended(&read);
        }
        if std::mem::replace(&mut self.any_statement, true) {
            self.statements.write_all(b",")?;
        }
        self.any_entry = false;
        let entries = std::mem::replace(&mut self.entries, spool());
        write_with(&statement, ("entries", entries), &mut self.statements)
    }

    fn finish(mut self, ended: &mut dyn FnMut(&Statement)) -> io::Result<SpooledTempFile> {
        self.end_statement(ended)?;
        self.page.insert("messages".to_owned(), Value::Array(self.messages));
        let mut out = spool();
        write_with(&self.page, ("statements", self.statements), &mut out)?;
        Ok(out)
    }
}

/// Takes the elements of a list, which stays as an empty one in its place.
fn emptied(object: &mut Map<String, Value>, name: &str) -> Vec<Value> {
    object.get_mut(name).and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default()
}

/// Writes an object, with these elements in the list of that name.
fn write_with(
    object: &Map<String, Value>,
    (list, elements): (&str, SpooledTempFile),
    out: &mut impl Write,
) -> io::Result<()> {
    let mut elements = Some(elements);
    out.write_all(b"{")?;
    for (at, (name, value)) in object.iter().enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        write!(out, "{}:", output::json_text(&Value::from(name.as_str())))?;
        match elements.take_if(|_| name == list) {
            Some(elements) => {
                out.write_all(b"[")?;
                pour(elements, out)?;
                out.write_all(b"]")?;
            }
            None => out.write_all(output::json_text(value).as_bytes())?,
        }
    }
    out.write_all(b"}")
}
