//! What an audit record says about how a verb ended.

/// The word that an audit record keeps for the result of a verb when the entry brings none of its own.
pub trait Outcome {
    /// A short lower-case word: `done`, `refused`, `wrong_code`, ….
    fn outcome(&self) -> &'static str;

    /// Whether the audit entry that goes with the verb is written.
    fn is_recorded(&self) -> bool {
        true
    }
}

impl Outcome for () {
    fn outcome(&self) -> &'static str {
        "done"
    }
}

impl Outcome for bool {
    fn outcome(&self) -> &'static str {
        if *self { "done" } else { "refused" }
    }
}

impl Outcome for i64 {
    fn outcome(&self) -> &'static str {
        "done"
    }
}

impl<T> Outcome for Option<T> {
    fn outcome(&self) -> &'static str {
        self.is_some().outcome()
    }
}

impl<T> Outcome for Vec<T> {
    fn outcome(&self) -> &'static str {
        "done"
    }
}

/// Gives each variant of a verb's result its word.
macro_rules! outcomes {
    ($name:ty { $($pattern:pat => $word:literal),+ $(,)? }) => {
        impl $crate::ws_channel::outcome::Outcome for $name {
            fn outcome(&self) -> &'static str {
                match self { $($pattern => $word),+ }
            }
        }
    };
}
pub(crate) use outcomes;
