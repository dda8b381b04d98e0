//! OpenAPI 3.1 of the counterparts' HTTP sides, from the declarations of their operations.

use bankchannel_foundation::{
    Result,
    operation::{Entry, Route},
};

/// The OpenAPI 3.1 description of a counterpart's HTTP operations: paths, parameters, headers, bodies, every status that it
/// sends, and who may call. `kind` is that of one of [`COUNTERPARTS`](crate::COUNTERPARTS).
///
/// # Errors
/// `input.invalid_field` for a kind that there is not.
pub fn openapi(kind: &str) -> Result<serde_json::Value> {
    crate::counterpart(kind).map(|counterpart| (counterpart.openapi)())
}

/// The exchanges among a protocol's operations, each with its terms.
pub(crate) fn exchanges<T>(
    catalogue: &'static [Entry],
    terms: &'static [Option<T>],
) -> impl Iterator<Item = (&'static Entry, &'static Route, &'static T)> {
    let all = catalogue.iter().zip(terms);
    all.filter_map(|(entry, terms)| Some((entry, entry.declaration.route.as_ref()?, terms.as_ref()?)))
}
