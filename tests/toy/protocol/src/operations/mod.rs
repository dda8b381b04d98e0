//! Every operation of the protocol, one file each, in one folder per subject.

pub mod greetings;

use crate::Terms;

/// Passes the list of operations to a macro.
#[macro_export]
macro_rules! for_each_operation {
    ($callback:path) => {
        $callback! {
            exchange greetings::greet::Greet;
            local greetings::spell::Spell;
        }
    };
}

for_each_operation!(bankchannel_foundation::operation_lists);
