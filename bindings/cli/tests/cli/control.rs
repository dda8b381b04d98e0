//! `bankchannel control`: orders to a server that runs with its control interface.

use bankchannel_counterparts::{COUNTERPARTS, EmbeddedServer};
use serde_json::{Value, json};

use crate::support::{Home, Ran, started, stop};

/// A server, and the program with its control interface.
struct Controlled {
    kind: &'static str,
    server: EmbeddedServer,
    home: Home,
}

impl Controlled {
    fn start(kind: &'static str) -> Self {
        let start = EmbeddedServer::start(kind, json!({ "control": true }));
        let server = bankchannel_bridge::runtime().unwrap().block_on(start).unwrap();
        Self { kind, server, home: Home::empty() }
    }

    fn arguments<'a>(&'a self, address: &'a str, order: &'a str, options: &[&'a str]) -> Vec<&'a str> {
        let mut arguments = vec!["control", self.kind, order, "--json", "--control-url", address];
        arguments.extend(options);
        arguments
    }

    fn order(&self, order: &str, options: &[&str]) -> Ran {
        let ready = self.server.readiness();
        self.home.run(&self.arguments(ready["control_url"].as_str().unwrap(), order, options))
    }

    fn answer(&self, order: &str, options: &[&str]) -> Value {
        self.order(order, options).expect(0).json()
    }
}

#[test]
fn each_order_of_each_server_is_a_command_with_its_fields() {
    let home = Home::empty();
    for counterpart in COUNTERPARTS.iter().filter(|counterpart| counterpart.orders().next().is_some()) {
        for order in counterpart.orders() {
            let name = order.short_name().replace('_', "-");
            let help = home.run(&["control", counterpart.kind, &name, "--help"]).expect(0).out;
            assert!(help.starts_with(order.declaration.summary.trim_end_matches('.')), "{help}");
            for field in order.request.fields() {
                let option = format!("--{}", field.name.replace('_', "-"));
                let is_there = [' ', '['].iter().any(|after| help.contains(&format!("{option}{after}")));
                // A file of the server's machine is not named over a connection.
                assert_eq!(is_there, !field.opens_file, "{option}: {help}");
            }
        }
    }
}

#[test]
fn orders_have_the_answers_of_their_declarations() {
    let bank = Controlled::start("sepa-bank");
    let moved = bank.answer("clock", &["--advance-s", "-61.5"]);
    assert!(moved["now"].as_str().is_some_and(|now| now.ends_with('Z')), "{moved}");
    assert_eq!(bank.answer("uploads", &[]), json!({ "uploads": {} }));
    // A list that is the whole answer over HTTP has its name here, as in every language.
    assert_eq!(bank.answer("transcript", &[]), json!({ "requests": [] }));
    assert_eq!(bank.answer("fail-next", &["--operation", "list_files", "--status", "503", "--done"]), json!({}));
    let customer = r#"[{"family": "op", "customer_id": "77", "company": "Seven Oy"}]"#;
    assert_eq!(bank.answer("customers", &["--customers", customer])["customers"][0]["customer_id"], "77");
    // One path, two orders.
    let file = r#"[{"family": "op", "customer_id": "77", "file_type": "TITO", "content": "x"}]"#;
    let added = bank.answer("add-files", &["--files", file]);
    let files = bank.answer("files", &[]);
    let references: Vec<&Value> = files["files"].as_array().unwrap().iter().map(|file| &file["reference"]).collect();
    assert!(references.contains(&&added["files"][0]), "{files}");
}

#[test]
fn members_of_the_path_and_switches_choose_the_order() {
    let hub = Controlled::start("salt-edge-hub");
    let secret = hub.answer("begin-session", &[])["session_secret"].as_str().unwrap().to_owned();
    assert_eq!(hub.answer("session", &["--session-secret", &secret])["status"], "open");
    assert_eq!(hub.answer("sessions", &[]), json!({ "sessions": [secret] }));
    // The hub knows no connector: so it is this order that arrived, not the one that tells the state.
    let refused = hub.order("cancel-session", &["--session-secret", &secret]).expect(1).json();
    assert_eq!(refused["error"]["code"], "configuration.invalid", "{refused}");
    assert_eq!(refused["error"]["operation"], "salt_edge_hub_server.cancel_session");
}

#[test]
fn content_is_a_file_or_stdin() {
    let bank = Controlled::start("nextgen-psd2-bank");
    let raw = b"GET /v1/consents HTTP/1.1\r\nHost: bank.example\r\n\r\n";
    std::fs::write(bank.home.path("request.http"), raw).unwrap();
    let of_file = bank.answer("explain", &["--message", "request.http"]);
    let ready = bank.server.readiness();
    let address = ready["control_url"].as_str().unwrap();
    let of_stdin = bank.home.run_with_input(&bank.arguments(address, "explain", &["--message", "-"]), raw).expect(0);
    assert_eq!(of_file, of_stdin.json());
    assert!(of_file["explanation"]["checks"].is_array(), "{of_file}");
    let absent = bank.order("explain", &["--message", "absent.http"]).expect(1);
    assert!(absent.err.contains("--message"), "{}", absent.err);
}

#[test]
fn errors_name_the_order_and_the_field() {
    let bank = Controlled::start("sepa-bank");
    let refused = bank.order("code", &["--family", "op", "--customer-id", "nobody"]).expect(1);
    assert!(refused.err.contains("sepa_bank.code: customer_id: "), "{}", refused.err);
    let error = &refused.json()["error"];
    assert_eq!((&error["code"], &error["context"]["field"]), (&json!("input.invalid_field"), &json!("customer_id")));
    assert!(bank.order("code", &["--family", "op"]).expect(1).err.contains("--customer-id"));
    assert!(bank.order("clock", &["--advance-s", "soon"]).expect(1).err.contains("--advance-s must be a number"));
    // Another kind of server, a server that is no control interface, and none at all.
    let service = Controlled { kind: "ws-channel", ..Controlled::start("sepa-bank") };
    let other = service.order("hold", &["--operation", "upload_file"]).expect(1);
    assert!(other.err.contains("`hold` is not known"), "{}", other.err);
    let ready = bank.server.readiness();
    let hub = Controlled::start("salt-edge-hub");
    let wrong = bank.home.run(&bank.arguments(hub.server.readiness()["base_url"].as_str().unwrap(), "uploads", &[]));
    assert!(wrong.expect(1).err.contains("control_url: is no control interface"), "{ready}");
    let no_url = bank.home.run(&bank.arguments("nonsense", "uploads", &[])).expect(1).json();
    assert_eq!(no_url["error"]["message"], "control_url: is not a URL", "{no_url}");
    let nobody = bank.home.run(&bank.arguments("http://127.0.0.1:9", "uploads", &[])).expect(1).json();
    assert_eq!(nobody["error"]["code"], "transport.connect_failed");
}

#[test]
fn a_path_has_no_member_with_a_meaning_there() {
    let bank = Controlled::start("nextgen-psd2-bank");
    for serial in ["a/b", "?x", "%2e", "", ".", ".."] {
        let refused = bank.order("block-certificate", &["--serial", serial]).expect(1).json();
        assert_eq!(refused["error"]["context"]["field"], "serial", "{serial}");
    }
    // `sessions/all` is another order.
    let hub = Controlled::start("salt-edge-hub");
    for secret in ["all", "."] {
        let refused = hub.order("session", &["--session-secret", secret]).expect(1).json();
        let error = &refused["error"];
        let told = (&error["code"], &error["context"]["field"]);
        assert_eq!(told, (&json!("input.invalid_field"), &json!("session_secret")), "{secret}: {error}");
    }
}

#[test]
fn a_switch_that_names_its_order_is_true() {
    let hub = Controlled::start("salt-edge-hub");
    let cancel = ["--session-secret", "nobody", "--cancel=false"];
    let refused = hub.order("cancel-session", &cancel).expect(1).json();
    let error = &refused["error"];
    assert_eq!(
        (&error["code"], &error["context"]["field"]),
        (&json!("input.invalid_field"), &json!("cancel")),
        "{error}"
    );
}

#[test]
fn a_file_has_a_whole_list() {
    let bank = Controlled::start("sepa-bank");
    let customer = r#"[{"family": "op", "customer_id": "77", "company": "Seven Oy"}]"#;
    bank.answer("customers", &["--customers", customer]);
    let file = json!({"family": "op", "customer_id": "77", "file_type": "TITO", "content": "x"});
    std::fs::write(bank.home.path("files.json"), json!([file, file]).to_string()).unwrap();
    std::fs::write(bank.home.path("file.json"), file.to_string()).unwrap();
    let listed = |count: usize, options: &[&str]| {
        let added = bank.answer("seed", options);
        assert_eq!(added["files"].as_array().map(Vec::len), Some(count), "{added}");
    };
    listed(2, &["--files", "@files.json"]);
    listed(1, &["--files", "@file.json"]);
}

#[test]
fn options_that_are_numbers_take_numbers() {
    let home = Home::empty();
    let serve = |after: &'static str| ["serve", "sepa-bank", "--data", "bank", "--report-after-s", after];
    for after in ["0", "0.5", "30"] {
        stop(started(home.command(&serve(after))).0, "-TERM").expect(0);
    }
    let refused = home.run(&serve("soon")).expect(1).err;
    assert!(refused.contains("--report-after-s"), "{refused}");
}
