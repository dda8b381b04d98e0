//! Links of answers (§1.4), in the form for users.

use std::collections::BTreeMap;

use bankchannel_foundation::model::Boundary;

use crate::answer::{encode_href, resolve_href};

/// Links by name, including links with unknown names.
pub type LinkMap = BTreeMap<String, LinkTarget>;

/// The target of a link.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct LinkTarget {
    /// The target exactly as the bank wrote it. It need not be a valid URI; see `url`.
    #[boundary(wire = "href")]
    pub href: String,
    /// The whole target, with every byte percent-encoded that a URI cannot hold. Absent if the target cannot be made a
    /// URI. Does not travel: it comes from `href` and the bank's base URL.
    #[boundary(wire = "url", off_wire)]
    pub url: Option<String>,
    /// The allowed methods. Default: `GET`, if the bank names none.
    #[boundary(wire = "verbs")]
    pub verbs: Vec<String>,
}

impl LinkTarget {
    /// A link with the method GET, in the format of dialect `era`.
    #[must_use]
    pub fn get(href: impl Into<String>) -> Self {
        Self { href: href.into(), url: None, verbs: vec!["GET".to_owned()] }
    }

    /// A link without methods, in the format of dialect `bg`.
    #[must_use]
    pub fn bare(href: impl Into<String>) -> Self {
        Self { href: href.into(), url: None, verbs: Vec::new() }
    }

    /// Fills in `url`, relative to this base URL.
    pub fn resolve(&mut self, base_url: &str) {
        self.url = resolve_href(base_url, &self.href).and_then(|whole| encode_href(&whole));
    }
}

/// An answer that may have links, which a client completes after reading it.
pub trait LinkedAnswer {
    /// Whether the answer has a field for the customer's address.
    const LEADS_CUSTOMER: bool = false;

    /// The answer's own links.
    fn links(&self) -> Option<&LinkMap> {
        None
    }

    /// Fills in the `url` of every link, including links in its parts, relative to the bank's base URL.
    fn resolve_links(&mut self, base_url: &str) {
        let _ = base_url;
    }

    /// Sets the address for the customer, after it was found to be safe.
    fn set_sca_redirect(&mut self, url: String) {
        let _ = url;
    }
}

/// Implements `Linked` for answers that have links only at their top level; the second argument is the field for the
/// customer's address.
macro_rules! linked {
    ($ty:ty $(, $sca_redirect:ident)?) => {
        impl $crate::model::LinkedAnswer for $ty {
            fn links(&self) -> Option<&$crate::model::LinkMap> {
                Some(&self.links)
            }

            fn resolve_links(&mut self, base_url: &str) {
                self.links.values_mut().for_each(|link| link.resolve(base_url));
            }

            $(const LEADS_CUSTOMER: bool = true;

            fn set_sca_redirect(&mut self, url: String) {
                self.$sca_redirect = Some(url);
            })?
        }
    };
}

pub(crate) use linked;
