//! The hub's HTTP side as OpenAPI. Parameters travel in a signed header, which OpenAPI has no words for: their schema stands beside it.

use bankchannel_foundation::{
    model::{Dialect, Shape, StructShape, schema},
    operation::{Entry, Route},
};
use bankchannel_salt_edge::{
    Terms,
    class::of_hub,
    connector::{CATALOGUE, TERMS},
};
use serde_json::{Map, Value, json};

use crate::openapi::{self, About, Described, exchanges};

/// How a field that stands in the answer's `meta` is named.
const META: &str = "meta.";

pub(super) fn describe() -> Value {
    let about = About {
        title: "Salt Edge PSD2 Compliance, the hub's side",
        summary: "What a bank's connector tells and asks Salt Edge.",
        servers: json!([]),
        tags: ["sessions", "tokens", "clients"].map(|name| json!({ "name": name })).to_vec(),
        components: components(),
    };
    let operations = exchanges(CATALOGUE, TERMS).map(|(entry, route, terms)| (entry, described(entry, route, terms)));
    openapi::document(about, operations)
}

fn described(entry: &'static Entry, route: &'static Route, _: &Terms) -> Described {
    Described {
        path: route.path.to_owned(),
        method: route.method,
        id: entry.short_name().to_owned(),
        tag: entry.declaration.subject,
        description: entry.declaration.doc.to_owned(),
        parameters: parameters(entry),
        body: None,
        responses: responses(entry, route),
        security: json!([{ "jwt": [] }]),
    }
}

fn parameters(entry: &Entry) -> Vec<Value> {
    let header = |name: &str, description: &str| json!({"name": name, "in": "header", "required": true, "description": description, "schema": {"type": "string"}});
    let mut all = vec![header("App-Id", "The provider's app id."), header("App-Secret", "The provider's app secret.")];
    for field in entry.request.fields() {
        if let Some(name) = field.wire.strip_prefix('@') {
            all.push(header(name, field.doc));
        }
    }
    let data = parts(entry.request, |wire| !wire.starts_with('@'), "");
    all.push(json!({
        "name": "Authorization", "in": "header", "required": true,
        "description": "`Bearer` and a JWT, signed with RS256 by the connector, of `data` and `exp`.",
        "schema": {"type": "string"},
        "x-jwt-payload": {"type": "object", "required": ["data", "exp"], "properties": {"data": data, "exp": {"type": "integer"}}},
    }));
    all
}

fn responses(entry: &Entry, route: &Route) -> Value {
    let data = parts(entry.response, |wire| !wire.starts_with(META), "");
    let meta = parts(entry.response, |wire| wire.starts_with(META), META);
    let body = json!({"type": "object", "properties": {"data": data, "meta": meta}});
    let mut responses = Map::new();
    let done = json!({"description": "Done.", "content": {"application/json": {"schema": body}}});
    responses.insert(route.success.to_string(), done);
    for status in route.failures {
        let named =
            of_hub::ALL.iter().filter(|class| class.status == Some(*status)).map(|class| format!("`{}`", class.name));
        let classes = named.collect::<Vec<_>>().join(", ");
        let description = if classes.is_empty() { "Refused.".to_owned() } else { format!("Refused: {classes}.") };
        let schema = json!({"$ref": "#/components/schemas/Refused"});
        let refused = json!({"description": description, "content": {"application/json": {"schema": schema}}});
        responses.insert(status.to_string(), refused);
    }
    Value::Object(responses)
}

/// The schema of the fields that are wanted, without what stands before their names.
fn parts(shape: &Shape, wanted: impl Fn(&str) -> bool, prefix: &str) -> Value {
    let Shape::Struct(StructShape { fields, .. }) = shape else { return json!({"type": "object"}) };
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for field in fields.iter().filter(|field| wanted(field.wire)) {
        let name = field.wire.strip_prefix(prefix).unwrap_or(field.wire);
        properties.insert(name.to_owned(), schema::described(field, Dialect::Wire));
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
