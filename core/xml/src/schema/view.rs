//! A schema seen from outside: what an element may contain.

use super::model::{ElementRule, SequenceStep, TypeRule, XmlSchema};
use super::simple::SimpleType;

/// An element that a schema allows at a place.
#[derive(Clone, Copy)]
pub struct SchemaElement<'s> {
    schema: &'s XmlSchema,
    rule: &'s ElementRule,
}

/// What an element may contain.
pub enum SchemaContent<'s> {
    /// Elements in this order; of each step one, or one of several.
    Elements(Vec<SchemaStep<'s>>),
    /// Any elements.
    AnyElements,
    /// A value, with attributes by name.
    Value(SchemaValue<'s>, Vec<(&'s str, SchemaValue<'s>)>),
}

/// One step of a sequence.
pub struct SchemaStep<'s> {
    /// The elements of which one is given.
    pub choices: Vec<SchemaElement<'s>>,
    /// The least number of times.
    pub min: usize,
    /// The greatest number of times; `usize::MAX` for no limit.
    pub max: usize,
}

/// The restrictions of a value.
#[derive(Clone, Copy)]
pub struct SchemaValue<'s>(&'s SimpleType);

impl XmlSchema {
    /// The root element.
    pub fn root_element(&self) -> SchemaElement<'_> {
        SchemaElement { schema: self, rule: self.root() }
    }
}

impl<'s> SchemaElement<'s> {
    /// Its name.
    pub fn name(self) -> &'s str {
        &self.rule.name
    }

    /// Its allowed content.
    pub fn content(self) -> SchemaContent<'s> {
        let schema = self.schema;
        let value = |type_index: usize| schema.simple(type_index).map(SchemaValue);
        match schema.rule(self.rule.type_index) {
            TypeRule::Elements(steps) => {
                SchemaContent::Elements(steps.iter().map(|step| SchemaStep::new(schema, step)).collect())
            }
            TypeRule::AnyElements { .. } => SchemaContent::AnyElements,
            TypeRule::Simple(simple) => SchemaContent::Value(SchemaValue(simple), Vec::new()),
            TypeRule::Text { value: of, attributes } => {
                let attributes =
                    attributes.iter().filter_map(|one| Some((one.name.as_str(), value(one.type_index)?))).collect();
                value(*of).map_or(SchemaContent::AnyElements, |value| SchemaContent::Value(value, attributes))
            }
        }
    }
}

impl<'s> SchemaStep<'s> {
    fn new(schema: &'s XmlSchema, step: &'s SequenceStep) -> Self {
        let choices = step.elements.iter().map(|rule| SchemaElement { schema, rule }).collect();
        Self { choices, min: step.min, max: step.max }
    }
}

impl<'s> SchemaValue<'s> {
    /// The name of the built-in type: `string`, `boolean`, `decimal`, `date`, `dateTime`, `gYearMonth`.
    pub fn base(self) -> &'static str {
        self.0.base_name()
    }

    /// The values that are allowed; empty if they are not listed.
    pub fn choices(self) -> &'s [String] {
        self.0.choices()
    }

    /// The pattern that it matches, the first if there are several.
    pub fn pattern(self) -> Option<&'s str> {
        self.0.pattern()
    }

    /// The greatest number of characters.
    pub fn max_length(self) -> Option<usize> {
        self.0.max_length()
    }

    /// The greatest number of digits, and of those after the point.
    pub fn digits(self) -> (Option<usize>, Option<usize>) {
        self.0.digits()
    }
}
