//! A whole message in memory: its elements, attributes and texts as they are written, as slices of its text.
//!
//! A signature covers an element, and what is read afterwards is that element itself: its place in the tree, never what
//! a second search by name or id finds.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use crate::attributes::XmlAttributes;
use crate::fault::XmlFault;
use crate::tokens::{TokenFlow, XmlRefusal, XmlRules, XmlToken, XmlTokens, local, prefix};

/// Maximum number of elements in one message.
pub const MAX_TREE_ELEMENTS: usize = 200_000;

/// Bytes of text for each element or text of an ordinary message, so that the list of them seldom grows.
const BYTES_OF_NODE: usize = 64;

/// A message.
pub struct XmlTree<'t> {
    text: &'t str,
    nodes: Vec<StoredNode<'t>>,
    /// The distinct namespaces of the elements.
    namespaces: Vec<String>,
}

enum StoredNode<'t> {
    Element(StoredElement<'t>),
    Text(Cow<'t, str>),
}

struct StoredElement<'t> {
    name: &'t str,
    /// The attributes as written.
    attributes: &'t str,
    /// The number of its namespace.
    namespace: u32,
    /// The number of the element around it; its own for the root.
    parent: u32,
    /// The number of the first node that is not inside it.
    end: u32,
}

impl<'t> XmlTree<'t> {
    /// Reads a message. Comments, processing instructions, CDATA sections and document types are refused, and a text is
    /// the whole text of its element.
    ///
    /// # Errors
    /// Why it cannot be read, with the line.
    pub fn read(text: &'t str) -> Result<Self, XmlFault> {
        let mut tokens = XmlTokens::whole(text, XmlRules::message())?;
        let mut builder = TreeBuilder {
            tree: Self { text, nodes: Vec::with_capacity(text.len() / BYTES_OF_NODE), namespaces: Vec::new() },
            open: Vec::new(),
            known: HashMap::new(),
            last: 0,
            elements: 0,
            in_text: false,
        };
        while tokens.pump(|token| builder.take(token).map(|()| TokenFlow::Next))? {}
        Ok(builder.tree)
    }

    /// The outermost element.
    pub fn root(&self) -> TreeElement<'_> {
        TreeElement { tree: self, at: 0 }
    }

    /// The text that was read.
    pub fn text(&self) -> &'t str {
        self.text
    }
}

struct TreeBuilder<'t> {
    tree: XmlTree<'t>,
    /// The open elements, from the root.
    open: Vec<u32>,
    known: HashMap<String, u32>,
    /// The number of the namespace of the last element.
    last: u32,
    elements: usize,
    /// Whether the last token was a text.
    in_text: bool,
}

impl<'t> TreeBuilder<'t> {
    fn take(&mut self, token: XmlToken<'_>) -> Result<(), XmlRefusal> {
        let at = u32::try_from(self.tree.nodes.len()).map_err(|_| too_many())?;
        match token {
            XmlToken::Start(tag) => {
                self.in_text = false;
                self.elements += 1;
                if self.elements > MAX_TREE_ELEMENTS {
                    return Err(too_many());
                }
                let slice = |part| slice_of(self.tree.text, part).ok_or_else(too_many);
                let (name, attributes) = (slice(tag.name)?, slice(tag.attributes.as_written())?);
                let namespace = self.number_of(tag.namespace().unwrap_or_default());
                let parent = self.open.last().copied().unwrap_or(at);
                self.open.push(at);
                let element = StoredElement { name, attributes, namespace, parent, end: at };
                self.tree.nodes.push(StoredNode::Element(element));
            }
            XmlToken::End => {
                self.in_text = false;
                let closed = self.open.pop().unwrap_or_default() as usize;
                if let Some(StoredNode::Element(element)) = self.tree.nodes.get_mut(closed) {
                    element.end = at;
                }
            }
            XmlToken::Text(text) if !self.open.is_empty() => {
                let slice = slice_of(self.tree.text, text);
                match self.tree.nodes.last_mut() {
                    // One text may come in several pieces.
                    Some(StoredNode::Text(begun)) if self.in_text => begun.to_mut().push_str(text),
                    _ => {
                        let text = slice.map_or_else(|| Cow::Owned(text.to_owned()), Cow::Borrowed);
                        self.tree.nodes.push(StoredNode::Text(text));
                    }
                }
                self.in_text = true;
            }
            // Blanks around the root; what else there is was refused.
            XmlToken::Text(_) | XmlToken::Comment(_) | XmlToken::Instruction(_) | XmlToken::Declaration => {}
        }
        Ok(())
    }

