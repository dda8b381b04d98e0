//! Both sides of Salt Edge's protocol as OpenAPI. Parameters are sent in a signed header, which OpenAPI cannot express:
//! their schema is attached separately.

use crate::{
    SaltEdgeTerms,
    class::{FailureClass, of_connector, of_hub},
    connector, hub as of_the_hub,
};
use bankchannel_foundation::{
    model::{Representation, Shape, StructShape, cited, schema},
    operation::{CatalogueEntry, Route},
};
use serde_json::{Map, Value, json};

use bankchannel_foundation::openapi::{self, ApiDescription, DescribedOperation, described_exchanges};

/// The name prefix of fields in the answer's `meta`.
const META: &str = "meta.";

/// One side of the protocol, with its specific properties.
struct AnsweringSide {
    title: &'static str,
    summary: &'static str,
    tags: &'static [&'static str],
    /// Header fields of every request, in addition to those of its operation.
    headers: &'static [(&'static str, &'static str)],
    /// The signer of the requests.
    signer: &'static str,
    classes: &'static [&'static FailureClass],
    /// Whether successful answers are wrapped in `data` and `meta`.
    is_wrapped: bool,
}

/// The operations that the hub serves.
pub fn hub() -> Value {
    let answering = AnsweringSide {
        title: "Salt Edge PSD2 Compliance, the hub's side",
        summary: "What a bank's connector tells and asks Salt Edge.",
        tags: &["sessions", "tokens", "clients"],
        headers: &[("App-Id", "The provider's app id."), ("App-Secret", "The provider's app secret.")],
        signer: "the connector",
        classes: of_hub::ALL,
        is_wrapped: true,
    };
    document(&answering, connector::CATALOGUE, connector::TERMS)
}

/// The operations that the connector serves.
pub fn connector() -> Value {
    let answering = AnsweringSide {
        title: "Salt Edge PSD2 Compliance, the connector's side",
        summary: "What Salt Edge asks a bank's connector.",
        tags: &["tokens", "accounts", "transactions", "customers", "errors"],
        headers: &[],
        signer: "Salt Edge",
        classes: of_connector::ALL,
        is_wrapped: false,
    };
    document(&answering, of_the_hub::CATALOGUE, of_the_hub::TERMS)
}

fn document(
    answering: &AnsweringSide,
    catalogue: &'static [CatalogueEntry],
    terms: &'static [Option<SaltEdgeTerms>],
) -> Value {
    let about = ApiDescription {
        title: answering.title,
        summary: answering.summary,
        servers: json!([]),
        tags: answering.tags.iter().map(|name| json!({ "name": name })).collect(),
        components: components(),
    };
    let operations =
        described_exchanges(catalogue, terms).map(|(entry, route, _)| (entry, described(answering, entry, route)));
    openapi::document(about, operations)
}

fn described(answering: &AnsweringSide, entry: &'static CatalogueEntry, route: &'static Route) -> DescribedOperation {
    DescribedOperation {
        path: route.path.to_owned(),
        method: route.method,
        id: entry.short_name().to_owned(),
        tag: entry.declaration.subject,
        description: cited(entry.declaration.doc).text.into_owned(),
        parameters: parameters(answering, entry),
        body: None,
        responses: responses(answering, entry, route),
        security: json!([{ "jwt": [] }]),
    }
}

fn parameters(answering: &AnsweringSide, entry: &CatalogueEntry) -> Vec<Value> {
    let header = |name: &str, description: &str, required: bool| json!({"name": name, "in": "header", "required": required, "description": description, "schema": {"type": "string"}});
    let mut all: Vec<Value> = answering.headers.iter().map(|(name, doc)| header(name, doc, true)).collect();
    for field in entry.request.fields() {
        if let Some(name) = field.wire.strip_prefix('@') {
            all.push(header(name, &cited(field.doc).text, !field.wire_optional));
        }
    }
    let data = parts(entry.request, |wire| !wire.starts_with('@'), "");
    let signer = answering.signer;
    all.push(json!({
        "name": "Authorization", "in": "header", "required": true,
        "description": format!("`Bearer` and a JWT, signed with RS256 by {signer}, of `data` and `exp`."),
        "schema": {"type": "string"},
        "x-jwt-payload": {"type": "object", "required": ["data", "exp"], "properties": {"data": data, "exp": {"type": "integer"}}},
    }));
    all
}

fn responses(answering: &AnsweringSide, entry: &CatalogueEntry, route: &Route) -> Value {
    let body = if answering.is_wrapped {
        let data = parts(entry.response, |wire| !wire.starts_with(META), "");
        let meta = parts(entry.response, |wire| wire.starts_with(META), META);
        json!({"type": "object", "properties": {"data": data, "meta": meta}})
    } else {
        parts(entry.response, |_| true, "")
    };
    let mut responses = Map::new();
    let done = json!({"description": "Done.", "content": {"application/json": {"schema": body}}});
    responses.insert(route.success.to_string(), done);
    for status in route.failures {
        let named = answering.classes.iter().filter(|class| class.status == Some(*status));
        let classes = named.map(|class| format!("`{}`", class.name)).collect::<Vec<_>>().join(", ");
        let description = if classes.is_empty() { "Refused.".to_owned() } else { format!("Refused: {classes}.") };
        let schema = json!({"$ref": "#/components/schemas/Refused"});
        let refused = json!({"description": description, "content": {"application/json": {"schema": schema}}});
        responses.insert(status.to_string(), refused);
    }
    Value::Object(responses)
}

/// The schema of the wanted fields, with the prefix removed from their names.
fn parts(shape: &Shape, wanted: impl Fn(&str) -> bool, prefix: &str) -> Value {
    let Shape::Struct(StructShape { fields, .. }) = shape else { return json!({"type": "object"}) };
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for field in fields.iter().filter(|field| wanted(field.wire)) {
        let name = field.wire.strip_prefix(prefix).unwrap_or(field.wire);
        properties.insert(name.to_owned(), schema::described(field, Representation::Wire));
        if !field.wire_optional {
            required.push(name);
        }
    }
    let mut out = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        out["required"] = json!(required);
    }
    out
}

fn components() -> Value {
    json!({
        "schemas": {
            "Refused": {
                "type": "object",
                "required": ["error_class", "error_message"],
                "properties": {
                    "error_class": {"type": "string", "description": "What the failure is called."},
                    "error_message": {"type": "string", "description": "What is wrong, in words."},
                },
            },
        },
        "securitySchemes": {
            "jwt": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        },
    })
}
