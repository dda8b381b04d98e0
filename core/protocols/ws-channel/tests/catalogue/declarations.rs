//! Compares the declarations with the master table of §1.4, §4 and §8.6.

use bankchannel_foundation::{
    error::ErrorRow,
    operation::{CatalogueEntry, OperationKind, Repeat, Route},
};
use bankchannel_ws_channel::{CATALOGUE, CallerAccess, RateClass, TERMS, WsChannelTerms, errors};

/// §1.4 and §4: operation, method, path, success, allowed callers (`none`, `both`, `admin`, `data`, `owner`).
const MASTER: &[(&str, &str, &str, u16, &str)] = &[
    ("InitRegister", "GET", "/account/{Email}/{Mode}", 200, "none"),
    ("Register", "PUT", "/account/{Email}/{Mode}", 201, "none"),
    ("VerifyEmail", "POST", "/account/{Email}/{Mode}", 200, "none"),
    ("VerifyPhone", "POST", "/account/{Email}/{Mode}/{Phone}", 200, "none"),
    ("InitPasswordReset", "GET", "/account/{Email}/{Mode}/password", 200, "none"),
    ("PasswordReset", "POST", "/account/{Email}/{Mode}/password", 200, "none"),
    ("InitLogin", "GET", "/session/{Email}/{Mode}", 200, "none"),
    ("Login", "POST", "/session/{Email}/{Mode}", 200, "none"),
    ("LoginMFA", "PUT", "/session/{Email}/{Mode}/mfacode", 200, "none"),
    ("SelectMFA", "PUT", "/session/{Email}/{Mode}/selectmfa", 200, "none"),
    ("VerifyTOTP", "PUT", "/session/{Email}/{Mode}/verifytotp", 200, "none"),
    ("Logout", "DELETE", "/session/{Email}/{Mode}", 200, "both"),
    ("ListCerts", "GET", "/certs", 200, "both"),
    ("ConfigCerts", "POST", "/certs", 200, "admin"),
    ("ShareCerts", "PUT", "/certs/shared/{ExtEmail}", 201, "admin"),
    ("UnshareCerts", "DELETE", "/certs/shared/{ExtEmail}", 200, "admin"),
    ("ExportCert", "GET", "/certs/{Bank}", 200, "admin"),
    ("EnrollCert", "POST", "/certs/{Bank}", 201, "admin"),
    ("ImportCert", "PUT", "/certs/{Bank}", 201, "admin"),
    ("RetireCert", "DELETE", "/certs/{Bank}", 200, "admin"),
    ("ListFiles", "GET", "/files/{Bank}", 200, "both"),
    ("UploadFile", "PUT", "/files/{Bank}", 201, "data"),
    ("DownloadFile", "GET", "/files/{Bank}/{FileType}/{FileReference}", 200, "data"),
    ("DeleteFile", "DELETE", "/files/{Bank}/{FileType}/{FileReference}", 200, "data"),
    ("ListUploads", "GET", "/uploads/{Bank}", 200, "both"),
    ("ListAccounts", "GET", "/integrator/accounts", 200, "owner"),
    ("DeleteAccount", "DELETE", "/account/{Email}", 200, "owner"),
    ("ListKeys", "GET", "/pgp", 200, "both"),
    ("UploadKey", "PUT", "/pgp", 201, "admin"),
    ("DeleteKey", "DELETE", "/pgp", 200, "admin"),
];

/// §1.7: the texts for a session of the wrong mode.
const REFUSALS: &[(&str, &str)] = &[
    ("EnrollCert", "Cert enrollment allowed for admin user only"),
    ("ExportCert", "Cert export allowed for admin user only"),
    ("ImportCert", "Cert import allowed for admin user only"),
    ("DownloadFile", "File downloads not allowed on admin mode, use data account mode"),
    ("UploadFile", "File uploads not allowed on admin mode, use data account mode"),
    ("DeleteFile", "Data mode session required"),
];

/// §8.6: operations that are never resent automatically, not even after a 429.
const NEVER: &[&str] = &["VerifyPhone", "VerifyEmail", "LoginMFA", "VerifyTOTP", "PasswordReset", "EnrollCert"];

fn exchanges() -> impl Iterator<Item = (&'static CatalogueEntry, &'static Route)> {
    CATALOGUE.iter().filter_map(|entry| Some((entry, entry.declaration.route.as_ref()?)))
}

fn terms_of(route: &Route) -> &'static WsChannelTerms {
    let at = CATALOGUE
        .iter()
        .position(|entry| entry.declaration.route.as_ref().is_some_and(|own| own.wire_name == route.wire_name));
    TERMS[at.unwrap()].as_ref().unwrap()
}

fn access(route: &Route) -> CallerAccess {
    terms_of(route).access
}

fn find(wire_name: &str) -> &'static Route {
    exchanges().map(|(_, route)| route).find(|route| route.wire_name == wire_name).expect(wire_name)
}

