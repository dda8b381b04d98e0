//! Stdin can be read only once: the error for a second reader names the first.

use std::{
    io::{IsTerminal as _, Read},
    path::Path,
    sync::{Mutex, PoisonError},
};

use bankchannel::{Content, Error};
use bankchannel_foundation::{error::row, model::Pieces};

use crate::{
    exit::{Failure, Outcome},
    output,
};

/// Bytes read at a time.
const PIECE: usize = 192 * 1024;

/// The option or argument that reads stdin.
static READER: Mutex<Option<String>> = Mutex::new(None);

/// Stdin for `what`, an option or argument. It does not include a first line that was read for `--password-stdin`.
pub(crate) fn reader(what: &str) -> Outcome<impl Read + use<>> {
    let mut reader = READER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(first) = &*reader {
        return Err(Failure::usage(format!("{what}: stdin can be read only once, and {first} already reads it")));
    }
    *reader = Some(what.to_owned());
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        output::note(&format!("{what} is read from the terminal; end it with Ctrl-D on a line of its own"));
    }
    Ok(stdin)
}

/// The content of the file of this name, or stdin for `-`, where `what` names the option or argument.
pub(crate) fn content_of(path: &str, what: &str) -> Outcome<Content> {
    if path == "-" { content(what) } else { Ok(Content::from(Path::new(path))) }
}

/// Stdin as content: it is read while it is sent, and not held in memory if the operation reads it once.
pub(crate) fn content(what: &str) -> Outcome<Content> {
    let mut reader = reader(what)?;
    let what = what.to_owned();
    Ok(Content::Pieces(Pieces::new(move || {
        let mut piece = Vec::with_capacity(PIECE);
        let read = reader.by_ref().take(PIECE as u64).read_to_end(&mut piece);
        match read {
            Ok(0) => Ok(None),
            Ok(_) => Ok(Some(piece.into())),
            Err(why) => Err(Error::because(&row::CONTENT_UNREADABLE, format!("{what}: stdin cannot be read: {why}"))),
        }
    })))
}
