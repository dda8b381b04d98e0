//! Prompts, progress and Ctrl-C, as a user at a terminal sees them.

use std::{fs, time::Duration};

use serde_json::{Value, json};

use crate::support::{CODE, Home, PASSWORD, Script, Shown, fresh_email, on_terminal, registered, typed_unseen};

/// A passphrase; made up for these tests.
const PASSPHRASE: &str = "made up for these tests";

fn play(home: &Home, arguments: &[&str], steps: &[Value]) -> Shown {
    on_terminal(&home.command(arguments), &[], steps)
}

/// A home with a verified account whose settings file has no password and no session.
fn forgetful() -> Home {
    let home = registered();
    home.run(&["session", "logout"]).expect(0);
    let text = home.settings();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().starts_with("password:")).collect();
    let asked = Home::empty();
    asked.write_settings(&(lines.join("\n") + "\n"));
    asked
}

fn home_with_locked_key() -> Home {
    let home = Home::empty();
    fs::write(home.path("payment.xml"), bankchannel_iso20022::EXAMPLE_PAIN001).unwrap();
    fs::write(home.path("pass"), format!("{PASSPHRASE}\n")).unwrap();
    let arguments =
        ["--name", "Eve", "--email", "eve@example.test", "--output-dir", "keys", "--passphrase-file", "pass"];
    home.run(&[&["pgp", "generate"], &arguments[..]].concat()).expect(0);
    home
}

#[test]
fn a_login_asks_for_password_and_code_and_shows_neither() {
    let home = forgetful();
    let steps = [
        typed_unseen("Password: ", "too short\r"),
        typed_unseen("shorter than 20", &format!("{PASSWORD}\r")),
        typed_unseen("The code from the SMS", "000000\r"),
        typed_unseen("That code was wrong", &format!("{CODE}\r")),
    ]
    .concat();
    let shown = play(&home, &["session", "login"], &steps).expect(0);
    for secret in [PASSWORD, "too short\r", CODE, "000000"] {
        assert!(!shown.terminal.contains(secret), "{secret:?} is in {}", shown.terminal);
    }
    assert!(shown.restored);
    assert_eq!(home.setting("idtokenmode").unwrap(), "admin");
}

#[test]
fn whoever_gives_nothing_is_asked_for_everything() {
    let (home, full) = (Home::empty(), Home::with_account(&fresh_email(), "admin"));
    let value = |key: &str| full.setting(key).unwrap();
    home.write_settings(&format!(
        "settings:\n  base_url: {}\n  public_key_file: {}\n",
        value("base_url"),
        value("public_key_file")
    ));
    let email = value("email");
    let typed = |prompt: &str, text: &str| vec![json!({ "expect": prompt }), json!({ "send": format!("{text}\r") })];
    let steps = [
        typed("E-mail address: ", &email),
        typed("Full name: ", "Eve Example"),
        // An empty answer counts as no answer.
        typed("Company: ", ""),
        typed("Company: ", "Example Oy"),
        typed("Phone, such as", "+358401234567"),
        typed_unseen("Password: ", &format!("{PASSWORD}\r")).to_vec(),
    ]
    .concat();
    play(&home, &["account", "register", "-m", "admin"], &steps).expect(0);
    let steps = [
        typed("E-mail address: ", &email),
        typed_unseen("Password: ", &format!("{PASSWORD}\r")).to_vec(),
        typed("The account's phone number", "+358401234567"),
        typed_unseen("The code from the SMS that verifies", &format!("{CODE}\r")).to_vec(),
        typed_unseen("The code from the mail", &format!("{CODE}\r")).to_vec(),
        typed_unseen("The code from the SMS (", &format!("{CODE}\r")).to_vec(),
    ]
    .concat();
    play(&home, &["session", "login", "-m", "admin"], &steps).expect(0);
    home.run(&["integrator", "list-accounts"]).expect(0);
}

