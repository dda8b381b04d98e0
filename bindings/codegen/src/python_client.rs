//! Python: the two clients with a keyword method per operation.

use bankchannel::model::{Field, Shape};

use crate::{
    model::{Operation, Protocol},
    names::python,
    python::parameter,
    text::{Out, plain},
};

/// Whether methods block or are awaited.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Blocking,
    Awaited,
}

/// Both clients.
pub(crate) fn clients(out: &mut Out, protocol: &Protocol) -> Result<(), String> {
    client(out, protocol, Form::Blocking);
    client(out, protocol, Form::Awaited);
    Ok(())
}

fn client(out: &mut Out, protocol: &Protocol, form: Form) {
    let (prefix, base) = match form {
        Form::Blocking => ("", "Client"),
        Form::Awaited => ("Async", "AsyncClient"),
    };
    out.blank();
    out.blank();
    out.line(format!("class {prefix}{}({base}):", protocol.client));
    let mut doc = plain(protocol.settings.doc);
    doc.push_str(match form {
        Form::Blocking => "\n\nMethods block the calling thread, with the interpreter's lock released.",
        Form::Awaited => "\n\nMethods are awaited. Those that only compute are called without `await`.",
    });
    doc.push_str(" The client may be shared by threads.\n\nArgs:");
    for field in protocol.settings.fields {
        doc.push_str(&format!("\n    {}: {}", python(field.name), plain(field.doc)));
    }
    doc.push_str("\n    on_code: Answers what an operation asks in its middle, such as for a one-time code.");
    out.docstring("    ", &doc);
    out.blank();
    out.line(format!("    _protocol: ClassVar = {:?}", protocol.name));
    out.blank();
    out.line("    def __init__(");
    out.line("        self,");
    out.line("        *,");
    for field in protocol.settings.fields {
        out.line(format!("        {},", parameter(field)));
    }
    out.line("        on_code: OnCode | None = None,");
    out.line("    ) -> None:");
    out.line("        super().__init__(");
    out.line("            {");
    for field in protocol.settings.fields {
        out.line(format!("                {:?}: {},", field.name, python(field.name)));
    }
    out.line("            },");
    out.line("            on_code,");
    out.line("        )");
    for operation in &protocol.operations {
        method(out, operation, form);
    }
}

fn method(out: &mut Out, operation: &Operation, form: Form) {
    let awaited = form == Form::Awaited && !operation.is_local();
    out.blank();
    out.line(format!("    {}def {}(", if awaited { "async " } else { "" }, operation.name));
    out.line("        self,");
    let parameters: Vec<String> = operation.request.fields.iter().map(parameter).chain(options(operation)).collect();
    if !parameters.is_empty() {
        out.line("        *,");
    }
    for parameter in parameters {
        out.line(format!("        {parameter},"));
    }
    out.line(format!("    ) -> {}:", operation.response.name));
    out.docstring("        ", &doc(operation));
    let call = if operation.is_local() { "_local" } else { "_call" };
    out.line(format!("        return {}self.{call}(", if awaited { "await " } else { "" }));
    out.line(format!("            {:?},", operation.entry.declaration.name));
    out.line(match operation.response.shape {
        Shape::Union(shape) => format!("            _{},", shape.name),
        _ => format!("            {}._from_json,", operation.response.name),
    });
    out.line("            {");
    for field in operation.request.fields.iter().filter(|field| !is_content(field)) {
        out.line(format!("                {:?}: {},", field.name, python(field.name)));
    }
    out.line("            },");
    if let Some(field) = operation.request_content {
        out.line(format!("            content={},", python(field.name)));
    }
    if let Some(field) = operation.response_content {
        out.line(format!("            received={:?},", field.name));
    }
    for name in passed(operation) {
        out.line(format!("            {name}={name},"));
    }
    out.line("        )");
}

fn is_content(field: &Field) -> bool {
    matches!(field.shape, Shape::Content)
}

/// The options beside the request's fields.
fn options(operation: &Operation) -> Vec<String> {
    passed(operation)
        .into_iter()
        .map(|name| match name {
            "destination" => "destination: Destination | None = None".into(),
            "timeout" => "timeout: float | None = None".into(),
            "cancel" => "cancel: Cancel | None = None".into(),
            other => format!("{other}: OnCode | None = None"),
        })
        .collect()
}

fn passed(operation: &Operation) -> Vec<&'static str> {
    if operation.is_local() {
        return Vec::new();
    }
    let mut names = Vec::new();
    if operation.response_content.is_some() {
        names.push("destination");
    }
    names.extend(["timeout", "cancel"]);
    if operation.asks() {
        names.push("on_code");
    }
    names
}

fn doc(operation: &Operation) -> String {
    let declaration = operation.entry.declaration;
    let mut doc = format!("{}.\n\n{}", declaration.summary.trim_end_matches('.'), plain(declaration.doc));
    if !operation.request.fields.is_empty() || !operation.is_local() {
        doc.push_str("\n\nArgs:");
    }
    for field in operation.request.fields {
        let left_out = if field.profile { " Left out, the client's own." } else { "" };
        doc.push_str(&format!("\n    {}: {}{left_out}", python(field.name), plain(field.doc)));
    }
    for name in passed(operation) {
        doc.push_str(&format!(
            "\n    {name}: {}",
            match name {
                "destination" => "Where the content goes: a path that must not exist, `Replace(path)`, or a binary file object. Left out, into memory.",
                "timeout" => "Seconds that the call may take; 0 is expired at once. Left out, the client's or the operation's own.",
                "cancel" => "Stops the call, from any thread.",
                _ => "Answers what the call asks, such as for a one-time code; in place of the client's.",
            }
        ));
    }
    if !declaration.errors.is_empty() {
        doc.push_str("\n\nRaises:");
        for row in declaration.errors {
            doc.push_str(&format!("\n    {}: `{}`: {}", crate::names::error_class(row.category), row.code, row.text));
        }
    }
    doc
}
