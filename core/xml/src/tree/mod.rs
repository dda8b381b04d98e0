//! A whole message in memory: its elements, attributes and texts as they are written, as slices of its text.
//!
//! A signature covers an element, and what is read afterwards is that element itself: its place in the tree, never what
//! a second search by name or id finds.

mod builder;

use std::borrow::Cow;
use std::fmt;

use crate::attributes::{XmlAttribute, XmlAttributes};
use crate::fault::XmlFault;
use crate::namespaces::is_same_short;
use crate::tokens::{TokenFlow, XmlRefusal, XmlRules, XmlTokens, local, prefix};

use builder::TreeBuilder;

/// Maximum number of elements in one message.
pub const MAX_TREE_ELEMENTS: usize = 200_000;

/// The number of tokens that are read before it is asked again whether somebody waits for them.
const TOKENS_BETWEEN: usize = 4096;

/// The number of no namespace.
const NO_NAMESPACE: u32 = 0;
/// The number of no declaration.
const NO_DECLARATION: u32 = u32::MAX;

/// A message.
pub struct XmlTree<'t> {
    text: &'t str,
    nodes: Vec<StoredNode>,
    /// Texts that stand otherwise in the message, as with references and line ends.
    texts: Vec<String>,
    /// The distinct namespaces that are declared; the first is none.
    namespaces: Vec<String>,
    /// The declarations, in their order.
    declarations: Vec<StoredDeclaration<'t>>,
}

/// A declaration of a namespace. Those in force at a place are a list, innermost first: prefixes are resolved while the
/// message is read, and a look-up costs no more than what may be in force at once.
struct StoredDeclaration<'t> {
    /// Empty for the default namespace.
    prefix: &'t str,
    /// The number of the namespace.
    namespace: u32,
    /// The number of the next declaration around it.
    around: Option<u32>,
}

/// In places instead of slices: half as large, and a message has many.
enum StoredNode {
    Element(StoredElement),
    /// A part of the message: where it begins, and its size.
    Text(u32, u32),
    /// The number of a text that stands otherwise there.
    OtherText(u32),
}

struct StoredElement {
    /// Where the name begins, and its size; the attributes as written follow.
    name: u32,
    name_size: u32,
    attributes_size: u32,
    /// The number of its namespace.
    namespace: u32,
    /// The number of the innermost declaration in force, or [`NO_DECLARATION`].
    declaration: u32,
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
        Self::read_unless(text, &|| false)
    }

    /// The same, unless it is no longer needed meanwhile: then it is refused.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_unless(text: &'t str, is_stopped: &dyn Fn() -> bool) -> Result<Self, XmlFault> {
        let mut tokens = XmlTokens::whole(text, XmlRules::message())?;
        let mut builder = TreeBuilder::new(text);
        let mut taken = 0_usize;
        while tokens.pump(|token| {
            taken += 1;
            if taken.is_multiple_of(TOKENS_BETWEEN) && is_stopped() {
                return Err(XmlRefusal::new("the message was not read to its end", "nobody waits for it any more"));
            }
            builder.take(token).map(|()| TokenFlow::Next)
        })? {}
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

    fn namespace(&self, number: u32) -> &str {
        self.namespaces.get(number as usize).map_or("", String::as_str)
    }

    fn element(&self, at: u32) -> Option<&StoredElement> {
        match self.nodes.get(at as usize)? {
            StoredNode::Element(element) => Some(element),
            StoredNode::Text(..) | StoredNode::OtherText(_) => None,
        }
    }

    /// The part of the message.
    fn part(&self, begin: u32, size: u32) -> &'t str {
        self.text.get(begin as usize..begin as usize + size as usize).unwrap_or_default()
    }

    /// The text of a node; `None` for an element.
    fn text_of(&self, node: &StoredNode) -> Option<&str> {
        match *node {
            StoredNode::Element(_) => None,
            StoredNode::Text(begin, size) => Some(self.part(begin, size)),
            StoredNode::OtherText(number) => Some(self.texts.get(number as usize).map_or("", String::as_str)),
        }
    }
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
        self.stored().map_or("", |element| self.tree.part(element.name, element.name_size))
    }

    /// The name without its prefix.
    pub fn local(self) -> &'r str {
        local(self.name())
    }

    /// The namespace; empty for none.
    pub fn namespace(self) -> &'r str {
        self.tree.namespace(self.stored().map_or(NO_NAMESPACE, |element| element.namespace))
    }

    /// Whether it has this name in this namespace.
    pub fn is(self, namespace: &str, name: &str) -> bool {
        is_same_short(self.local(), name) && self.namespace() == namespace
    }

    /// The attributes.
    pub fn attributes(self) -> XmlAttributes<'r> {
        let written = |one: &StoredElement| self.tree.part(one.name + one.name_size, one.attributes_size);
        XmlAttributes(self.stored().map_or("", written))
    }

    /// The value of an attribute in a namespace; empty for one without a prefix.
    pub fn attribute(self, namespace: &str, name: &str) -> Option<Cow<'r, str>> {
        let attributes = self.attributes().iter().filter(|one| one.declared_prefix().is_none());
        let mut named = attributes.filter(|one| is_same_short(one.local(), name));
        let is_there = |one: &XmlAttribute<'_>| match one.prefix() {
            "" => namespace.is_empty(),
            prefix => !namespace.is_empty() && self.attribute_namespace(prefix) == namespace,
        };
        named.find(is_there).map(|one| one.value())
    }

    /// The namespace of an attribute with this prefix; empty for none.
    pub fn attribute_namespace(self, prefix: &str) -> &'r str {
        if prefix.is_empty() { "" } else { self.resolve(prefix).unwrap_or_default() }
    }

    /// The namespace that a prefix has inside the element.
    pub fn resolve(self, prefix: &str) -> Option<&'r str> {
        if prefix == "xml" {
            return Some(crate::XML_NAMESPACE);
        }
        let declarations = &self.tree.declarations;
        let declaration = |number: u32| declarations.get(number as usize);
        let innermost = declaration(self.stored()?.declaration);
        let mut in_force = std::iter::successors(innermost, |one| one.around.and_then(declaration));
        in_force.find(|one| is_same_short(one.prefix, prefix)).map(|one| self.tree.namespace(one.namespace))
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
            2 => self.tree.text_of(&self.tree.nodes[self.at as usize + 1]),
            _ => None,
        }
    }

    /// Whether nothing but elements and blanks is directly inside.
    pub fn has_elements_only(self) -> bool {
        let mut at = self.at + 1;
        while at < self.end() {
            match &self.tree.nodes[at as usize] {
                StoredNode::Element(element) => at = element.end,
                text if self.tree.text_of(text).is_none_or(|text| text.trim_ascii().is_empty()) => at += 1,
                _ => return false,
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
                text => each(TreeWalk::Text(self.tree.text_of(text).unwrap_or_default())),
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
        let at = self.stored().map_or(0, |element| element.name);
        let before = self.tree.text.as_bytes().get(..at as usize).unwrap_or_default();
        1 + memchr::memchr_iter(b'\n', before).count() as u64
    }

    fn end(self) -> u32 {
        self.stored().map_or(self.at, |element| element.end)
    }

    fn stored(self) -> Option<&'r StoredElement> {
        self.tree.element(self.at)
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
