//! Settings from environment variables, and settings of one source completed from another.
#![allow(clippy::unwrap_used)]

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
};

use bankchannel::{
    Settings,
    model::{Boundary as _, Seconds},
    nextgen_psd2::NextGenPsd2Settings,
    protocols::PROTOCOLS,
    ws_channel::{Mode, WsChannelSettings},
};
use serde_json::json;

/// The variables that are set.
fn set(variables: &[(&str, &str)]) -> impl Fn(&str) -> Option<OsString> {
    |asked| variables.iter().find(|(name, _)| *name == asked).map(|(_, text)| (*text).into())
}

#[test]
fn variables_are_read_and_explicit_settings_win() {
    let env = WsChannelSettings::from_variables(set(&[
        ("ISECURE_BASE_URL", "http://127.0.0.1:9/v2"),
        ("ISECURE_EMAIL", "User@Example.test"),
        ("ISECURE_MODE", "data"),
        ("ISECURE_PASSWORD", "Toddler_..123456789012345"),
        ("ISECURE_PUBLIC_KEY_PEM", "from the environment"),
        ("ISECURE_PHONE", ""),
        ("ISECURE_RETRIES", "3"),
        ("ISECURE_READ_TIMEOUT_S", "2.5"),
        ("ISECURE_RENEW_SESSION", "true"),
    ]))
    .unwrap();
    assert_eq!(env.email.as_ref().unwrap().as_str(), "user@example.test");
    assert!(env.phone.is_none() && env.name.is_none());
    assert_eq!((env.connection.retries, env.renew_session), (Some(3), Some(true)));
    assert_eq!(env.connection.read_timeout_s.map(|Seconds(time)| time.as_millis()), Some(2500));
    let explicit = WsChannelSettings {
        public_key_file: Some("key.pem".into()),
        mode: Some(Mode::Admin),
        ..WsChannelSettings::default()
    };
    let both = explicit.or(env);
    assert_eq!((both.mode, both.base_url.as_deref()), (Some(Mode::Admin), Some("http://127.0.0.1:9/v2")));
    assert_eq!((both.public_key_pem, both.public_key_file.as_deref()), (None, Some("key.pem")));
    assert_eq!(both.password.unwrap().expose(), "Toddler_..123456789012345");
}

#[test]
fn what_gives_the_same_is_taken_from_one_side() {
    let env = NextGenPsd2Settings::from_variables(set(&[
        ("NEXTGEN_PSD2_KEYSTORE_FILE", "env.p12"),
        ("NEXTGEN_PSD2_CLIENT_CERTIFICATE_FILE", "qwac.pem"),
        ("NEXTGEN_PSD2_ALLOWED_REDIRECT_HOSTS", "one.example, two.example"),
        ("NEXTGEN_PSD2_SIGNING", r#"{"dialect": "bg"}"#),
        ("NEXTGEN_PSD2_CA_FILE", "ca.pem"),
    ]))
    .unwrap();
    assert_eq!(env.allowed_redirect_hosts.as_ref().unwrap().len(), 2);
    assert!(env.signing.as_ref().unwrap().dialect.is_some());
    let own = NextGenPsd2Settings { private_key: Some("key".into()), ..NextGenPsd2Settings::default() };
    let both = own.or(env);
    assert_eq!((both.key.keystore_file, both.connection.ca_file.as_deref()), (None, Some("ca.pem")));
    assert_eq!(both.client_certificate_file.as_deref(), Some("qwac.pem"));
}

#[test]
fn a_bad_variable_is_named_and_not_shown() {
    for (name, text) in [
        ("ISECURE_API_KEY", "short secret"),
        ("ISECURE_RETRIES", "short secret"),
        ("ISECURE_ONLY_CA_FILE", "short secret"),
        ("ISECURE_READ_TIMEOUT_S", "short secret"),
        ("ISECURE_NAME", "short secret \u{fffd}"),
    ] {
        let error = WsChannelSettings::from_variables(set(&[(name, text)])).unwrap_err();
        assert_eq!((error.code(), error.detail("field")), ("configuration.invalid", Some(name)), "{error}");
        assert!(error.message().contains(name), "{error}");
        assert!(!error.to_json().to_string().contains("short secret"), "{error}");
    }
    let error = NextGenPsd2Settings::from_variables(set(&[("NEXTGEN_PSD2_SIGNING", "short secret")])).unwrap_err();
    assert!(error.message().contains("NEXTGEN_PSD2_SIGNING: must be a JSON object"), "{error}");
    assert!(!error.to_json().to_string().contains("short secret"), "{error}");
}

/// Bytes that are no UTF-8 stay unchanged until a setting is read from them.
#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_named() {
    use std::os::unix::ffi::OsStringExt as _;
    let bytes = |name: &str| (name == "ISECURE_PASSWORD").then(|| OsString::from_vec(vec![b'x', 0xff]));
    let error = WsChannelSettings::from_variables(bytes).unwrap_err();
    assert_eq!((error.code(), error.detail("field")), ("configuration.invalid", Some("ISECURE_PASSWORD")));
    assert_eq!(error.message(), "the environment variable ISECURE_PASSWORD is not UTF-8");
}

