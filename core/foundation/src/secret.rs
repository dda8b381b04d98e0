//! Secrets as a separate type: no `Display`, a `Debug` that shows nothing, wiped when dropped.

use std::fmt;

use zeroize::Zeroizing;

/// A password, key, code or token. It is wiped on drop and never shown.
///
/// On the boundary a secret is a string, or `{"file": PATH}` (the file's text without one final line break), or
/// `{"env": NAME}` (that variable's value). Both are read when the request is read.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Makes a secret of this text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The secret itself. The name is long so that each use can be found.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}
