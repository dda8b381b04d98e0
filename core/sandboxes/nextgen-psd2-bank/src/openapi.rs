//! The OpenAPI description of the bank, generated from the declarations of its operations: both dialects, each below
//! its own path.

use bankchannel_foundation::{
    model::{Field, Representation, Shape, StructShape, cited, schema},
    operation::{CatalogueEntry, Route},
};
use bankchannel_nextgen_psd2::{CATALOGUE, FieldLocation, NextGenPsd2Terms, TERMS};
use serde_json::{Map, Value, json};

use bankchannel_foundation::openapi::{self, ApiDescription, DescribedOperation, described_exchanges};

/// The dialects and the path prefixes of their operations.
const MOUNTS: [(&str, &str); 2] = [("era", "/api"), ("bg", "/bg")];

/// The headers of every signed request, except those that the operations themselves declare.
const SIGNED: [(&str, bool, &str); 5] = [
    ("X-Request-ID", true, "A UUID that was never used before."),
    ("Date", false, "When the request was signed (IMF-fixdate); needed in the dialect `era`, and signed there only."),
    (
        "Digest",
        false,
        "`SHA-256=` and the base64 of the body's hash; may be absent without a body in the dialect `era`.",
    ),
    ("Signature", true, "keyId, algorithm, headers and signature (draft-cavage-http-signatures-10)."),
    ("TPP-Signature-Certificate", true, "The QSEAL certificate, base64 of its DER form."),
];

pub(super) fn describe() -> Value {
    let tag = |(dialect, mount)| json!({"name": dialect, "description": format!("Below {mount}.")});
    let about = ApiDescription {
        title: "NextGenPSD2 sandbox bank",
        summary: "Two bank APIs of NextGenPSD2, with signed requests and explained refusals.",
        servers: json!([{
            "url": "https://127.0.0.1:{port}",
            "description": "A bank of one's own; client certificates are asked for.",
            "variables": {"port": {"default": "8443"}},
        }]),
        tags: MOUNTS.map(tag).into(),
        components: components(),
    };
    let below = |(dialect, mount)| {
        spoken(dialect).map(move |(entry, route, terms)| (entry, operation(entry, route, terms, (dialect, mount))))
    };
    openapi::document(about, MOUNTS.into_iter().flat_map(below))
}

/// The operations of one dialect.
fn spoken(
    dialect: &'static str,
) -> impl Iterator<Item = (&'static CatalogueEntry, &'static Route, &'static NextGenPsd2Terms)> {
    described_exchanges(CATALOGUE, TERMS).filter(move |(_, _, terms)| terms.dialects.contains(&dialect))
}

fn operation(
    entry: &CatalogueEntry,
    route: &Route,
    terms: &NextGenPsd2Terms,
    (dialect, mount): (&'static str, &'static str),
) -> DescribedOperation {
    let body = match entry.request {
        Shape::Struct(shape) => body(shape, route),
        _ => None,
    };
    DescribedOperation {
        path: format!("{mount}{}", route.path),
        method: route.method,
        // An operation may be below both paths, but its operation id must be unique.
        id: if dialect == "era" { route.wire_name.to_owned() } else { format!("{}Bg", route.wire_name) },
        tag: dialect,
        description: format!(
            "{}\n\nNeeds a certificate with the role {}.",
            cited(entry.declaration.doc).text,
            terms.roles.join(" or ")
        ),
        parameters: parameters(entry.request.fields(), route),
        body: body.map(|schema| (schema, true)),
        responses: responses(entry, route, dialect),
        security: json!([{"clientCertificate": []}]),
    }
}

/// The parameters in path, query and headers: those of the operation, those of the customer's own request, and those of
/// every signed request.
fn parameters(fields: &'static [Field], route: &Route) -> Vec<Value> {
    let mut out = Vec::new();
    for field in fields {
        let mut push = |name: &str, place: &str, field: &'static Field| {
            out.push(json!({
                "name": name,
                "in": place,
                "required": place == "path" || !field.optional,
                "description": cited(field.doc).text,
                "schema": schema::schema(field.shape, Representation::Wire),
            }));
        };
        match FieldLocation::for_field(field, route) {
            FieldLocation::Path => push(field.wire, "path", field),
            FieldLocation::Query(name) => push(name, "query", field),
            FieldLocation::Header(name) => push(name, "header", field),
            FieldLocation::Headers => {
                for inner in field.shape.fields() {
                    if let FieldLocation::Header(name) = FieldLocation::for_field(inner, route) {
                        push(name, "header", inner);
                    }
                }
            }
            FieldLocation::Body | FieldLocation::Nowhere => {}
        }
    }
    out.extend(SIGNED.map(|(name, required, doc)| {
        json!({"name": name, "in": "header", "required": required, "description": doc, "schema": {"type": "string"}})
    }));
    out
}

/// The schema of the JSON body; `None` if the operation has no body members.
fn body(shape: &'static StructShape, route: &Route) -> Option<Value> {
    let in_body = |field: &Field| {
        shape
            .fields
            .iter()
            .any(|own| own.name == field.name && FieldLocation::for_field(own, route) == FieldLocation::Body)
    };
    shape.fields.iter().find(|field| in_body(field))?;
    Some(schema::object(shape, Representation::Wire, in_body))
}

