//! The part of a message that a signature covers.

use bankchannel_xml::TreeElement;

/// An element whose bytes a signature covers: all that is inside it, but for the signature that covers it. Only the
/// verification of this crate makes one, so its holder reads the signed part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoveredElement<'r> {
    element: TreeElement<'r>,
    omitted: Option<TreeElement<'r>>,
}

impl<'r> CoveredElement<'r> {
    pub(crate) fn new(element: TreeElement<'r>, omitted: Option<TreeElement<'r>>) -> Self {
        Self { element, omitted }
    }

    /// The element itself.
    #[must_use]
    pub fn element(self) -> TreeElement<'r> {
        self.element
    }

    /// The elements directly inside, without the signature.
    pub fn children(self) -> impl Iterator<Item = TreeElement<'r>> {
        self.element.children().filter(move |child| Some(*child) != self.omitted)
    }

    /// Its place, as a path from the root.
    #[must_use]
    pub fn place(self) -> String {
        self.element.place()
    }
}
