//! A separate value for each process: the child of a fork makes a new one.

use once_cell::sync::OnceCell;

/// A separate value for each process. Those of parent processes stay where they are, untouched: their threads do not
/// exist here, so nothing of them may be used, not even dropped.
pub(crate) struct PerProcess<T> {
    node: OnceCell<Box<ProcessNode<T>>>,
}

struct ProcessNode<T> {
    process: u32,
    value: T,
    next: PerProcess<T>,
}

impl<T> PerProcess<T> {
    pub(crate) const fn new() -> Self {
        Self { node: OnceCell::new() }
    }

    /// This process's value; made on first use, from the nearest parent's value if there is one.
    ///
    /// # Errors
    /// The error of `make`; the next call tries again.
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
        let node = place.node.get_or_try_init(|| {
            Ok::<_, E>(Box::new(ProcessNode { process, value: make(parent)?, next: Self::new() }))
        })?;
        Ok(&node.value)
    }
}

impl<T> Drop for PerProcess<T> {
    fn drop(&mut self) {
        let Some(mut node) = self.node.take() else { return };
        if node.process != std::process::id() {
            // The value made by this process is behind the parent's and is dropped; the parent's own value stays.
            drop(std::mem::replace(&mut node.next, Self::new()));
            std::mem::forget(node);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    struct Counted(Arc<AtomicUsize>);

    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn only_what_this_process_made_is_dropped() {
        let (parent, own) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let inherited = PerProcess::new();
        let node = ProcessNode {
            process: std::process::id() + 1,
            value: Counted(Arc::clone(&parent)),
            next: PerProcess::new(),
        };
        assert!(inherited.node.set(Box::new(node)).is_ok());
        let made = inherited.get_or_make(|seen| {
            assert!(seen.is_some(), "the parent's is there to look at");
            Ok::<_, ()>(Counted(Arc::clone(&own)))
        });
        assert!(made.is_ok());
        drop(inherited);
        assert_eq!((parent.load(Ordering::SeqCst), own.load(Ordering::SeqCst)), (0, 1));
    }
}
