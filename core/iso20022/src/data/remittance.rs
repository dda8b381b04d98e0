//! The remittance information of a payment.

use bankchannel_foundation::model::Boundary;
use bankchannel_foundation::model::Date;

use super::party::{Party, owned};
use super::values::ElementValues;
use super::{Code, Money};
use bankchannel_xml::XmlElement;

/// Remittance information: the purpose of a payment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct Remittance {
    /// The lines of free text, in order.
    pub lines: Vec<String>,
    /// The structured parts, in order.
    pub structured: Vec<StructuredRemittance>,
}

/// One structured part: a reference, or an invoice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct StructuredRemittance {
    /// The creditor's reference as it is written.
    pub reference: Option<String>,
    /// The kind of reference: `SCOR`, or a scheme's own code such as `QRR`.
    pub reference_kind: Option<Code>,
    /// The documents that are paid, in order.
    pub documents: Vec<ReferredDocument>,
    /// The amounts of the documents, in order.
    pub amounts: Vec<RemittanceAmount>,
    /// The issuer of the invoice.
    pub invoicer: Option<Box<Party>>,
    /// The recipient of the invoice.
    pub invoicee: Option<Box<Party>>,
    /// Further lines of text, in order.
    pub information: Vec<String>,
}

/// A document that is paid.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct ReferredDocument {
    /// The kind: `CINV` for an invoice, `CREN` for a credit note.
    pub kind: Option<Code>,
    /// Its number.
    pub number: Option<String>,
    /// Its date.
    pub date: Option<Date>,
}

/// An amount of a document.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct RemittanceAmount {
    /// The kind of amount: `DuePyblAmt`, `DscntApldAmt`, `CdtNoteAmt`, `TaxAmt`, `AdjstmntAmtAndRsn`, `RmtdAmt` of the
    /// document, or the code of version 12.
    pub kind: String,
    /// The amount, as it is written: without a sign.
    pub money: Money,
}

impl Remittance {
    pub(crate) fn read(information: Option<XmlElement<'_>>, values: &mut ElementValues<'_>) -> Self {
        let mut read = Self::default();
        for child in information.into_iter().flat_map(XmlElement::children) {
            match child.name() {
                "Ustrd" if !child.text().is_empty() => read.lines.push(child.text().to_owned()),
                "Strd" => read.structured.push(StructuredRemittance::read(child, values)),
                _ => {}
            }
        }
        read
    }

    /// The first reference of the structured parts.
    pub fn reference(&self) -> Option<&str> {
        self.structured.iter().find_map(|part| part.reference.as_deref())
    }

    /// The lines of free text as one text, otherwise the further lines of the structured parts; `None` for none.
    pub fn text(&self) -> Option<String> {
        if !self.lines.is_empty() {
            return Some(self.lines.join("\n"));
        }
        let further: Vec<&str> =
            self.structured.iter().flat_map(|part| &part.information).map(String::as_str).collect();
        (!further.is_empty()).then(|| further.join("\n"))
    }
}

impl StructuredRemittance {
    fn read(element: XmlElement<'_>, values: &mut ElementValues<'_>) -> Self {
        let mut read = Self::default();
        for child in element.children() {
            match child.name() {
                "CdtrRefInf" => {
                    // Version 2 has other names.
                    read.reference = owned(child.first(&["Ref", "CdtrRef"]));
                    let of_version_2 = || Code::read(child.child("CdtrRefTp"), crate::meaning::document);
                    read.reference_kind = child.child("Tp").and_then(kind).or_else(of_version_2);
                }
                "RfrdDocInf" => {
                    read.documents.push(ReferredDocument {
                        kind: child.child("Tp").and_then(kind),
                        number: owned(child.value("Nb")),
                        date: child.child("RltdDt").and_then(|date| values.choice(date)).map(|moment| moment.date),
                    });
                }
                "RfrdDocAmt" => read.amounts.extend(child.children().filter_map(|one| {
                    // Version 3 adds a type to some amounts, version 12 to all of them.
                    let inner = one.child("Amt").unwrap_or(one);
                    let kind = one.first(&["Tp/Cd", "Tp/Prtry"]).unwrap_or(one.name()).to_owned();
                    Some(RemittanceAmount { kind, money: values.money(inner)? })
                })),
                "Invcr" => read.invoicer = Party::read(Some(child), None, None).map(Box::new),
                "Invcee" => read.invoicee = Party::read(Some(child), None, None).map(Box::new),
                "AddtlRmtInf" => read.information.push(child.text().to_owned()),
                _ => {}
            }
        }
        read
    }
}

/// `Tp/CdOrPrtry` with the issuer next to it.
fn kind(element: XmlElement<'_>) -> Option<Code> {
    let code = Code::read(element.child("CdOrPrtry"), crate::meaning::document)?;
    Some(Code { issuer: owned(element.value("Issr")), ..code })
}
