//! Python: the two clients with a keyword method per operation.

use bankchannel::model::{Field, Shape, StructShape};

use crate::{
    model::{OperationModel, ProtocolModel},
    names::python,
    text::{Out, WIDTH, plain, sentence},
};

use super::types::{member, output_type, parameter};

/// Whether methods block or are awaited.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum MethodStyle {
    Blocking,
    Awaited,
}

impl MethodStyle {
    /// The prefix of the client's name, and of the types that only it takes.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::Blocking => "",
            Self::Awaited => "Async",
        }
    }
}

/// The base class of a protocol's clients, and its module, if it is not the common one: one with methods that combine
/// several operations.
pub(crate) fn base(protocol: &ProtocolModel) -> Option<(&'static str, &'static str)> {
    protocol.iterates_new_files().then_some(("NewFilesClient", "_new_files"))
}

/// Both clients.
pub(crate) fn clients(out: &mut Out, protocol: &ProtocolModel, settings: &StructShape) {
    settings_types(out, protocol, settings);
    client(out, protocol, settings, MethodStyle::Blocking);
    client(out, protocol, settings, MethodStyle::Awaited);
}

/// The settings as separate types: for `from_env`, and for programs that keep them in a dict. Callbacks are typed for
/// each client: a blocking one takes no coroutine.
fn settings_types(out: &mut Out, protocol: &ProtocolModel, settings: &StructShape) {
    let name = protocol.class;
    out.blank();
    out.blank();
    out.line(format!("class _{name}Settings(TypedDict, total=False):"));
    for field in settings.fields {
        out.line(format!("    {}", member(field)));
        out.docstring("    ", &plain(field.doc));
    }
    for form in [MethodStyle::Blocking, MethodStyle::Awaited] {
        let prefix = form.prefix();
        out.export(format!("{prefix}{name}Settings"));
        out.blank();
        out.blank();
        out.line(format!("class {prefix}{name}Settings(_{name}Settings, total=False):"));
        out.docstring("    ", &format!("What `{prefix}{name}` may be given by keyword."));
        for (option, class, doc) in asked(protocol, form) {
            out.blank();
            out.line(format!("    {option}: {class} | None"));
            out.docstring("    ", doc);
        }
    }
}

/// The callbacks of operations: the option's name, its type and its purpose.
const ASKED: [(&str, &str, &str); 2] = [
    ("on_code", "OnCode", "Answers what an operation asks in its middle, such as for a one-time code."),
    (
        "signer",
        "Signer",
        "Signs where the private key is elsewhere, such as in a security module; it is given a digest.",
    ),
];

/// The callbacks of every client for its requests: they are the same in both forms.
const HOOKS: [(&str, &str, &str); 4] = [
    ("on_request", "OnRequest", "Is told of each request that begins, with a `HttpRequest`; it cannot change it."),
    (
        "on_response",
        "OnResponse",
        "Is told of each answer, with the `HttpRequest` and a `HttpExchange`: status, headers, request id and time.",
    ),
    (
        "tracer",
        "Tracer",
        "A tracer of OpenTelemetry, as `trace.get_tracer(__name__)` gives it: each call is a span below the present one, with \
         its requests as events, and its `traceparent` goes along where `send_traceparent` allows it.",
    ),
    (
        "traceparent",
        "TraceParent",
        "Without a tracer: a W3C `traceparent` that goes along, or a function that is asked for one at each call.",
    ),
];

/// The callbacks that this protocol has, and the program's objects that it asks: name, type and purpose.
fn asked(protocol: &ProtocolModel, form: MethodStyle) -> impl Iterator<Item = (&'static str, String, &'static str)> {
    let objects = protocol.interfaces.iter().map(|interface| (interface.option, interface.name, interface.what));
    let of_form = ASKED.into_iter().filter(|_| protocol.asks()).chain(objects);
    let hooks = HOOKS.into_iter().map(|(name, class, what)| (name, class.to_owned(), what));
    of_form.map(move |(name, class, what)| (name, format!("{}{class}", form.prefix()), what)).chain(hooks)
}

