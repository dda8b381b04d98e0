//! Every command of `admin`: its options, what it prints as JSON, how it ends.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Home, PASSWORD, started, stop};

/// The commands with their options, besides `--help`; further spellings of an option stand after it.
const OPTIONS: &[(&str, &str)] = &[
    ("key-list", "data config json"),
    ("key-create", "owner apikey api-key no-transfer waiver data config json"),
    ("key-set", "apikey api-key enabled transfer waiver data config json"),
    ("entitlement", "apikey api-key product state data config json"),
    ("invite", "apikey api-key email data config json"),
    ("account-list", "apikey api-key disabled after limit data config json"),
    ("account-show", "email data config json"),
    ("account-unlock", "email data config json"),
    ("account-end-sessions", "email data config json"),
    ("account-reset-mfa", "email data config json"),
    ("account-disable", "email reason data config json"),
    ("account-enable", "email data config json"),
    ("account-delete", "email confirm data config json"),
    ("bank-list", "data config json"),
    ("bank-pause", "bank reason by data config json"),
    ("bank-resume", "bank data config json"),
    ("audit", "apikey api-key email operation outcome since until after newest limit data config json"),
    ("audit-verify", "data config json"),
    ("backup", "to data config json"),
    ("migrate", "dry-run data config json"),
    ("cert-list", "data config json"),
    ("cert-renew", "email bank data config json"),
    ("cert-resume", "email bank data config json"),
    ("cert-discard", "email bank data config json"),
    ("code-list", "data config json"),
    ("code-release", "bank ws-user-id data config json"),
    ("code-allow", "bank ws-user-id email data config json"),
    ("code-withdraw", "bank ws-user-id email data config json"),
    ("upload-list", "state data config json"),
    ("upload-settle", "id state reason data config json"),
    ("restore", "from data json"),
];

/// An account of the test's service.
const EMAIL: &str = "op@example.test";
/// Its API key.
const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCD";

const KEY_MEMBERS: &str = "api_key owner enabled transfer waiver created entitlements";
const OVERVIEW_MEMBERS: &str = "email api_key company owner admin data locked disabled created";
const ACCOUNT_MEMBERS: &str = "email registered api_key owner name company phone created disabled disabled_reason certificates \
    lender users tries";
const BANK_MEMBERS: &str = "bank configured timeout_s paused since reason by";
const CERTIFICATE_MEMBERS: &str = "email bank ws_user_id state serial issuer not_after days_left next_step_at person \
    attempt_begun_at attempt_sent";
const CHECK_MEMBERS: &str =
    "intact records chains checkpoint head after_checkpoint compared broken_at broken_chain reason";
const CODE_MEMBERS: &str = "bank ws_user_id sent wrong_codes_max allowed";
const AUDIT_MEMBERS: &str = "seq at request_id api_key email mode operation outcome object detail hash";

