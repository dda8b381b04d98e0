//! The roles of a PSD2 statement, also in encodings of authorities that differ from the standard (§7.1).

use bankchannel_crypto::asn1::{self, Asn1Element, Decode, Reader, SliceReader, element, tag};

use super::qc_parser::string;

/// The maximum depth to which roles are looked for in values inside of values.
const MAX_DEPTH: usize = 4;
/// The class and form of the tags `[0]` to `[30]` of values that contain others.
pub(super) const CONTEXT: u8 = 0xa0;
/// Without the number of the tag.
pub(super) const CLASS: u8 = 0xe0;

/// The roles as they are encoded, in their order.
pub(super) struct EncodedRoles<'a> {
    pub(super) roles: Vec<EncodedRole<'a>>,
    /// How the encoding differs from the standard: `flat, …`.
    pub(super) oddity: Option<&'static str>,
}

/// One role.
pub(super) struct EncodedRole<'a> {
    /// The object identifier's content.
    pub(super) id: &'a [u8],
    pub(super) name: Option<String>,
    pub(super) is_utf8: bool,
}

impl<'a> EncodedRoles<'a> {
    /// Reads the list of roles: by the standard a SEQUENCE with a SEQUENCE for each role, of identifier and name.
    pub(super) fn read(list: &Asn1Element<'a>) -> Result<Self, String> {
        let mut found = Self { roles: Vec::new(), oddity: None };
        if list.tag != tag::SEQUENCE {
            found.oddity = Some("in a value that is no SEQUENCE");
        }
        match list.tag {
            tag::SEQUENCE | tag::SET => found.list(list.content, 0)?,
            other if other & CLASS == CONTEXT => {
                found.oddity = Some("with an explicit tag around them");
                found.list(list.content, 0)?;
            }
            _ => return Err("its roles are not a SEQUENCE".to_owned()),
        }
        Ok(found)
    }

    fn list(&mut self, content: &'a [u8], depth: usize) -> Result<(), String> {
        if depth > MAX_DEPTH {
            return Err("its roles are nested too deep".to_owned());
        }
        let mut reader = SliceReader::new(content).map_err(asn1::problem)?;
        while !reader.is_finished() {
            if reader.peek_byte() == Some(tag::OID) {
                self.oddity.get_or_insert("flat, without a SEQUENCE for each role");
                let role = role(&mut reader)?;
                self.roles.push(role);
                continue;
            }
            let value = Asn1Element::decode(&mut reader).map_err(asn1::problem)?;
            match value.tag {
                tag::SEQUENCE => self.sequence(value.content, depth)?,
                other if other & CLASS == CONTEXT => {
                    self.oddity.get_or_insert("with an explicit tag around each");
                    self.sequence(value.content, depth)?;
                }
                tag::SET => {
                    self.oddity.get_or_insert("as a SET");
                    self.sequence(value.content, depth)?;
                }
                other => return Err(format!("its roles hold a value of another type (tag {other:#04x})")),
            }
        }
        Ok(())
    }

    /// One role, or a further list of them.
    fn sequence(&mut self, content: &'a [u8], depth: usize) -> Result<(), String> {
        let mut reader = SliceReader::new(content).map_err(asn1::problem)?;
        if reader.peek_byte() != Some(tag::OID) {
            self.oddity.get_or_insert("in lists inside of the list");
            return self.list(content, depth + 1);
        }
        let role = role(&mut reader)?;
        if role.name.is_none() {
            self.oddity.get_or_insert("without a name");
        }
        self.roles.push(role);
        if reader.is_finished() {
            return Ok(());
        }
        self.oddity.get_or_insert("with several in one SEQUENCE");
        let rest = &content[content.len() - usize::try_from(reader.remaining_len()).unwrap_or_default()..];
        self.list(rest, depth + 1)
    }
}

/// An identifier, and the name after it.
fn role<'a>(reader: &mut SliceReader<'a>) -> Result<EncodedRole<'a>, String> {
    let id = element(reader, tag::OID).map_err(asn1::problem)?.content;
    if matches!(reader.peek_byte(), None | Some(tag::OID)) {
        return Ok(EncodedRole { id, name: None, is_utf8: true });
    }
    let mut is_utf8 = true;
    let name = string(reader, &mut is_utf8).map_err(|why| format!("a role's name {why}"))?;
    Ok(EncodedRole { id, name: Some(name), is_utf8 })
}
