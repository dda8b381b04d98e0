//! OpenAPI 3.1 descriptions of HTTP interfaces. Paths, parameters, headers, bodies, answers and statuses follow from the
//! declarations of the operations; what no declaration says is a small table, [`ApiDescription`].

use serde_json::{Map, Value, json};

use crate::{
    model::{Field, Representation, Shape, cited, schema},
    operation::{CatalogueEntry, FieldLocation, Parameters, Route},
};

/// The HTTP operations of a protocol, each with its exchange's terms.
pub fn described_exchanges<T>(
    catalogue: &'static [CatalogueEntry],
    terms: &'static [Option<T>],
) -> impl Iterator<Item = (&'static CatalogueEntry, &'static Route, &'static T)> {
    let all = catalogue.iter().zip(terms);
    all.filter_map(|(entry, terms)| Some((entry, entry.declaration.route.as_ref()?, terms.as_ref()?)))
}

/// The parts of a description that are in no declaration.
pub struct ApiDescription<'a> {
    /// Its title.
    pub title: &'a str,
    /// A short summary.
    pub summary: &'a str,
    /// The list `servers`: base URLs.
    pub servers: Value,
    /// The headers of every request, except those that operations declare: name, whether it is required, meaning.
    pub headers: &'a [(&'a str, bool, &'a str)],
    /// Statuses that any request may get in addition to those declared: refusals by the router.
    pub everywhere: &'a [u16],
    /// The meaning of failure statuses, where it is another than the usual one.
    pub failures: &'a [(u16, &'a str)],
    /// The schemas that operations refer to: the bodies of failures.
    pub schemas: Value,
    /// The object `securitySchemes`: what authenticates a caller.
    pub security_schemes: Value,
    /// What the protocol makes of the schema of an answer's members.
    pub answer: fn(Value) -> Value,
    /// What the protocol changes in an operation.
    pub adjust: &'a dyn Fn(&mut Value),
}

impl<'a> ApiDescription<'a> {
    /// One without anything but a title and a summary.
    #[must_use]
    pub fn new(title: &'a str, summary: &'a str) -> Self {
        Self {
            title,
            summary,
            servers: json!([]),
            headers: &[],
            everywhere: &[],
            failures: &[],
            schemas: json!({}),
            security_schemes: json!({}),
            answer: |members| members,
            adjust: &|_| {},
        }
    }
}

/// One operation of a path.
pub struct DescribedOperation {
    /// Its entry in the catalogue.
    pub entry: &'static CatalogueEntry,
    /// Its route.
    pub route: &'static Route,
    /// The path that the routes are below.
    pub prefix: &'static str,
    /// Its `operationId`.
    pub id: String,
    /// The tag that it is listed under.
    pub tag: &'static str,
    /// What is added to its documentation, as Markdown.
    pub note: String,
    /// The list `security`: what authenticates a caller.
    pub security: Value,
    /// The schema of its failures.
    pub failure: &'static str,
    /// What the names of its failures among the `responses` begin with, if the interface has several forms of failures.
    pub failure_prefix: &'static str,
}

impl DescribedOperation {
    /// The operation as declared, below its subject, for anybody.
    #[must_use]
    pub fn new(entry: &'static CatalogueEntry, route: &'static Route, failure: &'static str) -> Self {
        let (id, tag) = (route.wire_name.to_owned(), entry.declaration.subject);
        let (prefix, note, security, failure_prefix) = ("", String::new(), json!([]), "");
        Self { entry, route, prefix, id, tag, note, security, failure, failure_prefix }
    }
}

/// The description of these operations.
pub fn document(about: &ApiDescription<'_>, operations: impl IntoIterator<Item = DescribedOperation>) -> Value {
    let (mut tags, mut paths, mut failures) = (Vec::new(), Map::new(), Map::new());
    for described in operations {
        if !tags.iter().any(|tag: &Value| tag["name"] == described.tag) {
            tags.push(match described.prefix {
                "" => json!({"name": described.tag}),
                prefix => json!({"name": described.tag, "description": format!("Below {prefix}.")}),
            });
        }
        for (name, status) in failures_of(about, &described) {
            failures.entry(name).or_insert_with(|| failure(about, described.failure, status));
        }
        let method = described.route.method.as_str().to_ascii_lowercase();
        let path = paths.entry([described.prefix, described.route.path].concat()).or_insert_with(|| json!({}));
        path[method] = operation(about, described);
    }
    failures.sort_keys();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": about.title,
            "version": env!("CARGO_PKG_VERSION"),
            "summary": about.summary,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": about.servers,
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": about.schemas,
            "responses": failures,
            "securitySchemes": about.security_schemes,
        },
    })
}

fn operation(about: &ApiDescription<'_>, described: DescribedOperation) -> Value {
    let DescribedOperation { entry, route, .. } = described;
    let declaration = entry.declaration;
    let doc = cited(declaration.doc).text;
    let responses = failures_of(about, &described)
        .map(|(name, status)| (status.to_string(), json!({"$ref": format!("#/components/responses/{name}")})));
    let mut responses: Map<String, Value> = responses.collect();
    responses.insert(route.success.to_string(), success(about, entry, route));
    responses.sort_keys();
    let mut out = json!({
        "operationId": described.id,
        "tags": [described.tag],
        "summary": declaration.summary,
        "description": format!("{doc}\n\n{}", described.note).trim_end(),
        "responses": responses,
        "security": described.security,
        "x-bankchannel-operation": declaration.name,
    });
    if declaration.deprecated.is_some() {
        out["deprecated"] = json!(true);
    }
    let parameters = parameters(about, entry, route);
    if !parameters.is_empty() {
        out["parameters"] = Value::Array(parameters);
    }
    let is_sent = |field: &'static Field| FieldLocation::for_field(field, route) == FieldLocation::Body;
    if route.parameters != Parameters::Query && entry.request.fields().iter().any(is_sent) {
        let members = members(entry.request, is_sent);
        let required = route.parameters == Parameters::Body && members.get("required").is_some();
        out["requestBody"] = json!({"required": required, "content": in_json(members)});
    }
    (about.adjust)(&mut out);
    out
}

