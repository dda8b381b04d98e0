//! `_links` (§1.4).

use bankchannel_foundation::model::{Boundary, Value};

/// The maximum number of links kept from one answer.
const MAX: usize = 64;

/// An HTTP method that a link may be used with.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[boundary(open)]
#[non_exhaustive]
pub enum Verb {
    /// Read it.
    #[boundary("GET")]
    Get,
    /// Replace it.
    #[boundary("PUT")]
    Put,
    /// Send to it.
    #[boundary("POST")]
    Post,
    /// Delete it.
    #[boundary("DELETE")]
    Delete,
    /// Another method, as written by the bank.
    Other(String),
}

impl Verb {
    fn from_method(text: &str) -> Self {
        match text {
            "GET" => Self::Get,
            "PUT" => Self::Put,
            "POST" => Self::Post,
            "DELETE" => Self::Delete,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// A link to the next step.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct Link {
    /// The purpose of the link, such as `scaRedirect`, `self` or `status`.
    pub name: String,
    /// The target exactly as written by the bank. It need not be a valid URI; see `url`.
    pub href: String,
    /// The allowed methods; `GET` if the bank names none.
    pub verbs: Vec<Verb>,
}

/// The links of an answer, in the bank's order, including links with unknown names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links(Vec<Link>);

impl Links {
    /// Reads the member `_links` of an answer. Anything that is not a link is ignored, so that a bank's mistake does
    /// not lose the rest.
    #[must_use]
    pub fn from_answer(answer: &Value<'_>) -> Self {
        let Some(links) = answer.get("_links").and_then(Value::as_object) else { return Self::default() };
        Self(links.iter().filter_map(|(name, value)| link(name, value)).take(MAX).collect())
    }

    /// Finds the link with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Link> {
        self.0.iter().find(|link| link.name == name)
    }

    /// The link that the bank's customer has to open, `scaRedirect`.
    #[must_use]
    pub fn sca_redirect(&self) -> Option<&Link> {
        self.get("scaRedirect")
    }

    /// All links.
    pub fn iter(&self) -> std::slice::Iter<'_, Link> {
        self.0.iter()
    }

    /// Whether there are no links.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All links, owned.
    #[must_use]
    pub fn into_vec(self) -> Vec<Link> {
        self.0
    }
}

fn link(name: &str, value: &Value<'_>) -> Option<Link> {
    // Early Berlin Group drafts had only the target, without an object.
    let href = value.as_str().or_else(|| value.get("href").and_then(Value::as_str))?;
    let verbs = match value.get("verbs") {
        Some(Value::Array(verbs)) => verbs.iter().filter_map(Value::as_str).map(Verb::from_method).collect(),
        _ => Vec::new(),
    };
    let verbs = if verbs.is_empty() { vec![Verb::Get] } else { verbs };
    Some(Link { name: name.to_owned(), href: href.to_owned(), verbs })
}
