macro_rules! method_doc {
    ($client:ident $method:ident) => {
        ""
    };
}

pub(crate) use method_doc;
