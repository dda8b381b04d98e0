//! The commands of the README and of pages, and the examples, executed literally.

use std::{fs, path::Path, process::Command};

use serde_json::{Value, json};

use crate::support::{Home, on_terminal, port_of_its_own, ran, registered};

const README: &str = include_str!("../../../../README.md");
const COMMAND_LINE: &str = include_str!("../../../../docs/command-line.md");
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The shell block below a heading of a page.
fn block(page: &'static str, heading: &str) -> Vec<&'static str> {
    let (_, section) = page.split_once(&format!("\n## {heading}\n")).expect("the section is there");
    let section = section.split("\n## ").next().unwrap();
    let mut blocks = section.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap().lines().collect());
    let block = blocks.next().expect("a block of commands");
    assert!(blocks.next().is_none(), "{heading} has one block of commands");
    block
}

/// The `PATH` with the program's folder first.
pub(crate) fn path() -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_bankchannel"));
    format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap())
}

#[test]
fn the_readme_leads_from_installing_to_a_statement_in_ten_lines() {
    let statement = block(README, "The command line");
    let payment = block(COMMAND_LINE, "Send a payment");
    assert!(statement.len() <= 10, "{statement:?}");
    // This test runs against the installed build already; building it again would show nothing.
    let installed = statement[0].strip_prefix("cargo install --locked --path ").expect("it begins with installing");
    assert!(Path::new(ROOT).join(installed).join("src/main.rs").exists(), "{installed}");

    // Only the port is changed: it may be in use on this machine.
    let port = port_of_its_own();
    let home = Home::empty();
    std::os::unix::fs::symlink(fs::canonicalize(ROOT).unwrap().join("core"), home.path("core")).unwrap();
    let mut steps: Vec<Value> = vec![json!({ "expect": "$ " })];
    // Each block is pasted whole.
    for block in [&statement[1..], &payment[..]] {
        let pasted = block.join("\n").replace("8080", &port);
        steps.push(json!({ "send": format!("{pasted}\necho ended with $?\n") }));
        steps.extend([json!({ "expect": "ended with 0" }), json!({ "expect": "$ " })]);
    }
    // The service ends with the shell that started it.
    steps.push(json!({ "send": "kill %1; wait; exit\n" }));

    let mut shell = Command::new("/bin/bash");
    shell.args(["--norc", "--noprofile", "-i"]).current_dir(home.path("")).env("HOME", home.path(""));
    shell.env("PATH", path()).env("PS1", "$ ").env("HISTFILE", "/dev/null").env("TERM", "dumb");
    let shown = on_terminal(&shell, &[], &steps).expect(0);
    assert!(!shown.terminal.contains("error"), "{}", shown.terminal);
    assert!(shown.terminal.contains("The bank has accepted the file: ACCP"), "{}", shown.terminal);
    let files: Vec<String> =
        fs::read_dir(home.path("")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let of = |file_type: &str| {
        let name = files.iter().find(|name| name.contains(file_type)).unwrap_or_else(|| panic!("{files:?}"));
        fs::read_to_string(home.path(name)).unwrap()
    };
    assert!(of("camt.053.001.02").contains("<Stmt>"));
    assert!(of("pain.002.001.10").contains("BANKCHANNEL-EXAMPLE-0001"));
}

#[test]
fn the_cron_example_fetches_what_is_new_and_says_nothing() {
    let home = registered();
    let enrol =
        ["--company", "Example Oy", "--wsuserid", "SIM-0123456789ab", "--pincode", "SIM-0123456789abcdef01234567"];
    home.run(&[&["certs", "enroll-cert"], &enrol[..]].concat()).expect(0);
    let example = || {
        let mut command = home.command(&[]);
        command.env("PATH", path());
        let mut script = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/fetch-statements.sh"));
        script.arg(home.path("inbox")).env_clear();
        script.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        ran(script.output().unwrap())
    };
    let first = example().expect(0);
    assert_eq!((first.out.as_str(), first.err.as_str()), ("", ""));
    let fetched = || {
        let names = fs::read_dir(home.path("inbox")).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
        names.retain(|name| !name.starts_with('.'));
        names
    };
    let files = fetched();
    assert!(matches!(&files[..], [one] if one.contains("camt.053.001.02")), "{files:?}");
    // Nothing is new, so nothing is fetched, and the session is still valid.
    let token = home.setting("idtoken");
    example().expect(0);
    assert_eq!((fetched(), home.setting("idtoken")), (files, token));
    // A failure is reported, with the exit code of the failed command.
    home.set("password", "cC3!not-the-password-0123456789");
    home.set("idtokenexpiry", "2020-01-01 00:00:00");
    let failed = example();
    assert!(failed.code == 1 && failed.err.contains("error"), "{} {}", failed.code, failed.err);
}

#[test]
fn the_cron_example_says_that_it_cannot_lock() {
    let home = Home::empty();
    fs::create_dir(home.path("bin")).unwrap();
    std::os::unix::fs::symlink("/bin/mkdir", home.path("bin/mkdir")).unwrap();
    let mut script = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/fetch-statements.sh"));
    let failed = ran(script.arg(home.path("inbox")).env_clear().env("PATH", home.path("bin")).output().unwrap());
    assert!(failed.code == 1 && failed.err.contains("flock is missing"), "{} {}", failed.code, failed.err);
}

/// A family: its name at the sandbox, its profile, its first customer there, the bank's code.
const FAMILIES: [(&str, &str, &str, &str); 3] = [
    ("op", "op", "1000022211", "4514429708378387"),
    ("nordea", "nordea", "7700112233", "2576462617"),
    ("samlink", "saastopankki", "61234567", "820511562974156633172"),
];

/// The shell's commands seven hundred days later: the bank's clock is moved, and the programs have one that is ahead.
const SEVEN_HUNDRED_DAYS: &str = r#"
ahead=$((700 * 86400))
order="{\"advance_s\": $ahead}"
control=$(grep -o '"control_url": *"[^"]*"' bank.json | sed 's#.*:##; s#"$##')
exec 3<>/dev/tcp/127.0.0.1/$control
printf 'POST /sandbox/time HTTP/1.1\r\nHost: localhost:%s\r\nContent-Type: application/json\r\n' "$control" >&3
printf 'Content-Length: %d\r\nConnection: close\r\n\r\n%s' "${#order}" "$order" >&3
head -1 <&3 | grep -q 200
later() { CLOCK_OFFSET_S=$ahead LD_PRELOAD=CLOCK "$@"; }
serial() { bankchannel sepa status --settings op.json --json | grep -o '"serial":"[0-9A-F]*"' | head -1; }
before=$(later serial)
later bankchannel sepa status --settings op.json --check && exit 3 || echo "check before: $?"
later JOB op.json
later bankchannel sepa download-new-files --settings op.json --directory in
later bankchannel sepa status --settings op.json --check || { echo "check after: $?"; exit 3; }
[ "$before" != "$(later serial)" ] || exit 4
"#;

/// A library that gives a program, through `LD_PRELOAD`, a clock that is ahead.
fn shifted_clock(home: &Home) -> String {
    let library = home.path("clock.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/shifted_clock.c");
    let built =
        Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).arg("-ldl").status();
    assert!(built.unwrap().success(), "cc builds the clock");
    library.display().to_string()
}

