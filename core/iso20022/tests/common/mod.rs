//! Shared by several test files: xmllint as a second validator, and edits of the example.
#![allow(dead_code, clippy::unwrap_used, clippy::print_stderr)]

use std::io::Write;
use std::process::{Command, Stdio};

use bankchannel_iso20022::{EXAMPLE_PAIN001, schema::MessageType};

/// The verdict of xmllint, or `None` (with the reason printed) where it is not installed.
pub(crate) fn xmllint(message: MessageType, bytes: &[u8]) -> Option<bool> {
    let schema = format!("{}/schemas/{message}.xsd", env!("CARGO_MANIFEST_DIR"));
    let child = Command::new("xmllint")
        .args(["--noout", "--nonet", "--schema", &schema, "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => {
            assert!(
                std::env::var_os("BANKCHANNEL_TESTS_REQUIRE_TOOLS").is_none(),
                "xmllint cannot be started: {error}"
            );
            eprintln!("skipped: xmllint cannot be started ({error}); install libxml2-utils");
            return None;
        }
    };
    // A verdict can come before all input was read: the pipe is closed then, which is not a failure.
    let _ = child.stdin.take().unwrap().write_all(bytes);
    let code = child.wait().unwrap().code().unwrap();
    assert!(code <= 4, "xmllint could not do its work: exit code {code}");
    Some(code == 0)
}

/// The example with one edit, which must change something.
pub(crate) fn edited(from: &str, to: &str) -> String {
    let changed = EXAMPLE_PAIN001.replacen(from, to, 1);
    assert_ne!(changed, EXAMPLE_PAIN001, "{from} is not in the example");
    changed
}
