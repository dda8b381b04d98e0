//! `psd2 verify` and `explain`: requests copied from logs and editors, and the report about a request without a trusted
//! authority.

use std::fs;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    psd2::{home_with_vector_a, vector},
    support::{Home, Ran},
};

const AT: [&str; 4] = ["--ca", "authority.pem", "--at", "2026-03-03T10:15:30Z"];

fn explain(home: &Home, dump: &str, more: &[&str]) -> Ran {
    fs::write(home.path("dump.http"), dump).unwrap();
    home.run(&[&["psd2", "explain", "dump.http"][..], more].concat())
}

/// Vector A with one more line in its head.
fn with_line(line: &str) -> String {
    String::from_utf8(vector("a.http")).unwrap().replacen("\r\n", &format!("\r\n{line}\r\n"), 1)
}

#[test]
fn faults_of_a_dump_are_no_verdict_of_a_bank() {
    let home = home_with_vector_a();
    let plain = String::from_utf8(vector("a.http")).unwrap();
    let chunked = with_line("Transfer-Encoding: chunked");
    for (dump, words) in [
        (chunked.as_str(), "give the request without Transfer-Encoding, with its whole body"),
        (&with_line("Content-Length: 100"), "the body is shorter than Content-Length says"),
        (&format!("\n> {plain}"), "remove the prefixes that curl or HTTP/2 logs put before each line"),
        (&format!("* Connected\n{plain}"), "remove the prefixes"),
        (":method: POST\n:path: /\n\n", "remove the prefixes"),
    ] {
        for command in ["explain", "verify"] {
            fs::write(home.path("dump.http"), dump).unwrap();
            let refused = home.run(&[&["psd2", command, "dump.http"][..], &AT].concat()).expect(1);
            assert!(refused.err.contains(words) && !refused.out.contains("V02"), "{} {}", refused.out, refused.err);
        }
    }
    let both = with_line("Content-Length: 94\r\nTransfer-Encoding: chunked");
    assert!(explain(&home, &both, &AT).expect(0).out.starts_with("V03 failed: "));
}

#[test]
fn a_dump_may_begin_with_a_mark_and_lack_its_last_line_end() {
    let home = home_with_vector_a();
    let plain = String::from_utf8(vector("a.http")).unwrap();
    let marked = explain(&home, &format!("\u{feff}{plain}"), &AT).expect(0);
    assert!(marked.out.starts_with("The request is signed as it should be.") && marked.err.is_empty());
    let length = plain.split_once("\r\n\r\n").unwrap().1.len();
    let short = explain(&home, &with_line(&format!("Content-Length: {}", length + 1)), &AT).expect(0);
    assert!(short.err.contains("warning: the body has 1 byte less than Content-Length says"), "{}", short.err);
    assert!(short.out.starts_with("The request is signed as it should be."), "{}", short.out);
    let whole = explain(&home, &with_line(&format!("Content-Length: {length}")), &AT).expect(0);
    assert!(whole.err.is_empty(), "{}", whole.err);
    // A request must be complete to be signed.
    let sign = ["psd2", "signing-string", "dump.http"];
    fs::write(home.path("dump.http"), with_line(&format!("Content-Length: {}", length + 1))).unwrap();
    assert!(home.run(&sign).expect(1).err.contains("shorter than Content-Length"));
}

#[test]
fn without_ca_it_is_said_that_nobody_is_trusted() {
    let home = home_with_vector_a();
    let plain = String::from_utf8(vector("a.http")).unwrap();
    for json in [&[][..], &["--json"]] {
        let explained = explain(&home, &plain, &[&AT[2..], json].concat()).expect(0);
        assert!(explained.out.contains("V17") && explained.err.contains("no --ca given"), "{}", explained.err);
    }
    assert!(explain(&home, &plain, &AT).expect(0).err.is_empty());
}

#[test]
fn a_base_path_begins_with_a_slash() {
    let home = home_with_vector_a();
    let plain = String::from_utf8(vector("a.http")).unwrap();
    let refused = explain(&home, &plain, &[&AT[..], &["--base-path", "api"]].concat()).expect(1);
    assert!(refused.err.contains("--base-path: `api` does not begin with `/`"), "{}", refused.err);
    explain(&home, &plain, &[&AT[..], &["--base-path", "/api"]].concat()).expect(0);
    let call = |request: serde_json::Value| {
        let request = request.to_string();
        home.run(&["call", "nextgen_psd2.explain_request", &request, "--content", "dump.http", "--json"])
    };
    let refused = call(serde_json::json!({"base_path": "api"})).expect(1).json();
    let error = &refused["error"];
    assert_eq!((&error["code"], &error["context"]["field"]), (&"input.invalid_field".into(), &"base_path".into()));
    // The operation reports whether the sender's text was signed.
    let said = vector("a.signing-string");
    for (said, signed) in [(&said[..], true), (&said[1..], false)] {
        let explained =
            call(serde_json::json!({"base_path": "/api", "signing_string": STANDARD.encode(said)})).expect(0);
        assert_eq!(explained.json()["client_text_was_signed"], signed);
    }
}
