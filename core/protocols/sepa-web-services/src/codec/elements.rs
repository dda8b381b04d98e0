//! Elements of documents and values of the model, by the shapes of the declarations.
//!
//! A field's name on the wire is that of its element. A list is an element whose items have its name without the last
//! letter: FileReferences has FileReference. The order of the fields is that of the schema.

use std::borrow::Cow;

use bankchannel_foundation::model::{Date, Decimal, Field, Object, Shape, Timestamp, Value};
use bankchannel_xml::TreeElement;
use bankchannel_xml_signature::push_canonical_text;

use crate::{DOCUMENT_NAMESPACE, verify::is_document_namespace};

/// The values of the elements that these fields have. Others are passed over, and so are optional ones that cannot be
/// read: they would lose the rest.
pub(crate) fn read_fields<'t>(elements: impl Iterator<Item = TreeElement<'t>>, fields: &'static [Field]) -> Object<'t> {
    let mut object = Object::new();
    for element in elements.filter(|element| is_document_namespace(element.namespace())) {
        let Some(field) = fields.iter().find(|field| field.wire == element.local() && !field.off_wire) else {
            continue;
        };
        match read_value(element, field.wire_shape) {
            Some(value) => object.push(field.wire, value),
            // An empty or unreadable one that must be there is reported by the reader, with its name.
            None if field.wire_optional => {}
            None => object.push(field.wire, element.text().unwrap_or_default()),
        }
    }
    for field in fields.iter().filter(|field| !field.wire_optional && matches!(field.wire_shape, Shape::List(_))) {
        if object.get(field.wire).is_none() {
            object.push(field.wire, Value::Array(Vec::new()));
        }
    }
    object
}

/// The value of an element; `None` for one that is empty, or has no such value.
fn read_value<'t>(element: TreeElement<'t>, shape: &'static Shape) -> Option<Value<'t>> {
    match shape {
        Shape::List(item) => Some(element.children().filter_map(|child| read_value(child, item)).collect()),
        Shape::Struct(inner) => Some(Value::Object(read_fields(element.children(), inner.fields))),
        Shape::Content => Some("".into()),
        _ => {
            // A list of one, where the model has one value: FileReferences.
            let text = element.text().or_else(|| element.children().next()?.text());
            read_text(text.filter(|text| !text.is_empty())?, shape).map(Value::String)
        }
    }
}

fn read_text<'t>(text: &'t str, shape: &'static Shape) -> Option<Cow<'t, str>> {
    let bare = text.trim();
    match shape {
        Shape::Bool => match bare {
            "true" | "1" => Some("true".into()),
            "false" | "0" => Some("false".into()),
            _ => None,
        },
        Shape::Timestamp => {
            [Cow::Borrowed(bare), Cow::Owned(format!("{bare}Z"))].into_iter().find(|text| Timestamp::new(text).is_ok())
        }
        Shape::Date => bare.get(..10).filter(|day| day.parse::<Date>().is_ok()).map(Cow::Borrowed),
        Shape::Decimal => match Decimal::new(bare) {
            Ok(_) => Some(bare.into()),
            Err(_) => {
                // xs:double may have an exponent.
                let number = bare.parse::<f64>().ok().filter(|number| number.is_finite())?;
                Some(number.to_string().into()).filter(|text: &Cow<'_, str>| Decimal::new(text).is_ok())
            }
        },
        Shape::Integer { .. } => bare.parse::<i64>().is_ok().then_some(Cow::Borrowed(bare)),
        Shape::Enum(_) => Some(bare.into()),
        _ => Some(text.into()),
    }
}

/// How elements are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ElementStyle<'s> {
    /// The prefix of their names with its colon; empty for the default namespace.
    pub prefix: &'s str,
    /// Whether each child of the root declares the namespace of its prefix again.
    pub redeclares: bool,
}

impl ElementStyle<'static> {
    /// Canonical: the default namespace, declared on the root only.
    pub const PLAIN: Self = Self { prefix: "", redeclares: false };
}

impl ElementStyle<'_> {
    /// The declaration of their namespace, with a blank before it.
    #[must_use]
    pub fn declares(&self) -> String {
        match self.prefix.strip_suffix(':') {
            Some(prefix) => format!(" xmlns:{prefix}=\"{DOCUMENT_NAMESPACE}\""),
            None => format!(" xmlns=\"{DOCUMENT_NAMESPACE}\""),
        }
    }
}

/// Appends the elements of these fields, in canonical text. Content is written by the caller: the text is split where
/// it belongs.
pub(crate) fn write_fields(
    out: &mut String,
    style: ElementStyle<'_>,
    fields: &'static [Field],
    object: &Object<'_>,
) -> Option<usize> {
    let again = if style.redeclares { style.declares() } else { String::new() };
    let inner = ElementStyle { redeclares: false, ..style };
    let mut content_at = None;
    for field in fields.iter().filter(|field| !field.off_wire) {
        // The schema has no empty lists.
        let is_empty_list = |value: &Value<'_>| matches!(value, Value::Array(items) if items.is_empty());
        let Some(value) = object.get(field.wire).filter(|value| !is_empty_list(value)) else { continue };
        let (p, name) = (style.prefix, field.wire);
        out.extend(["<", p, name, &again, ">"]);
        if matches!(field.wire_shape, Shape::Content) {
            content_at = Some(out.len());
        } else {
            write_value(out, inner, field.wire_shape, name, value);
        }
        out.extend(["</", p, name, ">"]);
    }
    content_at
}

fn write_value(out: &mut String, style: ElementStyle<'_>, shape: &'static Shape, name: &str, value: &Value<'_>) {
    match (shape, value) {
        (Shape::List(item), Value::Array(values)) => {
            let single = name.strip_suffix('s').unwrap_or(name);
            for value in values {
                out.extend(["<", style.prefix, single, ">"]);
                write_value(out, style, item, single, value);
                out.extend(["</", style.prefix, single, ">"]);
            }
        }
        (Shape::Struct(inner), Value::Object(object)) => drop(write_fields(out, style, inner.fields, object)),
        (_, Value::String(text)) => push_canonical_text(out, text),
        (_, other) => out.push_str(&other.to_json()),
    }
}
