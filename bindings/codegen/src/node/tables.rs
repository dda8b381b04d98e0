//! Node: the tables of a protocol: its types, and the description of each operation for the calling code.

use bankchannel::model::{Field, Shape, StructShape, UnionShape};

use crate::{
    descriptors,
    model::{OperationModel, ProtocolModel, is_path, is_store},
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

/// The types of a protocol that have secrets, bytes or paths.
pub(super) fn types(out: &mut Out, protocol: &ProtocolModel) {
    out.line("const { bytes, list, map, path, plain, secret, store, struct, union } = require('./shape');");
    let of_orders = protocol.served.iter().flat_map(|served| served.typed_types());
    for named in protocol.types.iter().chain(&protocol.of_questions).chain(of_orders) {
        match named {
            Named::Struct(shape) => structure(out, shape),
            Named::Union(shape) => alternatives(out, shape),
            Named::Enum(_) => {}
        }
    }
}

pub(super) fn descriptions(out: &mut Out, protocol: &ProtocolModel) {
    out.blank();
    out.line("const operations = {");
    for operation in &protocol.operations {
        described(out, operation, &descriptors::described_structs(protocol, operation));
    }
    out.line("};");
    out.blank();
}

/// The descriptions of orders, after the forms of their requests.
pub(super) fn orders<'o>(out: &mut Out, name: &str, orders: impl Iterator<Item = &'o OperationModel> + Clone) {
    let mut written: Vec<&str> = Vec::new();
    for order in orders.clone().filter(|order| !order.request.fields.is_empty()) {
        if !written.contains(&order.request.name) {
            written.push(order.request.name);
            structure(out, order.request);
        }
    }
    out.blank();
    out.line(format!("const {name} = {{"));
    orders.for_each(|order| described(out, order, &[]));
    out.line("};");
    out.blank();
}

/// A struct, unless it has neither secrets nor bytes nor paths.
pub(super) fn structure(out: &mut Out, shape: &StructShape) {
    let rows: Vec<String> = shape.fields.iter().filter_map(row).collect();
    if rows.is_empty() {
        return;
    }
    out.blank();
    out.line(format!("const {} = struct([", shape.name));
    for row in rows {
        out.line(format!("  {row},"));
    }
    out.line("]);");
}

fn alternatives(out: &mut Out, shape: &UnionShape) {
    let forms = shape.variants.iter().filter_map(|variant| Some((variant.tag, form(variant.shape?)?)));
    let rows: Vec<String> = forms.map(|(tag, form)| format!("  {tag:?}: {form},")).collect();
    if rows.is_empty() {
        return;
    }
    out.blank();
    out.line(format!("const {} = union({:?}, {{", shape.name, shape.tag));
    for row in rows {
        out.line(row);
    }
    out.line("});");
}

fn row(field: &Field) -> Option<String> {
    form_of_field(field).map(|form| format!("[{:?}, {:?}, {form}]", field.camel, field.name))
}

/// The form of a field: one that names a file also takes Node's other paths.
fn form_of_field(field: &Field) -> Option<String> {
    if is_path(field) {
        Some("path".into())
    } else if is_store(field) {
        Some("store".into())
    } else {
        form(field.shape)
    }
}

/// The form that hides the secrets of a value and makes buffers of its bytes; `None` if it has neither.
fn form(shape: &Shape) -> Option<String> {
    match shape {
        Shape::Struct(of) => form_of_fields(of),
        Shape::Union(of) => of.variants.iter().find_map(|variant| form(variant.shape?)).map(|_| of.name.into()),
        Shape::List(of) => form(of).map(|of| format!("list({of})")),
        Shape::Map(of) => form(of).map(|of| format!("map({of})")),
        Shape::Secret(_) => Some("secret".into()),
        Shape::Bytes => Some("bytes".into()),
        _ => None,
    }
}

fn form_of_fields(of: &StructShape) -> Option<String> {
    of.fields.iter().find_map(form_of_field).map(|_| of.name.into())
}

/// The form of a struct; `plain` if it has neither secrets nor bytes nor paths.
pub(super) fn form_of_struct(of: &StructShape) -> String {
    form_of_fields(of).unwrap_or_else(|| "plain".into())
}

/// The form of a named type; `plain` if it has neither secrets nor bytes nor paths.
pub(super) fn form_of(shape: &Shape) -> String {
    form(shape).unwrap_or_else(|| "plain".into())
}

/// The description of an operation for the calling code.
fn described(out: &mut Out, operation: &OperationModel, listed: &[&'static StructShape]) {
    let mut parts = vec![
        format!("name: {:?}", operation.entry.declaration.name),
        format!("request: {}", form_of(operation.entry.request)),
        format!("response: {}", form_of(operation.entry.response)),
    ];
    if operation.is_local() {
        parts.push("local: true".into());
    }
    if let Some(field) = operation.request_content {
        parts.push(format!("contentIn: {:?}", field.camel));
    }
    if let Some(field) = operation.response_content {
        parts.push(format!("contentOut: {:?}", field.camel));
    }
    if let Some(rows) = operation.entry.declaration.rows {
        let (field, form) = rows.format;
        parts.push(format!("rows: {{ list: {:?}, format: [{:?}, {form:?}] }}", camel(rows.list), camel(field)));
    }
    if let Some((pages, _)) = operation.pages() {
        let items: Vec<String> = pages.items.iter().map(|list| format!("{:?}", camel(list))).collect();
        parts.push(format!(
            "pages: {{ member: {:?}, next: {:?}, items: [{}] }}",
            camel(pages.cursor),
            camel(pages.next),
            items.join(", "),
        ));
    }
    if !listed.is_empty() {
        let listed: Vec<String> = listed.iter().map(|shape| descriptor(operation, shape)).collect();
        parts.push(format!("descriptors: [{}]", listed.join(", ")));
    }
    out.line(format!("  {}: {{ {} }},", camel(operation.name), parts.join(", ")));
}

/// How a listed item is recognised, and its members that are not fields of the request.
fn descriptor(operation: &OperationModel, shape: &'static StructShape) -> String {
    let quoted = |names: &[&Field]| -> String {
        let names: Vec<String> = names.iter().map(|field| format!("{:?}", field.camel)).collect();
        names.join(", ")
    };
    let is_asked = |field: &&Field| operation.request.fields.iter().any(|asked| asked.name == field.name);
    let others: Vec<&Field> = shape.fields.iter().filter(|field| !is_asked(field)).collect();
    format!("{{ required: [{}], others: [{}] }}", quoted(&descriptors::required(shape)), quoted(&others))
}
