//! `serve` and `admin`.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    process::{Child, Command},
};

use serde_json::Value;

use crate::support::{Home, started, stop};

fn serve(home: &Home, more: &[&str]) -> (Child, Value) {
    started(home.command(&[&["serve", "ws-channel", "--data", "data"], more].concat()))
}

#[test]
fn a_service_says_one_line_and_ends_at_a_signal() {
    let home = Home::empty();
    for signal in ["-TERM", "-INT"] {
        let (child, ready) = serve(&home, &["--verification-code", "123456", "--no-limits"]);
        assert_eq!((ready["kind"].as_str(), &ready["control_url"]), (Some("ws-channel"), &Value::Null));
        let file = ready["public_key_file"].as_str().unwrap();
        assert!(file.starts_with('/') && fs::read_to_string(file).unwrap().starts_with("-----BEGIN PUBLIC KEY-----"));
        let base_url = ready["base_url"].as_str().unwrap();
        // A terminal that is closed, or a program that asks for a reload, ends nothing.
        assert!(Command::new("kill").args(["-HUP", &child.id().to_string()]).status().unwrap().success());
        home.run(&["call", "init_login", "-e", "a@example.test", "--base-url", base_url]).expect(0);
        let ran = stop(child, signal).expect(0);
        assert!(ran.err.contains("--verification-code") && ran.err.contains("limits are lifted"), "{}", ran.err);
    }
    assert_eq!(fs::metadata(home.path("data")).unwrap().permissions().mode() & 0o7777, 0o700);
}

