//! `call` and `catalogue`.

use serde_json::Value;

use crate::support::{Home, NOWHERE, PASSWORD, Script, logged_in};

#[test]
fn any_operation_can_be_called_by_its_name_in_any_spelling() {
    let home = logged_in();
    for name in ["list_files", "ws_channel.list_files", "list-files", "listFiles"] {
        let ran = home.run(&["call", name, r#"{"status": "ALL"}"#, "--json"]);
        // No certificate yet: the error is the service's own, so the service was asked.
        assert_eq!(ran.expect(1).json()["error"]["operation"], "ws_channel.list_files");
    }
    let challenge = home.run(&["call", "ws_channel.init_login", "--json"]).expect(0).json();
    assert!(challenge["challenge"].as_str().unwrap().contains('|'));
    let keys = home.run_with_input(&["call", "list_keys", "-", "--json"], b"{}").expect(0).json();
    assert_eq!(keys["pgp_keys"], Value::Array(Vec::new()));
}

#[test]
fn verbose_tells_what_is_sent_and_answered_and_no_secret() {
    let home = logged_in();
    let ran = home.run(&["pgp", "list-keys", "-v", "--json"]).expect(0);
    assert_eq!(ran.json()["pgp_keys"], Value::Array(Vec::new()));
    assert!(ran.err.lines().any(|line| line.starts_with("debug: ") && line.contains("GET")), "{}", ran.err);
    assert!(ran.err.contains("200"), "{}", ran.err);
    assert!(!ran.err.contains(&home.setting("idtoken").unwrap()), "{}", ran.err);
    assert!(!ran.err.contains(&home.setting("apikey").unwrap()), "{}", ran.err);
    home.set("idtokenexpiry", "2020-01-01 00:00:00");
    let ran = home.run(&["session", "login", "--verbose", "--noninteractive"]).expect(0);
    assert!(ran.err.contains("debug: ") && !ran.err.contains(PASSWORD), "{}", ran.err);
    assert_eq!(home.run(&["pgp", "list-keys"]).expect(0).err, "");
}

#[test]
fn a_request_id_is_sent_and_told_in_the_error() {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut home = Home::empty();
    home.variable("ISECURE_BASE_URL", &format!("http://{}/v2", listener.local_addr().unwrap()));
    let seen = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut head, mut part) = (Vec::new(), [0; 1024]);
        while !head.windows(4).any(|end| end == b"\r\n\r\n") {
            let size = stream.read(&mut part).unwrap();
            head.extend_from_slice(&part[..size]);
        }
        stream.write_all(b"HTTP/1.1 400 Reason\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}").unwrap();
        String::from_utf8(head).unwrap().to_ascii_lowercase()
    });
    let login = ["call", "ws_channel.init_login", "-e", "me@example.com", "-m", "data", "--json", "--request-id"];
    let told = home.run(&[&login[..], &["cron-7:a"]].concat()).expect(1).json();
    assert_eq!(told["error"]["context"]["request_id"], "cron-7:a", "{told}");
    assert!(seen.join().unwrap().contains("\r\nx-request-id: cron-7:a\r\n"));
    // A command; an operation that sends nothing; one whose protocol has no client.
    let totp = ["call", "totp_code", r#"{"secret": "JBSWY3DPEHPK3PXP"}"#, "--json", "--request-id"];
    let made = ["call", "iso20022.make_payment", "{}", "--json", "--request-id"];
    let verify = [
        "account",
        "verify-email",
        "-e",
        "me@example.com",
        "--code",
        "123456",
        "--access-token",
        "t",
        "--json",
        "--request-id",
    ];
    for command in [&login[..], &totp, &made, &verify] {
        let ran = home.run(&[command, &["Toddler_..12345 6789"]].concat()).expect(1);
        assert_eq!(ran.json()["error"]["context"]["field"], "request_id", "{command:?} {}", ran.out);
        assert!(!format!("{}{}", ran.out, ran.err).contains("Toddler"), "{command:?} {}", ran.out);
    }
    home.run(&[&totp[..], &["cron-7:a"]].concat()).expect(0);
}

