//! Python: a module of functions.

use bankchannel::model::Field;

use crate::{
    model::{OperationModel, ProtocolModel},
    names::python,
    text::{Out, plain},
};

use super::{
    client::{MethodStyle, doc, is_content, object},
    types::{output_type, parameter},
};

/// Every function.
pub(crate) fn functions(out: &mut Out, protocol: &ProtocolModel) {
    for operation in &protocol.operations {
        function(out, operation);
        out.export(format!("{}_async", operation.name));
        out.blank();
        out.blank();
        out.line(format!("{0}_async = in_thread({0})", operation.name));
        for form in [MethodStyle::Blocking, MethodStyle::Awaited] {
            iterator(out, operation, form);
        }
    }
}

fn function(out: &mut Out, operation: &OperationModel) {
    let rows = operation.entry.declaration.rows;
    let parameter = |field: &Field| match rows {
        // Its items may come from an iterator.
        Some(rows) if rows.list == field.name => parameter(field).replacen("Sequence[", "Iterable[", 1),
        _ => parameter(field),
    };
    let parameters = operation.request.fields.iter().map(parameter).collect();
    begin(out, operation.name, MethodStyle::Blocking, parameters, operation.response.name);
    out.docstring("    ", &doc(operation));
    let run = if rows.is_some() { "rows" } else { "local" };
    out.line(format!("    answer: {} = {run}(", operation.response.name));
    given(out, operation, "");
    if let Some(rows) = rows {
        out.line(format!("        {:?},", rows.list));
        out.line(format!("        ({:?}, {:?}),", rows.format.0, rows.format.1));
    }
    out.line("    )");
    out.line("    return answer");
}

fn begin(out: &mut Out, name: &str, form: MethodStyle, parameters: Vec<String>, gives: &str) {
    let (define, suffix) = match form {
        MethodStyle::Blocking => ("def", ""),
        MethodStyle::Awaited => ("async def", "_async"),
    };
    out.export(format!("{name}{suffix}"));
    out.blank();
    out.blank();
    if form == MethodStyle::Awaited {
        out.line(format!("@documented_as({name}, IN_THREAD)"));
    }
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
    object(out, "        ", operation.request.fields.iter().filter(|field| !is_content(field) && field.name != but));
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
    if form == MethodStyle::Blocking {
        let mut doc = format!(
            "{}.\n\nGives pairs: what the item belongs to, with the items of that page, and the item. Pages are read as they are wanted: of a file \
             given by its path no more than a page is held. What has no items is not told: `{}` tells of all.\n\nArgs:",
            plain(pages.summary),
            operation.name
        );
        for field in fields() {
            doc.push_str(&format!("\n    {}: {}", python(field.name), plain(field.doc)));
        }
        out.docstring("    ", &doc);
    }
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
