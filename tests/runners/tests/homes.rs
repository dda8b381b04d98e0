//! Where a test stands, as CONTRIBUTING.md says: a crate's tests use the crate and what it depends on; tests of several
//! crates, and tests that follow a page, stand in `tests/runners/tests`. Only the crates below `core/` are looked at.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use bankchannel_tests::faces::root;

/// What a crate's tests use although the crate does not depend on it.
const USED_BY_TESTS: [(&str, &str); 3] = [
    // How a bank decides and what it writes: a library that opens no socket.
    ("core/bankchannel", "core/bank-simulator"),
    ("core/iso20022", "core/bank-simulator"),
    // The bank behind the service, which asks it as it asks any bank.
    ("core/services/ws-channel", "core/sandboxes/sepa-bank"),
];

/// The crates below `core/`.
#[derive(Default)]
struct CoreCrates {
    /// The crates that each crate depends on.
    uses: BTreeMap<String, BTreeSet<String>>,
    /// The crates that only its tests depend on.
    tests_use: BTreeMap<String, BTreeSet<String>>,
    /// The files of its `tests/`, with their text.
    tests: BTreeMap<String, Vec<(String, String)>>,
}

impl CoreCrates {
    fn read() -> Self {
        let manifest = |folder: &str| -> toml::Table {
            let text = fs::read_to_string(root().join(folder).join("Cargo.toml")).expect("a manifest");
            text.parse().expect("TOML")
        };
        let workspace = manifest(".")["workspace"].clone();
        let folders: BTreeMap<&str, &str> = workspace["dependencies"]
            .as_table()
            .expect("a table")
            .iter()
            .filter_map(|(name, told)| Some((name.as_str(), told.get("path")?.as_str()?)))
            .collect();
        let mut found = Self::default();
        for member in workspace["members"].as_array().expect("a list").iter().filter_map(toml::Value::as_str) {
            if !member.starts_with("core/") {
                continue;
            }
            let manifest = manifest(member);
            let of = |table: &str| -> BTreeSet<String> {
                let named = manifest.get(table).and_then(toml::Value::as_table).into_iter().flatten();
                named.filter_map(|(name, _)| folders.get(name.as_str()).map(ToString::to_string)).collect()
            };
            found.uses.insert(member.to_owned(), of("dependencies"));
            found.tests_use.insert(member.to_owned(), of("dev-dependencies"));
            let mut files = Vec::new();
            sources(&root().join(member).join("tests"), &mut files);
            found.tests.insert(member.to_owned(), files);
        }
        found
    }

    /// What a crate depends on, at any depth.
    fn below(&self, of: &str) -> BTreeSet<&str> {
        let (mut below, mut next) = (BTreeSet::new(), vec![of]);
        while let Some(of) = next.pop() {
            let used = self.uses.get(of).into_iter().flatten().map(String::as_str);
            next.extend(used.filter(|used| below.insert(*used)).collect::<Vec<_>>());
        }
        below
    }

    /// The tests that belong into `tests/runners/tests`.
    fn misplaced(&self) -> Vec<String> {
        let is_server = |of: &str| of.starts_with("core/services/") || of.starts_with("core/sandboxes/");
        let mut found = Vec::new();
        for (of, tests) in &self.tests {
            let below = self.below(of);
            if !is_server(of) && below.iter().any(|below| is_server(below)) && !tests.is_empty() {
                found.push(format!("{of}/tests: the crate holds servers of other crates"));
            }
            for used in self.tests_use.get(of).into_iter().flatten() {
                if !below.contains(used.as_str()) && !USED_BY_TESTS.contains(&(of, used)) {
                    found.push(format!("{of}: its tests use {used}, which it does not depend on"));
                }
            }
            let pages = tests.iter().filter(|(_, text)| follows_a_page(text));
            found.extend(pages.map(|(file, _)| format!("{file}: follows a page")));
        }
        found
    }
}

/// The Rust files below a folder, if there is one, with their text.
fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((path.display().to_string(), fs::read_to_string(&path).expect("text")));
        }
    }
}

/// Whether a program names a page in a text of its own; comments may cite one.
fn follows_a_page(text: &str) -> bool {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.split('"').skip(1).step_by(2)).any(|text| {
        text.ends_with(".md") && (text.contains("docs/") || text.contains("README") || text.contains("CONTRIBUTING"))
    })
}

