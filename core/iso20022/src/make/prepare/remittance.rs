//! Remittance information: a text, a reference, documents.

use bankchannel_foundation::model::Decimal;

use super::{BatchTerms, TransferPayer, TransferPreparer};
use crate::cash::DecimalSum;
use crate::make::findings::FieldPlace;
use crate::make::model::CreditTransfer;
use crate::make::model::DocumentKind::{CreditNote, Invoice};
use crate::rules::payee::PayeePlace;
use crate::rules::reference::{self, ReferenceError, ReferenceKind, ReferencePlacement, TextPlace};
use crate::rules::written_reference::{self, WrittenReference};
use crate::rules::{Finding, Rule, payee};

/// The maximum number of parts that AOS2 has.
const AOS2_PARTS: usize = 9;

/// A reference as it is written.
pub(in crate::make) struct ReadyReference {
    pub(in crate::make) text: String,
    pub(in crate::make) placement: ReferencePlacement,
    /// Where a text of the payment goes, if it may have one.
    pub(in crate::make) text_place: Option<TextPlace>,
}

/// The facts on a payment on which its reference depends.
#[derive(Clone, Copy)]
struct PaidKind<'a> {
    /// The creditor's IBAN.
    iban: Option<&'a str>,
    /// The country of the creditor's account.
    country: Option<&'a str>,
    sepa: bool,
}