/// The page about a first bank, followed to the letter at a bank of each family, then the job that it sets up, also seven
/// hundred days later.
#[test]
fn the_page_of_the_first_bank_leads_to_a_renewal() {
    const PAGE: &str = include_str!("../../../../docs/sepa-first-bank.md");
    let blocks = |kind: &str| {
        let begin = format!("```{kind}\n");
        PAGE.split(&begin).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect::<Vec<String>>()
    };
    let further = blocks("json").concat();
    for (family, profile, customer, code) in FAMILIES {
        let port = port_of_its_own();
        let home = Home::empty();
        let clock = shifted_clock(&home);
        // Only the port and the names of bank and customer are changed. The bank ends with the shell that has started it.
        let mut followed = blocks("sh").concat().replace("8444", &port);
        for (of_op, own) in [
            ("\"bank\": \"op\"", format!("\"bank\": \"{profile}\"")),
            ("/op\"", format!("/{family}\"")),
            ("/op/certificates", format!("/{family}/certificates")),
            ("bank/op/root.pem", format!("bank/{family}/root.pem")),
            ("1000022211", customer.to_owned()),
            ("4514429708378387", code.to_owned()),
        ] {
            assert!(followed.contains(of_op), "{of_op}");
            followed = followed.replace(of_op, &own);
        }
        if family == "nordea" {
            followed = followed.replace("  \"identity_dir\"", &format!("{further}  \"identity_dir\""));
        }
        let job = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/renew-certificate.sh");
        let later = SEVEN_HUNDRED_DAYS.replace("LD_PRELOAD=CLOCK", &format!("LD_PRELOAD={clock}")).replace("JOB", job);
        let script = format!(
            "set -e\ntrap 'kill %1' EXIT\n{followed}\necho the job\n{job} op.json\necho the job ended\n{later}\n\
             rm -r op-identity\n! {job} op.json\n"
        );
        let mut shell = Command::new("/bin/bash");
        shell.args(["--norc", "--noprofile", "-c", &script]).current_dir(home.path("")).env_clear();
        shell.env("HOME", home.path("")).env("PATH", path());
        let done = ran(shell.output().unwrap());
        let said = format!("{family}: {}\n{}", done.out, done.err);
        assert_eq!(done.code, 0, "{said}");
        for expected in ["enrol", "switching", "active", "Sandbox Nordea Corporate Server CA", "check before: 14"] {
            assert!(done.out.contains(expected), "{expected}: {said}");
        }
        // A job without news says nothing; one that needs a person says what to do.
        assert!(done.out.contains("the job\nthe job ended\n"), "{said}");
        assert!(done.err.contains("person_needed") && done.err.contains("enrol with a code of the bank"), "{said}");
        assert!(!said.contains("4514429708378387"), "the code is not repeated: {said}");
    }
}

