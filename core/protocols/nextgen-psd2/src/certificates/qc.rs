//! The extension qcStatements (RFC 3739, ETSI EN 319 412-5, ETSI TS 119 495), read strictly (§7.1, §7.3).

use bankchannel_crypto::asn1::{self, Asn1Element, Decode, Reader, SliceReader, element, tag};

use super::CertificateFault;

/// 0.4.0.1862.1.1.
pub(super) const COMPLIANCE: &[u8] = b"\x04\x00\x8e\x46\x01\x01";
/// 0.4.0.1862.1.6; the types have one more arc.
pub(super) const TYPE: &[u8] = b"\x04\x00\x8e\x46\x01\x06";
/// 0.4.0.19495.2.
pub(super) const PSD2: &[u8] = b"\x04\x00\x81\x98\x27\x02";
/// 0.4.0.19495.1; the roles have one more arc.
pub(super) const ROLE: &[u8] = b"\x04\x00\x81\x98\x27\x01";

/// The maximum size of the extension, in bytes.
const MAX_BYTES: usize = 4096;
/// The maximum number of statements, types and roles together: more is a mistake or an attack.
const MAX_ITEMS: usize = 64;

/// The issuer's statements about a qualified certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QcStatements {
    /// Whether the certificate claims to be qualified.
    pub compliance: bool,
    /// The purposes of the certificate.
    pub types: Vec<QcType>,
    /// Roles and authority under PSD2.
    pub psd2: Option<Psd2Statement>,
    /// Tolerated deviations, for a person.
    pub warnings: Vec<String>,
}

/// The purpose of a qualified certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QcType {
    /// Signatures of a natural person.
    Esign,
    /// Seals of a legal person: these certificates sign requests.
    Eseal,
    /// Web sites and connections.
    Web,
    /// Another type, as an object identifier in dotted form.
    Other(String),
}

/// The PSD2 statement (ETSI TS 119 495 §5.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Psd2Statement {
    /// The roles of the third party, each once, in the order of the certificate.
    pub roles: Vec<Psd2Role>,
    /// Name of the authority.
    pub nca_name: String,
    /// Identifier of the authority, such as `NO-FSA`.
    pub nca_id: String,
    /// Whether the name of every role matches its number. If not, the number counts.
    pub role_names_agree: bool,
    /// Whether all texts are UTF8String, as the standard requires. PrintableString is accepted too, with a warning.
    pub utf8_strings: bool,
}

/// A role of a payment service provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Psd2Role {
    /// Account servicing.
    As,
    /// Payment initiation.
    Pi,
    /// Account information.
    Ai,
    /// Issuing of card-based payment instruments.
    Ic,
}

impl Psd2Role {
    /// All roles, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::As, Self::Pi, Self::Ai, Self::Ic];

    /// The object identifier in dotted form.
    #[must_use]
    pub const fn oid(self) -> &'static str {
        match self {
            Self::As => "0.4.0.19495.1.1",
            Self::Pi => "0.4.0.19495.1.2",
            Self::Ai => "0.4.0.19495.1.3",
            Self::Ic => "0.4.0.19495.1.4",
        }
    }

    /// The name in a certificate: `PSP_AI`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::As => "PSP_AS",
            Self::Pi => "PSP_PI",
            Self::Ai => "PSP_AI",
            Self::Ic => "PSP_IC",
        }
    }

    /// The name of a third party with this role: `AISP`.
    #[must_use]
    pub const fn normalised(self) -> &'static str {
        match self {
            Self::As => "ASPSP",
            Self::Pi => "PISP",
            Self::Ai => "AISP",
            Self::Ic => "PIISP",
        }
    }

    /// The last arc of the object identifier.
    pub(super) const fn arc(self) -> u8 {
        match self {
            Self::As => 1,
            Self::Pi => 2,
            Self::Ai => 3,
            Self::Ic => 4,
        }
    }
}

