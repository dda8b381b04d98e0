//! Python: the embedded servers, blocking and for asyncio.

use std::collections::BTreeSet;

use bankchannel::model::{Field, Shape};

use crate::{
    model::{Model, OperationModel, ProtocolModel},
    named_types::Named,
    names::python,
    orders::{OrderTypes, TypeUse},
    served::Served,
    text::{Out, PYTHON_HEADER, plain},
};

use super::{
    client::{MethodStyle, doc, method, object},
    types::{both_ways_field, given_type, names, output_field, parameter, record, union},
};

/// The module of the embedded servers.
pub(crate) fn services(model: &Model) -> Result<String, String> {
    let mut body = Out::default();
    order_types(&mut body, &model.common_types)?;
    if !model.common_orders.is_empty() {
        controlled(&mut body, &model.common_orders);
    }
    for protocol in &model.protocols {
        for served in &protocol.served {
            order_types(&mut body, &served.order_types)?;
            service(&mut body, protocol, served);
        }
    }
    let mut out = Out::default();
    out.line(PYTHON_HEADER);
    out.docstring("", "The embedded servers: the other side, in this process, for tests and trials.");
    out.blank();
    out.line("from __future__ import annotations");
    out.blank();
    let typing = [("Any", "Any"), ("ClassVar", "ClassVar"), ("Literal", "Literal["), ("Union", "Union[")];
    let overload = used(&body, &[("overload", "@overload")]);
    let typing = [used(&body, &typing).as_slice(), &["TypedDict", "cast"], overload.as_slice()].concat();
    out.line(format!("from typing import TYPE_CHECKING, {}", typing.join(", ")));
    out.blank();
    if body.has("(Record)") {
        out.line("from ._native import Record");
    }
    out.line("from ._service import AsyncEmbeddedService, EmbeddedService, Served");
    let twins = used(&body, &[("awaited", "= awaited("), ("documented_as", "@documented_as(")]);
    out.line(format!("from ._twin import {}", [twins.as_slice(), &["with_arguments"]].concat().join(", ")));
    out.blank();
    out.line("if TYPE_CHECKING:");
    from(&mut out, "collections.abc", &used(&body, &[("Mapping", "Mapping["), ("Sequence", "Sequence[")]));
    from(&mut out, "datetime", &used(&body, &[("date", ": date"), ("datetime", "datetime")]));
    from(&mut out, "decimal", &used(&body, &[("Decimal", "Decimal")]));
    out.line("    from os import PathLike");
    out.blank();
    from(&mut out, "._content", &used(&body, &[("Content", ": Content")]));
    from(&mut out, "._record", &used(&body, &[("Secret", "Secret ")]));
    from(&mut out, "._secret", &used(&body, &[("SecretText", "SecretText")]));
    for protocol in &model.protocols {
        let options = protocol.options().filter_map(|field| match field.shape {
            Shape::Enum(shape) => Some(shape.name),
            _ => None,
        });
        let of_orders = protocol.served.iter().flat_map(|served| served.order_types.shared.iter().copied());
        let taken: BTreeSet<&str> = options.chain(of_orders).filter(|name| body.has(name)).collect();
        from(&mut out, &format!(".{}", protocol.module), &taken.into_iter().collect::<Vec<_>>());
    }
    out.blank();
    out.body(body);
    Ok(out.done())
}

/// The names of which the text has the words beside them.
fn used<'n>(body: &Out, names: &[(&'n str, &str)]) -> Vec<&'n str> {
    names.iter().filter(|(_, words)| body.has(words)).map(|(name, _)| *name).collect()
}

/// An import that only type checkers need, if there is any name.
fn from(out: &mut Out, module: &str, names: &[&str]) {
    if !names.is_empty() {
        out.line(format!("    from {module} import {}", names.join(", ")));
    }
}

/// The types of orders.
fn order_types(out: &mut Out, types: &OrderTypes) -> Result<(), String> {
    for (named, place) in &types.own {
        match (named, place) {
            (Named::Struct(shape), TypeUse::Given) => {
                record(out, shape.name, &plain(shape.doc), None, shape.fields, given_type);
            }
            (Named::Struct(shape), TypeUse::Both) => {
                record(out, shape.name, &plain(shape.doc), None, shape.fields, both_ways_field);
            }
            (Named::Struct(shape), TypeUse::Answered) => {
                record(out, shape.name, &plain(shape.doc), None, shape.fields, output_field);
            }
            (Named::Enum(shape), _) => names(out, shape),
            (Named::Union(shape), _) => union(out, shape, output_field)?,
        }
    }
    Ok(())
}

