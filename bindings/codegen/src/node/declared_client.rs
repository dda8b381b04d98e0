//! Node: the classes of clients in `index.d.ts`.

use bankchannel::model::{Field, Shape, StructShape};

use crate::{
    descriptors,
    model::{OperationModel, ProtocolModel},
    names::{camel, codes_by_category, error_class},
    text::{Out, plain, sentence},
};

use super::declared_types::{TypeDirection, type_of};

/// The iterator of a module's operation, with the types of its pairs.
pub(super) fn pages_of_two(operation: &OperationModel) -> Option<(bankchannel::operation::Pages, [String; 2])> {
    let (pages, members) = operation.pages()?;
    let [outer, item] = members[..] else { return None };
    Some((pages, [outer, item].map(|shape| type_of(shape, TypeDirection::Out))))
}

/// The documentation of the form of an operation that computes on another thread.
pub(super) fn elsewhere(name: &str) -> String {
    format!("As `{name}`, on another thread: the event loop goes on meanwhile. A buffer is copied.")
}

pub(super) fn client(out: &mut Out, protocol: &ProtocolModel, settings: &StructShape) {
    out.blank();
    out.jsdoc("", &format!("{}. A method per operation. Calls may run at the same time.", sentence(protocol.what)));
    out.line(format!("export declare class {} implements AsyncDisposable {{", protocol.class));
    let options = if protocol.interfaces.is_empty() { "" } else { protocol.class };
    let options = if options.is_empty() { "ClientOptions".to_owned() } else { format!("{options}Options") };
    out.line(format!("  constructor(settings?: {}, options?: {options});", settings.name));
    from_env(out, protocol, settings);
    for operation in &protocol.operations {
        method(out, operation, &descriptors::described_structs(protocol, operation));
    }
    if protocol.iterates_new_files() {
        out.blank();
        let listing = protocol.operations.iter().find(|operation| operation.name == "list_files");
        out.jsdoc("  ", &format!("{NEW_FILES}{}", listing.map(thrown).unwrap_or_default()));
        out.line(
            "  iterNewFiles(request: Omit<DownloadNewFilesRequest, 'fileReference'>, options?: CallOptions & AskOptions): \
             AsyncGenerator<DownloadedFile, void, undefined>;",
        );
    }
    out.blank();
    let with_content = |operation: &&OperationModel| operation.is_local() && operation.request_content.is_some();
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

/// The documentation of the iterator that is written by hand.
const NEW_FILES: &str = "Download all new files into a folder, and get each as soon as it is there.

Names, folder and existing files are as with `downloadNewFiles`. But the next file is downloaded only when it is asked for: a \
    loop that ends early leaves the rest new at the bank and no incomplete file, and the next run continues there. A downloaded \
    file is no longer new at the bank, so a later run does not give it again; one whose name exists in the folder stays new, and \
    is given as `exists` in each run. Each file costs a separate listing.

A failed file is given too, with `status` `failed`, `error` and `errorMessage`, and the others follow; the next run tries it \
    again. Files that an earlier run began and did not finish come last and in one call, with those that have become new in the \
    meantime; a file that failed earlier in this run is given a second time if it arrives then.

The bank is not contacted before the first file is asked for. An error ends the iteration: the listing cannot be read, or \
    continuing is pointless because the session has ended, the call was cancelled or its time is up. The next run gives what was \
    downloaded and never given. The options count for each call: the listing, then each file.";

/// The errors that an operation declares, by class. What each code means stands once, with `codes`.
fn thrown(operation: &OperationModel) -> String {
    let line = |(category, codes)| format!("\n@throws {{{}}} {codes}", error_class(category));
    let lines: String = codes_by_category(operation.entry.declaration.errors).into_iter().map(line).collect();
    if lines.is_empty() { lines } else { format!("\n{lines}") }
}

/// An operation's documentation, with the listed items that it accepts; for one that may compute for long, also the
/// asynchronous alternative.
pub(super) fn documented(operation: &OperationModel, listed: &[&StructShape]) -> String {
    let declaration = operation.entry.declaration;
    let mut doc = format!("{}.\n\n{}", declaration.summary.trim_end_matches('.'), plain(declaration.doc));
    if !listed.is_empty() {
        doc.push_str(&format!("\n\n{}", descriptors::descriptors_text(listed)));
    }
    doc.push_str(&thrown(operation));
    if let Some(successor) = operation.deprecated() {
        doc.push_str(&format!("\n\n@deprecated Use `{successor}`."));
    }
    if operation.takes_time() {
        let name = camel(operation.name);
        doc.push_str(&format!("\n\nThe event loop waits meanwhile: `{name}Async` computes on another thread."));
    }
    doc
}

pub(super) fn request(operation: &OperationModel) -> String {
    format!("request{}: {}", if is_needed(operation) { "" } else { "?" }, operation.request.name)
}

pub(super) fn is_needed(operation: &OperationModel) -> bool {
    operation.request.fields.iter().any(|field| !(field.optional || field.profile))
}

/// The request of a local operation: its content is available at once, and the items of a list may come from an
/// iterator.
pub(super) fn local_request(operation: &OperationModel) -> String {
    let optional = |field: &Field| if field.optional { "?" } else { "" };
    let mut others = Vec::new();
    if let Some(field) = operation.request_content {
        let or_null = if field.optional { " | null" } else { "" };
        others.push((field.camel.to_owned(), format!("{}{}: LocalContent{or_null}", field.camel, optional(field))));
    }
    let rows = operation.entry.declaration.rows;
    let rows = rows.and_then(|rows| operation.request.fields.iter().find(|field| field.name == rows.list));
    if let Some((field, Shape::List(of))) = rows.map(|field| (field, field.shape)) {
        let of = type_of(of, TypeDirection::In);
        others.push((field.camel.to_owned(), format!("{}{}: Iterable<{of}> | null", field.camel, optional(field))));
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
pub(super) fn answer_type(operation: &OperationModel) -> String {
    let shape = operation.response.shape;
    let is_own = shape.name() != Some(operation.response.name);
    if is_own { operation.response.name.to_owned() } else { type_of(shape, TypeDirection::Out) }
}

fn method(out: &mut Out, operation: &OperationModel, listed: &[&StructShape]) {
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
        let item = members.last().map_or_else(String::new, |item| type_of(item, TypeDirection::Out));
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

fn from_env(out: &mut Out, protocol: &ProtocolModel, settings: &StructShape) {
    out.blank();
    out.jsdoc(
        "  ",
        &format!(
            "A client of the environment's settings, the variables `{0}*` such as `{1}`; what is given here goes before.\n\n\
             @throws {{ConfigurationError}} `configuration.invalid`: a variable has an unusable value; it is named, its \
             value is not shown.",
            protocol.variable_prefix(),
            protocol.address_variable(),
        ),
    );
    out.line(format!("  static fromEnv(settings?: {}, options?: ClientOptions): {};", settings.name, protocol.class));
}
