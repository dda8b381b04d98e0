//! From a schema-valid tree to a [`Payment`].

use super::{HeaderLines, Party, Payment, PaymentInfo, Position, Transaction};
use crate::amount::{AmountError, MAX_CENTS, parse_cents};
use crate::problem::{Place, Problem};
use crate::schema::{self, MessageType};
use crate::text::quote;
use crate::xml::{self, Node, Tree};

/// The version that is read here and accepted by the simulator (docs/protocols/ws-channel.md §6.7).
pub const MESSAGE: MessageType = MessageType::Pain00100109;

pub(super) fn parse(bytes: &[u8]) -> Result<Payment, Vec<Problem>> {
    let text = xml::decode(bytes).map_err(|problem| vec![problem])?;
    let tree = Tree::parse(&text).map_err(|problem| vec![problem])?;
    schema::validate_tree(MESSAGE, &tree)?;
    from_tree(&tree)
}

/// Reads a schema-valid tree. Amounts that the schema allows and the arithmetic cannot represent are reported.
pub(super) fn from_tree(tree: &Tree<'_>) -> Result<Payment, Vec<Problem>> {
    let root = tree.root().map_err(|problem| vec![problem])?;
    let mut reader = Reader { problems: Vec::new() };
    let payment = reader.payment(root.child("CstmrCdtTrfInitn").unwrap_or(root));
    if reader.problems.is_empty() {
        return Ok(payment);
    }
    reader.problems.truncate(schema::MAX_PROBLEMS);
    Err(reader.problems)
}

/// Advice for amounts beyond [`MAX_CENTS`].
const SMALLER: &str = "write an amount below 10000000000000000.00";

struct Reader {
    problems: Vec<Problem>,
}

impl Reader {
    fn payment(&mut self, message: Node<'_>) -> Payment {
        let header = message.child("GrpHdr").unwrap_or(message);
        Payment {
            message_id: header.text_at("MsgId").unwrap_or_default(),
            created: trimmed(header, "CreDtTm"),
            transaction_count: self.count(header).unwrap_or_default(),
            control_sum: self.sum(header),
            initiating_party: header.text_at("InitgPty/Nm"),
            payments: message.all("PmtInf").map(|info| self.info(info)).collect(),
            lines: header_lines(header),
        }
    }

    fn info(&mut self, info: Node<'_>) -> PaymentInfo {
        let date = info.child("ReqdExctnDt").unwrap_or(info);
        PaymentInfo {
            id: info.text_at("PmtInfId").unwrap_or_default(),
            method: info.text_at("PmtMtd").unwrap_or_default(),
            batch_booking: info.child("BtchBookg").map(|node| matches!(node.text().trim(), "true" | "1")),
            transaction_count: self.count(info),
            control_sum: self.sum(info),
            execution_date: date.children().next().map(|node| node.text().trim().to_owned()).unwrap_or_default(),
            debtor: party(info, "Dbtr", "DbtrAcct", "DbtrAgt"),
            account_currency: info.text_at("DbtrAcct/Ccy"),
            transactions: info.all("CdtTrfTxInf").map(|transaction| self.transaction(transaction)).collect(),
            lines: header_lines(info),
        }
    }

    fn transaction(&mut self, node: Node<'_>) -> Transaction {
        let (amount_cents, currency) = self.amount(node);
        let account = node.find("CdtrAcct/Id").or(node.child("CdtrAcct")).unwrap_or(node);
        Transaction {
            instruction_id: node.text_at("PmtId/InstrId"),
            end_to_end_id: node.text_at("PmtId/EndToEndId").unwrap_or_default(),
            uetr: node.text_at("PmtId/UETR"),
            amount_cents,
            currency,
            creditor: party(node, "Cdtr", "CdtrAcct", "CdtrAgt"),
            remittance: node
                .find("RmtInf")
                .into_iter()
                .flat_map(|info| info.all("Ustrd"))
                .map(|line| line.text().into_owned())
                .collect(),
            creditor_reference: node.text_at("RmtInf/Strd/CdtrRefInf/Ref"),
            account_place: position(account),
        }
    }

    fn amount(&mut self, transaction: Node<'_>) -> (i64, String) {
        let Some(instructed) = transaction.find("Amt/InstdAmt") else {
            let at = transaction.child("Amt").unwrap_or(transaction).place();
            self.note(
                at,
                "<Amt> gives an equivalent amount in another currency, which is not handled here",
                "use <InstdAmt>",
            );
            return (0, String::new());
        };
        let currency = instructed.attribute("Ccy").unwrap_or_default().to_owned();
        (self.cents(instructed).unwrap_or_default(), currency)
    }

    fn cents(&mut self, node: Node<'_>) -> Option<i64> {
        let text = node.text();
        let (why, change) = match parse_cents(&text) {
            Ok(cents) if (0..=MAX_CENTS).contains(&cents) => return Some(cents),
            Ok(cents) if cents < 0 => ("is negative".to_owned(), "write it without a sign"),
            Ok(_) => (AmountError::TooLarge.to_string(), SMALLER),
            Err(error @ AmountError::TooLarge) => (error.to_string(), SMALLER),
            Err(error @ AmountError::TooFine) => (error.to_string(), "round it to two decimals"),
            Err(error @ AmountError::NotANumber) => {
                (error.to_string(), "write digits and a decimal point, as in 1450.05")
            }
        };
        self.note(node.place(), format!("<{}> {} {why}", node.name(), quote(text.trim())), change);
        None
    }

    fn sum(&mut self, parent: Node<'_>) -> Option<i64> {
        let node = parent.child("CtrlSum")?;
        self.cents(node)
    }

    fn count(&mut self, parent: Node<'_>) -> Option<u64> {
        // The schema allows up to 15 digits, which always fit.
        parent.child("NbOfTxs")?.text().trim().parse().ok()
    }

    fn note(&mut self, at: Place, message: impl Into<String>, change: impl Into<String>) {
        if self.problems.len() < schema::MAX_PROBLEMS {
            self.problems.push(Problem::format(at, message, change));
        }
    }
}

fn party(parent: Node<'_>, name: &str, account: &str, agent: &str) -> Party {
    let agent = parent.child(agent).and_then(|agent| agent.child("FinInstnId"));
    Party {
        name: parent.child(name).and_then(|party| party.text_at("Nm")),
        iban: parent.child(account).and_then(|account| account.text_at("Id/IBAN")),
        bic: agent.and_then(|bank| bank.text_at("BICFI").or_else(|| bank.text_at("BIC"))),
    }
}

fn header_lines(node: Node<'_>) -> HeaderLines {
    let whole = position(node);
    let at = |name: &str| node.child(name).map_or(whole, position);
    HeaderLines { count: at("NbOfTxs"), sum: at("CtrlSum"), account: at("DbtrAcct"), whole }
}

/// Line and column only: a path counts siblings, which would take quadratic time over the transactions of a long file.
/// The checks of a [`Payment`] know the numbers and write the path themselves.
fn position(node: Node<'_>) -> Position {
    let (line, column) = node.line_and_column();
    Position { line, column }
}

fn trimmed(node: Node<'_>, path: &str) -> String {
    node.text_at(path).map(|text| text.trim().to_owned()).unwrap_or_default()
}
