//! Values in canonical text.

use bankchannel_foundation::{Error, model::Timestamp};
use bankchannel_xml_signature::push_canonical_text;

use crate::profile::BankEnvironment;

/// Appends an element with a text, in canonical form.
pub(super) fn element(out: &mut String, prefix: &str, name: &str, value: &str) {
    out.extend(["<", prefix, name, ">"]);
    push_canonical_text(out, value);
    out.extend(["</", prefix, name, ">"]);
}

/// The word of documents for an environment.
pub(super) const fn environment_word(environment: BankEnvironment) -> &'static str {
    match environment {
        BankEnvironment::Production => "PRODUCTION",
        BankEnvironment::Test => "TEST",
    }
}

/// An instant in UTC with whole seconds, as envelopes and headers have it.
#[must_use]
pub fn whole_seconds(at_s: i64) -> String {
    let text = Timestamp::from_ms(at_s * 1000);
    format!("{}Z", text.as_str().split('.').next().unwrap_or_default())
}

/// Checks the length of a value in characters, and that XML can hold it.
///
/// # Errors
/// `input.invalid_field`, naming the field.
pub(super) fn check(field: &str, value: &str, max: usize) -> Result<(), Error> {
    if value.is_empty() {
        return Err(Error::invalid_field(field, "must not be empty: leave it out"));
    }
    if value.chars().count() > max {
        return Err(Error::invalid_field(field, format!("has more than {max} characters")));
    }
    if value.chars().any(|one| one.is_control() || matches!(one, '\u{fffe}' | '\u{ffff}')) {
        return Err(Error::invalid_field(field, "holds a control character"));
    }
    Ok(())
}
