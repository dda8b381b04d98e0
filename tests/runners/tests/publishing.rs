//! How versions are published: the workflows run scripts that are there, with options that these have; names and version are
//! the same wherever they stand, docs/publishing.md included.

use std::{collections::BTreeSet, fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

use bankchannel_tests::faces::root;
use serde_json::Value;

const PAGE: &str = "docs/publishing.md";
const WORKFLOWS: &str = ".github/workflows";

fn text(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

/// The workflows, each with its name.
fn workflows() -> Vec<(String, Value)> {
    let mut files: Vec<_> =
        fs::read_dir(root().join(WORKFLOWS)).expect("a folder").map(|file| file.expect("one").path()).collect();
    files.sort();
    files.iter().map(|file| (file.display().to_string(), serde_saphyr::from_str(&text(file)).expect("YAML"))).collect()
}

/// What is wrong with a workflow.
fn faults(workflow: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if workflow.to_string().contains("secrets.") {
        found.push("it reads a secret".to_owned());
    }
    let may_write = |permissions: &Value| {
        let granted =
            permissions.as_object().map(|granted| granted.iter().filter(|(_, level)| *level == "write").count());
        granted.is_none_or(|granted| granted > 0)
    };
    if may_write(&workflow["permissions"]) {
        found.push("its jobs may write unless they say otherwise".to_owned());
    }
    let jobs = workflow["jobs"].as_object().expect("jobs");
    for (job, told) in jobs {
        let needed = told["needs"].as_array().cloned().unwrap_or_else(|| vec![told["needs"].clone()]);
        let absent = needed.iter().filter_map(Value::as_str).filter(|needed| !jobs.contains_key(*needed));
        found.extend(absent.map(|needed| format!("{job}: there is no job {needed}")));
        for step in told["steps"].as_array().expect("steps") {
            match (&step["uses"], &step["run"]) {
                (Value::String(action), Value::Null) => {
                    found.extend(action_fault(action).map(|fault| format!("{job}: {fault}")))
                }
                (Value::Null, Value::String(run)) => {
                    found.extend(command_fault(run).map(|fault| format!("{job}: {fault}")))
                }
                _ => found.push(format!("{job}: a step neither runs nor uses anything: {step}")),
            }
        }
    }
    found
}

/// An action is named by its commit: a tag may be moved by others.
fn action_fault(action: &str) -> Option<String> {
    let (_, commit) = action.split_once('@')?;
    let is_commit = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    (!is_commit).then(|| format!("{action} is not named by its commit"))
}

/// A step runs one script of ours, with subcommands and options that the script's text has.
fn command_fault(run: &str) -> Option<String> {
    let mut words = run.split_whitespace();
    let script = words.next()?;
    if run.trim().contains(['\n', ';', '|', '&']) {
        return Some(format!("`{run}` is more than one command"));
    }
    let path = root().join(script);
    if !path.is_file() {
        return Some(format!("there is no {script}"));
    }
    let known = text(&path);
    // What is in quotes, in the matrix, or a folder is a value.
    let mut asked: Vec<&str> = words.clone().filter(|word| word.starts_with("--")).collect();
    if known.contains(&format!("{script} check TAG")) {
        asked.extend(words.next());
    }
    let takes = |word: &str| known.contains(&format!("{word} ")) || known.contains(&format!("{word})"));
    asked.into_iter().find(|word| !takes(word)).map(|word| format!("{script} has no {word}"))
}

#[test]
fn workflows_run_what_is_there() {
    let workflows = workflows();
    assert_eq!(workflows.len(), 2);
    for (file, workflow) in &workflows {
        assert_eq!(faults(workflow), Vec::<String>::new(), "{file}");
    }
    let runs = workflows.iter().map(|(_, workflow)| workflow.to_string().matches("\"run\":\"").count()).sum::<usize>();
    assert!(runs > 8, "the steps are read: {runs}");
}

#[test]
fn a_wrong_workflow_is_found() {
    let step = |step: Value| {
        faults(
            &serde_json::json!({"permissions": {"contents": "read"}, "jobs": {"planted": {"needs": "planted", "steps": [step]}}}),
        )
    };
    let run = |run: &str| step(serde_json::json!({"run": run}));
    assert_eq!(run(".ci/run"), Vec::<String>::new());
    assert_eq!(run("packaging/publish npm packages"), Vec::<String>::new());
    assert_eq!(run("packaging/nothing"), ["planted: there is no packaging/nothing"]);
    assert_eq!(run("packaging/publish maven packages"), ["planted: packaging/publish has no maven"]);
    assert_eq!(run("packaging/release --quickly"), ["planted: packaging/release has no --quickly"]);
    assert_eq!(run(".ci/run && curl x").len(), 1);
    assert_eq!(
        step(serde_json::json!({"uses": "actions/checkout@v7"})),
        ["planted: actions/checkout@v7 is not named by its commit"]
    );
    assert_eq!(step(serde_json::json!({"run": ".ci/run", "env": {"T": "${{ secrets.T }}"}})), ["it reads a secret"]);
    let open = serde_json::json!({"jobs": {"a": {"needs": ["b"], "steps": []}}});
    assert_eq!(faults(&open), ["its jobs may write unless they say otherwise", "a: there is no job b"]);
}

/// The lines of the page's blocks of names.
fn listed() -> Vec<Vec<String>> {
    let page = text(PAGE);
    let blocks = page.split("```text\n").skip(1).filter_map(|rest| rest.split_once("```"));
    blocks.map(|(block, _)| block.lines().map(str::to_owned).collect()).collect()
}

#[test]
fn the_page_lists_the_names_that_are_published() {
    let node: Value = serde_json::from_str(&text("bindings/node/package.json")).expect("JSON");
    let platforms: Vec<&String> = node["optionalDependencies"].as_object().expect("an object").keys().collect();
    let said = Command::new(root().join("packaging/sources")).arg("names").output().expect("Python");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let crates = String::from_utf8(said.stdout).expect("text");
    let [of_npm, of_crates] = &listed()[..] else { panic!("{PAGE} has two lists") };
    assert_eq!(of_npm.iter().collect::<Vec<_>>(), platforms);
    assert_eq!(of_crates.join("\n"), crates.trim());
}

#[test]
fn the_version_is_one_number() {
    let node: Value = serde_json::from_str(&text("bindings/node/package.json")).expect("JSON");
    let manifest: toml::Table = text("Cargo.toml").parse().expect("TOML");
    let version = manifest["workspace"]["package"]["version"].as_str().expect("text").to_owned();
    let mut found = BTreeSet::from([node["version"].as_str().expect("text").to_owned()]);
    found.extend(
        node["optionalDependencies"]
            .as_object()
            .expect("an object")
            .values()
            .map(|it| it.as_str().expect("text").to_owned()),
    );
    found.insert(
        text("bindings/python/bankchannel/_version.py")
            .split('"')
            .rfind(|part| part.contains('.'))
            .expect("one")
            .to_owned(),
    );
    assert_eq!(found, BTreeSet::from([version]));
}

/// Each target of packages has its platform in the package for npm.
#[test]
fn the_workflow_makes_the_packages_of_every_target() {
    let common = text("packaging/common.sh");
    let targets = common.split_once("all_targets='").and_then(|(_, rest)| rest.split_once('\'')).expect("the list").0;
    let made = text(format!("{WORKFLOWS}/release.yml"));
    let of_the_workflow: BTreeSet<&str> =
        made.lines().filter_map(|line| line.trim().strip_prefix("targets: ")).flat_map(str::split_whitespace).collect();
    assert_eq!(of_the_workflow, targets.split_whitespace().collect());
}

/// A folder in the place of the registries: programs that note what they were told to publish, and have one thing already.
struct Registries {
    folder: tempfile::TempDir,
}

impl Registries {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let noted = folder.path().join("noted");
        fs::create_dir_all(folder.path().join("bin")).expect("a folder");
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
        let npm = format!(
            "case $1 in view) case $2 in @bankchannel/linux-arm64-gnu@*) echo \"${{2##*@}}\" ;; esac ;; \
             publish) echo \"$(basename \"$2\")\" >>'{0}' ;; esac",
            noted.display()
        );
        let cargo = format!(
            "case $1 in info) case $* in *bankchannel-xml@*) ;; *) exit 101 ;; esac ;; \
             publish) echo \"$@\" >>'{0}' ;; *) exec '{cargo}' \"$@\" ;; esac",
            noted.display()
        );
        for (name, program) in [("npm", npm), ("cargo", cargo)] {
            let file = folder.path().join("bin").join(name);
            fs::write(&file, format!("#!/bin/sh\n{program}\n")).expect("a file");
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("its mode");
        }
        Self { folder }
    }

    /// Runs `packaging/publish`; returns whether it ended well, and what was published.
    fn publish(&self, arguments: &[&str]) -> (bool, String) {
        let path = std::env::var("PATH").expect("a path");
        let mut command = Command::new(root().join("packaging/publish"));
        command.args(arguments).env("PATH", format!("{}:{path}", self.folder.path().join("bin").display()));
        let ended = command.output().expect("bash").status.success();
        (ended, fs::read_to_string(self.folder.path().join("noted")).unwrap_or_default())
    }
}

#[test]
fn the_main_package_of_npm_comes_last_and_what_is_there_is_left_out() {
    let (registries, packages) = (Registries::new(), tempfile::tempdir().expect("a folder"));
    let version = env!("CARGO_PKG_VERSION");
    let folder = packages.path().to_str().expect("text");
    let add = |name: &str| fs::write(packages.path().join(format!("{name}-{version}.tgz")), "").expect("a file");
    let [platforms, _] = &listed()[..] else { panic!("two lists") };
    let files: Vec<String> = platforms.iter().map(|name| name.replace('@', "").replace('/', "-")).collect();
    add("bankchannel");
    files[1..].iter().for_each(|file| add(file));
    assert_eq!(registries.publish(&["npm", folder]), (false, String::new()), "a platform's package is missing");
    add(&files[0]);
    let (ended, noted) = registries.publish(&["npm", folder]);
    let new = files.iter().map(String::as_str).filter(|file| *file != "bankchannel-linux-arm64-gnu");
    let expected: String = new.chain(["bankchannel"]).map(|file| format!("{file}-{version}.tgz\n")).collect();
    assert_eq!((ended, noted), (true, expected));
}

#[test]
fn crates_that_are_there_are_left_out() {
    let (ended, noted) = Registries::new().publish(&["crates"]);
    assert!(ended, "{noted}");
    assert_eq!(noted.matches("--exclude").count(), 1, "{noted}");
    assert!(noted.contains("--exclude bankchannel-xml\n") || noted.contains("--exclude bankchannel-xml "), "{noted}");
}

#[test]
fn a_tag_of_another_version_is_refused() {
    let (ended, _) = Registries::new().publish(&["check", "v99.0.0"]);
    assert!(!ended);
}
