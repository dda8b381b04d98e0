//! `_links` (§1.4).

use bankchannel_foundation::model::{Boundary, Object, Value};

/// The maximum number of links kept from one answer.
const MAX: usize = 64;
/// The name of the link for the customer.
const SCA_REDIRECT: &str = "scaRedirect";
/// The members with a link's own name, in any case.
const OWN_NAMES: [&str; 3] = ["rel", "name", "key"];

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
    /// list of such objects, or of links with their names inside (`rel`, `name` or `key`), or put these into a member
    /// `link` or `links`. Anything that is not a link is ignored, so that a bank's mistake does not lose the rest.
    #[must_use]
    pub fn from_answer(answer: &Value<'_>) -> Self {
        answer.get("_links").map_or_else(Self::default, |links| Self::read(links, &mut |_, _| {}))
    }

    /// Reads links. `unread` gets every value that is none: its path inside `_links`, and its value.
    pub(crate) fn read(links: &Value<'_>, unread: &mut dyn FnMut(&[String], &Value<'_>)) -> Self {
        let mut reader = LinksReader { links: Self::default(), path: Vec::new(), unread };
        reader.all(links);
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

    /// Reads links in a list, or in one object.
    fn all(&mut self, value: &Value<'_>) {
        match value {
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.inside(&at.to_string(), |reader| reader.object(item));
                }
            }
            value => self.object(value),
        }
    }

    /// Reads an object with links by their names, or one link with its name inside.
    fn object(&mut self, value: &Value<'_>) {
        let Some(members) = value.as_object() else { return self.lose(None, value) };
        if let Some(name) = own_name(value) {
            return self.link(name, value, true);
        }
        if member(value, "href").is_some() {
            return self.lose(None, value);
        }
        for (name, value) in members.iter() {
            self.inside(name, |reader| match value {
                _ if is_wrapper(name, value) => reader.all(value),
                // HAL has a list for each name.
                Value::Array(values) => {
                    for (at, value) in values.iter().enumerate() {
                        reader.inside(&at.to_string(), |reader| reader.link(name, value, false));
                    }
                }
                value => reader.link(name, value, false),
            });
        }
    }

    /// Reads one link, which may have its name inside.
    fn link(&mut self, name: &str, value: &Value<'_>, is_named: bool) {
        let name = if name.eq_ignore_ascii_case(SCA_REDIRECT) { SCA_REDIRECT } else { name };
        // Early Berlin Group drafts had only the target, without an object.
        let href = value.as_str().or_else(|| target(value, is_named));
        let Some(href) = href.filter(|href| !href.is_empty()) else { return self.lose(Some(name), value) };
        if self.links.found.len() == MAX || self.links.get(name).is_some() {
            return self.lose(Some(name), value);
        }
        let mut verbs = Vec::new();
        let is_own = |member: &str, value: &Value<'_>| {
            value.as_str() == Some(href) || is_named && is_one_of(member, &OWN_NAMES) && value.as_str().is_some()
        };
        for (member, value) in value.as_object().into_iter().flat_map(Object::iter) {
            match value {
                Value::Array(given) if member == "verbs" && given.iter().all(|verb| verb.as_str().is_some()) => {
                    verbs.extend(given.iter().filter_map(Value::as_str).map(Verb::from_method));
                }
                value if is_own(member, value) => {}
                value => self.inside(member, |reader| reader.leave(value)),
            }
        }
        let verbs = if verbs.is_empty() { vec![Verb::Get] } else { verbs };
        self.links.found.push(Link { name: name.to_owned(), href: href.to_owned(), verbs });
    }

    /// Reports a value that is no link.
    fn lose(&mut self, name: Option<&str>, value: &Value<'_>) {
        self.links.customers_is_lost |= may_be_link(value) && name.is_none_or(|name| name == SCA_REDIRECT);
        self.leave(value);
    }

    /// Reports a value outside of the links. It may hold the customer's all the same.
    fn leave(&mut self, value: &Value<'_>) {
        self.links.customers_is_lost |= names_customers(value);
        (self.unread)(&self.path, value);
    }
}

/// The member of this name in any case.
fn member<'v>(value: &'v Value<'_>, name: &str) -> Option<&'v Value<'v>> {
    value.as_object()?.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// The target of a link: `href`, or `value` if the link has its name inside.
fn target<'v>(value: &'v Value<'_>, is_named: bool) -> Option<&'v str> {
    let text = |name: &str| member(value, name).and_then(Value::as_str);
    text("href").or_else(|| text("value").filter(|_| is_named))
}

/// The name inside of a link that has a target, too.
fn own_name<'v>(value: &'v Value<'_>) -> Option<&'v str> {
    target(value, true)?;
    OWN_NAMES.iter().find_map(|name| member(value, name)?.as_str())
}

/// Whether a member is no link, but holds links.
fn is_wrapper(name: &str, value: &Value<'_>) -> bool {
    let has_names = match value {
        Value::Array(values) => values.iter().any(|value| own_name(value).is_some()),
        value => own_name(value).is_some(),
    };
    is_one_of(name, &["link", "links"]) && (has_names || names_customers(value))
}

fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|own| own.eq_ignore_ascii_case(name))
}

/// Whether something that cannot be read may be a link: it has text, other than methods beside an empty target.
fn may_be_link(value: &Value<'_>) -> bool {
    match value {
        Value::Null | Value::Bool(_) => false,
        Value::String(text) => !text.is_empty(),
        Value::Number(_) => true,
        Value::Array(values) => values.iter().any(may_be_link),
        Value::Object(members) => match member(value, "href") {
            Some(href) if !may_be_link(href) => members.iter().any(|(_, value)| has_address(value)),
            _ => members.iter().any(|(_, value)| may_be_link(value)),
        },
    }
}

/// Whether a text inside looks like an address.
fn has_address(value: &Value<'_>) -> bool {
    match value {
        Value::String(text) => text.contains('/'),
        Value::Array(values) => values.iter().any(has_address),
        Value::Object(members) => members.iter().any(|(_, value)| has_address(value)),
        _ => false,
    }
}

/// Whether the link for the customer is named inside, with something that may be it.
fn names_customers(value: &Value<'_>) -> bool {
    searched(value).names
}

/// The findings inside a value.
#[derive(Clone, Copy, Default)]
struct Searched {
    /// The link for the customer, named with something that may be it.
    names: bool,
    /// A text that looks like an address.
    address: bool,
}

impl Searched {
    fn with(self, other: Self) -> Self {
        Self { names: self.names || other.names, address: self.address || other.address }
    }
}

/// Looks at each value once, however deep it is.
fn searched(value: &Value<'_>) -> Searched {
    match value {
        Value::String(text) => Searched { names: false, address: text.contains('/') },
        Value::Array(values) => values.iter().map(searched).fold(Searched::default(), Searched::with),
        Value::Object(members) => {
            let is_name = |name: &str| name.eq_ignore_ascii_case(SCA_REDIRECT);
            let named = members.iter().any(|(_, value)| value.as_str().is_some_and(is_name));
            let own = members.iter().any(|(name, value)| is_name(name) && may_be_link(value));
            let inside = members.iter().map(|(_, value)| searched(value)).fold(Searched::default(), Searched::with);
            Searched { names: own || named && inside.address || inside.names, address: inside.address }
        }
        _ => Searched::default(),
    }
}
