//! PHP: a client for each protocol, its types and settings, the embedded servers, exceptions and codes.

mod client;
mod errors;
mod functions;
mod methods;
mod orders;
mod parameters;
mod questions;
mod served;
mod settings;
mod shared;
mod source;
mod types;

use bankchannel::Category;

use crate::{Generated, model::Model, named_types::Named};

/// Every PHP file.
pub(crate) fn files(model: &Model) -> Result<Vec<Generated>, String> {
    let mut files = vec![errors::codes(model), errors::categories()];
    files.extend(Category::ALL.into_iter().map(errors::exception));
    for protocol in &model.protocols {
        match protocol.settings {
            Some(settings) => {
                files.push(client::client(protocol));
                files.push(client::interface(protocol));
                files.push(client::operations(protocol, settings));
            }
            None => files.push(functions::module(protocol)),
        }
        files.extend(protocol.served.iter().map(|served| served::service(protocol, served)));
        for named in &protocol.types {
            match named {
                Named::Struct(shape) if protocol.is_request(shape.name) => {}
                other => files.extend(types::files(protocol, other)),
            }
        }
        files.extend(questions::files(protocol));
        for served in &protocol.served {
            files.extend(orders::types(protocol.class, &served.order_types));
        }
    }
    if !model.common_orders.is_empty() {
        files.extend(orders::types(orders::CONTROLLED, &model.common_types));
        files.push(orders::controlled(&model.common_orders));
    }
    let mut paths: Vec<String> = files.iter().map(|file| file.path.to_ascii_lowercase()).collect();
    paths.sort_unstable();
    match paths.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(format!("PHP: two classes would be in {}", pair[0])),
        None => {
            shared::declare_once(&mut files);
            Ok(files)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{methods::method_name, source::quoted, *};

    #[test]
    fn every_operation_has_one_method_and_every_code_a_constant() {
        let model = Model::load().unwrap();
        let files = files(&model).unwrap();
        let text = |end: &str| &files.iter().find(|file| file.path.ends_with(end)).unwrap().text;
        for protocol in &model.protocols {
            let written = match protocol.settings {
                Some(_) => text(&format!("{}/Operations.php", protocol.class)),
                None => text(&format!("Generated/{}.php", protocol.class)),
            };
            for operation in &protocol.operations {
                let called = format!("{}, [", quoted(operation.entry.declaration.name));
                assert_eq!(written.matches(&called).count(), 1, "{called}");
            }
            for served in &protocol.served {
                let written = text(&format!("{}/{}.php", protocol.class, served.short));
                for order in served.typed_orders() {
                    let called = format!("{}, [", quoted(order.entry.declaration.name));
                    assert_eq!(written.matches(&called).count(), 1, "{called}");
                }
            }
        }
        for row in &model.errors {
            assert!(text("Generated/ErrorCode.php").contains(&quoted(row.code)), "{}", row.code);
        }
    }

    #[test]
    fn names_that_php_does_not_tell_apart_differ() {
        let model = Model::load().unwrap();
        for protocol in &model.protocols {
            let mut names: Vec<String> = protocol
                .operations
                .iter()
                .map(|operation| method_name(protocol, operation).to_ascii_lowercase())
                .collect();
            names.sort_unstable();
            assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
        }
    }
}
