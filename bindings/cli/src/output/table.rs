//! Tables for people, from any response: its texts first, its lists as tables.

use std::{borrow::Cow, collections::BTreeMap};

use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};
use serde_json::{Map, Value};

use super::is_terminal;

/// Fields that people do not need, that should not stay on a screen, or that would fill it; each with its replacement.
const HIDDEN: &[(&str, &str)] = &[
    ("id_token", "(kept; --json shows it)"),
    ("password", "(kept; --json shows it)"),
    ("content", NOT_HERE),
    ("report", NOT_HERE),
    ("statement", NOT_HERE),
];
/// The replacement of a text that would fill the screen.
const NOT_HERE: &str = "(--json shows it)";

/// Renders a response.
pub(crate) fn render(value: &Value) -> String {
    match value {
        Value::Object(map) => object(map),
        Value::Array(items) => list("", items),
        other => format!("{}\n", cell(other)),
    }
}

/// A table with a header; if the terminal is too narrow for its identifiers, one block of lines for each row.
pub(crate) fn table<R, C>(header: &[&str], rows: R) -> String
where
    R: IntoIterator<Item = C>,
    C: IntoIterator<Item = String>,
{
    let printable_row = |row: C| row.into_iter().map(|text| printable(&text).into_owned()).collect::<Vec<_>>();
    let rows = rows.into_iter().map(printable_row).collect();
    framed(Some(header), rows, terminal_width())
}

/// A narrower reported width is ignored: some terminals report 0 columns.
const NARROWEST: u16 = 20;
/// A text of several words is wrapped to lines of at least this many characters if space is short.
const NARROW_TEXT: usize = 12;
/// The empty columns around a cell's text.
const PADDING: usize = 2;
/// The width that a table adds to a column: the padding and the line before it.
const FRAME: usize = PADDING + 1;

/// The width of the terminal; `None` without a terminal, where lines keep their length so that they can be searched,
/// and if the width is unknown.
fn terminal_width() -> Option<u16> {
    let width = Table::new().width().filter(|_| is_terminal())?;
    (width >= NARROWEST).then_some(width)
}

fn framed(header: Option<&[&str]>, rows: Vec<Vec<String>>, width: Option<u16>) -> String {
    let columns = rows.iter().map(Vec::len).chain(header.map(<[_]>::len)).max().unwrap_or_default();
    let cells = |column: usize| {
        let header = header.and_then(|header| header.get(column)).copied();
        rows.iter().filter_map(move |row| row.get(column).map(String::as_str)).chain(header)
    };
    let needed: Vec<usize> = (0..columns).map(|column| least_width(cells(column))).collect();
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    match width.map(usize::from) {
        None => {
            table.set_content_arrangement(ContentArrangement::Disabled);
        }
        Some(width) => {
            let least = needed.iter().map(|least| least + FRAME).sum::<usize>() + 1;
            if let Some(header) = header.filter(|_| least > width) {
                return blocks(header, &rows);
            }
            table.set_content_arrangement(ContentArrangement::Dynamic);
            table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
        }
    }
    if let Some(header) = header {
        table.set_header(header.to_vec());
    }
    for row in rows {
        table.add_row(row);
    }
    for (column, needed) in table.column_iter_mut().zip(&needed) {
        if width.is_some() {
            let least = u16::try_from(needed + PADDING).unwrap_or(u16::MAX);
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(least)));
        }
    }
    format!("{table}\n")
}

/// The least readable width of a column: its longest word is not broken (a reference, a key or an instant is useless in
/// pieces), and a text of several words is not wrapped to very short lines.
fn least_width<'a>(cells: impl Iterator<Item = &'a str>) -> usize {
    let letters = |text: &str| text.chars().count();
    let least = |line| {
        let longest_word = str::split_whitespace(line).map(letters).max().unwrap_or_default();
        longest_word.max(letters(line).min(NARROW_TEXT))
    };
    cells.flat_map(str::lines).map(least).max().unwrap_or_default()
}

/// One line for each field of a row, and an empty one between rows.
fn blocks(header: &[&str], rows: &[Vec<String>]) -> String {
    let widest = header.iter().map(|name| name.chars().count()).max().unwrap_or_default();
    let block = |row: &Vec<String>| {
        let fields = header.iter().zip(row).filter(|(_, value)| !value.is_empty());
        let indent = format!("\n{:widest$}  ", "");
        fields.map(|(name, value)| format!("{name:widest$}  {}\n", value.replace('\n', &indent))).collect::<String>()
    };
    rows.iter().map(block).collect::<Vec<_>>().join("\n")
}

