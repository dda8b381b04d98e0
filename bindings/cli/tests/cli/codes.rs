//! The exit codes of the table, and their exact messages: K14 and others.

use crate::support::{Home, NOWHERE, SERVICE, Script, in_helsinki, logged_in};

fn with_token(mode: &str, base_url: &str) -> Home {
    let home = Home::with_account("codes@example.test", mode);
    home.set("base_url", base_url);
    home.set("idtoken", "stored-token");
    home.set("idtokenmode", mode);
    home.set("idtokenexpiry", &in_helsinki(600));
    home.set("apikey", "abcdefghijklmnopqrstuvwxyz0123456789ABCD");
    home
}

#[test]
fn k14_an_admin_command_with_a_data_session_is_exit_4() {
    let home = with_token("data", NOWHERE);
    for command in [
        &["certs", "enrollCert", "--pincode", "1234", "--wsuserid", "1"][..],
        &["integrator", "listAccounts"],
        &["pgp", "delete-key", "--pgpkeyid", "3A3A59B2"],
    ] {
        let ran = home.run(command).expect(4);
        assert_eq!(ran.err, "Admin mode session required for this command, currently using data mode.\n");
        assert_eq!(ran.out, "");
    }
    let ran = home.run(&["integrator", "list-accounts", "--json"]).expect(4);
    assert_eq!(ran.json()["error"]["code"], "ws_channel.mode_refused");
}

#[test]
fn an_expired_or_missing_session_is_exit_2() {
    let home = with_token("data", NOWHERE);
    home.set("idtokenexpiry", &in_helsinki(5));
    let ran = home.run(&["files", "listFiles"]).expect(2);
    assert_eq!(ran.err, "Session expired. Please re-login.\n");
    Home::empty().run(&["files", "listFiles", "-b", "nordea"]).expect(2);
}

#[test]
fn a_session_that_the_service_no_longer_accepts_is_exit_2_and_dropped() {
    let home = with_token("data", &SERVICE.base_url);
    let ran = home.run(&["pgp", "list-keys"]).expect(2);
    assert!(ran.err.starts_with("Session expired. Please re-login.\n"), "{}", ran.err);
    assert_eq!(home.setting("idtoken"), None);
}

#[test]
fn what_the_service_does_not_implement_is_exit_3() {
    let body = r#"{"RequestId":"1","ResponseCode":"01","ResponseText":"configcerts not yet implemented"}"#;
    let script = Script::serve(vec![(400, body.to_owned())]);
    let home = with_token("admin", &script.base_url);
    let ran = home.run(&["certs", "configCerts", "--export", "disabled"]).expect(3);
    assert!(ran.err.starts_with("API feature not yet implemented.\n"), "{}", ran.err);
    assert_eq!(script.requests().len(), 1);
}

#[test]
fn everything_else_is_exit_1_with_the_whole_error() {
    let home = logged_in();
    let ran = home.run(&["files", "download-file", "--filetype", "KTL", "--filereference", "none", "--json"]).expect(1);
    let error = &ran.json()["error"];
    for field in ["code", "category", "message", "operation", "http_status", "outcome", "peer", "context"] {
        assert!(error.get(field).is_some(), "{field} is missing in {error}");
    }
    assert_eq!(error["operation"], "ws_channel.download_file");
    let ran = home.run(&["files", "list-files", "--base-url", NOWHERE, "-i", "a-token", "--timeout", "5"]).expect(1);
    assert!(ran.err.contains("transport.connect_failed"), "{}", ran.err);
}

/// The help and the README say the same of every code.
#[test]
fn every_code_is_in_the_help_as_on_the_page() {
    let help = Home::empty().run(&["help"]).expect(0).out;
    let (_, told) = help.split_once("Exit codes:\n").unwrap();
    let told: Vec<(&str, &str)> =
        told.lines().map_while(|line| line.strip_prefix("  ")?.trim_start().split_once("  ")).collect();
    let readme = include_str!("../../../../README.md");
    let (_, table) = readme.split_once("| exit code | meaning |\n| --- | --- |\n").unwrap();
    let shown: Vec<(&str, &str)> =
        table.lines().map_while(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | ")).collect();
    assert_eq!(told, shown);
    assert!(told.len() >= 8 && told.iter().any(|(code, _)| *code == "6"), "{help}");
}
