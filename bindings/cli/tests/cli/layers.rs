//! The layers of the program's modules: none uses one of its own layer or of a layer above.

use std::{collections::BTreeSet, fs, path::Path};

/// From the lowest layer to the highest one.
const LAYERS: [&[&str]; 10] = [
    &["platform"],
    &["exit", "usage_text", "child_programs"],
    &["output"],
    &["settings"],
    &["options"],
    &["operations"],
    &[
        "pgp",
        "iso20022",
        "psd2",
        "salt_edge",
        "sepa",
        "serve",
        "demo",
        "banks",
        "check",
        "catalogue",
        "completion",
        "control",
        "man",
    ],
    &["app"],
    &["lib"],
    &["main"],
];

#[test]
fn no_module_uses_one_of_a_layer_above() {
    let files = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "");
    let modules: BTreeSet<&str> = files.iter().map(|(file, _)| module(file)).collect();
    assert_eq!(modules, LAYERS.iter().copied().flatten().copied().collect(), "a new module belongs into a layer");
    assert_eq!(faults(&files), Vec::<String>::new());
}

#[test]
fn a_use_of_a_layer_above_is_found_in_each_form() {
    let planted = |file: &str, text: &str| faults(&[(file.to_owned(), text.to_owned())]).len();
    for upwards in [
        "use crate::app;",
        "use crate::{\n    exit::{self, CommandOutcome}, operations::{Spec, specs},\n};",
        "fn f() { crate::operations::kill(); }",
        "use super::super::settings;",
        "use crate::CommandFailure;",
    ] {
        assert_eq!(planted("output/write.rs", upwards), 1, "{upwards}");
    }
    for downwards in [
        "use crate::{exit::{app, operations}, output::Format};",
        "use super::{settings, app};",
        "// As crate::app does.",
        "use super::super::*;",
    ] {
        assert_eq!(planted("output/write.rs", downwards), 0, "{downwards}");
    }
    assert_eq!(planted("psd2/sign.rs", "use crate::sepa;"), 1, "siblings");
}

/// The files below a folder with their text.
fn sources(folder: &Path, under: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{under}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            found.extend(sources(&path, &format!("{name}/")));
        } else {
            found.push((name, fs::read_to_string(path).unwrap()));
        }
    }
    found
}

/// The module of the crate's root that a file belongs to.
fn module(file: &str) -> &str {
    file.split(['/', '.']).next().unwrap()
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

fn faults(files: &[(String, String)]) -> Vec<String> {
    let mut faults = Vec::new();
    for (file, text) in files {
        let own = module(file);
        let is_above = |used: &str| used != own && layer(used).is_none_or(|used| Some(used) >= layer(own));
        faults.extend(used(file, text).iter().filter(|used| is_above(used)).map(|used| format!("{file} uses {used}")));
    }
    faults
}

/// The names in the crate's root that a file uses: after `crate::`, or after `super::` as often as leads there.
fn used(file: &str, text: &str) -> BTreeSet<String> {
    let code: String = text.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join("\n");
    let depth = file.trim_end_matches("/mod.rs").split('/').count();
    let ways = ["crate::".to_owned(), "super::".repeat(depth)];
    let mut found = BTreeSet::new();
    for (number, way) in ways.iter().enumerate() {
        for after in code.split(way.as_str()).skip(1) {
            let names = if after.starts_with('{') { of_braces(after) } else { vec![name(after)] };
            // `super` may stand in a module inside of the file: there only names of modules count.
            found.extend(names.into_iter().filter(|name| !name.is_empty() && (number == 0 || layer(name).is_some())));
        }
    }
    found
}

/// The first name of each path in braces, not of those inside of inner ones.
fn of_braces(text: &str) -> Vec<String> {
    let (mut depth, mut names) = (0, Vec::new());
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        match (depth, letter) {
            (0, _) => break,
            (1, '{' | ',') => names.push(name(text[at + 1..].trim_start())),
            _ => {}
        }
    }
    names
}

fn name(text: &str) -> String {
    text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}
