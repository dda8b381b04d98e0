//! OpenAPI 3.1 of the counterparts' HTTP sides, from the declarations of their operations.

use bankchannel_foundation::{
    Result,
    message::Method,
    operation::{Entry, Route},
};
use serde_json::{Map, Value, json};

/// The OpenAPI 3.1 description of a counterpart's HTTP operations: paths, parameters, headers, bodies, all statuses and
/// allowed callers. `kind` is that of one of [`COUNTERPARTS`](crate::COUNTERPARTS).
///
/// # Errors
/// `input.invalid_field` for an unknown kind.
pub fn openapi(kind: &str) -> Result<Value> {
    crate::counterpart(kind).map(|counterpart| (counterpart.openapi)())
}

/// The HTTP operations of a protocol, each with its exchange's terms.
pub(crate) fn exchanges<T>(
    catalogue: &'static [Entry],
    terms: &'static [Option<T>],
) -> impl Iterator<Item = (&'static Entry, &'static Route, &'static T)> {
    let all = catalogue.iter().zip(terms);
    all.filter_map(|(entry, terms)| Some((entry, entry.declaration.route.as_ref()?, terms.as_ref()?)))
}

/// The parts of a description other than its operations.
pub(crate) struct About<'a> {
    pub(crate) title: &'a str,
    pub(crate) summary: &'a str,
    pub(crate) servers: Value,
    /// The operations' tags, in their order.
    pub(crate) tags: Vec<Value>,
    pub(crate) components: Value,
}

/// One operation of a path.
pub(crate) struct Described {
    pub(crate) path: String,
    pub(crate) method: Method,
    pub(crate) id: String,
    pub(crate) tag: &'static str,
    pub(crate) description: String,
    pub(crate) parameters: Vec<Value>,
    /// The schema of its JSON body, and whether the body is required.
    pub(crate) body: Option<(Value, bool)>,
    pub(crate) responses: Value,
    pub(crate) security: Value,
}

/// The description of these operations.
pub(crate) fn document(about: About<'_>, operations: impl IntoIterator<Item = (&'static Entry, Described)>) -> Value {
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

fn operation(entry: &Entry, described: Described) -> Value {
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
