//! Tables for people, from any response: its texts first, its lists as tables.

use comfy_table::{ContentArrangement, Table, presets};
use serde_json::{Map, Value};

use super::is_terminal;

/// What stands in place of a value that a person does not need and should not leave on a screen.
const HIDDEN: &str = "(kept; --json shows it)";
/// Fields that are hidden so.
const HIDDEN_FIELDS: &[&str] = &["id_token", "password"];

/// Renders a response.
pub(crate) fn render(value: &Value) -> String {
    match value {
        Value::Object(map) => object(map),
        Value::Array(items) => list("", items),
        other => format!("{}\n", cell(other)),
    }
}

/// A table with a header.
pub(crate) fn table<R, C>(header: &[&str], rows: R) -> String
where
    R: IntoIterator<Item = C>,
    C: IntoIterator<Item = String>,
{
    let mut table = plain();
    table.set_header(header.to_vec());
    for row in rows {
        table.add_row(row.into_iter().map(printable).collect::<Vec<_>>());
    }
    format!("{table}\n")
}

fn plain() -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    // Off a terminal lines keep their length, so that they can be searched.
    if is_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    table
}

fn object(map: &Map<String, Value>) -> String {
    let mut out = String::new();
    if let Some(text) = map.get("response_text").and_then(Value::as_str) {
        out.push_str(&printable(text.to_owned()));
        out.push('\n');
    }
    let mut scalars: Vec<(String, String)> = Vec::new();
    let mut lists: Vec<(&str, &Vec<Value>)> = Vec::new();
    for (name, value) in map.iter().filter(|(name, value)| *name != "response_text" && !value.is_null()) {
        match value {
            Value::Array(items) if items.iter().any(Value::is_object) || items.is_empty() => lists.push((name, items)),
            Value::Object(inner) => {
                scalars.extend(
                    inner.iter().map(|(key, value)| {
                        (format!("{} {}", title(name), title(key).to_lowercase()), shown(key, value))
                    }),
                );
            }
            other => scalars.push((title(name), shown(name, other))),
        }
    }
    if !scalars.is_empty() {
        let mut table = plain();
        for (name, value) in scalars {
            table.add_row([name, printable(value)]);
        }
        out.push_str(&format!("{table}\n"));
    }
    for (name, items) in lists {
        out.push_str(&list(name, items));
    }
    out
}

fn list(name: &str, items: &[Value]) -> String {
    let heading = title(name);
    if items.is_empty() {
        return if heading.is_empty() { "none\n".to_owned() } else { format!("{heading}: none\n") };
    }
    let mut columns: Vec<&str> = Vec::new();
    for key in items.iter().filter_map(Value::as_object).flat_map(Map::keys) {
        if !columns.contains(&key.as_str()) {
            columns.push(key);
        }
    }
    let titles: Vec<String> = columns.iter().map(|column| title(column)).collect();
    let header: Vec<&str> = titles.iter().map(String::as_str).collect();
    let rows = items.iter().map(|item| {
        columns
            .iter()
            .map(|column| item.get(*column).map_or_else(String::new, |value| shown(column, value)))
            .collect::<Vec<_>>()
    });
    let heading = if heading.is_empty() { heading } else { format!("{heading}\n") };
    format!("{heading}{}", table(&header, rows))
}

fn shown(name: &str, value: &Value) -> String {
    if HIDDEN_FIELDS.contains(&name) { HIDDEN.to_owned() } else { cell(value) }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join("\n"),
        Value::Object(map) => map
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| format!("{}: {}", title(name), cell(value)))
            .collect::<Vec<_>>()
            .join("\n"),
    }
}

/// A field's name for people: `file_reference` → `File reference`.
fn title(name: &str) -> String {
    let text = name.replace('_', " ");
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What a peer wrote must not steer the terminal.
pub(crate) fn printable(text: String) -> String {
    if text.chars().all(|c| !c.is_control() || c == '\n') {
        return text;
    }
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_scalars_and_lists_are_shown() {
        let shown = render(&json!({
            "file_descriptors": [{"file_reference": "ABC", "status": "NEW"}, {"file_reference": "DEF", "target_id": "9"}],
            "api_key": "k1", "id_token": "secret-token", "absent": null, "response_text": "OK"
        }));
        assert!(shown.starts_with("OK\n"), "{shown}");
        for part in ["File reference", "ABC", "Target id", "DEF", "Api key", "k1"] {
            assert!(shown.contains(part), "{part} is missing in\n{shown}");
        }
        assert!(!shown.contains("secret-token") && !shown.contains("Absent"), "{shown}");
    }

    #[test]
    fn what_a_peer_wrote_cannot_steer_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb".into()), "a\u{fffd}[2Jb");
        assert!(!render(&json!({"response_text": "\u{7}bell"})).contains('\u{7}'));
    }

    #[test]
    fn an_empty_list_says_so() {
        assert_eq!(render(&json!({"pgp_keys": []})), "Pgp keys: none\n");
    }
}
