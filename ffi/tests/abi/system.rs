//! The system requirements of the built library: other libraries, the glibc version, and its soname.

use std::{fs, process::Command};

use crate::support::{library, root, run};

/// The dynamic section's entries of a kind.
fn dynamic(kind: &str) -> Vec<String> {
    let told = run(Command::new("readelf").arg("-dW").arg(library()));
    let lines = told.lines().filter(|line| line.contains(kind));
    lines.map(|line| line.rsplit_once('[').unwrap().1.trim_end_matches(']').to_owned()).collect()
}

#[test]
fn it_needs_nothing_but_the_c_runtime() {
    let needed = dynamic("(NEEDED)");
    assert!(!needed.is_empty());
    for name in needed {
        let known = ["libc.so.", "libm.so.", "libgcc_s.so.", "ld-linux"].iter().any(|known| name.starts_with(known));
        assert!(known, "the library needs {name}, which is no part of the C runtime");
    }
}

#[test]
fn its_name_carries_the_major_number_of_the_abi() {
    assert_eq!(dynamic("(SONAME)"), ["libbankchannel.so.1"]);
    // Threads run on when PHP closes the library: it must stay loaded.
    assert!(run(Command::new("readelf").arg("-dW").arg(library())).contains("NODELETE"));
}

/// The documentation states the minimum of what is built here in each place once, before that of a release; the library requires
/// no more.
#[test]
#[cfg(target_env = "gnu")]
fn the_glibc_that_it_asks_for_is_the_stated_one_or_older() {
    let stated = ["docs/c-abi.md", "README.md"].map(|page| {
        let text = fs::read_to_string(root().join(page)).unwrap();
        let stated = text.split("glibc ").skip(1).filter_map(|rest| rest.split_once(" or later"));
        let is_version = |text: &str| text.chars().all(|letter| letter.is_ascii_digit() || letter == '.');
        version(stated.map(|(version, _)| version).find(|text| is_version(text)).expect(page))
    });
    assert_eq!(stated[0], stated[1], "docs/c-abi.md and README.md state different floors");
    let told = run(Command::new("readelf").args(["--version-info", "--wide"]).arg(library()));
    let asked = told
        .split("GLIBC_")
        .skip(1)
        .map(|text| version(text.split(|letter: char| !letter.is_ascii_digit() && letter != '.').next().unwrap()));
    let highest = asked.max().expect("it asks for some");
    assert!(
        highest <= stated[0],
        "the library asks for glibc {highest:?}, the pages promise {:?}: what is new must go, or the pages change",
        stated[0]
    );
}

fn version(text: &str) -> Vec<u32> {
    text.split('.').map(|part| part.parse().unwrap_or_else(|_| panic!("`{text}` is no version"))).collect()
}