fn client(out: &mut Out, protocol: &ProtocolModel, settings: &StructShape, form: MethodStyle) {
    let prefix = form.prefix();
    out.export(format!("{prefix}{}", protocol.class));
    out.blank();
    out.blank();
    let base = base(protocol).map_or("Client", |(class, _)| class);
    out.line(format!("class {prefix}{}({prefix}{base}):", protocol.class));
    let what = sentence(protocol.what);
    match form {
        MethodStyle::Blocking => {
            let mut doc = format!(
                "{what}. A method per operation.\n\nMethods block the calling thread, with the interpreter's lock released. \
                 The client may be shared by threads.\n\n{}\n\nArgs:",
                plain(settings.doc)
            );
            for field in settings.fields {
                doc.push_str(&format!("\n    {}: {}", python(field.name), plain(field.doc)));
            }
            for (name, _, what) in asked(protocol, form) {
                doc.push_str(&format!("\n    {name}: {what}"));
            }
            out.docstring("    ", &doc);
        }
        MethodStyle::Awaited => {
            out.docstring(
                "    ",
                &format!(
                    "{what}, for asyncio. The methods and settings of `{}`.\n\nMethods are awaited; those that compute for \
                     long do so on a thread of the loop's executor. Short computations are called without `await`.",
                    protocol.class
                ),
            );
            out.blank();
            out.line(format!("    __doc__ = with_arguments(__doc__, {})", protocol.class));
        }
    }
    out.blank();
    out.line(format!("    _protocol: ClassVar = {:?}", protocol.name));
    out.blank();
    out.line("    def __init__(");
    out.line("        self,");
    out.line("        *,");
    for field in settings.fields {
        out.line(format!("        {},", parameter(field)));
    }
    for (name, class, _) in asked(protocol, form) {
        out.line(format!("        {name}: {class} | None = None,"));
    }
    out.line("    ) -> None:");
    out.line("        super().__init__(");
    object(out, "            ", settings.fields.iter());
    for (name, _, _) in ASKED {
        out.line(format!("            {},", if protocol.asks() { name } else { "None" }));
    }
    for interface in protocol.interfaces {
        out.line(format!("            whom={},", interface.option));
    }
    out.line("            hooks=(on_request, on_response),");
    out.line("            traces=(tracer, traceparent),");
    out.line("        )");
    from_env(out, protocol, form);
    if form == MethodStyle::Awaited {
        out.blank();
    }
    for operation in &protocol.operations {
        method(out, protocol.class, operation, form);
        iterator(out, protocol, operation, form);
    }
}

/// The iterator over the items of all pages.
fn iterator(out: &mut Out, protocol: &ProtocolModel, operation: &OperationModel, form: MethodStyle) {
    let Some((pages, members)) = operation.pages().filter(|_| !operation.is_local()) else { return };
    let item = members.last().map_or_else(String::new, |item| output_type(item));
    let (define, kind, wait) = match form {
        MethodStyle::Blocking => ("def", "Iterator", ""),
        MethodStyle::Awaited => ("async def", "AsyncIterator", "await "),
    };
    let fields = || operation.request.fields.iter().filter(|field| field.name != pages.cursor);
    let of_each_page = ["timeout", "cancel", "retries"];
    let signer = own_options(operation).into_iter().filter(|name| *name == "signer");
    let passed: Vec<&str> = of_each_page.into_iter().chain(signer).collect();
    out.blank();
    if form == MethodStyle::Awaited {
        out.line(format!("    @documented_as({}.{})", protocol.class, pages.iterator));
    }
    out.line(format!("    {define} {}(", pages.iterator));
    out.line("        self,");
    out.line("        *,");
    for parameter in fields().map(parameter) {
        out.line(format!("        {parameter},"));
    }
    for option in passed.iter().map(|name| option(name, form)) {
        out.line(format!("        {option},"));
    }
    out.line(format!("    ) -> {kind}[{item}]:"));
    if form == MethodStyle::Blocking {
        out.docstring(
            "        ",
            &format!(
                "{}.\n\nArguments and exceptions are those of `{}`, which gets one page; the options count for each page.",
                pages.summary, operation.name
            ),
        );
    }
    out.line("        begin = None");
    out.line("        while True:");
    out.line(format!("            page = {wait}self.{}(", operation.name));
    for field in fields() {
        out.line(format!("                {0}={0},", python(field.name)));
    }
    out.line(format!("                {}=begin,", python(pages.cursor)));
    for name in passed {
        out.line(format!("                {name}={name},"));
    }
    out.line("            )");
    let list = python(pages.items[0]);
    if form == MethodStyle::Blocking {
        out.line(format!("            yield from page.{list}"));
    } else {
        out.line(format!("            for item in page.{list}:"));
        out.line("                yield item");
    }
    out.line(format!("            if not page.{list} or not is_further(begin, page.{}):", python(pages.next)));
    out.line("                return");
    out.line(format!("            begin = page.{}", python(pages.next)));
}