/// The base classes of the servers that take orders.
fn controlled(out: &mut Out, orders: &[OperationModel]) {
    for form in [MethodStyle::Blocking, MethodStyle::Awaited] {
        let class = format!("{}{CONTROLLED}", form.prefix());
        out.export(class.clone());
        out.blank();
        out.blank();
        out.line(format!("class {class}({}EmbeddedService):", form.prefix()));
        out.docstring(
            "    ",
            "A server that takes orders; these are the orders of every one. All need `control=True`.",
        );
        if form == MethodStyle::Awaited {
            out.blank();
        }
        orders.iter().for_each(|order| method(out, CONTROLLED, order, form));
    }
}

/// The class of the servers that take orders.
const CONTROLLED: &str = "ControlledServer";

/// The type of a member of the readiness line.
fn text(info: &Field) -> String {
    format!("{}{}", readiness_type(info.shape), if info.optional { " | None" } else { "" })
}

fn readiness_type(shape: &Shape) -> String {
    match shape {
        Shape::Struct(of) => of.name.to_owned(),
        Shape::List(of) => format!("list[{}]", readiness_type(of)),
        _ => "str".to_owned(),
    }
}

/// The classes of the objects in these members, the inner ones first, each once.
fn objects(out: &mut Out, members: &'static [Field], done: &mut Vec<&'static str>) {
    for member in members {
        let mut shape = member.shape;
        while let Shape::List(of) = shape {
            shape = of;
        }
        let Shape::Struct(of) = shape else { continue };
        if done.contains(&of.name) {
            continue;
        }
        done.push(of.name);
        objects(out, of.fields, done);
        out.export(of.name.to_owned());
        out.blank();
        out.blank();
        out.line(format!("class {}(TypedDict):", of.name));
        out.docstring("    ", &plain(of.doc));
        out.blank();
        for field in of.fields {
            out.line(format!("    {}: {}", field.name, text(field)));
        }
    }
}

fn service(out: &mut Out, protocol: &ProtocolModel, served: &Served) {
    objects(out, served.info, &mut Vec::new());
    // Those of one of several peers are among the objects.
    if served.clients().is_none() {
        out.export(format!("{}ClientSettings", served.class));
        out.blank();
        out.blank();
        out.line(format!("class {}ClientSettings(TypedDict):", served.class));
        out.docstring("    ", "What a client needs to reach it: spread it into the client's settings.");
        out.blank();
        for info in served.settings() {
            out.line(format!("    {}: {}", info.name, text(info)));
        }
    }
    parts(out, protocol, served);
    for form in [MethodStyle::Blocking, MethodStyle::Awaited] {
        class(out, served, form);
    }
}

/// What both forms of a server have: options, addresses, settings for clients.
fn parts(out: &mut Out, protocol: &ProtocolModel, served: &Served) {
    out.blank();
    out.blank();
    out.line(format!("class _{}Parts(Served):", served.class));
    for info in served.info {
        out.line(format!("    {}: {}", info.name, text(info)));
        out.docstring("    ", info.doc);
    }
    out.blank();
    out.line("    def __init__(");
    out.line("        self,");
    out.line("        *,");
    for field in served.options.fields {
        out.line(format!("        {},", parameter(field)));
    }
    out.line("    ) -> None:");
    out.line("        super().__init__(");
    out.line(format!("            {:?},", served.kind));
    object(out, "            ", served.options.fields.iter());
    out.line("        )");
    out.blank();
    if let Some(clients) = served.clients() {
        return client_of(out, protocol, served, clients);
    }
    out.line("    @property");
    out.line(format!("    def client_settings(self) -> {}ClientSettings:", served.class));
    let example = format!("What a client needs to reach it: `{}(**server.client_settings, ...)`.", protocol.class);
    out.docstring("        ", &example);
    let members: Vec<String> = served.settings().map(|info| format!("{:?}: self.{}", info.name, info.name)).collect();
    out.line(format!("        return {{{}}}", members.join(", ")));
}

