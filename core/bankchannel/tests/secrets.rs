//! Secrets are never logged: they are planted, all output is captured, and all of it is searched.
#![allow(clippy::unwrap_used)]

#[path = "psd2/party.rs"]
#[allow(dead_code)]
mod party;
mod support;

use std::{
    fmt::Write as _,
    sync::{Arc, Mutex, Once, OnceLock},
};

use bankchannel::{
    CallLog, CallOptions,
    ws_channel::{Mode, WsChannel, WsChannelSettings},
};
use serde_json::{Value, json};
use support::{Act, Answer, Answers, Seen, Server, ok, private_key, refused, session, settings};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

const CHALLENGE: &str =
    "9Ty4zrnJGqNH0i1+I0OTKHjTs03Ymd4tBH70FTiYNhA=|1494962070679|2646b71b-9b51-4d11-bf5e-cca5617bcfde";

/// Planted values of a third party's requests to a bank.
const PLANTED_PSD2: &[&str] = &[
    "planted-psu-4711",
    "planted-agreement-4711",
    "planted-session-4711",
    "planted-consent-4711",
    "planted-authorisation-4711",
    "planted-state-4711",
    "nJ9X7+BPj1pl", // the hash of a personal number
    "192.0.2.47",
    "PRIVATE KEY",
];

/// Values that must not appear anywhere. Each has the format of its kind, and is too long or odd to appear by chance.
const PLANTED: &[&str] = &[
    "Planted_Password_..4711",
    "918273", // the code
    "planted-id-token-0815",
    "PlantedApiKeyPlantedApiKeyPlantedApiKey1",
    "planted-mfa-session-0815",
    "planted-access-token-0815",
    "JBSWY3DPEHPK3PXP", // the authenticator's secret
    "planted.person",   // the e-mail address
    "358409998877",     // the phone
    "Planted Content Of The Payment",
    "UGxhbnRlZCBDb250ZW50", // its base64
    "PLANTEDWSUSERID",
    "9Ty4zrnJGqNH0i1", // the challenge
    "PGP PRIVATE KEY",
    "Planted Company",
];

fn captured() -> &'static Mutex<String> {
    static ALL: OnceLock<Mutex<String>> = OnceLock::new();
    ALL.get_or_init(Mutex::default)
}

struct Capture;

impl Visit for Capture {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        writeln!(captured().lock().unwrap(), "{}={value:?}", field.name()).unwrap();
    }
}

/// Captures every span and event of `tracing`, at every level.
struct Everything;

impl Subscriber for Everything {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        span.record(&mut Capture);
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        values.record(&mut Capture);
    }
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &Event<'_>) {
        writeln!(captured().lock().unwrap(), "{}", event.metadata().target()).unwrap();
        event.record(&mut Capture);
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

impl log::Log for Everything {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }
    fn log(&self, record: &log::Record<'_>) {
        writeln!(captured().lock().unwrap(), "{} {}", record.target(), record.args()).unwrap();
    }
    fn flush(&self) {}
}

/// Captures everything from now on.
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing::subscriber::set_global_default(Everything).unwrap();
        log::set_logger(&Everything).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
    });
}

/// Searches all captured output for the planted values.
fn search(planted: &[&str], lines: &[String], shown: &str) {
    let traced = captured().lock().unwrap().clone();
    for library in ["hyper", "reqwest", "bankchannel"] {
        assert!(traced.contains(library), "{library} was heard");
    }
    for planted in planted {
        for (place, text) in
            [("the call's log", &*lines.join("\n")), ("the program's log", &traced), ("an error", shown)]
        {
            let found =
                text.find(planted).map(|at| text[at.saturating_sub(80)..].chars().take(200).collect::<String>());
            assert!(found.is_none(), "{planted} in {place}: {found:?}");
        }
    }
}

fn service(seen: &Seen, _: usize) -> Act {
    let answer = |status, value: Value| Act::Answer(ok(status, value));
    match (seen.method.as_str(), seen.path.split('/').nth(2), seen.path.rsplit('/').next()) {
        ("GET", Some("session"), _) => answer(200, json!({"Challenge": CHALLENGE})),
        ("POST", Some("session"), _) => answer(
            200,
            json!({"Session": "planted-mfa-session-0815", "ChallengeName": "SMS_MFA", "ResponseText": "Give SMS code"}),
        ),
        ("PUT", _, Some("mfacode")) => answer(
            200,
            json!({
                "IdToken": "planted-id-token-0815", "ApiKey": "PlantedApiKeyPlantedApiKeyPlantedApiKey1", "ExpiresIn": "3600",
                "SecretCode": "JBSWY3DPEHPK3PXP", "OtpauthUri": "otpauth://totp/ISECure:planted.person?secret=JBSWY3DPEHPK3PXP&issuer=ISECure",
                "AccessToken": "planted-access-token-0815", "ResponseText": "Login OK",
            }),
        ),
        ("POST", Some("certs"), _) => {
            Act::Answer(refused(400, "No user planted.person@example.test with +358409998877 known"))
        }
        ("PUT", Some("files"), _) => answer(201, json!({})),
        ("GET", Some("files"), _) => answer(200, json!({"Content": "UGxhbnRlZCBDb250ZW50IE9mIFRoZSBQYXltZW50"})),
        _ => answer(200, json!({})),
    }
}

