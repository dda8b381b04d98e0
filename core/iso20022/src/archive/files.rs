//! Every file of an input, and what became of it.

use std::io::Read;

use bankchannel_xml::XmlFault;

use super::members::{FileMember, FileMembers};
use super::{ArchiveContent, ArchiveMember, UnpackLimits};
use crate::recognise::FileFormat;

/// Takes a file: its name in an archive, its format, its bytes.
pub(crate) type FormatReceiver<'f, 'a> =
    &'f mut dyn FnMut(Option<&str>, FileFormat, Box<dyn Read + 'a>) -> Result<(), XmlFault>;

/// Passes each file of an input on that has a format. Of an archive, what `take` cannot read is listed with the reason; a
/// plain file that it cannot read is an error.
///
/// # Errors
/// The input or the archive cannot be read; the fault of a plain file.
pub(crate) fn each_file<'a>(
    input: impl Read + 'a,
    limits: UnpackLimits,
    take: FormatReceiver<'_, 'a>,
) -> Result<Option<Box<ArchiveContent>>, XmlFault> {
    each_member(input, limits, &mut |FileMember { name, format, content, .. }| take(name.as_deref(), format?, content))
}

/// The same for all files, those included that have no format.
///
/// # Errors
/// As [`each_file`].
pub(crate) fn each_member<'a>(
    input: impl Read + 'a,
    limits: UnpackLimits,
    take: &mut dyn FnMut(FileMember<'a>) -> Result<(), XmlFault>,
) -> Result<Option<Box<ArchiveContent>>, XmlFault> {
    let mut files = FileMembers::open(input, limits)?;
    let mut found = ArchiveContent::default();
    while let Some(file) = files.next()? {
        let name = file.name.clone();
        let taken = take(file);
        if let Some(fault) = taken.as_ref().err().and_then(|_| files.failure()) {
            return Err(fault);
        }
        match name {
            None => taken?,
            Some(name) => {
                let not_read = taken.err().map(|fault| fault.without_advice());
                found.members.push(ArchiveMember { name, not_read });
            }
        }
    }
    found.notes = files.notes();
    Ok(files.is_archive().then(|| Box::new(found)))
}

impl ArchiveContent {
    /// Whether it has files, and none of them was read.
    pub(crate) fn is_all_unread(&self) -> bool {
        !self.members.is_empty() && self.members.iter().all(|member| member.not_read.is_some())
    }
}

/// The fault of an archive without a file of a kind: it names the files that are in it.
pub(crate) fn none_of(archive: Option<&ArchiveContent>, what: &str) -> XmlFault {
    /// The most members that are named.
    const NAMED: usize = 5;
    let members = archive.map_or(&[][..], |archive| &archive.members);
    let named = members.iter().take(NAMED).filter_map(|one| Some(format!("{}: {}", one.name, one.not_read.as_ref()?)));
    let named: Vec<String> = named.collect();
    let message = match named.as_slice() {
        [] => format!("the archive holds no {what}: it is empty"),
        named => format!("the archive holds no {what}: {}", named.join("; ")),
    };
    XmlFault::new(message, "give the archive that the bank or your program made")
}
