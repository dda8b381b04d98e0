//! The PHP package over the library that was built together with this test: its own tests, and a web server with
//! PHP's default of `ffi.enable=preload`. Needs `php` with FFI, opcache and pcntl, as Debian's `php-cli` has them.

#![allow(clippy::unwrap_used)]

mod support;

use std::process::Command;

use support::{library, root, run};

#[test]
fn the_packages_own_tests_pass() {
    let mut command = Command::new("php");
    command.arg(root().join("bindings/php/tests/run.php")).env("BANKCHANNEL_LIBRARY", library());
    let told = command.output().unwrap_or_else(|why| panic!("php does not start, which tests/run installs: {why}"));
    let text = String::from_utf8_lossy(&told.stdout);
    assert!(
        told.status.success() && text.contains(" passed, 0 failed"),
        "{text}{}",
        String::from_utf8_lossy(&told.stderr)
    );
}

#[test]
fn preloaded_in_a_web_server_it_works() {
    let told = run(Command::new(root().join("bindings/php/tests/preload.sh")).arg(library().parent().unwrap()));
    assert_eq!(told.lines().filter(|line| line.starts_with("ok ")).count(), 3, "{told}");
}
