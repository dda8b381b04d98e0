//! Which files a run writes and removes: stale files, files that nothing writes any more, and how Git is told that they are
//! generated.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, ErrorKind},
    path::Path,
};

use crate::Generated;

/// Folders in which every file is written here: a file of a type that is gone is removed.
const OWN_FOLDERS: [&str; 2] = ["bindings/php/src/Generated", "docs/reference"];

/// The files of the other programs of `tests/regenerate`.
const WRITTEN_ELSEWHERE: [&str; 4] =
    ["bindings/php/bankchannel.h", "docs/api/**", "include/*.h", "licenses/THIRD-PARTY.txt"];

/// How `.gitattributes` begins.
const ATTRIBUTES: &str = "\
# Everywhere the same line ends: on Windows, too, programs compare files byte by byte, and shells read the scripts.
* text=auto eol=lf
# Data of others, and samples for tests: every byte counts.
core/*/schemas/** -text
core/protocols/*/schemas/** -text
core/iso20022/tests/data/** -text
tests/fuzz/corpus/** -text
# Written by tests/regenerate: what it writes is not shown in differences and statistics.
";

/// `.gitattributes`, for these files and those that are written elsewhere.
pub(crate) fn git_attributes(files: &[Generated]) -> Generated {
    let patterns = files.iter().filter(|file| !file.path.starts_with("include/")).map(|file| {
        let folder = OWN_FOLDERS.iter().find(|folder| is_below(&file.path, folder));
        folder.map_or_else(|| file.path.clone(), |folder| format!("{folder}/**"))
    });
    let patterns: BTreeSet<String> = patterns.chain(WRITTEN_ELSEWHERE.map(str::to_owned)).collect();
    let lines = patterns.iter().map(|pattern| format!("{pattern} linguist-generated\n"));
    Generated { path: ".gitattributes".into(), text: lines.fold(ATTRIBUTES.to_owned(), |text, line| text + &line) }
}

pub(crate) fn is_fresh(root: &Path, file: &Generated) -> bool {
    fs::read_to_string(root.join(&file.path)).is_ok_and(|found| found == file.text)
}

pub(crate) fn write(root: &Path, file: &Generated) -> Result<(), String> {
    let path = root.join(&file.path);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|why| fault(folder, &why))?;
    }
    fs::write(&path, &file.text).map_err(|why| fault(&path, &why))
}

/// The files in the folders of this program that it does not write: their type or protocol is gone.
pub(crate) fn superfluous(root: &Path, files: &[Generated]) -> Result<Vec<String>, String> {
    let known: BTreeSet<&str> = files.iter().map(|file| &*file.path).collect();
    let mut found = Vec::new();
    for folder in OWN_FOLDERS {
        list(root, folder, &mut found)?;
    }
    found.retain(|path| !known.contains(&**path));
    found.sort();
    Ok(found)
}

pub(crate) fn remove(root: &Path, path: &str) -> Result<(), String> {
    let path = root.join(path);
    fs::remove_file(&path).map_err(|why| fault(&path, &why))
}

/// Adds every file below a folder, with its path below the root.
fn list(root: &Path, folder: &str, found: &mut Vec<String>) -> Result<(), String> {
    let place = root.join(folder);
    let entries = match fs::read_dir(&place) {
        Ok(entries) => entries,
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(()),
        Err(why) => return Err(fault(&place, &why)),
    };
    for entry in entries {
        let entry = entry.map_err(|why| fault(&place, &why))?;
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.file_type().map_err(|why| fault(&place, &why))?.is_dir() {
            list(root, &path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

fn fault(path: &Path, why: &io::Error) -> String {
    format!("{}: {why}", path.display())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_file_that_nothing_writes_is_found_and_no_other() {
        let root = tempfile::tempdir().unwrap();
        let file = |path: &str| Generated { path: path.into(), text: "text".into() };
        let files = [file("docs/reference/errors.md"), file("bindings/php/src/Generated/WsChannel/Bank.php")];
        assert!(superfluous(root.path(), &files).unwrap().is_empty());
        let others = [file("bindings/php/src/Generated/WsChannel/Gone.php"), file("docs/site/SUMMARY.md")];
        for file in files.iter().chain(&others) {
            assert!(!is_fresh(root.path(), file));
            write(root.path(), file).unwrap();
            assert!(is_fresh(root.path(), file));
        }
        assert_eq!(superfluous(root.path(), &files).unwrap(), ["bindings/php/src/Generated/WsChannel/Gone.php"]);
        remove(root.path(), "bindings/php/src/Generated/WsChannel/Gone.php").unwrap();
        assert!(superfluous(root.path(), &files).unwrap().is_empty());
    }

    #[test]
    fn git_is_told_of_each_file_once() {
        let file = |path: &str| Generated { path: path.into(), text: String::new() };
        let files = [
            file("bindings/php/src/Generated/A.php"),
            file("bindings/php/src/Generated/B/C.php"),
            file("bindings/node/index.js"),
            file("include/bankchannel_operations.h"),
        ];
        let text = git_attributes(&files).text;
        let own = text.strip_prefix(ATTRIBUTES).unwrap();
        let lines: Vec<_> = own.lines().map(|line| line.strip_suffix(" linguist-generated").unwrap()).collect();
        assert_eq!(
            lines,
            [
                "bindings/node/index.js",
                "bindings/php/bankchannel.h",
                "bindings/php/src/Generated/**",
                "docs/api/**",
                "include/*.h",
                "licenses/THIRD-PARTY.txt"
            ]
        );
    }
}
