//! Changes values in a settings file and nothing else: order, comments, unknown keys and line ends stay.

/// The key of the settings.
const ROOT: &str = "settings:";
/// What editors on Windows may begin a text with.
pub(super) const BYTE_ORDER_MARK: char = '\u{feff}';
/// The indentation of keys in a new file.
const INDENT: usize = 2;

/// Sets values (`Some`) and removes them (`None`).
///
/// # Errors
/// If the text has no block of settings that can be changed line by line.
pub(super) fn change(text: &str, changes: &[(&str, Option<String>)]) -> Result<String, String> {
    let (mark, text) = text.split_at(if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() } else { 0 });
    let line_end =
        if text.split_inclusive('\n').next().is_some_and(|line| line.ends_with("\r\n")) { "\r\n" } else { "\n" };
    // Each with its end.
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    if let Some(last) = lines.last_mut().filter(|last| !last.ends_with('\n')) {
        last.push_str(line_end);
    }
    let root = match lines.iter().position(|line| is_root(line)) {
        Some(root) => root,
        None if lines.iter().all(|line| is_filler(line)) => {
            lines.push(format!("{ROOT}{line_end}"));
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
        let line = value.as_ref().map(|value| format!("{:indent$}{key}: {}{line_end}", "", quoted(value)));
        match entry {
            Some(at) => {
                let after = block_end(&lines, at + 1, indent + 1);
                lines.splice(at..after, line);
            }
            // Before the lines after the last value, such as comments of the next block.
            None => drop(lines.splice(end..end, line)),
        }
    }
    Ok(mark.to_owned() + &lines.concat())
}

fn is_root(line: &str) -> bool {
    line.trim_end()
        .strip_prefix(ROOT)
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
    fn line_ends_and_the_mark_at_the_beginning_stay() {
        let before = "\u{feff}# mine\r\nsettings:\r\n  email: a\r\n  idtoken: |\r\n    old\r\n\r\n  bank: nordea\r\n";
        let after = change(before, &[set("idtoken", "new"), ("bank", None), set("idtokenmode", "data")]).unwrap();
        assert_eq!(
            after,
            "\u{feff}# mine\r\nsettings:\r\n  email: a\r\n  idtoken: \"new\"\r\n  idtokenmode: \"data\"\r\n\r\n"
        );
        let of_two_kinds = "settings:\r\n  email: a\n  bank: nordea";
        assert_eq!(
            change(of_two_kinds, &[set("idtoken", "x")]).unwrap(),
            "settings:\r\n  email: a\n  bank: nordea\r\n  idtoken: \"x\"\r\n"
        );
        assert_eq!(change("\u{feff}", &[set("idtoken", "x")]).unwrap(), "\u{feff}settings:\n  idtoken: \"x\"\n");
        assert_eq!(change("# mine\r\n", &[set("a", "x")]).unwrap(), "# mine\r\nsettings:\r\n  a: \"x\"\r\n");
    }

    #[test]
    fn a_form_that_is_not_line_by_line_is_left_alone() {
        assert!(change("settings: {email: a}\n", &[set("idtoken", "x")]).is_err());
        assert!(change("other: 1\n", &[set("idtoken", "x")]).is_err());
    }
}