fn object(map: &Map<String, Value>) -> String {
    // A single text of several lines, such as a signature or a key, is the result itself: printed without a frame.
    if let Some((_, Value::String(text))) = map.iter().next().filter(|_| map.len() == 1)
        && text.trim_end().contains('\n')
    {
        return text.clone();
    }
    let mut out = String::new();
    if let Some(text) = map.get("response_text").and_then(Value::as_str) {
        out.push_str(&printable(text));
        out.push('\n');
    }
    let mut scalars: Vec<(String, String)> = Vec::new();
    let mut lists: Vec<(&str, &Vec<Value>)> = Vec::new();
    for (name, value) in map.iter().filter(|(name, value)| *name != "response_text" && !value.is_null()) {
        match value {
            Value::Array(items) if items.iter().any(Value::is_object) || items.is_empty() => lists.push((name, items)),
            Value::Object(inner) => {
                scalars.extend(
                    inner
                        .iter()
                        .filter(|(_, value)| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()))
                        .map(|(key, value)| {
                            (format!("{} {}", title(name), title(key).to_lowercase()), cell_text(key, value))
                        }),
                );
            }
            other => scalars.push((title(name), cell_text(name, other))),
        }
    }
    if !scalars.is_empty() {
        let rows = scalars.into_iter().map(|(name, value)| vec![name, printable(&value).into_owned()]).collect();
        out.push_str(&framed(None, rows, terminal_width()));
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
    let rows: Vec<BTreeMap<Cow<'_, str>, &Value>> = items.iter().map(|item| flat(item).into_iter().collect()).collect();
    let mut columns: Vec<Cow<'_, str>> = Vec::new();
    for (key, _) in items.iter().flat_map(flat) {
        if !columns.contains(&key) {
            columns.push(key);
        }
    }
    let titles: Vec<String> = columns.iter().map(|column| title(column)).collect();
    let header: Vec<&str> = titles.iter().map(String::as_str).collect();
    let rows = rows.iter().map(|row| {
        let cells =
            columns.iter().map(|column| row.get(column).map_or_else(String::new, |value| cell_text(column, value)));
        cells.collect::<Vec<_>>()
    });
    let mut maps: Vec<&str> = items.iter().filter_map(Value::as_object).flatten().filter_map(map_of_objects).collect();
    maps.sort_unstable();
    maps.dedup();
    let more = if maps.is_empty() { String::new() } else { format!(" (--json shows their {})", maps.join(", ")) };
    let heading = if heading.is_empty() { heading } else { format!("{heading}{more}\n") };
    format!("{heading}{}", table(&header, rows))
}

/// The fields of a row, including those of an inner object. A map of objects, such as links, would fill the screen.
fn flat(item: &Value) -> Vec<(Cow<'_, str>, &Value)> {
    let Some(fields) = item.as_object() else { return Vec::new() };
    let mut out: Vec<(Cow<'_, str>, &Value)> = Vec::new();
    for field in fields.iter().filter(|field| map_of_objects(*field).is_none()) {
        match field {
            (name, Value::Object(inner)) if !is_hidden(name) => out.extend(inner.iter().map(|(key, value)| {
                let is_taken = fields.contains_key(key);
                (if is_taken { format!("{name}_{key}").into() } else { key.into() }, value)
            })),
            (name, value) => out.push((name.into(), value)),
        }
    }
    out
}

fn is_hidden(name: &str) -> bool {
    HIDDEN.iter().any(|(hidden, _)| *hidden == name)
}

/// The name of a field that is a map of objects.
fn map_of_objects<'a>((name, value): (&'a String, &Value)) -> Option<&'a str> {
    let map = value.as_object()?;
    (!map.is_empty() && map.values().all(Value::is_object)).then_some(name)
}

fn cell_text(name: &str, value: &Value) -> String {
    let hidden = HIDDEN.iter().find(|(hidden, _)| *hidden == name);
    hidden.map_or_else(|| cell(value), |(_, instead)| (*instead).to_owned())
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
        // Keys, certificates, signatures.
        Value::String(text) if text.starts_with("-----BEGIN ") => NOT_HERE.to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join("\n"),
        Value::Object(map) if let Some(amount) = amount(map) => amount,
        Value::Object(map) => map
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| format!("{}: {}", title(name), cell(value)))
            .collect::<Vec<_>>()
            .join("\n"),
    }
}

