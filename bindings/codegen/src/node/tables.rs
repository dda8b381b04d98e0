//! Node: the tables of a protocol: its types, and the description of each operation for the calling code.

use bankchannel::model::{Field, Shape, StructShape, UnionShape};

use crate::{
    descriptors,
    model::{OperationModel, ProtocolModel},
    named_types::Named,
    names::camel,
    text::{NODE_HEADER, Out},
};

pub(super) fn begin() -> Out {
    let mut out = Out::default();
    out.line(NODE_HEADER);
    out.line("'use strict';");
    out.blank();
    out
}

/// The types of a protocol.
pub(super) fn types(out: &mut Out, protocol: &ProtocolModel) {
    out.line("const { bytes, list, map, secret, struct, union } = require('./shape');");
    for (module, names) in protocol.taken_from_modules() {
        out.line(format!("const {{ {} }} = require('./{module}_types');", names.join(", ")));
    }
    for named in protocol.types.iter().chain(&protocol.of_questions) {
        match named {
            Named::Struct(shape) => {
                out.blank();
                structure(out, shape);
            }
            Named::Union(shape) => {
                out.blank();
                alternatives(out, shape);
            }
            Named::Enum(_) => {}
        }
    }
}

/// The types of a module, which clients import from it.
pub(super) fn types_of_module(protocol: &ProtocolModel) -> String {
    let mut out = begin();
    types(&mut out, protocol);
    out.blank();
    out.line("module.exports = {");
    for named in protocol.types.iter().filter(|named| !matches!(named, Named::Enum(_))) {
        out.line(format!("  {},", named.name()));
    }
    out.line("};");
    out.done()
}

pub(super) fn descriptions(out: &mut Out, protocol: &ProtocolModel) {
    out.blank();
    out.line("const operations = {");
    let place = if protocol.is_module() { "types." } else { "" };
    for operation in &protocol.operations {
        described(out, protocol, operation, place);
    }
    out.line("};");
    out.blank();
}

pub(super) fn structure(out: &mut Out, shape: &StructShape) {
    out.line(format!("const {} = struct([", shape.name));
    for field in shape.fields {
        out.line(format!("  {},", entry(field)));
    }
    out.line("]);");
}

fn alternatives(out: &mut Out, shape: &UnionShape) {
    out.line(format!("const {} = union({:?}, {{", shape.name, camel(shape.tag)));
    for variant in shape.variants {
        let of = variant.shape.and_then(Shape::name).map_or_else(|| "struct([])".into(), str::to_owned);
        out.line(format!("  {:?}: {of},", variant.tag));
    }
    out.line(format!("}}, {:?});", shape.tag));
}

fn entry(field: &Field) -> String {
    let names = format!("{:?}, {:?}", camel(field.name), field.name);
    match form(field.shape) {
        Some(form) => format!("[{names}, {form}]"),
        None => format!("[{names}]"),
    }
}

/// The form that renames the members of a value and hides its secrets; `None` if there are none.
fn form(shape: &Shape) -> Option<String> {
    match shape {
        Shape::Struct(shape) => Some(shape.name.into()),
        Shape::Union(shape) => Some(shape.name.into()),
        Shape::List(of) => form(of).map(|of| format!("list({of})")),
        Shape::Map(of) => form(of).map(|of| format!("map({of})")),
        Shape::Secret(_) => Some("secret".into()),
        Shape::Bytes => Some("bytes".into()),
        _ => None,
    }
}

/// The description of an operation for the calling code; its types are at this place.
fn described(out: &mut Out, protocol: &ProtocolModel, operation: &OperationModel, place: &str) {
    let mut parts = vec![
        format!("name: {:?}", operation.entry.declaration.name),
        format!("request: {place}{}", operation.request.name),
        format!("response: {place}{}", operation.response.name),
    ];
    if operation.is_local() {
        parts.push("local: true".into());
    }
    if let Some(field) = operation.request_content {
        parts.push(format!("contentIn: {:?}", camel(field.name)));
    }
    if let Some(field) = operation.response_content {
        parts.push(format!("contentOut: {:?}", camel(field.name)));
    }
    if let Some(rows) = operation.entry.declaration.rows {
        let (field, form) = rows.format;
        let (list, own) = (camel(rows.list), rows.list);
        parts.push(format!("rows: {{ list: {list:?}, field: {own:?}, format: [{field:?}, {form:?}] }}"));
    }
    if let Some((pages, _)) = operation.pages() {
        let items: Vec<String> = pages.items.iter().map(|list| format!("{:?}", camel(list))).collect();
        parts.push(format!(
            "pages: {{ cursor: {:?}, member: {:?}, next: {:?}, nextField: {:?}, items: [{}] }}",
            pages.cursor,
            camel(pages.cursor),
            camel(pages.next),
            pages.next,
            items.join(", "),
        ));
    }
    let listed = descriptors::described_structs(protocol, operation);
    if !listed.is_empty() {
        let listed: Vec<String> = listed.into_iter().map(|shape| descriptor(operation, shape)).collect();
        parts.push(format!("descriptors: [{}]", listed.join(", ")));
    }
    out.line(format!("  {}: {{ {} }},", camel(operation.name), parts.join(", ")));
}

/// How a listed item is recognised, and its members that are not fields of the request.
fn descriptor(operation: &OperationModel, shape: &'static StructShape) -> String {
    let quoted = |names: &[&Field]| -> String {
        let names: Vec<String> = names.iter().map(|field| format!("{:?}", camel(field.name))).collect();
        names.join(", ")
    };
    let is_asked = |field: &&Field| operation.request.fields.iter().any(|asked| asked.name == field.name);
    let others: Vec<&Field> = shape.fields.iter().filter(|field| !is_asked(field)).collect();
    format!("{{ required: [{}], others: [{}] }}", quoted(&descriptors::required(shape)), quoted(&others))
}