/// What a command answers: a member with the members of its value (of its first item), or the field that an error names.
enum Answer {
    Members(&'static str, &'static str),
    Field(&'static str),
    Code(&'static str),
    Usage(&'static str),
}
use Answer::{Code, Field, Members, Usage};

/// Commands in the order in which they run, on the data of a service that has stopped.
fn rows() -> Vec<(String, Answer)> {
    let user = "--bank nordea --ws-user-id 7700112233";
    let of = |text: &str| text.replace("KEY", KEY).replace("EMAIL", EMAIL).replace("USER", user);
    [
        ("key-list", Members("keys", KEY_MEMBERS)),
        ("key-create", Members("key", KEY_MEMBERS)),
        ("key-create --owner new@example.test --no-transfer --waiver", Members("key", KEY_MEMBERS)),
        ("key-create --owner nobody", Field("owner")),
        ("key-create --apikey short", Field("api_key")),
        ("key-create --api-key KEY", Field("api_key")),
        ("key-set --apikey KEY --enabled off --transfer off --waiver on", Members("key", KEY_MEMBERS)),
        ("key-set --apikey KEY --enabled on", Members("key", KEY_MEMBERS)),
        ("key-set --apikey KEY --enabled maybe", Usage("on")),
        ("key-set --apikey KEY", Usage("nothing to change")),
        ("key-set --apikey unknown --enabled on", Field("api_key")),
        ("key-set --enabled on", Usage("--apikey")),
        ("entitlement --apikey KEY --state active", Members("key", KEY_MEMBERS)),
        ("entitlement --apikey KEY --product other --state suspended", Members("key", KEY_MEMBERS)),
        ("entitlement --apikey KEY --state maybe", Usage("suspended")),
        ("entitlement --apikey KEY", Usage("--state")),
        ("invite --apikey KEY --email guest@example.test", Members("key", KEY_MEMBERS)),
        ("invite --apikey KEY --email nobody", Field("email")),
        ("account-list", Members("accounts", OVERVIEW_MEMBERS)),
        ("account-list --apikey KEY --disabled off --limit 1", Members("accounts", OVERVIEW_MEMBERS)),
        ("account-list --disabled on", Members("accounts", "")),
        ("account-list --after EMAIL", Members("accounts", OVERVIEW_MEMBERS)),
        ("account-list --limit 0", Field("limit")),
        ("account-show --email EMAIL", Members("account", ACCOUNT_MEMBERS)),
        ("account-show --email nobody@example.test", Field("email")),
        ("account-show", Usage("--email")),
        ("account-disable --email EMAIL --reason because", Members("account", ACCOUNT_MEMBERS)),
        ("account-disable --email EMAIL --reason again", Field("email")),
        ("account-disable --email other@example.test", Usage("--reason")),
        ("account-list --disabled on", Members("accounts", OVERVIEW_MEMBERS)),
        ("account-enable --email EMAIL", Members("account", ACCOUNT_MEMBERS)),
        ("account-enable --email EMAIL", Field("email")),
        ("account-unlock --email EMAIL", Field("email")),
        ("account-end-sessions --email EMAIL", Members("account", ACCOUNT_MEMBERS)),
        ("account-end-sessions --email nobody@example.test", Field("email")),
        ("account-reset-mfa --email EMAIL", Members("account", ACCOUNT_MEMBERS)),
        ("account-delete --email EMAIL --confirm EMAIL", Field("email")),
        ("account-delete --email two@example.test --confirm one@example.test", Field("confirm")),
        ("account-delete --email two@example.test", Usage("--confirm")),
        ("account-delete --email two@example.test --confirm Two@example.test", Members("account", ACCOUNT_MEMBERS)),
        ("account list", Members("accounts", OVERVIEW_MEMBERS)),
        ("account end sessions --email EMAIL", Members("account", ACCOUNT_MEMBERS)),
        ("account end-sessions --email EMAIL", Members("account", ACCOUNT_MEMBERS)),
        ("account", Usage("account-list")),
        ("bank-list", Members("banks", BANK_MEMBERS)),
        ("bank-pause --bank simulator --reason maintenance --by ann", Members("bank", BANK_MEMBERS)),
        ("bank-pause --bank simulator --reason again", Field("bank")),
        ("bank-pause --bank nordea", Usage("--reason")),
        ("bank-pause --bank nodea --reason maintenance", Field("bank")),
        ("bank pause --bank op --reason maintenance", Members("bank", BANK_MEMBERS)),
        ("bank resume --bank osuuspankki", Members("bank", BANK_MEMBERS)),
        ("bank-resume --bank simulator", Members("bank", BANK_MEMBERS)),
        ("bank-resume --bank simulator", Field("bank")),
        ("audit verify", Members("audit", CHECK_MEMBERS)),
        ("audit", Members("records", AUDIT_MEMBERS)),
        ("audit --apikey KEY --operation operator.set_waiver --outcome done", Members("records", AUDIT_MEMBERS)),
        ("audit --since 2026-03-03 --after 1 --limit 1", Members("records", AUDIT_MEMBERS)),
        ("audit --since yesterday", Usage("--since")),
        ("audit --limit 0", Field("limit")),
        ("audit --limit 100001", Field("limit")),
        ("audit --after -1", Usage("--after")),
        ("audit-verify", Members("audit", CHECK_MEMBERS)),
        ("cert-list", Members("certificates", CERTIFICATE_MEMBERS)),
        ("cert-renew --email EMAIL --bank nowhere", Field("bank")),
        ("cert-renew --email other@example.test --bank simulator", Field("email")),
        ("cert-renew --email EMAIL --bank simulator", Members("certificate", CERTIFICATE_MEMBERS)),
        ("cert-resume --email EMAIL --bank nordea", Field("bank")),
        ("cert-discard --email EMAIL --bank simulator", Field("bank")),
        ("cert-renew --bank simulator", Usage("--email")),
        ("code-list", Members("user_ids", "")),
        ("code-allow USER --email EMAIL", Members("user_id", CODE_MEMBERS)),
        ("code-allow USER --email nobody@example.test", Field("email")),
        ("code-list", Members("user_ids", CODE_MEMBERS)),
        ("code-release USER", Field("ws_user_id")),
        ("code-withdraw USER --email EMAIL", Members("user_id", CODE_MEMBERS)),
        ("code-withdraw USER --email EMAIL", Field("email")),
        ("code-release --bank nowhere --ws-user-id 1", Field("bank")),
        ("upload-list", Members("uploads", "")),
        ("upload-list --state accepted", Members("uploads", "")),
        ("upload-list --state lost", Usage("accepted")),
        ("upload-settle --id none --state accepted --reason asked", Field("id")),
        ("upload-settle --id none --state send_anyway --reason asked", Field("id")),
        ("upload-settle --id none --state accepted --reason @asked", Field("id")),
        ("upload-settle --id none --state unknown --reason asked", Usage("send_anyway")),
        ("upload-settle --id none --state accepted", Usage("--reason")),
        ("backup", Usage("--to")),
        ("backup --to data", Field("target")),
        ("backup --to @daily", Members("copied", "database_bytes files file_bytes keys missing_files")),
        ("backup --to copy", Members("copied", "database_bytes files file_bytes keys missing_files")),
        ("migrate --dry-run", Members("migration", "from to dry_run steps")),
        ("migrate", Members("migration", "from to dry_run steps")),
        ("key-list --config absent.toml", Code("configuration.invalid")),
        ("key-lst", Usage("key-list")),
        ("key-list --nonsense", Usage("--nonsense")),
    ]
    .into_iter()
    .map(|(command, answer)| (of(command), answer))
    .collect()
}

#[test]
fn every_command_has_its_options() {
    let home = Home::empty();
    let listed = home.run(&["admin", "--help"]).expect(0).out;
    let lines = listed.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // A line that goes on with the text of the one above begins further in.
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let mut names: Vec<&str> = names.filter_map(|line| line.split_whitespace().next()).collect();
    names.retain(|name| *name != "help");
    names.sort_unstable();
    let mut compared: Vec<&str> = OPTIONS.iter().map(|(command, _)| *command).collect();
    compared.sort_unstable();
    assert_eq!(names, compared, "the commands, and those whose options are compared: {listed}");
    for (command, options) in OPTIONS {
        let help = home.run(&["admin", command, "--help"]).expect(0).out;
        let mut found = long_options(&help);
        found.retain(|name| name != "help");
        let mut expected: Vec<&str> = options.split_whitespace().collect();
        found.sort();
        expected.sort_unstable();
        assert_eq!(found, expected, "{command}: {help}");
    }
}

/// The options of a help text, and their further spellings.
fn long_options(help: &str) -> Vec<String> {
    let name = |text: &str| text.trim_start_matches("--").split([' ', ',', ']', '=', '[']).next().unwrap().to_owned();
    let firsts = help.lines().filter(|line| line.trim_start().starts_with('-'));
    let firsts = firsts.filter_map(|line| line.split_whitespace().find(|word| word.starts_with("--")).map(name));
    let aliases = help.lines().filter_map(|line| line.split_once("[alias"));
    let aliases = aliases.flat_map(|(_, after)| after.split(']').next().unwrap().split([' ', ',']));
    let aliases = aliases.filter(|word| word.starts_with("--")).map(name);
    firsts.chain(aliases).collect()
}

#[test]
fn every_command_answers_as_programs_know_it() {
    let home = Home::empty();
    let account = json!({"email": EMAIL, "password": PASSWORD, "api_key": KEY, "certificates": ["simulator"]});
    let other = json!({"email": "two@example.test", "password": PASSWORD, "api_key": KEY});
    fs::write(home.path("seed.json"), json!({ "accounts": [account, other] }).to_string()).unwrap();
    let (child, _) = started(home.command(&["serve", "ws-channel", "--data", "data", "--seed", "seed.json"]));
    stop(child, "-TERM").expect(0);
    for (command, answer) in rows() {
        answered(&home, &command, &answer);
    }
    assert!(home.path("@daily").is_dir());
    // How to read on is said to people; programs see it in the answer.
    let audit = |options: &[&str]| home.run(&[&["admin", "audit", "--data", "data", "--limit", "1"], options].concat());
    for (options, note) in [
        (&[][..], "there are older records"),
        (&["--after", "0"], "use --after 1"),
        (&["--newest", "off"], "use --after 1"),
        (&["--after", "0", "--newest", "on"], "there are older records"),
    ] {
        let shown = audit(options).expect(0);
        assert!(shown.err.contains(note), "{options:?}: {}", shown.err);
        let answered = audit(&[options, &["--json"]].concat()).expect(0);
        assert_eq!((&answered.json()["more"], &*answered.err), (&json!(true), ""), "{options:?}");
    }
    let restored = Members("restored", "database_bytes files file_bytes keys missing_files");
    let run = home.run(&["admin", "restore", "--from", "copy", "--data", "again", "--json"]).expect(0).json();
    has(&run, &restored, "restore");
    let refused = home.run(&["admin", "restore", "--from", "copy", "--data", "again", "--json"]).expect(1).json();
    has(&refused, &Field("data"), "restore");
    // A chain that was changed is a result, with an exit code of its own.
    fs::write(
        home.path("data/audit-heads.jsonl"),
        r#"{"at":"2026-11-20T12:00:00Z","checkpoint":1,"head":""#.to_owned() + &"5e".repeat(32) + "\"}\n",
    )
    .unwrap();
    let broken = home.run(&["admin", "audit-verify", "--data", "data", "--json"]).expect(1).json();
    has(&broken, &Members("audit", CHECK_MEMBERS), "audit-verify");
    assert_eq!(broken["audit"]["intact"], false);
}

fn answered(home: &Home, command: &str, answer: &Answer) {
    let words: Vec<&str> = command.split_whitespace().collect();
    let ran = home.run(&[&["admin"], &words[..], &["--data", "data", "--json"]].concat());
    let ran = ran.expect(if matches!(answer, Members(..)) { 0 } else { 1 });
    has(&ran.json(), answer, command);
}

fn has(found: &Value, answer: &Answer, command: &str) {
    let error = &found["error"];
    match answer {
        Members(name, members) => {
            let value = match &found[*name] {
                Value::Array(items) => items.first().cloned().unwrap_or(json!({})),
                one => one.clone(),
            };
            let mut expected: Vec<&str> = members.split_whitespace().collect();
            let mut given: Vec<&str> =
                value.as_object().unwrap_or_else(|| panic!("{command}: {found}")).keys().map(|key| &**key).collect();
            given.sort_unstable();
            expected.sort_unstable();
            assert_eq!(given, expected, "{command}: {found}");
        }
        Field(field) => assert_eq!(
            (&error["code"], &error["context"]["field"]),
            (&json!("input.invalid_field"), &json!(field)),
            "{command}: {found}"
        ),
        Code(code) => assert_eq!(error["code"], *code, "{command}: {found}"),
        Usage(text) => assert!(error["message"].as_str().unwrap().contains(text), "{command}: {found}"),
    }
}
