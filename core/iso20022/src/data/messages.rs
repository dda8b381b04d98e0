//! The messages in a file, wherever their documents are.

use std::io::Read;

use encoding_rs::UTF_8;

use super::{Held, MessageName, ValueProblem, Values};
use crate::problem::Problem;
use crate::schema::plain;
use crate::xml::{Edge, Element, Record, Tag, TokenLimits, Tokens, Watcher, attributes};

/// A file with one message or several in a row. A message is recognized by the name of its element; elements around it
/// (`Document`, an envelope) are skipped.
pub(crate) struct Messages<'a> {
    pub(crate) tokens: Tokens<'a>,
    /// The start tag that was read last.
    pub(crate) tag: Tag,
    namespace: String,
    root: String,
    any: bool,
}

impl<'a> Messages<'a> {
    /// The messages of a file; its encoding is the given one, otherwise the declared one.
    pub(crate) fn open(input: impl Read + 'a, encoding: Option<&str>) -> Result<Self, Problem> {
        Ok(Self::over(Tokens::open(input, encoding, TokenLimits::READERS)?, false))
    }

    /// The same; a watcher sees the tokens too.
    pub(crate) fn open_watched(
        input: impl Read + 'a,
        encoding: Option<&str>,
        watcher: Watcher<'a>,
    ) -> Result<Self, Problem> {
        Ok(Self::over(Tokens::open(input, encoding, TokenLimits::READERS)?.watched(watcher), false))
    }

    pub(crate) fn over(tokens: Tokens<'a>, any: bool) -> Self {
        Self { tokens, tag: Tag::default(), namespace: String::new(), root: String::new(), any }
    }

    /// Goes to the next element whose name `wanted` accepts; `None` at the end of the file.
    pub(crate) fn next_message<T>(
        &mut self,
        wanted: impl Fn(&str) -> Option<T>,
        none: (&str, &str),
    ) -> Result<Option<T>, Problem> {
        self.tag.text_around = false;
        while let Some(edge) = self.tokens.next_tag(&mut self.tag)? {
            if edge == Edge::End {
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
        }
        if self.any {
            return Ok(None);
        }
        let (what, change) = none;
        Err(self.tokens.problem(format!("<{}> holds no {what}", plain(&self.root)), change))
    }

    /// Goes to the next child of the message; `false` at its end.
    pub(crate) fn next_child(&mut self) -> Result<bool, Problem> {
        Ok(self.tokens.next_tag(&mut self.tag)? == Some(Edge::Start))
    }

    /// Counts a message or a batch that begins here.
    pub(crate) fn count(&self, held: &mut Held) -> Result<(), Problem> {
        held.add().map_err(|refusal| self.tokens.problem(refusal.message, refusal.change))
    }

    /// Reads the element whose start tag was read last.
    pub(crate) fn read(&mut self, record: &mut Record) -> Result<(), Problem> {
        record.clear();
        record.read(&mut self.tokens, &self.tag, "", |_| Ok(()))
    }

    /// Reads the batch at `path` whose start tag was read last: its transactions, which are the children with this
    /// name, and their problems. The rest of the batch goes into `record`.
    pub(crate) fn batch<T>(
        &mut self,
        record: &mut Record,
        held: &mut Held,
        (path, name): (&str, &str),
        read: impl Fn(Element<'_>, &mut Values<'_>) -> T,
    ) -> Result<(Vec<T>, Vec<ValueProblem>), Problem> {
        self.count(held)?;
        let (mut transactions, mut problems) = (Vec::new(), Vec::new());
        record.clear();
        record.read(&mut self.tokens, &self.tag, name, |element| {
            held.add()?;
            let base = || format!("{path}/{name}[{}]", transactions.len() + 1);
            let mut values = Values::new(element, &base);
            let one = read(element, &mut values);
            values.move_to(&mut problems);
            transactions.push(one);
            Ok(())
        })?;
        Ok((transactions, problems))
    }

    /// The message's name by its namespace, or by its element for version 2 of the status report, which names it there.
    pub(crate) fn name(&self) -> MessageName {
        MessageName::of(if self.tag.name.contains('.') { &self.tag.name } else { &self.namespace })
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
        let names_message = |text: &str| text.contains("camt.") || text.contains("pain.");
        for (name, value) in attributes(&self.tag.attributes) {
            let declares = name == "xmlns" || name.starts_with("xmlns:");
            if declares && (names_message(&value) || !names_message(&self.namespace)) {
                self.namespace = value;
            }
        }
    }
}
