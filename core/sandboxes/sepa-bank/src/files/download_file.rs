//! Gives a file.

use bankchannel_foundation::model::Content;
use bankchannel_sepa_web_services::{codec::AnswerText, operations::files::download_file::DownloadBankFileResponse};
use flate2::{
    Compression,
    write::{DeflateEncoder, GzEncoder, ZlibEncoder},
};
use std::io::{self, Write as _};

use super::own_files;
use crate::{
    chaos::{BankFault, DeflateFormat},
    examination::RequestRefusal,
    pipeline::{DownloadAnswer, HandlerAnswer, HandlerCall},
    state::{FileKind, SandboxChange, SandboxFile},
};

/// Answers the content of the files with these references, one after the other.
pub(crate) fn handle(call: &HandlerCall<'_>) -> Result<HandlerAnswer, RequestRefusal> {
    let request = call.request;
    if request.references.is_empty() {
        let why = "there is no FileReference";
        return Err(RequestRefusal::code(29, "at least one file reference required", why));
    }
    if call.dialect.encryption.is_some() && request.references.len() > 1 {
        let why = "this bank gives one file at a time";
        return Err(RequestRefusal::code(29, "one file reference at a time", why));
    }
    let mut files: Vec<&SandboxFile> = Vec::new();
    for reference in &request.references {
        // Another customer's reference gets the same answer as one that never was.
        let mut own = own_files(call.state, call.dialect.name(), request, call.now_ms);
        let found = own.find(|file| file.kind == FileKind::Download && file.reference == *reference);
        let found = found.ok_or_else(|| {
            RequestRefusal::code(24, "content not found", format!("{reference} is no file of this customer"))
        })?;
        if request.text("FileType").is_some_and(|wanted| wanted != found.file_type) {
            let why = format!("{reference} is of type {}", found.file_type);
            return Err(RequestRefusal::code(29, "invalid parameters", why));
        }
        files.push(found);
    }
    let mut bytes = Vec::new();
    for file in &files {
        bytes.extend(call.bank.state.content(&file.reference)?);
    }
    let (bytes, packed) = packed(call, bytes)?;
    let mut answer = DownloadBankFileResponse::new(call.success(), Content::from(bytes));
    answer.file_type = files.first().map(|file| file.file_type.clone());
    let changes = files
        .iter()
        .map(|file| SandboxChange::Downloaded { reference: file.reference.clone(), at_ms: call.now_ms })
        .collect();
    let text = match packed {
        Some(method) => AnswerText::new(DownloadAnswer::packed(answer, method), call.dialect.style),
        None => AnswerText::new(answer, call.dialect.style),
    };
    Ok(HandlerAnswer::new(text).changing(changes))
}

/// The bank's word for DEFLATE.
const DEFLATE: &str = "DEFLATE";

/// The content as it is sent, and the method if it is compressed: if the request asks for it, except at banks that decide
/// themselves.
fn packed(call: &HandlerCall<'_>, bytes: Vec<u8>) -> Result<(Vec<u8>, Option<String>), RequestRefusal> {
    let is_packing = |fault: &BankFault| {
        use BankFault::{Deflate, GzipBomb, GzipCorrupt, GzipTrailing};
        matches!(fault, GzipBomb | GzipCorrupt | GzipTrailing | Deflate(_))
    };
    let fault = call.faults.iter().copied().find(is_packing);
    let asked = call.request.is_true("Compression") && !call.dialect.exact_command;
    if !asked && fault.is_none() {
        return Ok((bytes, None));
    }
    let method = call.request.text("CompressionMethod").unwrap_or("RFC1952").to_owned();
    let packed = match fault {
        Some(BankFault::Deflate(format)) => deflated(&bytes, format).map(|packed| (packed, DEFLATE.to_owned())),
        Some(BankFault::GzipBomb) => gzip(&vec![0; 64 << 20]).map(|packed| (packed, method)),
        None if method.eq_ignore_ascii_case(DEFLATE) => {
            deflated(&bytes, DeflateFormat::Zlib).map(|packed| (packed, method))
        }
        _ => gzip(&bytes).map(|packed| (packed, method)),
    };
    let (mut packed, method) = packed.map_err(|why| RequestRefusal::code(26, "technical error", why.to_string()))?;
    match fault {
        Some(BankFault::GzipCorrupt) => {
            let middle = packed.len() / 2;
            packed[middle] ^= 0xff;
        }
        Some(BankFault::GzipTrailing) => packed.extend_from_slice(b"more"),
        _ => {}
    }
    Ok((packed, Some(method)))
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).and_then(|()| encoder.finish())
}

fn deflated(bytes: &[u8], format: DeflateFormat) -> io::Result<Vec<u8>> {
    match format {
        DeflateFormat::Zlib => {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(bytes).and_then(|()| encoder.finish())
        }
        DeflateFormat::Raw => {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(bytes).and_then(|()| encoder.finish())
        }
    }
}
