//! Python: a module of functions.

use bankchannel::model::Field;

use crate::{
    model::{OperationModel, ProtocolModel},
    names::python,
    text::{Out, plain},
};

use super::{
    client::{MethodStyle, doc, is_content},
    types::{output_type, parameter},
};

/// Every function.
pub(crate) fn functions(out: &mut Out, protocol: &ProtocolModel) {
    for operation in &protocol.operations {
        for form in [MethodStyle::Blocking, MethodStyle::Awaited] {
            function(out, operation, form);
            iterator(out, operation, form);
        }
    }
}

fn function(out: &mut Out, operation: &OperationModel, form: MethodStyle) {
    let rows = operation.entry.declaration.rows;
    let parameter = |field: &Field| match rows {
        // Its items may come from an iterator.
        Some(rows) if rows.list == field.name => parameter(field).replacen("Sequence[", "Iterable[", 1),
        _ => parameter(field),
    };
    let parameters = operation.request.fields.iter().map(parameter).collect();
    begin(out, operation.name, form, parameters, operation.response.name);
    out.docstring("    ", &documented(operation.name, doc(operation), form));
    let run = if rows.is_some() { "rows" } else { "local" };
    match form {
        MethodStyle::Blocking => out.line(format!("    answer: {} = {run}(", operation.response.name)),
        MethodStyle::Awaited => {
            out.line(format!("    answer: {} = await elsewhere(", operation.response.name));
            out.line(format!("        {run},"));
        }
    }
    given(out, operation, "");
    if let Some(rows) = rows {
        out.line(format!("        {:?},", rows.list));
        out.line(format!("        ({:?}, {:?}),", rows.format.0, rows.format.1));
    }
    out.line("    )");
    out.line("    return answer");
}

/// The documentation; of an awaitable form, how it differs.
fn documented(name: &str, doc: String, form: MethodStyle) -> String {
    match form {
        MethodStyle::Blocking => doc,
        MethodStyle::Awaited => {
            format!("As `{name}`, on a thread of the event loop's executor: the loop goes on meanwhile.\n\n{doc}")
        }
    }
}

fn begin(out: &mut Out, name: &str, form: MethodStyle, parameters: Vec<String>, gives: &str) {
    let (define, suffix) = match form {
        MethodStyle::Blocking => ("def", ""),
        MethodStyle::Awaited => ("async def", "_async"),
    };
    out.export(format!("{name}{suffix}"));
    out.blank();
    out.blank();
    out.line(format!("{define} {name}{suffix}("));
    if !parameters.is_empty() {
        out.line("    *,");
    }
    for parameter in parameters {
        out.line(format!("    {parameter},"));
    }
    out.line(format!(") -> {gives}:"));
}

/// The operation's name, its fields except one, and its content.
fn given(out: &mut Out, operation: &OperationModel, but: &str) {
    out.line(format!("        {:?},", operation.entry.declaration.name));
    out.line("        {");
    for field in operation.request.fields.iter().filter(|field| !is_content(field) && field.name != but) {
        out.line(format!("            {:?}: {},", field.name, python(field.name)));
    }
    out.line("        },");
    if let Some(field) = operation.request_content {
        out.line(format!("        {},", python(field.name)));
    }
}

/// The iterator over all pages.
fn iterator(out: &mut Out, operation: &OperationModel, form: MethodStyle) {
    let Some((pages, members)) = operation.pages() else { return };
    let [outer, item] = members[..] else { return };
    let fields = || operation.request.fields.iter().filter(|field| field.name != pages.cursor);
    let kind = if form == MethodStyle::Awaited { "AsyncIterator" } else { "Iterator" };
    begin(
        out,
        pages.iterator,
        form,
        fields().map(parameter).collect(),
        &format!("{kind}[tuple[{}, {}]]", output_type(outer), output_type(item)),
    );
    let mut doc = format!(
        "{}.\n\nGives pairs: what the item belongs to, with the items of that page, and the item. Pages are read as they are wanted: of a file \
         given by its path no more than a page is held. What has no items is not told: `{}` tells of all.\n\nArgs:",
        plain(pages.summary),
        operation.name
    );
    for field in fields() {
        doc.push_str(&format!("\n    {}: {}", python(field.name), plain(field.doc)));
    }
    out.docstring("    ", &documented(pages.iterator, doc, form));
    out.line(match form {
        MethodStyle::Blocking => "    for page in pages(",
        MethodStyle::Awaited => "    async for page in pages_async(",
    });
    given(out, operation, pages.cursor);
    out.line(format!("        {:?},", pages.cursor));
    out.line(format!("        {:?},", pages.next));
    out.line("    ):");
    out.line(format!("        for outer in page.{}:", python(pages.items[0])));
    out.line(format!("            for item in outer.{}:", python(pages.items[1])));
    out.line("                yield outer, item");
}
