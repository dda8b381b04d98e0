//! The common parts of documents.

use bankchannel_iso20022::data::{Code, Moment, Money, Party, Remittance};
use bankchannel_iso20022::rules::money;
use bankchannel_xml::XmlWriter;

/// A time of creation, or the date if there is no time.
pub(super) fn moment_text(moment: &Moment) -> String {
    match (&moment.instant, &moment.time) {
        (Some(instant), _) => instant.as_str().to_owned(),
        (None, Some(time)) => format!("{}T{time}", moment.date.0),
        (None, None) => moment.date.0.to_string(),
    }
}

pub(super) fn moment(xml: &mut XmlWriter, name: &str, moment: Option<&Moment>) {
    xml.optional(name, moment.map(moment_text).as_deref());
}

/// A choice of `Cd` and `Prtry`; codes longer than four characters are a bank's own.
pub(super) fn code(xml: &mut XmlWriter, code: &Code) {
    let own = code.proprietary || code.code.chars().count() > 4;
    xml.text(if own { "Prtry" } else { "Cd" }, &code.code);
}

/// An amount without its sign, with the currency's decimals.
pub(super) fn amount(xml: &mut XmlWriter, name: &str, money: &Money) {
    let size = money.amount.abs();
    let written = money::written(&size, &money.currency);
    xml.text_with(name, ("Ccy", &money.currency), written.as_deref().unwrap_or(size.as_str()));
}

/// A party's name and its account.
pub(super) fn party(xml: &mut XmlWriter, element: &'static str, account: &'static str, party: &Party) {
    if let Some(name) = &party.name {
        xml.nest(element, |xml| xml.text("Nm", name));
    }
    if let Some(iban) = &party.iban {
        xml.nest(account, |xml| xml.nest("Id", |xml| xml.text("IBAN", iban)));
    }
}

/// Lines, and the references of structured parts with their kinds.
pub(super) fn remittance(xml: &mut XmlWriter, remittance: &Remittance) {
    let references = || remittance.structured.iter().filter(|part| part.reference.is_some());
    if remittance.lines.is_empty() && references().next().is_none() {
        return;
    }
    xml.nest("RmtInf", |xml| {
        remittance.lines.iter().for_each(|line| xml.text("Ustrd", line));
        for part in references() {
            xml.nest("Strd", |xml| {
                xml.nest("CdtrRefInf", |xml| {
                    if let Some(kind) = &part.reference_kind {
                        xml.nest("Tp", |xml| {
                            xml.nest("CdOrPrtry", |xml| code(xml, kind));
                            xml.optional("Issr", kind.issuer.as_deref());
                        });
                    }
                    xml.optional("Ref", part.reference.as_deref());
                });
            });
        }
    });
}
