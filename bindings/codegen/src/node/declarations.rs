//! Node: `index.d.ts`.

use std::collections::HashSet;

use bankchannel::{
    Category,
    model::{Field, Shape},
};

use crate::{
    model::{Model, ProtocolModel},
    named_types::Named,
    names::{camel, error_class, upper},
    served::Served,
    text::{NODE_HEADER, Out, plain, sentence},
};

use super::{
    declared_client::{client, documented, elsewhere, local_request, pages_of_two},
    declared_types::{TypeDirection, interface, names, type_of, union},
    orders,
};

/// The part that does not depend on the catalogue.
const PRELUDE: &str = include_str!("prelude.d.ts");

/// The whole of `index.d.ts`.
pub(crate) fn declarations(model: &Model) -> Result<String, String> {
    let mut out = Out::default();
    out.line(NODE_HEADER);
    out.blank();
    out.line(PRELUDE.trim_end());
    out.blank();
    out.jsdoc("", "Whose fault an error is; each has its class. Any other text: one that this version does not know.");
    let categories: Vec<String> = Category::ALL.iter().map(|category| format!("{:?}", category.as_str())).collect();
    out.line(format!("export type Category = {} | (string & {{}});", categories.join(" | ")));
    for category in Category::ALL {
        out.blank();
        out.jsdoc("", category.doc());
        out.line(format!("export declare class {} extends BankchannelError {{}}", error_class(category)));
    }
    codes(&mut out, model);
    let mut written = HashSet::new();
    orders::common(&mut out, model, &mut written)?;
    for protocol in &model.protocols {
        let Some(settings) = protocol.settings else {
            module(&mut out, protocol)?;
            continue;
        };
        types(&mut out, protocol, &mut written)?;
        out.blank();
        interface(&mut out, settings, TypeDirection::In);
        for served in &protocol.served {
            out.blank();
            interface(&mut out, served.options, TypeDirection::In);
            orders::types(&mut out, served, &mut written)?;
            service(&mut out, served);
        }
        client(&mut out, protocol, settings);
    }
    Ok(in_camel_case(&out.done(), model))
}

fn types(out: &mut Out, protocol: &ProtocolModel, written: &mut HashSet<&'static str>) -> Result<(), String> {
    for named in &protocol.types {
        // Two protocols may have a type of the same name, which is then the same type.
        if !written.insert(named.name()) {
            continue;
        }
        if protocol.is_alternative(named.name())
            && matches!(named, Named::Struct(shape) if !protocol.is_request(shape.name))
        {
            continue;
        }
        out.blank();
        match named {
            Named::Struct(shape) if protocol.is_given(shape.name) => interface(out, shape, TypeDirection::In),
            Named::Struct(shape) => interface(out, shape, TypeDirection::Out),
            Named::Enum(shape) => names(out, shape),
            Named::Union(shape) => union(out, shape, TypeDirection::Out)?,
        }
    }
    questions(out, protocol)
}

/// The questions to the program's objects, and the interfaces of these objects.
fn questions(out: &mut Out, protocol: &ProtocolModel) -> Result<(), String> {
    for named in protocol.types_of_questions() {
        out.blank();
        match named {
            Named::Struct(shape) if protocol.is_question(shape.name) => interface(out, shape, TypeDirection::Out),
            Named::Struct(shape) => interface(out, shape, TypeDirection::In),
            Named::Enum(shape) => names(out, shape),
            Named::Union(shape) => union(out, shape, TypeDirection::In)?,
        }
    }
    for asked in protocol.interfaces {
        out.blank();
        out.jsdoc("", &format!("{} A method that throws has failed; why stays in the program.", plain(asked.what)));
        out.line(format!("export interface {} {{", asked.name));
        for question in asked.questions {
            let declaration = question.declaration;
            out.jsdoc("  ", &format!("{}.\n\n{}", plain(declaration.summary), plain(declaration.doc)));
            let (request, answer) =
                (type_of(question.request, TypeDirection::Out), type_of(question.answer, TypeDirection::In));
            // An empty answer may be left out.
            let nothing = if question.answer.fields().is_empty() && matches!(question.answer, Shape::Struct(_)) {
                "void | "
            } else {
                ""
            };
            out.line(format!(
                "  {}(question: {request}): {nothing}{answer} | Promise<{nothing}{answer}>;",
                camel(question.method())
            ));
        }
        out.line("}");
        out.blank();
        out.jsdoc("", &format!("What `{}` has besides its settings.", protocol.class));
        out.line(format!("export interface {}Options extends ClientOptions {{", protocol.class));
        out.jsdoc("  ", &plain(asked.what));
        out.line(format!("  {}?: {};", camel(asked.option), asked.name));
        out.line("}");
    }
    Ok(())
}

