//! The XML of each entry, for those who ask for it.

use std::cell::RefCell;
use std::rc::Rc;

use bankchannel_xml::{StartTag, XmlToken};

/// Maximum number of bytes of an entry's XML.
const MAX_ENTRY_XML: usize = 16 * 1024 * 1024;

/// Keeps the XML of the entry that was read last.
#[derive(Debug, Clone, Default)]
pub(super) struct EntryXml(Rc<RefCell<KeptXml>>);

#[derive(Debug, Default)]
struct KeptXml {
    /// What stands inside the entry; its own start tag is written at the end.
    text: String,
    /// The names of the open elements as written, the entry's first.
    open: Vec<String>,
    /// The entry's prefix with its colon; empty for none.
    prefix: String,
    /// The attributes of the entry, as written.
    attributes: String,
    too_large: bool,
}

impl EntryXml {
    /// What keeps it: sees every token of the file.
    pub(super) fn watcher<'a>(&self) -> Box<dyn FnMut(&XmlToken<'_>) + 'a> {
        let kept = Rc::clone(&self.0);
        Box::new(move |token| kept.borrow_mut().see(token))
    }

    /// The XML of the entry that ended last, with the namespace of its message; the error says that it is too large.
    pub(super) fn take(&self, namespace: &str) -> Result<String, ()> {
        let mut kept = self.0.borrow_mut();
        let text = std::mem::take(&mut kept.text);
        if std::mem::take(&mut kept.too_large) {
            return Err(());
        }
        let mut xml = String::with_capacity(text.len() + namespace.len() + 32);
        xml.push_str("<Ntry");
        if !namespace.is_empty() && !kept.attributes.contains("xmlns=") {
            xml.push_str(" xmlns=\"");
            escape(namespace, &mut xml);
            xml.push('"');
        }
        xml.extend([kept.attributes.as_str(), ">", &text, "</Ntry>"]);
        Ok(xml)
    }
}

impl KeptXml {
    fn see(&mut self, token: &XmlToken<'_>) {
        match token {
            XmlToken::Start(tag) => self.start(tag),
            XmlToken::End => self.end(),
            XmlToken::Text(text) if !self.open.is_empty() => self.add(text),
            _ => {}
        }
    }

    fn start(&mut self, tag: &StartTag<'_>) {
        if self.open.is_empty() {
            if tag.local() == "Ntry" {
                self.text.clear();
                self.too_large = false;
                self.prefix = tag.name[..tag.name.len() - tag.local().len()].to_owned();
                self.attributes = tag.attributes.as_written().to_owned();
                self.open.push(tag.name.to_owned());
            }
            return;
        }
        // The namespace of the message is the default one here; other prefixes stay.
        let name = tag.name.strip_prefix(self.prefix.as_str()).unwrap_or(tag.name);
        if self.has_room(name.len() + tag.attributes.as_written().len()) {
            self.text.extend(["<", name, tag.attributes.as_written(), ">"]);
        }
        self.open.push(name.to_owned());
    }

    fn end(&mut self) {
        let Some(name) = self.open.pop() else { return };
        if !self.open.is_empty() && self.has_room(name.len()) {
            self.text.extend(["</", &name, ">"]);
        }
    }

    fn add(&mut self, text: &str) {
        if self.has_room(text.len()) {
            escape(text, &mut self.text);
        }
    }

    fn has_room(&mut self, more: usize) -> bool {
        if self.text.len() + more > MAX_ENTRY_XML {
            (self.too_large, self.text) = (true, String::new());
        }
        !self.too_large
    }
}

fn escape(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '\r']) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            _ => "&#13;",
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}
