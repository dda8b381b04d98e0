//! The remittance information of a payment.

use bankchannel_foundation::Boundary;
use bankchannel_foundation::model::Date;

use super::party::owned;
use super::values::Values;
use super::{Code, Money};
use bankchannel_xml::XmlElement;

/// Remittance information: what a payment is for.
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
    pub invoicer: Option<String>,
    /// The recipient of the invoice.
    pub invoicee: Option<String>,
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
    pub(crate) fn read(information: Option<XmlElement<'_>>, values: &mut Values<'_>) -> Self {
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

    /// The lines of free text as one text; `None` for none.
    pub fn text(&self) -> Option<String> {
        (!self.lines.is_empty()).then(|| self.lines.join("\n"))
    }
}

impl StructuredRemittance {
    fn read(element: XmlElement<'_>, values: &mut Values<'_>) -> Self {
        let mut read = Self::default();
        for child in element.children() {
            match child.name() {
                "CdtrRefInf" => {
                    read.reference = owned(child.value("Ref"));
                    read.reference_kind = child.child("Tp").and_then(kind);
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
                "Invcr" => read.invoicer = owned(child.value("Nm")),
                "Invcee" => read.invoicee = owned(child.value("Nm")),
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
