//! Documentation texts that cite sections of `docs/protocols`: separates the text for users from the sections.

use std::borrow::Cow;

/// A documentation text without its citations, and the cited sections.
#[derive(Debug, PartialEq, Eq)]
pub struct CitedText<'a> {
    /// The text.
    pub text: Cow<'a, str>,
    /// Section numbers, such as `2.10`.
    pub sections: Vec<&'a str>,
}

/// Removes citations from a text: `(§1.3)` is removed; of `(§3.1: a remark)`, the remark stays.
#[must_use]
pub fn cited(doc: &str) -> CitedText<'_> {
    const OPENING: &str = "(§";
    let (mut rest, mut sections) = (doc, Vec::new());
    if !doc.contains(OPENING) {
        return CitedText { text: Cow::Borrowed(doc), sections };
    }
    let mut text = String::with_capacity(doc.len());
    while let Some(at) = rest.find(OPENING) {
        let (before, from) = rest.split_at(at);
        let Some(end) = from.find(')') else { break };
        let inside = &from[1..end];
        let (numbers, remark) =
            inside.split_once(':').map_or((inside, None), |(numbers, remark)| (numbers, Some(remark)));
        sections.extend(numbers.split(", ").map(|number| number.trim().trim_start_matches('§')));
        match remark {
            Some(remark) => text.extend([before, "(", remark.trim(), ")"]),
            None => text.push_str(before.trim_end()),
        }
        rest = &from[end + 1..];
    }
    text.push_str(rest);
    CitedText { text: Cow::Owned(text), sections }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn citations_are_taken_out() {
        let of = |doc| {
            let cited = cited(doc);
            (cited.text.into_owned(), cited.sections.join(" "))
        };
        assert_eq!(of("The account (§1.3)."), ("The account.".into(), "1.3".into()));
        assert_eq!(of("One (§2.1, §5.2), two (§3)."), ("One, two.".into(), "2.1 5.2 3".into()));
        assert_eq!(
            of("An address (§2.25: again, byte for byte)."),
            ("An address (again, byte for byte).".into(), "2.25".into())
        );
        assert_eq!(of("Nothing (at all)."), ("Nothing (at all).".into(), String::new()));
    }
}
