//! Failures on demand, from C: `ffi/tests/c/faults.c` with the testing build of the library.

use crate::support::c::{Linked, printed_by, testing_library};

#[test]
fn what_goes_wrong_inside_reaches_c_as_errors() {
    let Some(library) = testing_library() else { return };
    let linked = Linked::to(&library);
    let output = linked.command(linked.compile("ffi/tests/c/faults.c")).output().unwrap();
    assert!(output.status.success(), "{}", printed_by(&output));
    let said = String::from_utf8_lossy(&output.stdout);
    let parts: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("ok ")).collect();
    let expected = [
        "panics",
        "errors",
        "questions",
        "deadlines",
        "cancellation",
        "threads",
        "freed client",
        "log",
        "fork",
        "exit",
    ];
    assert_eq!(parts, expected, "{}", printed_by(&output));
}
