//! The complete flow with the names, options and settings file of `wscli`, as in existing scripts.

use std::{fs, os::unix::fs::PermissionsExt as _};

use crate::support::{CODE, Home, fresh_email, in_helsinki, logged_in, registered};

#[test]
fn a_script_for_wscli_works_as_it_is() {
    let email = fresh_email();
    let home = Home::with_account(&email, "admin").with_codes();
    let config = home.settings_path().display().to_string();
    let run = |arguments: &[&str]| home.run(&[arguments, &["-c", &config]].concat());

    let ran = run(&[
        "account",
        "register",
        "-e",
        &email,
        "-m",
        "admin",
        "--name",
        "Eve Example",
        "--company",
        "Example Oy",
        "--phone",
        "+358401234567",
        "-a",
        "0",
        "--noninteractive",
    ])
    .expect(0);
    assert!(ran.err.contains("the API key is kept in"), "{}", ran.err);
    let key = home.setting("apikey").unwrap();
    assert!(key.len() >= 20, "{key}");
    run(&["account", "register", "-m", "data", "--noninteractive"]).expect(0);

    let shown = run(&["session", "login", "-m", "admin", "--noninteractive"]).expect(0).out;
    for secret in [&key, &home.setting("idtoken").unwrap()] {
        assert!(!shown.contains(secret) && shown.contains("hidden"), "{shown}");
    }
    assert_eq!(home.setting("idtokenmode").unwrap(), "admin");
    assert!(home.setting("idtokenexpiry").unwrap() > in_helsinki(3000));
    assert_eq!(
        run(&["session", "login", "-m", "admin", "--noninteractive"]).expect(0).out,
        "Session already exists, no need to login.\n"
    );

    run(&[
        "certs",
        "enrollCert",
        "-b",
        "simulator",
        "--pincode",
        "SIM-0123456789abcdef01234567",
        "--company",
        "Example Oy",
        "--wsuserid",
        "SIM-0123456789ab",
    ])
    .expect(0);
    let certs = run(&["certs", "listCerts", "--json"]).expect(0).json();
    assert_eq!(certs["certs"].as_array().unwrap().len(), 1);

    home.run(&["pgp", "generate", "--name", "Eve", "--email", &email, "--output-dir", "keys"]).expect(0);
    run(&["pgp", "uploadKey", "--pgpkeycontents", "@keys/authorize-public.asc", "--pgpkeypurpose", "authorize"])
        .expect(0);
    let keys = run(&["pgp", "listKeys", "--json"]).expect(0).json();
    let id = keys["pgp_keys"][0]["pgp_key_id"].as_str().unwrap().to_owned();

    run(&["session", "login", "-m", "data", "--noninteractive"]).expect(0);
    fs::write(home.path("payment.xml"), bankchannel_iso20022::EXAMPLE_PAIN001).unwrap();
    home.run(&["pgp", "sign", "--key", "keys/authorize-private.asc", "payment.xml"]).expect(0);
    run(&[
        "files",
        "uploadFile",
        "-b",
        "simulator",
        "--filetype",
        "pain.001.001.09",
        "--filename",
        "payment.xml",
        "--filecontents",
        "@payment.xml",
        "--signatures",
        "@payment.xml.asc",
    ])
    .expect(0);
    // The same, signed during the upload, with the file as a plain argument.
    run(&[
        "files",
        "upload-file",
        "-b",
        "simulator",
        "--filetype",
        "pain.001.001.09",
        "--key",
        "keys/authorize-private.asc",
        "payment.xml",
    ])
    .expect(0);

    let listed = run(&["files", "listFiles", "-b", "simulator", "--filestatus", "NEW", "--json"]).expect(0).json();
    let first = &listed["file_descriptors"][0];
    let (file_type, reference) = (first["file_type"].as_str().unwrap(), first["file_reference"].as_str().unwrap());
    assert_eq!(file_type, "camt.053.001.02");
    let table = run(&["files", "listFiles", "-b", "simulator", "--status", "ALL"]).expect(0).out;
    assert!(table.contains(reference) && table.contains("File reference"), "{table}");
    let download = ["files", "downloadFile", "-b", "simulator", "--filetype", file_type, "--filereference", reference];
    let file = run(&download).expect(0).out;
    assert!(file.contains("urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"));
    run(&[&download[..], &["-o", "statement.xml"]].concat()).expect(0);
    assert_eq!(fs::read_to_string(home.path("statement.xml")).unwrap(), file);
    run(&[&download[..], &["-o", "statement.xml"]].concat()).expect(1);
    let in_json = run(&[&download[..], &["--json"]].concat()).expect(0).json();
    assert_eq!(in_json["content"]["size"], file.len());
    run(&["files", "deleteFile", "-b", "simulator", "--filetype", file_type, "--filereference", reference]).expect(0);

    assert_eq!(
        run(&["pgp", "deleteKey", "--pgpkeyid", &id]).expect(4).err,
        "Admin mode session required for this command, currently using data mode.\n"
    );
    let token = home.setting("idtoken").unwrap();
    run(&["session", "logout"]).expect(0);
    assert_eq!(home.setting("idtoken"), None);
    run(&["files", "listFiles", "-b", "simulator"]).expect(2);
    run(&["files", "listFiles", "-b", "simulator", "-i", &token]).expect(2);
}