fn responses(entry: &CatalogueEntry, route: &Route, dialect: &str) -> Value {
    let mut success = json!({"description": "Done.", "headers": headers(entry, route)});
    if let Shape::Struct(shape) = entry.response
        && let Some(schema) = body(shape, route)
    {
        success["content"] = json!({"application/json": {"schema": schema}});
    }
    let mut out = Map::new();
    out.insert(route.success.to_string(), success);
    for (status, meaning) in FAILURES {
        out.insert(
            status.to_string(),
            json!({
                "description": meaning,
                "content": {"application/json": {"schema": {"$ref": format!("#/components/schemas/{dialect}Error")}}},
            }),
        );
    }
    out.sort_keys();
    Value::Object(out)
}

fn headers(entry: &CatalogueEntry, route: &Route) -> Value {
    let named = entry.response.fields().iter().filter_map(|field| match FieldLocation::for_field(field, route) {
        FieldLocation::Header(name) => Some((
            name.to_owned(),
            json!({"description": cited(field.doc).text, "schema": schema::schema(field.shape, Representation::Wire)}),
        )),
        _ => None,
    });
    Value::Object(named.collect())
}

/// Every HTTP status of an error (§3.2, §5).
const FAILURES: &[(u16, &str)] = &[
    (
        400,
        "A header or member is missing or wrong, the digest does not fit, the date is too far away, or the request id was used before.",
    ),
    (
        401,
        "The certificate or the signature is missing or wrong, the role does not suffice, or there is no valid consent.",
    ),
    (403, "The consent is unknown, to this third party at least, or its customer has revoked it."),
    (404, "There is no such path or resource."),
    (405, "The path has no such method; `Allow` lists those it has."),
    (406, "`Accept` does not admit JSON."),
    (413, "The body is larger than 1 MiB."),
    (415, "The body is not JSON."),
    (429, "The consent's calls without the customer are used up for today, or too many requests came."),
    (431, "The headers are larger than 32 KiB, or one of them than 16 KiB."),
    (500, "The bank failed."),
];

fn components() -> Value {
    let text = |doc: &str| json!({"type": "string", "description": doc});
    json!({
        "schemas": {
            "eraError": {
                "title": "eraError",
                "description": "A refusal in the dialect `era` (§1.5).",
                "type": "object",
                "properties": {
                    "id": text("The bank's id of the refusal, digits."),
                    "system": text("`ERA-PSD2`."),
                    "status": {"type": "integer", "description": "The HTTP status, which alone counts."},
                    "code": text("What kind of refusal it is, such as `SIGNATURE_INVALID`."),
                    "message": text("Which check failed, and why."),
                    "explain": {"type": "object", "description": "The explanation (§3.3), where the bank explains."},
                    "_links": {"type": "object", "description": "Where the customer is to be sent, by name."},
                },
                "required": ["id", "system", "status", "code"],
            },
            "bgError": {
                "title": "bgError",
                "description": "A refusal in the dialect `bg` (§5).",
                "type": "object",
                "properties": {
                    "tppMessages": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {
                                "category": {"type": "string", "enum": ["ERROR", "WARNING"]},
                                "code": text("What kind of refusal it is."),
                                "path": text("The member it is about."),
                                "text": text("Which check failed, and why."),
                            },
                            "required": ["category", "code"],
                        },
                    },
                    "explain": {"type": "object", "description": "The explanation (§3.3), where the bank explains."},
                },
                "required": ["tppMessages"],
            },
        },
        "securitySchemes": {
            "clientCertificate": {"type": "mutualTLS", "description": "The QWAC of the third party whose QSEAL signs."},
        },
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_exchange_stands_below_its_dialects() {
        let described = describe();
        let mut ids = BTreeSet::new();
        for (dialect, mount) in MOUNTS {
            for (entry, route, _) in spoken(dialect) {
                let path = &described["paths"][format!("{mount}{}", route.path)];
                let operation = &path[route.method.as_str().to_ascii_lowercase()];
                assert_eq!(operation["x-bankchannel-operation"], entry.declaration.name);
                assert!(operation["responses"][route.success.to_string()].is_object());
                assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "ids are unique");
            }
        }
        assert_eq!(ids.len(), 12, "eleven operations, of which one is in both dialects");
    }

    #[test]
    fn what_banks_will_remove_is_deprecated() {
        let described = describe();
        assert_eq!(described["paths"]["/api/v1/consents"]["post"]["deprecated"], true);
        assert!(described["paths"]["/bg/v1/consents"]["post"]["deprecated"].is_null());
    }

    #[test]
    fn headers_and_bodies_are_told_apart() {
        let described = describe();
        let verify = &described["paths"]["/api/v1/user/verification"]["post"];
        let body = &verify["requestBody"]["content"]["application/json"]["schema"]["properties"];
        let members: Vec<&String> = body.as_object().unwrap().keys().collect();
        assert_eq!(members, ["PSU-ID", "PSUPersonalIdentifier"]);
        let offer = &described["paths"]["/api/v1/bank-offered-consents"]["post"];
        assert!(offer.get("requestBody").is_none());
        let named: Vec<_> =
            offer["parameters"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
        for header in ["TPP-Redirect-URI", "PSU-IP-Address", "Signature", "X-Request-ID"] {
            assert!(named.contains(&header), "{header}");
        }
    }
}
