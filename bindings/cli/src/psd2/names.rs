//! Options whose values are the names of the library's own enums: a new one there is a new one here.

use bankchannel_foundation::{
    Boundary,
    model::{Shape, read_boundary},
};
use clap::{
    ArgMatches,
    builder::{PossibleValue, PossibleValuesParser},
};

use crate::exit::Outcome;

/// The names that there are, each with what it means.
pub(super) fn values<T: Boundary>() -> PossibleValuesParser {
    let values = match T::SHAPE {
        Shape::Enum(shape) => shape.values,
        _ => &[],
    };
    PossibleValuesParser::new(values.iter().map(|value| PossibleValue::new(value.value).help(value.doc)))
}

/// The one that was given.
pub(super) fn one<T: Boundary>(matches: &ArgMatches, option: &str) -> Outcome<Option<T>> {
    matches.get_one::<String>(option).map(|name| read(name)).transpose()
}

/// All that were given; `None` for none.
pub(super) fn all<T: Boundary>(matches: &ArgMatches, option: &str) -> Outcome<Option<Vec<T>>> {
    matches.get_many::<String>(option).map(|names| names.map(|name| read(name)).collect()).transpose()
}

fn read<T: Boundary>(name: &str) -> Outcome<T> {
    Ok(read_boundary(name)?)
}
