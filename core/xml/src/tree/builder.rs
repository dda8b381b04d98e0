//! Builds a tree of the tokens of a message.

use std::collections::HashMap;

use super::{MAX_TREE_ELEMENTS, NO_DECLARATION, NO_NAMESPACE, StoredDeclaration, StoredElement, StoredNode, XmlTree};
use crate::attributes::XmlAttributes;
use crate::namespaces::NamespaceScope;
use crate::tokens::{XmlRefusal, XmlToken, prefix};

/// Bytes of text for each element or text of an ordinary message, so that the list of them seldom grows.
const BYTES_OF_NODE: usize = 64;

pub(super) struct TreeBuilder<'t> {
    pub(super) tree: XmlTree<'t>,
    /// The open elements, from the root.
    open: Vec<u32>,
    /// The numbers of the namespaces.
    known: HashMap<String, u32>,
    elements: usize,
    /// Whether the last token was a text.
    in_text: bool,
}

impl<'t> TreeBuilder<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            tree: XmlTree {
                text,
                nodes: Vec::with_capacity(text.len() / BYTES_OF_NODE),
                texts: Vec::new(),
                namespaces: vec![String::new()],
                declarations: Vec::new(),
            },
            open: Vec::new(),
            known: HashMap::from([(String::new(), NO_NAMESPACE)]),
            elements: 0,
            in_text: false,
        }
    }

    pub(super) fn take(&mut self, token: XmlToken<'_>) -> Result<(), XmlRefusal> {
        let at = u32::try_from(self.tree.nodes.len()).map_err(|_| too_many())?;
        match token {
            XmlToken::Start(tag) => {
                self.in_text = false;
                self.elements += 1;
                if self.elements > MAX_TREE_ELEMENTS {
                    return Err(too_many());
                }
                let (begin, name_size) = place_of(self.tree.text, tag.name).ok_or_else(too_many)?;
                let name = self.tree.part(begin, name_size);
                let attributes = tag.attributes.as_written();
                let attributes_size = match place_of(self.tree.text, attributes) {
                    _ if attributes.is_empty() => 0,
                    Some((at, size)) if at == begin + name_size => size,
                    _ => return Err(too_many()),
                };
                let attributes = self.tree.part(begin + name_size, attributes_size);
                let parent = self.open.last().copied();
                let around = parent.and_then(|parent| self.tree.element(parent));
                let around = around.map(|one| one.declaration).filter(|number| *number != NO_DECLARATION);
                let declaration = self.declare(attributes, tag.scope(), around)?.unwrap_or(NO_DECLARATION);
                let namespace = match tag.scope().declaration(prefix(name)) {
                    Some(one) => self.tree.declarations.get(one.number).map_or(NO_NAMESPACE, |one| one.namespace),
                    None if prefix(name) == "xml" => self.number_of(crate::XML_NAMESPACE),
                    None => NO_NAMESPACE,
                };
                self.open.push(at);
                let parent = parent.unwrap_or(at);
                let element =
                    StoredElement { name: begin, name_size, attributes_size, namespace, declaration, parent, end: at };
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
                // One text may come in several pieces.
                let begun = self.tree.nodes.pop_if(|node| self.in_text && !matches!(node, StoredNode::Element(_)));
                let node = match (begun, place_of(self.tree.text, text)) {
                    (None, Some((begin, size))) => StoredNode::Text(begin, size),
                    (Some(StoredNode::OtherText(number)), _) => {
                        self.tree.texts[number as usize].push_str(text);
                        StoredNode::OtherText(number)
                    }
                    (begun, _) => {
                        let before = begun.and_then(|node| self.tree.text_of(&node)).unwrap_or_default();
                        let whole = [before, text].concat();
                        self.tree.texts.push(whole);
                        StoredNode::OtherText(self.tree.texts.len() as u32 - 1)
                    }
                };
                self.tree.nodes.push(node);
                self.in_text = true;
            }
            // Blanks around the root; what else there is was refused.
            XmlToken::Text(_) | XmlToken::Comment(_) | XmlToken::Instruction(_) | XmlToken::Declaration => {}
        }
        Ok(())
    }

    /// Stores what an element declares; returns the innermost declaration in force.
    fn declare(
        &mut self,
        attributes: &'t str,
        scope: &NamespaceScope,
        around: Option<u32>,
    ) -> Result<Option<u32>, XmlRefusal> {
        let begins = self.tree.declarations.len();
        if scope.count() == begins {
            return Ok(around);
        }
        let mut innermost = around;
        let prefixes = XmlAttributes(attributes).iter().filter_map(|one| one.declared_prefix());
        // They are noted in the order of the attributes, those of one element being in force together.
        for (prefix, declared) in prefixes.zip(scope.declared_from(begins)) {
            let number = u32::try_from(self.tree.declarations.len()).map_err(|_| too_many())?;
            let namespace = self.number_of(&declared.uri);
            self.tree.declarations.push(StoredDeclaration { prefix, namespace, around: innermost });
            innermost = Some(number);
        }
        Ok(innermost)
    }

    /// The number of a namespace. It is looked up once for each declaration, never for each element: it may be long.
    fn number_of(&mut self, namespace: &str) -> u32 {
        if let Some(number) = self.known.get(namespace) {
            return *number;
        }
        let number = self.tree.namespaces.len() as u32;
        self.tree.namespaces.push(namespace.to_owned());
        self.known.insert(namespace.to_owned(), number);
        number
    }
}

fn too_many() -> XmlRefusal {
    XmlRefusal::new(
        format!("the message has more than {MAX_TREE_ELEMENTS} elements"),
        "ask for less at once: by dates or by type",
    )
}

/// Where a part of the whole text begins, and its size; `None` if it is a copy.
fn place_of(whole: &str, part: &str) -> Option<(u32, u32)> {
    if part.is_empty() {
        return Some((0, 0));
    }
    let start = (part.as_ptr() as usize).checked_sub(whole.as_ptr() as usize)?;
    let is_inside = start.checked_add(part.len()).is_some_and(|end| end <= whole.len());
    is_inside.then(|| Some((u32::try_from(start).ok()?, u32::try_from(part.len()).ok()?)))?
}
