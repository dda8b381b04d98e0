//! The messages in a file, wherever their documents are.

use std::io::{Cursor, Read};

use encoding_rs::UTF_8;

use super::{HeldCount, MESSAGE_AREAS, MessageName};
use crate::recognise::{HEAD, other_element, other_message, recognise};
use bankchannel_xml::TokenWatcher;
use bankchannel_xml::XmlFault;
use bankchannel_xml::text::plain_name;
use bankchannel_xml::{TagBuffer, TagEdge, XmlElement, XmlRecord, XmlRules, XmlTokens};

/// A file with one message or several in a row. A message is recognized by the name of its element; elements around it
/// (`Document`, an envelope) are skipped.
pub(crate) struct MessageSequence<'a> {
    pub(crate) tokens: XmlTokens<'a>,
    /// The start tag that was read last.
    pub(crate) tag: TagBuffer,
    namespace: String,
    root: String,
    /// A message that is not read here, by its element.
    other: Option<(&'static str, &'static str)>,
    any: bool,
}

/// The tokens of a file, unless its first bytes show that it is no XML at all: then its kind.
pub(crate) fn open_tokens<'a>(
    mut input: impl Read + 'a,
    encoding: Option<&str>,
    rules: XmlRules,
) -> Result<XmlTokens<'a>, XmlFault> {
    let mut head = Vec::new();
    input.by_ref().take(HEAD as u64).read_to_end(&mut head).map_err(|error| XmlFault::of_input(&error).at(1, 1))?;
    match recognise(&head)?.other_than_xml() {
        Some(other) => Err(other),
        None => XmlTokens::open(Cursor::new(head).chain(input), encoding, rules),
    }
}

impl<'a> MessageSequence<'a> {
    /// The messages of an XML file; its encoding is the given one, otherwise the declared one.
    pub(crate) fn open(input: impl Read + 'a, encoding: Option<&str>) -> Result<Self, XmlFault> {
        Ok(Self::over(open_tokens(input, encoding, XmlRules::tolerant())?, false))
    }

    /// Shows every token from now on.
    pub(crate) fn watch(&mut self, watcher: TokenWatcher<'a>) {
        self.tokens.watch(watcher);
    }

    pub(crate) fn over(tokens: XmlTokens<'a>, any: bool) -> Self {
        Self { tokens, tag: TagBuffer::default(), namespace: String::new(), root: String::new(), other: None, any }
    }

    /// Goes to the next element whose name `wanted` accepts; `None` at the end of the file.
    pub(crate) fn next_message<T>(
        &mut self,
        wanted: impl Fn(&str) -> Option<T>,
        none: (&str, &str),
    ) -> Result<Option<T>, XmlFault> {
        self.tag.text_around = false;
        while let Some(edge) = self.tokens.next_tag(&mut self.tag)? {
            if edge == TagEdge::End {
                continue;
            }
            if self.tokens.depth() == 1 {
                self.root.clone_from(&self.tag.name);
                self.namespace.clear();
            }
            self.keep_namespace();
            if let Some(found) = wanted(&self.tag.name) {
                self.any = true;
                return Ok(Some(found));
            }
            self.other = self.other.or_else(|| other_element(&self.tag.name));
        }
        if self.any {
            return Ok(None);
        }
        let (what, change) = none;
        let name = self.name().name.unwrap_or_default();
        let is = match (other_message(&name), self.other) {
            (Some(words), _) => format!("this is {name}, {words}: no {what}"),
            // Its namespace names no message, or another one.
            (None, Some((name, words))) => format!("this is {name}, {words}: no {what}"),
            (None, None) if name.is_empty() => format!("<{}> holds no {what}", plain_name(&self.root)),
            (None, None) => format!("this is {name}, which holds no {what}"),
        };
        Err(self.tokens.fault(is, change))
    }

    /// Goes to the root element.
    pub(crate) fn root(&mut self) -> Result<(), XmlFault> {
        while self.tokens.next_tag(&mut self.tag)? != Some(TagEdge::Start) {}
        self.root.clone_from(&self.tag.name);
        self.keep_namespace();
        Ok(())
    }

    /// Goes to the next child of the message; `false` at its end.
    pub(crate) fn next_child(&mut self) -> Result<bool, XmlFault> {
        Ok(self.tokens.next_tag(&mut self.tag)? == Some(TagEdge::Start))
    }

    /// Counts a message or a batch that begins here.
    pub(crate) fn count(&self, held: &mut HeldCount) -> Result<(), XmlFault> {
        held.add().map_err(|refusal| refusal.at(&self.tokens))
    }

    /// Reads the element whose start tag was read last.
    pub(crate) fn read(&mut self, record: &mut XmlRecord) -> Result<(), XmlFault> {
        record.clear();
        record.read(&mut self.tokens, &self.tag, "", |_, _| Ok(()))
    }

    /// Reads the batch whose start tag was read last. Each part of it with this name is passed on and then dropped,
    /// after the batch as far as it was read; the rest of the batch goes into `record`.
    pub(crate) fn parts(
        &mut self,
        record: &mut XmlRecord,
        held: &mut HeldCount,
        name: &str,
        mut take: impl FnMut(XmlElement<'_>, XmlElement<'_>),
    ) -> Result<(), XmlFault> {
        self.count(held)?;
        record.clear();
        record.read(&mut self.tokens, &self.tag, name, |batch, part| {
            held.add()?;
            take(batch, part);
            Ok(())
        })
    }

    /// The message's name by its namespace, or by its element for version 2 of the status report, which names it there.
    pub(crate) fn name(&self) -> MessageName {
        MessageName::from_namespace(if self.tag.name.contains('.') { &self.tag.name } else { &self.namespace })
    }

    /// Remarks on the file; `newest` is the newest version whose fields are supported.
    pub(crate) fn notes(&self, newest: u32) -> Vec<String> {
        let mut notes = Vec::new();
        match self.name().version {
            None => {
                notes.push("the namespace is not an ISO 20022 namespace; the file is read by its elements".to_owned())
            }
            Some(version) if version > newest => {
                notes.push(format!("version {version} is newer than {newest}, the newest that is known here"));
            }
            Some(_) if !self.namespace.starts_with("urn:iso:std:iso:20022:tech:xsd:") => {
                notes.push("the namespace is that of a national variant".to_owned());
            }
            Some(_) => {}
        }
        notes.extend(self.tokens.encoding_note().map(str::to_owned));
        if self.tokens.encoding() != UTF_8 {
            notes.push(format!("the file is read as {}", self.tokens.encoding().name()));
        }
        if self.tag.text_around {
            notes.push("there is text outside the document, which is not read".to_owned());
        }
        notes
    }

    /// Keeps the namespace that names a message, otherwise the last one.
    fn keep_namespace(&mut self) {
        let names_message = |text: &str| MESSAGE_AREAS.iter().any(|area| text.contains(area));
        for attribute in self.tag.attributes().iter().filter(|one| one.declared_prefix().is_some()) {
            let value = attribute.value();
            if names_message(&value) || !names_message(&self.namespace) {
                self.namespace = value.into_owned();
            }
        }
    }
}
