//! The OpenAPI description of the service, built from the declarations of its operations.

use bankchannel_foundation::{
    model::{Field, Representation, Shape, cited, schema},
    operation::{CatalogueEntry, Parameters, Route},
};
use bankchannel_ws_channel::{CATALOGUE, CallerAccess, PRODUCTION_BASE_URL, TERMS, TEST_BASE_URL, WsChannelTerms};
use serde_json::{Map, Value, json};

use bankchannel_foundation::openapi::{self, ApiDescription, DescribedOperation, described_exchanges};

pub(super) fn describe() -> Value {
    let about = ApiDescription {
        title: "WS Channel",
        summary: "Files to and from banks, with certificates, keys and accounts.",
        servers: json!([
            {"url": TEST_BASE_URL, "description": "The test installation."},
            {"url": PRODUCTION_BASE_URL, "description": "The production installation."},
            {"url": "http://127.0.0.1:{port}/v2", "description": "A service of one's own.", "variables": {"port": {"default": "8080"}}},
        ]),
        tags: tags(),
        components: components(),
    };
    let described =
        described_exchanges(CATALOGUE, TERMS).map(|(entry, route, terms)| (entry, operation(entry, route, terms)));
    openapi::document(about, described)
}

fn tags() -> Vec<Value> {
    let mut subjects: Vec<&str> = Vec::new();
    for (entry, ..) in described_exchanges(CATALOGUE, TERMS) {
        if !subjects.contains(&entry.declaration.subject) {
            subjects.push(entry.declaration.subject);
        }
    }
    subjects.into_iter().map(|subject| json!({"name": subject})).collect()
}

fn operation(entry: &CatalogueEntry, route: &Route, terms: &WsChannelTerms) -> DescribedOperation {
    DescribedOperation {
        path: route.path.to_owned(),
        method: route.method,
        id: route.wire_name.to_owned(),
        tag: entry.declaration.subject,
        description: format!("{}\n\n{}", cited(entry.declaration.doc).text, who(&terms.access)),
        parameters: parameters(entry, route),
        body: body(entry, route),
        responses: responses(entry, route),
        security: match terms.access {
            CallerAccess::Public => json!([]),
            CallerAccess::Session { .. } => json!([{"idToken": [], "apiKey": []}]),
        },
    }
}

fn who(access: &CallerAccess) -> String {
    match access {
        CallerAccess::Public => "Needs no session.".into(),
        CallerAccess::Session { modes, owner, .. } => {
            let owner = if *owner { ", of the owner of the API key" } else { "" };
            format!("Needs a session in mode {}{owner}.", modes.join(" or "))
        }
    }
}

fn in_path(route: &Route, field: &Field) -> bool {
    route.path.split('/').any(|part| part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) == Some(field.wire))
}

fn parameters(entry: &CatalogueEntry, route: &Route) -> Vec<Value> {
    let queried = matches!(route.parameters, Parameters::Query | Parameters::BodyOrQuery);
    let fields = entry.request.fields().iter().filter(|field| !field.off_wire);
    let mut out: Vec<Value> = Vec::new();
    for field in fields {
        let place = match in_path(route, field) {
            true => "path",
            false if queried => "query",
            false => continue,
        };
        out.push(json!({
            "name": field.wire,
            "in": place,
            // A field that may be in the body instead is never required in the query.
            "required": place == "path" || (!field.optional && route.parameters == Parameters::Query),
            "description": cited(field.doc).text,
            "schema": schema::schema(field.shape, Representation::Wire),
        }));
    }
    out
}

fn body(entry: &CatalogueEntry, route: &Route) -> Option<(Value, bool)> {
    let Shape::Struct(shape) = entry.request else { return None };
    if route.parameters == Parameters::Query {
        return None;
    }
    let rest = |field: &Field| !in_path(route, field) && !field.off_wire;
    let fields = || shape.fields.iter().filter(|field| rest(field));
    fields().next()?;
    let required = route.parameters == Parameters::Body && fields().any(|field| !field.optional);
    Some((schema::object(shape, Representation::Wire, rest), required))
}

fn responses(entry: &CatalogueEntry, route: &Route) -> Value {
    let mut fields = schema::schema(entry.response, Representation::Wire);
    let code = json!({"type": "string", "const": "00", "description": "Success."});
    match fields["properties"].as_object_mut() {
        Some(properties) => {
            properties.insert("ResponseCode".into(), code);
        }
        None => fields["properties"] = json!({"ResponseCode": code}),
    }
    match fields["required"].as_array_mut() {
        Some(required) => required.push(json!("ResponseCode")),
        None => fields["required"] = json!(["ResponseCode"]),
    }
    let mut out = Map::new();
    out.insert(
        route.success.to_string(),
        json!({"description": "Done.", "content": {"application/json": {"schema": fields}}}),
    );
    for status in route.failures.iter().chain(EVERYWHERE) {
        out.insert(status.to_string(), json!({"$ref": format!("#/components/responses/{status}")}));
    }
    out.sort_keys();
    Value::Object(out)
}

