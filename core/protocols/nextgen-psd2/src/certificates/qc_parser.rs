//! Reads the extension qcStatements strictly (§7.3): each statement by itself, so that a broken one hides no other.

use bankchannel_crypto::asn1::{self, Asn1Element, Decode, Reader, SliceReader, element, tag};

use super::{
    CertificateFault, Psd2Role, Psd2Statement, QcOddity, QcStatementKind, QcStatements, QcTolerance, QcType,
    psd2_roles::{CLASS, CONTEXT, EncodedRoles},
    qc::{COMPLIANCE, PSD2, ROLE, TYPE},
};

/// The maximum size of the extension, in bytes.
const MAX_BYTES: usize = 4096;
/// The maximum number of statements, types and roles together: more is a mistake or an attack.
const MAX_ITEMS: usize = 64;

/// Parses the value of the extension.
///
/// # Errors
/// [`CertificateFault`] if it is not DER, not a list, or too large. A statement that cannot be read is an oddity that
/// no verifier tolerates.
pub fn parse_qc(der: &[u8]) -> Result<QcStatements, CertificateFault> {
    if der.len() > MAX_BYTES {
        return Err("qcStatements: the extension has more than 4096 bytes".into());
    }
    let mut parser = QcParser { read: QcStatements::default(), items: 0 };
    parser.statements(der).map_err(|CertificateFault(why)| CertificateFault(format!("qcStatements: {why}")))?;
    Ok(parser.read)
}

struct QcParser {
    read: QcStatements,
    items: usize,
}

impl QcParser {
    fn count(&mut self, items: usize) -> Result<(), CertificateFault> {
        self.items += items;
        if self.items > MAX_ITEMS { Err("more than 64 statements, types and roles".into()) } else { Ok(()) }
    }

    fn note(&mut self, statement: QcStatementKind, tolerance: QcTolerance, text: impl Into<String>) {
        self.read.oddities.push(QcOddity { statement, tolerance, text: text.into() });
    }

    /// Notes that a statement cannot be used.
    fn note_defect(&mut self, statement: QcStatementKind, why: &str) {
        self.note(statement, QcTolerance::Nobody, format!("its {} cannot be read: {why}", statement.name()));
    }

    fn statements(&mut self, der: &[u8]) -> Result<(), CertificateFault> {
        let content = asn1::only(der, tag::SEQUENCE)?;
        let mut list = SliceReader::new(content)?;
        if list.peek_byte() == Some(tag::OID) {
            let text = "qcStatements holds a statement that is not in a list (the outer SEQUENCE is missing)";
            self.note(QcStatementKind::Other, QcTolerance::Every, text);
            return self.statement(content);
        }
        while !list.is_finished() {
            self.count(1)?;
            match Asn1Element::decode(&mut list) {
                Ok(statement) if statement.tag == tag::SEQUENCE => self.statement(statement.content)?,
                Ok(_) => self.note_defect(QcStatementKind::Other, "one of them is not a SEQUENCE"),
                Err(fault) => {
                    self.note_defect(QcStatementKind::Other, &format!("the rest of it: {}", asn1::problem(fault)));
                    break;
                }
            }
        }
        Ok(())
    }

    /// Reads one statement. Only a limit ends the reading of all.
    fn statement(&mut self, content: &[u8]) -> Result<(), CertificateFault> {
        let Some((id, rest)) = identified(content) else {
            self.note_defect(QcStatementKind::Other, "one of them does not begin with its identifier");
            return Ok(());
        };
        let kind = match id {
            COMPLIANCE => QcStatementKind::Compliance,
            TYPE => QcStatementKind::Type,
            PSD2 => QcStatementKind::Psd2,
            _ => QcStatementKind::Other,
        };
        let info = match information(rest) {
            Ok(info) => info,
            Err(_) if kind == QcStatementKind::Other => {
                self.note_defect(kind, "one of them has more than an identifier and its information");
                return Ok(());
            }
            Err(why) => {
                self.note_defect(kind, why);
                return Ok(());
            }
        };
        let list = info.as_ref().and_then(list_in);
        match (kind, list) {
            (QcStatementKind::Compliance, _) => self.read.compliance = true,
            (QcStatementKind::Other, _) => {}
            (QcStatementKind::Type | QcStatementKind::Psd2, None) => self.note_defect(kind, "it is without its list"),
            (QcStatementKind::Type, Some(content)) => self.types(content)?,
            (QcStatementKind::Psd2, Some(content)) => self.psd2(content)?,
        }
        let is_listed = matches!(kind, QcStatementKind::Type | QcStatementKind::Psd2) && list.is_some();
        if is_listed && info.is_some_and(|info| info.tag != tag::SEQUENCE) {
            // Shown, but unseen in issued certificates: it is not accepted.
            let text = format!("the information of its {} is not a SEQUENCE, as it must be", kind.name());
            self.note(kind, QcTolerance::Nobody, text);
        }
        Ok(())
    }

