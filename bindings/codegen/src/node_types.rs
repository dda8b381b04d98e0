//! Node: `index.d.ts`.

use std::collections::HashSet;

use bankchannel::{
    Category,
    model::{EnumShape, Field, Shape, StructShape, UnionShape},
};

use crate::{
    descriptors,
    model::{Model, Operation, Protocol},
    named_types::{Named, home},
    names::{camel, error_class, pascal, upper},
    node::HEADER,
    served::Served,
    text::{Out, plain, sentence},
};

/// The part that does not depend on the catalogue.
const PRELUDE: &str = include_str!("prelude.d.ts");

/// The whole of `index.d.ts`.
pub(crate) fn declarations(model: &Model) -> Result<String, String> {
    let mut out = Out::default();
    out.line(HEADER);
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
    for protocol in &model.protocols {
        let Some(settings) = protocol.settings else {
            module(&mut out, protocol)?;
            continue;
        };
        types(&mut out, protocol, &mut written)?;
        out.blank();
        interface(&mut out, settings, Direction::In);
        for served in &protocol.served {
            out.blank();
            interface(&mut out, served.options, Direction::In);
            service(&mut out, served);
        }
        client(&mut out, protocol, settings);
    }
    Ok(in_camel_case(&out.done(), model))
}

fn types(out: &mut Out, protocol: &Protocol, written: &mut HashSet<&'static str>) -> Result<(), String> {
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
            Named::Struct(shape) if protocol.is_given(shape.name) => interface(out, shape, Direction::In),
            Named::Struct(shape) => interface(out, shape, Direction::Out),
            Named::Enum(shape) => names(out, shape),
            Named::Union(shape) => union(out, shape, Direction::Out)?,
        }
    }
    questions(out, protocol)
}

