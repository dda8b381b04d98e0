//! The OpenAPI description of the service.

use bankchannel_foundation::openapi::{self, ApiDescription, DescribedOperation, described_exchanges};
use bankchannel_ws_channel::{CATALOGUE, CallerAccess, PRODUCTION_BASE_URL, TERMS, TEST_BASE_URL, WsChannelTerms};
use serde_json::{Value, json};

pub(super) fn describe() -> Value {
    let header = |name: &str, doc: &str| json!({"type": "apiKey", "in": "header", "name": name, "description": doc});
    let about = ApiDescription {
        servers: json!([
            {"url": TEST_BASE_URL, "description": "The test installation."},
            {"url": PRODUCTION_BASE_URL, "description": "The production installation."},
            {"url": "http://127.0.0.1:{port}/v2", "description": "A service of one's own.", "variables": {"port": {"default": "8080"}}},
        ]),
        everywhere: &[404, 405],
        failures: FAILURES,
        schemas: json!({
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
        }),
        security_schemes: json!({
            "idToken": header("Authorization", "The `IdToken` of a login, without any prefix."),
            "apiKey": header("x-api-key", "The `ApiKey` of the registration or login."),
        }),
        answer: with_code,
        ..ApiDescription::new("WS Channel", "Files to and from banks, with certificates, keys and accounts.")
    };
    let operations = described_exchanges(CATALOGUE, TERMS).map(|(entry, route, terms)| {
        let (note, security) = allowed(terms);
        DescribedOperation { note, security, ..DescribedOperation::new(entry, route, "ErrorResponse") }
    });
    openapi::document(&about, operations)
}

/// The callers of an operation: as text, and what authenticates them.
fn allowed(terms: &WsChannelTerms) -> (String, Value) {
    match &terms.access {
        CallerAccess::Public => ("Needs no session.".to_owned(), json!([])),
        CallerAccess::Session { modes, owner, .. } => {
            let owner = if *owner { ", of the owner of the API key" } else { "" };
            let note = format!("Needs a session in mode {}{owner}.", modes.join(" or "));
            (note, json!([{"idToken": [], "apiKey": []}]))
        }
    }
}

/// Each answer has a code beside the members of its operation.
fn with_code(mut answer: Value) -> Value {
    answer["properties"]["ResponseCode"] = json!({"type": "string", "const": "00", "description": "Success."});
    let mut required = answer["required"].as_array().cloned().unwrap_or_default();
    required.push(json!("ResponseCode"));
    answer["required"] = Value::Array(required);
    answer
}

/// Failure statuses with another meaning than the usual one (docs/protocols/ws-channel.md §1.6).
const FAILURES: &[(u16, &str)] = &[
    (400, "A parameter is missing or invalid, or the service refuses: the text says why."),
    (401, "The token is missing, unknown, expired or revoked."),
    (403, "The API key does not fit the token, or the session's mode or account may not do this."),
    (429, "Too many calls or tries; `Retry-After` says how long to wait."),
    (502, "The bank answered nothing usable."),
    (503, "The service or the bank cannot answer now."),
    (504, "The bank did not answer in time."),
    (507, "The service has no space left; it has stored nothing of the request."),
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn bodies_are_the_wire_form() {
        let described = describe();
        let upload = &described["paths"]["/files/{Bank}"]["put"]["requestBody"];
        assert_eq!(upload["required"], true);
        let body = &upload["content"]["application/json"]["schema"]["properties"];
        assert_eq!(body["FileContents"]["contentEncoding"], "base64");
        assert!(body["Bank"].is_null() && body["Signature"].is_object());
        let deleted = &described["paths"]["/certs/{Bank}"]["delete"]["responses"]["200"];
        let answer = &deleted["content"]["application/json"]["schema"]["properties"];
        assert!(answer["Bank"].is_object() && answer["ResponseCode"].is_object(), "{answer}");
        let logout = &described["paths"]["/session/{Email}/{Mode}"]["delete"];
        assert_eq!(logout["requestBody"]["required"], false);
    }
}