#[test]
fn what_cannot_be_undone_is_asked_about() {
    let home = registered();
    let enrol =
        ["--company", "Example Oy", "--wsuserid", "SIM-0123456789ab", "--pincode", "SIM-0123456789abcdef01234567"];
    home.run(&[&["certs", "enroll-cert"], &enrol[..]].concat()).expect(0);
    let typed = |text: &str| [json!({"expect": "type the bank's name"}), json!({ "send": format!("{text}\r") })];
    let retire = ["certs", "retire-cert"];
    assert!(play(&home, &retire, &typed("nordea")).expect(1).terminal.contains("nothing was done"));
    let certs = |home: &Home| home.run(&["certs", "list-certs", "--json"]).expect(0).json()["certs"].clone();
    assert_eq!(certs(&home).as_array().unwrap().len(), 1);
    play(&home, &retire, &typed("simulator")).expect(0);
    assert_eq!(certs(&home).as_array().unwrap().len(), 0);
}

#[test]
fn a_new_password_is_asked_for_twice() {
    let home = forgetful();
    home.run(&["call", "init_password_reset", "--json"]).expect(0);
    let new = "bB2!another-password-for-tests-9876";
    let steps = [
        typed_unseen("New password: ", &format!("{new}\r")),
        typed_unseen("Repeat the password: ", "something else\r"),
        typed_unseen("two passwords differ", &format!("{new}\r")),
        typed_unseen("Repeat the password: ", &format!("{new}\r")),
    ]
    .concat();
    let shown = play(&home, &["account", "password-reset", "--code", CODE], &steps).expect(0);
    assert!(!shown.terminal.contains(new) && shown.restored, "{}", shown.terminal);
}

#[test]
fn ctrl_c_at_a_prompt_leaves_the_terminal_as_it_was() {
    let home = forgetful();
    let at_password = [json!({"expect": "Password: "}), json!({"hidden": true}), json!({"send": "\u{3}"})];
    let shown = play(&home, &["session", "login"], &at_password).expect(130);
    assert!(shown.restored && !shown.terminal.contains("error"), "{shown:?}");

    // During a call.
    let mut at_code = typed_unseen("Password: ", &format!("{PASSWORD}\r")).to_vec();
    at_code.extend([json!({"expect": "The code from the SMS"}), json!({"hidden": true}), json!({"send": "\u{3}"})]);
    let shown = play(&home, &["session", "login"], &at_code).expect(130);
    assert!(shown.restored && !shown.terminal.contains("error"), "{shown:?}");
    assert_eq!(home.setting("idtoken"), None);
}

#[test]
fn ctrl_c_in_a_password_reset_keeps_the_session() {
    let home = registered();
    let token = home.setting("idtoken");
    let at_code = [json!({"expect": "that resets the password"}), json!({"hidden": true}), json!({"send": "\u{3}"})];
    play(&home, &["account", "password-reset"], &at_code).expect(130);
    assert!(token.is_some() && home.setting("idtoken") == token);
}

#[test]
fn a_signal_at_a_prompt_leaves_the_terminal_as_it_was() {
    let home = forgetful();
    for (signal, code) in [("SIGINT", 130), ("SIGTERM", 143)] {
        let steps = [json!({"expect": "Password: "}), json!({"hidden": true}), json!({"signal": signal})];
        let shown = play(&home, &["session", "login"], &steps).expect(code);
        assert!(shown.restored, "{signal}: {shown:?}");
    }
}

#[test]
fn the_end_of_the_input_is_no_answer() {
    let steps = [json!({"expect": "Password: "}), json!({"hidden": true}), json!({"send": "\u{4}"})];
    let shown = play(&forgetful(), &["session", "login"], &steps).expect(1);
    assert!(shown.restored && shown.terminal.contains("the input ended"), "{shown:?}");
}

#[test]
fn nobody_is_asked_who_said_so() {
    let shown = play(&forgetful(), &["session", "login", "--noninteractive"], &[]).expect(1);
    assert!(shown.terminal.contains("--password-stdin") && !shown.terminal.contains("Password: "), "{shown:?}");
}

