//! The bank's customer with a browser: opens the link, approves, and is redirected back.

use std::path::Path;

use bankchannel::{CancellationToken, message::Method};
use bankchannel_foundation::{
    message::{Body, Headers, InResponse, OutRequest, percent_encode},
    operation::Repeat,
};
use bankchannel_transport::{AnswerRules, ContentSink, ExchangePlan, TlsSettings, Transport, TransportSettings};
use serde_json::{Map, Value};

use crate::{CommandFailure, CommandOutcome};

/// The headers that the browser reads of an answer.
const HEADERS: &[&str] = &["Location"];

/// The address to which the customer was redirected.
pub(super) struct Returned {
    pub(super) url: String,
}

impl Returned {
    /// A parameter of the address's query.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let (_, query) = self.url.split_once('?')?;
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.find(|(key, _)| *key == name)?;
        bankchannel_foundation::message::percent_decode(value)
    }
}

/// Opens the link, fetches the page, and approves with every account.
pub(super) async fn approve(link: &str, ca_file: &Path) -> CommandOutcome<Returned> {
    let (origin, target) = split(link)?;
    let settings = TransportSettings {
        base_url: origin.to_owned(),
        user_agent: "Mozilla/5.0 (demo)".to_owned(),
        tls: TlsSettings { ca_file: Some(ca_file.to_owned()), ..TlsSettings::default() },
        ..TransportSettings::default()
    };
    let transport = Transport::new(&settings)?;
    let page = send(&transport, Method::Get, target, Body::empty()).await?;
    if page.status != 200 {
        return Err(CommandFailure::usage(format!("the bank's page answers {}", page.status)));
    }
    let form = fields(&String::from_utf8_lossy(&page.body));
    let text: Vec<String> =
        form.iter().map(|(name, value)| format!("{}={}", percent_encode(name), percent_encode(value))).collect();
    let body = Body::whole("application/x-www-form-urlencoded", text.join("&"));
    let sent = send(&transport, Method::Post, target, body).await?;
    match (sent.status, sent.headers.text("location")) {
        (303, Some(url)) => Ok(Returned { url: url.to_owned() }),
        (status, _) => Err(CommandFailure::usage(format!("the bank's page did not send the customer back: {status}"))),
    }
}

async fn send(transport: &Transport, method: Method, target: &str, body: Body) -> CommandOutcome<InResponse> {
    let (method, target) = (method.as_str().to_owned(), target.to_owned());
    let request = OutRequest { method, target, headers: Headers::default(), body };
    Ok(transport.exchange(&request, plan(&CancellationToken::new(), &mut ContentSink::memory(0), &mut None)).await?)
}

/// One exchange without retries.
pub(super) fn plan<'a>(
    cancel: &'a CancellationToken,
    sink: &'a mut ContentSink,
    earlier: &'a mut Option<bankchannel::CallOutcome>,
) -> ExchangePlan<'a> {
    ExchangePlan {
        deadline: None,
        cancel,
        repeat: Repeat::Never,
        retries: None,
        response_content: None,
        sink,
        observer: None,
        earlier,
        answers: AnswerRules { headers: HEADERS, ..AnswerRules::default() },
        signing: None,
    }
}

/// The address's origin, and its path with the query.
fn split(link: &str) -> CommandOutcome<(&str, &str)> {
    let after = link.find("://").map(|at| at + 3);
    let path = after.and_then(|at| link[at..].find('/').map(|slash| at + slash));
    path.map(|at| link.split_at(at)).ok_or_else(|| CommandFailure::usage("the bank's link is not a URL"))
}

/// The form fields that a browser sends when the customer ticks every box and approves: hidden fields, boxes, the first
/// of several radio buttons, and the button.
fn fields(page: &str) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    for tag in page.split("<input").skip(1) {
        let tag = tag.split('>').next().unwrap_or_default();
        let (Some(name), value) = (attribute(tag, "name"), attribute(tag, "value").unwrap_or_default()) else {
            continue;
        };
        let is_radio = attribute(tag, "type").as_deref() == Some("radio");
        if !(is_radio && out.iter().any(|(known, _)| *known == name)) {
            out.push((name, value));
        }
    }
    out.push(("decision".to_owned(), "approve".to_owned()));
    out
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let value = rest.split('"').next()?;
    Some(
        value
            .replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&"),
    )
}

/// A response's link for the customer.
pub(super) fn link(response: &Map<String, Value>) -> CommandOutcome<String> {
    let link = response.get("sca_redirect").and_then(Value::as_str);
    link.map(str::to_owned).ok_or_else(|| CommandFailure::usage("the bank has sent no link for its customer"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_filled_in_as_a_browser_does() {
        let page = r#"<form><input type="hidden" name="state" value="a&amp;b">
            <input type="radio" name="customer" value="1" checked><input type="radio" name="customer" value="2">
            <input type="checkbox" name="account" value="x"><input type="checkbox" name="account" value="y"></form>"#;
        let expected =
            [("state", "a&b"), ("customer", "1"), ("account", "x"), ("account", "y"), ("decision", "approve")];
        let found = fields(page);
        let found: Vec<(&str, &str)> = found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn where_the_customer_came_back_to_is_taken_apart() {
        let returned = Returned { url: "https://tpp.example/cb?state=1&psu-id=psu%2D1".to_owned() };
        assert_eq!(returned.parameter("psu-id").as_deref(), Some("psu-1"));
        assert_eq!(returned.parameter("x"), None);
        assert_eq!(split("https://127.0.0.1:1/tap?a=/b").ok(), Some(("https://127.0.0.1:1", "/tap?a=/b")));
    }
}
