//! Writing of documents: indented, escaped, UTF-8, with deterministic output.

/// Size in bytes from which a document is written without line breaks and indentation: people do not read such a file
/// line by line, and blanks would be a third of it.
const COMPACT_FROM: usize = 256 * 1024;

/// The use of line breaks and indentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum XmlLayout {
    /// One element per line.
    Indented,
    /// None.
    Compact,
    /// One element per line, up to a size that people read.
    UpToSize,
}

/// A document under construction.
pub struct XmlWriter {
    out: String,
    open: Vec<&'static str>,
    /// The number of open elements around a part.
    around: usize,
    layout: XmlLayout,
}

impl XmlWriter {
    /// Starts a document: its root element in a namespace.
    pub fn document(root: &'static str, namespace: &str, layout: XmlLayout) -> Self {
        let mut writer = Self::part(0, layout);
        writer.out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
        writer.line_end();
        writer.out.extend(["<", root, " xmlns=\""]);
        writer.escaped(namespace);
        writer.out.push_str("\">");
        writer.line_end();
        writer.open.push(root);
        writer
    }

    /// A part of a document inside this many elements.
    pub fn part(around: usize, layout: XmlLayout) -> Self {
        Self { out: String::new(), open: Vec::new(), around, layout }
    }

    /// The text since the beginning or the last call; open elements stay open.
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.out)
    }

    /// Discards the text and keeps its memory.
    pub fn clear(&mut self) {
        self.out.clear();
    }

    /// The text so far.
    pub fn text_so_far(&self) -> &str {
        &self.out
    }

    /// An element whose content is written by the closure.
    pub fn nest(&mut self, name: &'static str, content: impl FnOnce(&mut Self)) {
        self.start(name);
        content(self);
        self.end();
    }

    /// An element with text.
    pub fn text(&mut self, name: &str, text: &str) {
        self.indent();
        self.out.extend(["<", name, ">"]);
        self.escaped(text);
        self.out.extend(["</", name, ">"]);
        self.line_end();
    }

    /// An element with text, or nothing.
    pub fn optional(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    /// An element with one attribute and text.
    pub fn text_with(&mut self, name: &str, (attribute, value): (&str, &str), text: &str) {
        self.indent();
        self.out.extend(["<", name, " ", attribute, "=\""]);
        self.escaped(value);
        self.out.push_str("\">");
        self.escaped(text);
        self.out.extend(["</", name, ">"]);
        self.line_end();
    }

    /// Closes the open elements and returns the bytes.
    pub fn finish(mut self) -> Vec<u8> {
        while !self.open.is_empty() {
            self.end();
        }
        self.out.into_bytes()
    }

    /// Opens an element.
    pub fn start(&mut self, name: &'static str) {
        self.indent();
        self.out.extend(["<", name, ">"]);
        self.line_end();
        self.open.push(name);
    }

    /// Closes the element that was opened last.
    pub fn end(&mut self) {
        if let Some(name) = self.open.pop() {
            self.indent();
            self.out.extend(["</", name, ">"]);
            self.line_end();
        }
    }

    fn line_end(&mut self) {
        if self.is_indented() {
            self.out.push('\n');
        }
    }

    fn indent(&mut self) {
        if !self.is_indented() {
            return;
        }
        for _ in 0..self.around + self.open.len() {
            self.out.push_str("  ");
        }
    }

    fn is_indented(&self) -> bool {
        match self.layout {
            XmlLayout::Indented => true,
            XmlLayout::Compact => false,
            XmlLayout::UpToSize => self.out.len() < COMPACT_FROM,
        }
    }

    /// Escapes characters with a meaning in XML. Characters that XML cannot represent become U+FFFD.
    fn escaped(&mut self, text: &str) {
        // 0xEF starts U+FFFE and U+FFFF, and few characters that are used in Europe.
        let plain = |byte: u8| byte >= b' ' && !matches!(byte, b'&' | b'<' | b'>' | b'"' | 0xef);
        if text.bytes().all(plain) {
            return self.out.push_str(text);
        }
        for c in text.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                // Unescaped, a reader would turn these into a line feed or a blank.
                '\r' => self.out.push_str("&#13;"),
                '\n' => self.out.push_str("&#10;"),
                '\t' => self.out.push_str("&#9;"),
                '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => self.out.push('\u{fffd}'),
                other => self.out.push(other),
            }
        }
    }
}
