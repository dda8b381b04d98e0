//! The OpenAPI description of the bank: both dialects, each below its own path.

use bankchannel_foundation::{
    openapi::{self, ApiDescription, DescribedOperation, described_exchanges},
    operation::{CatalogueEntry, Route},
};
use bankchannel_nextgen_psd2::{CATALOGUE, NextGenPsd2Terms, TERMS};
use serde_json::{Value, json};

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
    let about = ApiDescription {
        servers: json!([{
            "url": "https://127.0.0.1:{port}",
            "description": "A bank of one's own; client certificates are asked for.",
            "variables": {"port": {"default": "8443"}},
        }]),
        headers: &SIGNED,
        failures: FAILURES,
        schemas: schemas(),
        security_schemes: json!({
            "clientCertificate": {"type": "mutualTLS", "description": "The QWAC of the third party whose QSEAL signs."},
        }),
        ..ApiDescription::new(
            "NextGenPSD2 sandbox bank",
            "Two bank APIs of NextGenPSD2, with signed requests and explained refusals.",
        )
    };
    let below = |(tag, prefix)| {
        spoken(tag).map(move |(entry, route, terms)| DescribedOperation {
            prefix,
            // An operation may be below both paths, but its operation id must be unique.
            id: format!("{}{}", route.wire_name, if tag == "era" { "" } else { "Bg" }),
            tag,
            note: format!("Needs a certificate with the role {}.", terms.roles.join(" or ")),
            security: json!([{"clientCertificate": []}]),
            failure_prefix: tag,
            ..DescribedOperation::new(entry, route, if tag == "era" { "eraError" } else { "bgError" })
        })
    };
    openapi::document(&about, MOUNTS.into_iter().flat_map(below))
}

/// The operations of one dialect.
fn spoken(
    dialect: &'static str,
) -> impl Iterator<Item = (&'static CatalogueEntry, &'static Route, &'static NextGenPsd2Terms)> {
    described_exchanges(CATALOGUE, TERMS).filter(move |(_, _, terms)| terms.dialects.contains(&dialect))
}

/// Failure statuses with another meaning than the usual one (§3.2, §5).
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
    (409, "The state of the consent does not allow it."),
    (413, "The body is larger than 1 MiB."),
    (429, "The consent's calls without the customer are used up for today, or too many requests came."),
    (431, "The headers are larger than 32 KiB, or one of them than 16 KiB."),
];

/// The bodies of refusals.
fn schemas() -> Value {
    let text = |doc: &str| json!({"type": "string", "description": doc});
    let explain = json!({"type": "object", "description": "The explanation (§3.3), where the bank explains."});
    json!({
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
                "explain": explain,
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
                "explain": explain,
            },
            "required": ["tppMessages"],
        },
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

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
