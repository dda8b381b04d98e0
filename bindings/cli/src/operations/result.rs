//! Output of a response: shown, or written to a file.

use std::{
    fs::{File, OpenOptions},
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
};

use bankchannel::{CallDone, CallOptions, Content, ContentDestination, HandOver};
use bankchannel_foundation::{
    operation::{CatalogueEntry, OperationKind},
    shown,
};
use bankchannel_private_files::{FileAccess, UnfinishedFile, create_new};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::ArgMatches;
use serde_json::{Value, json};
use tempfile::SpooledTempFile;

use super::whole;
use crate::{
    exit::{CommandFailure, CommandOutcome, PARTLY_REJECTED, PAYMENT_REJECTED},
    output::{self, Format, mask},
    platform,
};

/// The destination of the result.
pub(crate) struct Target {
    file: Option<PathBuf>,
    replace: bool,
    format: Format,
    /// The work due once the result is shown: files that were fetched count as reported.
    hand_over: HandOver,
}

impl Target {
    pub(crate) fn read(matches: &ArgMatches, format: Format) -> Self {
        Self {
            file: matches.get_one::<String>("output").filter(|path| *path != "-").map(PathBuf::from),
            replace: matches.get_flag("force"),
            format,
            hand_over: HandOver::default(),
        }
    }

    /// The options of a call whose result is shown here.
    pub(crate) fn options(&self, entry: &CatalogueEntry, content: Option<Content>) -> CallOptions {
        let (destination, hand_over) = (self.destination(entry), Some(self.hand_over.clone()));
        CallOptions { content, destination, hand_over, ..CallOptions::default() }
    }

    /// The destination of the response's content.
    fn destination(&self, entry: &CatalogueEntry) -> ContentDestination {
        match (&self.file, entry.response.content_field()) {
            (Some(path), Some(_)) if self.replace => ContentDestination::ReplaceFile(path.clone()),
            (Some(path), Some(_)) => ContentDestination::File(path.clone()),
            _ => ContentDestination::Memory,
        }
    }

    /// Opens the file of a response that is written as JSON, before anything is sent: a write error must not appear
    /// only after the service has done its work.
    pub(crate) fn reserve(&self, entry: &CatalogueEntry) -> CommandOutcome<Option<Reserved>> {
        match (&self.file, entry.response.content_field()) {
            // It may hold secrets.
            (Some(path), None) => Reserved::open(path, self.replace, FileAccess::Owner).map(Some),
            _ => Ok(None),
        }
    }