    fn number_of(&mut self, namespace: &str) -> u32 {
        // Mostly that of the element before.
        if self.tree.namespaces.get(self.last as usize).is_some_and(|last| last == namespace) {
            return self.last;
        }
        if let Some(number) = self.known.get(namespace) {
            self.last = *number;
            return *number;
        }
        let number = self.tree.namespaces.len() as u32;
        self.tree.namespaces.push(namespace.to_owned());
        self.known.insert(namespace.to_owned(), number);
        self.last = number;
        number
    }
}

fn too_many() -> XmlRefusal {
    XmlRefusal::new(
        format!("the message has more than {MAX_TREE_ELEMENTS} elements"),
        "ask for less at once: by dates or by type",
    )
}

/// The same part as a slice of the whole text; `None` if it is a copy.
fn slice_of<'t>(whole: &'t str, part: &str) -> Option<&'t str> {
    if part.is_empty() {
        return Some("");
    }
    let start = (part.as_ptr() as usize).checked_sub(whole.as_ptr() as usize)?;
    whole.get(start..start.checked_add(part.len())?)
}

/// An element of an [`XmlTree`]: its place. Two are equal if they are the same place of the same tree.
#[derive(Clone, Copy)]
pub struct TreeElement<'r> {
    tree: &'r XmlTree<'r>,
    at: u32,
}

