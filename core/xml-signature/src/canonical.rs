//! Canonical XML 1.0, inclusive and exclusive, with and without comments, as a stream into a digest or a text.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use bankchannel_crypto::digest::StreamedDigest;
use bankchannel_xml::{TreeElement, TreeWalk, XML_NAMESPACE, XmlAttributes, XmlToken, local, prefix};

use crate::methods::CanonicalForm;

/// Bytes gathered before they are passed on; longer texts are passed on by themselves.
const GATHERED: usize = 8 * 1024;

/// Takes canonical bytes.
pub trait CanonicalSink {
    /// Takes the next bytes.
    fn take(&mut self, bytes: &[u8]);
}

impl CanonicalSink for Vec<u8> {
    fn take(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

impl CanonicalSink for StreamedDigest {
    fn take(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }
}

/// Canonicalises an element with its content.
pub fn canonicalize(
    element: TreeElement<'_>,
    omitted: Option<TreeElement<'_>>,
    form: &CanonicalForm,
    sink: &mut dyn CanonicalSink,
) {
    canonicalize_texts(element, omitted, form, sink, |_| true);
}

/// The same with only the texts that are wanted.
pub(crate) fn canonicalize_texts(
    element: TreeElement<'_>,
    omitted: Option<TreeElement<'_>>,
    form: &CanonicalForm,
    sink: &mut dyn CanonicalSink,
    wanted: impl Fn(&str) -> bool,
) {
    let mut canonical = Canonicalizer::new(form, sink);
    let around: Vec<XmlAttributes<'_>> = element.and_around().skip(1).map(TreeElement::attributes).collect();
    around.into_iter().rev().for_each(|attributes| canonical.inherit(attributes));
    element.walk(omitted, |step| match step {
        TreeWalk::Start(inner) => canonical.start(inner.name(), inner.attributes()),
        TreeWalk::Text(text) if wanted(text) => canonical.text(text),
        TreeWalk::Text(_) => {}
        TreeWalk::End => canonical.end(),
    });
    canonical.finish();
}

/// The canonical bytes of an element with its content.
#[must_use]
pub fn canonical_bytes(element: TreeElement<'_>, omitted: Option<TreeElement<'_>>, form: &CanonicalForm) -> Vec<u8> {
    let mut bytes = Vec::new();
    canonicalize(element, omitted, form, &mut bytes);
    bytes
}

/// Writes tokens in canonical form: a whole document, or an element after the declarations around it.
pub struct Canonicalizer<'s> {
    form: &'s CanonicalForm,
    sink: &'s mut dyn CanonicalSink,
    gathered: Vec<u8>,
    /// Prefixes, namespaces and names of open elements.
    words: String,
    declared: Vec<NamespaceBinding>,
    rendered: Vec<NamespaceBinding>,
    open: Vec<CanonicalElement>,
    /// The `xml:` attributes around the first element, each with the value of the innermost: the inclusive form repeats
    /// them on it.
    inherited: HashMap<String, String>,
    /// Whether the document's root has ended.
    ended: bool,
    /// The namespaces to write on the current element, kept for its memory.
    wanted: Vec<NamespaceBinding>,
}

/// A prefix and its namespace, as places in the words; the number of open elements where it begins.
#[derive(Clone, Copy)]
struct NamespaceBinding {
    prefix: WordPlace,
    uri: WordPlace,
    depth: usize,
}

#[derive(Clone, Copy)]
struct WordPlace(usize, usize);

impl WordPlace {
    fn range(self) -> Range<usize> {
        self.0..self.1
    }
}

struct CanonicalElement {
    name: WordPlace,
    /// The length of the words before it.
    words: usize,
}

impl<'s> Canonicalizer<'s> {
    /// Canonicalises into a sink.
    pub fn new(form: &'s CanonicalForm, sink: &'s mut dyn CanonicalSink) -> Self {
        Self {
            form,
            sink,
            gathered: Vec::with_capacity(GATHERED),
            words: String::new(),
            declared: Vec::new(),
            rendered: Vec::new(),
            open: Vec::new(),
            inherited: HashMap::new(),
            ended: false,
            wanted: Vec::new(),
        }
    }