/// A module: its functions and types in a namespace with its name.
fn module(out: &mut Out, protocol: &ProtocolModel) -> Result<(), String> {
    let mut inner = Out::default();
    types(&mut inner, protocol, &mut HashSet::new())?;
    for operation in &protocol.operations {
        inner.blank();
        inner.jsdoc("", &documented(operation, &[]));
        let request = local_request(operation);
        let name = camel(operation.name);
        inner.line(format!("export function {name}({request}): {};", operation.response.name));
        inner.blank();
        inner.jsdoc("", &elsewhere(&name));
        inner.line(format!("export function {name}Async({request}): Promise<{}>;", operation.response.name));
        if let Some((pages, [outer, item])) = pages_of_two(operation) {
            inner.blank();
            inner.jsdoc("", &format!("{}.\n\n{}", pages.summary, GONE_THROUGH));
            inner.line(format!(
                "export function {}({request}): AsyncGenerator<[{outer}, {item}], void, undefined>;",
                camel(pages.iterator)
            ));
        }
    }
    out.blank();
    out.jsdoc("", &format!("{}: functions that only compute.", sentence(protocol.what)));
    out.line(format!("export declare namespace {} {{", protocol.node_object()));
    let qualified = format!("{}.", protocol.node_object());
    for line in inner.done().trim_start().lines() {
        // Inside the namespace a type needs only its name.
        let is_comment = line.trim_start().starts_with(['/', '*']);
        let line = if is_comment { line.to_owned() } else { line.replace(&qualified, "") };
        out.line(if line.is_empty() { line } else { format!("  {line}") });
    }
    out.line("}");
    Ok(())
}

/// The result of an iterator over pages.
const GONE_THROUGH: &str = "Gives pairs: what the item belongs to, with the items of that page, and the item. Pages are read on another thread, one \
    when it is wanted, so memory stays small; what has no items is not told: the operation itself tells of all. Give a path \
    for large files: a buffer is copied for each page, and must not be changed meanwhile.";

/// In comments, replaces the names of fields and operations by those of this language: `file_type` is `fileType`.
fn in_camel_case(text: &str, model: &Model) -> String {
    let mut names = HashSet::new();
    for protocol in &model.protocols {
        names.extend(protocol.operations.iter().map(|operation| operation.name));
        let structs = protocol.types.iter().filter_map(|named| match named {
            Named::Struct(shape) => Some(*shape),
            _ => None,
        });
        let fields = structs.chain(protocol.settings).flat_map(|shape| shape.fields).chain(protocol.options());
        names.extend(fields.map(|field| field.name));
    }
    let own = model.protocols.iter().flat_map(|protocol| &protocol.served);
    for order in own.flat_map(Served::typed_orders).chain(&model.common_orders) {
        names.extend(order.request.fields.iter().map(|field| field.name));
    }
    let mut done = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        if !line.trim_start().starts_with(['/', '*']) {
            done.push_str(line);
            continue;
        }
        for (index, part) in line.split('`').enumerate() {
            if index > 0 {
                done.push('`');
            }
            // Text between two backticks is code; other text may contain a line break.
            if names.contains(part) { done.push_str(&camel(part)) } else { done.push_str(part) }
        }
    }
    done
}

