//! C programs with the library: compiled and run as by a user.

#![allow(clippy::print_stderr)] // A test that is passed over says so.

use std::{
    ffi::OsStr,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::atomic::{AtomicUsize, Ordering},
};

use super::{built, root, run};

/// Compilers must not warn with these options.
pub const STRICT: [&str; 4] = ["-Wall", "-Wextra", "-pedantic", "-Werror"];

/// Whether a program that a test needs is installed. If not, the test prints this and is skipped; if the tools are
/// required, as by `tests/run`, it fails.
pub fn tool(name: &str) -> bool {
    let found = Command::new(name).arg("--version").output().is_ok();
    if !found {
        assert!(std::env::var_os("BANKCHANNEL_TESTS_REQUIRE_TOOLS").is_none(), "{name} is not installed");
        eprintln!("passed over: {name} is not installed");
    }
    found
}

/// The library with the operations that fail on demand, made by `tests/testing-build`; `None` without it, unless the
/// tools are required.
pub fn testing_library() -> Option<PathBuf> {
    let library = built("libbankchannel_c.so");
    let release = library.ancestors().find(|folder| folder.ends_with("release")).expect("cargo's folder");
    let library = release.with_file_name("testing").join("libbankchannel.so");
    if !library.is_file() {
        assert!(std::env::var_os("BANKCHANNEL_TESTS_REQUIRE_TOOLS").is_none(), "run tests/testing-build first");
        eprintln!("passed over: tests/testing-build was not run");
        return None;
    }
    Some(library)
}

/// A folder that contains a library under the names for linking and running.
pub struct Linked {
    folder: tempfile::TempDir,
    programs: AtomicUsize,
}

impl Linked {
    /// With the library that was built together with this test.
    pub fn new() -> Self {
        Self::to(&built("libbankchannel_c.so"))
    }

    /// With another one.
    pub fn to(library: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["libbankchannel.so", "libbankchannel.so.1"] {
            symlink(library, folder.path().join(name)).unwrap();
        }
        Self { folder, programs: AtomicUsize::new(0) }
    }

    /// Compiles a program of the C ABI's sources, such as `ffi/examples/demo.c`.
    pub fn compile(&self, source: &str) -> PathBuf {
        self.compile_with(source, &root().join("include"))
    }

    /// The same with other headers.
    pub fn compile_with(&self, source: &str, headers: &Path) -> PathBuf {
        let number = self.programs.fetch_add(1, Ordering::Relaxed);
        let program = self.folder.path().join(format!("program{number}"));
        let mut command = Command::new("cc");
        command.arg("-std=c99").args(STRICT).args(["-g", "-O1", "-I"]).arg(headers);
        command.arg("-I").arg(root().join("ffi/examples")).arg(root().join(source)).arg("-L").arg(self.folder.path());
        run(command.args(["-lbankchannel", "-lpthread", "-o"]).arg(&program));
        program
    }

    /// A program that finds the library.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env("LD_LIBRARY_PATH", self.folder.path());
        command
    }
}

/// A program's output, for messages.
pub fn printed_by(output: &Output) -> String {
    format!("{}\n{}{}", output.status, String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