/// An amount and its currency, and nothing else: `48215.50 NOK`.
fn amount(map: &Map<String, Value>) -> Option<String> {
    let (amount, currency) = (map.get("amount")?.as_str()?, map.get("currency")?.as_str()?);
    (map.len() == 2).then(|| format!("{amount} {currency}"))
}

/// A field's name for people: `file_reference` → `File reference`.
fn title(name: &str) -> String {
    let text = name.replace('_', " ");
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Escapes control characters in a peer's text.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    let steers = |c: char| steers(c) && c != '\n';
    if text.contains(steers) { Cow::Owned(text.replace(steers, "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// Whether a terminal interprets a character instead of showing it: control characters, and those that reorder the
/// following ones, so that a line reads as something else.
pub(super) fn steers(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
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
    fn what_a_row_has_inside_is_columns_too() {
        let shown = render(&json!({ "answers": [{ "file": { "status": "NEW" }, "path": "a.dat" }] }));
        let header = shown.lines().find(|line| line.contains("Status")).expect("a column");
        assert!(header.contains("Path") && !shown.contains("Status:"), "{shown}");
    }

    #[test]
    fn amounts_stay_where_links_have_their_name() {
        let links =
            json!({ "balances": { "href": "/b", "verbs": ["GET"] }, "self": { "href": "/s", "verbs": ["GET"] } });
        let amount = json!({ "amount": { "amount": "48215.50", "currency": "NOK" }, "balance_type": "expected" });
        let shown = render(&json!({ "accounts": [{ "iban": "NO1", "balances": [amount], "links": links }] }));
        assert!(shown.starts_with("Accounts (--json shows their links)\n"), "{shown}");
        assert!(shown.contains("Amount: 48215.50 NOK") && !shown.contains("/b"), "{shown}");
        let shown = render(&json!({ "rows": [{ "status": "outer", "file": { "status": "inner" } }] }));
        assert!(shown.contains("outer") && shown.contains("File status") && shown.contains("inner"), "{shown}");
    }

    #[test]
    fn a_text_of_several_lines_has_no_frame_and_does_not_fill_a_table() {
        let signature = "-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n";
        assert_eq!(render(&json!({ "signature": signature })), signature);
        let shown = render(&json!({ "file_name": "a.xml", "signature": signature }));
        assert!(shown.contains("a.xml") && !shown.contains("abc"), "{shown}");
        let shown =
            render(&json!({ "certs": [{ "issuer": "CA", "pem": signature }], "answers": [{ "content": "PERv" }] }));
        assert!(shown.contains("CA") && !shown.contains("abc") && !shown.contains("PERv"), "{shown}");
    }

    #[test]
    fn what_a_peer_wrote_cannot_steer_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\n"), "a\u{fffd}[2Jb\n");
        assert_eq!(printable("\u{9b}31m \u{202e}lmx.tnemyap"), "\u{fffd}31m \u{fffd}lmx.tnemyap");
        assert!(!render(&json!({"response_text": "\u{7}bell"})).contains('\u{7}'));
    }

    #[test]
    fn identifiers_stay_whole_at_any_width() {
        let (reference, instant) = ("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "2026-11-21T20:15:00.000Z");
        let row =
            || vec![reference.to_owned(), instant.to_owned(), "a text of several words that may be broken".to_owned()];
        let header = ["File reference", "Created", "What"];
        for width in [None, Some(30), Some(60), Some(80), Some(100), Some(200)] {
            let shown = framed(Some(&header), vec![row(), row()], width);
            assert_eq!(shown.matches(reference).count(), 2, "{width:?}\n{shown}");
            assert_eq!(shown.matches(instant).count(), 2, "{width:?}\n{shown}");
            let widest = shown.lines().map(|line| line.chars().count()).max().unwrap_or_default();
            assert!(width.is_none_or(|width| width < 80 || widest <= usize::from(width)), "{width:?}\n{shown}");
        }
        assert!(
            framed(Some(&header), vec![row()], Some(60)).starts_with("File reference  ABC"),
            "too narrow for a table"
        );
        assert!(framed(Some(&header), vec![row()], Some(80)).contains('│'));
    }

    #[test]
    fn an_empty_list_says_so() {
        assert_eq!(render(&json!({"pgp_keys": []})), "Pgp keys: none\n");
    }
}