#[test]
fn a_link_in_the_data_folder_is_refused_and_the_remedy_takes_it_away() {
    for (name, setting) in [("spool", "mount"), ("files", "files_folder"), ("keys", "keys_folder")] {
        let home = Home::empty();
        let (child, _) = serve(&home, &[]);
        stop(child, "-TERM").expect(0);
        let (place, foreign) = (home.path("data").join(name), home.path("foreign"));
        let _ = fs::remove_dir_all(&place);
        fs::create_dir(&foreign).unwrap();
        std::os::unix::fs::symlink(&foreign, &place).unwrap();
        for check in [&["--check"][..], &[]] {
            let ran = home.run(&[&["serve", "ws-channel", "--data", "data"], check].concat()).expect(1);
            let said = format!("{}{}", ran.out, ran.err);
            let is_seen = said.contains("is a link") && said.contains("remove the link") && said.contains(setting);
            assert!(is_seen, "{name} {check:?}: {said}");
        }
        assert_eq!(fs::read_dir(&foreign).unwrap().count(), 0, "{name}: nothing is written behind it");
        fs::remove_file(&place).unwrap();
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_low_limit_on_open_files_is_raised_or_told() {
    for (limit, now, is_told) in [("256:4096", "4096", false), ("256:512", "512", true)] {
        let home = Home::empty();
        let service = home.command(&["serve", "ws-channel", "--data", "data"]);
        let mut limited = Command::new("prlimit");
        limited.arg(format!("--nofile={limit}")).arg(service.get_program()).args(service.get_args());
        limited.current_dir(service.get_current_dir().unwrap()).env_clear();
        for (name, value) in service.get_envs() {
            match value {
                Some(value) => limited.env(name, value),
                None => limited.env_remove(name),
            };
        }
        let (child, _) = started(limited);
        let limits = fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
        let open_files = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
        assert_eq!(open_files.split_whitespace().nth(3), Some(now), "{open_files}");
        let ran = stop(child, "-TERM").expect(0);
        assert_eq!(ran.err.contains("LimitNOFILE"), is_told, "{}", ran.err);
    }
}

#[test]
fn the_control_interface_is_there_when_asked_for() {
    let home = Home::empty();
    let (child, ready) = serve(&home, &["--control"]);
    assert!(ready["control_url"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    stop(child, "-TERM").expect(0);
}

#[test]
fn what_is_for_tests_is_refused_off_loopback() {
    let home = Home::empty();
    for flag in [&["--verification-code", "123456"][..], &["--no-limits"], &["--control"]] {
        home.run(&[&["serve", "ws-channel", "--data", "data", "--listen", "0.0.0.0:0"], flag].concat()).expect(1);
    }
    home.run(&["serve", "ws-channel", "--data", "data", "--tls-cert", "x.pem"]).expect(1);
    home.run(&["serve", "nonsense"]).expect(1);
}

#[test]
fn a_check_finds_what_a_start_would_stumble_over() {
    let home = Home::empty();
    let good = home.run(&["serve", "ws-channel", "--data", "data", "--check", "--json"]).expect(0).json();
    assert_eq!(good["ok"], true);
    fs::write(home.path("service.toml"), "nonsense = 1\n").unwrap();
    let bad = home
        .run(&["serve", "ws-channel", "--data", "data", "--config", "service.toml", "--check", "--json"])
        .expect(1)
        .json();
    assert_eq!(bad["ok"], false);
    assert!(bad.to_string().contains("nonsense"), "{bad}");
    home.run(&["serve", "ws-channel", "--data", "data", "--config", "service.toml"]).expect(1);
}

#[test]
fn the_services_own_process_is_also_configured_by_its_environment() {
    let check = ["serve", "ws-channel", "--data", "data", "--check", "--json"];
    let mut home = Home::empty();
    home.variable("BANKCHANNEL_WS_CHANNEL_CHALLENGE_TTL_S", "60");
    let good = home.run(&check).expect(0).json();
    assert!(good.to_string().contains("environment variables: 1"), "{good}");
    home.variable("BANKCHANNEL_WS_CHANNEL_POSTGRES_URL_FILE", "postgres:planted-secret");
    home.variable("BANKCHANNEL_WS_CHANNEL_BANKS_OP_FILE_URL", "");
    let bad = home.run(&check).expect(1).json().to_string();
    for part in
        ["BANKCHANNEL_WS_CHANNEL_POSTGRES_URL_FILE", "BANKCHANNEL_WS_CHANNEL_BANKS_OP_FILE_URL: banks.osuuspankki"]
    {
        assert!(bad.contains(part), "{part}: {bad}");
    }
    assert!(!bad.contains("planted-secret"), "{bad}");
    // A server that a program starts inside itself does not read that program's environment.
    home.run(&["demo", "--json"]).expect(0);
}

#[test]
fn the_operator_looks_after_keys_audit_and_backup() {
    let home = Home::empty();
    let (child, _) = serve(&home, &[]);
    let admin = |arguments: &[&str]| home.run(&[&["admin"], arguments, &["--data", "data", "--json"]].concat());

    let key = admin(&["key-create", "--owner", "owner@example.test"]).expect(0).json();
    let key = key["key"]["api_key"].as_str().unwrap().to_owned();
    let changed = admin(&["key-set", "--apikey", &key, "--waiver", "on", "--enabled", "off"]).expect(0).json();
    assert_eq!((&changed["key"]["waiver"], &changed["key"]["enabled"]), (&Value::Bool(true), &Value::Bool(false)));
    admin(&["key-set", "--apikey", &key]).expect(1);
    admin(&["entitlement", "--apikey", &key, "--state", "active"]).expect(0);
    admin(&["invite", "--apikey", &key, "--email", "guest@example.test"]).expect(0);
    admin(&["key-set", "--apikey", "abcdefghijklmnopqrstuvwxyz0123456789ABCD", "--waiver", "on"]).expect(1);
    let listed = admin(&["key-list"]).expect(0).json();
    assert_eq!(listed["keys"][0]["entitlements"][0]["state"], "active");

    // So far the commands used the running service; from here on it is stopped.
    stop(child, "-TERM").expect(0);
    let records = admin(&["audit"]).expect(0).json();
    let shown = home.run(&["admin", "audit", "--data", "data"]).expect(0).out;
    let name = |text: &str| text.contains(&format!("{}.", &key[..4]));
    for text in [shown, records.to_string()] {
        assert!(!text.contains(&key) && name(&text), "in no form: {text}");
    }
    let all = records["records"].as_array().unwrap();
    assert!(all.len() >= 4 && records["more"] == false, "{records}");
    // The newest, in the order of writing; then the hint for further records.
    let newest = admin(&["audit", "--limit", "2"]).expect(0).json();
    assert_eq!(
        (newest["records"].as_array().unwrap().as_slice(), &newest["more"]),
        (&all[all.len() - 2..], &Value::Bool(true))
    );
    let first = admin(&["audit", "--limit", "2", "--after", "0"]).expect(0).json();
    assert_eq!((first["records"].as_array().unwrap().as_slice(), &first["more"]), (&all[..2], &Value::Bool(true)));
    let said = home.run(&["admin", "audit", "--limit", "2", "--data", "data"]).expect(0);
    assert!(said.err.contains("older records"), "{}", said.err);
    let since =
        |instant: &str| admin(&["audit", "--since", instant]).expect(0).json()["records"].as_array().unwrap().len();
    assert_eq!((since("2026-03-03"), since("2100-01-01T00:00:00Z")), (all.len(), 0));
    admin(&["audit", "--since", "yesterday"]).expect(1);
    assert_eq!(admin(&["audit-verify"]).expect(0).json()["audit"]["intact"], true);

    let folder = home.path("backup").display().to_string();
    admin(&["backup", "--to", &folder]).expect(0);
    home.run(&["admin", "restore", "--from", &folder, "--data", "restored"]).expect(0);
    home.run(&["admin", "restore", "--from", &folder, "--data", "restored"]).expect(1);
    let listed = home.run(&["admin", "key-list", "--data", "restored", "--json"]).expect(0).json();
    let named = listed["keys"][0]["api_key"].as_str().unwrap();
    assert!(name(named) && !listed.to_string().contains(&key), "{listed}");
    // A command takes the name in place of the key.
    let by_name = home.run(&["admin", "key-set", "--apikey", named, "--waiver", "off", "--data", "restored", "--json"]);
    assert_eq!(by_name.expect(0).json()["key"]["waiver"], false);
    home.run(&["admin", "key-set", "--apikey", "none.00000000", "--waiver", "off", "--data", "restored"]).expect(1);
    home.run(&["admin", "key-list", "--data", "no-such-folder"]).expect(1);
}
