//! The bank's interface as OpenAPI. SOAP has one address for all operations, which the message tells apart; the WSDLs of
//! the banks describe what is inside.

use bankchannel_foundation::openapi::described_exchanges;
use bankchannel_sepa_web_services::{CATALOGUE, TERMS, codec::BankServiceCommand};
use serde_json::{Map, Value, json};

use super::dialect::{BankDialect, CERTIFICATES, DIALECTS};

/// The description: a path for each family.
pub(crate) fn describe() -> Value {
    let services = |dialect: &'static BankDialect| {
        [
            (dialect.path.to_owned(), path(dialect, false)),
            (format!("{}{CERTIFICATES}", dialect.path), path(dialect, true)),
        ]
    };
    let paths: Map<String, Value> = DIALECTS.iter().flat_map(services).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "SEPA Web Services sandbox bank",
            "summary": "The file and certificate services of three banks' dialects: SOAP 1.1, signed twice.",
            "version": env!("CARGO_PKG_VERSION"),
        },
        "servers": [],
        "paths": paths,
    })
}

fn path(dialect: &BankDialect, of_certificates: bool) -> Value {
    let is_of_service =
        |command: BankServiceCommand| of_certificates == matches!(command, BankServiceCommand::Certificate(_));
    let offered = described_exchanges(CATALOGUE, TERMS)
        .filter(|(_, _, terms)| is_of_service(terms.command) && dialect.offers(terms.command));
    let service = if of_certificates { "certificate" } else { "file" };
    let operations: Vec<String> =
        offered.map(|(entry, route, _)| format!("{} ({})", route.wire_name, entry.declaration.summary)).collect();
    let soap = json!({"text/xml": {"schema": {"type": "string", "description": "A SOAP 1.1 envelope, signed with WS-Security."}}});
    json!({
        "post": {
            "operationId": format!("{}_{service}_service", dialect.name()),
            "summary": format!("The {service} service"),
            "description": format!("The operation is the first element of the Body: {}.", operations.join("; ")),
            "requestBody": {"required": true, "content": soap},
            "responses": {
                "200": {"description": "A signed answer; its code says whether the request was carried out.", "content": soap},
                "405": {"description": "Another method than POST."},
                "413": {"description": "The message has more than 80 MiB."},
                "415": {"description": "Another media type than text/xml."},
                "500": {"description": "A SOAP fault, which nobody signs.", "content": soap},
            },
        }
    })
}