#[tokio::test]
async fn k09_k10_planted_secrets_are_found_in_no_log_and_no_error() {
    listen();
    let server = Server::start(service).await;
    let settings = WsChannelSettings {
        email: Some("planted.person@example.test".parse().unwrap()),
        phone: Some("+358409998877".parse().unwrap()),
        company: Some("Planted Company".parse().unwrap()),
        password: Some("Planted_Password_..4711".into()),
        mode: Some(Mode::Admin),
        ..settings(&server)
    };
    let client = WsChannel::new(settings).unwrap();
    let log = CallLog::new();
    let options = |content: Option<&str>| CallOptions {
        asker: Some(Arc::new(Answers::new(&[("sms_code", &["918273"]), ("totp_code", &["918273"])]))),
        log: Some(log.clone()),
        content: content.map(|text| text.as_bytes().to_vec().into()),
        ..CallOptions::default()
    };
    let mut shown = format!("{client:?}");
    for (name, request, content) in [
        ("enrol_totp", json!({}), None),
        ("enroll_cert", json!({"bank": "nordea", "ws_user_id": "PLANTEDWSUSERID", "code": "918273"}), None),
        (
            "sign_and_upload",
            json!({"bank": "nordea", "file_type": "KTL", "file_name": "a.xml", "private_key": private_key()}),
            Some("Planted Content Of The Payment"),
        ),
        ("download_file", json!({"bank": "nordea", "file_type": "VA", "file_reference": "1"}), None),
        ("verify_phone", json!({"code": "918273"}), None),
        ("logout", json!({}), None),
    ] {
        if name == "sign_and_upload" {
            client.set_session(session("planted-id-token-0815", Mode::Data));
        }
        if let Err(error) = client.call_json(&format!("ws_channel.{name}"), request, options(content)).await {
            writeln!(shown, "{error} {error:?}").unwrap();
            assert_eq!(name, "enroll_cert", "{error}");
        }
    }
    let lines: Vec<String> = log.drain().into_iter().map(|record| record.line.text).collect();
    assert!(lines.iter().any(|line| line.contains("POST /session/[redacted]/admin")), "{lines:#?}");
    assert!(lines.iter().any(|line| line.contains("ResponseText Give SMS code")), "{lines:#?}");
    assert!(lines.iter().any(|line| line.starts_with("response 201 PUT /files/nordea in ")), "{lines:#?}");
    search(PLANTED, &lines, &shown);
}

#[tokio::test]
async fn planted_identifiers_of_customers_are_found_in_no_log_and_no_error() {
    listen();
    let bank = |seen: &Seen, _| match (seen.method.as_str(), seen.path.rsplit('/').next()) {
        (_, Some("authorisations")) => Act::Answer(Answer::json(404, &json!({"tppMessages": [{"code": "X"}]}))),
        ("DELETE", _) => Act::ResetAfterRequest,
        ("GET", Some("accounts")) => Act::Answer(Answer::json(200, &json!({"accounts": []}))),
        ("GET", _) => Act::Answer(Answer::json(200, &json!({"scaStatus": "received"}))),
        _ => Act::Answer(Answer::json(503, &json!({}))),
    };
    let server = Server::start(bank).await;
    let log = CallLog::new();
    let mut shown = String::new();
    let customer = json!({"ip_address": "192.0.2.47"});
    for (dialect, name, request) in [
        (
            "era",
            "get_accounts",
            json!({"psu_id": "planted-psu-4711", "psu_corporate_id": "planted-agreement-4711",
                "tpp_session_id": "planted-session-4711", "psu": customer}),
        ),
        (
            "era",
            "verify_user",
            json!({"psu_id": "planted-psu-4711", "psu_personal_identifier": "nJ9X7+BPj1pltpnbHHdyONWHa0TO8kBlTHSd0J4XkO8="}),
        ),
        (
            "era",
            "update_bank_offered_consents",
            json!({"redirect_uri": "https://tpp.example/?state=planted-state-4711", "psu_id": "planted-psu-4711"}),
        ),
        ("bg", "get_accounts", json!({"consent_id": "planted-consent-4711"})),
        ("bg", "delete_consent", json!({"consent_id": "planted-consent-4711"})),
        ("bg", "list_authorisations", json!({"consent_id": "planted-consent-4711"})),
        (
            "bg",
            "get_authorisation_status",
            json!({"consent_id": "planted-consent-4711", "authorisation_id": "planted-authorisation-4711"}),
        ),
    ] {
        let client = party::client_with(&server, json!({"signing": {"dialect": dialect}}));
        let options = CallOptions { log: Some(log.clone()), ..CallOptions::default() };
        let done = client.call_json(&format!("nextgen_psd2.{name}"), request, options).await;
        let succeeds = name == "get_accounts" || name == "get_authorisation_status";
        assert_eq!(done.is_ok(), succeeds, "{name}");
        if let Err(error) = done {
            writeln!(shown, "{client:?} {error} {error:?}").unwrap();
        }
    }
    let lines: Vec<String> = log.drain().into_iter().map(|record| record.line.text).collect();
    for line in [
        "request GET /v1/consents/{consentId}/authorisations/{authorisationId}",
        "response 200 GET /v1/accounts in ",
        "error transport.connection_lost DELETE /v1/consents/{consentId} after ",
    ] {
        assert!(lines.iter().any(|own| own.starts_with(line)), "{line}: {lines:#?}");
    }
    search(PLANTED_PSD2, &lines, &shown);
}
