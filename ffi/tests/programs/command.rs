//! The command line in a C program: `ffi/tests/c/command.c`. What it does is compared with the program's in
//! `tests/runners/tests/commands`.

use crate::support::c::{Linked, printed_by};

#[test]
fn a_program_runs_the_command_once() {
    let linked = Linked::new();
    let program = linked.compile("ffi/tests/c/command.c");
    let output = linked.command(&program).arg("--version").env("TWICE", "1").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}", printed_by(&output));
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("bankchannel {}\n", env!("CARGO_PKG_VERSION")));
    assert!(said.contains("it runs once in a process"), "{said}");
    let refused = linked.command(&program).args(["iso20022", "chekc"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(1), "{}", printed_by(&refused));
}