/// Parses the value of the extension.
///
/// # Errors
/// [`CertificateFault`] if it is not DER with the statements' structure, or if it has two PSD2 statements.
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
    fn count(&mut self) -> Result<(), CertificateFault> {
        self.items += 1;
        if self.items > MAX_ITEMS { Err("more than 64 statements, types and roles".into()) } else { Ok(()) }
    }

    fn warn(&mut self, text: String) {
        self.read.warnings.push(text);
    }

    fn statements(&mut self, der: &[u8]) -> Result<(), CertificateFault> {
        let content = asn1::only(der, tag::SEQUENCE)?;
        let mut list = SliceReader::new(content)?;
        if list.peek_byte() == Some(tag::OID) {
            let text = "qcStatements holds a statement that is not in a list (the outer SEQUENCE is missing)";
            self.warn(text.to_owned());
            return self.statement(content);
        }
        while !list.is_finished() {
            self.count()?;
            self.statement(element(&mut list, tag::SEQUENCE)?.content)?;
        }
        Ok(())
    }

    fn statement(&mut self, content: &[u8]) -> Result<(), CertificateFault> {
        let mut reader = SliceReader::new(content)?;
        let id = element(&mut reader, tag::OID)?.content;
        let info = if reader.is_finished() { None } else { Some(Asn1Element::decode(&mut reader)?) };
        reader.finish()?;
        let list = || match info {
            Some(info) if info.tag == tag::SEQUENCE => Ok(info.content),
            _ => Err(CertificateFault::from("a statement is without its list")),
        };
        match id {
            COMPLIANCE => self.read.compliance = true,
            TYPE => self.types(list()?)?,
            PSD2 if self.read.psd2.is_some() => return Err("two PSD2 statements".into()),
            PSD2 => self.read.psd2 = Some(self.psd2(list()?)?),
            _ => {}
        }
        Ok(())
    }

    fn types(&mut self, content: &[u8]) -> Result<(), CertificateFault> {
        let mut list = SliceReader::new(content)?;
        while !list.is_finished() {
            self.count()?;
            let id = element(&mut list, tag::OID)?.content;
            let found = match id.strip_prefix(TYPE) {
                Some([1]) => QcType::Esign,
                Some([2]) => QcType::Eseal,
                Some([3]) => QcType::Web,
                _ => QcType::Other(asn1::dotted(id)?),
            };
            if !self.read.types.contains(&found) {
                self.read.types.push(found);
            }
        }
        Ok(())
    }

    fn psd2(&mut self, content: &[u8]) -> Result<Psd2Statement, CertificateFault> {
        let mut reader = SliceReader::new(content)?;
        let mut list = SliceReader::new(element(&mut reader, tag::SEQUENCE)?.content)?;
        let mut utf8 = true;
        let mut names_agree = true;
        let mut roles = Vec::new();
        while !list.is_finished() {
            self.count()?;
            let mut role = SliceReader::new(element(&mut list, tag::SEQUENCE)?.content)?;
            let id = element(&mut role, tag::OID)?.content;
            let name = string(&mut role, &mut utf8)?;
            role.finish()?;
            let arc = id.strip_prefix(ROLE);
            let Some(role) = Psd2Role::ALL.into_iter().find(|role| arc == Some(&[role.arc()])) else {
                let number = asn1::dotted(id)?;
                self.warn(format!("the role {number} is not known and grants nothing"));
                continue;
            };
            if name != role.name() {
                names_agree = false;
                let shown: String = name.chars().filter(|character| !character.is_control()).take(40).collect();
                let (oid, own) = (role.oid(), role.name());
                self.warn(format!(
                    "name and identifier of a role disagree: {oid} is {own} and named {shown:?}; the identifier counts"
                ));
            }
            if !roles.contains(&role) {
                roles.push(role);
            }
        }
        let nca_name = string(&mut reader, &mut utf8)?;
        let nca_id = string(&mut reader, &mut utf8)?;
        reader.finish()?;
        if !utf8 {
            self.warn("the PSD2 statement has a PrintableString; UTF8String is asked for".to_owned());
        }
        Ok(Psd2Statement { roles, nca_name, nca_id, role_names_agree: names_agree, utf8_strings: utf8 })
    }
}

fn string(reader: &mut SliceReader<'_>, utf8: &mut bool) -> Result<String, CertificateFault> {
    let value = Asn1Element::decode(reader)?;
    match value.tag {
        tag::UTF8 => {}
        tag::PRINTABLE => *utf8 = false,
        _ => return Err("a text of the PSD2 statement is of another type than UTF8String".into()),
    }
    asn1::text(value.tag, value.content).ok_or_else(|| "a text of the PSD2 statement cannot be read".into())
}

#[cfg(test)]
#[path = "qc_tests.rs"]
mod tests;
