//! Documents for people beside the messages of an archive.

use super::*;

/// A document of an office program; its types may stand anywhere among its parts.
fn document(types_first: bool, part: &str, content: &[u8]) -> Vec<u8> {
    let types: (&str, &[u8]) = ("[Content_Types].xml", b"<Types/>");
    let part = (part, content);
    if types_first { zip(&[types, part]) } else { zip(&[part, types]) }
}

fn workbook(types_first: bool) -> Vec<u8> {
    document(types_first, "xl/workbook.xml", b"<workbook/>")
}

#[test]
fn documents_of_office_programs_are_named_and_not_opened() {
    let statement = plain("c53-stored.zip");
    for types_first in [true, false] {
        let letter = document(types_first, "word/embeddings/Sheet1.xlsx", &workbook(types_first));
        let inner = zip(&[("deep.xlsx", &workbook(types_first)), ("deep.xml", &statement)]);
        let bytes = zip(&[
            ("one.xml", &statement),
            ("report.xlsx", &workbook(types_first)),
            ("letter.docx", &letter),
            ("inner.zip", &inner),
        ]);
        let file = read_statement(bytes.as_slice()).unwrap();
        assert_eq!(file.statements.len(), 2);
        assert_eq!(
            names(&file),
            ["one.xml", "report.xlsx", "letter.docx", "inner.zip!deep.xlsx", "inner.zip!deep.xml"]
        );
        let left_out = not_read(&file);
        assert_eq!(left_out.len(), 3);
        assert!(left_out.iter().all(|(_, why)| *why == "this is a document of an office program"), "{left_out:?}");
        assert_eq!(in_pages(&bytes).1, file.archive);
        // Alone it is no archive.
        assert!(refused(&letter).contains("office program"), "{}", refused(&letter));
        assert!(read_payment(letter.as_slice()).unwrap_err().message.contains("office program"));
    }
}

#[test]
fn what_is_for_people_is_told_from_what_may_be_a_message() {
    let statement = plain("c53-stored.zip");
    let bytes = zip(&[
        ("a.xml", statement.as_slice()),
        ("b.pdf", b"%PDF-1.4"),
        ("c.xlsx", &workbook(true)),
        ("d.xlsx", &workbook(false)),
        ("e.txt", b"Dear customer,\nhere is the statement.\n"),
        ("f.edi", b"UNA:+.? 'UNB+"),
        ("g.xml", &statement[..statement.len() / 2]),
        ("h.txt", b"note\n:20:STARTUMS\n"),
    ]);
    let (mut documents, mut others) = (Vec::new(), Vec::new());
    let archive = files_in(bytes.as_slice(), &mut |name, content| {
        let kind = match content {
            Ok(content) => file_kind(content, None)?,
            Err(document) => RecognisedFile::Document(document),
        };
        let name = name.unwrap().to_owned();
        match kind {
            RecognisedFile::Document(fault) => {
                documents.push(name);
                Err(fault)
            }
            RecognisedFile::Message(_) => Ok(()),
            kind => {
                others.push(name);
                Err(XmlFault::new(format!("{kind:?}"), ""))
            }
        }
    });
    assert_eq!(documents, ["b.pdf", "c.xlsx", "d.xlsx", "e.txt"]);
    assert_eq!(others, ["h.txt"]);
    let unread: Vec<_> =
        archive.unwrap().unwrap().members.into_iter().filter_map(|one| Some((one.name, one.not_read?))).collect();
    let names: Vec<&str> = unread.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["b.pdf", "c.xlsx", "d.xlsx", "e.txt", "f.edi", "h.txt"]);
}