fn codes(out: &mut Out, model: &Model) {
    out.blank();
    out.jsdoc("", "The stable error codes, and what each means; methods name those that they throw.");
    out.line("export declare const codes: {");
    for row in &model.errors {
        out.jsdoc("  ", &format!("{} {}", row.text, row.doc));
        out.line(format!("  readonly {}: {:?};", upper(row.code), row.code));
    }
    out.line("};");
    out.blank();
    out.jsdoc("", "An error code: one of `codes`, or one that this version does not know.");
    out.line("export type ErrorCode = (typeof codes)[keyof typeof codes] | (string & {});");
}

fn service(out: &mut Out, served: &Served) {
    let text = |info: &Field| match (Served::is_object(info), info.optional) {
        (true, _) => readiness_type(info.shape),
        (false, true) => "string | null".to_owned(),
        (false, false) => "string".to_owned(),
    };
    out.blank();
    out.jsdoc("", &format!("{}: the other side, in this process, for tests and trials.", served.what));
    out.line(format!("export declare class {} implements AsyncDisposable {{", served.class));
    out.line("  private constructor();");
    out.jsdoc("  ", "Starts it; the promise resolves when it takes calls.");
    out.line(format!("  static start(options?: {}): Promise<{}>;", served.options.name, served.class));
    for info in served.info {
        out.jsdoc("  ", &code_in_camel_case(info.doc));
        out.line(format!("  readonly {}: {};", info.camel, text(info)));
    }
    match served.clients() {
        Some(clients) => {
            out.jsdoc("  ", "What a client of one of its banks needs: spread it into the client's settings.");
            let names: Vec<String> = clients.iter().map(|one| format!("{:?}", one.name)).collect();
            let fields = Served::client_fields(clients).iter();
            let members: Vec<String> = fields.map(|field| format!("{}: {}", field.camel, text(field))).collect();
            out.line(format!("  clientSettings(name: {}): {{ {} }};", names.join(" | "), members.join("; ")));
        }
        None => {
            out.jsdoc("  ", "What a client needs to reach it: spread it into the client's settings.");
            let members: Vec<String> =
                served.settings().map(|info| format!("{}: {}", info.camel, text(info))).collect();
            out.line(format!("  readonly clientSettings: {{ {} }};", members.join("; ")));
        }
    }
    out.jsdoc(
        "  ",
        "Puts data in, for tests and demonstrations; whether it was started with `control` or not. `docs/reference/server-orders.md` \
         says what it takes and answers. Names are those of the JSON, such as `api_key`.",
    );
    out.line(orders::seed(served));
    out.jsdoc(
        "  ",
        "Carries out an order of the control interface: `seed`, `reset`, `clock`, `fail_next`, `limits`, `outbox`, `transcript`, or one \
         of this kind of server. All but `seed` need a server that was started with `control`.",
    );
    orders::control(out, served);
    served.typed_orders().for_each(|order| orders::method(out, order));
    out.jsdoc("  ", "Stops it; running answers get some time to finish.");
    out.line("  close(): Promise<void>;");
    out.line("  [Symbol.asyncDispose](): Promise<void>;");
    out.line("}");
    if served.has_orders() {
        out.blank();
        out.jsdoc("", "The orders that every server takes.");
        out.line(format!("export interface {} extends ControlledServer {{}}", served.class));
    }
}

/// The type of a value of the readiness line: its members have camelCase names.
fn readiness_type(shape: &Shape) -> String {
    match shape {
        Shape::Struct(of) => {
            let member = |field: &Field| {
                let or = if field.optional { " | null" } else { "" };
                format!("readonly {}: {}{or}", field.camel, readiness_type(field.shape))
            };
            format!("{{ {} }}", of.fields.iter().map(member).collect::<Vec<_>>().join("; "))
        }
        Shape::List(of) => format!("ReadonlyArray<{}>", readiness_type(of)),
        _ => "string".to_owned(),
    }
}

/// A short text whose names in backticks are settings: `base_url` is `baseUrl`.
fn code_in_camel_case(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let is_name = |part: &str| part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let parts: Vec<String> =
        parts.map(|(at, part)| if at % 2 == 1 && is_name(part) { camel(part) } else { part.to_owned() }).collect();
    parts.join("`")
}
