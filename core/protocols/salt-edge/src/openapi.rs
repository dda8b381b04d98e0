//! Both sides of Salt Edge's protocol as OpenAPI. Parameters are sent in a signed header, which OpenAPI cannot express:
//! their schema is attached separately.

use bankchannel_foundation::{
    openapi::{self, ApiDescription, DescribedOperation, described_exchanges},
    operation::CatalogueEntry,
};
use serde_json::{Value, json};

use crate::{
    SaltEdgeTerms,
    class::{FailureClass, of_connector, of_hub},
    connector, hub as of_the_hub,
};

/// The name prefix of fields in the answer's `meta`.
const META: &str = "meta.";

/// The operations that the hub serves.
pub fn hub() -> Value {
    let about = ApiDescription {
        headers: &[("App-Id", true, "The provider's app id."), ("App-Secret", true, "The provider's app secret.")],
        answer: wrapped,
        adjust: &|operation| sign(operation, "the connector"),
        ..ApiDescription::new(
            "Salt Edge PSD2 Compliance, the hub's side",
            "What a bank's connector tells and asks Salt Edge.",
        )
    };
    document(about, of_hub::ALL, connector::CATALOGUE, connector::TERMS)
}

/// The operations that the connector serves.
pub fn connector() -> Value {
    let about = ApiDescription {
        adjust: &|operation| sign(operation, "Salt Edge"),
        ..ApiDescription::new(
            "Salt Edge PSD2 Compliance, the connector's side",
            "What Salt Edge asks a bank's connector.",
        )
    };
    document(about, of_connector::ALL, of_the_hub::CATALOGUE, of_the_hub::TERMS)
}

fn document(
    about: ApiDescription<'_>,
    classes: &[&FailureClass],
    catalogue: &'static [CatalogueEntry],
    terms: &'static [Option<SaltEdgeTerms>],
) -> Value {
    let statuses = classes.iter().filter_map(|class| class.status);
    let failures: Vec<(u16, String)> = statuses.map(|status| (status, refused(classes, status))).collect();
    let failures: Vec<(u16, &str)> = failures.iter().map(|(status, text)| (*status, text.as_str())).collect();
    let about = ApiDescription {
        failures: &failures,
        schemas: json!({
            "Refused": {
                "type": "object",
                "required": ["error_class", "error_message"],
                "properties": {
                    "error_class": {"type": "string", "description": "What the failure is called."},
                    "error_message": {"type": "string", "description": "What is wrong, in words."},
                },
            },
        }),
        security_schemes: json!({"jwt": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}),
        ..about
    };
    let operations = described_exchanges(catalogue, terms).map(|(entry, route, _)| DescribedOperation {
        id: entry.short_name().to_owned(),
        security: json!([{"jwt": []}]),
        ..DescribedOperation::new(entry, route, "Refused")
    });
    openapi::document(&about, operations)
}

/// The classes that have a status.
fn refused(classes: &[&FailureClass], status: u16) -> String {
    let named = classes.iter().filter(|class| class.status == Some(status));
    format!("Refused: {}.", named.map(|class| format!("`{}`", class.name)).collect::<Vec<_>>().join(", "))
}

/// An answer of the hub has its members in `data` and in `meta`.
fn wrapped(mut data: Value) -> Value {
    let mut meta = json!({"type": "object", "properties": {}});
    if let Some(members) = data["properties"].as_object_mut() {
        let names: Vec<String> = members.keys().filter(|name| name.starts_with(META)).cloned().collect();
        for name in names {
            meta["properties"][name.trim_start_matches(META)] = members.remove(&name).unwrap_or_default();
        }
    }
    json!({"type": "object", "properties": {"data": data, "meta": meta}})
}

/// The members of a request are sent in a JWT, whatever the method.
fn sign(operation: &mut Value, signer: &str) {
    let mut body = operation.as_object_mut().and_then(|members| members.remove("requestBody")).unwrap_or_default();
    let data = match body["content"]["application/json"]["schema"].take() {
        Value::Null => json!({"type": "object"}),
        schema => schema,
    };
    let token = json!({
        "name": "Authorization", "in": "header", "required": true,
        "description": format!("`Bearer` and a JWT, signed with RS256 by {signer}, of `data` and `exp`."),
        "schema": {"type": "string"},
        "x-jwt-payload": {"type": "object", "required": ["data", "exp"], "properties": {"data": data, "exp": {"type": "integer"}}},
    });
    match operation["parameters"].as_array_mut() {
        Some(all) => all.push(token),
        None => operation["parameters"] = json!([token]),
    }
}
