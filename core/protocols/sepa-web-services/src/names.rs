//! The namespaces of the file service (§2.1, §3.1).

/// Of documents.
pub const DOCUMENT_NAMESPACE: &str = "http://bxd.fi/xmldata/";
/// Of the elements in the Body.
pub const FILE_SERVICE_NAMESPACE: &str = "http://bxd.fi/CorporateFileService";
/// Of the headers in them, and of what carries the document.
pub const FILE_MODEL_NAMESPACE: &str = "http://model.bxd.fi";