fn from_env(out: &mut Out, protocol: &ProtocolModel, form: MethodStyle) {
    let prefix = form.prefix();
    out.blank();
    out.line("    @classmethod");
    out.line(format!("    def from_env(cls, **settings: Unpack[{prefix}{}Settings]) -> Self:", protocol.class));
    out.docstring(
        "        ",
        &format!(
            "A client of the settings that the environment's `{0}...` variables give, such as `{1}`; those given here \
             count before them.\n\nRaises:\n    ConfigurationError: A variable or setting cannot be used; the error names it.",
            protocol.variable_prefix(),
            protocol.address_variable(),
        ),
    );
    out.line("        return cls._from_env(settings)");
}

/// A method; `class` is that of the blocking client or server.
pub(super) fn method(out: &mut Out, class: &str, operation: &OperationModel, form: MethodStyle) {
    if form == MethodStyle::Awaited {
        return twin(out, class, operation);
    }
    begin(out, operation, form);
    out.docstring("        ", &doc(operation));
    if let Some(successor) = operation.deprecated() {
        let text = format!("{} is deprecated: use {successor}", operation.name);
        out.line(format!("        warnings.warn({text:?}, DeprecationWarning, stacklevel=self._stacklevel)"));
    }
    if operation.is_order() {
        return carried_out(out, operation);
    }
    // Local operations without content need only the conversion from this package.
    let (call, plain_local) = match (operation.is_local(), operation.request_content.is_some()) {
        (true, true) => ("_local", false),
        (true, false) => ("_native.local", true),
        (false, _) => ("_call", false),
    };
    out.line(format!("        answer: {} = self.{call}(", operation.response.name));
    out.line(format!("            {:?},", operation.entry.declaration.name));
    object(out, "            ", operation.request.fields.iter().filter(|field| !is_content(field)));
    let mut further: Vec<String> = Vec::new();
    if operation.takes_options() {
        further.push("options".to_owned());
    }
    if let Some(field) = operation.request_content.filter(|_| !plain_local) {
        further.push(format!("content={}", python(field.name)));
    }
    further.extend(own_options(operation).into_iter().map(|name| format!("{name}={name}")));
    if !further.is_empty() {
        out.line(format!("            {},", further.join(", ")));
    }
    out.line("        )");
    out.line("        return answer");
}

/// The body of a method for an order.
fn carried_out(out: &mut Out, order: &OperationModel) {
    // A field of an order may be called `answer`.
    let begin = format!("        found: {} = self._carry_out(", answer_name(order));
    let name = format!("{:?}", order.entry.declaration.name);
    let most = order.form().map_or(0, |form| form.max_bytes);
    let content = order
        .request_content
        .map(|field| format!(", content={}, field={:?}, most={most}", python(field.name), field.name))
        .unwrap_or_default();
    let fields = || order.request.fields.iter().filter(|field| !is_content(field));
    let members: Vec<String> = fields().map(|field| format!("{:?}: {}", field.name, python(field.name))).collect();
    let one = format!("{begin}{name}, {{{}}}{content})", members.join(", "));
    if one.len() <= WIDTH {
        out.line(one);
    } else {
        out.line(begin);
        out.line(format!("            {name},"));
        object(out, "            ", fields());
        if !content.is_empty() {
            out.line(format!("            {},", content.trim_start_matches(", ")));
        }
        out.line("        )");
    }
    out.line("        return found");
}

/// The method of the client for asyncio: that of the blocking one, whose text and parameters it has.
fn twin(out: &mut Out, class: &str, operation: &OperationModel) {
    let (name, original) = (operation.name, format!("{class}.{}", operation.name));
    if has_callbacks(operation) {
        out.blank();
        out.line(format!("    @awaits({original})"));
        begin(out, operation, MethodStyle::Awaited);
        out.line("        raise NotImplementedError");
        return;
    }
    let how = match (operation.is_local(), operation.takes_time()) {
        (true, true) => "awaited_in_thread",
        (true, false) => "unchanged",
        (false, _) => "awaited",
    };
    out.line(format!("    {name} = {how}({original})"));
}

/// Whether a method takes callbacks, which the client for asyncio may await: there it has its own parameters.
pub(super) fn has_callbacks(operation: &OperationModel) -> bool {
    own_options(operation).iter().any(|option| ["on_code", "signer"].contains(option))
}