fn class(out: &mut Out, served: &Served, form: MethodStyle) {
    let prefix = form.prefix();
    out.export(format!("{prefix}{}", served.class));
    out.blank();
    out.blank();
    let base = if served.has_orders() { CONTROLLED } else { "EmbeddedService" };
    out.line(format!("class {prefix}{0}(_{0}Parts, {prefix}{base}):", served.class));
    let mut doc = plain(served.options.doc);
    if form == MethodStyle::Awaited {
        doc.push_str(
            "\n\nIt runs during an `async with` block, or from `await start()` until `await close()`; the event loop goes on \
             while it starts, and until then its addresses are absent.",
        );
        out.docstring("    ", &doc);
        out.blank();
        out.line(format!("    __doc__ = with_arguments(__doc__, {})", served.class));
        if served.orders.iter().any(|order| !order.is_seed()) {
            out.blank();
        }
        return orders(out, served, form);
    }
    doc.push_str("\n\nIt runs from its construction until `close()` or the end of a `with` block.\n\nArgs:");
    for field in served.options.fields {
        doc.push_str(&format!("\n    {}: {}", python(field.name), plain(field.doc)));
    }
    out.docstring("    ", &doc);
    orders(out, served, form);
}

/// The methods for the orders that only this server has.
fn orders(out: &mut Out, served: &Served, form: MethodStyle) {
    for order in served.orders.iter().filter(|order| !order.is_seed()) {
        method(out, served.class, order, form);
    }
    if let Some(order) = served.orders.iter().find(|order| order.is_seed()) {
        seed(out, served.class, order, form);
    }
}

/// The order that loads data: as the JSON has them, for programs that keep them so, or typed.
fn seed(out: &mut Out, class: &str, order: &OperationModel, form: MethodStyle) {
    let (define, wait) = match form {
        MethodStyle::Blocking => ("def", ""),
        MethodStyle::Awaited => ("async def", "await "),
    };
    let typed: Vec<String> = order.request.fields.iter().map(parameter).collect();
    let left_out = |field: &Field| format!("{}: {} | None = None", python(field.name), given_type(field));
    let any: Vec<String> = order.request.fields.iter().map(left_out).collect();
    out.blank();
    out.line("    @overload");
    // Each says what the other's parameters are then: a checker compares both with the defaults below.
    let none: Vec<String> =
        order.request.fields.iter().map(|field| format!("{}: None = None", python(field.name))).collect();
    out.line(format!("    {define} seed(self, data: Mapping[str, Any], *, {}) -> Any: ...", none.join(", ")));
    out.line("    @overload");
    out.line(format!(
        "    {define} seed(self, data: None = None, *, {}) -> {}: ...",
        typed.join(", "),
        order.response.name
    ));
    if form == MethodStyle::Awaited {
        out.line(format!("    @documented_as({class}.seed)"));
    }
    out.line(format!("    {define} seed(self, data: Mapping[str, Any] | None = None, *, {}) -> Any:", any.join(", ")));
    if form == MethodStyle::Blocking {
        let arguments = "\n\nArgs:\n    data: All of them as JSON has them; so is the answer then.";
        out.docstring("        ", &doc(order).replacen("\n\nArgs:", arguments, 1));
    }
    let members: Vec<String> =
        order.request.fields.iter().map(|field| format!("{:?}: {}", field.name, python(field.name))).collect();
    let name = order.entry.declaration.name;
    out.line(format!("        return {wait}self._seed({name:?}, data, {{{}}})", members.join(", ")));
}

/// `client_settings` of a server that plays several peers.
fn client_of(out: &mut Out, protocol: &ProtocolModel, served: &Served, clients: &'static [Field]) {
    let names: Vec<String> = clients.iter().map(|one| format!("{:?}", one.name)).collect();
    out.line(format!(
        "    def client_settings(self, name: Literal[{}]) -> {}ClientSettings:",
        names.join(", "),
        served.class
    ));
    let example = format!(
        "What a client of one of its banks needs: `{}(**server.client_settings({}), ...)`.\n\nRaises:\n    \
         InvalidInputError: No bank has this name.",
        protocol.class,
        names.first().map_or("", String::as_str),
    );
    out.docstring("        ", &example);
    out.line(format!("        return cast(\"{}ClientSettings\", self._client_of(self.clients, name))", served.class));
}