#[test]
fn a_local_operation_needs_neither_settings_nor_service() {
    let home = Home::empty();
    let request = r#"{"secret": "JBSWY3DPEHPK3PXP"}"#;
    std::fs::write(home.path("request.json"), request).unwrap();
    for given in [request, "@request.json"] {
        let code = home.run(&["call", "totp_code", given, "--json"]).expect(0).json();
        assert_eq!(code["code"].as_str().unwrap().len(), 6);
    }
    std::fs::write(home.path("payment.xml"), bankchannel_iso20022::EXAMPLE_PAIN001).unwrap();
    let checked = home.run(&["call", "check_payment_file", "--content", "payment.xml", "--json"]).expect(0).json();
    assert_eq!(checked["ok"], true);
    let checked = home.run(&["files", "check-payment-file", "payment.xml"]).expect(0);
    assert!(checked.out.contains("BANKCHANNEL-EXAMPLE-0001"), "{}", checked.out);
    // A verdict sets the exit code, for scripts that check before they continue.
    std::fs::write(home.path("wrong.xml"), "<Document/>").unwrap();
    let wrong = home.run(&["files", "check-payment-file", "wrong.xml", "--json"]).expect(1).json();
    assert_eq!(wrong["ok"], false);
    assert!(wrong["findings"][0]["line"].is_u64(), "{wrong}");
}