/// A variable is read only where its setting is not given; a fault of a given value is told by its own name.
#[test]
fn what_the_program_gives_is_not_read_from_variables() {
    let read = |own: serde_json::Value, variables: &[(&str, &str)]| {
        let listed = variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        Settings::read_or_listed(own.into(), &listed.collect())
    };
    let wrong = [("ISECURE_RETRIES", "many"), ("ISECURE_PUBLIC_KEY_PEM", "x\u{fffd}")];
    read(json!({"retries": 1, "public_key_file": "key.pem"}), &wrong).unwrap();
    for (own, field) in [(json!({"retries": 1}), "ISECURE_PUBLIC_KEY_PEM"), (json!({}), "ISECURE_PUBLIC_KEY_PEM")] {
        let error = read(own, &wrong).unwrap_err();
        assert_eq!((error.code(), error.detail("field")), ("configuration.invalid", Some(field)), "{error}");
    }
    let error = read(json!({"public_key_file": "key.pem"}), &wrong).unwrap_err();
    assert_eq!(error.detail("field"), Some("ISECURE_RETRIES"), "{error}");
    assert!(error.message().starts_with("ISECURE_RETRIES: "), "{error}");
    let error = read(json!({"retries": "many"}), &[("ISECURE_BASE_URL", "https://bank.example.test")]).unwrap_err();
    assert_eq!((error.code(), error.detail("field")), ("input.invalid_field", Some("retries")), "{error}");
}

/// A variable that is passed over would leave its setting at the default, such as the address of the real bank.
#[test]
fn a_variable_that_is_no_setting_is_refused_by_name() {
    let settings = |protocol: &str, name: &str| {
        let listed = BTreeMap::from([(name.to_owned(), "https://bank.example.test".to_owned())]);
        Settings::read_or_listed(json!({ "protocol": protocol }).into(), &listed)
    };
    for (protocol, name, meant) in [
        ("sepa-web-services", "SEPA_WEB_SERVICES_BASE_URL", "SEPA_WEB_SERVICES_FILE_URL"),
        ("sepa-web-services", "SEPA_WEB_SERVICES_CUSTMER_ID", "SEPA_WEB_SERVICES_CUSTOMER_ID"),
        ("sepa-web-services", "SEPA_WEB_SERVICES_URL", "SEPA_WEB_SERVICES_FILE_URL"),
        ("nextgen-psd2", "NEXTGEN_PSD2_BASEURL", "NEXTGEN_PSD2_BASE_URL"),
        ("nextgen-psd2", "NEXTGEN_PSD2_URL", "NEXTGEN_PSD2_BASE_URL"),
        ("ws-channel", "ISECURE_URL", "ISECURE_BASE_URL"),
        ("ws-channel", "ISECURE_PASWORD", "ISECURE_PASSWORD"),
        ("salt-edge-connector", "SALT_EDGE_CONNECTOR_HUB_URL", "SALT_EDGE_CONNECTOR_BASE_URL"),
        ("salt-edge-hub", "SALT_EDGE_HUB_BASE_URLS", "SALT_EDGE_HUB_BASE_URL"),
    ] {
        let error = settings(protocol, name).unwrap_err();
        assert_eq!((error.code(), error.detail("field")), ("configuration.invalid", Some(name)), "{error}");
        assert!(error.message().contains(meant), "{error}");
        assert!(!error.to_json().to_string().contains("bank.example"), "{error}");
    }
    // Those of codes are read when a code is asked for; others' are nothing to do with this client.
    for name in ["ISECURE_MFA_CODE", "ISECURE_DATA_EMAIL_CODE", "NEXTGEN_PSD2_NONSENSE", "PATH"] {
        settings("ws-channel", name).unwrap();
    }
    let empty = BTreeMap::from([("ISECURE_NONSENSE".to_owned(), String::new())]);
    Settings::read_or_listed(json!({}).into(), &empty).unwrap();
}

