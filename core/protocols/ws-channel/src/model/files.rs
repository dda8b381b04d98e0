//! Files at a bank (§5).

use std::borrow::Cow;

use bankchannel_foundation::{
    Error,
    model::{Boundary, Reader, Representation, Shape, TextShape, Timestamp, Value, Writer},
    shown,
};

/// A bank's own name for a kind of file, such as `pain.001.001.09` or `KTL` (§5.1).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Boundary)]
#[boundary(text, pattern = "^[A-Za-z0-9._-]{1,64}$", max_bytes = 64, example = "pain.001.001.09", check = file_type)]
pub struct FileType(String);

/// The bank's reference of one file: opaque (§1.3).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Boundary)]
#[boundary(text, max_bytes = 512, example = "227166", check = check_file_reference)]
pub struct FileReference(String);

fn check_file_reference(text: &str) -> Result<Cow<'_, str>, &'static str> {
    if text.is_empty() || text == "." || text == ".." || text.chars().any(char::is_control) {
        Err("must not be empty, . or .. and have no control characters")
    } else {
        Ok(Cow::Borrowed(text))
    }
}

/// A file's name, as sent to the bank: 1 to 255 characters of any script, not `.` or `..`, no slash, backslash or
/// control character, and no character that is invisible or changes the order of others (§2.21).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Boundary)]
#[boundary(
    text,
    pattern = "^[^/\\\\\\u0000-\\u001f\\u007f-\\u009f]{1,255}$",
    max_bytes = 1020,
    example = "payments.xml",
    check = file_name
)]
pub struct FileName(String);

fn file_name(text: &str) -> Result<Cow<'_, str>, &'static str> {
    if text == "." || text == ".." {
        // The name may later be used to write a file.
        return Err("must not be . or ..");
    }
    let refused = |c: char| c.is_control() || c == '/' || c == '\\' || shown::is_invisible(c);
    if (1..=255).contains(&text.chars().count()) && !text.chars().any(refused) {
        Ok(Cow::Borrowed(text))
    } else {
        Err("must be 1 to 255 characters, without /, \\, control, invisible or text-direction characters")
    }
}

fn file_type(text: &str) -> Result<Cow<'_, str>, &'static str> {
    if text == "ALL" {
        // §2.20: the service refuses it as a type.
        return Err("ALL is not a type; leave the field out for all types");
    }
    if text == "." || text == ".." {
        // It is part of a path, and of the names of downloaded files.
        return Err("must not be . or ..");
    }
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)) {
        Ok(Cow::Borrowed(text))
    } else {
        Err("must be 1 to 64 letters, digits, points, _ or -")
    }
}

/// The status filter of a listing (§2.20).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Boundary)]
pub enum StatusFilter {
    /// Files that were not downloaded yet.
    #[boundary("NEW")]
    New,
    /// Files that were downloaded.
    #[boundary("DLD")]
    Downloaded,
    /// All files.
    #[boundary("ALL")]
    All,
}

/// A file's status at the bank (§5.1).
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[boundary(open)]
#[non_exhaustive]
pub enum FileStatus {
    /// Not downloaded yet.
    #[boundary("NEW")]
    New,
    /// Downloaded.
    #[boundary("DLD")]
    Downloaded,
    /// The bank's own value, such as `DEL`, `WFP` or `FWD`.
    Other(String),
}

/// A file at the bank (§2.20).
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct FileDescriptor {
    /// The reference for downloading or deleting the file.
    pub file_reference: FileReference,
    /// The time at which the bank made the file: RFC 3339 with offset and milliseconds, or the bank's own text instead.
    pub file_timestamp: String,
    /// The bank's name of the file type.
    pub file_type: String,
    /// `NEW`, `DLD` or the bank's own value.
    pub status: FileStatus,
    /// The bank's service id, such as an account number, or `N/A`.
    pub service_id: Option<String>,
    /// The bank's target id.
    pub target_id: Option<String>,
}

/// The outcome of a file that was sent to a bank.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[boundary(open)]
#[non_exhaustive]
pub enum UploadStatus {
    /// On its way to the bank, or waiting for its processing by the simulator.
    #[boundary("received")]
    Received,
    /// The bank has received it; the status report says how the bank processes it.
    #[boundary("accepted")]
    Accepted,
    /// The bank has not taken it.
    #[boundary("failed")]
    Failed,
    /// It is not known whether the bank has it.
    #[boundary("unknown")]
    Unknown,
    /// A status that this version does not know.
    Other(String),
}

/// A file that the account has sent (§2.20).
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct UploadDescriptor {
    /// The service's id of the upload, by which its operator knows it.
    pub upload_id: String,
    /// When the service received it.
    pub uploaded_at: Timestamp,
    /// The file's name.
    pub file_name: String,
    /// The bank's name of the file type.
    pub file_type: String,
    /// SHA-256 of the file's bytes, hex.
    pub sha256: String,
    /// Its outcome.
    pub status: UploadStatus,
    /// Why, if there is something to say: the bank's refusal, or how an unknown outcome was settled.
    pub status_reason: Option<String>,
    /// Since when it has this status; not for `received`.
    pub status_since: Option<Timestamp>,
    /// The message id of the file, if it has one that the service has read.
    pub message_id: Option<String>,
}

/// The maximum size of the armor in one upload, in bytes (§5.2).
pub const SIGNATURES_MAX: usize = 16 * 1024;

/// ASCII-armored detached OpenPGP signatures, one after the other (§5.2).
#[derive(Clone, Default)]
pub struct Signatures(String);

impl Signatures {
    /// Takes armored signatures unchanged.
    #[must_use]
    pub fn new(armored: impl Into<String>) -> Self {
        Self(armored.into())
    }

    /// The armor.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Signatures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signatures({} bytes)", self.0.len())
    }
}

bankchannel_foundation::text_field!(Signatures);

impl Boundary for Signatures {
    const SHAPE: &'static Shape = &Shape::Text(TextShape {
        name: "Signatures",
        doc: "ASCII-armored detached OpenPGP signatures, one after the other.",
        format: "",
        pattern: "",
        max_bytes: SIGNATURES_MAX,
        example: "-----BEGIN PGP SIGNATURE-----",
    });
    // The service has its own text for an upload without a signature.
    const WIRE_OPTIONAL: bool = true;

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        let text = reader.text(value)?;
        if text.len() > SIGNATURES_MAX {
            return Err(reader.invalid(format!("is longer than {SIGNATURES_MAX} bytes")));
        }
        if reader.representation() == Representation::Boundary && text.trim().is_empty() {
            return Err(reader.invalid("must be at least one ASCII-armored signature"));
        }
        Ok(Self(text.into_owned()))
    }

    fn write(self, _: &mut Writer) -> Value<'static> {
        self.0.into()
    }

    fn absent(reader: &mut Reader<'_>) -> Option<Self> {
        (reader.representation() == Representation::Wire).then(Self::default)
    }
}