#[test]
fn the_second_step_of_a_login_can_stand_alone() {
    let home = registered();
    home.run(&["session", "logout"]).expect(0);
    let challenge = home.run(&["call", "init_login", "--json"]).expect(0).json();
    let key = fs::read_to_string(home.setting("public_key_file").unwrap()).unwrap();
    let password = home.setting("password").unwrap();
    let request = serde_json::json!({"challenge": challenge["challenge"], "password": password, "public_key": key});
    let encrypted = home.run(&["call", "encrypt_password", &request.to_string(), "--json"]).expect(0).json();
    let request = serde_json::json!({"ch_resp": challenge["challenge"], "encrypted": encrypted["encrypted"]});
    let answer = home.run(&["call", "login", &request.to_string(), "--json"]).expect(0).json();
    let session = answer["session"].as_str().unwrap();
    home.run(&["session", "login", "--noninteractive", "--session", session, "--code", CODE]).expect(0);
    assert_eq!(home.setting("idtokenmode").unwrap(), "admin");
    home.run(&["pgp", "list-keys"]).expect(0);
}

#[test]
fn a_password_is_reset_with_the_code_from_the_sms() {
    let home = registered();
    let new = "bB2!another-password-for-tests-9876";
    let old = home.setting("password").unwrap();
    // An admin session is stored; the reset is still for the user that is named.
    home.run(&["call", "init_password_reset", "-m", "data", "--json"]).expect(0);
    home.set("password", new);
    home.run(&["account", "passwordReset", "-m", "data", "--code", CODE, "--noninteractive"]).expect(0);
    assert_eq!(home.setting("idtokenmode").unwrap(), "admin");
    home.run(&["pgp", "list-keys"]).expect(0);
    home.run(&["session", "login", "-m", "data", "--noninteractive"]).expect(0);
    home.set("password", &old);
    home.run(&["session", "login", "-m", "admin", "--noninteractive"]).expect(0);
    // The reset of the session's own user ends the stored session.
    home.run(&["call", "init_password_reset", "-m", "admin", "--json"]).expect(0);
    home.set("password", new);
    home.run(&["account", "passwordReset", "-m", "admin", "--code", CODE, "--noninteractive"]).expect(0);
    assert_eq!(home.setting("idtoken"), None);
}

#[test]
fn where_nobody_may_be_asked_a_login_waits_for_its_codes_from_run_to_run() {
    let home = Home::with_account(&fresh_email(), "admin");
    home.run(&["account", "register", "--noninteractive"]).expect(0);
    let waiting = home.run(&["session", "login", "--noninteractive", "--json"]).expect(1);
    assert_eq!(waiting.json()["kind"], "phone_code");
    assert!(waiting.err.contains("--code"), "{}", waiting.err);
    for next in ["email_code", "sms_code"] {
        let waiting = home.run(&["session", "login", "--noninteractive", "--code", CODE, "--json"]).expect(1);
        assert_eq!(waiting.json()["kind"], next);
    }
    assert!(home.setting("waitinglogin").is_some());
    home.run(&["session", "login", "--noninteractive", "--code", CODE]).expect(0);
    assert_eq!((home.setting("waitinglogin"), home.setting("waitingloginkey")), (None, None));
    home.run(&["pgp", "list-keys"]).expect(0);
}

#[test]
fn a_login_of_another_mode_that_waits_is_not_gone_on_with() {
    let home = Home::with_account(&fresh_email(), "admin");
    home.run(&["account", "register", "--noninteractive"]).expect(0);
    let email = home.setting("email").unwrap();
    // Continuing with it would fail: it is not a pending login.
    home.set("waitinglogin", "bc1.AAAA");
    home.set("waitingloginkey", "0123456789012345678901234567890123456789012");
    home.set("waitingloginfor", &format!("{email} admin"));
    let run = || home.run(&["session", "login", "--noninteractive", "--code", CODE, "--json"]).expect(1).json();
    assert_eq!(run()["error"]["context"]["field"], "sealed");
    home.set("waitinglogin", "bc1.AAAA");
    home.set("waitingloginfor", &format!("{email} data"));
    assert_eq!(run()["kind"], "email_code");
}

#[test]
fn a_wrong_code_does_not_log_in() {
    let home = registered();
    home.run(&["session", "logout"]).expect(0);
    let without_codes = Home::empty();
    without_codes.write_settings(&home.settings());
    without_codes.run(&["session", "login", "--noninteractive"]).expect(1);
    let wrong = without_codes.run(&["session", "login", "--noninteractive", "--code", "000000"]).expect(1);
    assert!(wrong.out.contains("Wrong") || wrong.err.contains("code"), "{}{}", wrong.out, wrong.err);
    assert_eq!(without_codes.setting("idtoken"), None);
    without_codes.run(&["session", "login", "--noninteractive", "--code", CODE]).expect(0);
}

#[test]
fn a_first_session_makes_a_private_settings_file() {
    let email = fresh_email();
    let full = Home::with_account(&email, "admin").with_codes();
    let mut home = Home::empty().with_codes();
    for (variable, key) in [
        ("ISECURE_BASE_URL", "base_url"),
        ("ISECURE_PUBLIC_KEY_PEM_FILE", "public_key_file"),
        ("ISECURE_PASSWORD", "password"),
        ("ISECURE_PHONE", "phone"),
        ("ISECURE_NAME", "name"),
        ("ISECURE_COMPANY", "company"),
    ] {
        home.variable(variable, &full.setting(key).unwrap());
    }
    home.variable("ISECURE_EMAIL", &email);
    home.variable("ISECURE_MODE", "admin");
    home.run(&["account", "register", "--noninteractive"]).expect(0);
    home.run(&["session", "login", "--noninteractive"]).expect(0);
    let mode = |path: std::path::PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode(home.path(".wscli")), mode(home.settings_path())), (0o700, 0o600));
    home.run(&["integrator", "list-accounts"]).expect(0);
}

#[test]
fn a_session_lasts_from_command_to_command() {
    let home = logged_in();
    for _ in 0..2 {
        home.run(&["pgp", "list-keys"]).expect(0);
    }
}
