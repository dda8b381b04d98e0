//! Foreign JSON: read strictly, with content streamed out of it.

mod splitter;
mod strict;

pub use splitter::{ContentSplitter, SplitError};
pub use strict::{JsonFault, parse, parse_text};