/// The questions to the program's objects, and the interfaces of these objects.
fn questions(out: &mut Out, protocol: &Protocol) -> Result<(), String> {
    for named in protocol.types_of_questions() {
        out.blank();
        match named {
            Named::Struct(shape) if protocol.is_question(shape.name) => interface(out, shape, Direction::Out),
            Named::Struct(shape) => interface(out, shape, Direction::In),
            Named::Enum(shape) => names(out, shape),
            Named::Union(shape) => union(out, shape, Direction::In)?,
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
                (type_of(question.request, Direction::Out), type_of(question.answer, Direction::In));
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
fn module(out: &mut Out, protocol: &Protocol) -> Result<(), String> {
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
    out.line(format!("export declare namespace {} {{", protocol.module));
    let qualified = format!("{}.", protocol.module);
    for line in inner.done().trim_start().lines() {
        // Inside the namespace a type needs only its name.
        let is_comment = line.trim_start().starts_with(['/', '*']);
        let line = if is_comment { line.to_owned() } else { line.replace(&qualified, "") };
        out.line(if line.is_empty() { line } else { format!("  {line}") });
    }
    out.line("}");
    Ok(())
}

/// The iterator of a module's operation, with the types of its pairs.
fn pages_of_two(operation: &Operation) -> Option<(bankchannel::operation::Pages, [String; 2])> {
    let (pages, members) = operation.pages()?;
    let [outer, item] = members[..] else { return None };
    Some((pages, [outer, item].map(|shape| type_of(shape, Direction::Out))))
}

/// The result of an iterator over pages.
const GONE_THROUGH: &str = "Gives pairs: what the item belongs to, with the items of that page, and the item. Pages are read on another thread, one \
    when it is wanted, so memory stays small; what has no items is not told: the operation itself tells of all. Give a path \
    for large files: a buffer is copied for each page, and must not be changed meanwhile.";

/// The documentation of the form of an operation that computes on another thread.
fn elsewhere(name: &str) -> String {
    format!("As `{name}`, on another thread: the event loop goes on meanwhile. A buffer is copied.")
}

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

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    In,
    Out,
}

fn codes(out: &mut Out, model: &Model) {
    out.blank();
    out.jsdoc("", "The stable error codes.");
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

fn names(out: &mut Out, shape: &EnumShape) {
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

fn interface(out: &mut Out, shape: &StructShape, way: Direction) {
    out.jsdoc("", &plain(shape.doc));
    out.line(format!("export interface {} {{", shape.name));
    fields(out, shape.fields, way);
    out.line("}");
}

fn fields(out: &mut Out, fields: &[Field], way: Direction) {
    for field in fields {
        let left_out = if field.profile && way == Direction::In { " Left out, the client's own." } else { "" };
        out.jsdoc("  ", &format!("{}{left_out}", plain(field.doc)));
        let optional = if field.optional || (field.profile && way == Direction::In) { "?" } else { "" };
        let readonly = if way == Direction::Out { "readonly " } else { "" };
        // `null` is accepted like an absent value, so that an optional value can be passed on.
        let or_null = if way == Direction::In && !optional.is_empty() { " | null" } else { "" };
        out.line(format!("  {readonly}{}{optional}: {}{or_null};", camel(field.name), type_of(field.shape, way)));
    }
}

fn union(out: &mut Out, shape: &UnionShape, way: Direction) -> Result<(), String> {
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

fn type_of(shape: &Shape, way: Direction) -> String {
    match shape {
        Shape::Bool => "boolean".into(),
        Shape::Integer { .. } | Shape::Seconds | Shape::Number => "number".into(),
        Shape::Json => "Readonly<Record<string, unknown>>".into(),
        Shape::Decimal | Shape::Date | Shape::Timestamp | Shape::Text(_) => "string".into(),
        Shape::Secret(_) => if way == Direction::In { "Secret" } else { "SecretText" }.into(),
        Shape::Content => if way == Direction::In { "Content" } else { "Received" }.into(),
        Shape::Bytes => if way == Direction::In { "Uint8Array" } else { "Buffer" }.into(),
        Shape::List(of) => format!("readonly {}[]", bracketed(of, way)),
        Shape::Map(of) => format!("Readonly<Record<string, {}>>", type_of(of, way)),
        Shape::Enum(EnumShape { name, .. })
        | Shape::Struct(StructShape { name, .. })
        | Shape::Union(UnionShape { name, .. }) => match home(shape) {
            Some(module) => format!("{}.{name}", module.module),
            None => (*name).into(),
        },
    }
}

fn bracketed(shape: &Shape, way: Direction) -> String {
    let of = type_of(shape, way);
    if of.contains(' ') { format!("({of})") } else { of }
}

fn service(out: &mut Out, served: &Served) {
    let text = |info: &Field| if info.optional { "string | null" } else { "string" };
    out.blank();
    out.jsdoc("", &format!("{}: the other side, in this process, for tests and trials.", served.what));
    out.line(format!("export declare class {} implements AsyncDisposable {{", served.class));
    out.line("  private constructor();");
    out.jsdoc("  ", "Starts it; the promise resolves when it takes calls.");
    out.line(format!("  static start(options?: {}): Promise<{}>;", served.options.name, served.class));
    for info in served.info {
        out.jsdoc("  ", &code_in_camel_case(info.doc));
        out.line(format!("  readonly {}: {};", camel(info.name), text(info)));
    }
    out.jsdoc("  ", "What a client needs to reach it: spread it into the client's settings.");
    let members: Vec<String> = served.settings().map(|info| format!("{}: {}", camel(info.name), text(info))).collect();
    out.line(format!("  readonly clientSettings: {{ {} }};", members.join("; ")));
    out.jsdoc(
        "  ",
        "Puts data in, for tests and demonstrations; whether it was started with `control` or not. The server's page in `docs/` \
         says what it takes and answers, under `POST seed`. Names are those of the JSON, such as `api_key`.",
    );
    out.line(format!("  seed(data: SeedOf<{0:?}>): Promise<SeededBy<{0:?}>>;", served.class));
    out.jsdoc(
        "  ",
        "Carries out an order of the control interface: `seed`, `reset`, `clock`, `fail_next`, `limits`, `outbox`, `transcript`, or one \
         of this kind of server. All but `seed` need a server that was started with `control`.",
    );
    out.line("  readonly control: ServerControl['control'];");
    out.jsdoc("  ", "Stops it; running answers get some time to finish.");
    out.line("  close(): Promise<void>;");
    out.line("  [Symbol.asyncDispose](): Promise<void>;");
    out.line("}");
}

/// A short text whose names in backticks are settings: `base_url` is `baseUrl`.
fn code_in_camel_case(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let is_name = |part: &str| part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let parts: Vec<String> =
        parts.map(|(at, part)| if at % 2 == 1 && is_name(part) { camel(part) } else { part.to_owned() }).collect();
    parts.join("`")
}

fn client(out: &mut Out, protocol: &Protocol, settings: &StructShape) {
    out.blank();
    out.jsdoc("", &format!("{}. A method per operation. Calls may run at the same time.", sentence(protocol.what)));
    out.line(format!("export declare class {} implements AsyncDisposable {{", protocol.class));
    let options = if protocol.interfaces.is_empty() { "" } else { protocol.class };
    let options = if options.is_empty() { "ClientOptions".to_owned() } else { format!("{options}Options") };
    out.line(format!("  constructor(settings?: {}, options?: {options});", settings.name));
    if protocol.environment() {
        from_env(out, protocol, settings);
    }
    for operation in &protocol.operations {
        method(out, operation, &descriptors::of(protocol, operation));
    }
    out.blank();
    let with_content = |operation: &&Operation| operation.is_local() && operation.request_content.is_some();
    let example =
        protocol.operations.iter().find(with_content).map_or("…", |operation| operation.entry.declaration.name);
    out.jsdoc(
        "  ",
        &format!(
            "Any operation by its name, with the fields in snake_case as the catalogue has them. One that only computes does \
             so on another thread, so that the event loop goes on: `client.call('{example}', …)` for big content. \
             Such a one takes no time limit, no signal, and no stream."
        ),
    );
    out.line("  call(name: string, request?: object, options?: CallOptions & ContentOptions & ClientOptions): Promise<unknown>;");
    out.jsdoc("  ", "An operation that only computes, by its name, here and now.");
    out.line("  callLocal(name: string, request?: object, options?: { content?: LocalContent }): unknown;");
    out.jsdoc("  ", "Ends the client: running calls are cancelled.");
    out.line("  close(): Promise<void>;");
    out.line("  [Symbol.asyncDispose](): Promise<void>;");
    out.line("}");
}

/// An operation's documentation, with the listed items that it accepts; for one that may compute for long, also the
/// asynchronous alternative.
fn documented(operation: &Operation, listed: &[&StructShape]) -> String {
    let declaration = operation.entry.declaration;
    let mut doc = format!("{}.\n\n{}", declaration.summary.trim_end_matches('.'), plain(declaration.doc));
    if !listed.is_empty() {
        doc.push_str(&format!("\n\n{}", descriptors::told(listed)));
    }
    if !declaration.errors.is_empty() {
        doc.push('\n');
    }
    for row in declaration.errors {
        doc.push_str(&format!("\n@throws {{{}}} `{}`: {}", error_class(row.category), row.code, row.text));
    }
    if let Some(successor) = operation.deprecated() {
        doc.push_str(&format!("\n\n@deprecated Use `{successor}`."));
    }
    if operation.takes_time() {
        let name = camel(operation.name);
        doc.push_str(&format!("\n\nThe event loop waits meanwhile: `{name}Async` computes on another thread."));
    }
    doc
}

fn request(operation: &Operation) -> String {
    format!("request{}: {}", if is_needed(operation) { "" } else { "?" }, operation.request.name)
}

fn is_needed(operation: &Operation) -> bool {
    operation.request.fields.iter().any(|field| !(field.optional || field.profile))
}

/// The request of a local operation: its content is available at once, and the items of a list may come from an
/// iterator.
fn local_request(operation: &Operation) -> String {
    let optional = |field: &Field| if field.optional { "?" } else { "" };
    let mut others = Vec::new();
    if let Some(field) = operation.request_content {
        let or_null = if field.optional { " | null" } else { "" };
        others.push((camel(field.name), format!("{}{}: LocalContent{or_null}", camel(field.name), optional(field))));
    }
    let rows = operation.entry.declaration.rows;
    let rows = rows.and_then(|rows| operation.request.fields.iter().find(|field| field.name == rows.list));
    if let Some((field, Shape::List(of))) = rows.map(|field| (field, field.shape)) {
        let of = type_of(of, Direction::In);
        others.push((camel(field.name), format!("{}{}: Iterable<{of}> | null", camel(field.name), optional(field))));
    }
    if others.is_empty() {
        return request(operation);
    }
    let (names, members): (Vec<String>, Vec<String>) = others.into_iter().unzip();
    let names: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
    let request = request(operation).replace(": ", ": Omit<");
    format!("{request}, {}> & {{ {} }}", names.join(" | "), members.join("; "))
}

/// The type of an answer, which may be a module's; those with a stream have one of their own.
fn answer_type(operation: &Operation) -> String {
    let shape = operation.response.shape;
    let is_own = shape.name() != Some(operation.response.name);
    if is_own { operation.response.name.to_owned() } else { type_of(shape, Direction::Out) }
}

fn method(out: &mut Out, operation: &Operation, listed: &[&StructShape]) {
    let name = camel(operation.name);
    out.blank();
    out.jsdoc("  ", &documented(operation, listed));
    if operation.is_local() {
        out.line(format!("  {name}({}): {};", local_request(operation), answer_type(operation)));
        if operation.takes_time() {
            out.jsdoc("  ", &elsewhere(&name));
            out.line(format!("  {name}Async({}): Promise<{}>;", local_request(operation), answer_type(operation)));
        }
        return;
    }
    let request = listed.iter().fold(request(operation), |request, shape| format!("{request} | {}", shape.name));
    let mut options = vec!["CallOptions"];
    if operation.response_content.is_some() {
        options.push("DestinationOption");
    }
    if operation.asks() {
        options.push("AskOptions");
    }
    out.line(format!("  {name}({request}, options?: {}): Promise<{}>;", options.join(" & "), answer_type(operation)));
    if let Some((pages, members)) = operation.pages() {
        let item = members.last().map_or_else(String::new, |item| type_of(item, Direction::Out));
        let given = format!("Omit<{}, {:?}>", operation.request.name, camel(pages.cursor));
        out.jsdoc(
            "  ",
            &format!("{}.\n\nAs `{name}`, which gets one page; the options count for each page.", pages.summary),
        );
        out.line(format!(
            "  {}(request?: {given}, options?: {}): AsyncGenerator<{item}, void, undefined>;",
            camel(pages.iterator),
            options.join(" & ")
        ));
    }
    for (field, former) in operation.renamed() {
        let (now, former) = (camel(field.name), camel(former));
        let optional = if field.optional || field.profile { "?" } else { "" };
        out.jsdoc(
            "  ",
            &format!("As above, with the former name of `{now}`.\n\n@deprecated `{former}` is called `{now}`."),
        );
        out.line(format!(
            "  {name}(request: Omit<{0}, {now:?}> & {{ {former}{optional}: {0}[{now:?}] }}, options?: {1}): Promise<{2}>;",
            operation.request.name,
            options.join(" & "),
            answer_type(operation)
        ));
    }
    if operation.response_content.is_some() {
        out.jsdoc(
            "  ",
            &format!("As `{name}`, with the content as a stream; it is good only if the stream ends without error."),
        );
        out.line(format!(
            "  {name}Stream({request}, options?: CallOptions): Readable & {{ readonly response: Promise<{}> }};",
            answer_type(operation)
        ));
    }
}

fn from_env(out: &mut Out, protocol: &Protocol, settings: &StructShape) {
    out.blank();
    out.jsdoc(
        "  ",
        &format!(
            "A client of the environment's settings, the variables `{}*` such as `{}`; what is given here goes before.\n\n\
             @throws {{ConfigurationError}} `configuration.invalid`: a variable has an unusable value; it is named, its \
             value is not shown.",
            protocol.variable_prefix(),
            protocol.variables[0].0,
        ),
    );
    out.line(format!("  static fromEnv(settings?: {}, options?: ClientOptions): {};", settings.name, protocol.class));
}
