//! A schema as plain data: named types, sequences, choices, simple values.

use std::collections::HashMap;

use super::simple::SimpleType;
use crate::XmlFault;
use crate::record::{XmlElement, XmlRecord};
use crate::tokens::{TagBuffer, TagEdge, XmlRules, XmlTokens};

/// Maximum number of steps of one sequence.
const MAX_STEPS: usize = 128;

/// A schema with one global element.
pub struct XmlSchema {
    /// The namespace of all its elements.
    namespace: String,
    root: ElementRule,
    types: Vec<TypeRule>,
    type_names: Vec<String>,
}

/// A type.
pub(super) enum TypeRule {
    /// Child elements and no text.
    Elements(Vec<SequenceStep>),
    /// This number of elements, whatever they are.
    AnyElements { min: usize, max: usize },
    /// Text of a simple type, with attributes.
    Text { value: usize, attributes: Vec<AttributeRule> },
    /// A simple value without attributes.
    Simple(SimpleType),
}

/// An attribute of a text type.
pub(super) struct AttributeRule {
    pub(super) name: String,
    pub(super) type_index: usize,
    pub(super) required: bool,
}

/// One step of a sequence: one element, or exactly one of several.
pub(super) struct SequenceStep {
    pub(super) elements: Vec<ElementRule>,
    pub(super) min: usize,
    pub(super) max: usize,
}

/// An element and its type.
pub(super) struct ElementRule {
    pub(super) name: String,
    pub(super) type_index: usize,
}

impl XmlSchema {
    /// Reads a schema.
    ///
    /// # Errors
    /// It is not XML, or has a construction that is not supported.
    pub fn read(xsd: &str) -> Result<Self, XmlFault> {
        // One element of a record is the whole schema.
        let rules = XmlRules::strict();
        let mut tokens = XmlTokens::open(xsd.as_bytes(), None, rules)?;
        let mut tag = TagBuffer::default();
        while tokens.next_tag(&mut tag)? != Some(TagEdge::Start) {}
        let mut record = XmlRecord::default();
        record.read(&mut tokens, &tag, "", |_, _| Ok(()))?;
        SchemaReader::read(record.finish())
    }

    /// The namespace of its elements.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The name of its root element.
    pub fn root_name(&self) -> &str {
        &self.root.name
    }

    /// Adds the number 1 to each step of a path, such as `/Document/Batch[2]/Line`, whose element may occur several
    /// times and that has no number. Steps that the schema does not know stay as they are.
    pub fn number_path(&self, path: &str) -> String {
        let mut numbered = String::new();
        let mut rule: Option<&ElementRule> = None;
        for (at, step) in path.split('/').filter(|step| !step.is_empty()).enumerate() {
            let name = step.split('[').next().unwrap_or_default();
            let found = match (at, rule) {
                (0, _) => (name == self.root.name).then_some((&self.root, false)),
                (_, Some(parent)) => self.child(parent, name),
                (_, None) => None,
            };
            numbered.push('/');
            numbered.push_str(step);
            if found.is_some_and(|(_, repeats)| repeats) && !step.contains('[') {
                numbered.push_str("[1]");
            }
            rule = found.map(|(rule, _)| rule);
        }
        numbered
    }

    /// The rule of a child element, and whether it may occur several times.
    fn child(&self, parent: &ElementRule, name: &str) -> Option<(&ElementRule, bool)> {
        let TypeRule::Elements(steps) = &self.types[parent.type_index] else { return None };
        steps.iter().find_map(|step| {
            let rule = step.elements.iter().find(|element| element.name == name)?;
            Some((rule, step.max > 1))
        })
    }

    pub(super) fn root(&self) -> &ElementRule {
        &self.root
    }

    pub(super) fn rule(&self, type_index: usize) -> &TypeRule {
        &self.types[type_index]
    }

    pub(super) fn type_name(&self, type_index: usize) -> &str {
        &self.type_names[type_index]
    }

    /// The simple type at an index, if it is one.
    pub(super) fn simple(&self, type_index: usize) -> Option<&SimpleType> {
        match &self.types[type_index] {
            TypeRule::Simple(simple) => Some(simple),
            _ => None,
        }
    }
}

/// Reads the elements of a schema document.
struct SchemaReader {
    /// The numbers of the types, by name.
    numbers: HashMap<String, usize>,
}

type SchemaRead<T> = Result<T, XmlFault>;

