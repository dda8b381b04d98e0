//! The part of XML Schema that ISO 20022 messages use, as plain data: named types, sequences, choices, simple values.

use std::collections::HashMap;

use super::MessageType;
use super::simple::Simple;
use crate::xml::{Node, Tree};

/// A schema.
pub(crate) struct Model {
    /// The namespace of all its elements.
    pub(crate) namespace: String,
    /// Name and type of the only global element.
    pub(crate) root: (String, String),
    /// Named types.
    pub(crate) types: HashMap<String, Type>,
}

/// A named type.
pub(crate) enum Type {
    /// Child elements and no text.
    Elements(Vec<Particle>),
    /// Text of the named simple type, with attributes.
    Text { value: String, attributes: Vec<Attribute> },
    /// A simple value without attributes.
    Simple(Simple),
}

/// An attribute of a text type.
pub(crate) struct Attribute {
    pub(crate) name: String,
    pub(crate) type_name: String,
    pub(crate) required: bool,
}

/// One step of a sequence.
pub(crate) struct Particle {
    pub(crate) kind: TypeKind,
    pub(crate) min: usize,
    pub(crate) max: usize,
}

/// The elements allowed at a step.
pub(crate) enum TypeKind {
    /// One element.
    Element(ElementName),
    /// Exactly one of several elements.
    Choice(Vec<ElementName>),
    /// Anything, whatever its namespace.
    Any,
}

/// An element and the name of its type.
pub(crate) struct ElementName {
    pub(crate) name: String,
    pub(crate) type_name: String,
}

impl Particle {
    /// The elements allowed here.
    pub(crate) fn elements(&self) -> &[ElementName] {
        match &self.kind {
            TypeKind::Element(element) => std::slice::from_ref(element),
            TypeKind::Choice(elements) => elements,
            TypeKind::Any => &[],
        }
    }
}

impl Model {
    /// Reads the schema of a message; `None` if it uses an unsupported construction (a test reads every schema).
    pub(crate) fn read(message: MessageType) -> Option<Self> {
        let tree = Tree::parse(message.xsd()).ok()?;
        let schema = tree.root().ok()?;
        let root = element(schema.child("element")?)?;
        let mut types = HashMap::new();
        for node in schema.children() {
            let read = match node.name() {
                "complexType" => complex(node)?,
                "simpleType" => Type::Simple(Simple::read(node.child("restriction")?)?),
                _ => continue,
            };
            types.insert(node.attribute("name")?.to_owned(), read);
        }
        Some(Self { namespace: message.namespace(), root: (root.name, root.type_name), types })
    }
}

fn complex(node: Node<'_>) -> Option<Type> {
    if let Some(extension) = node.find("simpleContent/extension") {
        let attributes = extension.all("attribute").map(attribute).collect::<Option<_>>()?;
        return Some(Type::Text { value: extension.attribute("base")?.to_owned(), attributes });
    }
    let content = node.children().next()?;
    match content.name() {
        "sequence" => content.children().map(particle).collect::<Option<_>>().map(Type::Elements),
        "choice" => Some(Type::Elements(vec![particle(content)?])),
        _ => None,
    }
}

fn particle(node: Node<'_>) -> Option<Particle> {
    let kind = match node.name() {
        "element" => TypeKind::Element(element(node)?),
        "choice" => TypeKind::Choice(node.children().map(element).collect::<Option<_>>()?),
        "any" => TypeKind::Any,
        _ => return None,
    };
    let bound = |name| match node.attribute(name) {
        None => Some(1),
        Some("unbounded") => Some(usize::MAX),
        Some(number) => number.parse().ok(),
    };
    Some(Particle { kind, min: bound("minOccurs")?, max: bound("maxOccurs")? })
}

fn element(node: Node<'_>) -> Option<ElementName> {
    (node.name() == "element").then_some(())?;
    Some(ElementName { name: node.attribute("name")?.to_owned(), type_name: node.attribute("type")?.to_owned() })
}

fn attribute(node: Node<'_>) -> Option<Attribute> {
    Some(Attribute {
        name: node.attribute("name")?.to_owned(),
        type_name: node.attribute("type")?.to_owned(),
        required: node.attribute("use") == Some("required"),
    })
}
