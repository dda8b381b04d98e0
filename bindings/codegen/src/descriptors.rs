//! Types of listed items that an operation accepts instead of the fields that name the item.

use bankchannel::model::{Field, Shape, StructShape};

use crate::model::{OperationModel, ProtocolModel};

/// The types of a protocol's listings that an operation accepts instead of its required fields: types that always
/// contain all of these fields, which must be at least two.
pub(crate) fn described_structs(protocol: &ProtocolModel, operation: &OperationModel) -> Vec<&'static StructShape> {
    let wanted = required(operation.request);
    let mut found: Vec<&'static StructShape> = Vec::new();
    if wanted.len() < 2 || !operation.takes_options() {
        return found;
    }
    for listed in protocol.operations.iter().flat_map(|operation| operation.response.shape.fields()) {
        let Shape::List(Shape::Struct(shape)) = listed.shape else { continue };
        let stands =
            |field: &&Field| required(shape).iter().any(|member| member.name == field.name && are_text(member, field));
        if wanted.iter().all(stands) && found.iter().all(|known| known.name != shape.name) {
            found.push(shape);
        }
    }
    found
}

/// The fields that are always present.
pub(crate) fn required(shape: &'static StructShape) -> Vec<&'static Field> {
    shape.fields.iter().filter(|field| !field.optional && !field.profile).collect()
}

fn are_text(one: &Field, other: &Field) -> bool {
    matches!((one.shape, other.shape), (Shape::Text(_), Shape::Text(_)))
}

/// The documentation of an operation that takes such types.
pub(crate) fn descriptors_text(types: &[&StructShape]) -> String {
    let names: Vec<String> = types.iter().map(|shape| format!("`{}`", shape.name)).collect();
    format!("A {} may be given as it was listed.", names.join(" or "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::model::Model;

    #[test]
    fn a_listed_file_names_what_is_downloaded_and_deleted() {
        let model = Model::load().unwrap();
        let mut taking = Vec::new();
        for protocol in &model.protocols {
            for operation in &protocol.operations {
                let names: Vec<&str> = described_structs(protocol, operation).iter().map(|shape| shape.name).collect();
                if !names.is_empty() {
                    taking.push((operation.entry.declaration.name, names));
                }
            }
        }
        let files = || vec!["FileDescriptor", "DownloadedFile"];
        taking.retain(|(name, _)| name.starts_with("ws_channel."));
        assert_eq!(taking, [("ws_channel.download_file", files()), ("ws_channel.delete_file", files())]);
    }
}
