//! Node: the orders of embedded servers in `index.d.ts`: typed methods, and the overloads of `control` and `seed`, whose
//! members have the names of JSON.

use std::collections::HashSet;

use bankchannel::model::{Shape, StructShape};

use crate::{
    model::{Model, OperationModel},
    named_types::Named,
    names::camel,
    orders::{OrderTypes, TypeUse},
    served::Served,
    text::{Out, plain},
};

use super::{
    declared_client::{documented, local_request},
    declared_types::{TypeDirection, interface, names, type_of, union},
};

/// What all servers have: the orders, the overloads of `control`, and the data that `seed` takes and answers.
pub(super) fn common(out: &mut Out, model: &Model, written: &mut HashSet<&'static str>) -> Result<(), String> {
    let orders = &model.common_orders;
    own_types(out, &model.common_types, written)?;
    requests(out, orders.iter(), written);
    out.blank();
    out.jsdoc("", "A server that takes orders; these are the orders of every one. All need `control`.");
    out.line("export interface ControlledServer {");
    orders.iter().for_each(|order| method(out, order));
    out.line("}");
    out.blank();
    out.jsdoc("", "Orders of every server by their path, with members named as in JSON.");
    out.line("export interface ServerControl {");
    for order in orders {
        out.line(format!("  control{};", by_path(order)));
    }
    out.jsdoc("  ", "Any order by its path or its name.");
    out.line("  control(order: string, request?: object): Promise<any>;");
    out.line("}");
    let servers = || model.protocols.iter().flat_map(|protocol| &protocol.served);
    let seeds = || servers().filter_map(|served| Some((served, served.orders.iter().find(|order| order.is_seed())?)));
    for (name, doc, of) in [
        ("SeedData", "What `seed` of each server takes.", seed_request as fn(&Served, &OperationModel) -> String),
        ("SeededData", "What `seed` of each server answers.", seed_answer),
    ] {
        out.blank();
        out.jsdoc("", doc);
        out.line(format!("export interface {name} {{"));
        for (served, seed) in seeds() {
            out.line(format!("  {}: {};", served.class, of(served, seed)));
        }
        out.line("}");
    }
    Ok(())
}

/// The types of the orders of one kind of server. Data to load have the names of JSON.
pub(super) fn types(out: &mut Out, served: &Served, written: &mut HashSet<&'static str>) -> Result<(), String> {
    own_types(out, &served.order_types, written)?;
    requests(out, served.typed_orders(), written);
    for seed in served.orders.iter().filter(|order| order.is_seed()) {
        if is_raw(served, seed.request.name) && written.insert(seed.request.name) {
            out.blank();
            raw_interface(out, served, seed.request, TypeDirection::In);
        }
    }
    for (named, place) in
        served.order_types.own.iter().filter(|(one, _)| served.order_types.of_seed.contains(one.name()))
    {
        match named {
            Named::Struct(shape) if written.insert(shape.name) => {
                out.blank();
                raw_interface(out, served, shape, direction(*place));
            }
            _ => {}
        }
    }
    Ok(())
}

fn direction(place: TypeUse) -> TypeDirection {
    if place == TypeUse::Given { TypeDirection::In } else { TypeDirection::Out }
}

fn own_types(out: &mut Out, types: &OrderTypes, written: &mut HashSet<&'static str>) -> Result<(), String> {
    for (named, place) in &types.own {
        let is_struct = matches!(named, Named::Struct(_));
        if (is_struct && types.of_seed.contains(named.name())) || !written.insert(named.name()) {
            continue;
        }
        out.blank();
        match named {
            Named::Struct(shape) => interface(out, shape, direction(*place)),
            Named::Enum(shape) => names(out, shape),
            Named::Union(shape) => union(out, shape, direction(*place))?,
        }
    }
    Ok(())
}

fn requests<'o>(out: &mut Out, orders: impl Iterator<Item = &'o OperationModel>, written: &mut HashSet<&'static str>) {
    for order in orders.filter(|order| !order.request.fields.is_empty()) {
        if written.insert(order.request.name) {
            out.blank();
            interface(out, order.request, TypeDirection::In);
        }
    }
}

/// The typed method of an order.
pub(super) fn method(out: &mut Out, order: &OperationModel) {
    out.jsdoc("  ", &documented(order, &[]));
    let request = if order.request.fields.is_empty() { String::new() } else { local_request(order) };
    let answer = if order.answers() { order.response.name } else { "void" };
    out.line(format!("  {}({request}): Promise<{answer}>;", camel(order.name)));
}

