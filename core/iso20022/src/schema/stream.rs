//! Schema validation of a file that is too large for a tree: one pass over its tokens, in constant memory.
//!
//! It checks elements, their order and number, values and attributes with the same small model as the walk over a tree.
//! Namespaces below the root are not compared, and no second validator follows.

use super::model::{Attribute, ElementName, Model, Particle, Type};
use super::simple::Simple;
use super::{MAX_PROBLEMS, MessageType, NAMESPACE_PREFIX, compiled, plain};
use crate::problem::{Place, Problem};
use crate::text::quote;
use crate::xml::{Token, attributes};

/// The most bytes kept of a value: no value of the schemas is as long.
const MAX_VALUE: usize = 64 * 1024;

/// The walk, which receives each token of a file in turn.
#[derive(Default)]
pub(crate) struct StreamWalk {
    model: Option<&'static Model>,
    /// Whether the root element was seen.
    begun: bool,
    open: Vec<Open>,
    /// The value of the innermost element.
    value: String,
    found: Vec<Problem>,
}

/// An open element.
struct Open {
    name: String,
    /// Its number among equal siblings, if there may be several.
    number: Option<usize>,
    line: u64,
    content: Content,
    /// The current step of the sequence, and the number of children at it.
    step: usize,
    taken: usize,
}

