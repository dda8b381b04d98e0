//! Names in each language's case, and lists of them.

use bankchannel::Category;
use bankchannel_foundation::error::ErrorRow;

/// `list_files` → `listFiles`.
pub(crate) fn camel(snake: &str) -> String {
    let pascal = pascal(snake);
    let mut letters = pascal.chars();
    letters.next().map(|first| first.to_lowercase().collect::<String>() + letters.as_str()).unwrap_or_default()
}

/// `list_files` → `ListFiles`.
pub(crate) fn pascal(snake: &str) -> String {
    snake
        .split(['_', '-', '.'])
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
        })
        .collect()
}

/// `ws_channel.list_files` → `WS_CHANNEL_LIST_FILES`.
pub(crate) fn upper(name: &str) -> String {
    name.replace(['.', '-'], "_").to_ascii_uppercase()
}

/// The class of a category's errors. Python has its own `PermissionError`, which is about files.
pub(crate) fn error_class(category: Category) -> String {
    match category {
        Category::Permission => "PermissionDeniedError".into(),
        other => pascal(other.as_str()) + "Error",
    }
}

/// A name that is a keyword in Python gets an underscore.
pub(crate) fn python(name: &str) -> String {
    const KEYWORDS: [&str; 12] =
        ["from", "import", "class", "def", "global", "in", "is", "lambda", "pass", "return", "with", "async"];
    if KEYWORDS.contains(&name) { format!("{name}_") } else { name.to_owned() }
}

/// The codes of these errors by category, each in backticks; no category without one.
pub(crate) fn codes_by_category(errors: &[&ErrorRow]) -> Vec<(Category, String)> {
    let codes = |category: Category| {
        let of_it = errors.iter().filter(|row| row.category == category);
        of_it.map(|row| format!("`{}`", row.code)).collect::<Vec<_>>().join(", ")
    };
    let all = Category::ALL.into_iter().map(|category| (category, codes(category)));
    all.filter(|(_, codes)| !codes.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases() {
        assert_eq!(camel("pgp_key_id"), "pgpKeyId");
        assert_eq!(camel("bank"), "bank");
        assert_eq!(pascal("rate_limited"), "RateLimited");
        assert_eq!(upper("ws_channel.list_files"), "WS_CHANNEL_LIST_FILES");
        assert_eq!(python("from"), "from_");
    }
}
