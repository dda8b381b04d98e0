//! Where a response goes: shown, or into a file.

use std::{
    fs::OpenOptions,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use bankchannel::{Content, Destination, ws_channel::Done};
use bankchannel_foundation::operation::Entry;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::ArgMatches;
use serde_json::{Value, json};

use crate::{
    exit::{Failure, Outcome},
    output::{self, Format},
};

/// Where the result goes.
pub(super) struct Target {
    file: Option<PathBuf>,
    replace: bool,
    format: Format,
}

impl Target {
    /// Reads `--output` and `--force`.
    pub(super) fn read(matches: &ArgMatches, format: Format) -> Self {
        Self {
            file: matches.get_one::<String>("output").map(PathBuf::from),
            replace: matches.get_flag("force"),
            format,
        }
    }

    /// Where the response's content is to be streamed.
    pub(super) fn destination(&self, entry: &Entry) -> Destination {
        match (&self.file, entry.response.content_field()) {
            (Some(path), Some(_)) if self.replace => Destination::ReplaceFile(path.clone()),
            (Some(path), Some(_)) => Destination::File(path.clone()),
            _ => Destination::Memory,
        }
    }

    /// Shows the response.
    pub(super) fn show(&self, entry: &Entry, done: Done) -> Outcome {
        let Done { mut response, content } = done;
        match (&self.file, entry.response.content_field(), content) {
            (Some(path), Some(_), _) => output::note(&format!("written to {}", path.display())),
            (Some(path), None, _) => {
                write_new(path, self.replace, format!("{response}\n").as_bytes())?;
                output::note(&format!("written to {}", path.display()));
                return Ok(());
            }
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
        match (self.format, response.get("files").and_then(Value::as_array)) {
            (Format::Table, Some(files)) if entry.short_name() == "download_new_files" => {
                files.iter().for_each(checked)
            }
            _ => self.format.show(&response),
        }
        // Files that could not be had are a failure, though the others are there.
        if response.get("failed").and_then(Value::as_u64).is_some_and(|failed| failed > 0) {
            return Err(Failure::Told);
        }
        Ok(())
    }
}

/// What became of one file, in the words of `wscli`.
fn checked(file: &Value) {
    let text = |name: &str| {
        file.get(name).and_then(Value::as_str).map(|text| output::table::printable(text.to_owned())).unwrap_or_default()
    };
    let name = if file.get("name").is_some_and(Value::is_string) { text("name") } else { text("file_reference") };
    match text("status").as_str() {
        "exists" => output::line(&format!("Checking {name}... already exists, skipping")),
        "downloaded" => output::line(&format!("Checking {name}... downloading... OK")),
        _ => {
            output::line(&format!("Checking {name}... downloading... FAILED"));
            output::note(&format!("{name}: {}", text("error_message")));
        }
    }
}

/// Writes a file of mode 0600; one that exists is left alone unless it is to be replaced.
fn write_new(path: &Path, replace: bool, bytes: &[u8]) -> Outcome {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    if replace {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    let failed = |why: std::io::Error| Failure::usage(format!("{} cannot be written: {why}", path.display()));
    let mut file = options.open(path).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)
}