/// The parameters in path, query and headers: those of the operation, and those of every request.
fn parameters(about: &ApiDescription<'_>, entry: &CatalogueEntry, route: &Route) -> Vec<Value> {
    let mut out = Vec::new();
    for field in entry.request.fields() {
        let of_field = |name: &str, place: &str, is_required: bool| parameter(name, place, is_required, field);
        match FieldLocation::for_field(field, route) {
            FieldLocation::Path => out.push(of_field(field.wire, "path", true)),
            FieldLocation::Query(name) => out.push(of_field(name, "query", !field.optional)),
            FieldLocation::Header(name) => out.push(of_field(name, "header", !field.optional)),
            FieldLocation::Headers => out.extend(field.shape.fields().iter().filter_map(|inner| {
                let FieldLocation::Header(name) = FieldLocation::for_field(inner, route) else { return None };
                Some(parameter(name, "header", !inner.optional, inner))
            })),
            FieldLocation::Body if route.parameters == Parameters::Query => {
                out.push(of_field(field.wire, "query", !field.optional));
            }
            // It may be in the body instead.
            FieldLocation::Body if route.parameters == Parameters::BodyOrQuery => {
                out.push(of_field(field.wire, "query", false));
            }
            FieldLocation::Body | FieldLocation::Nowhere => {}
        }
    }
    out.extend(about.headers.iter().map(|(name, required, doc)| {
        json!({"name": name, "in": "header", "required": required, "description": doc, "schema": {"type": "string"}})
    }));
    out
}

fn parameter(name: &str, place: &str, is_required: bool, field: &Field) -> Value {
    let mut out = json!({"name": name, "in": place, "required": is_required});
    describe(&mut out, field);
    out
}

/// Adds a field's documentation and schema.
fn describe(out: &mut Value, field: &Field) {
    out["description"] = json!(cited(field.doc).text);
    out["schema"] = schema::schema(field.wire_shape, Representation::Wire);
    // The text of a secret without a type of its own says how callers of this library give it.
    if matches!(field.wire_shape, Shape::Secret(text) if text.name == "Secret") {
        out["schema"] = json!({"type": "string"});
    }
}

fn success(about: &ApiDescription<'_>, entry: &CatalogueEntry, route: &Route) -> Value {
    let mut out = json!({"description": "Done."});
    for field in entry.response.fields() {
        if let FieldLocation::Header(name) = FieldLocation::for_field(field, route) {
            describe(&mut out["headers"][name], field);
        }
    }
    if route.success != NO_CONTENT {
        // An answer repeats what the path names.
        let is_answered = |field: &'static Field| {
            matches!(FieldLocation::for_field(field, route), FieldLocation::Body | FieldLocation::Path)
        };
        out["content"] = in_json((about.answer)(members(entry.response, is_answered)));
    }
    out
}

/// The status of an answer without a body.
const NO_CONTENT: u16 = 204;

/// The schema of these members of a body.
fn members(shape: &'static Shape, is_in_body: impl Fn(&'static Field) -> bool) -> Value {
    match shape {
        Shape::Struct(shape) => schema::object(shape, Representation::Wire, is_in_body),
        shape => schema::schema(shape, Representation::Wire),
    }
}

fn in_json(schema: Value) -> Value {
    json!({"application/json": {"schema": schema}})
}

/// The failures that an operation may answer, with their names among the `responses`.
fn failures_of<'a>(
    about: &ApiDescription<'a>,
    described: &DescribedOperation,
) -> impl Iterator<Item = (String, u16)> + use<'a> {
    let prefix = described.failure_prefix;
    described.route.failures.iter().chain(about.everywhere).map(move |status| (format!("{prefix}{status}"), *status))
}

fn failure(about: &ApiDescription<'_>, schema: &str, status: u16) -> Value {
    let meaning = about.failures.iter().chain(USUAL).find(|(of, _)| *of == status);
    let mut out = json!({
        "description": meaning.map_or("Refused.", |(_, meaning)| meaning),
        "content": in_json(json!({"$ref": format!("#/components/schemas/{schema}")})),
    });
    match status {
        405 => {
            out["headers"] =
                json!({"Allow": {"description": "The methods of this path.", "schema": {"type": "string"}}})
        }
        429 | 503 => {
            let seconds = json!({"type": "integer", "minimum": 0});
            out["headers"] = json!({"Retry-After": {"description": "Seconds to wait.", "schema": seconds}});
        }
        _ => {}
    }
    out
}

/// The usual meaning of failure statuses.
const USUAL: &[(u16, &str)] = &[
    (400, "A parameter is missing or invalid."),
    (404, "There is no such path."),
    (405, "The path has no such method; `Allow` lists those it has."),
    (406, "`Accept` does not admit JSON."),
    (408, "The body took longer to arrive than the server waits."),
    (413, "The body is too large."),
    (415, "The body is not JSON."),
    (429, "Too many calls; `Retry-After` says how long to wait."),
    (431, "The headers are too large."),
    (500, "The server failed."),
    (503, "The server cannot answer now."),
];