    /// Takes note of the attributes of an element around the first one, from the outermost.
    pub fn inherit(&mut self, attributes: XmlAttributes<'_>) {
        self.declare_all(attributes);
        if self.form.method.is_exclusive() {
            return;
        }
        for one in attributes.iter().filter(|one| one.prefix() == "xml") {
            self.inherited.insert(one.name.to_owned(), one.value().into_owned());
        }
    }

    /// Writes a token.
    pub fn token(&mut self, token: &XmlToken<'_>) {
        match token {
            XmlToken::Start(tag) => self.start(tag.name, tag.attributes),
            XmlToken::End => self.end(),
            XmlToken::Text(text) => self.text(text),
            XmlToken::Comment(text) => self.comment(text),
            XmlToken::Instruction(text) => self.instruction(text),
            XmlToken::Declaration => {}
        }
    }

    /// Starts an element.
    pub fn start(&mut self, name: &str, attributes: XmlAttributes<'_>) {
        let words = self.words.len();
        let place = self.word(name);
        self.open.push(CanonicalElement { name: place, words });
        self.declare_all(attributes);
        self.pass(b"<");
        self.write(name);
        self.write_namespaces(name, attributes);
        self.write_attributes(attributes);
        self.write(">");
    }

    /// Ends the innermost open element.
    pub fn end(&mut self) {
        let Some(open) = self.open.pop() else { return };
        self.write("</");
        let name = &self.words.as_bytes()[open.name.range()];
        self.gathered.extend_from_slice(name);
        self.write(">");
        let depth = self.open.len();
        self.declared.truncate(self.declared.partition_point(|one| one.depth <= depth));
        self.rendered.truncate(self.rendered.partition_point(|one| one.depth <= depth));
        self.words.truncate(open.words);
        self.ended = depth == 0;
    }

    /// Writes a text, or a part of one.
    pub fn text(&mut self, text: &str) {
        // Blanks around the root are not written.
        if self.open.is_empty() {
            return;
        }
        let mut rest = text.as_bytes();
        // Most texts, and the long ones, need no escape. Each byte is looked at twice at most.
        while let Some(at) = memchr::memchr3(b'&', b'<', b'\r', rest) {
            self.text_without_references(&rest[..at]);
            self.write(text_reference(rest[at]).unwrap_or_default());
            rest = &rest[at + 1..];
        }
        self.text_without_references(rest);
    }

    fn text_without_references(&mut self, text: &[u8]) {
        let mut rest = text;
        while let Some(at) = memchr::memchr(b'>', rest) {
            self.pass(&rest[..at]);
            self.write(text_reference(rest[at]).unwrap_or_default());
            rest = &rest[at + 1..];
        }
        self.pass(rest);
    }

    /// Writes a comment, if the method keeps them.
    pub fn comment(&mut self, text: &str) {
        if self.form.method.keeps_comments() {
            self.beside_root("<!--", text, "-->");
        }
    }

    /// Writes a processing instruction: its name and what follows.
    pub fn instruction(&mut self, text: &str) {
        let (target, data) = match text.find([' ', '\t', '\n', '\r']) {
            Some(at) => (&text[..at], text[at..].trim_start_matches([' ', '\t', '\n', '\r'])),
            None => (text, ""),
        };
        let joined = if data.is_empty() { Cow::Borrowed(target) } else { Cow::Owned(format!("{target} {data}")) };
        self.beside_root("<?", &joined, "?>");
    }

    /// Passes on the gathered bytes.
    pub fn finish(self) {
        self.sink.take(&self.gathered);
    }

