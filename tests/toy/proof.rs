//! The cost of a new protocol: this one is in everything that a protocol is in, and few lines outside its folder name
//! it.
//!
//! Run by `tests/testing-build`, over the libraries and faces that it has built.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use bankchannel::operation::CatalogueEntry;
use bankchannel_counterparts::{counterpart, openapi};
use bankchannel_tests::{
    api::{self, Went},
    faces::{self, built, root},
    scenario::Suite,
};
use serde_json::Value;

/// A file saved by `tests/testing-build`.
fn testing_build_file(path: &str) -> PathBuf {
    built().with_file_name("testing").join(path)
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.as_ref().display()))
}

fn output(command: &mut Command) -> String {
    let done = command.output().unwrap_or_else(|why| panic!("{command:?}: {why}"));
    let told = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{command:?}: {told}{}", String::from_utf8_lossy(&done.stdout));
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn it_is_in_catalogue_error_table_and_openapi() {
    let entries = bankchannel::protocols::protocol("toy").unwrap().callables().map(|callable| &callable.entry);
    let (greetings, faults): (Vec<&CatalogueEntry>, Vec<&CatalogueEntry>) =
        entries.partition(|entry| entry.declaration.subject == "greetings");
    assert_eq!(faults.len(), 7);
    let operations: Vec<&str> = greetings.iter().map(|entry| entry.short_name()).collect();
    assert_eq!(operations, ["greet", "spell", "greet_whoever"]);
    assert!(operations.iter().all(|short| bankchannel::find(&format!("toy.{short}")).is_some()));
    assert!(bankchannel::error_table().any(|row| row.code == "toy.refused"));
    assert_eq!(counterpart("toy-host").unwrap().protocol, "toy");
    assert_eq!(openapi("toy-host").unwrap()["paths"]["/greetings"]["post"]["x-bankchannel-operation"], "toy.greet");
}

/// Rust, the command line and C: the drivers of the others know only their own package's classes.
#[test]
fn its_scenario_runs_in_the_faces() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let suite = Suite::of(&[root().join("tests/toy/scenario.json")]);
        for name in ["rust", "cli", "c"] {
            let mut face = faces::start(name).await.unwrap();
            for case in &suite.cases {
                let went =
                    api::run(&suite, case, &mut *face).await.unwrap_or_else(|why| panic!("{name}: {}: {why}", case.id));
                assert!(went == Went::Well || case.id == "toy-asks", "{name}: {}: {went:?}", case.id);
            }
        }
    });
}