#[test]
fn a_locked_key_asks_for_its_passphrase() {
    let home = home_with_locked_key();
    let sign = ["pgp", "sign", "--key", "keys/authorize-private.asc", "payment.xml"];
    let prompt = "Passphrase of keys/authorize-private.asc: ";
    let wrong = play(&home, &sign, &typed_unseen(prompt, "another\r")).expect(1);
    assert!(wrong.terminal.contains("wrong passphrase") && wrong.restored, "{wrong:?}");
    let interrupted = [json!({"expect": prompt}), json!({"hidden": true}), json!({"send": "\u{3}"})];
    assert!(play(&home, &sign, &interrupted).expect(130).restored);
    let signed = play(&home, &sign, &typed_unseen(prompt, &format!("{PASSPHRASE}\r"))).expect(0);
    assert!(!signed.terminal.contains(PASSPHRASE) && signed.restored, "{signed:?}");
    let verify = ["--key", "keys/authorize-public.asc", "--signature", "payment.xml.asc", "payment.xml"];
    home.run(&[&["pgp", "verify"], &verify[..]].concat()).expect(0);
}

/// An upload to a script, signed during the upload.
fn upload<'a>(script: &'a Script, more: &[&'a str]) -> Vec<&'a str> {
    let begin = ["files", "upload-file", "-b", "nordea", "--filetype", "pain.001.001.09", "-i", "token", "--base-url"];
    [&begin[..], &[&script.base_url], more].concat()
}

fn accepted() -> (u16, String) {
    (201, r#"{"RequestId":"1","ResponseCode":"00","ResponseText":"OK"}"#.to_owned())
}

#[test]
fn an_upload_opens_a_locked_key_in_the_same_ways() {
    let home = home_with_locked_key();
    let signed = ["--key", "keys/authorize-private.asc", "payment.xml"];
    let script = Script::serve(vec![accepted(), accepted()]);
    let asked = play(
        &home,
        &upload(&script, &signed),
        &typed_unseen("Passphrase of the private key: ", &format!("{PASSPHRASE}\r")),
    );
    assert!(!asked.expect(0).terminal.contains(PASSPHRASE));
    let from_file = [&signed[..], &["--passphrase-file", "pass"]].concat();
    home.run(&upload(&script, &from_file)).expect(0);
    assert_eq!(script.requests().len(), 2);

    let nobody = Script::serve(vec![accepted()]);
    let refused = home.run(&upload(&nobody, &signed)).expect(1);
    assert!(refused.err.contains("--passphrase-file"), "{}", refused.err);
    fs::write(home.path("wrong"), "another one\n").unwrap();
    home.run(&upload(&nobody, &[&signed[..], &["--passphrase-file", "wrong"]].concat())).expect(1);
    let warned = home.run(&upload(&nobody, &[&signed[..], &["--passphrase", "typed"]].concat())).expect(1);
    assert!(warned.err.contains("warning: a passphrase on the command line"), "{}", warned.err);
    assert_eq!(nobody.requests(), [""; 0]);
}

#[test]
fn progress_is_for_who_looks_at_stderr() {
    let home = home_with_locked_key();
    let slow = || Script::serve_after(Duration::from_millis(600), vec![accepted()]);
    let more = ["--key", "keys/authorize-private.asc", "--passphrase-file", "pass", "payment.xml"];

    let script = slow();
    let watched = on_terminal(&home.command(&upload(&script, &more)), &["stdout"], &[]).expect(0);
    assert!(watched.terminal.contains("sending the file"), "{watched:?}");
    assert!(watched.terminal.contains('█') && watched.terminal.contains(" of "), "{watched:?}");
    assert_eq!(watched.stdout, "OK\n".to_owned() + watched.stdout.split_once('\n').unwrap().1);
    assert!(!watched.stdout.contains('\u{1b}'), "{watched:?}");

    let script = slow();
    let unwatched = on_terminal(&home.command(&upload(&script, &more)), &["stderr"], &[]).expect(0);
    assert_eq!(unwatched.stderr, "");

    let body = r#"{"RequestId":"1","ResponseCode":"00","ResponseText":"OK","Content":"c3RhdGVtZW50"}"#;
    let script = Script::serve_after(Duration::from_millis(600), vec![(200, body.to_owned())]);
    let download =
        ["files", "download-file", "-b", "nordea", "--filetype", "KTL", "--filereference", "1", "-i", "token"];
    let download = [&download[..], &["--base-url", &script.base_url]].concat();
    let downloaded = on_terminal(&home.command(&download), &["stdout"], &[]).expect(0);
    assert!(downloaded.terminal.contains("Download a file from a bank"), "{downloaded:?}");
    assert_eq!(downloaded.stdout, "statement");
    assert!(!unwatched.terminal.contains("sending the file"), "{unwatched:?}");
}

#[test]
fn a_check_of_a_large_file_has_a_bar() {
    let home = Home::empty();
    let payment = bankchannel_iso20022::EXAMPLE_PAIN001;
    // Comments make a payment large: the check reads them too.
    let large = payment
        .replace("<GrpHdr>", &format!("{}<GrpHdr>", "<!-- a comment of forty letters at most -->".repeat(80_000)));
    fs::write(home.path("large.xml"), large).unwrap();
    fs::write(home.path("small.xml"), payment).unwrap();
    let shown = |name: &str| on_terminal(&home.command(&["iso20022", "check", name]), &["stdout"], &[]);
    let (large, small) = (shown("large.xml"), shown("small.xml"));
    assert!(large.terminal.contains("checking the file") && large.terminal.contains('█'), "{large:?}");
    assert!(!small.terminal.contains('█'), "{small:?}");
    assert_eq!(large.stdout, small.stdout);
}

#[test]
fn what_a_service_writes_does_not_steer_the_terminal() {
    // ESC, the one-character CSI, a bell, and a character that reverses the order of letters.
    let evil = r"a\u001b[2J\u009b31m\u0007\u202eb";
    let keys = format!(
        r#"{{"RequestId":"1","ResponseCode":"00","ResponseText":"{evil}","PgpKeys":[{{"PgpKeyId":"3A3A59B2","PgpKeyPurpose":"authorize"}}]}}"#
    );
    let refusal = format!(r#"{{"RequestId":"{evil}","ResponseCode":"01","ResponseText":"{evil}"}}"#);
    let script = Script::serve(vec![(200, keys.clone()), (200, keys), (400, refusal.clone()), (400, refusal)]);
    let home = Home::with_session("terminal@example.test", &script);
    for (arguments, code) in [
        (&["pgp", "list-keys"][..], 0),
        (&["pgp", "list-keys", "--json"], 0),
        (&["pgp", "list-keys"], 1),
        (&["pgp", "list-keys", "--json"], 1),
    ] {
        let shown = on_terminal(&home.command(arguments), &["stderr"], &[]).expect(code);
        for text in [&shown.terminal, &shown.stderr] {
            let steers = |c: char| c.is_control() && !matches!(c, '\r' | '\n') || c == '\u{202e}';
            assert!(!text.contains(steers), "{arguments:?}: {text:?}");
        }
        assert!(shown.terminal.contains("[2J") || shown.stderr.contains("[2J"), "{arguments:?}: {shown:?}");
    }
}

#[test]
fn a_question_with_a_services_text_is_one_plain_line() {
    let challenge = r#"{"RequestId":"1","ResponseCode":"00","ResponseText":"OK","Challenge":"9Ty4zrnJGqNH0i1+I0OTKHjTs03Ymd4tBH70FTiYNhA=|1494962070679|2646b71b-9b51-4d11-bf5e-cca5617bcfde"}"#;
    let choice = r#"{"RequestId":"1","ResponseCode":"00","ResponseText":"OK","ChallengeName":"SELECT_MFA_TYPE","Session":"s","MfaOptions":["SMS_MFA","SOFTWARE_TOKEN_MFA"],"SmsDestination":"+358\u001b[2J\nPassword: *12"}"#;
    let script = Script::serve(vec![(200, challenge.to_owned()), (200, choice.to_owned())]);
    let home = Home::with_session("terminal@example.test", &script);
    let steps = [json!({"expect": "Which second factor"}), json!({"expect": "1-2: "}), json!({"send": "\u{3}"})];
    let shown = on_terminal(&home.command(&["session", "login", "-m", "admin"]), &["stderr"], &steps).expect(130);
    assert!(!shown.terminal.contains('\u{1b}') && !shown.terminal.contains("\nPassword: "), "{shown:?}");
    assert!(shown.terminal.contains("1. sms") && shown.restored, "{shown:?}");
}
