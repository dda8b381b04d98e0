//! The toy is in no library that is shipped: its methods have no documentation.

/// See the file of this name of another protocol.
macro_rules! method_doc {
    ($($operation:ident)+) => {
        ""
    };
}

pub(super) use method_doc;