impl TransferPreparer<'_> {
    /// The remittance information: the references of its structured parts, one for each document, otherwise one for the
    /// reference.
    pub(super) fn remittance(
        &mut self,
        transfer: &mut CreditTransfer,
        terms: BatchTerms,
        (currency, payer): (&str, TransferPayer<'_>),
    ) -> Vec<Option<ReadyReference>> {
        let iban = transfer.creditor.iban.clone();
        let place = transfer.creditor.account_place();
        let place = PayeePlace { currency: Some(currency), payer_country: payer.country, ..place };
        let country = place.account_country().map(str::to_owned);
        let paid = PaidKind { iban: iban.as_deref(), country: country.as_deref(), sepa: terms.is_sepa() };
        let whole = transfer
            .reference
            .as_deref()
            .map(|text| self.reference(FieldPlace("", "reference"), text, transfer.reference_kind, paid));
        let mut references: Vec<Option<ReadyReference>> = Vec::new();
        let mut documents = transfer.documents.take().unwrap_or_default();
        for document in &mut documents {
            self.identifier(FieldPlace("documents", "number"), document.number.as_deref());
            if let Some(amount) = &mut document.amount {
                let written = self.amount(amount, currency, false);
                *amount = Decimal::new(&written).unwrap_or(amount.clone());
            }
            let own = document
                .reference
                .as_deref()
                .map(|text| self.reference(FieldPlace("documents", "reference"), text, document.reference_kind, paid));
            references.push(own.flatten());
        }
        match (whole, references.len()) {
            (Some(whole), 0) => references.push(whole),
            (Some(whole), 1) if references[0].is_none() => references[0] = whole,
            (Some(_), _) => {
                let change = "give the reference of each document with the document";
                self.error(
                    Rule::Remittance,
                    FieldPlace("", "reference"),
                    "documents are given beside it",
                    change,
                    None,
                );
            }
            (None, _) => {}
        }
        let has_qr = references.iter().flatten().any(|part| part.placement.code == "QRR");
        if let Some(found) = iban.as_deref().and_then(|iban| payee::qr(iban, has_qr)) {
            self.add(found, FieldPlace("creditor", "iban"));
        }
        transfer.documents = (!documents.is_empty()).then_some(documents);
        self.parts(transfer, &references, terms, (currency, payer.iban));
        references
    }

    /// Text and structured parts together.
    fn parts(
        &mut self,
        transfer: &CreditTransfer,
        references: &[Option<ReadyReference>],
        terms: BatchTerms,
        (currency, debtor_iban): (&str, Option<&str>),
    ) {
        let at = FieldPlace("", if transfer.documents.is_some() { "documents" } else { "reference" });
        let documents = transfer.documents.as_deref().unwrap_or_default();
        if transfer.text.is_some() && !references.is_empty() && !self.profile.aos2 {
            let place = match references {
                [Some(one)] => one.text_place,
                _ => None,
            };
            match place {
                Some(TextPlace::Inside) => {}
                Some(TextPlace::Beside) => {
                    let found = payee::estonian_text(debtor_iban).filter(|_| terms.is_sepa());
                    found.into_iter().for_each(|found| self.add(found, at));
                }
                // A reference that is wrong has its own error.
                None if references.len() == 1 && transfer.reference.is_some() && references[0].is_none() => {}
                None => {
                    let message = "a text and a reference are given, and a payment carries one of them";
                    self.error(Rule::Remittance, at, message, "leave one out, or take the profile aos2", None);
                }
            }
        }
        if references.len() > 1 && !self.profile.aos2 {
            self.add(payee::several_parts(), at);
        } else if self.profile.aos2 && references.len() > 1 {
            self.aos2(transfer, currency);
        }
        let max = if self.profile.aos2 { payee::AOS2_STRUCTURED } else { payee::STRUCTURED };
        for (number, part) in references.iter().enumerate() {
            let document = documents.get(number);
            let inside = part.as_ref().is_some_and(|part| part.text_place == Some(TextPlace::Inside));
            let text = transfer.text.as_deref().filter(|_| number == 0 && inside);
            let count = |text: Option<&str>| text.map_or(0, |text| text.chars().count());
            // All texts of the part, as the check counts them in the file.
            let length = count(text)
                + part.as_ref().map_or(0, |part| {
                    let placement = &part.placement;
                    count(Some(&part.text)) + placement.code.len() + count(placement.issuer)
                })
                + document.map_or(0, |document| {
                    "CINV".len()
                        + count(document.number.as_deref())
                        + document.date.map_or(0, |_| "2026-11-20".len())
                        + document.amount.as_ref().map_or(0, |amount| amount.as_str().len())
                });
            if length > max && terms.is_sepa() {
                let message = format!("a structured part has {length} characters, more than {max}");
                self.error(
                    Rule::Remittance,
                    at,
                    message,
                    "shorten the text or the number of the document",
                    Some("CH15"),
                );
            }
        }
    }

    /// AOS2 (docs/protocols/iso20022.md §1.6): two to nine documents, one of them a credit note, which add up to the amount.
    fn aos2(&mut self, transfer: &CreditTransfer, currency: &str) {
        let at = FieldPlace("", "documents");
        let documents = transfer.documents.as_deref().unwrap_or_default();
        if documents.len() > AOS2_PARTS {
            let message = format!("there are {} documents, more than {AOS2_PARTS}", documents.len());
            self.error(Rule::Remittance, at, message, "make several payments", None);
        }
        if !documents.iter().any(|document| document.kind == CreditNote) {
            let message = "no document is a credit note, which several documents need";
            self.error(Rule::Remittance, at, message, "make a payment for each invoice", None);
        }
        let sum = documents.iter().try_fold(DecimalSum::default(), |sum, document| {
            let one = DecimalSum::from_decimal(document.amount.as_ref()?)?;
            if document.kind == Invoice { sum.plus(one) } else { sum.minus(one) }
        });
        let fits = sum
            .zip(DecimalSum::from_decimal(&transfer.amount))
            .and_then(|(sum, amount)| sum.minus(amount))
            .is_some_and(DecimalSum::is_zero);
        if !fits {
            let sum = sum.map_or_else(|| "no sum".to_owned(), |sum| format!("{} {currency}", sum.text()));
            let message = format!("invoices minus credit notes are {sum}, which is not the amount");
            self.error(Rule::Remittance, at, message, "give each document its amount", Some("AM09"));
        }
    }

    fn reference(
        &mut self,
        at: FieldPlace,
        text: &str,
        kind: Option<ReferenceKind>,
        PaidKind { iban, country, sepa }: PaidKind<'_>,
    ) -> Option<ReadyReference> {
        let Some(kind) = kind.or_else(|| reference::infer(text, iban)) else {
            let change = "say which kind it is, or give it as text";
            self.add(Finding::error(Rule::Reference, "the kind of the reference is not known", change).value(text), at);
            return None;
        };
        let written_elsewhere = match kind {
            ReferenceKind::Fik71 | ReferenceKind::Fik75 => "the place of a FIK payment id differs from bank to bank",
            ReferenceKind::Bankgiro | ReferenceKind::Plusgiro => "that is an account number, not a reference",
            _ => "",
        };
        if !written_elsewhere.is_empty() {
            self.add(Finding::error(Rule::Reference, written_elsewhere, "pay it in another way").value(text), at);
            return None;
        }
        let placement = kind.placement();
        let (ready, remark) = match reference::parse(kind, text) {
            Ok(read) => (read.text, read.note.map(str::to_owned)),
            Err(why @ ReferenceError::CheckDigits) if kind.is_soft() => {
                (text.chars().filter(|c| !c.is_whitespace()).collect(), Some(format!("the reference {why}")))
            }
            Err(why) => {
                let found = Finding::error(Rule::Reference, format!("the reference {why}"), "copy it from the invoice");
                self.add(found.reason("RR09").value(text), at);
                return None;
            }
        };
        // The reference in the file is less than the kind: a check has only the file.
        let written = written_reference::check(WrittenReference {
            text: &ready,
            code: Some(placement.code),
            proprietary: placement.proprietary,
            issuer: placement.issuer,
            creditor_country: country,
        });
        let remark = remark.map(|remark| {
            Finding::warning(Rule::Reference, remark, "compare it with the invoice").reason("RR09").value(text)
        });
        if let Some(found) = written.or(remark) {
            self.add(found, at);
        }
        Some(ReadyReference { text: ready, placement, text_place: kind.text_place(country, sepa) })
    }
}
