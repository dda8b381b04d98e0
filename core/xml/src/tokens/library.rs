//! The tokens that need processing, as the library reads them: attributes, references, comments, line ends.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::names::{check_attributes, name_size, resolved};
use super::open::OpenElements;
use super::{
    StartTag, TokenFlow, TokenPause, TokenReceiver, XmlRefusal, XmlToken, XmlTokens, begin, first_of_text, line_ends,
    local,
};
use crate::attributes::{BLANKS, XmlAttributes};
use crate::encoding;
use crate::text::quote;

impl XmlTokens<'_> {
    /// Passes on the next token, as read by the library.
    pub(super) fn pump_library(&mut self, take: &mut TokenReceiver<'_>) -> Result<TokenPause, XmlRefusal> {
        let Self { source, at, line, open, scope, closing, any, rules, overridden, declared, start, .. } = self;
        let rest = &source.window[*at..];
        // The library drops a byte order mark at its start position; elsewhere it is a character like others.
        if rest.starts_with('\u{feff}') {
            let end = rest.find(['<', '&', '\r', ']']).unwrap_or(rest.len()).max('\u{feff}'.len_utf8());
            let text = &rest[..end];
            first_of_text(text, open.depth(), *rules)?;
            *line += line_ends(text);
            *at += end;
            let flow = take(XmlToken::Text(text))?;
            return Ok(if flow == TokenFlow::Stop { TokenPause::Stopped } else { TokenPause::Given });
        }
        let mut reader = Reader::from_str(rest);
        let config = reader.config_mut();
        // A new reader is used for each token, so names are compared here.
        (config.check_end_names, config.allow_unmatched_ends, config.check_comments) = (false, true, true);
        let event = reader.read_event();
        let size = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        if (if event.is_ok() { size } else { rest.len() }) > rules.limits.token {
            return Err(XmlRefusal::new(
                format!("a tag or text is longer than {} bytes", rules.limits.token),
                "payment files have none: export it again",
            ));
        }
        let (first_line, begins) = (*line, *at);
        let mut advance = || {
            *line += line_ends(&rest[..size]);
            *at += size;
        };
        let flow = match event {
            Ok(Event::Eof) => {
                advance();
                return Ok(TokenPause::Used);
            }
            // A token at the end of the window may continue after it.
            Ok(Event::Text(_)) if size == rest.len() && !source.finished => return Ok(TokenPause::Used),
            Err(_) if !source.finished => return Ok(TokenPause::Used),
            Err(error) => return Err(XmlRefusal::malformed(&error.to_string())),
            Ok(Event::Start(tag)) => {
                let (name, raw) = (tag.name().0, tag.attributes_raw());
                enter(open, scope, name, raw, (*rules, *any))?;
                *any = true;
                advance();
                take(XmlToken::Start(StartTag {
                    name,
                    attributes: XmlAttributes(raw),
                    line: first_line,
                    scope: &*scope,
                }))?
            }
            Ok(Event::Empty(tag)) => {
                let (name, raw) = (tag.name().0, tag.attributes_raw());
                enter(open, scope, name, raw, (*rules, *any))?;
                (*any, *closing) = (true, true);
                advance();
                take(XmlToken::Start(StartTag {
                    name,
                    attributes: XmlAttributes(raw),
                    line: first_line,
                    scope: &*scope,
                }))?
            }
            Ok(Event::End(tag)) => {
                // The library keeps nothing but the name.
                expect(open, tag.name().0)?;
                advance();
                open.pop();
                scope.leave(open.depth());
                take(XmlToken::End)?
            }
            Ok(Event::Text(text)) => {
                if text.contains("]]>") {
                    return Err(XmlRefusal::malformed("a text contains ]]>"));
                }
                let text = text.xml10_content();
                first_of_text(&text, open.depth(), *rules)?;
                advance();
                take(XmlToken::Text(&text))?
            }
            Ok(Event::CData(_)) if rules.elements_only => return Err(not_an_element("a CDATA section")),
            Ok(Event::Comment(_)) if rules.elements_only => return Err(not_an_element("a comment")),
            Ok(Event::PI(_)) if rules.elements_only => return Err(not_an_element("a processing instruction")),
            Ok(Event::CData(text)) => {
                if open.depth() == 0 {
                    return Err(XmlRefusal::malformed("there is a text outside of all elements"));
                }
                advance();
                take(XmlToken::Text(&text.xml10_content()))?
            }
            Ok(Event::GeneralRef(reference)) => {
                let found = resolved(&reference.into_inner());
                let found = found.ok_or_else(|| XmlRefusal::malformed("a reference names no character"))?;
                let mut encoded = [0; 4];
                let text: &str = found.encode_utf8(&mut encoded);
                // A reference is a text even where blanks are none.
                first_of_text(if open.depth() == 0 { "&" } else { text }, open.depth(), *rules)?;
                advance();
                take(XmlToken::Text(text))?
            }
            Ok(Event::DocType(_)) => {
                return Err(XmlRefusal::new(
                    "there is a document type declaration (<!DOCTYPE …>), which is never read",
                    "remove it",
                ));
            }
            Ok(Event::Decl(declaration)) => {
                if rules.strict && source.position_at(begins) > *start {
                    return Err(XmlRefusal::new(
                        "the XML declaration is not at the very beginning of the file",
                        "remove what is before it, blanks and empty lines too",
                    ));
                }
                if rules.strict {
                    check_declaration(&declaration, rules.canonical)?;
                }
                let named = declaration.encoding().and_then(Result::ok);
                // That of the first document was read when the file was opened, and has a note if it is another one.
                let is_noted = !*any && !*declared && source.note.is_some();
                let other = named.filter(|name| !is_noted && !encoding::means(name, source.encoding()));
                if let Some(name) = other.filter(|_| !*overridden) {
                    let name = quote(&name);
                    return Err(if *any || *declared {
                        let message = format!("a document inside the file has another encoding, {name}");
                        XmlRefusal::new(message, "split the file into its documents")
                    } else {
                        let message = format!("the encoding {name} is declared too late to be read");
                        XmlRefusal::new(message, "remove what is before the declaration, empty lines too")
                    });
                }
                *declared = true;
                advance();
                take(XmlToken::Declaration)?
            }
            Ok(Event::Comment(text)) => {
                advance();
                take(XmlToken::Comment(&text))?
            }
            Ok(Event::PI(instruction)) => {
                let target = name_size(&instruction).map_or("", |size| &instruction[..size]);
                let behind = &instruction[target.len()..];
                let is_named = !target.is_empty() && !target.contains(':') && !target.eq_ignore_ascii_case("xml");
                if !is_named || !(behind.is_empty() || behind.starts_with(BLANKS)) {
                    return Err(XmlRefusal::malformed("the name of a processing instruction is not allowed"));
                }
                advance();
                take(XmlToken::Instruction(&instruction))?
            }
        };
        Ok(if flow == TokenFlow::Stop { TokenPause::Stopped } else { TokenPause::Given })
    }
}