#[test]
fn each_test_stands_where_it_belongs() {
    let found = CoreCrates::read();
    assert!(found.tests.values().flatten().count() > 100, "the tests of the crates are read");
    assert_eq!(found.misplaced(), Vec::<String>::new(), "belongs into tests/runners/tests");
}

/// Each exception is one: the crate's tests use the other crate, and the crate does not depend on it.
#[test]
fn no_exception_is_idle() {
    let found = CoreCrates::read();
    for (of, used) in USED_BY_TESTS {
        assert!(found.tests_use[of].contains(used) && !found.below(of).contains(used), "{of}: {used}");
    }
}

#[test]
fn a_misplaced_test_is_found() {
    let planted = |plant: fn(&mut CoreCrates)| {
        let mut crates = CoreCrates::read();
        plant(&mut crates);
        crates.misplaced()
    };
    let found = planted(|crates| {
        crates.tests.insert("core/counterparts".to_owned(), vec![("planted.rs".to_owned(), "fn f() {}".to_owned())]);
    });
    assert_eq!(found, ["core/counterparts/tests: the crate holds servers of other crates"]);
    let found = planted(|crates| {
        crates.tests_use.insert("core/xml".to_owned(), BTreeSet::from(["core/crypto".to_owned()]));
    });
    assert_eq!(found, ["core/xml: its tests use core/crypto, which it does not depend on"]);
    for (text, follows) in [
        ("let page = read(\"docs/iso20022.md\");", true),
        ("const PAGE: &str = include_str!(\"../../../README.md\");", true),
        ("// As \"docs/iso20022.md\" says.", false),
        ("refused(\"see docs/iso20022.md: the list\")", false),
    ] {
        assert_eq!(follows_a_page(text), follows, "{text}");
    }
}

/// Whether a line of code is for one system alone.
fn is_for_one_system(line: &str) -> bool {
    const MARKS: [&str; 9] = [
        "os::unix",
        "os::windows",
        "os::fd",
        "rustix::",
        "windows_sys::",
        "nix::sys",
        "signal::unix",
        "signal::windows",
        "target_os",
    ];
    let line = line.trim_start();
    let condition = line.contains("cfg(") || line.contains("cfg!(") || line.contains("cfg_attr(");
    !line.starts_with("//")
        && (MARKS.iter().any(|mark| line.contains(mark))
            || condition && ["unix", "windows", "target_vendor", "target_env"].iter().any(|name| line.contains(name)))
}

/// The lines of shipped code outside the modules `platform` that are for one system alone. A file's tests may be.
fn platform_code(sources: &[(String, String)]) -> Vec<String> {
    let shipped = sources.iter().filter(|(file, _)| {
        file.contains("/src/")
            && !["/platform/", "/platform.rs", "/tests/", "tests.rs"].iter().any(|part| file.contains(part))
    });
    let lines = shipped.flat_map(|(file, text)| {
        // A module of tests that stands in the file is its end, with the line or two before it.
        let shipped = text.lines().position(|line| line.starts_with("mod tests {")).map_or(usize::MAX, |at| at - 1);
        let code = text.lines().take(shipped).filter(|line| is_for_one_system(line));
        code.map(move |line| format!("{file}: {}", line.trim()))
    });
    lines.collect()
}

#[test]
fn code_for_one_system_stands_in_the_module_platform_of_its_crate() {
    let mut found = Vec::new();
    for folder in ["core", "bindings", "ffi"] {
        sources(&root().join(folder), &mut found);
    }
    assert!(found.iter().filter(|(file, _)| file.contains("/platform")).count() > 8, "the modules are read");
    assert_eq!(platform_code(&found), Vec::<String>::new());
    let planted = |file: &str, text: &str| platform_code(&[(file.to_owned(), text.to_owned())]).len();
    assert_eq!(planted("core/x/src/a.rs", "#[cfg(unix)]\nuse std::os::unix::fs::FileExt;\n// cfg(unix)"), 2);
    assert_eq!(planted("core/x/src/platform/unix.rs", "use std::os::unix::fs::FileExt;"), 0);
    assert_eq!(planted("core/x/src/a.rs", "#[cfg(test)]\nmod tests {\n    use std::os::unix::fs::FileExt;"), 0);
}
