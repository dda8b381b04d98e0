//! Memory: valgrind over a real flow, and growth. The long runs are `tests/long/valgrind` and `tests/long/growth-c`.

use std::process::Command;

use super::examples::Account;
use crate::support::{
    c::{Linked, printed_by, tool},
    root,
};

/// Valgrind's options: those of a user, with the suppressions of the package.
const VALGRIND: [&str; 6] = [
    "--quiet",
    "--error-exitcode=99",
    "--leak-check=full",
    "--num-callers=30",
    concat!("--suppressions=", env!("CARGO_MANIFEST_DIR"), "/packaging/valgrind.supp"),
    "--",
];

/// A payment goes up and the bank's answer comes down, with questions for codes in between; the service is not checked.
#[test]
fn valgrind_finds_nothing_in_an_upload() {
    if !tool("valgrind") {
        return;
    }
    let (linked, account) = (Linked::new(), Account::new(false));
    let program = linked.compile("ffi/examples/upload.c");
    let mut command = linked.command("valgrind");
    command.args(VALGRIND).arg(&program);
    let payment = root().join("core/iso20022/examples/pain.001.001.09.xml");
    let output = account.upload(command, &payment, "123456\n123456\n123456\n");
    assert_eq!(output.status.code(), Some(0), "{}", printed_by(&output));
    assert!(account.path("answers").read_dir().unwrap().count() > 0);
}

/// The whole interface used wrongly, under valgrind: memory is most easily lost on errors.
#[test]
fn valgrind_finds_nothing_in_misuse() {
    if !tool("valgrind") {
        return;
    }
    let linked = Linked::new();
    let program = linked.compile("ffi/tests/c/misuse.c");
    let output = linked.command("valgrind").args(VALGRIND).arg(&program).output().unwrap();
    assert!(output.status.success(), "{}", printed_by(&output));
}

#[test]
fn the_suppressions_leave_what_a_program_forgets() {
    if !tool("valgrind") {
        return;
    }
    let linked = Linked::new();
    let program = linked.compile("ffi/tests/c/forgets.c");
    let output = linked.command("valgrind").args(VALGRIND).arg(&program).output().unwrap();
    let said = printed_by(&output);
    assert!(output.status.code() == Some(99) && said.contains("are definitely lost"), "{said}");
    assert!(!said.contains("possibly lost"), "{said}");
}

#[test]
#[cfg(target_os = "linux")]
fn memory_does_not_grow_with_the_calls() {
    let linked = Linked::new();
    let program = linked.compile("ffi/tests/c/growth.c");
    let said = linked.command(&program).arg("50000").output().unwrap();
    assert!(said.status.success(), "{}", printed_by(&said));
    let text = String::from_utf8_lossy(&said.stdout);
    let growth = text.rsplit_once("growth ").and_then(|(_, rest)| rest.split(' ').next()?.parse::<i64>().ok());
    assert!(growth.expect("a figure") <= 1024, "{text}");
    let usage = Command::new(&program).env("LD_LIBRARY_PATH", program.parent().unwrap()).output().unwrap();
    assert_eq!(usage.status.code(), Some(2));
}
