//! The memory that large files add. Each measurement runs in a separate process and uses the kernel's figures.

use std::{fs::File, path::Path, process::Command, time::SystemTime};

use bankchannel_openpgp as openpgp;

use crate::{
    prepare::key,
    table::{Bound, Table},
};

/// The limit for a large file: 32 MiB, in KiB.
const ALLOWED_KIB: f64 = 32.0 * 1024.0;

pub(crate) fn measure(table: &mut Table) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("large");
    File::create(&path).and_then(|file| file.set_len(1 << 30)).expect("a file of 1 GiB");
    let added = in_child(&["sign", &path.to_string_lossy()]);
    row(table, "memory added by signing 1 GiB", added);
    for (name, added) in crate::large_files::large_files() {
        row(table, &name, added);
    }
}

fn row(table: &mut Table, name: &str, added_kib: u64) {
    let ours = format!("{:.1} MiB", added_kib as f64 / 1024.0);
    table.ratio(name, &ours, "32 MiB", added_kib as f64 / ALLOWED_KIB, Bound::AtMost(1.0));
}

/// The KiB that a child's work adds.
pub(crate) fn in_child(arguments: &[&str]) -> u64 {
    run_child(arguments).trim().parse().expect("a number")
}

/// The output of a child.
pub(crate) fn run_child(arguments: &[&str]) -> String {
    let this = std::env::current_exe().expect("this program has a path");
    let output = Command::new(this).arg("child").args(arguments).output().expect("a child");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The work of a child: prints by how many KiB its peak rose, or for the languages' comparison the measurement of their
/// scripts.
pub(crate) fn child(arguments: &[String]) {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let ["outbox", store, key, hub] = arguments[..] {
        return crate::outbox::child(store, key, hub);
    }
    if arguments[0].starts_with("sepa-") {
        return println!("{}", crate::sepa_bank::child(&arguments));
    }
    let added = match arguments[..] {
        ["sign", path] => sign(Path::new(path)),
        ["calls" | "upload-signed", ..] => crate::languages::child(&arguments),
        _ => {
            // A small call first, so that memory needed by every call is not counted.
            crate::large_files::client_call(&["list", arguments[1], arguments[2], arguments[3]]);
            let before = status("self", "VmHWM");
            crate::large_files::client_call(&arguments);
            status("self", "VmHWM") - before
        }
    };
    println!("{added}");
}

fn sign(path: &Path) -> u64 {
    let key = key(openpgp::GeneratedAlgorithm::Ed25519);
    let now = SystemTime::now();
    let signer = key.signer(now).expect("an unlocked key");
    let before = status("self", "VmHWM");
    let file = File::open(path).expect("the file");
    openpgp::sign_detached(&[&signer], file, openpgp::HashAlgorithm::Sha256, now).expect("signs");
    status("self", "VmHWM") - before
}

/// A line of `/proc/PID/status`, in KiB.
pub(crate) fn status(process: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).expect("the kernel tells");
    let line = text.lines().find(|line| line.starts_with(name)).expect("the line is there");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number of KiB")
}
