//! The walk over document and schema together: finds missing, misplaced, unknown and malformed elements, and describes
//! them. It sees one token at a time, so its memory does not grow with the document.

use std::borrow::Cow;

use super::model::{AttributeRule, ElementRule, SequenceStep, TypeRule, XmlSchema};
use super::simple::SimpleType;
use super::words;
use crate::attributes::XmlAttribute;
use crate::fault::XmlFault;
use crate::text::{plain_name, quote};
use crate::tokens::{StartTag, XmlToken};

/// The maximum number of bytes kept of a value: no value of a message is as long.
const MAX_VALUE: usize = 64 * 1024;

/// The namespace of attributes that tell a validator about a document.
const INSTANCE_NAMESPACE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// The walk, which receives each token of a document in turn.
pub struct SchemaWalk<'s> {
    schema: &'s XmlSchema,
    limit: usize,
    /// Whether the root element was seen.
    begun: bool,
    open: Vec<OpenElement<'s>>,
    /// The value of the innermost element.
    value: String,
    found: Vec<XmlFault>,
    count: u64,
}

/// An open element.
struct OpenElement<'s> {
    name: Cow<'s, str>,
    /// Its number among equal siblings, if there may be several.
    number: Option<usize>,
    line: u64,
    content: ElementContent<'s>,
    /// The current step of the sequence, and the number of children at it.
    step: usize,
    taken: usize,
    /// The steps that have a child, and those with too many, as bits.
    seen: u128,
    surplus: u128,
    /// Whether text between its elements was reported.
    text_told: bool,
}

