//! The blocks of a page, in their order, as one script of the shell.

use std::fmt::Write as _;

use bankchannel_tests::faces::root;

/// What the script shows at its end.
pub(crate) const END: &str = "== the end of the day";

/// A fenced block that is run, or whose first line names the file that it is written to.
#[derive(Clone)]
pub(crate) struct Block {
    kind: String,
    pub(crate) text: String,
}

impl Block {
    /// Commands of the test.
    pub(crate) fn check(text: &str) -> Self {
        Self { kind: "sh".to_owned(), text: format!("{text}\n") }
    }

    /// What is shown before it.
    pub(crate) fn mark(&self) -> String {
        format!("== {}", self.text.lines().next().expect("a line"))
    }
}

/// The blocks of a page, or of one of its sections, that are run or written; pictures are neither.
pub(crate) fn blocks(page: &str, heading: &str) -> Vec<Block> {
    let text = std::fs::read_to_string(root().join(page)).expect("a page");
    let section = text.split_once(heading).expect("the section").1;
    let mut rest = if heading.is_empty() { section } else { section.split("\n## ").next().expect("a part") };
    let mut found = Vec::new();
    while let Some((_, fenced)) = rest.split_once("\n```") {
        let (block, after) = fenced.split_once("\n```\n").expect("the fence's end");
        let (kind, text) = block.split_once('\n').expect("the fence's line");
        found.push(Block { kind: kind.to_owned(), text: format!("{text}\n") });
        // The next fence may begin at once.
        rest = &fenced[fenced.len() - after.len() - 1..];
    }
    found.retain(|block| block.kind != "mermaid");
    assert!(!found.is_empty(), "{page} has no block");
    found
}

/// The script: every block in its order, with the replacements, each of which has to apply.
pub(crate) fn script(
    blocks: &[Block],
    replaced: &[(&str, &str)],
    stood_in: &[(&str, &str)],
    of_the_system: &[&str],
) -> String {
    let pages: String = blocks.iter().map(|block| &*block.text).collect();
    for (there, _) in replaced {
        assert!(pages.contains(there), "nothing is replaced by the row {there:?}");
    }
    for (there, _) in stood_in {
        assert!(pages.lines().any(|line| line == *there), "nothing is replaced by the row {there:?}");
    }
    let mut script = String::new();
    for block in blocks {
        writeln!(script, "cat <<'MARK'\n{}\nMARK", block.mark()).expect("text");
        let text = match &*block.kind {
            "sh" => commands(&block.text, stood_in, of_the_system),
            _ => file(&block.text),
        };
        let text = replaced.iter().fold(text, |text, (there, here)| text.replace(there, here));
        script.push_str(&text);
    }
    writeln!(script, "echo '{END}'").expect("text");
    script
}

/// Commands, without those that need a system.
fn commands(text: &str, stood_in: &[(&str, &str)], of_the_system: &[&str]) -> String {
    let of_line = |line: &str| {
        if let Some((_, here)) = stood_in.iter().find(|(there, _)| *there == line) {
            return format!("{here}\n");
        }
        for name in of_the_system {
            let is_of =
                line.split([';', '|', '&', '(']).any(|one| format!("{} ", one.trim()).starts_with(&format!("{name} ")));
            assert!(!is_of, "{line}: a command of the system that has no row");
        }
        format!("{line}\n")
    };
    text.lines().map(of_line).collect()
}

/// A file: its first line is a comment with its path, and says whether the rest goes to its end.
fn file(text: &str) -> String {
    let name = text.lines().next().and_then(|line| line.strip_prefix("# /")).expect("a comment with a path");
    let (path, way) = match name.split_once(", ") {
        Some((path, "at its end")) => (path, ">>"),
        None => (name, ">"),
        Some(_) => panic!("{name}: where in the file?"),
    };
    format!("cat {way} /{path} <<'FILE'\n{text}FILE\n")
}
