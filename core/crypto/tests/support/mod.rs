//! The `openssl` command in its own folder.
#![allow(dead_code, unreachable_pub)]

use std::path::PathBuf;
use std::process::{Command, Output};

/// A folder for the files of one test, in which openssl runs.
pub struct Openssl {
    folder: tempfile::TempDir,
}

impl Openssl {
    /// `None`, with the reason printed, if there is no `openssl` command.
    pub fn new() -> Option<Self> {
        if Command::new("openssl").arg("version").output().is_err() {
            let required = std::env::var_os("BANKCHANNEL_TESTS_REQUIRE_TOOLS").is_some();
            assert!(!required, "there is no openssl command on this machine");
            #[allow(clippy::print_stderr)]
            {
                eprintln!("skipped: there is no openssl command on this machine");
            }
            return None;
        }
        Some(Self { folder: tempfile::tempdir().unwrap() })
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub fn run(&self, arguments: &str) -> Output {
        let output = Command::new("openssl")
            .args(arguments.split_whitespace())
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "openssl {arguments}: {log}{}", String::from_utf8_lossy(&output.stdout));
        output
    }

    pub fn text(&self, arguments: &str) -> String {
        String::from_utf8(self.run(arguments).stdout).unwrap().trim_end().to_owned()
    }
}