/// The head of a method.
fn begin(out: &mut Out, operation: &OperationModel, form: MethodStyle) {
    if form == MethodStyle::Blocking {
        out.blank();
    }
    let define = if form == MethodStyle::Awaited { "async def" } else { "def" };
    let own = own_options(operation).into_iter().map(|name| option(name, form));
    let parameters: Vec<String> = operation.request.fields.iter().map(parameter).chain(own).collect();
    if operation.is_order() {
        let keywords = if parameters.is_empty() { "" } else { ", *, " };
        let one = format!("    {define} {}(self{keywords}{})", operation.name, parameters.join(", "));
        let one = format!("{one} -> {}:", answer_name(operation));
        if one.len() <= WIDTH {
            return out.line(one);
        }
    }
    out.line(format!("    {define} {}(", operation.name));
    out.line("        self,");
    if !parameters.is_empty() {
        out.line("        *,");
    }
    for parameter in parameters {
        out.line(format!("        {parameter},"));
    }
    if operation.takes_options() {
        out.line("        **options: Unpack[CallOptions],");
    }
    out.line(format!("    ) -> {}:", answer_name(operation)));
}

/// The type of an answer; an order's empty one is none.
fn answer_name(operation: &OperationModel) -> &'static str {
    if operation.answers() { operation.response.name } else { "None" }
}

/// The request's fields, as an argument.
pub(super) fn object<'a>(out: &mut Out, indent: &str, fields: impl Iterator<Item = &'a Field>) {
    let members: Vec<String> = fields.map(|field| format!("{:?}: {}", field.name, python(field.name))).collect();
    let one = format!("{indent}{{{}}},", members.join(", "));
    if one.len() <= WIDTH {
        return out.line(one);
    }
    out.line(format!("{indent}{{"));
    out.filled(&format!("{indent}    "), &members);
    out.line(format!("{indent}}},"));
}

pub(crate) fn is_content(field: &Field) -> bool {
    matches!(field.shape, Shape::Content)
}

fn option(name: &str, form: MethodStyle) -> String {
    let prefix = form.prefix();
    match name {
        "destination" => "destination: Destination | None = None".into(),
        "timeout" => "timeout: float | None = None".into(),
        "cancel" => "cancel: Cancel | None = None".into(),
        "retries" => "retries: int | None = None".into(),
        "on_progress" => "on_progress: OnProgress | None = None".into(),
        "signer" => format!("signer: {prefix}Signer | None = None"),
        other => format!("{other}: {prefix}OnCode | None = None"),
    }
}

/// The options that not every call has: those are `CallOptions`.
fn own_options(operation: &OperationModel) -> Vec<&'static str> {
    if !operation.takes_options() {
        return Vec::new();
    }
    let mut names = Vec::new();
    if operation.response_content.is_some() {
        names.push("destination");
    }
    if operation.reports() {
        names.push("on_progress");
    }
    if operation.asks_person() {
        names.push("on_code");
    }
    // An operation that signs may use an external key.
    if operation.asks_signature().is_some() {
        names.push("signer");
    }
    names
}

pub(crate) fn doc(operation: &OperationModel) -> String {
    let declaration = operation.entry.declaration;
    let mut doc = format!("{}.\n\n{}", declaration.summary.trim_end_matches('.'), plain(declaration.doc));
    if !operation.request.fields.is_empty() || operation.takes_options() {
        doc.push_str("\n\nArgs:");
    }
    for field in operation.request.fields {
        let left_out = if field.profile { " Left out, the client's own." } else { "" };
        doc.push_str(&format!("\n    {}: {}{left_out}", python(field.name), plain(field.doc)));
    }
    let signer = match operation.asks_signature().flatten() {
        Some(field) => format!("Signs with the key of `{field}`; in place of the client's."),
        None => "Signs where the client has no private key; in place of the client's.".to_owned(),
    };
    for name in own_options(operation) {
        doc.push_str(&format!(
            "\n    {name}: {}",
            match name {
                "destination" => "Where the content goes: a path that must not exist, `Replace(path)`, or a binary file object. Left out, into memory.",
                "on_progress" => "Is told how far the call is, with a `Progress`; bytes ten times a second at most. What it raises is reported, and the call goes on.",
                "signer" => signer.as_str(),
                _ => "Answers what the call asks, such as for a one-time code; in place of the client's.",
            }
        ));
    }
    if operation.takes_options() {
        doc.push_str(
            "\n    timeout, cancel, request_id, retries, with_response: The options of every call; see `CallOptions`.",
        );
    }
    if !declaration.errors.is_empty() {
        doc.push_str("\n\nRaises:");
        for row in declaration.errors {
            doc.push_str(&format!("\n    {}: `{}`: {}", crate::names::error_class(row.category), row.code, row.text));
        }
    }
    doc
}
