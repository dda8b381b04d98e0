//! The tags of the fields of a SWIFT statement.

/// The field that a line begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    /// `:20:` reference of the message.
    Reference,
    /// `:21:` reference of the message that asked for it.
    Related,
    /// `:25:` account.
    Account,
    /// `:25P:` account, and a line with the BIC.
    AccountWithBic,
    /// `:28C:` or `:28:` number of the statement, and of its page.
    Number,
    /// `:13D:` or `:13:` when it was made.
    Created,
    /// `:34F:` the least amount that is reported.
    Floor,
    /// `:60F:` opening balance.
    Opening,
    /// `:60M:` opening balance of a page.
    PageOpening,
    /// `:61:` an entry.
    Line,
    /// `:86:` the bank's information: about an entry, or about the statement.
    Information,
    /// `:NS:` lines of German banks, which SWIFT does not have.
    NonSwift,
    /// `:62F:` closing balance.
    Closing,
    /// `:62M:` closing balance of a page.
    PageClosing,
    /// `:64:` available balance.
    Available,
    /// `:65:` the same on a later day.
    Forward,
    /// `:90D:` number and sum of the debits.
    Debits,
    /// `:90C:` number and sum of the credits.
    Credits,
    /// `:940:` and the like, with which some banks begin a message.
    Message(SwiftMessage),
}

/// The number of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SwiftMessage {
    /// Customer statement.
    Mt940,
    /// Balance report.
    Mt941,
    /// Interim report.
    Mt942,
    /// A bank's own statement.
    Mt950,
}

impl SwiftMessage {
    /// By the number with which a text begins.
    pub(super) fn of(text: &[u8]) -> Option<Self> {
        match text.get(..3)? {
            b"940" => Some(Self::Mt940),
            b"941" => Some(Self::Mt941),
            b"942" => Some(Self::Mt942),
            b"950" => Some(Self::Mt950),
            _ => None,
        }
    }

    /// By its name, such as `MT940`.
    pub(super) fn named(name: &str) -> Option<Self> {
        name.strip_prefix("MT").and_then(|number| Self::of(number.as_bytes()))
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Mt940 => "MT940",
            Self::Mt941 => "MT941",
            Self::Mt942 => "MT942",
            Self::Mt950 => "MT950",
        }
    }
}

impl Tag {
    /// As it stands in a file.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Reference => ":20:",
            Self::Related => ":21:",
            Self::Account => ":25:",
            Self::AccountWithBic => ":25P:",
            Self::Number => ":28C:",
            Self::Created => ":13D:",
            Self::Floor => ":34F:",
            Self::Opening => ":60F:",
            Self::PageOpening => ":60M:",
            Self::Line => ":61:",
            Self::Information => ":86:",
            Self::NonSwift => ":NS:",
            Self::Closing => ":62F:",
            Self::PageClosing => ":62M:",
            Self::Available => ":64:",
            Self::Forward => ":65:",
            Self::Debits => ":90D:",
            Self::Credits => ":90C:",
            Self::Message(_) => ":940:",
        }
    }

    /// Whether it is a field of a message's head.
    pub(super) fn is_header(self) -> bool {
        matches!(
            self,
            Self::Reference
                | Self::Related
                | Self::Account
                | Self::AccountWithBic
                | Self::Number
                | Self::Created
                | Self::Floor
                | Self::Opening
                | Self::PageOpening
        )
    }

    /// Whether the message that has begun goes on with it.
    pub(super) fn goes_on(self) -> bool {
        !self.is_header() && !matches!(self, Self::Message(_))
    }

    /// Whether a field of this tag may go on in further lines.
    pub(super) fn has_lines(self) -> bool {
        matches!(
            self,
            Self::Reference | Self::Account | Self::AccountWithBic | Self::Line | Self::Information | Self::NonSwift
        )
    }
}

/// The tag with which a line begins, and where its text starts. A dash may stand before it. A line that begins with
/// another tag, such as the rest of a time `:26:37`, is text.
pub(super) fn tag_of(line: &[u8]) -> Option<(Tag, usize)> {
    let dash = usize::from(line.first() == Some(&b'-'));
    let rest = line.get(dash..)?.strip_prefix(b":")?;
    let end = rest.iter().take(5).position(|byte| *byte == b':')?;
    let tag = match &rest[..end] {
        b"61" => Tag::Line,
        b"86" => Tag::Information,
        b"20" => Tag::Reference,
        b"21" => Tag::Related,
        b"25" => Tag::Account,
        b"25P" => Tag::AccountWithBic,
        b"28" | b"28C" => Tag::Number,
        b"13" | b"13D" => Tag::Created,
        b"34F" => Tag::Floor,
        b"60F" => Tag::Opening,
        b"60M" => Tag::PageOpening,
        b"NS" => Tag::NonSwift,
        b"62F" => Tag::Closing,
        b"62M" => Tag::PageClosing,
        b"64" => Tag::Available,
        b"65" => Tag::Forward,
        b"90D" => Tag::Debits,
        b"90C" => Tag::Credits,
        number if number.len() == 3 => Tag::Message(SwiftMessage::of(number)?),
        _ => return None,
    };
    Some((tag, dash + end + 2))
}
