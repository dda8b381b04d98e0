//! PHP: a method for each operation.

use bankchannel::model::{Shape, StructShape};

use crate::{
    descriptors,
    model::{OperationModel, ProtocolModel},
    names::{camel, pascal},
    text::{Out, plain},
};

use super::{
    errors,
    parameters::{fields, ordered, parameter, parameter_doc},
    source::quoted,
    types::{self, Side, placed},
};

/// The name of an operation's method. PHP does not distinguish `login` from `logIn`: if an exchange and a flow have the
/// same name, the exchange is `exchangeLogin`.
pub(super) fn method_name(protocol: &ProtocolModel, operation: &OperationModel) -> String {
    let name = camel(operation.name);
    let same = |other: &&OperationModel| camel(other.name).eq_ignore_ascii_case(&name) && other.name != operation.name;
    let meets = protocol.operations.iter().any(|other| same(&other));
    if meets && !operation.asks() { format!("exchange{}", pascal(operation.name)) } else { name }
}

/// A method's documentation, name (`function listFiles`) and parameters; `listed` are the types of listed items that it
/// accepts.
pub(crate) fn signature(out: &mut Out, operation: &OperationModel, name: &str, listed: &[&StructShape]) {
    let declaration = operation.entry.declaration;
    let order = ordered(operation.request);
    let summary = plain(declaration.summary);
    let mut doc = format!("{}.\n\n{}\n", summary.trim_end_matches('.'), plain(declaration.doc));
    for (at, field) in order.iter().enumerate() {
        doc.push_str(&match taken(operation, listed, at) {
            ParameterPassing::Listed(types) => {
                let tag = parameter_doc(field).replacen("@param string ", &format!("@param string|{types} "), 1);
                format!("{tag} Or a listed `{}`, in place of the fields that name it.", types.replace('|', "` or `"))
            }
            ParameterPassing::Beside(first) => {
                let tag = parameter_doc(field).replacen("@param string ", "@param string|null ", 1);
                format!("{tag} Left out if `{first}` is what was listed.")
            }
            ParameterPassing::Itself => parameter_doc(field),
        });
    }
    if operation.response_content.is_some() {
        doc.push_str(
            "\n@param string|\\SplFileInfo|resource|null $destination Where the content goes: a path that does not exist yet, or a \
             stream to write to; left out, into memory.",
        );
    }
    if operation.takes_options() {
        doc.push_str("\n@param float|null $timeout Seconds that it may take, fractions allowed; left out, the operation's own limit; 0 is expired at once.");
    }
    if operation.asks_person() {
        doc.push_str(
            "\n@param (callable(Question): string)|null $onCode Answers what it asks; left out, the client's own.",
        );
    }
    if operation.asks_signature().is_some() {
        let when = match operation.asks_signature().flatten() {
            Some(field) => format!("for `{}`", camel(field)),
            None => "where the client has no private key".to_owned(),
        };
        doc.push_str(&format!(
            "\n@param (callable(SignatureRequest): string)|null $signer Signs {when}; left out, the client's own."
        ));
    }
    if operation.reports() {
        doc.push_str(
            "\n@param (callable(Progress): mixed)|null $onProgress Is told how far the call is; bytes ten times a second at \
             most. What it throws is logged, and the call goes on.",
        );
    }
    if operation.takes_options() {
        doc.push_str(
            "\n@param string|null $requestId Sent as `X-Request-ID`: 1 to 100 ASCII letters, digits or `-._~:`; for \
             NextGenPSD2 a UUID in lower case, sent with the first attempt only.\n@param int|null $retries How often each \
             exchange may be repeated, 0 to 10; left out, the client's setting.\n@param list<HttpExchange>|null $withResponse \
             An array to which the answers to the exchanges of the call are added.",
        );
    }
    if let Some(deprecated) = operation.deprecated() {
        doc.push_str(&format!("\n\n@deprecated Use `{}`.", camel(deprecated)));
    }
    doc.push_str(&errors::throws(declaration.errors));
    out.jsdoc("    ", &doc);
    out.line(format!("    public {name}("));
    for (at, field) in order.iter().enumerate() {
        match taken(operation, listed, at) {
            ParameterPassing::Listed(types) => out.line(format!("        string|{types} ${},", field.camel)),
            ParameterPassing::Beside(_) => out.line(format!("        ?string ${} = null,", field.camel)),
            ParameterPassing::Itself => {
                out.line(format!("        {},", parameter(field, field.optional || field.profile)))
            }
        }
    }
    further_parameters(out, operation);
}

