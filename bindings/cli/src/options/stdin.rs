//! Stdin can be read only once: the error for a second reader names the first.

use std::{
    fs::File,
    io::{IsTerminal as _, Read},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use bankchannel::{Content, Error};
use bankchannel_foundation::{error::row, model::ContentPieces};

use crate::{
    exit::{CommandFailure, CommandOutcome},
    output::{self, progress::ProgressLine},
    platform::END_OF_INPUT,
};

/// Bytes read at a time.
const PIECE: usize = 192 * 1024;

/// The option or argument that reads stdin.
static READER: Mutex<Option<String>> = Mutex::new(None);

/// Stdin for `what`, an option or argument. It does not include a first line that was read for `--password-stdin`.
pub(crate) fn reader(what: &str) -> CommandOutcome<impl Read + use<>> {
    let mut reader = READER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(first) = &*reader {
        return Err(CommandFailure::usage(format!(
            "{what}: stdin can be read only once, and {first} already reads it"
        )));
    }
    *reader = Some(what.to_owned());
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        output::print_note(&format!(
            "{what} is read from the terminal; end it with {END_OF_INPUT} on a line of its own"
        ));
    }
    Ok(stdin)
}

/// The content of the file of this name, or stdin for `-`, where `what` names the option or argument.
pub(crate) fn content_of(path: &str, what: &str) -> CommandOutcome<Content> {
    if path == "-" { content(what) } else { Ok(Content::from(Path::new(path))) }
}

/// Files from this size on are read with a bar, in bytes: smaller ones are read before a person sees it.
const WATCHED_FROM: u64 = 1024 * 1024;

/// The same for an operation that reads the content once and computes for long: it moves the bar of `progress`, which says
/// `text`.
pub(crate) fn watched_content_of(
    path: &str,
    what: &str,
    text: &'static str,
    progress: &Arc<ProgressLine>,
) -> CommandOutcome<Content> {
    // What cannot be opened is told by the operation.
    let opened = File::open(path).and_then(|file| file.metadata().map(|about| (file, about)));
    let Some((mut file, about)) = opened.ok().filter(|_| path != "-") else { return content_of(path, what) };
    if !about.is_file() || about.len() < WATCHED_FROM {
        return content_of(path, what);
    }
    let (total, mut done, progress) = (about.len(), 0_u64, Arc::clone(progress));
    let what = what.to_owned();
    Ok(Content::Pieces(ContentPieces::new(move || {
        let mut piece = Vec::with_capacity(PIECE);
        let read = file.by_ref().take(PIECE as u64).read_to_end(&mut piece);
        let unreadable = |why: std::io::Error| {
            Error::because(&row::CONTENT_UNREADABLE, format!("{what}: the file cannot be read: {why}")).with_source(why)
        };
        done += read.map_err(unreadable)? as u64;
        progress.update(&read_so_far(text, done, total));
        Ok(Some(piece).filter(|piece| !piece.is_empty()).map(Into::into))
    })))
}

/// A report of bytes read.
fn read_so_far(text: &str, done: u64, total: u64) -> bankchannel::Progress {
    let mut report = bankchannel::Progress::new(text, done, Some(total));
    #[allow(clippy::cast_precision_loss)] // for a bar
    let fraction = done as f64 / total as f64;
    report.fraction = Some(fraction.min(1.0));
    report
}

/// Stdin as content: it is read while it is sent, and not held in memory if the operation reads it once.
pub(crate) fn content(what: &str) -> CommandOutcome<Content> {
    let mut reader = reader(what)?;
    let what = what.to_owned();
    Ok(Content::Pieces(ContentPieces::new(move || {
        let mut piece = Vec::with_capacity(PIECE);
        let read = reader.by_ref().take(PIECE as u64).read_to_end(&mut piece);
        match read {
            Ok(0) => Ok(None),
            Ok(_) => Ok(Some(piece.into())),
            Err(why) => Err(Error::because(&row::CONTENT_UNREADABLE, format!("{what}: stdin cannot be read: {why}"))),
        }
    })))
}
