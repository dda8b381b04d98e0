//! The Rust programs of README.md and of the pages are identical to the examples, and do as the pages say.
//! The other languages' sections are run by their own tests.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use bankchannel_tests::{
    connection::{self, Tls},
    faces::{built, root},
};

#[test]
fn the_pages_show_the_examples() {
    let first = is_shown("README.md", "\n## Rust\n", "core/counterparts/examples/statements.rs");
    assert!(first.lines().filter(|line| !line.is_empty()).count() <= 15, "{first}");
    is_shown("docs/nextgen-psd2.md", "\n### Rust\n", "tests/runners/examples/third_party.rs");
    let explained = "core/counterparts/examples/refused_signature.rs";
    is_shown("docs/nextgen-psd2-signing.md", "\n### An example\n", explained);
    let connector = "core/counterparts/examples/salt_edge.rs";
    is_shown("docs/salt-edge-hub.md", "\n## A connector and Salt Edge in one program\n", connector);
}

/// The program below a heading of a page, which is that of the file.
fn is_shown(page: &str, heading: &str, file: &str) -> String {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).expect("a file of the repository");
    let text = read(page);
    let section = text.split(heading).nth(1).expect("a section on Rust");
    let shown = section.split("```rust").nth(1).and_then(|rest| rest.split("```").next()).expect("a program in it");
    let shown = shown.split_once('\n').expect("the fence's line").1;
    let example = read(file);
    let (_, program) = example.split_once("\n\n").expect("a comment before the program");
    assert_eq!(shown, program, "{page} and {file} differ");
    shown.to_owned()
}

/// The first page is read in one go: what takes more room has its page.
#[test]
fn the_first_page_is_short() {
    let page = std::fs::read_to_string(root().join("README.md")).expect("the first page");
    let lines = page.lines().count();
    assert!(lines <= 250, "README.md has {lines} lines: at most 250");
    for what in ["WS Channel", "SEPA Web Services", "NextGenPSD2", "Salt Edge", "Payment files"] {
        assert!(page.contains(&format!("**{what}**")) || page.contains(&format!("**ISECure {what}**")), "{what}");
    }
}

#[test]
fn the_example_ends_at_a_downloaded_statement() {
    let folder = tempfile::tempdir().expect("a folder");
    let printed = run_in("statements", folder.path());
    assert!(has_a_statement(&folder.path().join("statements")), "{printed}");
}

#[test]
fn the_refused_signature_is_explained_by_the_byte() {
    let printed = run_in("refused_signature", tempfile::tempdir().expect("a folder").path());
    for part in ["V30 failed", "byte 44, line 2, column 9: expected S, found s", "H-08"] {
        assert!(printed.contains(part), "{part} is missing in\n{printed}");
    }
    assert!(!printed.contains("also failed"), "{printed}");
}

#[test]
fn the_connector_passes_the_checker_after_a_restart() {
    let printed = run_in("salt_edge", tempfile::tempdir().expect("a folder").path());
    for part in [
        "account \"Salary\"",
        "the code was right",
        "the report arrived after the restart",
        "the revoked token: 401 \"TokenRevoked\"",
        "the checker: ok true, {",
    ] {
        assert!(printed.contains(part), "{part} is missing in\n{printed}");
    }
}

/// Runs an example to its end in a folder; returns its output.
fn run_in(example: &str, folder: &Path) -> String {
    let ended = Command::new(built().join("examples").join(example))
        .current_dir(folder)
        .output()
        .expect("the example is built: cargo build --release --workspace --all-targets");
    assert!(ended.status.success(), "{example}: {}", String::from_utf8_lossy(&ended.stderr));
    String::from_utf8_lossy(&ended.stdout).into_owned()
}

fn has_a_statement(folder: &Path) -> bool {
    let files = std::fs::read_dir(folder).expect("the folder was made");
    files.filter_map(Result::ok).any(|file| {
        std::fs::read_to_string(file.path())
            .is_ok_and(|text| text.contains("urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"))
    })
}

/// The program prints the customer's link and waits; here the customer approves.
#[tokio::test(flavor = "multi_thread")]
async fn the_third_party_ends_at_the_customers_accounts() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut example = Command::new(built().join("examples/third_party"))
        .env("TMPDIR", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the example is built: cargo build --release --workspace --all-targets");
    let mut said = BufReader::new(example.stdout.take().expect("piped"));
    let mut line = || {
        let mut line = String::new();
        assert!(said.read_line(&mut line).expect("text") > 0, "the example ended early");
        line
    };
    assert_eq!(line(), "true\n");
    let asked = line();
    let link = asked.trim().rsplit(' ').next().expect("a link at the end");
    let tls = Tls::new(&authority(folder.path()), None).expect("the bank's authority");
    let (page, state) = link.split_once('?').expect("a query");
    let state = state.split('&').find(|field| field.starts_with("state=")).expect("a state");
    let form = format!("{state}&decision=approve&customer=kari&account=kari-1&account=kari-2");
    let headers = [("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
    let answer = connection::exchange(Some(&tls), page, "POST", &headers, form.as_bytes()).await;
    let back = answer.expect("the bank answers");
    assert!(back.header("location").starts_with("https://tpp.example/back?state=9d1f&psu-id=psu-7f3a91"), "{back:?}");
    example.stdin.take().expect("piped").write_all(b"\n").expect("it reads");
    let mut rest = String::new();
    said.read_to_string(&mut rest).expect("text");
    assert!(example.wait().expect("it ends").success(), "{rest}");
    assert!(rest.lines().count() > 1 && rest.lines().all(|iban| iban.starts_with("NO") && iban.len() == 15), "{rest}");
}

/// The authority's file of the only bank with data below this folder.
fn authority(folder: &Path) -> PathBuf {
    let found = std::fs::read_dir(folder).expect("a folder").filter_map(Result::ok);
    found.map(|data| data.path().join("ca.pem")).find(|file| file.is_file()).expect("the data of a bank")
}
