//! A transfer: amount, ids, instructions.

use bankchannel_foundation::model::Decimal;

use super::party::PartyNeed;
use super::{BatchTerms, ReadyReference, TransferPayer, TransferPreparer};
use crate::make::findings::FieldPlace;
use crate::make::model::CreditTransfer;
use crate::rules::{Finding, PaymentVersion, Rule, identifier, money, payee, purpose};

/// Longest free text of the schema.
const TEXT: usize = 140;
/// The maximum number of digits of an amount.
const DIGITS: usize = 18;
/// The maximum number of parts of a report to authorities.
const REPORTS: usize = 10;

impl TransferPreparer<'_> {
    /// The transfer's own data, without its batch's. Returns its amount as it is written, and the reference of each
    /// structured part.
    pub(in crate::make) fn transfer(
        &mut self,
        transfer: &mut CreditTransfer,
        terms: BatchTerms,
        currency: &str,
        payer: TransferPayer<'_>,
    ) -> (String, Vec<Option<ReadyReference>>) {
        let amount = self.amount(&transfer.amount, currency, terms.is_sepa());
        self.party("creditor", &mut transfer.creditor, terms, currency, PartyNeed::Creditor);
        self.payee(&mut transfer.creditor, terms, (currency, payer.country));
        if transfer.creditor.iban.is_some() && transfer.creditor.iban.as_deref() == payer.iban {
            let found =
                Finding::warning(Rule::SameAccount, "debtor and creditor have the same account", "compare them");
            self.add(found, FieldPlace("creditor", "iban"));
        }
        if let Some(ultimate) = &mut transfer.ultimate_creditor {
            self.party("ultimate_creditor", ultimate, terms, currency, PartyNeed::Nothing);
        }
        self.symbols(transfer, payer);
        if let Some(id) = transfer.end_to_end_id.as_deref()
            && let Err(why) = identifier::check_end_to_end(id, payer.country)
        {
            let found = Finding::error(Rule::Identifier, why.to_string(), "correct it").value(id);
            self.add(found, FieldPlace("", "end_to_end_id"));
        }
        self.identifier(FieldPlace("", "instruction_id"), transfer.instruction_id.as_deref());
        self.uetr(transfer.uetr.as_deref());
        let purpose = transfer.purpose.as_deref();
        if self.code(FieldPlace("", "purpose"), purpose)
            && let Some(found) = purpose.and_then(purpose::check_purpose)
        {
            self.add(found, FieldPlace("", "purpose"));
        }
        self.instructions(transfer, terms);
        self.optional(FieldPlace("", "text"), &mut transfer.text, TEXT);
        self.intermediaries(transfer, terms);
        let references = self.remittance(transfer, terms, (currency, payer));
        (amount, references)
    }

    pub(super) fn amount(&mut self, amount: &Decimal, currency: &str, sepa: bool) -> String {
        let at = FieldPlace("", "amount");
        if let Some(found) = money::check(amount, currency, sepa) {
            self.add(found, at);
            return String::new();
        }
        let written = money::written(amount, currency).unwrap_or_default();
        if written.bytes().filter(u8::is_ascii_digit).count() > DIGITS {
            let message = format!("the amount has more than {DIGITS} digits with those after the point");
            self.add(Finding::error(Rule::Amount, message, "split it").reason("AM02").value(amount.as_str()), at);
        }
        written
    }

    /// The symbols of a payment from Slovakia, which its end-to-end id carries.
    fn symbols(&mut self, transfer: &mut CreditTransfer, payer: TransferPayer<'_>) {
        let symbols = [
            ("variable_symbol", transfer.variable_symbol.as_deref(), 10),
            ("specific_symbol", transfer.specific_symbol.as_deref(), 10),
            ("constant_symbol", transfer.constant_symbol.as_deref(), 4),
        ];
        let Some((first, ..)) = symbols.into_iter().find(|(_, symbol, _)| symbol.is_some()) else { return };
        let mut right = true;
        for (name, symbol, max) in symbols {
            let Some(symbol) = symbol else { continue };
            if symbol.is_empty() || symbol.len() > max || !symbol.bytes().all(|byte| byte.is_ascii_digit()) {
                let found = Finding::error(Rule::Identifier, format!("must be 1 to {max} digits"), "correct it");
                self.add(found.value(symbol), FieldPlace("", name));
                right = false;
            }
        }
        if payer.country != Some("SK") {
            let change = "leave them out, or give them as text";
            self.error(Rule::Identifier, FieldPlace("", first), "only payers in Slovakia have symbols", change, None);
        } else if transfer.end_to_end_id.is_some() {
            let message = "symbols are given beside it, and stand in its place";
            self.error(Rule::Identifier, FieldPlace("", "end_to_end_id"), message, "give one of them", None);
        } else if right {
            let [variable, specific, constant] = symbols.map(|(_, symbol, _)| symbol.unwrap_or_default());
            transfer.end_to_end_id = Some(format!("/VS{variable}/SS{specific}/KS{constant}"));
        }
    }

    fn uetr(&mut self, uetr: Option<&str>) {
        let Some(uetr) = uetr else { return };
        let found = if !identifier::is_uetr(uetr) {
            Finding::error(Rule::Uetr, "is not a version 4 UUID in lower case", "leave it out, or give a valid one")
        } else if self.version == PaymentVersion::V03 {
            Finding::error(Rule::Uetr, "version 3 has no UETR", "leave it out, or make the file in version 9")
        } else {
            return;
        };
        self.add(found.value(uetr), FieldPlace("", "uetr"));
    }

    fn instructions(&mut self, transfer: &mut CreditTransfer, terms: BatchTerms) {
        self.optional(FieldPlace("", "creditor_bank_instruction"), &mut transfer.creditor_bank_instruction, TEXT);
        self.optional(FieldPlace("", "debtor_bank_instruction"), &mut transfer.debtor_bank_instruction, TEXT);
        if transfer.creditor_bank_instruction.is_some() && terms.is_sepa() {
            self.add(payee::instruction_in_sepa(), FieldPlace("", "creditor_bank_instruction"));
        }
        let reports = transfer.regulatory_reporting.as_deref_mut().unwrap_or_default();
        if reports.len() > REPORTS {
            let message = format!("the regulatory reporting has more than {REPORTS} parts");
            self.error(Rule::Kind, FieldPlace("", "regulatory_reporting"), message, "shorten it", None);
        }
        for report in reports {
            self.optional(FieldPlace("regulatory_reporting", "code"), &mut report.code, 10);
            self.optional(FieldPlace("regulatory_reporting", "text"), &mut report.text, 35);
        }
    }
}
