//! Reading of statements and notifications, versions 2 to 8: tolerant, values verbatim.

use super::{AccountReport, Balance, CashReport, Direction, Entry, EntryTransaction};
use crate::amount::Amount;
use crate::problem::Problem;
use crate::schema::{identify_root, plain};
use crate::xml::{self, Node, Tree};

/// The message elements that are read, each with the element of one account.
const MESSAGES: [(&str, &str); 3] =
    [("BkToCstmrStmt", "Stmt"), ("BkToCstmrDbtCdtNtfctn", "Ntfctn"), ("BkToCstmrAcctRpt", "Rpt")];

/// Reads a statement (`camt.053`), a notification (`camt.054`) or an account report (`camt.052`). Unknown elements are
/// skipped.
///
/// # Errors
/// The file is not XML, is refused by the limits, or is none of these messages.
pub fn read(bytes: &[u8]) -> Result<CashReport, Problem> {
    let text = xml::decode(bytes)?;
    let tree = Tree::parse(&text)?;
    let root = tree.root()?;
    let found = MESSAGES.iter().find_map(|(message, account)| Some((root.child(message)?, *account)));
    let Some((report, account_element)) = found else {
        let message = format!("<{}> holds no statement and no notification", plain(root.name()));
        return Err(Problem::format(root.place(), message, "choose a file of type camt.053 or camt.054"));
    };
    Ok(CashReport {
        message: identify_root(root).message,
        message_id: report.text_at("GrpHdr/MsgId").unwrap_or_default(),
        created: report.text_at("GrpHdr/CreDtTm").unwrap_or_default(),
        accounts: report.all(account_element).map(account).collect(),
    })
}

fn account(node: Node<'_>) -> AccountReport {
    let iban = node.text_at("Acct/Id/IBAN");
    AccountReport {
        id: node.text_at("Id").unwrap_or_default(),
        sequence: node.text_at("ElctrncSeqNb"),
        created: node.text_at("CreDtTm"),
        account: iban.or_else(|| node.text_at("Acct/Id/Othr/Id")).unwrap_or_default(),
        currency: node.text_at("Acct/Ccy"),
        owner: node.text_at("Acct/Ownr/Nm"),
        balances: node.all("Bal").map(balance).collect(),
        entries: node.all("Ntry").map(entry).collect(),
    }
}

fn balance(node: Node<'_>) -> Balance {
    let code = node.text_at("Tp/CdOrPrtry/Cd").or_else(|| node.text_at("Tp/CdOrPrtry/Prtry"));
    Balance {
        code: code.unwrap_or_default(),
        amount: node.child("Amt").map(amount).unwrap_or_default(),
        direction: direction(node),
        date: date(node, "Dt").unwrap_or_default(),
    }
}

fn entry(node: Node<'_>) -> Entry {
    Entry {
        reference: node.text_at("NtryRef"),
        amount: node.child("Amt").map(amount).unwrap_or_default(),
        direction: direction(node),
        // Version 2 holds the code itself, version 8 a choice around it.
        status: first(node, &["Sts/Cd", "Sts/Prtry", "Sts"]).unwrap_or_default(),
        booking_date: date(node, "BookgDt"),
        value_date: date(node, "ValDt"),
        servicer_reference: node.text_at("AcctSvcrRef"),
        bank_code: node.child("BkTxCd").and_then(bank_code),
        batch_message_id: node.text_at("NtryDtls/Btch/MsgId"),
        batch_payment_id: node.text_at("NtryDtls/Btch/PmtInfId"),
        batch_count: node.text_at("NtryDtls/Btch/NbOfTxs"),
        transactions: node.all("NtryDtls").flat_map(|details| details.all("TxDtls")).map(transaction).collect(),
        information: node.text_at("AddtlNtryInf"),
    }
}

fn transaction(node: Node<'_>) -> EntryTransaction {
    let parties = node.child("RltdPties");
    let party = |name: &str| {
        let party = parties?.child(name)?;
        first(party, &["Nm", "Pty/Nm", "Agt/FinInstnId/Nm"])
    };
    let iban = |name: &str| parties?.child(name)?.text_at("Id/IBAN");
    EntryTransaction {
        message_id: node.text_at("Refs/MsgId"),
        payment_id: node.text_at("Refs/PmtInfId"),
        instruction_id: node.text_at("Refs/InstrId"),
        end_to_end_id: node.text_at("Refs/EndToEndId"),
        uetr: node.text_at("Refs/UETR"),
        // `TxAmt` may be in a foreign currency, so it is used only as a fallback for version 2.
        amount: node.child("Amt").or_else(|| node.find("AmtDtls/TxAmt/Amt")).map(amount),
        debtor: party("Dbtr"),
        debtor_iban: iban("DbtrAcct"),
        creditor: party("Cdtr"),
        creditor_iban: iban("CdtrAcct"),
        remittance: node
            .find("RmtInf")
            .into_iter()
            .flat_map(|info| info.all("Ustrd"))
            .map(|line| line.text().into_owned())
            .collect(),
        creditor_reference: node
            .find("RmtInf")
            .and_then(|info| info.all("Strd").find_map(|structured| structured.text_at("CdtrRefInf/Ref"))),
    }
}

fn bank_code(node: Node<'_>) -> Option<String> {
    let domain = node.child("Domn");
    let iso = domain.and_then(|domain| {
        let parts = ["Cd", "Fmly/Cd", "Fmly/SubFmlyCd"].map(|path| domain.text_at(path));
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join("/"))
    });
    iso.or_else(|| node.text_at("Prtry/Cd"))
}

fn amount(node: Node<'_>) -> Amount {
    Amount { value: node.text().into_owned(), currency: node.attribute("Ccy").unwrap_or_default().to_owned() }
}

fn direction(node: Node<'_>) -> Direction {
    Direction::read(&node.text_at("CdtDbtInd").unwrap_or_default())
}

fn date(node: Node<'_>, name: &str) -> Option<String> {
    let date = node.child(name)?;
    first(date, &["Dt", "DtTm"])
}

fn first(node: Node<'_>, paths: &[&str]) -> Option<String> {
    paths.iter().find_map(|path| node.text_at(path))
}
