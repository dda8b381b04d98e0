//! Every operation of the protocol, one file each, in one folder per subject.

pub mod greetings;

use bankchannel_foundation::{Exchange, operation::Entry};
use greetings::{greet::Greet, spell::Spell};

/// Hands the list of operations to a macro.
#[macro_export]
macro_rules! for_each_operation {
    ($callback:path) => {
        $callback! {
            exchange greetings::greet::Greet;
            local greetings::spell::Spell;
        }
    };
}

/// Every operation of this protocol.
pub static CATALOGUE: &[Entry] = &[Entry::of::<Greet>(), Entry::of::<Spell>()];

/// The terms of each, at its place in [`CATALOGUE`]; `None` of what is no exchange.
pub static TERMS: &[Option<()>] = &[Some(<Greet as Exchange>::TERMS), None];
