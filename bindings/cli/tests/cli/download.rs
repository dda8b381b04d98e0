//! `files downloadFiles`: K15 and K16.

use std::fs;

use crate::support::{Home, Script};

/// "statement" and "report", base64.
const CONTENTS: [&str; 2] = ["c3RhdGVtZW50", "cmVwb3J0"];

fn listing(files: &[(&str, &str)]) -> (u16, String) {
    let files: Vec<String> = files
        .iter()
        .map(|(file_type, reference)| format!(r#"{{"FileReference":"{reference}","FileTimestamp":"2026-05-20T23:36:21.148+03:00","FileType":"{file_type}","Status":"NEW"}}"#))
        .collect();
    (
        200,
        format!(
            r#"{{"RequestId":"1","ResponseCode":"00","ResponseText":"OK","FileDescriptors":[{}]}}"#,
            files.join(",")
        ),
    )
}

fn content(base64: &str) -> (u16, String) {
    (200, format!(r#"{{"RequestId":"1","ResponseCode":"00","ResponseText":"OK","Content":"{base64}"}}"#))
}

#[test]
fn k15_a_second_run_skips_what_is_there() {
    let files = [("KTL", "11"), ("camt.053.001.02", "22")];
    let script = Script::serve(vec![listing(&files), content(CONTENTS[0]), content(CONTENTS[1]), listing(&files)]);
    let home = Home::with_session("download@example.test", &script);
    fs::create_dir(home.path("inbox")).unwrap();
    let run = || home.run(&["files", "downloadFiles", "-b", "nordea", "--filestatus", "ALL", "--syncdir", "inbox"]);
    let first = run().expect(0).out;
    assert_eq!(
        first,
        "Checking 20260520__KTL_11.dat... downloading... OK\nChecking 20260520__camt.053.001.02_22.dat... downloading... OK\n"
    );
    assert_eq!(fs::read(home.path("inbox/20260520__KTL_11.dat")).unwrap(), b"statement");
    assert_eq!(fs::read(home.path("inbox/20260520__camt.053.001.02_22.dat")).unwrap(), b"report");
    let second = run().expect(0).out;
    assert_eq!(second.matches("already exists, skipping").count(), 2, "{second}");
    assert_eq!(script.requests().len(), 4, "{:?}", script.requests());
}

#[test]
fn k16_a_reference_cannot_lead_out_of_the_folder() {
    let script = Script::serve(vec![
        listing(&[("KTL", "../../x"), ("KTL", "33")]),
        content(CONTENTS[0]),
        content(CONTENTS[0]),
        content(CONTENTS[0]),
    ]);
    let home = Home::with_session("download@example.test", &script);
    fs::create_dir_all(home.path("a/inbox")).unwrap();
    let ran = home.run(&["files", "downloadFiles", "-b", "nordea", "--syncdir", "a/inbox"]);
    let inside: Vec<_> = fs::read_dir(home.path("a/inbox")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(inside.iter().any(|name| name == "20260520__KTL_33.dat"), "{inside:?}");
    assert!(!home.path("x").exists() && !home.path("a/x").exists());
    let around: Vec<_> = fs::read_dir(home.path("a")).unwrap().collect();
    assert_eq!(around.len(), 1);
    // Refused or made harmless; a refusal is reported.
    assert!(ran.code == 1 || inside.len() == 2, "{} {inside:?}", ran.err);
}
