//! The streaming pass before the tree is built: refuses what could make the next step slow, large or unsafe.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{MAX_ATTRIBUTES, MAX_DEPTH, MAX_LIBRARY_TEXT, MAX_NODES};
use crate::problem::{Place, Problem};
use crate::text::{quote, shorten};

/// Walks the whole text once. No entity is expanded; depth, counts and attributes are bounded.
pub(crate) fn check(text: &str) -> Result<(), Problem> {
    let mut reader = Reader::from_str(text);
    let (mut depth, mut elements, mut nodes, mut closed) = (0_usize, 0_usize, 0_usize, 0_usize);
    loop {
        let start = reader.buffer_position();
        let refuse = |message: String, change: &str| Err(Problem::format(place(text, start), message, change));
        match reader.read_event() {
            Ok(Event::Eof) if depth > 0 => {
                return refuse(
                    "the file ends inside an element".into(),
                    "transfer or export it again: its end is missing",
                );
            }
            Ok(Event::Eof) if elements == 0 => {
                return refuse(
                    "there is no XML element in the file".into(),
                    "choose the XML file that your program exported",
                );
            }
            Ok(Event::Eof) => return Ok(()),
            Ok(Event::DocType(_)) => {
                return refuse(
                    "there is a document type declaration (<!DOCTYPE …>), which is never read".into(),
                    "remove it",
                );
            }
            Ok(Event::Start(tag)) => {
                depth += 1;
                elements += 1;
                attributes(&tag, text, start)?;
            }
            Ok(Event::Empty(tag)) => {
                elements += 1;
                attributes(&tag, text, start)?;
            }
            Ok(Event::End(_)) => {
                depth = depth.saturating_sub(1);
                closed += 1;
            }
            Ok(_) => {}
            Err(error) => {
                let at = place(text, reader.error_position());
                return Err(Problem::format(
                    at,
                    format!("this is not well-formed XML: {}", shorten(&error.to_string(), MAX_LIBRARY_TEXT)),
                    "correct or export it again",
                ));
            }
        }
        if depth > MAX_DEPTH {
            return refuse(
                format!("elements are nested more than {MAX_DEPTH} deep"),
                "payment files never are: export it again",
            );
        }
        nodes += 1;
        // Closing tags make no node.
        if nodes - closed > MAX_NODES {
            return refuse(
                format!("there are more than {MAX_NODES} elements and texts"),
                "split the file into several",
            );
        }
    }
}

fn attributes(tag: &BytesStart<'_>, text: &str, start: u64) -> Result<(), Problem> {
    // Counted without duplicate checks, which would take time quadratic in their number.
    if tag.attributes().with_checks(false).take(MAX_ATTRIBUTES + 1).count() > MAX_ATTRIBUTES {
        return Err(Problem::format(
            place(text, start),
            format!("an element has more than {MAX_ATTRIBUTES} attributes"),
            "payment files have one or two: export it again",
        ));
    }
    // A stray `=` is no attribute to the counter but may be one to the next reader: bounded alike.
    if tag.attributes_raw().bytes().filter(|byte| *byte == b'=').count() > 4 * MAX_ATTRIBUTES {
        let name = String::from_utf8_lossy(tag.name().into_inner().as_ref()).into_owned();
        return Err(Problem::format(
            place(text, start),
            format!("the attributes of {} are not readable", quote(&name)),
            "export it again",
        ));
    }
    Ok(())
}

/// Line and column of a byte position; called at most once a file.
fn place(text: &str, position: u64) -> Place {
    let end = usize::try_from(position).unwrap_or(usize::MAX).min(text.len());
    let before = &text.as_bytes()[..end];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
    Place::at(line, column)
}
