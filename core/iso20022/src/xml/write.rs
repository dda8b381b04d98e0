//! Writing of documents: indented, escaped, UTF-8, without any choice that could differ between two runs.

use crate::amount::Amount;
use crate::schema::MessageType;

/// Size in bytes from which a document is written without line breaks and indentation: people do not read such a file line by
/// line, and the blanks are a third of it.
const COMPACT_FROM: usize = 256 * 1024;

/// A document in the making.
pub(crate) struct Writer {
    out: String,
    open: Vec<&'static str>,
}

impl Writer {
    /// Starts `<Document>` in the message's namespace and the message element in it.
    pub(crate) fn document(message: MessageType, root: &'static str) -> Self {
        let out = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"{}\">\n", message.namespace());
        let mut writer = Self { out, open: vec!["Document"] };
        writer.start(root);
        writer
    }

    /// An element whose content the closure writes.
    pub(crate) fn nest(&mut self, name: &'static str, content: impl FnOnce(&mut Self)) {
        self.start(name);
        content(self);
        self.end();
    }

    /// An element with text.
    pub(crate) fn text(&mut self, name: &str, text: &str) {
        self.indent();
        self.out.extend(["<", name, ">"]);
        self.escaped(text);
        self.out.extend(["</", name, ">"]);
        self.line_end();
    }

    /// An element with text, or nothing.
    pub(crate) fn optional(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    /// An amount with its currency attribute.
    pub(crate) fn amount(&mut self, name: &str, amount: &Amount) {
        self.indent();
        self.out.extend(["<", name, " Ccy=\""]);
        self.escaped(&amount.currency);
        self.out.push_str("\">");
        self.escaped(&amount.value);
        self.out.extend(["</", name, ">"]);
        self.line_end();
    }

    /// Closes what is open and gives the bytes.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        while !self.open.is_empty() {
            self.end();
        }
        self.out.into_bytes()
    }

    fn start(&mut self, name: &'static str) {
        self.indent();
        self.out.extend(["<", name, ">"]);
        self.line_end();
        self.open.push(name);
    }

    fn end(&mut self) {
        if let Some(name) = self.open.pop() {
            self.indent();
            self.out.extend(["</", name, ">"]);
            self.line_end();
        }
    }

    fn line_end(&mut self) {
        if self.out.len() < COMPACT_FROM {
            self.out.push('\n');
        }
    }

    fn indent(&mut self) {
        if self.out.len() >= COMPACT_FROM {
            return;
        }
        for _ in 0..self.open.len() {
            self.out.push_str("  ");
        }
    }

    /// Escapes what XML would read otherwise. Characters that XML cannot hold at all become U+FFFD.
    fn escaped(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                // A reader would turn these into a line feed or a blank if they stood there bare.
                '\r' => self.out.push_str("&#13;"),
                '\n' => self.out.push_str("&#10;"),
                '\t' => self.out.push_str("&#9;"),
                '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => self.out.push('\u{fffd}'),
                other => self.out.push(other),
            }
        }
    }
}