    /// Outside of the root, a comment or an instruction has a line of its own.
    fn beside_root(&mut self, begin: &str, text: &str, end: &str) {
        let (outside, ended) = (self.open.is_empty(), self.ended);
        if outside && ended {
            self.write("\n");
        }
        self.write(begin);
        // Line ends were read as one line feed, except those given as references, which neither may contain.
        for (number, line) in text.split("\r\n").flat_map(|part| part.split('\r')).enumerate() {
            if number > 0 {
                self.write("\n");
            }
            self.pass(line.as_bytes());
        }
        self.write(end);
        if outside && !ended {
            self.write("\n");
        }
    }

    fn write_namespaces(&mut self, name: &str, attributes: XmlAttributes<'_>) {
        let depth = self.open.len();
        let mut wanted = std::mem::take(&mut self.wanted);
        wanted.clear();
        if self.form.method.is_exclusive() {
            self.want(&mut wanted, prefix(name));
            for one in attributes.iter().filter(|one| one.declared_prefix().is_none() && !one.prefix().is_empty()) {
                self.want(&mut wanted, one.prefix());
            }
            self.want_listed(&mut wanted);
        } else {
            for index in self.noted(depth) {
                self.want(&mut wanted, &self.words[self.declared[index].prefix.range()]);
            }
        }
        if wanted.len() > 1 {
            wanted.sort_by(|left, right| self.words[left.prefix.range()].cmp(&self.words[right.prefix.range()]));
        }
        for binding in &wanted {
            let binding = NamespaceBinding { depth, ..*binding };
            self.gathered.extend_from_slice(b" xmlns");
            let prefix = &self.words.as_bytes()[binding.prefix.range()];
            if !prefix.is_empty() {
                self.gathered.push(b':');
                self.gathered.extend_from_slice(prefix);
            }
            self.gathered.extend_from_slice(b"=\"");
            escape_value(&self.words[binding.uri.range()], &mut self.gathered);
            self.gathered.push(b'"');
            self.rendered.push(binding);
        }
        self.wanted = wanted;
    }

    /// The declarations that the inclusive form writes on the innermost element: of the first one those around it as
    /// well. The declarations around another one are in force in the output already.
    fn noted(&self, depth: usize) -> Range<usize> {
        let first = if depth == 1 { 0 } else { self.declared.partition_point(|one| one.depth < depth) };
        first..self.declared.len()
    }

    /// Adds the namespaces of the PrefixList, as the inclusive form does.
    fn want_listed(&self, wanted: &mut Vec<NamespaceBinding>) {
        if self.form.prefixes.is_empty() {
            return;
        }
        for index in self.noted(self.open.len()) {
            let prefix = &self.words[self.declared[index].prefix.range()];
            if self.form.prefixes.iter().any(|listed| listed == prefix) {
                self.want(wanted, prefix);
            }
        }
    }

    /// Adds the namespace in force for a prefix, unless the output has it in force already.
    fn want(&self, wanted: &mut Vec<NamespaceBinding>, prefix: &str) {
        let same = |one: &&NamespaceBinding| &self.words[one.prefix.range()] == prefix;
        // A prefix that is not declared is `xml`, or the default namespace where there is none.
        let Some(binding) = self.declared.iter().rev().find(same) else { return };
        if prefix == "xml" || wanted.iter().any(|one| same(&one)) {
            return;
        }
        let shown = self.rendered.iter().rev().find(same).map_or("", |one| &self.words[one.uri.range()]);
        if shown != &self.words[binding.uri.range()] {
            wanted.push(*binding);
        }
    }

    fn write_attributes(&mut self, attributes: XmlAttributes<'_>) {
        let inherits = self.open.len() == 1 && !self.inherited.is_empty();
        let mut own = attributes.iter().filter(|one| one.declared_prefix().is_none());
        let Some(first) = own.next() else {
            if inherits {
                self.write_sorted(Vec::new());
            }
            return;
        };
        match own.next() {
            None if !inherits => self.write_attribute(first.name, &first.value()),
            second => {
                let all = [first].into_iter().chain(second).chain(own);
                self.write_sorted(all.map(|one| (one.name, one.value())).collect());
            }
        }
    }

