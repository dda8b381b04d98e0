//! The outcome of a verb in its audit record.

/// The outcome word for the result of a verb, used when the audit entry has none.
pub trait VerbOutcome {
    /// A short lower-case word: `done`, `refused`, `wrong_code`, ….
    fn outcome(&self) -> &'static str;

    /// Facts that only the verb knows: they follow the detail of its audit entry.
    fn facts(&self) -> String {
        String::new()
    }

    /// Whether the audit entry of the verb is written.
    fn is_recorded(&self) -> bool {
        true
    }
}

impl VerbOutcome for () {
    fn outcome(&self) -> &'static str {
        "done"
    }
}

impl VerbOutcome for bool {
    fn outcome(&self) -> &'static str {
        if *self { "done" } else { "refused" }
    }
}

impl VerbOutcome for i64 {
    fn outcome(&self) -> &'static str {
        "done"
    }
}

impl<T> VerbOutcome for Option<T> {
    fn outcome(&self) -> &'static str {
        self.is_some().outcome()
    }
}

impl<T> VerbOutcome for Vec<T> {
    fn outcome(&self) -> &'static str {
        "done"
    }
}

/// Assigns an outcome word to each variant of a verb's result.
macro_rules! outcomes {
    ($name:ty { $($pattern:pat => $word:literal),+ $(,)? }) => {
        impl $crate::ws_channel::outcome::VerbOutcome for $name {
            fn outcome(&self) -> &'static str {
                match self { $($pattern => $word),+ }
            }
        }
    };
}
pub(crate) use outcomes;
