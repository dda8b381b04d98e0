//! Links between the pages lead to existing files and headings, the files that pages name are there, and every page of the
//! site's list is a file.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Component, Path, PathBuf},
};

use bankchannel_tests::faces::root;

/// The site's list of pages; its links are from the repository's root.
const SUMMARY: &str = "docs/site/SUMMARY.md";

/// The pages of the repository, from its root, without built or installed files.
fn pages() -> Vec<PathBuf> {
    let (mut pages, mut folders) = (Vec::new(), vec![PathBuf::new()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).expect("a folder").map(|entry| entry.expect("an entry")) {
            let name = entry.file_name();
            let is_ours = !["target", "node_modules", "vendor"].iter().any(|other| name == *other);
            let path = folder.join(&name);
            match entry.file_type().expect("its kind") {
                kind if kind.is_dir() && is_ours && !name.to_string_lossy().starts_with('.') => folders.push(path),
                kind if kind.is_file() && path.extension().is_some_and(|extension| extension == "md") => {
                    pages.push(path)
                }
                _ => {}
            }
        }
    }
    pages
}

/// A page without its blocks of code.
fn prose(page: &Path) -> String {
    let text = fs::read_to_string(root().join(page)).unwrap_or_else(|why| panic!("{}: {why}", page.display()));
    let mut is_code = false;
    let lines = text.lines().filter(|line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The targets of a page's links, without those to other sites.
fn targets(prose: &str) -> Vec<String> {
    let links = prose.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    let is_ours = |target: &&str| !target.contains("://") && !target.starts_with("mailto:") && !target.contains(' ');
    links.map(|(target, _)| target).filter(is_ours).map(str::to_owned).collect()
}

/// The anchors of headings, as made by GitHub.
fn anchors(prose: &str) -> BTreeSet<String> {
    let (mut seen, mut anchors) = (BTreeMap::<String, usize>::new(), BTreeSet::new());
    for line in prose.lines().filter(|line| line.starts_with('#')) {
        let mut heading = line.trim_start_matches('#').trim().to_lowercase();
        // Only the text of a link counts.
        while let Some((before, rest)) = heading.clone().split_once("](") {
            heading = format!("{before}{}", rest.split_once(')').map_or("", |(_, after)| after));
        }
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || "-_ ".contains(*c));
        let name: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let number = seen.entry(name.clone()).or_default();
        anchors.insert(if *number == 0 { name } else { format!("{name}-{number}") });
        *number += 1;
    }
    anchors
}

/// The path with `..` resolved.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, part| {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            part => plain.push(part),
        }
        plain
    })
}

#[test]
fn every_link_leads_somewhere() {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for page in pages().into_iter().filter(|page| page != Path::new(SUMMARY)) {
        for target in targets(&prose(&page)) {
            count += 1;
            let (path, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let place = match path {
                "" => page.clone(),
                path => plain(&page.parent().unwrap_or(Path::new("")).join(path)),
            };
            let is_page = place.extension().is_some_and(|extension| extension == "md");
            let is_there = root().join(&place).exists()
                && (anchor.is_empty() || !is_page || anchors(&prose(&place)).contains(anchor));
            if !is_there {
                wrong.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(count > 300, "only {count} links were found");
    assert!(wrong.is_empty(), "links that lead nowhere:\n{}", wrong.join("\n"));
}

/// The files and folders of the repository that a page names in `code`: `{a,b}` is two, names in capitals are placeholders.
fn named_files(prose: &str) -> Vec<String> {
    const FOLDERS: [&str; 7] = ["core/", "bindings/", "tests/", "docs/", "ffi/", "include/", "licenses/"];
    let is_placeholder = |part: &str| part.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    let is_path = |text: &&str| {
        FOLDERS.iter().any(|folder| text.starts_with(folder))
            && !text.contains([' ', '*', '<', '\n'])
            && !text.split(['/', '.']).any(|part| !part.is_empty() && is_placeholder(part))
    };
    let mut named = Vec::new();
    for text in prose.split('`').skip(1).step_by(2).filter(is_path) {
        match text.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?))) {
            Some((before, (parts, after))) => {
                named.extend(parts.split(',').map(|part| format!("{before}{}{after}", part.trim())));
            }
            None => named.push(text.to_owned()),
        }
    }
    named
}

#[test]
fn every_file_that_a_page_names_is_there() {
    assert_eq!(
        named_files("`core/{a,b}/x.rs`, `core/PROTOCOL/x.rs`, `cargo test`, `tests/run`, `tests/run python`"),
        ["core/a/x.rs", "core/b/x.rs", "tests/run"]
    );
    let (mut wrong, mut count) = (Vec::new(), 0);
    for page in pages() {
        for name in named_files(&prose(&page)) {
            count += 1;
            // From the root, or from the folder of a crate that has the page.
            if !page.ancestors().skip(1).any(|folder| root().join(folder).join(&name).exists()) {
                wrong.push(format!("{}: {name}", page.display()));
            }
        }
    }
    assert!(count > 100, "only {count} names were found");
    assert!(wrong.is_empty(), "names of files that are not there:\n{}", wrong.join("\n"));
}

#[test]
fn the_site_has_every_page_for_users() {
    let summary = prose(Path::new(SUMMARY));
    let listed: BTreeSet<PathBuf> = targets(&summary).into_iter().map(PathBuf::from).collect();
    let missing = listed.iter().filter(|page| !root().join(page).is_file()).collect::<Vec<_>>();
    assert!(missing.is_empty(), "{missing:?}");
    let is_for_users = |page: &PathBuf| page.starts_with("docs") && !page.starts_with("docs/site");
    let left_out: Vec<PathBuf> =
        pages().into_iter().filter(is_for_users).filter(|page| !listed.contains(page)).collect();
    assert!(left_out.is_empty(), "not in {SUMMARY}: {left_out:?}");
}
