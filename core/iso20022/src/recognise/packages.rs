//! ZIP archives by the header of a member: those behind other bytes, and documents of office programs.

/// The member of every document of Microsoft's kind (OOXML), usually the first.
pub(crate) const OFFICE_TYPES: &str = "[Content_Types].xml";
/// The first member of the others, which names its type.
const MIMETYPE: &[u8] = b"mimetype";
/// The types of documents among them. Containers of signed files have others.
const DOCUMENTS: [&[u8]; 3] =
    [b"application/vnd.oasis.opendocument", b"application/vnd.sun.xml", b"application/epub+zip"];

const MARK: &[u8] = b"PK\x03\x04";
/// The size of a member's header without its texts.
const HEADER: usize = 30;

/// Where the first member of a ZIP archive begins: its mark, and behind it a version, a method and a name as they occur.
pub(crate) fn zip_member(bytes: &[u8]) -> Option<usize> {
    memchr::memmem::find_iter(bytes, MARK).find(|at| {
        let Some(header) = bytes.get(*at..at + HEADER) else { return false };
        let method = two(header, 8);
        header[4] <= 63 && (method <= 20 || (93..=99).contains(&method)) && (1..=4096).contains(&two(header, 26))
    })
}

/// Whether a document of an office program begins here.
pub(super) fn is_office_package(bytes: &[u8]) -> bool {
    let Some(header) = bytes.get(..HEADER).filter(|header| header.starts_with(MARK)) else { return false };
    let name_end = HEADER + usize::from(two(header, 26));
    let name = bytes.get(HEADER..name_end).unwrap_or_default();
    let content = bytes.get(name_end + usize::from(two(header, 28))..).unwrap_or_default();
    let is_stored = two(header, 8) == 0;
    name == OFFICE_TYPES.as_bytes()
        || name == MIMETYPE && is_stored && DOCUMENTS.iter().any(|kind| content.starts_with(kind))
}

fn two(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(method: u8, name: &str, content: &[u8]) -> Vec<u8> {
        let size = u8::try_from(name.len()).unwrap_or_default();
        let header = [MARK, &[20, 0, 0, 0, method, 0], &[0; 16], &[size, 0, 0, 0]].concat();
        [&header, name.as_bytes(), content].concat()
    }

    #[test]
    fn documents_of_office_programs_are_recognised_by_their_first_member() {
        assert!(is_office_package(&member(8, OFFICE_TYPES, b"")));
        assert!(is_office_package(&member(0, "mimetype", b"application/vnd.oasis.opendocument.text")));
        assert!(!is_office_package(&member(8, "mimetype", b"application/vnd.oasis.opendocument.text")));
        // A container of signed files may hold a message.
        assert!(!is_office_package(&member(0, "mimetype", b"application/vnd.etsi.asic-e+zip")));
        assert!(!is_office_package(&member(8, "statement.xml", b"")) && !is_office_package(b"PK\x03\x04"));
    }

    #[test]
    fn a_member_is_found_behind_other_bytes() {
        let archive = member(8, "a.xml", b"content");
        assert_eq!(zip_member(&archive), Some(0));
        assert_eq!(zip_member(&[b"junk PK\x03\x04 ", archive.as_slice()].concat()), Some(10));
        for none in
            [b"".as_slice(), b"PK\x03\x04", b"PK\x03\x04 no member, though it is long enough for one", &archive[..29]]
        {
            assert_eq!(zip_member(none), None, "{}", none.escape_ascii());
        }
    }
}
