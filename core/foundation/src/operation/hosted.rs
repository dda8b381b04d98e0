//! How an order to a running server travels: over its control interface, and from the program that runs it.

use std::borrow::Cow;

use super::path_parameter;
use crate::message::Method;

/// The form of an operation that a running server carries out for whoever runs it.
#[derive(Debug)]
pub struct HostedForm {
    /// The path below `sandbox/`; `{name}` is the request's member of this name.
    pub path: &'static str,
    /// The method.
    pub method: Method,
    /// Whether the path exists without `sandbox/` too.
    pub at_top: bool,
    /// The members that select this order among those at its path when all of them are given; empty for the default one.
    pub given: &'static [&'static str],
    /// The request's list that may stand for the whole request; one item of it too.
    pub whole_request: Option<&'static str>,
    /// The request's member that is the raw body, and the headers that are members.
    pub raw_request: Option<RawRequest>,
    /// The answer's member that stands for the whole answer.
    pub whole_answer: Option<&'static str>,
    /// Whether the answer has `null` for what is left out.
    pub writes_nulls: bool,
    /// Whether the server must have an open control interface.
    pub needs_control: bool,
    /// The largest body, in bytes.
    pub max_bytes: usize,
}

/// A request whose body is no JSON.
#[derive(Debug)]
pub struct RawRequest {
    /// The request's member that holds the body.
    pub content: &'static str,
    /// Headers, in lower case, and the members that they are.
    pub headers: &'static [(&'static str, &'static str)],
}

impl HostedForm {
    /// The largest body that an order may have, in bytes: seeds contain files.
    pub const LARGEST: usize = 64 * 1024 * 1024;

    /// An order at this path below `sandbox/`, by POST.
    #[must_use]
    pub const fn at(path: &'static str) -> Self {
        Self {
            path,
            method: Method::Post,
            at_top: false,
            given: &[],
            whole_request: None,
            raw_request: None,
            whole_answer: None,
            writes_nulls: false,
            needs_control: true,
            max_bytes: Self::LARGEST,
        }
    }

    /// The same, with the path at the top too: the orders that most servers have.
    #[must_use]
    pub const fn at_top(path: &'static str) -> Self {
        Self { at_top: true, ..Self::at(path) }
    }

    /// The path of the control interface: below `sandbox/`, unless it is at the top too.
    #[must_use]
    pub fn whole_path(&self) -> Cow<'static, str> {
        if self.at_top { self.path.into() } else { format!("sandbox/{}", self.path).into() }
    }

    /// The values of the path's parameters, if it is this form's path.
    #[must_use]
    pub fn parameters<'p>(&self, path: &'p str) -> Option<Vec<(&'static str, &'p str)>> {
        let (mut own, mut given) = (self.path.split('/'), path.split('/'));
        let mut found = Vec::new();
        loop {
            match (own.next(), given.next()) {
                (None, None) => return Some(found),
                (Some(part), Some(text)) => match path_parameter(part) {
                    Some(name) if !text.is_empty() => found.push((name, text)),
                    None if part == text => {}
                    _ => return None,
                },
                _ => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::HostedForm;

    #[test]
    fn a_path_gives_its_parameters() {
        let form = HostedForm::at("certs/{serial}/block");
        assert_eq!(form.parameters("certs/0a/block"), Some(vec![("serial", "0a")]));
        for other in ["certs/0a/revoke", "certs//block", "certs/0a", "certs/0a/block/x", ""] {
            assert_eq!(form.parameters(other), None, "{other}");
        }
    }
}
