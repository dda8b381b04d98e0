//! Checks of payment files, from bytes to findings. Cases are named as in docs/protocols/iso20022.md (ISO-…).
#![allow(clippy::unwrap_used, clippy::panic)]

mod addresses;
mod alike;
mod files;
mod hostile;
mod newer;
mod payments;

use bankchannel_foundation::model::Date;
use bankchannel_iso20022::check::{self, CheckOptions, PaymentCheck};
use bankchannel_iso20022::rules::{BankProfile, Finding, Level};

/// A payment file with parts that tests replace.
#[derive(Clone)]
struct File {
    version: &'static str,
    execution: &'static str,
    kind: &'static str,
    /// The content of `CdtTrfTxInf`.
    transactions: Vec<Transaction>,
    count: Option<usize>,
    sum: Option<&'static str>,
}

#[derive(Clone)]
struct Transaction {
    id: &'static str,
    amount: &'static str,
    currency: &'static str,
    creditor: &'static str,
    address: &'static str,
    iban: &'static str,
    remittance: &'static str,
}

const SEPA: &str = "<SvcLvl><Cd>SEPA</Cd></SvcLvl>";

impl Default for Transaction {
    fn default() -> Self {
        Self {
            id: "E1",
            amount: "10.00",
            currency: "EUR",
            creditor: "Oy Example Ab",
            address: "",
            iban: "DE89370400440532013000",
            remittance: "<Ustrd>Invoice 1</Ustrd>",
        }
    }
}

impl Default for File {
    fn default() -> Self {
        Self {
            version: "09",
            execution: "2026-12-01",
            kind: SEPA,
            transactions: vec![Transaction::default()],
            count: None,
            sum: None,
        }
    }
}

impl File {
    fn of(transactions: Vec<Transaction>) -> Self {
        Self { transactions, ..Self::default() }
    }

    fn with_address(address: &'static str) -> Self {
        Self::of(vec![Transaction { address, ..Transaction::default() }])
    }

    /// The file; every element that findings name is on a separate line.
    fn xml(&self) -> String {
        let (date, bic) = match self.version {
            "03" => (self.execution.to_owned(), "BIC"),
            _ => (format!("<Dt>{}</Dt>", self.execution), "BICFI"),
        };
        let cents = |text: &str| text.replace('.', "").parse::<i64>().unwrap_or_default();
        let total: i64 = self.transactions.iter().map(|one| cents(one.amount)).sum();
        let total = format!("{}.{:02}", total / 100, total % 100);
        let sum = self.sum.unwrap_or(&total);
        let count = self.count.unwrap_or(self.transactions.len());
        let mut transactions = String::new();
        for one in &self.transactions {
            transactions.push_str(&format!(
                "<CdtTrfTxInf>\n<PmtId><EndToEndId>{}</EndToEndId></PmtId>\n<Amt><InstdAmt Ccy=\"{}\">{}</InstdAmt></Amt>\n\
                 <Cdtr><Nm>{}</Nm>{}</Cdtr>\n<CdtrAcct><Id><IBAN>{}</IBAN></Id></CdtrAcct>\n<RmtInf>{}</RmtInf>\n</CdtTrfTxInf>\n",
                one.id, one.currency, one.amount, one.creditor, one.address, one.iban, one.remittance
            ));
        }
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.{}\"><CstmrCdtTrfInitn>\n\
             <GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-22T10:00:00</CreDtTm>\n<NbOfTxs>{count}</NbOfTxs>\n\
             <CtrlSum>{sum}</CtrlSum>\n<InitgPty><Nm>Firma</Nm></InitgPty></GrpHdr>\n\
             <PmtInf><PmtInfId>P1</PmtInfId><PmtMtd>TRF</PmtMtd><PmtTpInf>{}</PmtTpInf>\n<ReqdExctnDt>{date}</ReqdExctnDt>\n\
             <Dbtr><Nm>Firma</Nm></Dbtr><DbtrAcct><Id><IBAN>FI2112345600000785</IBAN></Id></DbtrAcct>\n\
             <DbtrAgt><FinInstnId><{bic}>NDEAFIHH</{bic}></FinInstnId></DbtrAgt>\n{transactions}</PmtInf></CstmrCdtTrfInitn></Document>",
            self.version, self.kind
        )
    }

    fn check(&self) -> PaymentCheck {
        run(self.xml().as_bytes(), BankProfile::default())
    }

    /// Rule and level of each finding.
    fn found(&self) -> Vec<(String, Level)> {
        short(&self.check())
    }
}

fn run(bytes: &[u8], profile: BankProfile) -> PaymentCheck {
    let options = CheckOptions { profile, ..CheckOptions::on(Date("2026-11-22".parse().unwrap())) };
    check::check(bytes, &options).unwrap()
}

fn short(checked: &PaymentCheck) -> Vec<(String, Level)> {
    checked.findings.iter().map(|found| (found.rule.clone(), found.level)).collect()
}

fn is(rule: &str, level: Level) -> (String, Level) {
    (rule.to_owned(), level)
}

/// The only finding of a rule.
fn only<'c>(checked: &'c PaymentCheck, rule: &str) -> &'c Finding {
    let found: Vec<&Finding> = checked.findings.iter().filter(|found| found.rule == rule).collect();
    assert_eq!(found.len(), 1, "{:?}", checked.findings);
    found[0]
}

/// The text of a line of a file, from 1.
fn line(xml: &str, number: Option<u64>) -> &str {
    xml.lines().nth(usize::try_from(number.unwrap()).unwrap() - 1).unwrap()
}