    /// Whether the response is wanted as JSON: on standard output, or in a file.
    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json || self.file.is_some()
    }

    /// Shows a response that is JSON text.
    pub(crate) fn show_text(&self, text: SpooledTempFile, reserved: Option<Reserved>) -> CommandOutcome {
        match reserved {
            None => {
                let written = whole::pour(text, &mut output::Stdout);
                written.map_err(|why| CommandFailure::usage(format!("the temporary file cannot be read: {why}")))?;
                output::bytes(b"\n");
            }
            Some(reserved) => {
                let path = reserved.path.clone();
                let failed = |why: std::io::Error| {
                    CommandFailure::usage(format!("{} cannot be written: {why}", shown::path(&path)))
                };
                reserved
                    .write_by(|file| whole::pour(text, file).and_then(|_| file.write_all(b"\n")))
                    .map_err(failed)?;
                output::print_note(&format!("written to {}", shown::path(&path)));
            }
        }
        Ok(())
    }

    /// Shows the response. A process that is killed before has reported nothing of it.
    pub(crate) fn show(&self, entry: &CatalogueEntry, done: CallDone, reserved: Option<Reserved>) -> CommandOutcome {
        let shown = self.show_response(entry, done, reserved);
        self.hand_over.done();
        shown
    }

    fn show_response(&self, entry: &CatalogueEntry, done: CallDone, reserved: Option<Reserved>) -> CommandOutcome {
        let CallDone { mut response, content } = done;
        if let Some(reserved) = reserved {
            let path = reserved.path.clone();
            match reserved.write(format!("{response}\n").as_bytes()) {
                Ok(()) => {
                    output::print_note(&format!("written to {}", shown::path(&path)));
                    return Ok(());
                }
                Err(why) => {
                    // Shown completely, secrets too: it is stored nowhere else.
                    self.format.show(&response);
                    output::print_note(&format!(
                        "error: the operation was carried out (outcome accepted; do not repeat it), but {} cannot be written: {why}",
                        shown::path(&path)
                    ));
                    return Err(CommandFailure::Told);
                }
            }
        }
        match (&self.file, entry.response.content_field(), content) {
            (Some(path), Some(_), _) => output::print_note(&format!("written to {}", shown::path(&path))),
            (None, Some(field), Some(Content::Bytes(bytes))) => {
                if self.format == Format::Table {
                    output::bytes(&bytes);
                    return Ok(());
                }
                if let Value::Object(map) = &mut response {
                    map.insert(
                        field.name.to_owned(),
                        json!({ "size": bytes.len(), "base64": STANDARD.encode(&bytes) }),
                    );
                }
            }
            _ => {}
        }
        match (self.format, entry.short_name()) {
            (Format::Table, "download_new_files") => {
                let files = members(&response, "files");
                files.iter().for_each(checked);
                if files.is_empty() && output::error_is_terminal() {
                    output::print_note("nothing new");
                }
            }
            (Format::Table, "upload_and_wait") => answered(&response),
            _ => {
                // A local operation was asked for its secret, such as a code.
                if self.format == Format::Table && entry.declaration.kind != OperationKind::Local {
                    let mut shown = response.clone();
                    mask::secrets(&mut shown, entry.response);
                    self.format.show(&shown);
                } else {
                    self.format.show(&response);
                }
            }
        }
        verdict(entry, &response)
    }
}

/// A missing file is a failure, even if the others were fetched; so is a negative verdict, for scripts that check before
/// they continue.
pub(super) fn verdict(entry: &CatalogueEntry, response: &Value) -> CommandOutcome {
    let is_no = |name: &str| response.get(name) == Some(&Value::Bool(false));
    let any = |name: &str| response.get(name).and_then(Value::as_u64).is_some_and(|count| count > 0);
    let failed = any("failed") || any("not_tried");
    match response.get("verdict").and_then(Value::as_str) {
        Some("rejected") => return Err(CommandFailure::Verdict(PAYMENT_REJECTED)),
        Some("partly_rejected") => return Err(CommandFailure::Verdict(PARTLY_REJECTED)),
        _ => {}
    }
    if failed || entry.declaration.kind == OperationKind::Local && (is_no("ok") || is_no("good") || is_no("valid")) {
        return Err(CommandFailure::Told);
    }
    Ok(())
}

/// Shows the part that a failed call had finished.
pub(crate) fn partial(format: Format, entry: &CatalogueEntry, failure: &CommandFailure) {
    let CommandFailure::Error(error) = failure else { return };
    let Some(partial) = error.partial_response_value().filter(|_| format == Format::Table) else { return };
    let partial = Value::from(partial.clone());
    match entry.short_name() {
        "download_new_files" => members(&partial, "files").iter().for_each(checked),
        "upload_and_wait" => answered(&partial),
        _ => {}
    }
}

fn members<'v>(response: &'v Value, name: &str) -> &'v [Value] {
    response.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The bank's verdict first, then one line for each answer, for each missing one, and for each other file.
fn answered(response: &Value) {
    // One line each: a bank's text must not look like another line.
    let text =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().replace('\n', " ");
    output::line(&text(response, "verdict_text"));
    let file = |answer: &Value| {
        let file = answer.get("file").cloned().unwrap_or_default();
        let place = text(answer, "path");
        let place = if place.is_empty() { String::new() } else { format!(" -> {place}") };
        let said = text(answer, "status_text");
        let said = if said.is_empty() { String::new() } else { format!(": {said}") };
        format!("{} {}{said}{place}", text(&file, "file_type"), text(&file, "file_reference"))
    };
    members(response, "answers").iter().for_each(|answer| output::line(&file(answer)));
    for missing in members(response, "missing").iter().filter_map(Value::as_str) {
        output::line(&format!("{missing}: no answer"));
    }
    for other in members(response, "others") {
        output::line(&format!("no answer to this file: {}", file(other)));
    }
    let is_inside = |answer: &Value| answer.get("content").is_some_and(Value::is_string);
    if members(response, "answers").iter().chain(members(response, "others")).any(is_inside) {
        output::print_note("the files' contents are not shown: save them with --directory, or show them with --json");
    }
    for note in members(response, "notes").iter().filter_map(Value::as_str) {
        output::print_note(note);
    }
}

