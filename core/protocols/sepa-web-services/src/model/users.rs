//! A user's rights (§4.5).

use bankchannel_foundation::model::Boundary;

/// Which way files of a type go.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[boundary(open)]
#[non_exhaustive]
pub enum FileDirection {
    /// To the bank.
    #[boundary("Upload")]
    Upload,
    /// From the bank.
    #[boundary("Download")]
    Download,
    /// A value that this version does not know, as the bank writes it.
    Other(String),
}

/// A type of files that a user may send or fetch.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct UserFileType {
    /// The part of the agreement: the `target_id` of requests for such files; left out if the bank leaves it empty.
    pub target_id: Option<String>,
    /// The bank's type of the file. The schema lets banks leave it out.
    pub file_type: Option<String>,
    /// Its name for people.
    pub file_type_name: Option<String>,
    /// The country.
    pub country: Option<String>,
    /// Which way such files go.
    pub direction: Option<FileDirection>,
    /// The services or accounts with such files; empty if the bank names none.
    pub file_type_services: Vec<FileTypeService>,
}

/// A service or account with files of a type.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct FileTypeService {
    /// Its id.
    pub service_id: String,
    /// Its owner.
    pub service_id_owner_name: Option<String>,
    /// The kind of the id, a letter of the bank.
    pub service_id_type: Option<String>,
    /// Its name for people.
    pub service_id_text: Option<String>,
}
