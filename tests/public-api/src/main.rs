//! Lists the public interface of each Rust crate covered by `docs/stability.md`, one line per item: a change of the
//! interface changes a committed file, which a reviewer sees. Also refuses a type of `bankchannel` that has two paths.
//!
//! - `bankchannel-public-api`: writes `docs/api/*.txt`
//! - `bankchannel-public-api --check`: fails if they differ from the code

#![allow(clippy::print_stdout, clippy::print_stderr)] // It is a program for developers.

mod one_path;

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

/// `bankchannel`, and the crates whose types it re-exports.
const CRATES: [&str; 7] = [
    "bankchannel",
    "bankchannel-foundation",
    "bankchannel-iso20022",
    "bankchannel-sepa-web-services",
    "bankchannel-nextgen-psd2",
    "bankchannel-salt-edge",
    "bankchannel-ws-channel",
];

/// The maximum number of lines that a comparison shows of each crate.
const SHOWN_MAX: usize = 20;

fn main() -> ExitCode {
    let is_check = match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => false,
        [option] if option == "--check" => true,
        _ => {
            eprintln!("usage: bankchannel-public-api [--check]");
            return ExitCode::from(2);
        }
    };
    match run(is_check) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether the committed listings are right, or were just corrected, and each type has one path.
fn run(is_check: bool) -> Result<bool, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut is_right = true;
    let mut docs = BTreeMap::new();
    let folder = rustdoc_json(&root)?;
    for name in CRATES {
        let module = name.replace('-', "_");
        let json = folder.join(format!("{module}.json"));
        docs.insert(module, serde_json::from_str(&fs::read_to_string(&json)?)?);
        let listing = listing(&json)?;
        let file = format!("docs/api/{name}.txt");
        let path = root.join(&file);
        let committed = fs::read_to_string(&path).unwrap_or_default();
        if committed == listing {
            continue;
        }
        if is_check {
            is_right = false;
            println!("{file} is not what the crate offers:");
            show_difference(&committed, &listing);
        } else {
            fs::write(&path, listing)?;
            println!("written: {file}");
        }
    }
    if !is_right {
        println!("If that is meant: run tests/regenerate, and say in CHANGELOG.md what it breaks.");
    }
    for paths in one_path::CrateDocs::new(docs)?.ambiguous_types("bankchannel")? {
        is_right = false;
        println!("one type has several paths, of which one may stay: {}", Vec::from_iter(paths).join(", "));
    }
    Ok(is_right)
}

/// rustdoc's description of the crates: the folder of their JSON. All at once, so that shared crates are compiled once.
fn rustdoc_json(root: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let status = Command::new("cargo")
        .args(["doc", "--release", "--quiet", "--no-deps", "--lib"])
        .args(CRATES.iter().flat_map(|name| ["-p", *name]))
        .env("RUSTDOC", root.join("tests/public-api/rustdoc"))
        .env("RUSTDOCFLAGS", "-Zunstable-options --output-format=json --cap-lints=allow")
        .current_dir(root)
        .status()?;
    if status.success() { Ok(target.join("doc")) } else { Err("cargo doc failed".into()) }
}

/// The public interface of a crate, one line per item.
fn listing(json: &Path) -> Result<String, Box<dyn Error>> {
    let api = public_api::Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build()?;
    let lines: BTreeSet<String> = api.items().map(ToString::to_string).filter(|line| !is_derived(line)).collect();
    Ok(lines.into_iter().map(|line| line + "\n").collect())
}

/// Items that follow from a struct's fields, which are listed: its builder's methods, and its reading, writing and
/// schema.
fn is_derived(line: &str) -> bool {
    const MACHINERY: [&str; 5] =
        ["Builder", "model::builder::Draft", "model::reader::", "model::shape::", "model::writer::"];
    line.starts_with("impl bankchannel_foundation::model::") || MACHINERY.iter().any(|part| line.contains(part))
}

fn show_difference(committed: &str, found: &str) {
    let (old, new): (BTreeSet<&str>, BTreeSet<&str>) = (committed.lines().collect(), found.lines().collect());
    let gone = old.difference(&new).map(|line| format!("- {line}"));
    let added = new.difference(&old).map(|line| format!("+ {line}"));
    let lines: Vec<String> = gone.chain(added).collect();
    for line in lines.iter().take(SHOWN_MAX) {
        println!("{line}");
    }
    if lines.len() > SHOWN_MAX {
        println!("and {} lines more", lines.len() - SHOWN_MAX);
    }
}