/// The parameters that are not fields of the request.
fn further_parameters(out: &mut Out, operation: &OperationModel) {
    if operation.response_content.is_some() {
        out.line("        mixed $destination = null,");
    }
    if operation.takes_options() {
        out.line("        ?float $timeout = null,");
    }
    if operation.asks_person() {
        out.line("        ?callable $onCode = null,");
    }
    if operation.asks_signature().is_some() {
        out.line("        ?callable $signer = null,");
    }
    if operation.reports() {
        out.line("        ?callable $onProgress = null,");
    }
    if operation.takes_options() {
        out.line("        ?string $requestId = null,");
        out.line("        ?int $retries = null,");
        out.line("        ?array &$withResponse = null,");
    }
}

/// How a parameter is passed in a method that accepts a listed item.
enum ParameterPassing {
    /// Only as itself.
    Itself,
    /// As itself, or as one of these types instead of all fields that name the item.
    Listed(String),
    /// As itself, unless this parameter is one of those types.
    Beside(String),
}

/// The same for the parameter at this position: required ones come first.
fn taken(operation: &OperationModel, listed: &[&StructShape], at: usize) -> ParameterPassing {
    let naming = descriptors::required(operation.request);
    match (naming.first(), at) {
        (Some(_), 0) if !listed.is_empty() => {
            ParameterPassing::Listed(listed.iter().map(|shape| shape.name).collect::<Vec<_>>().join("|"))
        }
        (Some(first), at) if !listed.is_empty() && at < naming.len() => ParameterPassing::Beside(camel(first.name)),
        _ => ParameterPassing::Itself,
    }
}

/// Takes the fields out of a listed item.
fn unlisted(out: &mut Out, operation: &OperationModel) {
    let names: Vec<String> =
        descriptors::required(operation.request).iter().map(|field| field.camel.to_owned()).collect();
    let Some((first, others)) = names.split_first() else { return };
    out.line(format!("        if (!\\is_string(${first})) {{"));
    for other in others {
        out.line(format!("            if (${other} !== null) {{"));
        out.line(format!(
            "                throw BankchannelException::invalidInput({}, 'is given beside what was listed: give one', {});",
            quoted(other),
            quoted(operation.entry.declaration.name)
        ));
        out.line("            }");
    }
    let into: Vec<String> = names.iter().map(|name| format!("${name}")).collect();
    let from: Vec<String> = names.iter().map(|name| format!("${first}->{name}")).collect();
    out.line(format!("            [{}] = [{}];", into.join(", "), from.join(", ")));
    out.line("        }");
}

