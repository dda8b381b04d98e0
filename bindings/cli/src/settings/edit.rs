//! Changes values in a settings file and nothing else: order, comments and unknown keys stay.

/// The key of the settings.
const ROOT: &str = "settings:";
/// The indentation of keys in a new file.
const INDENT: usize = 2;

/// Sets values (`Some`) and removes them (`None`).
///
/// # Errors
/// If the text has no block of settings that can be changed line by line.
pub(super) fn change(text: &str, changes: &[(&str, Option<String>)]) -> Result<String, String> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let root = match lines.iter().position(|line| is_root(line)) {
        Some(root) => root,
        None if lines.iter().all(|line| is_filler(line)) => {
            lines.push(ROOT.to_owned());
            lines.len() - 1
        }
        None => return Err(format!("there is no line `{ROOT}` with its values below it")),
    };
    let indent = lines[root + 1..]
        .iter()
        .find(|line| !is_filler(line))
        .map(|line| indent(line))
        .filter(|n| *n > 0)
        .unwrap_or(INDENT);
    for (key, value) in changes {
        let end = block_end(&lines, root + 1, 1);
        let entry = (root + 1..end).find(|at| key_of(&lines[*at], indent).is_some_and(|found| found == *key));
        let line = value.as_ref().map(|value| format!("{:indent$}{key}: {}", "", quoted(value)));
        match entry {
            Some(at) => {
                let after = block_end(&lines, at + 1, indent + 1);
                lines.splice(at..after, line);
            }
            // Before the lines after the last value, such as comments of the next block.
            None => drop(lines.splice(end..end, line)),
        }
    }
    let mut out = lines.join("\n");
    out.push('\n');
    Ok(out)
}

fn is_root(line: &str) -> bool {
    line.strip_prefix(ROOT)
        .is_some_and(|rest| is_filler(rest) && (rest.is_empty() || rest.starts_with([' ', '\t', '#'])))
}

/// A blank line, a comment, or the mark at the beginning of a document.
fn is_filler(line: &str) -> bool {
    let text = line.trim();
    text.is_empty() || text.starts_with('#') || line.trim_end() == "---"
}

/// The line after the last one, from `from` on, that is indented by at least `least`. Blank and comment lines at the
/// end belong to the following block.
fn block_end(lines: &[String], from: usize, least: usize) -> usize {
    let mut end = from;
    for (at, line) in lines.iter().enumerate().skip(from) {
        if is_filler(line) {
            continue;
        }
        if indent(line) < least {
            break;
        }
        end = at + 1;
    }
    end
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The key of a line that begins an entry, without quotes and underscores.
fn key_of(line: &str, wanted: usize) -> Option<String> {
    if is_filler(line) || indent(line) != wanted {
        return None;
    }
    let (key, rest) = line.trim_start().split_once(':')?;
    if !rest.is_empty() && !rest.starts_with(char::is_whitespace) {
        return None;
    }
    Some(key.trim().trim_matches(['"', '\'']).replace(['_', '-'], ""))
}

/// A double-quoted YAML text: JSON's escapes are among YAML's.
fn quoted(value: &str) -> String {
    serde_json::Value::String(value.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(key: &'static str, value: &str) -> (&'static str, Option<String>) {
        (key, Some(value.to_owned()))
    }

    #[test]
    fn values_change_and_everything_else_stays() {
        let before = "# mine\nsettings:\n    email: a@example.test # who\n    'idtoken': old\n    x_custom:\n        - 1\n        - 2\n\n    # the bank\n    bank: nordea\nelse: 1\n";
        let after = change(before, &[set("idtoken", "new"), ("bank", None), set("idtokenmode", "data")]).unwrap();
        assert_eq!(
            after,
            "# mine\nsettings:\n    email: a@example.test # who\n    idtoken: \"new\"\n    x_custom:\n        - 1\n        - 2\n    \
             idtokenmode: \"data\"\n\n    # the bank\nelse: 1\n"
        );
    }

    #[test]
    fn a_value_of_several_lines_is_replaced_whole() {
        let before = "settings:\n  idtoken: |\n    one\n\n    two\n  email: a\n";
        assert_eq!(change(before, &[set("idtoken", "x")]).unwrap(), "settings:\n  idtoken: \"x\"\n  email: a\n");
    }

    #[test]
    fn a_new_file_gets_its_root() {
        assert_eq!(change("", &[set("idtoken", "a\"b")]).unwrap(), "settings:\n  idtoken: \"a\\\"b\"\n");
    }

    #[test]
    fn a_form_that_is_not_line_by_line_is_left_alone() {
        assert!(change("settings: {email: a}\n", &[set("idtoken", "x")]).is_err());
        assert!(change("other: 1\n", &[set("idtoken", "x")]).is_err());
    }
}
