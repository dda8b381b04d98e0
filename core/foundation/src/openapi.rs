//! OpenAPI 3.1 descriptions of HTTP interfaces, from the declarations of their operations.

use serde_json::{Map, Value, json};

use crate::{
    message::Method,
    operation::{CatalogueEntry, Route},
};

/// The HTTP operations of a protocol, each with its exchange's terms.
pub fn described_exchanges<T>(
    catalogue: &'static [CatalogueEntry],
    terms: &'static [Option<T>],
) -> impl Iterator<Item = (&'static CatalogueEntry, &'static Route, &'static T)> {
    let all = catalogue.iter().zip(terms);
    all.filter_map(|(entry, terms)| Some((entry, entry.declaration.route.as_ref()?, terms.as_ref()?)))
}

/// The parts of a description other than its operations.
pub struct ApiDescription<'a> {
    /// Its title.
    pub title: &'a str,
    /// A short summary.
    pub summary: &'a str,
    /// The list `servers`: base URLs.
    pub servers: Value,
    /// The operations' tags, in their order.
    pub tags: Vec<Value>,
    /// The object `components`: schemas and security schemes that operations refer to.
    pub components: Value,
}

/// One operation of a path.
pub struct DescribedOperation {
    /// Its path, with parameters as `{Name}`.
    pub path: String,
    /// Its method.
    pub method: Method,
    /// Its `operationId`.
    pub id: String,
    /// The tag that it is listed under.
    pub tag: &'static str,
    /// Its effect, as Markdown.
    pub description: String,
    /// The list `parameters`: path, query and header fields.
    pub parameters: Vec<Value>,
    /// The schema of its JSON body, and whether the body is required.
    pub body: Option<(Value, bool)>,
    /// The object `responses`: a response for each status.
    pub responses: Value,
    /// The list `security`: what authenticates a caller.
    pub security: Value,
}

/// The description of these operations.
pub fn document(
    about: ApiDescription<'_>,
    operations: impl IntoIterator<Item = (&'static CatalogueEntry, DescribedOperation)>,
) -> Value {
    let mut paths = Map::new();
    for (entry, described) in operations {
        let method = described.method.as_str().to_ascii_lowercase();
        let path = paths.entry(described.path.clone()).or_insert_with(|| json!({}));
        path[method] = operation(entry, described);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": about.title,
            "version": env!("CARGO_PKG_VERSION"),
            "summary": about.summary,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": about.servers,
        "tags": about.tags,
        "paths": paths,
        "components": about.components,
    })
}

fn operation(entry: &CatalogueEntry, described: DescribedOperation) -> Value {
    let declaration = entry.declaration;
    let mut out = json!({
        "operationId": described.id,
        "tags": [described.tag],
        "summary": declaration.summary,
        "description": described.description,
        "responses": described.responses,
        "security": described.security,
        "x-bankchannel-operation": declaration.name,
    });
    if declaration.deprecated.is_some() {
        out["deprecated"] = json!(true);
    }
    if !described.parameters.is_empty() {
        out["parameters"] = Value::Array(described.parameters);
    }
    if let Some((schema, required)) = described.body {
        out["requestBody"] = json!({"required": required, "content": {"application/json": {"schema": schema}}});
    }
    out
}