/// The allowed content of an element.
#[derive(Clone, Copy)]
enum ElementContent<'s> {
    Elements(&'s [SequenceStep]),
    /// This number of elements, whatever they are.
    AnyElements {
        min: usize,
        max: usize,
    },
    Value(&'s SimpleType),
    /// Already reported, or not in the schema.
    Anything,
}

impl<'s> SchemaWalk<'s> {
    /// A walk along a schema that keeps this many faults.
    pub fn new(schema: &'s XmlSchema, limit: usize) -> Self {
        Self { schema, limit, begun: false, open: Vec::new(), value: String::new(), found: Vec::new(), count: 0 }
    }

    /// The faults so far, as found.
    pub fn faults(&self) -> &[XmlFault] {
        &self.found
    }

    /// The number of faults so far, including those that are not kept.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The faults in the order of the document.
    pub fn into_faults(self) -> Vec<XmlFault> {
        let mut found = self.found;
        found.sort_by_key(|fault| fault.line);
        found
    }

    /// Receives the next token.
    pub fn see(&mut self, token: &XmlToken<'_>) {
        match token {
            XmlToken::Start(tag) => self.start(tag),
            XmlToken::End => self.end(),
            XmlToken::Text(text) => self.text(text),
            XmlToken::Comment(_) | XmlToken::Instruction(_) | XmlToken::Declaration => {}
        }
    }

    fn start(&mut self, tag: &StartTag<'_>) {
        self.value.clear();
        let rule = if self.begun { self.child(tag) } else { self.root(tag) };
        self.begun = true;
        let Some((number, rule)) = rule else {
            self.push(Cow::Owned(plain_name(tag.local())), None, tag.line, ElementContent::Anything);
            return;
        };
        let (content, attributes): (_, &[AttributeRule]) = match self.schema.rule(rule.type_index) {
            TypeRule::Elements(steps) => (ElementContent::Elements(steps), &[]),
            TypeRule::AnyElements { min, max } => (ElementContent::AnyElements { min: *min, max: *max }, &[]),
            TypeRule::Simple(simple) => (ElementContent::Value(simple), &[]),
            TypeRule::Text { value, attributes } => {
                (self.schema.simple(*value).map_or(ElementContent::Anything, ElementContent::Value), attributes)
            }
        };
        self.push(Cow::Borrowed(&rule.name), number, tag.line, content);
        self.attributes(tag, rule, attributes);
    }

    fn push(&mut self, name: Cow<'s, str>, number: Option<usize>, line: u64, content: ElementContent<'s>) {
        self.open.push(OpenElement {
            name,
            number,
            line,
            content,
            step: 0,
            taken: 0,
            seen: 0,
            surplus: 0,
            text_told: false,
        });
    }

    /// The rule of the root element, unless it is another one.
    fn root(&mut self, tag: &StartTag<'_>) -> Option<(Option<usize>, &'s ElementRule)> {
        let root = self.schema.root();
        if tag.local() != root.name {
            let message = format!("the root element is <{}>", plain_name(tag.local()));
            self.report_child(tag, message, format!("it must be <{}>", root.name));
            return None;
        }
        if tag.namespace() != Some(self.schema.namespace()) {
            self.foreign(tag);
        }
        Some((None, root))
    }

    /// The rule of a child of the innermost element; reports a fault of its place.
    fn child(&mut self, tag: &StartTag<'_>) -> Option<(Option<usize>, &'s ElementRule)> {
        let name = tag.local();
        let parent = self.open.last_mut()?;
        let steps = match parent.content {
            ElementContent::Elements(steps) => steps,
            ElementContent::Anything => return None,
            ElementContent::AnyElements { max, .. } => {
                parent.taken += 1;
                if parent.taken == max.saturating_add(1) {
                    let message = format!("<{}> holds more than {max} elements", parent.name);
                    self.report_child(tag, message, "keep one of them");
                }
                return None;
            }
            ElementContent::Value(_) => {
                parent.content = ElementContent::Anything;
                let message =
                    format!("<{}> holds the element <{}>, but must hold a plain value", parent.name, plain_name(name));
                self.report_child(tag, message, "write the value itself");
                return None;
            }
        };
        let Some((at, rule)) = find(steps, parent.step, name) else {
            let (parent, change) = (parent.name.clone(), words::unknown(name, steps));
            self.report_child(tag, format!("<{}> is not known inside <{parent}>", plain_name(name)), change);
            return None;
        };
        if tag.namespace() != Some(self.schema.namespace()) {
            self.foreign(tag);
            return None;
        }
        self.take(tag, at, &steps[at], steps).map(|number| (number, rule))
    }

    /// Takes a child at a step; its number if it may occur several times, `None` if it is one too many.
    fn take(
        &mut self,
        tag: &StartTag<'_>,
        at: usize,
        step: &'s SequenceStep,
        steps: &'s [SequenceStep],
    ) -> Option<Option<usize>> {
        let parent = self.open.last_mut()?;
        let bit = 1_u128 << at;
        if at < parent.step {
            // After its place: the first element that belongs behind it is where it should have been.
            parent.seen |= bit;
            let later = (at + 1..steps.len()).find(|later| parent.seen & (1 << later) != 0);
            let message = format!("<{}> is in the wrong place inside <{}>", tag.local(), parent.name);
            let change = match later {
                Some(later) => format!("move it before {}", words::names(&steps[later])),
                None => format!("the order is: {}", words::list(steps)),
            };
            self.report_child(tag, message, change);
            return Some(None);
        }
        parent.taken = if at == parent.step { parent.taken + 1 } else { 1 };
        (parent.step, parent.seen) = (at, parent.seen | bit);
        if parent.taken <= step.max {
            return Some((step.max > 1).then_some(parent.taken));
        }
        if parent.surplus & bit == 0 {
            parent.surplus |= bit;
            let (message, change) = words::too_many(&parent.name, tag.local(), step);
            self.report_child(tag, message, change);
        }
        None
    }

    fn foreign(&mut self, tag: &StartTag<'_>) {
        let message = format!("<{}> is not in the namespace of the message", plain_name(tag.local()));
        self.report_child(tag, message, "remove its own xmlns or prefix");
    }

    fn text(&mut self, text: &str) {
        let Some(open) = self.open.last_mut() else { return };
        match open.content {
            ElementContent::Value(_) if self.value.len() < MAX_VALUE => self.value.push_str(text),
            ElementContent::Elements(_) | ElementContent::AnyElements { .. }
                if !open.text_told && !text.trim_ascii().is_empty() =>
            {
                open.text_told = true;
                let message = format!("<{}> holds the text {} between its elements", open.name, quote(text.trim()));
                self.report(message, "remove it, or put it into the element it belongs to");
            }
            _ => {}
        }
    }

    fn end(&mut self) {
        if let Some(open) = self.open.last() {
            match open.content {
                ElementContent::Value(simple) => {
                    if let Some(wrong) = simple.check(&self.value) {
                        let message = format!("<{}> {}", open.name, wrong.message);
                        self.report(message, wrong.change);
                    }
                }
                ElementContent::Elements(steps) => self.missing(steps),
                ElementContent::AnyElements { min, .. } if open.taken < min => {
                    let message = format!("<{}> has no element", open.name);
                    self.report(message, "fill it in, or leave it out");
                }
                ElementContent::AnyElements { .. } | ElementContent::Anything => {}
            }
        }
        self.value.clear();
        self.open.pop();
    }

    /// Reports the required children that the innermost element does not have.
    fn missing(&mut self, steps: &'s [SequenceStep]) {
        let Some(open) = self.open.last() else { return };
        let seen = open.seen;
        for (_, step) in steps.iter().enumerate().filter(|(at, step)| step.min > 0 && seen & (1 << at) == 0) {
            let Some(open) = self.open.last() else { return };
            let (message, change) = words::missing(&open.name, step);
            self.report(message, change);
        }
    }

    /// Checks the attributes of the innermost element, whose start tag it is.
    fn attributes(&mut self, tag: &StartTag<'_>, rule: &ElementRule, known: &'s [AttributeRule]) {
        if !tag.attributes.is_empty() {
            for attribute in tag.attributes.iter().filter(|one| one.declared_prefix().is_none()) {
                self.attribute(tag, attribute, rule, known);
            }
        }
        for missing in known.iter().filter(|one| one.required && tag.attributes.get(&one.name).is_none()) {
            let example = if missing.name == "Ccy" { "EUR" } else { "…" };
            let message = format!("<{}> has no {} attribute", rule.name, missing.name);
            self.report(message, format!("add {}=\"{example}\"", missing.name));
        }
    }

    fn attribute(
        &mut self,
        tag: &StartTag<'_>,
        attribute: XmlAttribute<'_>,
        rule: &ElementRule,
        known: &'s [AttributeRule],
    ) {
        if let Some(of_schema) = known.iter().find(|one| one.name == attribute.name) {
            let wrong = self.schema.simple(of_schema.type_index).and_then(|simple| simple.check(&attribute.value()));
            if let Some(wrong) = wrong {
                let message = format!("the {} attribute of <{}> {}", of_schema.name, rule.name, wrong.message);
                self.report(message, wrong.change);
            }
            return;
        }
        let for_validators = !attribute.prefix().is_empty()
            && tag.scope().resolve(attribute.prefix()) == Some(INSTANCE_NAMESPACE)
            && match attribute.local() {
                "schemaLocation" | "noNamespaceSchemaLocation" => true,
                // Allowed where it repeats a known name.
                "type" => crate::tokens::local(attribute.value().trim()) == self.schema.type_name(rule.type_index),
                _ => false,
            };
        if !for_validators {
            let name = quote(attribute.name);
            self.report(format!("<{}> has an attribute {name} that the schema does not know", rule.name), "remove it");
        }
    }

    /// Adds a fault of the innermost element.
    fn report(&mut self, message: String, change: impl Into<String>) {
        self.count += 1;
        if self.found.len() < self.limit {
            let line = self.open.last().map_or(1, |open| open.line);
            self.found.push(XmlFault::new(message, change).on_line(line).in_element(self.path()));
        }
    }

    /// Adds a fault of a child of the innermost element.
    fn report_child(&mut self, tag: &StartTag<'_>, message: String, change: impl Into<String>) {
        self.count += 1;
        if self.found.len() < self.limit {
            let path = format!("{}/{}", self.path(), plain_name(tag.local()));
            self.found.push(XmlFault::new(message, change).on_line(tag.line).in_element(path));
        }
    }

    fn path(&self) -> String {
        let mut path = String::new();
        for open in &self.open {
            path.push('/');
            path.push_str(&open.name);
            if let Some(number) = open.number {
                path.push_str(&format!("[{number}]"));
            }
        }
        path
    }
}

/// The step and the rule of an element: at the current step or after it, otherwise before it.
fn find<'s>(steps: &'s [SequenceStep], from: usize, name: &str) -> Option<(usize, &'s ElementRule)> {
    let rule = |step: &'s SequenceStep| step.elements.iter().find(|element| element.name == name);
    let later = steps.iter().enumerate().skip(from).find_map(|(at, step)| Some((at, rule(step)?)));
    later.or_else(|| steps.iter().enumerate().take(from).find_map(|(at, step)| Some((at, rule(step)?))))
}