#[test]
fn unknown_fields_and_wrong_content_are_refused() {
    let home = logged_in();
    let ran = home.run(&["call", "list_keys", r#"{"nonsense": 1}"#, "--json"]).expect(1);
    assert_eq!(ran.json()["error"]["code"], "input.unknown_field");
    let ran = home.run(&["call", "list_keys", "--content", "nothing.xml", "--json"]).expect(1);
    assert_eq!(ran.json()["error"]["category"], "invalid_input");
}

#[test]
fn a_response_goes_into_a_new_private_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = logged_in();
    home.run(&["call", "list_keys", "-o", "keys.json"]).expect(0);
    let text = std::fs::read_to_string(home.path("keys.json")).unwrap();
    assert!(serde_json::from_str::<Value>(&text).unwrap().get("pgp_keys").is_some());
    assert_eq!(std::fs::metadata(home.path("keys.json")).unwrap().permissions().mode() & 0o777, 0o600);
    home.run(&["call", "list_keys", "-o", "keys.json"]).expect(1);
    // A replaced file is as private as a new one, and a link does not lead to another file.
    std::fs::set_permissions(home.path("keys.json"), std::fs::Permissions::from_mode(0o644)).unwrap();
    home.run(&["call", "list_keys", "-o", "keys.json", "--force"]).expect(0);
    assert_eq!(std::fs::metadata(home.path("keys.json")).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::write(home.path("other"), "kept").unwrap();
    std::fs::remove_file(home.path("keys.json")).unwrap();
    std::os::unix::fs::symlink("other", home.path("keys.json")).unwrap();
    home.run(&["call", "list_keys", "-o", "keys.json", "--force"]).expect(0);
    assert_eq!(std::fs::read_to_string(home.path("other")).unwrap(), "kept");
    assert!(std::fs::read_to_string(home.path("keys.json")).unwrap().contains("pgp_keys"));
    home.run(&["call", "list_keys", "-o", "/dev/null", "--force"]).expect(0);
    home.run(&["call", "list_keys", "-o", "-"]).expect(0);
    assert!(!home.path("-").exists());
}

#[test]
fn a_file_that_cannot_be_written_is_found_out_before_anything_is_sent() {
    let home = logged_in();
    let script = Script::serve(vec![(201, "{}".to_owned())]);
    std::fs::write(home.path("resp.json"), "kept").unwrap();
    let upload = |out: &str| {
        let request = r#"{"bank": "nordea", "file_type": "NDCORPAYS", "file_name": "a.xml", "signature": "c2ln"}"#;
        std::fs::write(home.path("a.xml"), "<a/>").unwrap();
        let call = ["call", "upload_file", request, "--content", "a.xml", "-o", out, "-i", "token", "--base-url"];
        home.run(&[&call[..], &[&script.base_url]].concat())
    };
    for out in ["resp.json", "no-folder/resp.json"] {
        assert!(upload(out).expect(1).err.contains("cannot be written"));
    }
    assert_eq!(std::fs::read_to_string(home.path("resp.json")).unwrap(), "kept");
    assert_eq!(script.requests(), [""; 0]);
    // A file reserved for a failed call is removed again.
    home.run(&["call", "list_keys", "-o", "new.json", "-i", "token", "--base-url", NOWHERE]).expect(1);
    assert!(!home.path("new.json").exists());
}

#[test]
fn a_settings_file_that_cannot_be_changed_is_found_out_before_a_registration() {
    let script = Script::serve(vec![(200, "{}".to_owned())]);
    let home = Home::with_account("unkept@example.test", "admin");
    home.write_settings(&format!(
        "settings: {{email: unkept@example.test, mode: admin, password: \"{PASSWORD}\", base_url: \"{}\", name: E, company: C, phone: \"+358401234567\"}}\n",
        script.base_url
    ));
    let ran = home.run(&["account", "register", "--noninteractive"]).expect(1);
    assert!(ran.err.contains("cannot be changed safely"), "{}", ran.err);
    assert_eq!(script.requests(), [""; 0]);
}

#[test]
fn the_catalogue_is_an_array_of_every_operation() {
    let home = Home::empty();
    let catalogue = home.run(&["catalogue", "--json"]).expect(0).json();
    let entries = catalogue.as_array().unwrap();
    assert_eq!(entries.len(), bankchannel::catalogue().count());
    for entry in entries {
        for field in ["name", "protocol", "kind", "summary", "request_schema", "response_schema", "errors"] {
            assert!(entry.get(field).is_some(), "{field} is missing in {entry}");
        }
    }
    let table = home.run(&["catalogue"]).expect(0).out;
    assert!(table.contains("ws_channel.upload_file"));
    let openapi = home.run(&["catalogue", "--openapi", "ws-channel"]).expect(0).json();
    assert!(
        openapi["openapi"].as_str().unwrap().starts_with("3.1") && openapi["paths"].as_object().unwrap().len() >= 15
    );
    for undescribed in ["nonsense", "sepa-bank"] {
        let refused = home.run(&["catalogue", "--openapi", undescribed]).expect(1);
        assert!(refused.err.contains("ws-channel"), "{}", refused.err);
    }
}

/// Names of files and variables are bytes to the system, and text here.
#[test]
fn what_is_not_utf_8_is_said_with_its_place() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};
    let home = Home::empty();
    let odd = OsStr::from_bytes(b"p\xe4iv\xe4");
    for (arguments, said) in [
        (&["call", "check_payment_file", "--content"][..], "argument 4, after --content, is not UTF-8"),
        (&["iso20022", "check"], "argument 3 is not UTF-8"),
    ] {
        let mut command = home.command(arguments);
        command.arg(odd);
        let ran = crate::support::ran(command.output().unwrap()).expect(1);
        assert!(ran.err.contains(said) && ran.err.contains("- and < FILE"), "{}", ran.err);
    }
    let mut command = home.command(&["call", "list_keys"]);
    let ran = crate::support::ran(command.env("ISECURE_PASSWORD", odd).output().unwrap()).expect(1);
    assert!(ran.err.contains("the environment variable ISECURE_PASSWORD is not UTF-8"), "{}", ran.err);
}
