//! The catalogue: every operation, for people, generators and other languages.

use bankchannel_foundation::{
    error::{self, ErrorRow},
    model::{Representation, schema},
    operation::CatalogueEntry,
};
use serde_json::{Value, json};

use crate::protocols::{self, CallableOperation, PROTOCOLS};

/// Every operation, ordered by protocol and subject.
pub fn catalogue() -> impl Iterator<Item = &'static CatalogueEntry> {
    PROTOCOLS.iter().flat_map(|protocol| protocol.callables()).map(|callable| &callable.entry)
}

/// Finds the operation with this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static CatalogueEntry> {
    protocols::find(name).map(|(_, callable)| &callable.entry)
}

/// Finds the operation at this position of the catalogue, counted from 0.
#[must_use]
pub fn find_by_number(number: usize) -> Option<&'static CallableOperation> {
    let mut left = number;
    let mut groups = PROTOCOLS.iter().flat_map(|protocol| protocol.operations);
    groups.find_map(|group| match group.get(left) {
        None => {
            left -= group.len();
            None
        }
        found => found,
    })
}

/// The catalogue as JSON: the name, protocol, kind, summary, schemas and errors of every operation.
#[must_use]
pub fn catalogue_json() -> Value {
    catalogue().map(entry_json).collect()
}

/// Every row of the error table.
pub fn error_table() -> impl Iterator<Item = &'static ErrorRow> {
    error::ROWS.iter().chain(PROTOCOLS.iter().flat_map(|protocol| protocol.errors)).copied()
}

/// The entry of one operation in the catalogue's JSON.
#[must_use]
pub fn entry_json(entry: &CatalogueEntry) -> Value {
    let declaration = entry.declaration;
    let errors: Vec<&str> = declaration.errors.iter().map(|row| row.code).collect();
    json!({
        "name": declaration.name,
        "protocol": declaration.protocol,
        "kind": declaration.kind.as_str(),
        "takes_time": declaration.takes_time,
        "subject": declaration.subject,
        "summary": declaration.summary,
        "description": bankchannel_foundation::model::cited(declaration.doc).text,
        "request_schema": schema::schema(entry.request, Representation::Boundary),
        "response_schema": schema::schema(entry.response, Representation::Boundary),
        "errors": errors,
        "timeout_s": declaration.route.as_ref().map(|route| route.timeout_s),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_positions_in_the_catalogue() {
        for (number, entry) in catalogue().enumerate() {
            let found = find_by_number(number).map(|callable| callable.entry.declaration.name);
            assert_eq!(found, Some(entry.declaration.name), "{number}");
        }
        assert!(find_by_number(catalogue().count()).is_none() && find_by_number(usize::MAX).is_none());
    }
}