/// The allowed content of an element.
enum Content {
    Elements(&'static [Particle]),
    Value(&'static Simple),
    /// Already reported, or not in the model.
    Anything,
}

impl StreamWalk {
    /// The problems, in file order; at most [`MAX_PROBLEMS`].
    pub(crate) fn problems(self) -> Vec<Problem> {
        self.found
    }

    /// Receives the next token.
    pub(crate) fn see(&mut self, token: &Token<'_>) {
        match token {
            Token::Start { name, attributes, line } => self.start(name, attributes, *line),
            Token::End => self.end(),
            Token::Text(text) => self.text(text),
            Token::Other => {}
        }
    }

    fn start(&mut self, name: &str, raw_attributes: &str, line: u64) {
        self.value.clear();
        if !self.begun {
            self.begun = true;
            self.model = model(raw_attributes);
            let Some(model) = self.model else { return };
            let content = if name == model.root.0 { content(model, &model.root.1).0 } else { Content::Anything };
            self.push(name, None, line, content);
            return;
        }
        let Some(model) = self.model else { return };
        let Some((number, element)) = self.child(name, line) else {
            self.push(name, None, line, Content::Anything);
            return;
        };
        let (content, attributes) = content(model, &element.type_name);
        self.push(name, number, line, content);
        if self.attributes(model, raw_attributes, attributes)
            && let Some(open) = self.open.last_mut()
        {
            // One problem per element is enough.
            open.content = Content::Anything;
        }
    }

    fn push(&mut self, name: &str, number: Option<usize>, line: u64, content: Content) {
        self.open.push(Open { name: name.to_owned(), number, line, content, step: 0, taken: 0 });
    }

    /// The schema's element for a child of the innermost element; reports a wrong position.
    fn child(&mut self, name: &str, line: u64) -> Option<(Option<usize>, &'static ElementName)> {
        let parent = self.open.last()?;
        let particles = match parent.content {
            Content::Elements(particles) => particles,
            Content::Anything => return None,
            Content::Value(_) => {
                let message =
                    format!("<{}> holds the element <{}>, but must hold a plain value", parent.name, plain(name));
                self.report(line, None, message, "write the value itself");
                self.give_up();
                return None;
            }
        };
        let (step, taken) = (parent.step, parent.taken);
        let stands = |particle: &'static Particle| particle.elements().iter().find(|element| element.name == name);
        let Some((at, element)) =
            particles.iter().enumerate().skip(step).find_map(|(at, particle)| Some((at, stands(particle)?)))
        else {
            let (message, change) = if particles.iter().any(|particle| stands(particle).is_some()) {
                let message = format!("<{name}> is in the wrong place inside <{}>", parent.name);
                (message, "follow the order of the schema")
            } else {
                let message = format!("<{}> is not known inside <{}>", plain(name), parent.name);
                (message, "remove it or move it")
            };
            self.report(line, Some(name), message, change);
            return None;
        };
        let taken = if at == step { taken + 1 } else { 1 };
        let several = particles[at].max > 1;
        if taken > particles[at].max {
            let most = particles[at].max;
            let times = if most == 1 { "once".to_owned() } else { format!("{most} times") };
            let message = format!("<{}> holds <{name}> more than {times}", parent.name);
            self.report(line, Some(name), message, "remove the others");
        }
        self.missing(at);
        if let Some(parent) = self.open.last_mut() {
            (parent.step, parent.taken) = (at, taken);
        }
        Some((several.then_some(taken), element))
    }

    /// Reports the required elements that are missing in the innermost element before this step.
    fn missing(&mut self, before: usize) {
        let Some(Open { content: Content::Elements(particles), step, taken, line, name, .. }) = self.open.last() else {
            return;
        };
        let (particles, line, parent) = (*particles, *line, name.clone());
        let steps = particles.iter().enumerate().take(before).skip(*step);
        let missing: Vec<&Particle> = steps
            .filter(|(at, particle)| if at == step { *taken < particle.min } else { particle.min > 0 })
            .map(|(_, particle)| particle)
            .collect();
        for particle in missing {
            let names: Vec<String> = particle.elements().iter().map(|element| format!("<{}>", element.name)).collect();
            let names = names.join(" or ");
            self.report(line, None, format!("<{parent}> has no {names}"), &format!("add {names}"));
        }
    }

    fn text(&mut self, text: &str) {
        let Some(open) = self.open.last_mut() else { return };
        match open.content {
            Content::Value(_) if self.value.len() < MAX_VALUE => self.value.push_str(text),
            Content::Elements(_) if !text.trim_ascii().is_empty() => {
                let (line, message) = (open.line, format!("<{}> holds text between its elements", open.name));
                self.report(line, None, message, "remove it, or put it into the element it belongs to");
                self.give_up();
            }
            _ => {}
        }
    }

    fn end(&mut self) {
        match self.open.last() {
            Some(Open { content: Content::Value(simple), name, line, .. }) => {
                if let Some(wrong) = simple.check(&self.value) {
                    let (line, message) = (*line, format!("<{name}> {}", wrong.message));
                    self.report(line, None, message, &wrong.change);
                }
            }
            Some(Open { content: Content::Elements(particles), .. }) => self.missing(particles.len()),
            _ => {}
        }
        self.value.clear();
        self.open.pop();
    }

    /// Checks the attributes of the innermost element; returns whether there is a problem.
    fn attributes(&mut self, model: &'static Model, raw: &str, known: &'static [Attribute]) -> bool {
        if raw.trim_ascii().is_empty() && !known.iter().any(|attribute| attribute.required) {
            return false;
        }
        let Some(Open { name, line, .. }) = self.open.last() else { return false };
        let (name, line) = (name.clone(), *line);
        // Names with a prefix are in another namespace.
        let given: Vec<(&str, String)> =
            attributes(raw).filter(|(name, _)| *name != "xmlns" && !name.contains(':')).collect();
        let unknown = given.iter().find(|(given, _)| !known.iter().any(|attribute| attribute.name == *given));
        let wrong = if let Some((unknown, _)) = unknown {
            let message = format!("<{name}> has an attribute {} that the schema does not know", quote(unknown));
            Some((message, "remove it".to_owned()))
        } else {
            known.iter().find_map(|attribute| {
                let Some((_, value)) = given.iter().find(|(given, _)| attribute.name == *given) else {
                    let message = format!("<{name}> has no {} attribute", attribute.name);
                    return attribute.required.then(|| (message, format!("add {}", attribute.name)));
                };
                let Some(Type::Simple(simple)) = model.types.get(&attribute.type_name) else { return None };
                let wrong = simple.check(value)?;
                Some((format!("the {} attribute of <{name}> {}", attribute.name, wrong.message), wrong.change))
            })
        };
        let Some((message, change)) = wrong else { return false };
        self.report(line, None, message, &change);
        true
    }

    /// Stops checking the innermost element.
    fn give_up(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.content = Content::Anything;
        }
    }

    /// Adds a problem of the innermost element, or of a child of it.
    fn report(&mut self, line: u64, child: Option<&str>, message: String, change: &str) {
        if self.found.len() >= MAX_PROBLEMS {
            return;
        }
        let mut path = String::new();
        for open in &self.open {
            path.push('/');
            path.push_str(&plain(&open.name));
            if let Some(number) = open.number {
                path.push_str(&format!("[{number}]"));
            }
        }
        if let Some(child) = child {
            path.push('/');
            path.push_str(&plain(child));
        }
        let place = Place { line: usize::try_from(line).ok(), column: None, path };
        self.found.push(Problem::format(place, message, change));
    }
}

/// The model of the message, by the namespace of the root element.
fn model(raw_attributes: &str) -> Option<&'static Model> {
    let declared = attributes(raw_attributes).filter(|(name, _)| *name == "xmlns" || name.starts_with("xmlns:"));
    let message = declared
        .filter_map(|(_, namespace)| MessageType::from_name(namespace.strip_prefix(NAMESPACE_PREFIX)?))
        .next()?;
    compiled(message).ok().map(|compiled| &compiled.model)
}

