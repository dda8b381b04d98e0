//! The ids of a message: which element has one, and that none is there twice.

use std::borrow::Cow;
use std::collections::HashMap;

use bankchannel_xml::{TreeElement, XML_NAMESPACE};

use crate::fault::{SignatureFault, SignatureFaultKind};
use crate::names::WS_UTILITY_NAMESPACE;

/// The elements of a document by their ids: `wsu:Id`, `xml:id` and `Id`.
pub(crate) struct IdIndex<'r> {
    elements: HashMap<Cow<'r, str>, IdPlace<'r>>,
}

struct IdPlace<'r> {
    element: TreeElement<'r>,
    /// Whether the attribute is one of the three: others only must not repeat a value.
    is_id: bool,
    is_repeated: bool,
}

impl<'r> IdIndex<'r> {
    pub(crate) fn new(root: TreeElement<'r>) -> Self {
        let mut index = Self { elements: HashMap::new() };
        for element in root.and_inside() {
            for one in element.attributes().iter().filter(|one| one.declared_prefix().is_none()) {
                let (local, prefix) = (one.local(), one.prefix());
                if !local.eq_ignore_ascii_case("id") {
                    continue;
                }
                let namespace = element.attribute_namespace(prefix);
                let is_id = match namespace {
                    "" | WS_UTILITY_NAMESPACE => local == "Id",
                    XML_NAMESPACE => local == "id",
                    _ => false,
                };
                let looks_so = matches!(local, "Id" | "ID" | "id");
                if is_id || looks_so {
                    index.add(one.value(), element, is_id);
                }
            }
        }
        index
    }

    fn add(&mut self, value: Cow<'r, str>, element: TreeElement<'r>, is_id: bool) {
        match self.elements.get_mut(&value) {
            Some(known) => known.is_repeated = true,
            None => {
                self.elements.insert(value, IdPlace { element, is_id, is_repeated: false });
            }
        }
    }

    /// The element with this id.
    pub(crate) fn find(&self, id: &str, asked_by: TreeElement<'_>) -> Result<TreeElement<'r>, SignatureFault> {
        let fault = |message: &str| SignatureFault::new(SignatureFaultKind::Reference, asked_by, message);
        match self.elements.get(id) {
            Some(place) if place.is_repeated => Err(fault("the id that it names is there more than once")),
            Some(place) if place.is_id => Ok(place.element),
            Some(_) => {
                Err(fault("the id that it names stands in an attribute that is no id here (wsu:Id, xml:id, Id)"))
            }
            None => Err(fault("no element has the id that it names")),
        }
    }
}