    fn types(&mut self, content: &[u8]) -> Result<(), CertificateFault> {
        let mut types = Vec::new();
        let mut read = || -> Result<(), CertificateFault> {
            let mut list = SliceReader::new(content)?;
            while !list.is_finished() {
                let id = element(&mut list, tag::OID)?.content;
                types.push(match id.strip_prefix(TYPE) {
                    Some([1]) => QcType::Esign,
                    Some([2]) => QcType::Eseal,
                    Some([3]) => QcType::Web,
                    _ => QcType::Other(asn1::dotted(id)?),
                });
            }
            Ok(())
        };
        let result = read();
        self.count(types.len())?;
        if let Err(CertificateFault(why)) = result {
            self.note_defect(QcStatementKind::Type, &format!("{why}; a list of identifiers is expected"));
            return Ok(());
        }
        for found in types {
            if !self.read.types.contains(&found) {
                self.read.types.push(found);
            }
        }
        Ok(())
    }

    fn psd2(&mut self, content: &[u8]) -> Result<(), CertificateFault> {
        const KIND: QcStatementKind = QcStatementKind::Psd2;
        if self.read.psd2.take().is_some() || self.read.is_broken(KIND) {
            self.note_defect(KIND, "there are two PSD2 statements");
            return Ok(());
        }
        let mut utf8 = true;
        let (encoded, nca_name, nca_id) = match psd2_parts(content, &mut utf8) {
            Ok(parts) => parts,
            Err(why) => {
                self.note_defect(KIND, &why);
                return Ok(());
            }
        };
        self.count(encoded.roles.len())?;
        let mut roles = Vec::new();
        for role in encoded.roles {
            utf8 &= role.is_utf8;
            let arc = role.id.strip_prefix(ROLE);
            let Some(known) = Psd2Role::ALL.into_iter().find(|known| arc == Some(&[known.arc()])) else {
                let Ok(number) = asn1::dotted(role.id) else {
                    self.note_defect(KIND, "the identifier of a role cannot be read");
                    return Ok(());
                };
                self.note(KIND, QcTolerance::Every, format!("the role {number} is not known and grants nothing"));
                continue;
            };
            if let Some(name) = role.name.filter(|name| name != known.name()) {
                let shown: String = name.chars().filter(|character| !character.is_control()).take(40).collect();
                let (oid, own) = (known.oid(), known.name());
                let text = format!(
                    "name and identifier of a role disagree: {oid} is {own} and named {shown:?}; the identifier counts"
                );
                self.note(KIND, QcTolerance::UnlessStrict, text);
            }
            if !roles.contains(&known) {
                roles.push(known);
            }
        }
        if let Some(how) = encoded.oddity {
            let text = format!(
                "the roles of its {} are encoded {how}: each must be a SEQUENCE of identifier and name, in one SEQUENCE. \
                 Banks may see no role; its issuer has to correct it",
                KIND.name()
            );
            self.note(KIND, QcTolerance::Lenient, text);
        }
        if !utf8 {
            let text = "texts of the PSD2 statement are not UTF8String, as they must be, but PrintableString";
            self.note(KIND, QcTolerance::Lenient, text);
        }
        self.read.psd2 = Some(Psd2Statement { roles, nca_name, nca_id });
        Ok(())
    }
}

/// A statement's identifier, and the rest of the statement.
fn identified(content: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut reader = SliceReader::new(content).ok()?;
    let id = element(&mut reader, tag::OID).ok()?;
    Some((id.content, &content[id.whole.len()..]))
}

/// A statement's information.
fn information(rest: &[u8]) -> Result<Option<Asn1Element<'_>>, &'static str> {
    if rest.is_empty() {
        return Ok(None);
    }
    let mut reader = SliceReader::new(rest).map_err(asn1::problem)?;
    let info = Asn1Element::decode(&mut reader).map_err(asn1::problem)?;
    reader.finish().map_err(|_| "it has more than its identifier and its information")?;
    Ok(Some(info))
}

/// The content of a statement's list: a SEQUENCE; also one in a value with an explicit tag, a SET, or the only item of a
/// list that is missing.
fn list_in<'a>(info: &Asn1Element<'a>) -> Option<&'a [u8]> {
    match info.tag {
        tag::SEQUENCE | tag::SET => Some(info.content),
        tag::OID => Some(info.whole),
        other if other & CLASS == CONTEXT => asn1::only(info.content, tag::SEQUENCE).ok(),
        _ => None,
    }
}

/// Roles, name and identifier of the authority.
fn psd2_parts<'a>(content: &'a [u8], utf8: &mut bool) -> Result<(EncodedRoles<'a>, String, String), String> {
    let mut reader = SliceReader::new(content).map_err(asn1::problem)?;
    let roles = Asn1Element::decode(&mut reader).map_err(|_| "its roles are missing")?;
    let encoded = EncodedRoles::read(&roles)?;
    let nca_name = string(&mut reader, utf8).map_err(|why| format!("the authority's name {why}"))?;
    let nca_id = string(&mut reader, utf8).map_err(|why| format!("the authority's identifier {why}"))?;
    reader.finish().map_err(|_| "it has more than roles, name and identifier of the authority")?;
    Ok((encoded, nca_name, nca_id))
}

/// A text of a statement.
pub(super) fn string(reader: &mut SliceReader<'_>, utf8: &mut bool) -> Result<String, &'static str> {
    if reader.is_finished() {
        return Err("is missing");
    }
    let value = Asn1Element::decode(reader).map_err(|_| "cannot be read")?;
    match value.tag {
        tag::UTF8 => {}
        tag::PRINTABLE => *utf8 = false,
        _ => return Err("is of another type than UTF8String"),
    }
    asn1::text(value.tag, value.content).ok_or("has bytes that are no text")
}

#[cfg(test)]
#[path = "qc_parser_tests.rs"]
mod tests;
