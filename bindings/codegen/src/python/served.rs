//! Python: the embedded servers, blocking and for asyncio.

use bankchannel::model::{Field, Shape};

use crate::{
    model::{Model, ProtocolModel},
    names::python,
    served::Served,
    text::{Out, PYTHON_HEADER, plain},
};

use super::{
    client::{MethodStyle, object},
    types::{given_type, parameter},
};

/// The module of the embedded servers.
pub(crate) fn services(model: &Model) -> String {
    let mut out = Out::default();
    out.line(PYTHON_HEADER);
    out.docstring("", "The embedded servers: the other side, in this process, for tests and trials.");
    out.blank();
    out.line("from __future__ import annotations");
    out.blank();
    out.line("from typing import TYPE_CHECKING, Literal, TypedDict, cast");
    out.blank();
    out.line("from ._service import AsyncEmbeddedService, EmbeddedService, Served");
    out.line("from ._twin import with_arguments");
    out.blank();
    let options = || model.protocols.iter().flat_map(ProtocolModel::options);
    out.line("if TYPE_CHECKING:");
    if options().any(|field| given_type(field).contains("Sequence[")) {
        out.line("    from collections.abc import Sequence");
    }
    if options().any(|field| given_type(field).contains("datetime")) {
        out.line("    from datetime import datetime");
    }
    out.line("    from os import PathLike");
    out.blank();
    out.line("    from ._record import Secret");
    for protocol in &model.protocols {
        let fields = protocol.options();
        for shape in fields.filter_map(|field| match field.shape {
            Shape::Enum(shape) => Some(shape),
            _ => None,
        }) {
            out.line(format!("    from .{} import {}", protocol.module, shape.name));
        }
    }
    let mut body = Out::default();
    for protocol in &model.protocols {
        for served in &protocol.served {
            service(&mut body, protocol, served);
        }
    }
    out.blank();
    out.body(body);
    out.done()
}

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
    out.line(format!("class {prefix}{0}(_{0}Parts, {prefix}EmbeddedService):", served.class));
    let mut doc = plain(served.options.doc);
    if form == MethodStyle::Awaited {
        doc.push_str(
            "\n\nIt runs during an `async with` block, or from `await start()` until `await close()`; the event loop goes on \
             while it starts, and until then its addresses are absent.",
        );
        out.docstring("    ", &doc);
        out.blank();
        out.line(format!("    __doc__ = with_arguments(__doc__, {})", served.class));
        return;
    }
    doc.push_str("\n\nIt runs from its construction until `close()` or the end of a `with` block.\n\nArgs:");
    for field in served.options.fields {
        doc.push_str(&format!("\n    {}: {}", python(field.name), plain(field.doc)));
    }
    out.docstring("    ", &doc);
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
