//! The start-up time of programs.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use crate::{
    served::{program, serve},
    table::{Bound, Table, ms, paired},
};

pub(crate) fn measure(table: &mut Table) {
    let (ratio, ours, theirs) =
        paired(21, || run(&program(), &["--version"]), || run(Path::new("gpg"), &["--version"]));
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

/// Starts the service, waits for its readiness line, and kills it: nothing is lost, and stopping is not measured.
fn serve_until_ready(data: &Path) {
    let (mut child, ready) = serve(data, &[]);
    assert!(ready["base_url"].is_string(), "readiness, not {ready}");
    child.kill().expect("it is there");
    child.wait().expect("it ends");
}
