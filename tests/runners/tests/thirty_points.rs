//! docs/thirty-points.md names, for each of its points, programs that exist.

use std::{fs, path::Path};

use bankchannel_tests::faces::root;

const PAGE: &str = "docs/thirty-points.md";

/// The sections of the page: the heading, and its text.
fn sections(page: &str) -> Vec<(&str, &str)> {
    let parts = page.split("\n## ").skip(1);
    parts.map(|part| part.split_once('\n').expect("a heading with a text")).collect()
}

/// The programs of a section: the file from the repository's root, and the names in it.
fn programs(section: &str) -> Vec<(String, Vec<&str>)> {
    let items = section.split("\n- [").skip(1);
    items
        .map(|item| {
            let item = item.split("\n\n").next().unwrap_or(item);
            let (_, rest) = item.split_once("](../").expect("a link from docs");
            let (path, names) = rest.split_once(')').expect("the end of the link");
            (path.to_owned(), names.split('`').skip(1).step_by(2).collect())
        })
        .collect()
}

/// Whether the file has a test of this name.
fn has_test(path: &str, text: &str, name: &str) -> bool {
    text.contains(&match Path::new(path).extension().and_then(|extension| extension.to_str()) {
        Some("py") => format!("def test_{name}("),
        Some("rs") => format!("fn {name}("),
        Some("php") => format!("function {name}("),
        _ => format!("test('{name}',"),
    })
}

#[test]
fn every_point_has_programs_that_exist() {
    let page = fs::read_to_string(root().join(PAGE)).expect("the page");
    let sections = sections(&page);
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| ") && line.contains("](#")).collect();
    assert_eq!((sections.len(), rows.len()), (30, 30));
    let mut wrong = Vec::new();
    for (number, ((heading, section), row)) in sections.iter().zip(rows).enumerate() {
        let point = heading.split_once(' ').map_or("", |(_, point)| point);
        if !heading.starts_with(&format!("{} ", number + 1)) || !row.contains(&format!("[{point}](#")) {
            wrong.push(format!("row {} and heading {heading:?} differ", number + 1));
        }
        let programs = programs(section);
        if programs.is_empty() {
            wrong.push(format!("{heading}: no program"));
        }
        for (path, names) in programs {
            let Ok(text) = fs::read_to_string(root().join(&path)) else {
                wrong.push(format!("{heading}: {path} is no file"));
                continue;
            };
            if names.is_empty() {
                wrong.push(format!("{heading}: no name in {path}"));
            }
            let missing = names.iter().filter(|name| !has_test(&path, &text, name));
            wrong.extend(missing.map(|name| format!("{heading}: {path} has no test {name:?}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_missing_is_noticed() {
    let text = "def test_a_call(self):\nfn reads()\ntest('it reads',";
    assert!(has_test("a.py", text, "a_call") && has_test("a.rs", text, "reads") && has_test("a.js", text, "it reads"));
    assert!(!has_test("a.py", text, "a") && !has_test("a.rs", text, "read") && !has_test("a.js", text, "it"));
    let section =
        "\nText.\n\n- [a.py](../tests/a.py): `one`,\n  `two`\n- [b.js](../b.js): `it reads`\n\nMore `code`.\n";
    assert_eq!(programs(section), [("tests/a.py".into(), vec!["one", "two"]), ("b.js".into(), vec!["it reads"])]);
}
