//! How a document is read: its limits, and which deviations are read.

/// The limits on the length of tokens.
#[derive(Clone, Copy, Debug)]
pub struct TokenLimits {
    /// Longest tag, text or comment, in bytes.
    pub token: usize,
    /// Longest name of an element, in bytes.
    pub name: usize,
}

impl Default for TokenLimits {
    /// A mebibyte, and names of 256 bytes: the longest in messages of banks has 35.
    fn default() -> Self {
        Self { token: 1024 * 1024, name: 256 }
    }
}

/// How a document is read.
#[derive(Clone, Copy, Debug)]
pub struct XmlRules {
    /// The limits on tokens.
    pub limits: TokenLimits,
    /// Whether a file is exactly one document as XML 1.0 and its namespaces define it. Otherwise the deviations that
    /// banks' files are known for are read: several documents in a row, blanks before the declaration, text around the
    /// document, and prefixes that are not declared.
    pub strict: bool,
    /// Whether comments, processing instructions and CDATA sections are refused.
    pub elements_only: bool,
    /// Whether only input with one canonical form is read: XML 1.0, and namespaces that are absolute URIs and short,
    /// since the canonical form repeats them.
    pub canonical: bool,
}

impl XmlRules {
    /// One document, as XML 1.0 defines it.
    pub fn strict() -> Self {
        Self { limits: TokenLimits::default(), strict: true, elements_only: false, canonical: false }
    }

    /// One message that is signed: nothing but elements, attributes and texts, which may be long.
    pub fn message() -> Self {
        let limits = TokenLimits { token: usize::MAX, ..TokenLimits::default() };
        Self { limits, elements_only: true, canonical: true, ..Self::strict() }
    }

    /// The files of banks.
    pub fn tolerant() -> Self {
        Self { strict: false, ..Self::strict() }
    }
}
