//! Python: a module of functions.

use bankchannel::model::Field;

use crate::{
    model::{Operation, Protocol},
    names::python,
    python::parameter,
    python_client::{doc, is_content},
    text::{Out, plain},
};

/// Every function.
pub(crate) fn functions(out: &mut Out, protocol: &Protocol) {
    for operation in &protocol.operations {
        function(out, operation);
        iterator(out, operation);
    }
}

fn function(out: &mut Out, operation: &Operation) {
    let rows = operation.entry.declaration.rows;
    let parameter = |field: &Field| match rows {
        // Its items may come from an iterator.
        Some(rows) if rows.list == field.name => parameter(field).replacen("Sequence[", "Iterable[", 1),
        _ => parameter(field),
    };
    begin(out, operation.name, operation.request.fields.iter().map(parameter).collect(), operation.response.name);
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

fn begin(out: &mut Out, name: &str, parameters: Vec<String>, gives: &str) {
    out.export(name);
    out.blank();
    out.blank();
    out.line(format!("def {name}("));
    if !parameters.is_empty() {
        out.line("    *,");
    }
    for parameter in parameters {
        out.line(format!("    {parameter},"));
    }
    out.line(format!(") -> {gives}:"));
}

/// The operation's name, its fields except one, and its content.
fn given(out: &mut Out, operation: &Operation, but: &str) {
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
fn iterator(out: &mut Out, operation: &Operation) {
    let Some((pages, [outer, item])) = operation.pages() else { return };
    let fields = || operation.request.fields.iter().filter(|field| field.name != pages.cursor);
    begin(out, pages.iterator, fields().map(parameter).collect(), &format!("Iterator[tuple[{outer}, {item}]]"));
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
    out.line("    for page in pages(");
    given(out, operation, pages.cursor);
    out.line(format!("        {:?},", pages.cursor));
    out.line(format!("        {:?},", pages.next));
    out.line("    ):");
    out.line(format!("        for outer in page.{}:", python(pages.items[0])));
    out.line(format!("            for item in outer.{}:", python(pages.items[1])));
    out.line("                yield outer, item");
}
