//! Writing lines: indentation, wrapping, comments.

use bankchannel::model::cited;

/// The longest written line, if word breaks allow it.
pub(crate) const WIDTH: usize = 110;

/// The text of one file.
#[derive(Default)]
pub(crate) struct Out {
    text: String,
    exported: Vec<String>,
}

impl Out {
    /// One line.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) {
        self.text.push_str(text.as_ref().trim_end());
        self.text.push('\n');
    }

    /// An empty line.
    pub(crate) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// Notes a public name of a Python module, for its `__all__`.
    pub(crate) fn export(&mut self, name: impl Into<String>) {
        self.exported.push(name.into());
    }

    /// A Python module's `__all__`: the names of `body`, sorted; then the body itself.
    pub(crate) fn body(&mut self, mut body: Self) {
        body.exported.sort();
        self.line("__all__ = [");
        for name in &body.exported {
            self.line(format!("    {name:?},"));
        }
        self.line("]");
        self.text.push_str(&body.text);
    }

    /// A Python docstring.
    pub(crate) fn docstring(&mut self, indent: &str, text: &str) {
        let text = text.replace('\\', "\\\\").replace("\"\"\"", "'''");
        let lines = wrap(&text, WIDTH - indent.len() - 6);
        match lines.as_slice() {
            [one] if !one.ends_with('"') => self.line(format!("{indent}\"\"\"{one}\"\"\"")),
            _ => {
                for (index, line) in lines.iter().enumerate() {
                    let before = if index == 0 { "\"\"\"" } else { "" };
                    self.line(if line.is_empty() { String::new() } else { format!("{indent}{before}{line}") });
                }
                self.line(format!("{indent}\"\"\""));
            }
        }
    }

    /// A `/** … */` comment.
    pub(crate) fn jsdoc(&mut self, indent: &str, text: &str) {
        let text = text.replace("*/", "*\u{200b}/");
        let lines = wrap(&text, WIDTH - indent.len() - 7);
        if let [one] = lines.as_slice() {
            self.line(format!("{indent}/** {one} */"));
            return;
        }
        self.line(format!("{indent}/**"));
        for line in lines {
            self.line(format!("{indent} * {line}"));
        }
        self.line(format!("{indent} */"));
    }

    /// The text.
    pub(crate) fn done(self) -> String {
        self.text
    }
}

/// Removes Rust's links, citations and line breaks from a documentation text: one line per paragraph or list item.
pub(crate) fn plain(doc: &str) -> String {
    let doc = &*cited(doc).text;
    let mut paragraphs: Vec<String> = vec![String::new()];
    for line in doc.lines().map(str::trim) {
        if line.is_empty() {
            paragraphs.push(String::new());
        } else if let Some(last) = paragraphs.last_mut() {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(line);
        }
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs.join("\n\n").replace("[`", "`").replace("`]", "`")
}

/// Wraps text at this many characters; its own line breaks stay.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let indent = " ".repeat(paragraph.len() - paragraph.trim_start().len());
        // Indented text is a list item: its further lines get a hanging indent.
        let hanging = if indent.is_empty() { String::new() } else { format!("{indent}    ") };
        let mut line = String::new();
        let mut first = true;
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
                lines.push(std::mem::take(&mut line));
                first = false;
            }
            line.push_str(match (line.is_empty(), first) {
                (true, true) => &indent,
                (true, false) => &hanging,
                (false, _) => " ",
            });
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

/// A few words with an upper-case first letter.
pub(crate) fn sentence(words: &str) -> String {
    let mut rest = words.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_wrapped_and_paragraphs_stay() {
        assert_eq!(wrap("one two three\n\nfour", 8), ["one two", "three", "", "four"]);
        assert_eq!(wrap("  one two", 6), ["  one", "      two"]);
    }

    #[test]
    fn links_become_plain() {
        assert_eq!(plain("See\n[`Bank`].\n\nMore."), "See `Bank`.\n\nMore.");
    }

    #[test]
    fn a_module_lists_its_public_names() {
        let (mut out, mut body) = (Out::default(), Out::default());
        body.line("B = A = 1");
        body.export("B");
        body.export("A");
        out.body(body);
        assert_eq!(out.done(), "__all__ = [\n    \"A\",\n    \"B\",\n]\nB = A = 1\n");
    }

    #[test]
    fn a_docstring_cannot_end_early() {
        let mut out = Out::default();
        out.docstring("", "ends in \"");
        assert_eq!(out.done(), "\"\"\"ends in \"\n\"\"\"\n");
    }
}
