//! JSON Schema 2020-12 from shapes, in either representation.

use serde_json::{Map, Value, json};

use super::{EnumShape, Field, Representation, Shape, StructShape, TextShape, UnionShape, cited};

/// The JSON Schema of a shape. Named types are inlined: a schema is self-contained.
#[must_use]
pub fn schema(shape: &Shape, representation: Representation) -> Value {
    match shape {
        Shape::Bool => json!({"type": "boolean"}),
        Shape::Integer { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
        Shape::Seconds => json!({"type": "number", "minimum": 0, "maximum": u32::MAX}),
        Shape::Decimal => {
            json!({"type": "string", "pattern": "^-?[0-9]+(\\.[0-9]+)?$", "description": "An exact decimal number."})
        }
        Shape::Number => json!({"type": "number"}),
        Shape::Date => json!({"type": "string", "format": "date"}),
        Shape::Timestamp => json!({"type": "string", "format": "date-time"}),
        Shape::Text(shape) => text(shape),
        Shape::Secret(shape) if representation == Representation::Wire => text(shape),
        Shape::Secret(shape) => secret(shape),
        Shape::Content if representation == Representation::Wire => {
            json!({"type": "string", "contentEncoding": "base64"})
        }
        Shape::Content => content(),
        Shape::Bytes => json!({"type": "string", "contentEncoding": "base64"}),
        Shape::Enum(shape) => names(shape),
        Shape::List(of) => json!({"type": "array", "items": schema(of, representation)}),
        Shape::Map(of) => json!({"type": "object", "additionalProperties": schema(of, representation)}),
        Shape::Json => json!({"type": "object"}),
        Shape::AnyJson => json!({}),
        Shape::Struct(shape) => object(shape, representation, |_| true),
        Shape::Union(shape) => union(shape, representation),
    }
}

/// The schema of a struct with only the fields for which `keep` is true: for a body whose other fields travel in the
/// path or query.
#[must_use]
pub fn object(shape: &StructShape, representation: Representation, keep: impl Fn(&'static Field) -> bool) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in shape.fields.iter().filter(|field| keep(field)) {
        let wire = representation == Representation::Wire;
        if wire && field.off_wire {
            continue;
        }
        let name = if wire { field.wire } else { field.name };
        properties.insert(name.to_owned(), described(field, representation));
        // Content may be passed alongside the JSON, and a profile field by the client.
        let elsewhere = !wire && (field.profile || matches!(field.shape, Shape::Content));
        if !field.optional && !elsewhere {
            required.push(name);
        }
    }
    let mut out =
        json!({"title": shape.name, "description": text_of(shape.doc), "type": "object", "properties": properties});
    if !required.is_empty() {
        out["required"] = json!(required);
    }
    if representation == Representation::Boundary {
        out["additionalProperties"] = json!(false);
    }
    out
}

/// A field's schema with its documentation.
#[must_use]
pub fn described(field: &Field, representation: Representation) -> Value {
    let shape = if representation == Representation::Wire { field.wire_shape } else { field.shape };
    let mut out = schema(shape, representation);
    let mut doc = text_of(field.doc);
    if representation == Representation::Boundary && field.profile {
        doc.push_str("\nLeft out, it is taken from the client's profile.");
        out["x-profile"] = json!(true);
    }
    out["description"] = json!(doc);
    if let Some(default) = field.default {
        out["default"] = serde_json::from_str(default).unwrap_or_default();
    }
    out
}

/// A documentation text as shown to users.
fn text_of(doc: &str) -> String {
    cited(doc).text.into_owned()
}

fn text(shape: &TextShape) -> Value {
    let mut out = json!({"type": "string", "description": text_of(shape.doc.trim()), "maxLength": shape.max_bytes});
    for (key, value) in [("format", shape.format), ("pattern", shape.pattern)] {
        if !value.is_empty() {
            out[key] = json!(value);
        }
    }
    if !shape.example.is_empty() {
        out["examples"] = json!([shape.example]);
    }
    out
}

fn secret(shape: &TextShape) -> Value {
    let mut inline = text(shape);
    inline["x-secret"] = json!(true);
    let one = |name: &str| json!({"type": "object", "properties": {name: {"type": "string"}}, "required": [name], "additionalProperties": false});
    json!({"oneOf": [inline, one("file"), one("env")], "x-secret": true})
}

fn content() -> Value {
    json!({
        "type": "object",
        "properties": {
            "path": {"type": "string"},
            "base64": {"type": "string", "contentEncoding": "base64"},
            "size": {"type": "integer", "minimum": 0},
        },
        "x-content": true,
    })
}

fn names(shape: &EnumShape) -> Value {
    let values: Vec<&str> = shape.values.iter().map(|value| value.value).collect();
    let lines: Vec<String> =
        shape.values.iter().map(|value| format!("`{}`: {}", value.value, text_of(value.doc))).collect();
    let doc = format!("{}\n{}", text_of(shape.doc), lines.join("\n"));
    if shape.open {
        json!({"type": "string", "title": shape.name, "description": doc, "x-known-values": values})
    } else {
        json!({"type": "string", "title": shape.name, "description": doc, "enum": values})
    }
}

fn union(shape: &UnionShape, representation: Representation) -> Value {
    let variants: Vec<Value> = shape
        .variants
        .iter()
        .map(|variant| {
            let mut out = match variant.shape {
                Some(shape) => schema(shape, representation),
                None if representation == Representation::Boundary => {
                    json!({"type": "object", "properties": {}, "additionalProperties": false})
                }
                None => json!({"type": "object", "properties": {}}),
            };
            out["description"] = json!(text_of(variant.doc));
            let tag = json!({"const": variant.tag});
            if let Some(properties) = out["properties"].as_object_mut() {
                properties.insert(shape.tag.to_owned(), tag);
            }
            let mut required = vec![json!(shape.tag)];
            required.extend(out["required"].as_array().cloned().unwrap_or_default());
            out["required"] = Value::Array(required);
            out
        })
        .collect();
    json!({"title": shape.name, "description": text_of(shape.doc), "oneOf": variants})
}
