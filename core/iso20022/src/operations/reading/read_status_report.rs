//! Reads a payment status report (`pain.002`).

use bankchannel_foundation::prelude::*;

use super::{ERRORS, supported_encoding, unreadable};
use crate::{
    operations,
    status::{self, StatusFile},
};

/// The file.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ReadStatusReportRequest {
    /// The file's bytes: `pain.002`, versions 2 to 14, or several of them in a row, or a ZIP or gzip archive of such files.
    pub content: Content,
    /// The file's encoding, such as `ISO-8859-15`, for a file that declares none or a wrong one; if left out, the
    /// declared one.
    pub encoding: Option<String>,
}

/// Read a payment status report.
///
/// Gives a pain.002's verdict on a payment file, on its batches and on its transactions: status and reasons, with the
/// meaning of each code in words. A report may name the rejected transactions only.
#[derive(Debug, Operation)]
#[operation(ReadStatusReportRequest => StatusFile)]
#[declaration(..operations::local("iso20022.read_status_report", "reading"))]
#[errors(..ERRORS)]
pub struct ReadStatusReport;

impl Local for ReadStatusReport {
    fn run(request: ReadStatusReportRequest, with: LocalContext<'_>) -> Result<StatusFile, Error> {
        let encoding = supported_encoding(request.encoding)?;
        status::read_with_encoding(with.open_content(request.content)?, encoding.as_deref()).map_err(unreadable)
    }
}
