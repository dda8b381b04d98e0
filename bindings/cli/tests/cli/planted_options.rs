//! A value given in the wrong place is not repeated in output: keys and files are planted into every option of every
//! command. Each option gets one of the wrong forms, in turn; with `BANKCHANNEL_EVERY_FORM` set it gets all
//! (`tests/long/planted-options`).

use std::collections::BTreeSet;

use crate::support::{Home, NOWHERE};

/// The planted values, and the part of each that must not appear anywhere.
const PLANTED: [(&str, &str); 5] = [
    ("<Document><IBAN>FI2112345600000785</IBAN></Document>", "FI2112345600000785"),
    ("-----BEGIN PRIVATE KEY-----\nPlantedKeyLine\n-----END PRIVATE KEY-----\n", "PlantedKeyLine"),
    ("the planted phrase itself", "planted phrase"),
    ("4vN6hGHrav31smM0Ha1k15MDlZKOEGn43UToWTt2", "4vN6hGHrav31"),
    ("@-----BEGIN PRIVATE KEY-----PlantedKeyLine", "PlantedKeyLine"),
];

/// The first words of the lines of a command's help: its subcommands.
fn commands(home: &Home, group: &str) -> Vec<String> {
    let help = home.run(&[group, "--help"]).expect(0).out;
    let listed = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let names = listed.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next().map(str::to_owned));
    names.filter(|name| !name.is_empty() && name != "help").collect()
}

/// The options that a command's help names.
fn options(home: &Home, path: &[&str]) -> BTreeSet<String> {
    let help = home.run(&[path, &["--help"]].concat()).expect(0).out;
    let words = help.split([' ', ',', '\n', '=', '[', ']', '<', '.', ')', '(', '`']);
    words.filter(|word| word.len() > 2 && word.starts_with("--")).map(str::to_owned).collect()
}

#[test]
fn nothing_planted_into_an_option_is_repeated() {
    let mut home = Home::empty();
    home.variable("ISECURE_BASE_URL", NOWHERE);
    let (mut tried, mut seen) = (0_usize, BTreeSet::new());
    let mut attempt = |arguments: &[&str], secret: &str| {
        tried += 1;
        let ran = home.run(arguments);
        if ran.code != 0 {
            let told = format!("{}{}", ran.out, ran.err);
            assert!(!told.contains(secret), "{arguments:?}: {told}");
        }
    };
    let listing = Home::empty();
    let every_form = std::env::var_os("BANKCHANNEL_EVERY_FORM").is_some();
    let mut turns = PLANTED.iter().cycle();
    let mut forms = || if every_form { PLANTED.to_vec() } else { vec![*turns.next().unwrap()] };
    for group in ["account", "session", "certs", "files", "pgp", "integrator", "psd2", "admin"] {
        // This one creates files without a prompt.
        for command in commands(&listing, group).iter().filter(|command| *command != "make-certificates") {
            for (planted, secret) in forms() {
                attempt(&[group, command, planted], secret);
                attempt(&[group, command, "--json", planted, planted], secret);
            }
            for option in options(&listing, &[group, command]) {
                // Options that many commands share are tried in one.
                if seen.insert(option.clone()) || option == "--key" {
                    for (planted, secret) in forms() {
                        attempt(&[group, command, &option, planted], secret);
                        attempt(&[group, command, &format!("{option}={planted}")], secret);
                    }
                }
            }
        }
    }
    for (planted, secret) in PLANTED {
        for arguments in [
            &[planted][..],
            &["files", planted],
            &["call", planted],
            &["call", "list_files", planted],
            &["serve", "ws-channel", "--data", "data", "--listen", planted],
            &["serve", "ws-channel", "--data", "data", "--config", planted],
            &["serve", "nextgen-psd2-bank", "--data", "bank", "--trusted", planted],
            &["demo", "--payment", planted],
            &["completion", planted],
        ] {
            attempt(arguments, secret);
        }
    }
    assert!(tried > 400, "{tried} commands");
}