/// The allowed content of an element of a type, and its attributes.
fn content(model: &'static Model, type_name: &str) -> (Content, &'static [Attribute]) {
    match model.types.get(type_name) {
        Some(Type::Elements(particles)) => {
            let open = particles.iter().any(|particle| matches!(particle.kind, super::model::TypeKind::Any));
            (if open { Content::Anything } else { Content::Elements(particles) }, &[])
        }
        Some(Type::Text { value, attributes }) => match model.types.get(value) {
            Some(Type::Simple(simple)) => (Content::Value(simple), attributes),
            _ => (Content::Anything, attributes),
        },
        Some(Type::Simple(simple)) => (Content::Value(simple), &[]),
        None => (Content::Anything, &[]),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::schema::walk;
    use crate::xml::{Tag, TokenLimits, Tokens, Tree};

    fn streamed(xml: &str) -> Vec<Problem> {
        let mut walk = StreamWalk::default();
        {
            let mut see = |token: &Token<'_>| walk.see(token);
            let tokens = Tokens::open(xml.as_bytes(), None, TokenLimits::READERS).unwrap();
            let (mut tokens, mut tag) = (tokens.watched(&mut see), Tag::default());
            while tokens.next_tag(&mut tag).unwrap().is_some() {}
        }
        walk.problems()
    }

    /// Whatever is removed, doubled or changed: both walks accept a file, or both reject it.
    #[test]
    fn judges_as_the_walk_over_a_tree() {
        let lines: Vec<&str> = crate::EXAMPLE_PAIN001.lines().collect();
        let model = &compiled(MessageType::Pain00100109).unwrap().model;
        assert_eq!(streamed(crate::EXAMPLE_PAIN001), []);
        for (at, line) in
            lines.iter().enumerate().filter(|(_, line)| line.contains("</") && line.trim_start().starts_with('<'))
        {
            let changed = line.replacen(">", ">~~", 1);
            for with in ["", &line.repeat(2), "<Junk/>", &format!("{line}<Junk/>"), &changed] {
                let xml = [&lines[..at], &[with], &lines[at + 1..]].concat().join("\n");
                let Ok(tree) = Tree::parse(&xml) else { continue };
                let by_tree = walk::problems(model, tree.root().unwrap(), MAX_PROBLEMS);
                let by_stream = streamed(&xml);
                assert_eq!(by_tree.is_empty(), by_stream.is_empty(), "{with}: {by_tree:?} {by_stream:?}");
            }
        }
    }
}