/// The form of `control` of one kind of server: its own orders, then those of every one.
pub(super) fn control(out: &mut Out, served: &Served) {
    let own: Vec<String> = served.typed_orders().filter(|order| is_at_plain_path(order)).map(by_path).collect();
    if own.is_empty() {
        return out.line("  readonly control: ServerControl['control'];");
    }
    out.line("  readonly control: {");
    own.iter().for_each(|overload| out.line(format!("    {overload};")));
    out.line("  } & ServerControl['control'];");
}

/// Whether a path alone says which order it is, whose request is an object.
fn is_at_plain_path(order: &OperationModel) -> bool {
    order.form().is_some_and(|form| {
        !form.path.contains('{') && form.given.is_empty() && form.whole_request.is_none() && form.raw_request.is_none()
    })
}

/// An overload of `control`, without its name.
fn by_path(order: &OperationModel) -> String {
    let path = order.form().map_or(order.name, |form| form.path);
    let is_needed = order.request.fields.iter().any(|field| !field.optional);
    let request = match (order.request.fields.is_empty(), is_needed) {
        (true, _) => "request?: {}".to_owned(),
        (false, true) => format!("request: AsJson<{}>", order.request.name),
        (false, false) => format!("request?: AsJson<{}>", order.request.name),
    };
    let answer = match (order.answers(), order.form().and_then(|form| form.whole_answer)) {
        (false, _) => "{}".to_owned(),
        (true, Some(member)) => format!("AsJson<{}>[{member:?}]", order.response.name),
        (true, None) => format!("AsJson<{}>", order.response.name),
    };
    format!("(order: {path:?}, {request}): Promise<{answer}>")
}

/// The method that loads data.
pub(super) fn seed(served: &Served) -> String {
    match served.orders.iter().find(|order| order.is_seed()) {
        Some(seed) => {
            format!("  seed(data: {}): Promise<{}>;", seed_request(served, seed), seed_answer(served, seed))
        }
        None => "  seed(data: Record<string, unknown>): Promise<JsonValue>;".to_owned(),
    }
}

fn seed_request(served: &Served, seed: &OperationModel) -> String {
    raw_name(served, seed.request.name)
}

fn seed_answer(served: &Served, seed: &OperationModel) -> String {
    raw_name(served, seed.response.name)
}

/// Whether a struct has the names of JSON here: only data to load have it.
fn is_raw(served: &Served, name: &str) -> bool {
    let is_request = served.typed_orders().any(|order| order.request.name == name);
    let is_own = served.order_types.own.iter().any(|(named, _)| named.name() == name);
    !is_request && !served.order_types.shared.contains(&name) && (!is_own || served.order_types.of_seed.contains(name))
}

fn raw_name(served: &Served, name: &str) -> String {
    if is_raw(served, name) { name.to_owned() } else { format!("AsJson<{name}>") }
}

fn raw_interface(out: &mut Out, served: &Served, shape: &'static StructShape, way: TypeDirection) {
    out.jsdoc("", &format!("{} Names are those of the JSON.", plain(shape.doc)));
    out.line(format!("export interface {} {{", shape.name));
    for field in shape.fields {
        out.jsdoc("  ", &plain(field.doc));
        let readonly = if way == TypeDirection::Out { "readonly " } else { "" };
        let (mark, or_null) = match (field.optional, way) {
            (true, TypeDirection::In) => ("?", " | null"),
            (true, TypeDirection::Out) => ("?", ""),
            (false, _) => ("", ""),
        };
        out.line(format!("  {readonly}{}{mark}: {}{or_null};", field.name, raw_type(served, field.shape, way)));
    }
    out.line("}");
}

fn raw_type(served: &Served, shape: &'static Shape, way: TypeDirection) -> String {
    match shape {
        Shape::List(of) => {
            let of = raw_type(served, of, way);
            if of.contains(' ') { format!("readonly ({of})[]") } else { format!("readonly {of}[]") }
        }
        Shape::Map(of) => format!("Readonly<Record<string, {}>>", raw_type(served, of, way)),
        Shape::Struct(of) => raw_name(served, of.name),
        // Only a typed method reads a secret from elsewhere.
        Shape::Secret(_) => "string".to_owned(),
        other => type_of(other, way),
    }
}