impl<'r> TreeElement<'r> {
    /// The name as it is written.
    pub fn name(self) -> &'r str {
        self.stored().map_or("", |element| element.name)
    }

    /// The name without its prefix.
    pub fn local(self) -> &'r str {
        local(self.name())
    }

    /// The namespace; empty for none.
    pub fn namespace(self) -> &'r str {
        let number = self.stored().map_or(0, |element| element.namespace);
        self.tree.namespaces.get(number as usize).map_or("", String::as_str)
    }

    /// Whether it has this name in this namespace.
    pub fn is(self, namespace: &str, name: &str) -> bool {
        self.local() == name && self.namespace() == namespace
    }

    /// The attributes.
    pub fn attributes(self) -> XmlAttributes<'r> {
        XmlAttributes(self.stored().map_or("", |element| element.attributes))
    }

    /// The value of an attribute in a namespace; empty for one without a prefix.
    pub fn attribute(self, namespace: &str, name: &str) -> Option<Cow<'r, str>> {
        let attributes = self.attributes().iter().filter(|one| one.declared_prefix().is_none());
        let mut named = attributes.filter(|one| one.local() == name);
        named.find(|one| self.attribute_namespace(one.prefix()) == namespace).map(|one| one.value())
    }

    /// The namespace of an attribute with this prefix; empty for none.
    pub fn attribute_namespace(self, prefix: &str) -> Cow<'r, str> {
        if prefix.is_empty() { Cow::Borrowed("") } else { self.resolve(prefix).unwrap_or_default() }
    }

    /// The namespace that a prefix has inside the element.
    pub fn resolve(self, prefix: &str) -> Option<Cow<'r, str>> {
        if prefix == "xml" {
            return Some(Cow::Borrowed(crate::XML_NAMESPACE));
        }
        let declares = |element: Self| {
            let mut declared = element.attributes().iter();
            declared.find(|one| one.declared_prefix() == Some(prefix)).map(|one| one.value())
        };
        self.and_around().find_map(declares)
    }

    /// The element around it; `None` for the root.
    pub fn parent(self) -> Option<Self> {
        let parent = self.stored()?.parent;
        (parent != self.at).then_some(Self { at: parent, ..self })
    }

    /// The element and those around it, outwards.
    pub fn and_around(self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self), |element| element.parent())
    }

    /// The elements directly inside, in order.
    pub fn children(self) -> impl Iterator<Item = Self> {
        let end = self.end();
        let mut next = self.at + 1;
        std::iter::from_fn(move || {
            while next < end {
                let child = Self { at: next, ..self };
                match child.stored() {
                    Some(element) => {
                        next = element.end;
                        return Some(child);
                    }
                    None => next += 1,
                }
            }
            None
        })
    }

    /// The first element directly inside with this name in this namespace.
    pub fn child(self, namespace: &str, name: &str) -> Option<Self> {
        self.children().find(|child| child.is(namespace, name))
    }

    /// The element and all elements inside it, in the order of their start tags.
    pub fn and_inside(self) -> impl Iterator<Item = Self> {
        (self.at..self.end()).map(move |at| Self { at, ..self }).filter(|one| one.stored().is_some())
    }

    /// Whether an element is this one or inside it.
    pub fn holds(self, other: Self) -> bool {
        std::ptr::eq(self.tree, other.tree) && (self.at..self.end()).contains(&other.at)
    }

    /// The text, if there is no element inside; empty for an empty one.
    pub fn text(self) -> Option<&'r str> {
        match self.end() - self.at {
            1 => Some(""),
            2 => match &self.tree.nodes[self.at as usize + 1] {
                StoredNode::Text(text) => Some(text),
                StoredNode::Element(_) => None,
            },
            _ => None,
        }
    }

    /// Whether nothing but elements and blanks is directly inside.
    pub fn has_elements_only(self) -> bool {
        let mut at = self.at + 1;
        while at < self.end() {
            match &self.tree.nodes[at as usize] {
                StoredNode::Element(element) => at = element.end,
                StoredNode::Text(text) if text.trim_ascii().is_empty() => at += 1,
                StoredNode::Text(_) => return false,
            }
        }
        true
    }

    /// Passes on the element and all that is inside, in order; an omitted element with all that is inside it is left out.
    pub fn walk(self, omitted: Option<Self>, mut each: impl FnMut(TreeWalk<'r>)) {
        let mut ends: Vec<u32> = Vec::new();
        let mut at = self.at;
        while at < self.end() {
            while ends.last() == Some(&at) {
                ends.pop();
                each(TreeWalk::End);
            }
            if let Some(omitted) = omitted.filter(|one| one.at == at) {
                at = omitted.end();
                continue;
            }
            match &self.tree.nodes[at as usize] {
                StoredNode::Element(element) => {
                    ends.push(element.end);
                    each(TreeWalk::Start(Self { at, ..self }));
                }
                StoredNode::Text(text) => each(TreeWalk::Text(text)),
            }
            at += 1;
        }
        ends.iter().for_each(|_| each(TreeWalk::End));
    }

    /// The path from the root, as it is written: `/S:Envelope/S:Body`. Repeated siblings have their number from 1.
    pub fn place(self) -> String {
        let mut steps: Vec<String> = self.and_around().map(Self::step).collect();
        steps.reverse();
        steps.concat()
    }

    fn step(self) -> String {
        let siblings = self.parent().map(|parent| {
            let same: Vec<u32> = parent.children().filter(|one| one.name() == self.name()).map(|one| one.at).collect();
            (same.iter().position(|at| *at == self.at).unwrap_or_default() + 1, same.len())
        });
        let name = crate::text::shorten(self.name(), 60);
        match siblings {
            Some((number, 2..)) => format!("/{name}[{number}]"),
            _ => format!("/{name}"),
        }
    }

    /// The line on which it starts, from 1.
    pub fn line(self) -> u64 {
        let at = (self.name().as_ptr() as usize).saturating_sub(self.tree.text.as_ptr() as usize);
        let before = self.tree.text.as_bytes().get(..at).unwrap_or_default();
        1 + memchr::memchr_iter(b'\n', before).count() as u64
    }

    fn end(self) -> u32 {
        self.stored().map_or(self.at, |element| element.end)
    }

    fn stored(self) -> Option<&'r StoredElement<'r>> {
        match self.tree.nodes.get(self.at as usize)? {
            StoredNode::Element(element) => Some(element),
            StoredNode::Text(_) => None,
        }
    }

    /// The prefix of its name; empty for none.
    pub fn prefix(self) -> &'r str {
        prefix(self.name())
    }
}

/// A step of [`TreeElement::walk`].
#[derive(Clone, Copy)]
pub enum TreeWalk<'r> {
    /// An element starts.
    Start(TreeElement<'r>),
    /// A text.
    Text(&'r str),
    /// The innermost open element ends.
    End,
}

impl PartialEq for TreeElement<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.tree, other.tree) && self.at == other.at
    }
}

impl Eq for TreeElement<'_> {}

impl fmt::Debug for TreeElement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place())
    }
}

impl fmt::Debug for XmlTree<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("XmlTree").field("nodes", &self.nodes.len()).finish_non_exhaustive()
    }
}