#[test]
fn the_command_line_serves_and_calls_it() {
    let program = built().join("bankchannel");
    let help = output(Command::new(&program).args(["serve", "--help"]));
    assert!(help.contains("toy-host"), "{help}");
    let catalogue: Value = serde_json::from_str(&output(Command::new(&program).args(["catalogue", "--json"]))).unwrap();
    assert!(catalogue.to_string().contains("toy.greet_whoever"));
    let mut serving =
        Command::new(&program).args(["serve", "toy-host", "--word", "Servus"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(serving.stdout.take().unwrap()), &mut line).unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("settings.json");
    fs::write(&settings, serde_json::json!({"base_url": ready["base_url"], "name": "Kari"}).to_string()).unwrap();
    let called = Command::new(&program).args(["call", "toy.greet", "--json", "--settings"]).arg(&settings).output();
    let by_command = ["toy", "greet", "--name", "Ola", "--json", "--settings"];
    let commanded = Command::new(&program).args(by_command).arg(&settings).output();
    let stopped = Command::new("kill").arg(serving.id().to_string()).status().unwrap();
    assert!(stopped.success() && serving.wait().unwrap().success());
    assert_eq!(ready["kind"], "toy-host");
    for (called, greeting) in [(called.unwrap(), "Servus, Kari!"), (commanded.unwrap(), "Servus, Ola!")] {
        let answer: Value = serde_json::from_slice(&called.stdout).unwrap();
        assert_eq!(answer["greeting"], greeting, "{called:?}");
    }
    let spelled = output(Command::new(&program).args(["toy", "spell", "--text", "ab", "--json"]));
    assert!(spelled.contains(r#"["a","b"]"#), "{spelled}");
}

#[test]
fn every_generated_face_has_it() {
    let faces = testing_build_file("faces");
    assert!(read(faces.join("include/bankchannel_operations.h")).contains("\"toy.greet\""));
    assert!(read(faces.join("docs/reference/toy.md")).contains("toy.greet_whoever"));
    assert!(read(faces.join("docs/reference/errors.md")).contains("toy.refused"));
    let (root, folder) = (root(), tempfile::tempdir().unwrap());
    let at = |path: &str| root.join(path);
    let assemble = "import sys, testing_build; testing_build.package(sys.argv[1])";
    let python = folder.path().join("python");
    fs::create_dir(&python).unwrap();
    output(Command::new("python3").args(["-c", assemble]).arg(&python).env("PYTHONPATH", at("bindings/python/tests")));
    let went = output(
        Command::new("python3").args(["-W", "error"]).arg(at("tests/toy/faces/toy.py")).env("PYTHONPATH", &python),
    );
    assert_eq!(went, "well\n");
    let node = folder.path().join("node");
    fs::create_dir(&node).unwrap();
    let assemble = "require(process.argv[1]).assemble(process.argv[2])";
    output(Command::new("node").args(["-e", assemble]).arg(at("bindings/node/test/helpers/testing.js")).arg(&node));
    assert_eq!(output(Command::new("node").arg(at("tests/toy/faces/toy.mjs")).arg(&node)), "well\n");
    let generated = faces.join("bindings/php/src/Generated");
    let php = Command::new("php")
        .args(["-d", "ffi.enable=1"])
        .arg(at("tests/toy/faces/toy.php"))
        .args([generated, at("bindings/php/src")])
        .env("BANKCHANNEL_LIBRARY", testing_build_file("libbankchannel.so"))
        .output();
    let php = php.unwrap();
    assert_eq!(String::from_utf8_lossy(&php.stdout), "well\n", "{}", String::from_utf8_lossy(&php.stderr));
}

/// The files of this project in git, with their texts.
fn sources() -> Vec<(String, String)> {
    let listed = output(Command::new("git").args(["ls-files"]).current_dir(root()));
    let text = |path: &str| Some((path.to_owned(), fs::read_to_string(root().join(path)).ok()?));
    listed.lines().filter_map(text).collect()
}

/// The lines outside its folder that name the toy: manifests, the lists, and the inclusion of its modules. The
/// languages' tests and benchmarks call its operations that fail on demand.
#[test]
fn few_lines_elsewhere_name_it() {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, text) in sources()
        .into_iter()
        .filter(|(path, _)| !path.starts_with("tests/toy/") && path != "Cargo.lock" && !is_trial(path))
    {
        let lines: Vec<String> = text
            .lines()
            .filter(|line| words(line).any(|word| word == "toy"))
            .map(|line| line.trim().to_owned())
            .collect();
        if !lines.is_empty() {
            found.insert(path, lines);
        }
    }
    for (path, lines) in &found {
        println!("{path}");
        lines.iter().for_each(|line| println!("    {line}"));
    }
    let code: Vec<&str> = found.keys().map(String::as_str).filter(|path| !path.ends_with(".md")).collect();
    assert_eq!(
        code,
        [
            "Cargo.toml",
            "core/bankchannel/Cargo.toml",
            "core/bankchannel/src/lib.rs",
            "core/bankchannel/src/protocols.rs",
            "core/counterparts/Cargo.toml",
            "core/counterparts/src/lib.rs",
            "tests/runners/Cargo.toml",
            "tests/runners/src/peers/mod.rs",
            "tests/testing-build",
        ]
    );
}

/// Whether a file belongs to a language's tests or benchmarks.
fn is_trial(path: &str) -> bool {
    let is_language = path.starts_with("bindings/") || path.starts_with("ffi/");
    is_language && ["/tests/", "/test/", "/benchmarks/"].iter().any(|folder| path.contains(folder))
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|char: char| !char.is_ascii_alphanumeric())
}

/// The names of a protocol in code, and its own folders.
const PROTOCOLS: [(&[&str], &[&str]); 2] = [
    (
        &["ws_channel", "ws-channel", "WsChannel", "ISECURE_"],
        &[
            "core/protocols/ws-channel/",
            "core/bankchannel/src/ws_channel/",
            "core/services/ws-channel/src/",
            "core/storage/src/ws_channel/",
        ],
    ),
    (
        &["nextgen_psd2", "nextgen-psd2", "NextGenPsd2"],
        &[
            "core/protocols/nextgen-psd2/",
            "core/bankchannel/src/nextgen_psd2/",
            "core/sandboxes/nextgen-psd2-bank/src/",
            "bindings/cli/src/psd2/",
        ],
    ),
];
/// Not hand-written product code: tests, examples, generated files, the demo that covers both.
const OTHER: [&str; 7] = ["/tests/", "/test/", "/examples/", "/benchmarks/", "/Generated/", "/cli/src/demo/", "/docs/"];

/// The number of files that name both protocols, and one. It may only decrease.
#[test]
fn few_files_name_the_protocols() {
    let (mut both, mut one) = (Vec::new(), Vec::new());
    for (path, text) in sources() {
        let is_code = [".rs", ".py", ".js", ".php", ".c", ".h"].iter().any(|end| path.ends_with(end));
        let is_other = OTHER.iter().any(|folder| format!("/{path}").contains(folder));
        let is_own = PROTOCOLS.iter().any(|(_, own)| own.iter().any(|folder| path.starts_with(folder)));
        if !is_code || is_other || is_own || text.lines().take(3).any(|line| line.contains("enerated by")) {
            continue;
        }
        let code: Vec<&str> = text
            .lines()
            .take_while(|line| !line.starts_with("#[cfg(test)]"))
            .map(str::trim_start)
            .filter(|line| !["//", "*", "/*", "#!"].iter().any(|mark| line.starts_with(mark)))
            .collect();
        let named =
            PROTOCOLS.iter().filter(|(names, _)| code.iter().any(|line| names.iter().any(|name| line.contains(name))));
        match named.count() {
            0 => {}
            1 => one.push(path),
            _ => both.push(path),
        }
    }
    println!("both: {}\n    {}\none: {}\n    {}", both.len(), both.join("\n    "), one.len(), one.join("\n    "));
    assert!(both.len() <= BOTH && one.len() <= ONE, "{} name both, {} name one", both.len(), one.len());
}

const BOTH: usize = 4;
const ONE: usize = 17;