#[test]
fn the_master_table() {
    assert_eq!(exchanges().count(), MASTER.len());
    for &(wire_name, method, path, success, who) in MASTER {
        let route = find(wire_name);
        assert_eq!((route.method.as_str(), route.path, route.success), (method, path, success), "{wire_name}");
        let access = access(route);
        let declared = match access {
            CallerAccess::Public => "none",
            CallerAccess::Session { modes: ["admin", "data"], owner: false, .. } => "both",
            CallerAccess::Session { modes: ["admin"], owner: false, .. } => "admin",
            CallerAccess::Session { modes: ["admin"], owner: true, .. } => "owner",
            CallerAccess::Session { modes: ["data"], owner: false, .. } => "data",
            CallerAccess::Session { .. } => "something else",
        };
        assert_eq!(declared, who, "{wire_name}");
        if let CallerAccess::Session { modes: [_], refusal, .. } = access {
            let told =
                REFUSALS.iter().find(|(name, _)| *name == wire_name).map_or("Admin mode session required", |row| row.1);
            assert_eq!(refusal, told, "{wire_name}");
        }
        let needed: &[u16] = if who == "none" { &[400, 429, 500] } else { &[400, 401, 403, 429, 500] };
        assert!(needed.iter().all(|status| route.failures.contains(status)), "{wire_name}");
    }
}

#[test]
fn what_may_be_repeated() {
    for (_, route) in exchanges() {
        let expected = match route.wire_name {
            name if NEVER.contains(&name) => Repeat::Never,
            // A GET with a side effect.
            "InitPasswordReset" => Repeat::AfterRateLimit,
            _ if route.method.as_str() == "GET" => Repeat::Safe,
            _ => Repeat::AfterRateLimit,
        };
        assert_eq!(route.repeat, expected, "{}", route.wire_name);
        let rate = match route.wire_name {
            "Register" | "InitPasswordReset" => RateClass::Registration,
            _ if matches!(access(route), CallerAccess::Public) => RateClass::Address,
            _ => RateClass::Key,
        };
        assert_eq!(terms_of(route).rate, rate, "{}", route.wire_name);
    }
    // §6.2: enrolment may take long.
    assert!(find("EnrollCert").timeout_s >= 120);
    // §6.4: every export is audited.
    assert!(find("ExportCert").audited && find("UploadFile").audited && !find("ListFiles").audited);
    assert_eq!(find("DownloadFile").response_content, Some("Content"));
    assert_eq!(find("UploadFile").request_content, Some("FileContents"));
}

#[test]
fn declarations_follow_the_sheet() {
    for entry in CATALOGUE {
        let (declaration, name) = (entry.declaration, entry.declaration.name);
        assert!(["account", "session", "certs", "files", "pgp", "integrator"].contains(&declaration.subject), "{name}");
        assert!(declaration.doc.len() > 40, "{name}");
        if declaration.kind == OperationKind::Exchange {
            assert_eq!(entry.response.fields().last().map(|field| field.name), Some("response_text"), "{name}");
        }
    }
    assert_eq!(CATALOGUE.iter().filter(|entry| entry.declaration.kind == OperationKind::Local).count(), 9);
}

/// The errors that follow from the route need not be repeated in an operation's declaration.
#[test]
fn declarations_name_the_errors_of_their_route() {
    const OF_SESSIONS: &[&ErrorRow] =
        &[&errors::NOT_LOGGED_IN, &errors::SESSION_EXPIRED, &errors::SESSION_REFUSED, &errors::API_KEY_REFUSED];
    const OF_BANKS: &[&ErrorRow] = &[
        &errors::BANK_UNKNOWN,
        &errors::NO_BANK_CHANNEL,
        &errors::BANK_REFUSED,
        &errors::BANK_UNAVAILABLE,
        &errors::ENTITLEMENT,
    ];
    for (entry, route) in exchanges() {
        let named = |row: &&ErrorRow| entry.declaration.errors.iter().any(|named| named.code == row.code);
        let name = route.wire_name;
        if let CallerAccess::Session { modes, owner, .. } = access(route) {
            assert!(OF_SESSIONS.iter().all(named), "{name}");
            assert_eq!(named(&&errors::MODE_REFUSED), modes.len() == 1, "{name}");
            assert!(!owner || named(&&errors::OWNER_ONLY), "{name}");
        } else {
            assert!(!named(&&errors::SESSION_REFUSED), "{name}");
        }
        let asks_bank = route.failures.contains(&502);
        assert_eq!(OF_BANKS.iter().all(named), asks_bank, "{name}");
        assert_eq!(named(&&errors::PARAMETER_REFUSED), !entry.request.fields().is_empty(), "{name}");
        let gives_code = entry.request.fields().iter().any(|field| field.name == "code" && name != "EnrollCert");
        assert!(!gives_code || named(&&errors::ATTEMPTS_EXCEEDED), "{name}");
    }
}

#[test]
fn profile_fields_are_the_clients_own() {
    const PROFILE: [&str; 7] = ["email", "mode", "phone", "name", "company", "api_key", "bank"];
    for entry in CATALOGUE {
        for field in entry.request.fields() {
            // A customer's account never defaults to the client's own.
            let own = PROFILE.contains(&field.name) && entry.declaration.name != "ws_channel.delete_account";
            assert_eq!(field.profile, own, "{} {}", entry.declaration.name, field.name);
        }
    }
}
