//! Pages for browsers: escaped text, inline style and script, and headers that allow nothing else.

use std::fmt;

use bankchannel_crypto::digest::sha256;
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// The style shared by all pages.
const BASE_STYLE: &str = include_str!("page.css");

/// A response for a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HtmlPage {
    /// The HTTP status.
    pub status: u16,
    /// All headers, in lower case, except those of the connection.
    pub headers: Vec<(&'static str, String)>,
    /// The document or JSON; empty for a redirect.
    pub body: String,
}

impl HtmlPage {
    /// A document with this content security policy and referrer policy.
    pub fn document(status: u16, policy: String, referrer: &str, body: String) -> Self {
        Self { status, headers: common("text/html; charset=utf-8", referrer), body }
            .with("content-security-policy", policy)
    }

    /// A response without a document.
    pub fn plain(status: u16, content_type: &str, body: String) -> Self {
        Self { status, headers: common(content_type, "no-referrer"), body }
    }

    /// Adds a header.
    pub fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}

fn common(content_type: &str, referrer: &str) -> Vec<(&'static str, String)> {
    [
        ("content-type", content_type),
        ("cache-control", "no-store"),
        ("referrer-policy", referrer),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

/// Text within HTML, between tags or in a quoted attribute.
pub struct HtmlText<'a>(pub &'a str);

impl fmt::Display for HtmlText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
            let (before, from) = rest.split_at(at);
            f.write_str(before)?;
            f.write_str(match from.as_bytes().first() {
                Some(b'&') => "&amp;",
                Some(b'<') => "&lt;",
                Some(b'>') => "&gt;",
                Some(b'"') => "&quot;",
                _ => "&#39;",
            })?;
            rest = from.get(1..).unwrap_or_default();
        }
        f.write_str(rest)
    }
}

/// A page's own style, after the shared one.
pub fn style(own: &str) -> String {
    format!("{BASE_STYLE}{own}")
}

/// The source expression of a policy that allows exactly this inline style or script.
pub fn source(inline: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(sha256(inline.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_place() {
        assert_eq!(HtmlText("<a b=\"c\" d='e'>&amp;").to_string(), "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;amp;");
        assert_eq!(
            (HtmlText("").to_string(), HtmlText("Tromsø 😀").to_string()),
            (String::new(), "Tromsø 😀".to_owned())
        );
    }

    #[test]
    fn a_source_is_the_hash_of_the_text() {
        // The value for this script in browsers' documentation.
        assert_eq!(source("alert('Hello, world.');"), "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='");
    }
}
