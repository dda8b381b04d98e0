//! The page of requests: a document whose script polls `/requests.json?after=N` every second.

use bankchannel_crypto::random;
use serde::Serialize;

use bankchannel_server::http::page::{HtmlPage, source, style};

const DOCUMENT: &str = include_str!("requests.html");
const SCRIPT: &str =
    concat!(include_str!("requests.js"), include_str!("explanation.js"), include_str!("signing_strings.js"));

/// The range of requests that the bank still has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestWindow {
    /// The oldest request; latest + 1 if there are none.
    pub(crate) first: u64,
    /// The latest request ever; 0 before the first.
    pub(crate) latest: u64,
}

/// The page, built once when the bank starts.
pub(crate) struct RequestsPage {
    run: String,
    page: HtmlPage,
}

impl RequestsPage {
    /// Builds the page for a starting bank.
    pub(crate) fn new() -> Self {
        let style = style(include_str!("requests.css"));
        let policy = format!(
            "default-src 'none'; script-src {}; style-src {}; connect-src 'self'; form-action 'self'; base-uri 'none'; \
             frame-ancestors 'none'",
            source(SCRIPT),
            source(&style)
        );
        let body = DOCUMENT.replacen("{{style}}", &style, 1).replacen("{{script}}", SCRIPT, 1);
        Self { run: random::uuid_v4(), page: HtmlPage::document(200, policy, "no-referrer", body) }
    }

    /// The HTML document.
    pub(crate) fn page(&self) -> &HtmlPage {
        &self.page
    }

    /// The JSON for the script: the requests after number [`after`] in any order, each with its `number`, and the
    /// bank's consents.
    pub(crate) fn json(&self, window: RequestWindow, requests: &impl Serialize, consents: &impl Serialize) -> HtmlPage {
        let RequestWindow { first, latest } = window;
        match serde_json::to_string(&RequestsAnswer { run: &self.run, first, latest, requests, consents }) {
            Ok(text) => HtmlPage::plain(200, "application/json", text),
            Err(_) => HtmlPage::plain(500, "application/json", String::new()),
        }
    }
}

#[derive(Serialize)]
struct RequestsAnswer<'a, R, C> {
    run: &'a str,
    first: u64,
    latest: u64,
    requests: &'a R,
    consents: &'a C,
}

/// The number in a query `after=N`: the latest request that the script has; 0 if it has none.
pub(crate) fn after(query: Option<&str>) -> u64 {
    let mut fields = query.unwrap_or_default().split('&');
    fields.find_map(|field| field.strip_prefix("after=")).and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn style_and_script_stand_inside_and_nothing_else_may() {
        let requests = RequestsPage::new();
        let page = requests.page();
        let inside = |tag: &str| {
            page.body.split(&format!("<{tag}>")).nth(1).unwrap().split(&format!("</{tag}>")).next().unwrap()
        };
        let (style, script) = (inside("style"), inside("script"));
        let policy = &page.headers.iter().find(|(name, _)| *name == "content-security-policy").unwrap().1;
        assert!(policy.contains(&format!("script-src {};", source(script))), "{policy}");
        assert!(policy.contains(&format!("style-src {};", source(style))), "{policy}");
        assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe") && !policy.contains("{{"));
        assert_eq!(script, SCRIPT);
        // Nothing that a parser would treat as the end tag, or modify.
        for text in [style, script] {
            assert!(!text.contains("</") && !text.contains("<!--") && !text.contains('\r'));
        }
        for (tag, times) in
            [("<script", 1), ("<style", 1), ("style=\"", 0), (" onclick", 0), ("http://", 0), ("src=", 0)]
        {
            assert_eq!(page.body.matches(tag).count(), times, "{tag}");
        }
        for sink in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"] {
            assert!(!script.contains(sink), "{sink}");
        }
    }

    #[test]
    fn the_script_knows_which_bank_answers_and_what_it_has() {
        let requests = RequestsPage::new();
        let answer = requests.json(RequestWindow { first: 2, latest: 7 }, &[json!({ "number": 7 })], &json!([]));
        let value: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(
            (&value["first"], &value["latest"], &value["requests"][0]["number"]),
            (&json!(2), &json!(7), &json!(7))
        );
        let of = |page: &RequestsPage| {
            let answer = page.json(RequestWindow { first: 1, latest: 0 }, &json!([]), &json!([]));
            serde_json::from_str::<Value>(&answer.body).unwrap()["run"].as_str().unwrap().to_owned()
        };
        assert_eq!(value["run"], of(&requests));
        assert_ne!(of(&requests), of(&RequestsPage::new()));
    }

    #[test]
    fn a_query_says_what_the_script_has() {
        let cases = [
            (None, 0),
            (Some(""), 0),
            (Some("after=12"), 12),
            (Some("a=1&after=3"), 3),
            (Some("after=-1"), 0),
            (Some("after=x"), 0),
        ];
        for (query, expected) in cases {
            assert_eq!(after(query), expected, "{query:?}");
        }
    }
}
