//! Node: types of requests and results in `index.d.ts`.

use bankchannel::model::{EnumShape, Field, Shape, StructShape, UnionShape};

use crate::{
    model::{is_path, is_store},
    named_types::home,
    names::{camel, pascal},
    text::{Out, plain},
};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum TypeDirection {
    In,
    Out,
}

pub(super) fn names(out: &mut Out, shape: &EnumShape) {
    let mut doc = plain(shape.doc);
    for value in shape.values {
        doc.push_str(&format!("\n- `{}`: {}", value.value, plain(value.doc)));
    }
    if shape.open {
        doc.push_str("\n- any other text: a value that this version does not know");
    }
    out.jsdoc("", &doc);
    let values: Vec<String> = shape.values.iter().map(|value| format!("{:?}", value.value)).collect();
    let open = if shape.open { " | (string & {})" } else { "" };
    out.line(format!("export type {} = {}{open};", shape.name, values.join(" | ")));
}

pub(super) fn interface(out: &mut Out, shape: &StructShape, way: TypeDirection) {
    out.jsdoc("", &plain(shape.doc));
    out.line(format!("export interface {} {{", shape.name));
    fields(out, shape.fields, way);
    out.line("}");
}

pub(super) fn fields(out: &mut Out, fields: &[Field], way: TypeDirection) {
    for field in fields {
        let left_out = if field.profile && way == TypeDirection::In { " Left out, the client's own." } else { "" };
        out.jsdoc("  ", &format!("{}{left_out}", plain(field.doc)));
        let optional = if field.optional || (field.profile && way == TypeDirection::In) { "?" } else { "" };
        let readonly = if way == TypeDirection::Out { "readonly " } else { "" };
        // `null` is accepted like an absent value, so that an optional value can be passed on.
        let or_null = if way == TypeDirection::In && !optional.is_empty() { " | null" } else { "" };
        let kind = match way {
            TypeDirection::In if is_path(field) => "FilePath".into(),
            TypeDirection::In if is_store(field) => format!("{} | FilePath", type_of(field.shape, way)),
            _ => type_of(field.shape, way),
        };
        out.line(format!("  {readonly}{}{optional}: {kind}{or_null};", field.camel));
    }
}

pub(super) fn union(out: &mut Out, shape: &UnionShape, way: TypeDirection) -> Result<(), String> {
    let mut alternatives = Vec::new();
    for variant in shape.variants {
        let name = format!("{}{}", shape.name, pascal(variant.tag));
        out.jsdoc("", &plain(variant.doc));
        out.line(format!("export interface {name} {{"));
        out.line(format!("  readonly {}: {:?};", camel(shape.tag), variant.tag));
        match variant.shape {
            Some(Shape::Struct(of)) => fields(out, of.fields, way),
            None => {}
            Some(_) => return Err(format!("{}: an alternative must be a struct", shape.name)),
        }
        out.line("}");
        out.blank();
        alternatives.push(name);
    }
    out.jsdoc("", &plain(shape.doc));
    out.line(format!("export type {} = {};", shape.name, alternatives.join(" | ")));
    Ok(())
}

pub(super) fn type_of(shape: &'static Shape, way: TypeDirection) -> String {
    match shape {
        Shape::Bool => "boolean".into(),
        Shape::Integer { .. } | Shape::Seconds | Shape::Number => "number".into(),
        Shape::AnyJson => "JsonValue".into(),
        Shape::Json => "Readonly<Record<string, unknown>>".into(),
        Shape::Decimal | Shape::Date | Shape::Timestamp | Shape::Text(_) => "string".into(),
        Shape::Secret(_) => if way == TypeDirection::In { "Secret" } else { "SecretText" }.into(),
        Shape::Content => if way == TypeDirection::In { "Content" } else { "Received" }.into(),
        Shape::Bytes => if way == TypeDirection::In { "Uint8Array" } else { "Buffer" }.into(),
        Shape::List(of) => format!("readonly {}[]", bracketed(of, way)),
        Shape::Map(of) => format!("Readonly<Record<string, {}>>", type_of(of, way)),
        Shape::Enum(EnumShape { name, .. })
        | Shape::Struct(StructShape { name, .. })
        | Shape::Union(UnionShape { name, .. }) => match home(shape) {
            Some(module) => format!("{}.{name}", crate::names::camel(module.module)),
            None => (*name).into(),
        },
    }
}

fn bracketed(shape: &'static Shape, way: TypeDirection) -> String {
    let of = type_of(shape, way);
    if of.contains(' ') { format!("({of})") } else { of }
}
