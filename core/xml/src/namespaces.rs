//! The namespaces in scope at a place in a document.

/// The namespace of the prefix `xml`, which is always declared.
pub const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";
/// The namespace of declarations.
const XMLNS_NAMESPACE: &str = "http://www.w3.org/2000/xmlns/";

/// Maximum number of declarations in force at one place; messages of banks have fewer than 30.
const MAX_IN_SCOPE: usize = 128;

/// Whether two short texts are the same: for names and prefixes a call of the library's comparison costs more.
#[inline]
pub(crate) fn is_same_short(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.bytes().zip(other.bytes()).all(|(one, other)| one == other)
}

/// The declared namespaces, innermost last.
#[derive(Default)]
pub struct NamespaceScope {
    declared: Vec<NamespaceDeclaration>,
    /// The number of declarations of the document so far.
    count: usize,
}

/// A declaration in force.
pub(crate) struct NamespaceDeclaration {
    /// The depth of the element that declares it, from 1.
    depth: usize,
    /// Empty for the default namespace.
    prefix: String,
    pub(crate) uri: String,
    /// Its number among all declarations of the document, from 0.
    pub(crate) number: usize,
    /// The number of the outermost declaration in force of the same namespace: two namespaces in force are compared by
    /// it, since each may be long.
    first: usize,
}

impl NamespaceScope {
    /// The namespace of a prefix, the empty one for the default; an empty text for none, `None` for a prefix that is
    /// not declared.
    pub fn resolve(&self, prefix: &str) -> Option<&str> {
        if prefix == "xml" {
            return Some(XML_NAMESPACE);
        }
        match self.declaration(prefix) {
            Some(one) => Some(&one.uri),
            None => prefix.is_empty().then_some(""),
        }
    }

    /// The declaration in force of a prefix.
    #[inline]
    pub(crate) fn declaration(&self, prefix: &str) -> Option<&NamespaceDeclaration> {
        self.declared.iter().rev().find(|one| is_same_short(&one.prefix, prefix))
    }

    /// The declarations from this number on that are in force, in their order.
    pub(crate) fn declared_from(&self, number: usize) -> &[NamespaceDeclaration] {
        &self.declared[self.declared.partition_point(|one| one.number < number)..]
    }

    /// The number of declarations of the document so far, those included that are no longer in force.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// What stands for the namespace of a prefix: equal for two prefixes of one namespace. `None` for a prefix that is
    /// not declared.
    pub(crate) fn identity(&self, prefix: &str) -> Option<NamespaceIdentity> {
        if prefix == "xml" {
            return Some(NamespaceIdentity(usize::MAX));
        }
        self.declaration(prefix).map(|one| NamespaceIdentity(one.first))
    }

    /// Adds a declaration of the element at this depth, or says why XML does not allow it.
    pub(crate) fn declare(&mut self, depth: usize, prefix: &str, uri: &str) -> Result<(), &'static str> {
        let of_xml = (prefix == "xml") != (uri == XML_NAMESPACE);
        if of_xml || prefix == "xmlns" || uri == XMLNS_NAMESPACE {
            return Err("a namespace of XML itself is declared under another name");
        }
        if !prefix.is_empty() && uri.is_empty() {
            return Err("a prefix is declared for no namespace");
        }
        if self.declared.len() >= MAX_IN_SCOPE {
            return Err("more than 128 namespaces are declared around one element");
        }
        let number = self.count;
        let first = self.declared.iter().find(|one| one.uri == uri).map_or(number, |one| one.first);
        self.count += 1;
        self.declared.push(NamespaceDeclaration {
            depth,
            prefix: prefix.to_owned(),
            uri: uri.to_owned(),
            number,
            first,
        });
        Ok(())
    }

    /// Removes the declarations of elements deeper than this.
    #[inline]
    pub(crate) fn leave(&mut self, depth: usize) {
        while self.declared.last().is_some_and(|one| one.depth > depth) {
            self.declared.pop();
        }
    }
}

/// Stands for a namespace at one place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct NamespaceIdentity(usize);

/// Whether a namespace is an absolute URI, as canonical XML demands (§2.1): a scheme, then characters of URIs.
pub(crate) fn is_absolute(uri: &str) -> bool {
    let Some((scheme, rest)) = uri.split_once(':') else { return false };
    let in_scheme = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let in_uri = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte);
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(in_scheme)
        && rest.bytes().all(in_uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absolute_namespaces_have_a_scheme() {
        for uri in ["http://bxd.fi/xmldata/", "urn:x", "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09", "a+b.c-1:%20"]
        {
            assert!(is_absolute(uri), "{uri}");
        }
        for uri in ["rel", "../rel", "/rel", "//host/rel", "#x", "1a:b", ":b", "a b:c", "urn:a b", "urn:\u{e4}"] {
            assert!(!is_absolute(uri), "{uri}");
        }
    }
}
