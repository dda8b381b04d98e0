//! PHP: a module of functions, as a class of static methods.

use bankchannel::model::Shape;

use crate::{
    Generated,
    model::{OperationModel, ProtocolModel},
    names::camel,
    text::{Out, plain, sentence},
};

use super::{
    methods::signature,
    parameters::{fields, parameter, parameter_doc},
    source::{class, quoted},
    types,
};

/// The class.
pub(crate) fn module(protocol: &ProtocolModel) -> Generated {
    class(protocol.class, "Bankchannel", |out| {
        out.line("use Bankchannel\\Exception\\BankchannelException;");
        out.blank();
        out.jsdoc("", &format!("{}: functions that only compute.", sentence(protocol.what)));
        out.line(format!("final class {}", protocol.class));
        out.line("{");
        out.line("    private function __construct()");
        out.line("    {");
        out.line("    }");
        for operation in &protocol.operations {
            out.blank();
            function(out, protocol, operation);
            iterator(out, protocol, operation);
        }
        out.line("}");
    })
}

fn function(out: &mut Out, protocol: &ProtocolModel, operation: &OperationModel) {
    let rows = operation.entry.declaration.rows;
    let mut written = Out::default();
    signature(&mut written, operation, &format!("static function {}", camel(operation.name)), &[]);
    let (list, text) = (rows.map(|rows| camel(rows.list)), written.done());
    for line in text.lines() {
        // Its items may come from an iterator.
        out.line(match &list {
            Some(list) if line.contains(&format!("${list}")) => {
                line.replace("?array $", "?iterable $").replace("list<", "iterable<")
            }
            _ => line.to_owned(),
        });
    }
    let response = format!("{}\\{}", protocol.class, operation.response.name);
    out.line(format!("    ): {response} {{"));
    if let (Some(rows), Some(list)) = (rows, &list) {
        let content = operation.request_content.map_or_else(String::new, |field| field.camel.to_owned());
        out.line(format!(
            "        $rows = Rows::of(${list}, ${content}, {}, {});",
            quoted(list),
            quoted(operation.entry.declaration.name)
        ));
        out.line("        if ($rows !== null) {");
        out.line(format!("            [${list}, ${content}] = [null, $rows->content];"));
        let form = operation.request.fields.iter().find(|field| field.name == rows.format.0).map(|field| field.shape);
        let value = match form {
            Some(shape @ Shape::Enum(_)) => {
                format!("{}::from({})", types::declared(shape, types::Side::In, false), quoted(rows.format.1))
            }
            _ => quoted(rows.format.1),
        };
        out.line(format!("            ${} = {value};", camel(rows.format.0)));
        out.line("        }");
    }
    let begin = format!("        $response = Bankchannel::compute({}, ", quoted(operation.entry.declaration.name));
    fields(out, &begin, operation.request, &format!("{});", content(operation)));
    out.blank();
    out.line(format!("        return {response}::fromArray($response);"));
    out.line("    }");
}

fn content(operation: &OperationModel) -> String {
    operation.request_content.map_or_else(String::new, |field| format!(", Content::of(${})", field.camel))
}

/// The iterator over all pages.
fn iterator(out: &mut Out, protocol: &ProtocolModel, operation: &OperationModel) {
    let Some((pages, members)) = operation.pages() else { return };
    let [Some(outer), Some(item)] = members.iter().map(|shape| shape.name()).collect::<Vec<_>>()[..] else { return };
    let class = protocol.class;
    let given = || operation.request.fields.iter().filter(|field| field.name != pages.cursor);
    let mut doc = format!(
        "{}. Pages are read as they are wanted: of a file given by its path no more than a page is held; larger bytes and streams go into a temporary file first. What has no items is not told: the operation itself tells of \
         all.\n",
        plain(pages.summary)
    );
    for field in given() {
        doc.push_str(&parameter_doc(field));
    }
    doc.push_str(&format!(
        "\n\n@return \\Generator<int, array{{{class}\\{outer}, {class}\\{item}}}> pairs: what the item belongs to, with the items of that page, and the item"
    ));
    doc.push_str("\n\n@throws BankchannelException");
    out.blank();
    out.jsdoc("    ", &doc);
    out.line(format!("    public static function {}(", camel(pages.iterator)));
    for field in given() {
        out.line(format!("        {},", parameter(field, field.optional)));
    }
    out.line("    ): \\Generator {");
    out.line(format!("        ${} = null;", camel(pages.cursor)));
    if let Some(field) = operation.request_content {
        out.line(format!("        ${0} = Content::of(${0})?->filed();", field.camel));
    }
    out.line("        do {");
    out.line(format!("            $page = self::{}(", camel(operation.name)));
    for field in operation.request.fields {
        out.line(format!("                {0}: ${0},", field.camel));
    }
    out.line("            );");
    out.line(format!("            foreach ($page->{} as $outer) {{", camel(pages.items[0])));
    out.line(format!("                foreach ($outer->{} as $item) {{", camel(pages.items[1])));
    out.line("                    yield [$outer, $item];");
    out.line("                }");
    out.line("            }");
    out.line(format!("            ${} = $page->{};", camel(pages.cursor), camel(pages.next)));
    out.line(format!("        }} while (${} !== null);", camel(pages.cursor)));
    out.line("    }");
}
