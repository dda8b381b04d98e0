//! The parsed file, with lines, columns and paths for messages.

use std::borrow::Cow;

use uppsala::{Document, NodeId, NodeKind, Parser, XmlError};

use super::{MAX_DEPTH, MAX_LIBRARY_TEXT};
use crate::problem::{Place, Problem};
use crate::text::shorten;

/// Longest name in a path, in characters: a hostile name may have millions.
const MAX_STEP: usize = 60;

/// A parsed document over its text.
pub(crate) struct Tree<'t> {
    document: Document<'t>,
    text: &'t str,
    /// Byte positions of the line ends, so that finding a line is a binary search instead of a walk over the file.
    line_ends: Vec<usize>,
}

impl<'t> Tree<'t> {
    /// Builds the tree from text that passed [`super::decode`].
    pub(crate) fn parse(text: &'t str) -> Result<Self, Problem> {
        let document = parser().parse(text).map_err(|error| not_well_formed(&error))?;
        let line_ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect();
        Ok(Self { document, text, line_ends })
    }

    /// The root element.
    pub(crate) fn root(&self) -> Result<Node<'_>, Problem> {
        self.document
            .document_element()
            .map(|id| Node { tree: self, id })
            .ok_or_else(|| Problem::format(Place::nowhere(), "there is no root element", "export the file again"))
    }

    /// The library's document, for its schema validator.
    pub(crate) fn document(&self) -> &Document<'t> {
        &self.document
    }

    /// The same document without its source text: finding a line in it costs nothing (and says 1).
    pub(crate) fn without_lines(&self) -> Result<Document<'static>, Problem> {
        parser().parse(self.text).map(Document::into_static).map_err(|error| not_well_formed(&error))
    }

    /// Length of the text in bytes.
    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }
}

fn parser() -> Parser {
    let depth = u32::try_from(MAX_DEPTH).unwrap_or(u32::MAX);
    Parser::new().with_forbid_dtd(true).with_forbid_entities(true).with_max_depth(depth).with_max_entity_expansion(0)
}

fn not_well_formed(error: &XmlError) -> Problem {
    let (at, message) = match error {
        XmlError::WellFormedness(e) => (Place::at(e.line, e.column), e.message.as_str()),
        XmlError::Namespace(e) => (Place::at(e.line, e.column), e.message.as_str()),
        XmlError::Parse(e) => (Place::at(e.line, e.column), e.message.as_str()),
        XmlError::UnexpectedEof => (Place::nowhere(), "the file ends too early"),
        XmlError::XPath(_) | XmlError::Validation(_) => (Place::nowhere(), "the file could not be read"),
    };
    let message = shorten(message, MAX_LIBRARY_TEXT);
    Problem::format(at, format!("this is not well-formed XML: {message}"), "correct or export it again")
}

/// One element of a [`Tree`].
#[derive(Clone, Copy)]
pub(crate) struct Node<'t> {
    tree: &'t Tree<'t>,
    id: NodeId,
}

impl<'t> Node<'t> {
    /// Local name of the element.
    pub(crate) fn name(self) -> &'t str {
        self.tree.document.element(self.id).map_or("", |element| &element.name.local_name)
    }

    /// Namespace of the element, empty for none.
    pub(crate) fn namespace(self) -> &'t str {
        self.tree.document.element(self.id).and_then(|element| element.name.namespace_uri.as_deref()).unwrap_or("")
    }

    /// Value of the attribute that is in no namespace.
    pub(crate) fn attribute(self, name: &str) -> Option<&'t str> {
        self.attributes().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Name and value of all attributes that are in no namespace.
    pub(crate) fn attributes(self) -> impl Iterator<Item = (&'t str, &'t str)> {
        let attributes = self.tree.document.element(self.id).map_or(&[][..], |element| element.attributes.as_slice());
        attributes
            .iter()
            .filter(|attribute| attribute.name.namespace_uri.is_none())
            .map(|attribute| (&*attribute.name.local_name, &*attribute.value))
    }

    /// Child elements in order.
    pub(crate) fn children(self) -> impl Iterator<Item = Node<'t>> {
        let tree = self.tree;
        tree.document
            .children_iter(self.id)
            .filter(|id| matches!(tree.document.node_kind(*id), Some(NodeKind::Element(_))))
            .map(move |id| Node { tree, id })
    }

    /// First child element of that local name, in any namespace (bank answers are read tolerantly).
    pub(crate) fn child(self, name: &str) -> Option<Node<'t>> {
        self.children().find(|child| child.name() == name)
    }

    /// All child elements of that local name.
    pub(crate) fn all(self, name: &'t str) -> impl Iterator<Item = Node<'t>> {
        self.children().filter(move |child| child.name() == name)
    }

    /// The element reached by following first children along a path such as `Acct/Id/IBAN`.
    pub(crate) fn find(self, path: &str) -> Option<Node<'t>> {
        path.split('/').try_fold(self, |node, name| node.child(name))
    }

    /// Text of the element reached by a path, verbatim.
    pub(crate) fn text_at(self, path: &str) -> Option<String> {
        self.find(path).map(|node| node.text().into_owned())
    }

    /// The element's own text, verbatim, comments left out.
    pub(crate) fn text(self) -> Cow<'t, str> {
        let document = &self.tree.document;
        let mut pieces = document.children_iter(self.id).filter_map(|id| match document.node_kind(id) {
            Some(NodeKind::Text(text) | NodeKind::CData(text)) => Some(&**text),
            _ => None,
        });
        let first = pieces.next().unwrap_or("");
        match pieces.next() {
            None => Cow::Borrowed(first),
            Some(second) => Cow::Owned([first, second].into_iter().chain(pieces).collect()),
        }
    }

    /// Place of the element's start tag, with the path from the root. The path costs time linear in the number of siblings.
    pub(crate) fn place(self) -> Place {
        let (line, column) = self.line_and_column();
        Place { line: Some(line), column: Some(column), path: self.path() }
    }

    /// Line and column of the element's start tag, from 1.
    pub(crate) fn line_and_column(self) -> (usize, usize) {
        let position = self.tree.document.node_range(self.id).map_or(0, |range| range.start);
        let line = self.tree.line_ends.partition_point(|end| *end < position);
        let line_start = if line == 0 { 0 } else { self.tree.line_ends[line - 1] + 1 };
        (line + 1, position - line_start + 1)
    }

    /// Path from the root; repeated elements have their number from 1.
    fn path(self) -> String {
        let mut steps = Vec::new();
        let mut current = Some(self);
        while let Some(node) = current {
            let parent = node.tree.document.parent(node.id).map(|id| Node { tree: node.tree, id });
            let (mut number, mut count) = (0, 0);
            for sibling in parent.into_iter().flat_map(Node::children).filter(|sibling| sibling.name() == node.name()) {
                count += 1;
                if sibling.id == node.id {
                    number = count;
                }
            }
            let name = shorten(node.name(), MAX_STEP);
            steps.push(if count > 1 { format!("/{name}[{number}]") } else { format!("/{name}") });
            current = parent.filter(|parent| !parent.name().is_empty());
        }
        steps.into_iter().rev().collect()
    }
}