/// Programs beside this one may have variables with the same prefix.
#[test]
fn variables_of_others_are_passed_over() {
    let all = |protocol: &str, names: &[String]| {
        let listed = names.iter().map(|name| (name.clone(), "1".to_owned()));
        Settings::read_or_listed(json!({ "protocol": protocol }).into(), &listed.collect())
    };
    let published = [
        "REGISTER",
        "PGP_PUBLIC_KEY_FILE",
        "PGP_PRIVATE_KEY_FILE",
        "PGP_KEY_DIRECTORY",
        "PGP_SIGNING_FINGERPRINT",
        "PAYMENT_FILE",
        "OUTPUT_DIR",
        "API_KEY_OUTPUT_FILE",
        "UPLOAD_FILE",
        "UPLOAD_TYPE",
        "SIGNATURE_FILE",
        "DOWNLOAD_TYPE",
        "DOWNLOAD_FILE",
    ];
    all("ws-channel", &published.map(|name| format!("ISECURE_{name}"))).unwrap();
    for protocol in PROTOCOLS {
        let Some(kind) = &protocol.client else { continue };
        let of_service =
            |name: &str| ["", "BANK_"].map(|more| format!("{}{more}{name}", kind.variable_prefix)).to_vec();
        let names = [
            "SERVICE_HOST",
            "SERVICE_PORT",
            "SERVICE_PORT_HTTP",
            "PORT",
            "PORT_8080_TCP",
            "PORT_8080_TCP_PROTO",
            "PORT_8080_TCP_PORT",
            "PORT_8080_TCP_ADDR",
            "PORT_53_UDP",
        ];
        all(protocol.name, &names.iter().flat_map(|name| of_service(name)).collect::<Vec<_>>()).unwrap();
        for name in ["SERVICE_URL", "PORT_HTTP", "PORTS", "PORT_8080_TCP_HOST", "REGISTERS", "HOST"] {
            let error = all(protocol.name, &of_service(name)).unwrap_err();
            assert!(error.message().contains(name), "{error}");
        }
    }
}

/// As a script leaves it whose own variable does not exist: the default is the address of the real bank.
#[test]
fn an_address_that_is_set_and_empty_is_refused() {
    let mut addresses = 0;
    for protocol in PROTOCOLS {
        let Some(kind) = &protocol.client else { continue };
        for (name, field) in kind.variables() {
            let empty = BTreeMap::from([(name.clone(), String::new())]);
            let done = Settings::read_or_listed(json!({ "protocol": protocol.name }).into(), &empty);
            if !field.name.ends_with("_url") {
                done.unwrap();
                continue;
            }
            let error = done.unwrap_err();
            assert_eq!((error.code(), error.detail("field")), ("configuration.invalid", Some(&*name)), "{error}");
            assert!(error.message().contains("is empty: give the address, or unset it"), "{error}");
            // Where the program gives the address, its variable may be empty.
            let given = json!({ "protocol": protocol.name, field.name: "https://bank.example/services" });
            Settings::read_or_listed(given.into(), &empty).unwrap();
            addresses += 1;
        }
    }
    assert!(addresses >= 6, "{addresses}");
}

/// Null, as from a failed lookup, is no client of the defaults' peer.
#[test]
fn settings_that_are_null_are_refused() {
    let error = Settings::read(json!(null).into()).unwrap_err();
    assert_eq!((error.code(), error.detail("field")), ("input.invalid_field", Some("settings")));
}

#[test]
fn every_setting_of_every_client_has_a_variable_of_its_own() {
    for protocol in PROTOCOLS {
        let Some(kind) = &protocol.client else { continue };
        let names: Vec<String> = kind.variables().map(|(name, _)| name).collect();
        let once: BTreeSet<&String> = names.iter().collect();
        assert_eq!(once.len(), names.len(), "{names:?}");
        for field in kind.settings.fields() {
            assert!(kind.variables().any(|(_, of)| of.name == field.name), "{}", field.name);
        }
    }
    let asked = RefCell::new(Vec::new());
    WsChannelSettings::from_variables(|name| {
        asked.borrow_mut().push(name.to_owned());
        None
    })
    .unwrap();
    assert!(asked.borrow().contains(&"ISECURE_PUBLIC_KEY_PEM_FILE".to_owned()));
    assert_eq!(asked.into_inner().len(), WsChannelSettings::SHAPE.fields().len() + 1);
}
