//! The namespaces in scope at a place in a document.

/// The namespace of the prefix `xml`, which is always declared.
pub const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";
/// The namespace of declarations.
const XMLNS_NAMESPACE: &str = "http://www.w3.org/2000/xmlns/";

/// Maximum number of declarations in force at one place; messages of banks have fewer than 30.
const MAX_IN_SCOPE: usize = 128;

/// The declared namespaces, innermost last.
#[derive(Default)]
pub struct NamespaceScope {
    declared: Vec<NamespaceDeclaration>,
}

struct NamespaceDeclaration {
    /// The depth of the element that declares it, from 1.
    depth: usize,
    /// Empty for the default namespace.
    prefix: String,
    uri: String,
}

impl NamespaceScope {
    /// The namespace of a prefix, the empty one for the default; an empty text for none, `None` for a prefix that is
    /// not declared.
    pub fn resolve(&self, prefix: &str) -> Option<&str> {
        if prefix == "xml" {
            return Some(XML_NAMESPACE);
        }
        match self.declared.iter().rev().find(|one| one.prefix == prefix) {
            Some(one) => Some(&one.uri),
            None => prefix.is_empty().then_some(""),
        }
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
        self.declared.push(NamespaceDeclaration { depth, prefix: prefix.to_owned(), uri: uri.to_owned() });
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
