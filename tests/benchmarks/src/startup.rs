//! How fast programs start.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::table::{Bound, Table, ms, paired};

/// The built command.
pub(crate) fn bankchannel() -> PathBuf {
    let here = std::env::current_exe().expect("this program has a path");
    here.with_file_name("bankchannel")
}

pub(crate) fn measure(table: &mut Table) {
    let (ratio, ours, theirs) =
        paired(21, || run(&bankchannel(), &["--version"]), || run(Path::new("gpg"), &["--version"]));
    table.ratio(
        "bankchannel --version",
        &ms(ours),
        &format!("gpg --version {}", ms(theirs)),
        ratio,
        Bound::AtMost(2.0),
    );

    let folder = tempfile::tempdir().expect("a folder");
    serve_until_ready(folder.path());
    let (ratio, ours, theirs) =
        paired(21, || serve_until_ready(folder.path()), || run(Path::new("node"), &["-e", "0"]));
    table.ratio(
        "serve on an existing data folder, to readiness",
        &ms(ours),
        &format!("node -e 0 {}", ms(theirs)),
        ratio,
        Bound::AtMost(1.0),
    );
}

fn run(program: &Path, arguments: &[&str]) {
    let status = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.is_ok_and(|status| status.success()), "{} runs", program.display());
}

/// Starts the service, waits for its readiness line, and kills it: a kill loses nothing, and stopping is not measured.
fn serve_until_ready(data: &Path) {
    let mut child = Command::new(bankchannel())
        .args(["serve", "ws-channel", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the service starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
    assert!(line.contains("base_url"), "readiness, not {line:?}");
    child.kill().expect("it is there");
    child.wait().expect("it ends");
}
