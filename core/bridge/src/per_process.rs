//! A value of which each process has its own: a fork's child makes a new one.

use once_cell::sync::OnceCell;

/// A value of which each process has its own. Those of parent processes stay where they are, untouched: their
/// threads do not exist here, so nothing of them may be used, not even dropped.
pub(crate) struct PerProcess<T> {
    node: OnceCell<Box<Node<T>>>,
}

struct Node<T> {
    process: u32,
    value: T,
    next: PerProcess<T>,
}

impl<T> PerProcess<T> {
    pub(crate) const fn new() -> Self {
        Self { node: OnceCell::new() }
    }

    /// This process's value; made at first use, with the nearest parent's to look at.
    ///
    /// # Errors
    /// What `make` fails with; the next call tries again.
    pub(crate) fn get_or_make<E>(&self, make: impl FnOnce(Option<&T>) -> Result<T, E>) -> Result<&T, E> {
        let process = std::process::id();
        let mut place = self;
        let mut parent = None;
        while let Some(node) = place.node.get() {
            if node.process == process {
                return Ok(&node.value);
            }
            parent = Some(&node.value);
            place = &node.next;
        }
        let node = place
            .node
            .get_or_try_init(|| Ok::<_, E>(Box::new(Node { process, value: make(parent)?, next: Self::new() })))?;
        Ok(&node.value)
    }
}