/// The refusal of anything but elements, attributes and text.
fn not_an_element(found: &str) -> XmlRefusal {
    XmlRefusal::new(
        format!("the message contains {found}"),
        "write it with elements and texts alone: two readers may read such a message differently",
    )
}

/// Checks an XML declaration: `version`, then `encoding`, then `standalone`, the latter two if given. A reader of XML
/// 1.0 reads each 1.x as 1.0, but one of 1.1 has other line ends: other versions have no one canonical form.
fn check_declaration(text: &str, canonical: bool) -> Result<(), XmlRefusal> {
    let malformed = || XmlRefusal::malformed("the XML declaration is not written as it must be");
    let mut rest = text.strip_prefix("xml").ok_or_else(malformed)?;
    let mut step = 0;
    while let Ok(Some((attribute, behind))) = crate::attributes::first(rest) {
        let minor = attribute.raw.strip_prefix("1.").unwrap_or_default();
        let is_version = !minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit());
        let place = match attribute.name {
            "version" if !is_version || (canonical && minor != "0") => {
                let message = format!("the XML declaration has the version {}", quote(attribute.raw));
                return Err(XmlRefusal::new(message, "declare version=\"1.0\""));
            }
            "version" => 1,
            "encoding" if step > 0 && encoding::is_name(attribute.raw) => 2,
            "standalone" if step > 0 && matches!(attribute.raw, "yes" | "no") => 3,
            _ => return Err(malformed()),
        };
        if place <= step {
            return Err(malformed());
        }
        (step, rest) = (place, behind);
    }
    if step > 0 && rest.trim_matches(BLANKS).is_empty() { Ok(()) } else { Err(malformed()) }
}

fn enter(
    open: &mut OpenElements,
    scope: &mut crate::namespaces::NamespaceScope,
    name: &str,
    raw: &str,
    (rules, any): (super::XmlRules, bool),
) -> Result<(), XmlRefusal> {
    if name_size(name) != Some(name.len()) {
        return Err(XmlRefusal::malformed(&format!("{} is no name of an element", quote(name))));
    }
    if !raw.is_empty() {
        check_attributes(raw, open.depth() + 1, scope, rules)?;
    }
    begin(open, scope, name, rules, any)?;
    open.push(name);
    Ok(())
}

fn expect(open: &OpenElements, found: &str) -> Result<(), XmlRefusal> {
    let found = found.trim_end_matches(BLANKS);
    match open.innermost() {
        innermost if open.depth() > 0 && innermost == found => Ok(()),
        _ if open.depth() == 0 => {
            Err(XmlRefusal::malformed(&format!("{} is closed and was never opened", quote(local(found)))))
        }
        innermost => Err(XmlRefusal::malformed(&format!("{} is closed as {}", quote(innermost), quote(found)))),
    }
}