/// Statuses that any request may get in addition to those declared: refusals by the router.
const EVERYWHERE: &[u16] = &[404, 405];

/// Every failure status and its meaning (docs/protocols/ws-channel.md §1.6).
const FAILURES: &[(u16, &str)] = &[
    (400, "A parameter is missing or invalid, or the service refuses: the text says why."),
    (401, "The token is missing, unknown, expired or revoked."),
    (403, "The API key does not fit the token, or the session's mode or account may not do this."),
    (404, "There is no such path."),
    (405, "The path has no such method; `Allow` lists those it has."),
    (408, "The body took longer to arrive than the service waits."),
    (413, "The body is too large."),
    (429, "Too many calls or tries; `Retry-After` says how long to wait."),
    (500, "The service failed."),
    (502, "The bank answered nothing usable."),
    (503, "The service or the bank cannot answer now."),
    (504, "The bank did not answer in time."),
    (507, "The service has no space left; it has stored nothing of the request."),
];

fn components() -> Value {
    let responses: Map<String, Value> = FAILURES
        .iter()
        .map(|(status, meaning)| {
            let mut response = json!({
                "description": meaning,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorResponse"}}},
            });
            if *status == 429 {
                response["headers"] = json!({"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}}});
            }
            if *status == 405 {
                response["headers"] = json!({"Allow": {"description": "The methods of this path.", "schema": {"type": "string"}}});
            }
            (status.to_string(), response)
        })
        .collect();
    json!({
        "schemas": {
            "ErrorResponse": {
                "title": "ErrorResponse",
                "description": "A failure.",
                "type": "object",
                "properties": {
                    "RequestId": {"type": "string", "description": "The service's id of the request, to quote to its support."},
                    "ResponseCode": {"type": "string", "pattern": "^[0-9]{2}$", "description": "`01`, or the bank's own code."},
                    "ResponseText": {"type": "string", "description": "What went wrong."},
                },
                "required": ["RequestId", "ResponseCode", "ResponseText"],
            },
        },
        "responses": responses,
        "securitySchemes": {
            "idToken": {"type": "apiKey", "in": "header", "name": "Authorization", "description": "The `IdToken` of a login, without any prefix."},
            "apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key", "description": "The `ApiKey` of the registration or login."},
        },
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_exchange_and_every_status_is_described() {
        let described = describe();
        let mut found = 0;
        for (entry, route, _) in described_exchanges(CATALOGUE, TERMS) {
            let operation = &described["paths"][route.path][route.method.as_str().to_ascii_lowercase()];
            assert_eq!(operation["operationId"], route.wire_name, "{}", entry.declaration.name);
            assert!(operation["responses"][route.success.to_string()].is_object());
            for status in route.failures {
                let reference = operation["responses"][status.to_string()]["$ref"].as_str().unwrap();
                let target = reference.strip_prefix('#').unwrap();
                assert!(described.pointer(target).is_some(), "{reference}");
            }
            let names = route.path.split('/').filter(|part| part.starts_with('{')).count();
            let parameters =
                operation["parameters"].as_array().map_or(0, |all| all.iter().filter(|p| p["in"] == "path").count());
            assert_eq!(names, parameters, "{}", entry.declaration.name);
            found += 1;
        }
        // The 29 of the protocol, and `ListUploads`.
        assert_eq!(found, 30);
        let ids: std::collections::BTreeSet<_> =
            described_exchanges(CATALOGUE, TERMS).map(|(_, route, _)| route.wire_name).collect();
        assert_eq!(ids.len(), found, "operation ids are unique");
    }

    #[test]
    fn bodies_are_the_wire_form() {
        let described = describe();
        let upload = &described["paths"]["/files/{Bank}"]["put"]["requestBody"];
        assert_eq!(upload["required"], true);
        let body = &upload["content"]["application/json"]["schema"]["properties"];
        assert_eq!(body["FileContents"]["contentEncoding"], "base64");
        assert!(body["Bank"].is_null() && body["Signature"].is_object());
        let logout = &described["paths"]["/session/{Email}/{Mode}"]["delete"];
        assert_eq!(logout["requestBody"]["required"], false);
    }
}
