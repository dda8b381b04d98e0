//! `_links` (§1.4).

use bankchannel_foundation::model::{Boundary, Object, Value};

/// The maximum number of links kept from one answer.
const MAX: usize = 64;
/// The name of the link for the customer.
const SCA_REDIRECT: &str = "scaRedirect";

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
pub struct Links {
    found: Vec<Link>,
    customers_is_lost: bool,
}

impl Links {
    /// Reads the member `_links` of an answer. Usually it is an object with links by their names; some banks write a
    /// list of such objects, or of links with their names inside (`rel` or `name`). Anything that is not a link is
    /// ignored, so that a bank's mistake does not lose the rest.
    #[must_use]
    pub fn from_answer(answer: &Value<'_>) -> Self {
        answer.get("_links").map_or_else(Self::default, |links| Self::read(links, &mut |_, _| {}))
    }

    /// Reads links. `unread` gets what is none: its path inside `_links`, and its value.
    pub(crate) fn read(links: &Value<'_>, unread: &mut dyn FnMut(&[String], &Value<'_>)) -> Self {
        let mut reader = LinksReader { links: Self::default(), path: Vec::new(), unread };
        match links {
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    reader.inside(&at.to_string(), |reader| reader.object(item));
                }
            }
            links => reader.object(links),
        }
        let mut read = reader.links;
        read.customers_is_lost &= read.sca_redirect().is_none();
        read
    }

    /// Whether there is no link for the customer, and something that cannot be read may be it.
    #[must_use]
    pub fn customers_is_lost(&self) -> bool {
        self.customers_is_lost
    }

    /// Finds the link with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Link> {
        self.found.iter().find(|link| link.name == name)
    }

    /// The link that the bank's customer has to open, `scaRedirect`.
    #[must_use]
    pub fn sca_redirect(&self) -> Option<&Link> {
        self.get(SCA_REDIRECT)
    }

    /// All links.
    pub fn iter(&self) -> std::slice::Iter<'_, Link> {
        self.found.iter()
    }

    /// Whether there are no links.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// All links, owned.
    #[must_use]
    pub fn into_vec(self) -> Vec<Link> {
        self.found
    }
}

/// Reads links in all forms that banks write.
struct LinksReader<'r> {
    links: Links,
    /// The reader's place inside `_links`.
    path: Vec<String>,
    unread: &'r mut dyn FnMut(&[String], &Value<'_>),
}

impl LinksReader<'_> {
    fn inside(&mut self, name: &str, read: impl FnOnce(&mut Self)) {
        self.path.push(name.to_owned());
        read(self);
        self.path.pop();
    }

    /// Reads an object with links by their names, or one link with its name inside.
    fn object(&mut self, value: &Value<'_>) {
        let Some(members) = value.as_object() else { return self.lose(None, value) };
        if members.get("href").is_some() {
            let own = |member: &'static str| Some((member, members.get(member)?.as_str()?));
            return match own("rel").or_else(|| own("name")) {
                Some((member, name)) => self.link(name, value, member),
                None => self.lose(None, value),
            };
        }
        for (name, value) in members.iter() {
            self.inside(name, |reader| match value {
                // HAL has a list for each name.
                Value::Array(values) => {
                    for (at, value) in values.iter().enumerate() {
                        reader.inside(&at.to_string(), |reader| reader.link(name, value, ""));
                    }
                }
                value => reader.link(name, value, ""),
            });
        }
    }

    /// Reads one link; `named_by` is its member with its name, if it has one.
    fn link(&mut self, name: &str, value: &Value<'_>, named_by: &str) {
        let name = if name.eq_ignore_ascii_case(SCA_REDIRECT) { SCA_REDIRECT } else { name };
        // Early Berlin Group drafts had only the target, without an object.
        let href = value.as_str().or_else(|| value.get("href").and_then(Value::as_str));
        let Some(href) = href.filter(|href| !href.is_empty()) else { return self.lose(Some(name), value) };
        if self.links.found.len() == MAX || self.links.get(name).is_some() {
            return self.lose(Some(name), value);
        }
        let mut verbs = Vec::new();
        for (member, value) in value.as_object().into_iter().flat_map(Object::iter) {
            match value {
                Value::Array(given) if member == "verbs" && given.iter().all(|verb| verb.as_str().is_some()) => {
                    verbs.extend(given.iter().filter_map(Value::as_str).map(Verb::from_method));
                }
                _ if member == "href" || member == named_by => {}
                value => self.inside(member, |reader| (reader.unread)(&reader.path, value)),
            }
        }
        let verbs = if verbs.is_empty() { vec![Verb::Get] } else { verbs };
        self.links.found.push(Link { name: name.to_owned(), href: href.to_owned(), verbs });
    }

    /// What is no link.
    fn lose(&mut self, name: Option<&str>, value: &Value<'_>) {
        let is_empty = match value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(values) => values.is_empty(),
            Value::Object(members) => members.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        };
        self.links.customers_is_lost |= !is_empty && name.is_none_or(|name| name == SCA_REDIRECT);
        (self.unread)(&self.path, value);
    }
}
