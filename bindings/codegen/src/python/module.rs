//! Python: the module of a protocol.

use crate::{
    model::{OperationModel, ProtocolModel},
    named_types::Named,
    text::{Out, PYTHON_HEADER, plain, sentence},
};

use super::{
    client, functions, questions,
    types::{both_ways_field, given_type, names, output_field, record, shadows, union},
};

pub(super) fn module(protocol: &ProtocolModel) -> Result<String, String> {
    let mut out = Out::default();
    out.line(PYTHON_HEADER);
    out.docstring(
        "",
        &match protocol.is_module() {
            true => format!("{}: functions that only compute, and results.", sentence(protocol.what)),
            false => format!("The {} client: typed methods, requests and results.", protocol.name),
        },
    );
    out.blank();
    out.line("from __future__ import annotations");
    out.blank();
    if protocol.operations.iter().any(|operation| operation.deprecated().is_some()) {
        out.line("import warnings");
    }
    let protocols = if protocol.interfaces.is_empty() { "" } else { "Protocol, " };
    out.line(format!("from typing import TYPE_CHECKING, ClassVar, Literal, {protocols}TypedDict, Union"));
    out.blank();
    if protocol.is_module() {
        out.line("from ._local import local, pages, pages_async, rows");
        out.line("from ._native import Record");
        out.line("from ._twin import IN_THREAD, documented_as, in_thread");
    } else {
        let base = client::base(protocol);
        if base.is_none() {
            out.line("from ._async import AsyncClient");
            out.line("from ._client import Client");
        }
        out.line("from ._native import Received, Record");
        if let Some((class, module)) = base {
            out.line(format!("from .{module} import Async{class}, {class}"));
        }
    }
    let is_paged = !protocol.is_module() && protocol.operations.iter().any(|operation| operation.pages().is_some());
    if is_paged {
        out.line("from ._call import is_further");
    }
    if !protocol.is_module() {
        out.line(format!("from ._twin import {}with_arguments", twins(protocol, is_paged)));
    }
    out.blank();
    out.line("if TYPE_CHECKING:");
    if shadows(protocol, "bytes") {
        out.line("    import builtins");
    }
    if shadows(protocol, "date") {
        out.line("    import datetime as dt");
    }
    let iterator = match (protocol.is_module(), protocol.interfaces.is_empty()) {
        (true, _) => "AsyncIterator, Iterable, Iterator, ",
        (false, true) => "",
        (false, false) if is_paged => "AsyncIterator, Awaitable, Iterator, ",
        (false, false) => "Awaitable, ",
    };
    out.line(format!("    from collections.abc import {iterator}Mapping, Sequence"));
    out.line("    from datetime import date, datetime");
    out.line("    from decimal import Decimal");
    out.line("    from os import PathLike");
    out.blank();
    if !protocol.is_module() {
        out.line("    from opentelemetry.trace import Tracer");
        out.line("    from typing_extensions import Self, Unpack");
        out.blank();
    }
    if protocol.asks() {
        out.line("    from ._call import AsyncOnCode, AsyncSigner, CallOptions, OnCode, OnProgress, OnRequest, OnResponse, Signer");
    } else if protocol.operations.iter().any(|operation| operation.reports()) {
        out.line("    from ._call import CallOptions, OnProgress, OnRequest, OnResponse");
    } else if !protocol.is_module() {
        out.line("    from ._call import CallOptions, OnRequest, OnResponse");
    }
    if !protocol.is_module() {
        out.line("    from ._tracing import TraceParent");
    }
    for (module, names) in protocol.taken_from_modules() {
        out.line(format!("    from .{module} import {}", names.join(", ")));
    }
    if protocol.is_module() {
        out.line("    from ._content import Content");
    } else {
        out.line("    from ._content import Content, Destination");
        out.line("    from ._native import Cancel");
        out.line("    from ._record import Secret");
        out.line("    from ._secret import SecretText");
    }
    let mut body = Out::default();
    for named in &protocol.types {
        match named {
            Named::Struct(shape) if protocol.is_request(shape.name) || protocol.is_alternative(shape.name) => {}
            Named::Struct(shape) => {
                let typed = match (protocol.is_given(shape.name), protocol.is_taken(shape.name)) {
                    (true, _) => given_type,
                    (false, true) => both_ways_field,
                    (false, false) => output_field,
                };
                record(&mut body, shape.name, &plain(shape.doc), None, shape.fields, typed);
            }
            Named::Enum(shape) => names(&mut body, shape),
            Named::Union(shape) => union(&mut body, shape, output_field)?,
        }
    }
    questions::interfaces(&mut body, protocol)?;
    match protocol.settings {
        Some(settings) => client::clients(&mut body, protocol, settings),
        None => functions::functions(&mut body, protocol),
    }
    out.blank();
    out.body(body);
    Ok(out.done())
}

/// What the client for asyncio takes from `_twin`, in the order of its names.
fn twins(protocol: &ProtocolModel, is_paged: bool) -> String {
    let any = |wanted: fn(&OperationModel) -> bool| protocol.operations.iter().any(wanted);
    let used = [
        ("awaited, ", any(|one| !one.is_local() && !client::has_callbacks(one))),
        ("awaited_in_thread, ", any(|one| one.is_local() && one.takes_time())),
        ("awaits, ", any(client::has_callbacks)),
        ("documented_as, ", is_paged),
        ("unchanged, ", any(|one| one.is_local() && !one.takes_time())),
    ];
    used.into_iter().filter(|(_, is_used)| *is_used).map(|(name, _)| name).collect()
}
