//! The settings file: K11, K12, K13, and data that must survive a change.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
};

use crate::support::{Home, NOWHERE, in_helsinki, registered};

fn set_mode(path: &std::path::Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn k11_a_settings_file_that_others_can_read_is_refused() {
    let home = Home::with_account("k11@example.test", "data");
    for (wrong, path) in [(0o644, home.settings_path()), (0o400, home.settings_path()), (0o755, home.path(".wscli"))] {
        let right = mode(&path);
        set_mode(&path, wrong);
        let ran = home.run(&["files", "list-files"]).expect(1);
        assert!(ran.err.contains(&format!("{wrong:04o}")) && ran.err.contains("chmod"), "{}", ran.err);
        set_mode(&path, right);
    }
}

#[test]
fn k11_a_named_file_is_held_to_the_same_rule() {
    let home = Home::empty();
    let file = home.path("mine.yaml");
    fs::write(&file, format!("settings:\n  base_url: {NOWHERE}\n")).unwrap();
    set_mode(&file, 0o640);
    let ran = home.run(&["files", "list-files", "-c", "mine.yaml"]).expect(1);
    assert!(ran.err.contains("0640"), "{}", ran.err);
    set_mode(&file, 0o600);
    home.run(&["files", "list-files", "-c", "mine.yaml"]).expect(2);
    home.run(&["files", "list-files", "-c", "missing.yaml"]).expect(1);
}

#[test]
fn k13_a_good_session_of_the_same_mode_needs_no_login() {
    let home = Home::with_account("k13@example.test", "data");
    home.set("base_url", NOWHERE);
    home.set("idtoken", "stored-token");
    home.set("idtokenmode", "data");
    home.set("idtokenexpiry", &in_helsinki(600));
    let before = home.settings();
    let ran = home.run(&["session", "login", "--noninteractive"]).expect(0);
    assert_eq!(ran.out, "Session already exists, no need to login.\n");
    assert_eq!(home.settings(), before);
    // Another mode needs another session, and no prompt is possible.
    home.run(&["session", "login", "-m", "admin", "--noninteractive"]).expect(1);
}

#[test]
fn a_token_that_does_not_say_where_it_is_from_is_of_the_service_of_its_file() {
    let home = Home::with_account("own@example.test", "data");
    home.set("base_url", NOWHERE);
    home.set("idtoken", "stored-token");
    home.set("idtokenmode", "data");
    home.set("idtokenexpiry", &in_helsinki(600));
    home.run(&["files", "list-files", "--timeout", "5"]).expect(1);
    let ran = home.run(&["files", "list-files", "--base-url", "http://127.0.0.1:10/v2"]).expect(2);
    assert!(ran.err.contains("another service"), "{}", ran.err);
}

/// The values in the file are texts. Settings that are numbers or switches are there for other readers.
#[test]
fn what_is_no_text_is_left_to_others() {
    let home = Home::with_account("others@example.test", "data");
    home.set("base_url", NOWHERE);
    home.set("idtoken", "stored-token");
    home.set("idtokenmode", "data");
    home.set("idtokenexpiry", &in_helsinki(600));
    home.set("renew_session", "true");
    home.set("exchange_timeout_s", "60");
    let ran = home.run(&["files", "list-files", "--timeout", "5"]).expect(1);
    assert!(!ran.err.contains("renew_session") && !ran.err.contains("exchange_timeout_s"), "{}", ran.err);
}

#[test]
fn k12_a_session_that_ends_soon_or_is_of_another_mode_is_replaced() {
    let home = registered();
    let first = home.setting("idtoken").unwrap();
    assert_eq!(home.setting("idtokenmode").unwrap(), "admin");

    home.set("idtokenexpiry", &in_helsinki(5));
    home.run(&["session", "login", "--noninteractive"]).expect(0);
    let second = home.setting("idtoken").unwrap();
    assert_ne!(first, second);

    home.run(&["session", "login", "-m", "data", "--noninteractive"]).expect(0);
    assert_ne!(home.setting("idtoken").unwrap(), second);
    assert_eq!(home.setting("idtokenmode").unwrap(), "data");
}

#[test]
fn what_is_not_understood_survives_and_the_file_stays_private() {
    let home = registered();
    let text = home.settings();
    for kept in ["# mine\nsettings:\n", "  x_unknown: [kept, as it is] # and this\n", "  bank: simulator\n"] {
        assert!(text.contains(kept), "{kept} is gone from\n{text}");
    }
    assert_eq!(mode(&home.settings_path()), 0o600);
    assert_ne!(home.setting("apikey").unwrap(), "0");
    let expiry = home.setting("idtokenexpiry").unwrap();
    // An hour minus ten seconds, in Helsinki's time.
    assert!(expiry > in_helsinki(3500) && expiry < in_helsinki(3595), "{expiry}");
    let others: Vec<_> = fs::read_dir(home.path(".wscli")).unwrap().collect();
    assert_eq!(others.len(), 1, "a temporary file was left");
}

#[test]
fn a_file_that_is_not_one_value_per_line_is_left_alone() {
    let home = Home::with_account("flow@example.test", "data");
    let text = "settings: {email: flow@example.test, idtoken: old, idtokenmode: data}\n";
    home.write_settings(text);
    let ran = home.run(&["session", "login", "-m", "admin", "--noninteractive"]).expect(1);
    assert!(ran.err.contains("settings"), "{}", ran.err);
    assert_eq!(home.settings(), text);
}

#[test]
fn the_command_line_goes_before_the_file_and_the_file_before_the_environment() {
    let mut home = Home::empty();
    home.variable("ISECURE_BASE_URL", NOWHERE);
    home.variable("ISECURE_EMAIL", "environment@example.test");
    let where_to = |ran: crate::support::Ran| ran.json()["error"]["context"]["service"].to_string();
    let refused = |text: &str, port: &str| assert!(text.contains(port), "{port} is not in {text}");
    refused(&where_to(home.run(&["call", "init_login", "--json", "--timeout", "5"]).expect(1)), "127.0.0.1:9");
    home.write_settings("settings:\n  base_url: http://127.0.0.1:7/v2\n");
    refused(&where_to(home.run(&["call", "init_login", "--json", "--timeout", "5"]).expect(1)), "127.0.0.1:7");
    let given = ["call", "init_login", "--json", "--timeout", "5", "--base-url", "http://127.0.0.1:11/v2"];
    refused(&where_to(home.run(&given).expect(1)), "127.0.0.1:11");
}

/// A misspelt variable would be passed over, and the service of its setting's default asked.
#[test]
fn a_variable_that_is_no_setting_is_refused_by_every_command() {
    for arguments in [
        &["session", "login", "--noninteractive"][..],
        &["pgp", "list-keys"],
        &["call", "init_login", "--json"],
        &["call", "ws_channel.totp_code", r#"{"secret": "JBSWY3DPEHPK3PXP"}"#],
    ] {
        let with = |name: &str, value: &str| {
            let mut home = Home::empty();
            home.variable(name, value);
            home.run(arguments).expect(1)
        };
        let ran = with("ISECURE_URL", NOWHERE);
        let told = format!("{}{}", ran.out, ran.err);
        assert!(told.contains("ISECURE_URL is no setting") && told.contains("ISECURE_BASE_URL?"), "{told}");
        let ran = with("ISECURE_BASE_URL", "");
        let told = format!("{}{}", ran.out, ran.err);
        assert!(told.contains("ISECURE_BASE_URL is empty"), "{told}");
    }
    let mut home = Home::empty();
    home.variable("ISECURE_REGISTER", "1");
    home.run(&["call", "ws_channel.totp_code", r#"{"secret": "JBSWY3DPEHPK3PXP"}"#]).expect(0);
}

#[test]
fn a_stored_session_is_never_sent_to_another_service() {
    let home = Home::with_account("elsewhere@example.test", "data");
    home.set("idtoken", "stored-token");
    home.set("idtokenmode", "data");
    home.set("idtokenexpiry", &in_helsinki(600));
    home.set("idtokenbaseurl", "https://elsewhere.example.test/v2");
    let ran = home.run(&["files", "list-files"]).expect(2);
    assert!(ran.err.contains("another service"), "{}", ran.err);
}