/// The result for one file, in the words of `wscli`.
fn checked(file: &Value) {
    // One line each: a bank's reference must not look like the line of another file.
    let text = |name: &str| file.get(name).and_then(Value::as_str).unwrap_or_default().replace('\n', " ");
    let name = if file.get("name").is_some_and(Value::is_string) { text("name") } else { text("file_reference") };
    match text("status").as_str() {
        "exists" => output::line(&format!("Checking {name}... already exists, skipping")),
        "downloaded" => output::line(&format!("Checking {name}... downloading... OK")),
        "not_tried" => output::line(&format!("Checking {name}... not tried")),
        _ => {
            output::line(&format!("Checking {name}... downloading... FAILED"));
            output::print_note(&format!("{name}: {}", text("error_message")));
        }
    }
}

/// A file reserved for a response. An existing file keeps its content until the complete response replaces it; a new
/// one is removed if nothing was written to it.
pub(crate) struct Reserved {
    path: PathBuf,
    // Present until it is written.
    way: Option<OutputFile>,
}

/// The method of writing the file.
enum OutputFile {
    /// A new file.
    New(File),
    /// Written under another name next to it, and renamed: never through a link.
    Instead(UnfinishedFile),
    /// A device or a pipe, written directly.
    Through(File),
}

impl OutputFile {
    /// The method for a path that something has.
    fn in_place_of(path: &Path, access: FileAccess, is_device: bool) -> std::io::Result<Self> {
        if !is_device {
            let found = std::fs::metadata(path)?;
            if found.is_dir() {
                return Err(ErrorKind::IsADirectory.into());
            }
            if found.is_file() {
                return UnfinishedFile::beside(path, access).map(Self::Instead).map_err(|(_, why)| why);
            }
        }
        OpenOptions::new().write(true).open(path).map(Self::Through)
    }
}

impl Reserved {
    /// Opens the file. Who may use it does not depend on an old file there.
    pub(crate) fn open(path: &Path, replace: bool, access: FileAccess) -> CommandOutcome<Self> {
        let failed =
            |why: std::io::Error| CommandFailure::usage(format!("{} cannot be written: {why}", shown::path(&path)));
        let is_device = platform::is_device_name(path);
        let made = if is_device { Err(ErrorKind::AlreadyExists.into()) } else { create_new(path, access) };
        let way = match made {
            Err(why) if why.kind() == ErrorKind::AlreadyExists && replace => {
                OutputFile::in_place_of(path, access, is_device).map_err(failed)?
            }
            made => OutputFile::New(made.map_err(failed)?),
        };
        Ok(Self { path: path.to_owned(), way: Some(way) })
    }

    /// Writes the complete file.
    ///
    /// # Errors
    /// The reason for the write error.
    pub(crate) fn write(self, bytes: &[u8]) -> std::io::Result<()> {
        self.write_by(|file| file.write_all(bytes))
    }

    /// The same by a function that writes the content.
    fn write_by(mut self, write: impl FnOnce(&mut File) -> std::io::Result<()>) -> std::io::Result<()> {
        match self.way.take() {
            Some(OutputFile::New(mut file)) => {
                let written = write(&mut file).and_then(|()| file.sync_all());
                if written.is_err() {
                    // An incomplete response is removed.
                    self.way = Some(OutputFile::New(file));
                }
                written
            }
            Some(OutputFile::Instead(mut file)) => {
                write(file.file())?;
                file.replace(&self.path)
            }
            Some(OutputFile::Through(mut file)) => write(&mut file),
            None => Ok(()),
        }
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        if let Some(OutputFile::New(file)) = self.way.take() {
            // An open file cannot be removed on every file system.
            drop(file);
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