/// The page about a service's first bank, followed to the letter.
#[test]
fn the_page_of_a_service_s_first_bank_leads_to_a_renewal() {
    const PAGE: &str = include_str!("../../../../docs/ws-channel-first-bank.md");
    let (bank, service) = (port_of_its_own(), port_of_its_own());
    let home = Home::empty();
    let blocks = PAGE.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    // Only the ports are changed. Bank and service end with the shell that has started them.
    let followed: String = blocks.map(|block| block.replace("8444", &bank).replace("8443", &service)).collect();
    let script = format!("set -e\ntrap 'kill %2; kill %1' EXIT\n{followed}\n");
    let mut shell = Command::new("/bin/bash");
    shell.args(["--norc", "--noprofile", "-c", &script]).current_dir(home.path("")).env_clear();
    shell.env("HOME", home.path("")).env("PATH", path());
    let done = ran(shell.output().unwrap()).expect(0);
    let said = format!("{}\n{}", done.out, done.err);
    for expected in ["osuuspankki_customer_signing_cert", "active", "Sandbox OP WS CA"] {
        assert!(done.out.contains(expected), "{expected}: {said}");
    }
    assert!(!said.contains("4514429708378387"), "the code is not repeated: {said}");
}

/// The page about the operator's orders, followed to the letter.
#[test]
fn the_page_of_orders_about_accounts_and_banks_is_followed() {
    const PAGE: &str = include_str!("../../../../docs/ws-channel-orders.md");
    let port = port_of_its_own();
    let home = Home::empty();
    let block = PAGE.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    // Only the port is changed. The service ends with the shell that has started it.
    let script = format!("set -e\ntrap 'kill %1' EXIT\n{}\n", block.replace("8443", &port));
    let mut shell = Command::new("/bin/bash");
    shell.args(["--norc", "--noprofile", "-c", &script]).current_dir(home.path("")).env_clear();
    shell.env("HOME", home.path("")).env("PATH", path());
    let done = ran(shell.output().unwrap()).expect(0);
    let said = format!("{}\n{}", done.out, done.err);
    let expected =
        ["eve@example.com", "a lost laptop, ticket 4711", "maintenance until 6 p.m.", "ann", "operator.enable_account"];
    assert!(expected.iter().all(|text| done.out.contains(text)), "{said}");
    assert!(done.err.contains("before: in use") && done.err.contains("before: disabled since"), "{said}");
}