    /// Writes attributes by namespace, then by name.
    fn write_sorted(&mut self, own: Vec<(&str, Cow<'_, str>)>) {
        let mut inherited = if self.open.len() == 1 { std::mem::take(&mut self.inherited) } else { HashMap::new() };
        own.iter().for_each(|(name, _)| drop(inherited.remove(*name)));
        let around = inherited.iter().map(|(name, value)| (name.as_str(), Cow::Borrowed(value.as_str())));
        let mut all: Vec<(Option<WordPlace>, &str, Cow<'_, str>)> = Vec::new();
        for (name, value) in own.into_iter().chain(around) {
            all.push((self.namespace_place(prefix(name)), name, value));
        }
        let namespace = |place: Option<WordPlace>, name| match place {
            Some(place) => &self.words[place.range()],
            None if prefix(name) == "xml" => XML_NAMESPACE,
            None => "",
        };
        all.sort_by(|left, right| {
            let (first, second) = (namespace(left.0, left.1), namespace(right.0, right.1));
            (first, local(left.1)).cmp(&(second, local(right.1)))
        });
        for (_, name, value) in &all {
            self.write_attribute(name, value);
        }
    }

    /// Where the namespace of a prefix is in the words; `None` for none, and for `xml` unless it is declared.
    fn namespace_place(&self, prefix: &str) -> Option<WordPlace> {
        if prefix.is_empty() {
            return None;
        }
        let declared = self.declared.iter().rev().find(|one| &self.words[one.prefix.range()] == prefix);
        declared.map(|one| one.uri)
    }

    fn write_attribute(&mut self, name: &str, value: &str) {
        self.gathered.push(b' ');
        self.gathered.extend_from_slice(name.as_bytes());
        self.gathered.extend_from_slice(b"=\"");
        escape_value(value, &mut self.gathered);
        self.gathered.push(b'"');
    }

    fn declare_all(&mut self, attributes: XmlAttributes<'_>) {
        if attributes.is_empty() {
            return;
        }
        for one in attributes.iter() {
            if let Some(prefix) = one.declared_prefix() {
                let binding = NamespaceBinding {
                    prefix: self.word(prefix),
                    uri: self.word(&one.value()),
                    depth: self.open.len(),
                };
                self.declared.push(binding);
            }
        }
    }

    fn word(&mut self, word: &str) -> WordPlace {
        let start = self.words.len();
        self.words.push_str(word);
        WordPlace(start, self.words.len())
    }

    fn write(&mut self, text: &str) {
        self.gathered.extend_from_slice(text.as_bytes());
    }

    /// Writes bytes that need no escape; passes on the gathered bytes when they are many.
    fn pass(&mut self, bytes: &[u8]) {
        if self.gathered.len() + bytes.len() <= GATHERED {
            return self.gathered.extend_from_slice(bytes);
        }
        self.sink.take(&self.gathered);
        self.gathered.clear();
        if bytes.len() < GATHERED {
            self.gathered.extend_from_slice(bytes);
        } else {
            self.sink.take(bytes);
        }
    }
}

/// The reference by which canonical text writes a character; `None` for one that is written as it is.
fn text_reference(byte: u8) -> Option<&'static str> {
    match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'\r' => Some("&#xD;"),
        _ => None,
    }
}

/// Appends a text as canonical text has it, for documents that are written in canonical form.
pub fn push_canonical_text(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| text_reference(byte).is_some()) {
        out.push_str(&rest[..at]);
        out.push_str(text_reference(rest.as_bytes()[at]).unwrap_or_default());
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

fn escape_value(value: &str, out: &mut Vec<u8>) {
    let mut rest = value.as_bytes();
    let special = |byte: &u8| matches!(byte, b'&' | b'<' | b'"' | b'\t' | b'\n' | b'\r');
    while let Some(at) = rest.iter().position(special) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(match rest[at] {
            b'&' => b"&amp;",
            b'<' => b"&lt;",
            b'"' => b"&quot;",
            b'\t' => b"&#x9;",
            b'\n' => b"&#xA;",
            _ => b"&#xD;",
        });
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}
