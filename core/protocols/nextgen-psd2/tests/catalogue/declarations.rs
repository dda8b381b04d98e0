//! Compares the declarations with the table of §4.2.

use std::collections::BTreeSet;

use bankchannel_foundation::{
    model::Field,
    operation::{OperationKind, Repeat},
};
use bankchannel_nextgen_psd2::{CATALOGUE, NextGenPsd2Terms, RESPONSE_HEADERS, terms};

/// Operation, dialects, method, path, success, roles (V33).
type Row = (&'static str, &'static [&'static str], &'static str, &'static str, u16, &'static [&'static str]);

/// §1.2, §1.3, §4.2.
const MASTER: &[Row] = &[
    ("verify_user", &["era"], "POST", "/v1/user/verification", 200, &["AISP", "PISP"]),
    ("update_bank_offered_consents", &["era"], "POST", "/v1/bank-offered-consents", 201, &["AISP"]),
    ("update_consents", &["era"], "POST", "/v1/consents", 201, &["AISP"]),
    ("create_consent", &["bg"], "POST", "/v1/consents", 201, &["AISP"]),
    ("get_consent", &["bg"], "GET", "/v1/consents/{consentId}", 200, &["AISP"]),
    ("get_consent_status", &["bg"], "GET", "/v1/consents/{consentId}/status", 200, &["AISP"]),
    ("delete_consent", &["bg"], "DELETE", "/v1/consents/{consentId}", 204, &["AISP"]),
    ("start_authorisation", &["bg"], "POST", "/v1/consents/{consentId}/authorisations", 201, &["AISP"]),
    ("list_authorisations", &["bg"], "GET", "/v1/consents/{consentId}/authorisations", 200, &["AISP"]),
    (
        "get_authorisation_status",
        &["bg"],
        "GET",
        "/v1/consents/{consentId}/authorisations/{authorisationId}",
        200,
        &["AISP"],
    ),
    ("get_accounts", &["era", "bg"], "GET", "/v1/accounts", 200, &["AISP"]),
];

#[test]
fn the_master_table() {
    let exchanges: Vec<_> =
        CATALOGUE.iter().filter(|entry| entry.declaration.kind == OperationKind::Exchange).collect();
    assert_eq!(exchanges.len(), MASTER.len());
    for (entry, &(name, dialects, method, path, success, roles)) in exchanges.iter().zip(MASTER) {
        let declaration = entry.declaration;
        let route = declaration.route.as_ref().unwrap();
        assert_eq!((entry.short_name(), declaration.subject), (name, "psd2"));
        assert_eq!((route.method.as_str(), route.path, route.success), (method, path, success), "{name}");
        let NextGenPsd2Terms { dialects: own, roles: own_roles } = *terms(declaration.name).unwrap();
        assert_eq!((own, own_roles), (dialects, roles), "{name}");
        // §5: a request that asks the customer is never resent automatically.
        assert_eq!(route.repeat == Repeat::Safe, method != "POST", "{name}");
        assert_eq!(route.repeat == Repeat::Never, method == "POST", "{name}");
        for status in [400, 401, 403, 404, 406, 413, 415, 429, 431, 500] {
            assert!(route.failures.contains(&status), "{name} {status}");
        }
    }
}

/// The documentation of each operation names the banks that have it.
#[test]
fn the_documentation_names_the_dialects() {
    for declaration in CATALOGUE.iter().map(|entry| entry.declaration) {
        for dialect in terms(declaration.name).map_or(&[][..], |terms| terms.dialects) {
            assert!(declaration.doc.contains(&format!("`{dialect}`")), "{}", declaration.name);
        }
    }
}

/// The transport keeps exactly these headers, and the one that tells a web page.
#[test]
fn response_headers_are_those_that_responses_read() {
    let mut read: BTreeSet<&str> = CATALOGUE
        .iter()
        .filter(|entry| entry.declaration.kind == OperationKind::Exchange)
        .flat_map(|entry| entry.response.fields().iter().filter_map(|field: &Field| field.wire.strip_prefix('@')))
        .collect();
    read.insert("Content-Type");
    assert_eq!(read, RESPONSE_HEADERS.iter().copied().collect());
}