pub(super) fn method(out: &mut Out, operation: &OperationModel, name: &str, listed: &[&StructShape]) {
    let declaration = operation.entry.declaration;
    let response = response_type(operation);
    signature(out, operation, &format!("function {name}"), listed);
    let mut options = Vec::new();
    if let Some(field) = operation.request_content {
        // A local operation ends before a stream could be asked for pieces.
        let held = if operation.is_local() { "?->held()" } else { "" };
        options.push(format!("content: Content::of(${}){held}", field.camel));
    }
    if operation.response_content.is_some() {
        options.push("destination: $destination".into());
    }
    if !operation.is_local() {
        options.push("timeout: $timeout".into());
    }
    if operation.asks() {
        let asks = if operation.asks_person() { "asks: true, onCode: $onCode" } else { "asks: true" };
        options.push(asks.into());
        if operation.asks_object() {
            options.push("asksProgram: true".into());
        }
    }
    if operation.asks_signature().is_some() {
        options.push("signer: $signer".into());
    }
    if operation.reports() {
        options.push("onProgress: $onProgress".into());
    }
    if !operation.is_local() {
        options.push("requestId: $requestId".into());
        options.push("retries: $retries".into());
        options.push("withResponse: $withResponse".into());
    }
    out.line(format!("    ): {response} {{"));
    if !listed.is_empty() {
        unlisted(out, operation);
    }
    let options: String = options.into_iter().map(|option| format!(", {option}")).collect();
    let (taken, carried, content) = match (operation.is_local(), operation.response_content.is_some()) {
        (true, _) => ("$response", "compute", ""),
        (false, true) => ("[$response, $content]", "carryOut", ", $content"),
        (false, false) => ("[$response]", "carryOut", ""),
    };
    let begin = format!("        {taken} = $this->{carried}({}, ", quoted(declaration.name));
    fields(out, &begin, operation.request, &format!("{options});"));
    out.blank();
    out.line(format!("        return {response}::fromArray($response{content});"));
    out.line("    }");
}

/// The class of a response, which may be another module's; streams have one of this library's own.
pub(super) fn response_type(operation: &OperationModel) -> String {
    let shape = operation.response.shape;
    if shape.name() == Some(operation.response.name) { placed(shape) } else { operation.response.name.to_owned() }
}

/// The iterator over the items of all pages.
pub(super) fn iterator(out: &mut Out, protocol: &ProtocolModel, operation: &OperationModel) {
    let Some((pages, members)) = operation.pages() else { return };
    let Some(item) = members.last() else { return };
    let (name, cursor) = (method_name(protocol, operation), camel(pages.cursor));
    let order = || ordered(operation.request).into_iter().filter(|field| field.name != pages.cursor);
    let mut doc = format!("{}. As `{name}`, which gets one page; the options count for each page.\n", pages.summary);
    for field in order() {
        doc.push_str(&parameter_doc(field));
    }
    doc.push_str("\n@param float|null $timeout Seconds that each page may take; left out, the operation's own limit.");
    doc.push_str(
        "\n@param int|null $retries How often each exchange may be repeated, 0 to 10; left out, the client's setting.",
    );
    doc.push_str(&format!("\n\n@return \\Generator<int, {}>", types::documented(item, Side::Out)));
    doc.push_str(&errors::throws(operation.entry.declaration.errors));
    out.blank();
    out.jsdoc("    ", &doc);
    out.line(format!("    public function {}(", camel(pages.iterator)));
    for field in order() {
        out.line(format!("        {},", parameter(field, field.optional || field.profile)));
    }
    out.line("        ?float $timeout = null,");
    out.line("        ?int $retries = null,");
    out.line("    ): \\Generator {");
    out.line(format!("        ${cursor} = null;"));
    out.line("        do {");
    out.line(format!("            $from = ${cursor};"));
    out.line(format!("            $page = $this->{name}("));
    for field in operation.request.fields {
        out.line(format!("                {0}: ${0},", field.camel));
    }
    out.line("                timeout: $timeout,");
    out.line("                retries: $retries,");
    out.line("            );");
    out.line(format!("            foreach ($page->{} as $item) {{", camel(pages.items[0])));
    out.line("                yield $item;");
    out.line("            }");
    out.line(format!("            ${cursor} = $page->{};", camel(pages.next)));
    // A peer's list may go in circles.
    out.line(format!(
        "        }} while ($page->{0} !== [] && {1});",
        camel(pages.items[0]),
        after_php(operation, &cursor, pages.cursor)
    ));
    out.line("    }");
}

/// Whether there is a next page: its start is given, and lies after that of this page.
fn after_php(operation: &OperationModel, cursor: &str, field: &str) -> String {
    let is_number =
        operation.request.fields.iter().any(|one| one.name == field && matches!(one.shape, Shape::Integer { .. }));
    if is_number { format!("${cursor} > ($from ?? 0)") } else { format!("${cursor} !== null && ${cursor} !== $from") }
}