impl SchemaReader {
    fn read(schema: XmlElement<'_>) -> SchemaRead<XmlSchema> {
        let types: Vec<XmlElement<'_>> =
            schema.children().filter(|child| matches!(child.name(), "complexType" | "simpleType")).collect();
        let mut numbers = HashMap::new();
        let mut type_names = Vec::new();
        for (number, one) in types.iter().enumerate() {
            let name = required(*one, "name")?;
            type_names.push(name.clone());
            numbers.insert(name, number);
        }
        let reader = Self { numbers };
        let root = schema.child("element").ok_or_else(|| unsupported(schema, "no global element"))?;
        Ok(XmlSchema {
            namespace: required(schema, "targetNamespace")?,
            root: reader.element(root)?,
            types: types.into_iter().map(|one| reader.type_rule(one)).collect::<SchemaRead<_>>()?,
            type_names,
        })
    }

    fn type_rule(&self, node: XmlElement<'_>) -> SchemaRead<TypeRule> {
        if node.name() == "simpleType" {
            let restriction = node.child("restriction").ok_or_else(|| unsupported(node, "no restriction"))?;
            return SimpleType::read(restriction).map(TypeRule::Simple);
        }
        if let Some(extension) = node.find("simpleContent/extension") {
            let attributes = extension.all("attribute").map(|one| self.attribute(one)).collect::<SchemaRead<_>>()?;
            return Ok(TypeRule::Text { value: self.number(extension, "base")?, attributes });
        }
        let content = node.children().find(|child| child.name() != "annotation");
        let content = content.ok_or_else(|| unsupported(node, "no content"))?;
        let steps: Vec<XmlElement<'_>> = match content.name() {
            "sequence" => content.children().collect(),
            "choice" => vec![content],
            _ => return Err(unsupported(content, "another content")),
        };
        if let [any] = steps.as_slice()
            && any.name() == "any"
        {
            let (min, max) = bounds(*any)?;
            return Ok(TypeRule::AnyElements { min, max });
        }
        if steps.len() > MAX_STEPS {
            return Err(unsupported(content, "too many steps"));
        }
        steps.into_iter().map(|step| self.step(step)).collect::<SchemaRead<_>>().map(TypeRule::Elements)
    }

    fn step(&self, node: XmlElement<'_>) -> SchemaRead<SequenceStep> {
        let elements = match node.name() {
            "element" => vec![self.element(node)?],
            "choice" => node.children().map(|one| self.element(one)).collect::<SchemaRead<_>>()?,
            _ => return Err(unsupported(node, "another step of a sequence")),
        };
        let (min, max) = bounds(node)?;
        Ok(SequenceStep { elements, min, max })
    }

    fn element(&self, node: XmlElement<'_>) -> SchemaRead<ElementRule> {
        if node.name() != "element" {
            return Err(unsupported(node, "another member of a choice"));
        }
        Ok(ElementRule { name: required(node, "name")?, type_index: self.number(node, "type")? })
    }

    fn attribute(&self, node: XmlElement<'_>) -> SchemaRead<AttributeRule> {
        Ok(AttributeRule {
            name: required(node, "name")?,
            type_index: self.number(node, "type")?,
            required: node.attribute("use").is_some_and(|how| how == "required"),
        })
    }

    /// The number of the type that an attribute names.
    fn number(&self, node: XmlElement<'_>, attribute: &str) -> SchemaRead<usize> {
        let name = required(node, attribute)?;
        self.numbers.get(name.as_str()).copied().ok_or_else(|| unsupported(node, "a type that is not in it"))
    }
}

/// The least and the most occurrences.
fn bounds(node: XmlElement<'_>) -> SchemaRead<(usize, usize)> {
    let bound = |name| match node.attribute(name).as_deref() {
        None => Ok(1),
        Some("unbounded") => Ok(usize::MAX),
        Some(number) => number.parse().map_err(|_| unsupported(node, "a bound that is no number")),
    };
    Ok((bound("minOccurs")?, bound("maxOccurs")?))
}

pub(super) fn required(node: XmlElement<'_>, attribute: &str) -> SchemaRead<String> {
    node.attribute(attribute).map(std::borrow::Cow::into_owned).ok_or_else(|| unsupported(node, "a missing attribute"))
}

pub(super) fn unsupported(node: XmlElement<'_>, what: &str) -> XmlFault {
    let message = format!("the schema has {what} in <{}>, which is not supported", node.name());
    XmlFault::new(message, "extend the reader of schemas").on_line(node.line())
}
