//! Documents in which every element of a schema is filled.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use bankchannel_iso20022::schema::MessageType;
use bankchannel_xml::schema::{SchemaContent, SchemaElement, SchemaValue};

/// A document, and its leaves.
pub(crate) struct WholeDocument {
    pub(crate) xml: String,
    pub(crate) leaves: Vec<Leaf>,
}

/// An element with a value.
pub(crate) struct Leaf {
    /// Its path, without numbers.
    pub(crate) path: String,
    pub(crate) value: String,
    pub(crate) line: u64,
}

/// Documents of a message that have every element together: choices are gone through.
pub(crate) fn documents(message: MessageType) -> Vec<WholeDocument> {
    let root = message.schema().unwrap().root_element();
    let mut all = BTreeSet::new();
    let mut made = Vec::new();
    for variant in 0..50 {
        let mut writer = DocumentWriter { variant, xml: String::new(), leaves: Vec::new(), line: 1, number: 0 };
        writer.element(root, "", &format!(" xmlns=\"{}\"", message.namespace()));
        let before = all.len();
        all.extend(writer.leaves.iter().map(|leaf| leaf.path.clone()));
        if all.len() > before {
            made.push(WholeDocument { xml: writer.xml, leaves: writer.leaves });
        }
    }
    made
}

struct DocumentWriter {
    variant: usize,
    xml: String,
    leaves: Vec<Leaf>,
    line: u64,
    number: u64,
}

impl DocumentWriter {
    fn element(&mut self, element: SchemaElement<'_>, around: &str, own: &str) {
        let name = element.name();
        let path = format!("{around}/{name}");
        let line = self.line;
        match element.content() {
            SchemaContent::Elements(steps) => {
                write!(self.xml, "<{name}{own}>").unwrap();
                self.line_end();
                for step in steps {
                    let choices = step.choices;
                    if let Some(one) = choices.get(self.variant % choices.len().max(1)) {
                        self.element(*one, &path, "");
                    }
                }
            }
            SchemaContent::AnyElements => {
                let value = self.text("any");
                write!(self.xml, "<{name}{own}><x:Own xmlns:x=\"urn:x\">{value}</x:Own>").unwrap();
                self.leaves.push(Leaf { path: format!("{path}/Own"), value, line });
            }
            SchemaContent::Value(value, attributes) => {
                write!(self.xml, "<{name}{own}").unwrap();
                for (attribute, of) in attributes {
                    let value = self.value(of);
                    write!(self.xml, " {attribute}=\"{value}\"").unwrap();
                }
                let value = self.value(value);
                write!(self.xml, ">{value}").unwrap();
                self.leaves.push(Leaf { path, value, line });
            }
        }
        write!(self.xml, "</{name}>").unwrap();
        self.line_end();
    }

    fn line_end(&mut self) {
        self.xml.push('\n');
        self.line += 1;
    }

    fn text(&mut self, kind: &str) -> String {
        self.number += 1;
        format!("{kind}{}", self.number)
    }

    /// A value that is found again: of its own, where the schema leaves room for that.
    fn value(&mut self, of: SchemaValue<'_>) -> String {
        self.number += 1;
        let number = self.number;
        if let Some(choice) = of.choices().get(self.variant % of.choices().len().max(1)) {
            return choice.clone();
        }
        if let Some(pattern) = of.pattern() {
            return by_pattern(pattern, number);
        }
        match of.base() {
            "boolean" => self.variant.is_multiple_of(2).to_string(),
            "decimal" => match of.digits() {
                (_, Some(0)) => number.to_string(),
                _ => format!("{number}.25"),
            },
            "date" => format!("{}-03-{:02}", 2000 + number % 900, 1 + number % 28),
            "dateTime" => format!("{}-04-{:02}T05:06:07+02:00", 2000 + number % 900, 1 + number % 28),
            "gYear" => (2000 + number % 900).to_string(),
            "base64Binary" => format!("v{number:07}"),
            "gYearMonth" => format!("{}-05", 2000 + number % 900),
            _ => {
                let text = format!("v{number}");
                // Codes have four characters at most.
                of.max_length()
                    .filter(|max| *max < text.len())
                    .map_or(text.clone(), |max| text[text.len() - max..].to_owned())
            }
        }
    }
}

/// A value that matches one of the patterns of the messages.
fn by_pattern(pattern: &str, number: u64) -> String {
    match pattern {
        "[A-Z]{3,3}" => "EUR".to_owned(),
        "[A-Z]{2,2}" => ["FI", "SE", "DE", "EE"][usize::try_from(number).unwrap() % 4].to_owned(),
        "[a-z]{2,2}" => "fi".to_owned(),
        "[0-9]" => (number % 10).to_string(),
        "[0-9]{2}" => format!("{:02}", number % 100),
        "[0-9]{3}" => format!("{:03}", number % 1000),
        "[0-9]{2,3}" | "[0-9]{1,3}" => format!("{:03}", number % 1000),
        "[0-9]{3,4}" => format!("{:04}", number % 10_000),
        "[0-9]{8,28}" => format!("{number:08}"),
        "[0-9]{1,5}" | "[0-9]{1,15}" | "[+]{0,1}[0-9]{1,15}" | "[\\+]{0,1}[0-9]{1,15}" => number.to_string(),
        "[A-Z]{2,2}[0-9]{2,2}[a-zA-Z0-9]{1,30}" => format!("FI21{number:014}"),
        "[a-zA-Z0-9]{4}" | "[A-Z0-9]{4,4}" => format!("{number:04}"),
        "[A-Z0-9]{12,12}" => format!("{number:012}"),
        "[A-Z0-9]{18,18}[0-9]{2,2}" => format!("{number:020}"),
        "[A-Z]{2,2}[A-Z0-9]{9,9}[0-9]{1,1}" => format!("FI{number:010}"),
        "\\+[0-9]{1,3}-[0-9()+\\-]{1,30}" => format!("+358-{number}"),
        uuid if uuid.starts_with("[a-f0-9]{8}-") => format!("{number:08}-8a41-4c1e-9b7d-2e5f0a716c38"),
        bic if bic.contains("{0,1}") => {
            let letter = |place: u32| char::from(b'A' + u8::try_from(number / 26_u64.pow(place) % 26).unwrap());
            format!("ND{}{}FIHH", letter(1), letter(0))
        }
        other => panic!("a pattern without a sample: {other}"),
    }
}
