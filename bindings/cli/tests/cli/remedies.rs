//! The lines below an error: what to do fits what has happened. Every run of the program in these tests is looked at.

use bankchannel_foundation::error::ErrorRow;

use crate::support::{Home, NOWHERE};

/// Words of a remedy for programs: a person sees no context and nothing that is attached.
const UNSEEN: [&str; 2] = ["the context", "attached"];

fn row(code: &str) -> Option<&'static ErrorRow> {
    bankchannel::error_table().find(|row| row.code == code)
}

/// Fails if the lines below the error that a run has printed do not fit it.
pub(crate) fn check(printed: &str) {
    let mut lines = printed.lines().skip_while(|line| !line.starts_with("error: ")).peekable();
    let Some(first) = lines.next() else { return };
    // The message, and in brackets at its end code and outcome.
    let Some((message, end)) = first.strip_suffix(']').and_then(|line| line.rsplit_once(" [")) else { return };
    let (code, outcome) = end.split_once("; outcome ").map_or((end, None), |(code, outcome)| (code, Some(outcome)));
    let Some(row) = row(code) else { return };
    let below: Vec<&str> = lines.take_while(|line| line.starts_with("  ")).map(str::trim).collect();
    if code.starts_with("input.") {
        assert!(!below.contains(&row.doc), "the message is complete: {printed}");
        return;
    }
    let remedy = below.last().unwrap_or_else(|| panic!("what to do is missing: {printed}"));
    assert!(!UNSEEN.iter().any(|word| remedy.contains(word)), "what is not shown is named: {printed}");
    if remedy.to_ascii_lowercase().contains("the message") {
        let own = message.trim_start_matches("error: ");
        let is_specific = !own.ends_with(row.text);
        assert!(is_specific, "the message says nothing of this case: {printed}");
    }
    if remedy.to_ascii_lowercase().contains("see the outcome") {
        assert!(outcome.is_some(), "there is no outcome to see: {printed}");
    }
    // Said without a condition.
    if remedy.starts_with("The request may have taken effect") {
        assert!(matches!(outcome, Some("unknown" | "accepted")), "it has had no effect: {printed}");
    }
    // What the remedy names and this error has is shown; what it has not, cannot be meant.
    for named in ["code_meaning", "sca_redirect", "answer"] {
        if remedy.contains(&format!("`{named}`")) {
            assert!(
                below.iter().any(|line| line.starts_with(&format!("{named}: "))),
                "{named} is not shown: {printed}"
            );
        }
    }
}

#[test]
fn no_row_sends_a_person_to_what_is_not_shown() {
    for row in bankchannel::error_table() {
        assert!(!UNSEEN.iter().any(|word| row.doc.contains(word)), "{}: {}", row.code, row.doc);
        assert!(row.doc.ends_with('.'), "{}: {}", row.code, row.doc);
    }
}

#[test]
fn the_second_line_fits_the_first() {
    let home = Home::empty();
    std::fs::write(home.path("file"), "no folder").unwrap();
    std::fs::write(home.path("service.toml"), "token_ttl_s = 0\n").unwrap();
    let serve = ["serve", "ws-channel", "--data"];
    for (arguments, code, second) in [
        (&[&serve[..], &["file"]].concat()[..], "resource.storage", "Remove the cause that the message names"),
        (&[&serve[..], &["data", "--config", "service.toml"]].concat(), "configuration.invalid", "Correct the setting"),
        (&[&serve[..], &["data", "--listen", "nowhere"]].concat(), "configuration.invalid", "Correct the setting"),
        (
            &["files", "list-files", "-b", "nordea", "-i", "token", "--base-url", NOWHERE, "--environment", "test"],
            "transport.connect_failed",
            "Check the address and the network",
        ),
    ] {
        let ran = home.run(arguments).expect(1);
        let lines: Vec<&str> = ran.err.lines().skip_while(|line| !line.starts_with("error: ")).collect();
        assert!(lines[0].contains(&format!("[{code}")), "{arguments:?}: {}", ran.err);
        assert!(lines.last().unwrap().trim_start().starts_with(second), "{arguments:?}: {}", ran.err);
    }
}
