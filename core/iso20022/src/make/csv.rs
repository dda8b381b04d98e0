//! Transfers as a table with a header row: its columns, and how they are read.

use std::io::Read;

use bankchannel_foundation::model::{Date, Decimal, Timestamp};
use bankchannel_foundation::{Error, model::Boundary};

use super::banks::IntermediaryBank;
use super::model::{ChargeBearer, CreditTransfer, PaymentParty, PaymentPriority, TransferKind};
use super::records::{DELIMITERS, TableRecord, TableRecords};
use super::rows::MAX_REFUSED_ROWS;
use super::{DataPlace, PaymentMaker};
use crate::rules::reference::ReferenceKind;
use crate::rules::{Finding, Rule, money};
use crate::text::{is_formula, nearest, quote};

/// Longest row, in bytes.
pub const MAX_ROW: usize = 64 * 1024;
/// Longest cell, in characters.
pub const MAX_CELL: usize = 4096;

/// The format of a table of transfers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
pub struct PaymentTable {
    /// The character between two cells: `,`, `;`, a tab or `|`. If left out: that of a first line `sep=;`, otherwise `,`.
    pub delimiter: Option<String>,
    /// Whether amounts are written with a comma before the cents, as `1234,50`; without thousands separators.
    pub decimal_comma: Option<bool>,
}

/// A column of a table of transfers.
#[derive(Debug)]
pub struct TransferColumn {
    /// The name in the header row.
    pub name: &'static str,
    /// Its content.
    pub meaning: &'static str,
    /// A value, which [`example_csv`] shows; empty if the example has none.
    pub example: &'static str,
    set: CellSetter,
}

/// How a cell becomes a part of a transfer.
#[derive(Debug)]
enum CellSetter {
    /// As written.
    Text(fn(&mut CreditTransfer) -> &mut Option<String>),
    /// Parsed; the error is the required form of the cell.
    Value(fn(&mut CreditTransfer, &str, &PaymentTable) -> Result<(), String>),
}

/// The columns that a table must have.
const REQUIRED: [&str; 2] = ["amount", "creditor_name"];

macro_rules! columns {
    ($($name:literal, $meaning:literal, $example:literal, $set:expr;)+) => {
        /// Every column of a table of transfers; `creditor_name` and `amount` are required, the others as the payment
        /// needs them.
        pub const COLUMNS: &[TransferColumn] =
            &[$(TransferColumn { name: $name, meaning: $meaning, example: $example, set: $set }),+];
    };
}

use CellSetter::{Text, Value};

columns! {
    "creditor_name", "The creditor's name", "Alpha Supplies Ab", Text(|t| &mut t.creditor.name);
    "creditor_iban", "The creditor's IBAN", "SE4550000000058398257466", Text(|t| &mut t.creditor.iban);
    "amount", "The amount with a point before the cents: 1200.50", "1200.50", Value(amount);
    "currency", "ISO 4217 code; empty: that of the file", "", Text(|t| &mut t.currency);
    "text", "The remittance text, at most 140 characters", "Invoice 1001", Text(|t| &mut t.text);
    "reference", "The creditor's reference, such as RF18539007547034; in place of a text, or with one where the country has both", "", Text(|t| &mut t.reference);
    "reference_kind", "The kind of the reference, such as finnish; empty: detected if possible", "",
        Value(|t, text, _| one_of(ReferenceKind::from_text(text), &mut t.reference_kind, "a kind of reference"));
    "end_to_end_id", "The id that goes to the creditor; empty: made from the data", "", Text(|t| &mut t.end_to_end_id);
    "variable_symbol", "The variable symbol of a payment from Slovakia", "", Text(|t| &mut t.variable_symbol);
    "specific_symbol", "The specific symbol of such a payment", "", Text(|t| &mut t.specific_symbol);
    "constant_symbol", "The constant symbol of such a payment", "", Text(|t| &mut t.constant_symbol);
    "instruction_id", "The id between you and your bank", "", Text(|t| &mut t.instruction_id);
    "uetr", "The UETR, a UUID of version 4", "", Text(|t| &mut t.uetr);
    "purpose", "ISO 20022 code of the purpose, such as SALA", "", Text(|t| &mut t.purpose);
    "execution_date", "The execution date, such as 2026-12-01; empty: that of the file", "",
        Value(|t, text, _| date(text).map(|date| t.group.execution_date = Some(date)));
    "execution_time", "The execution time, such as 2026-12-01T10:00:00+02:00; for instant payments", "",
        Value(|t, text, _| {
            let time = Timestamp::new(text).map_err(|_| "is not a time such as 2026-12-01T10:00:00+02:00".to_owned())?;
            t.group.execution_time = Some(time);
            Ok(())
        });
    "kind", "sepa, instant, urgent or national; empty: that of the file", "",
        Value(|t, text, _| one_of(TransferKind::from_text(text), &mut t.group.kind, "sepa, instant, urgent or national"));
    "priority", "HIGH or NORM: how urgently the debtor's bank handles it", "",
        Value(|t, text, _| one_of(PaymentPriority::from_text(text), &mut t.group.priority, "HIGH or NORM"));
    "category", "ISO 20022 code of the category, such as SALA for salaries", "", Text(|t| &mut t.group.category);
    "charge_bearer", "SLEV, SHAR, DEBT or CRED", "",
        Value(|t, text, _| one_of(ChargeBearer::from_text(text), &mut t.group.charge_bearer, "SLEV, SHAR, DEBT or CRED"));
    "batch_booking", "true: the account is debited once for the batch; false: for each transfer", "",
        Value(|t, text, _| {
            let flag = match text { "true" => Some(true), "false" => Some(false), _ => None };
            one_of(flag, &mut t.group.batch_booking, "true or false")
        });
    "batch_id", "The id of the batch; empty: made from the data", "", Text(|t| &mut t.group.batch_id);
    "service_level", "A service level of the bank in place of that of the kind", "", Text(|t| &mut t.group.service_level);
    "local_instrument", "A local instrument of the bank", "", Text(|t| &mut t.group.local_instrument);
    "debtor_name", "The debtor's name, if not that of the file", "", Text(|t| &mut debtor(t).name);
    "debtor_iban", "The debtor's IBAN, if not that of the file", "", Text(|t| &mut debtor(t).iban);
    "debtor_bic", "The BIC of that account's bank", "", Text(|t| &mut debtor(t).bic);
    "ultimate_debtor_name", "The ultimate debtor's name: on whose behalf it is paid", "",
        Text(|t| &mut t.group.ultimate_debtor.get_or_insert_default().name);
    "ultimate_creditor_name", "The ultimate creditor's name: for whom the creditor is paid", "",
        Text(|t| &mut t.ultimate_creditor.get_or_insert_default().name);
    "creditor_bic", "The BIC of the creditor's bank: not needed in SEPA", "", Text(|t| &mut t.creditor.bic);
    "creditor_bank_name", "The name of the creditor's bank: for a bank without BIC", "",
        Text(|t| &mut t.creditor.bank_name);
    "creditor_clearing_number", "The number of the creditor's bank in the clearing of its country: 021000021", "",
        Text(|t| &mut t.creditor.bank.get_or_insert_default().clearing_number);
    "creditor_clearing_system", "That clearing: USABA, GBDSC, CACPA or another code of ISO 20022", "",
        Text(|t| &mut t.creditor.bank.get_or_insert_default().clearing_system);
    "intermediary_bic", "The BIC of a bank between the debtor's and the creditor's; not in SEPA", "",
        Text(|t| &mut intermediary(t).bic);
    "creditor_account", "The creditor's account number, if it has no IBAN", "", Text(|t| &mut t.creditor.account);
    "creditor_account_scheme", "The scheme of that number, such as BBAN or BGNR", "",
        Text(|t| &mut t.creditor.account_scheme);
    "creditor_identifier", "The creditor's number, such as a business id", "", Text(|t| &mut t.creditor.identifier);
    "creditor_identifier_scheme", "The scheme of that number", "", Text(|t| &mut t.creditor.identifier_scheme);
    "creditor_identifier_issuer", "The issuer of that number", "", Text(|t| &mut t.creditor.identifier_issuer);
    "creditor_street", "Address of the creditor: street", "", Text(|t| &mut address(t).street);
    "creditor_building_number", "Number of the building in the street", "", Text(|t| &mut address(t).building_number);
    "creditor_post_code", "Post code", "", Text(|t| &mut address(t).post_code);
    "creditor_town", "Town; needed in an address", "", Text(|t| &mut address(t).town);
    "creditor_country", "ISO 3166 code of the country; needed in an address", "", Text(|t| &mut address(t).country);
    "creditor_address_line_1", "A line of the address without structure, beside town and country", "",
        Value(|t, text, _| line(t, text));
    "creditor_address_line_2", "A second line", "", Value(|t, text, _| line(t, text));
    "creditor_bank_instruction", "An instruction for the creditor's bank; not in SEPA", "",
        Text(|t| &mut t.creditor_bank_instruction);
    "debtor_bank_instruction", "An instruction for the debtor's bank; not in SEPA", "",
        Text(|t| &mut t.debtor_bank_instruction);
}

fn debtor(transfer: &mut CreditTransfer) -> &mut PaymentParty {
    transfer.group.debtor.get_or_insert_default()
}

fn intermediary(transfer: &mut CreditTransfer) -> &mut IntermediaryBank {
    let banks = transfer.intermediary_banks.get_or_insert_default();
    if banks.is_empty() {
        banks.push(IntermediaryBank::default());
    }
    &mut banks[0]
}

fn address(transfer: &mut CreditTransfer) -> &mut super::model::PostalAddress {
    transfer.creditor.address.get_or_insert_default()
}

fn line(transfer: &mut CreditTransfer, text: &str) -> Result<(), String> {
    address(transfer).lines.get_or_insert_default().push(text.to_owned());
    Ok(())
}

fn date(text: &str) -> Result<Date, String> {
    let date = if text.len() == 10 { text.parse().ok() } else { None };
    date.map(Date).ok_or_else(|| "is not a date such as 2026-12-01".to_owned())
}

fn one_of<T>(read: Option<T>, into: &mut Option<T>, wanted: &str) -> Result<(), String> {
    *into = Some(read.ok_or_else(|| format!("is not {wanted}"))?);
    Ok(())
}

fn amount(transfer: &mut CreditTransfer, text: &str, table: &PaymentTable) -> Result<(), String> {
    let comma = table.decimal_comma == Some(true);
    let wrong = || {
        Err(match (text.contains(','), text.contains('.'), comma) {
            (true, true, _) => "has a point and a comma, which may mean two amounts",
            (true, _, false) => "has a comma: write 1234.50, or say that the table has decimal commas",
            (_, true, true) => "has a point, but the table has decimal commas",
            _ => "is not an amount such as 1234.50: digits and one point, nothing else",
        }
        .to_owned())
    };
    let point = match (comma, text.contains('.')) {
        (true, true) => return wrong(),
        (true, false) => text.replacen(',', ".", 1),
        (false, _) => text.to_owned(),
    };
    match Decimal::new(&point) {
        Ok(read) => transfer.amount = read,
        Err(_) => return wrong(),
    }
    Ok(())
}

/// A table of two transfers with every column of the example.
#[must_use]
pub fn example_csv() -> String {
    let shown: Vec<&TransferColumn> =
        COLUMNS.iter().filter(|column| !column.example.is_empty() || column.name == "reference").collect();
    let row = |cell: &dyn Fn(&TransferColumn) -> &'static str| {
        shown.iter().map(|column| cell(column)).collect::<Vec<_>>().join(",") + "\n"
    };
    let second = |column: &TransferColumn| match column.name {
        "creditor_name" => "Beta Services Ou",
        "creditor_iban" => "EE382200221020145685",
        "amount" => "249.55",
        "reference" => "RF18539007547034",
        _ => "",
    };
    [row(&|column| column.name), row(&|column| column.example), row(&second)].concat()
}

/// Reads a table and passes each row to the maker, which notes the problems of a row; the error is a problem that ends
/// the reading.
pub(super) fn read(input: impl Read, table: &PaymentTable, maker: &mut PaymentMaker) -> Result<(), Error> {
    let given = match table.delimiter.as_deref().map(str::as_bytes) {
        None => None,
        Some([byte]) if DELIMITERS.contains(byte) => Some(*byte),
        Some(_) => {
            return Err(Error::invalid_field("table.delimiter", "must be a comma, a semicolon, a tab or a bar"));
        }
    };
    let mut records = TableRecords::new(input, given)?;
    let delimiter = records.delimiter;
    maker.places_are_columns();
    let header = match records.next() {
        Ok(Some(record)) => columns(&record, delimiter),
        Ok(None) => {
            let change = "give a header row and a row for each transfer";
            Err(Box::new(Finding::error(Rule::Table, "the table is empty", change)))
        }
        Err(fault) => Err(Box::new(fault.finding()?)),
    };
    let header = match header {
        Ok(header) => header,
        Err(found) => {
            maker.refuse(DataPlace { transaction: None, line: Some(1) }, *found);
            return Ok(());
        }
    };
    let currency = maker.currency().to_owned();
    let (mut number, mut refused) = (0, 0);
    loop {
        let record = match records.next() {
            Ok(Some(record)) => record,
            Ok(None) => return Ok(()),
            Err(fault) => {
                let (line, column) = (fault.line(), fault.column().and_then(|column| header.get(column)));
                let found = fault.finding()?;
                let found = match column {
                    Some(column) => found.path(column.name),
                    None => found,
                };
                maker.refuse(DataPlace { transaction: Some(number + 1), line }, found);
                // The start of the next row is unknown.
                return Ok(());
            }
        };
        if record.is_empty() {
            continue;
        }
        number += 1;
        let place = DataPlace { transaction: Some(number), line: Some(record.line) };
        match transfer(&record, &header, table, &currency) {
            Ok(transfer) => maker.add_at(place, transfer)?,
            Err(found) => {
                found.into_iter().for_each(|found| maker.refuse(place, found));
                refused += 1;
                if refused == MAX_REFUSED_ROWS {
                    return Ok(());
                }
            }
        }
    }
}

/// The columns that a header row names.
fn columns(record: &TableRecord<'_>, delimiter: u8) -> Result<Vec<&'static TransferColumn>, Box<Finding>> {
    let refused = |message: String, change: &str| Err(Box::new(Finding::error(Rule::Table, message, change)));
    let mut header: Vec<&'static TransferColumn> = Vec::new();
    for cell in record.cells() {
        let Ok(name) = str::from_utf8(cell) else {
            return refused("the header row is not UTF-8".to_owned(), "save the table as UTF-8");
        };
        let name = name.trim_matches(['\u{feff}', ' ']);
        // As people write headers: `Creditor Name`.
        let plain = name.to_ascii_lowercase().replace([' ', '-'], "_");
        let Some(column) = COLUMNS.iter().find(|column| column.name == plain) else {
            let other = DELIMITERS.into_iter().find(|other| *other != delimiter && cell.contains(other));
            let change = match (other, nearest(&plain, COLUMNS.iter().map(|column| column.name))) {
                (Some(_), _) => "give the delimiter: the character between the cells".to_owned(),
                (None, Some(near)) => format!("write {near}"),
                (None, None) => "remove it, or see the list of columns".to_owned(),
            };
            return refused(format!("there is no column {}", quote(name)), &change);
        };
        if header.iter().any(|known| known.name == column.name) {
            return refused(format!("the column {name} is there twice"), "remove one of them");
        }
        header.push(column);
    }
    match REQUIRED.iter().find(|name| !header.iter().any(|column| column.name == **name)) {
        Some(missing) => refused(format!("the column {missing} is missing"), "add it to the header row"),
        None => Ok(header),
    }
}

/// The transfer of a row, or the problem with its cells.
fn transfer(
    record: &TableRecord<'_>,
    header: &[&'static TransferColumn],
    table: &PaymentTable,
    currency: &str,
) -> Result<CreditTransfer, Vec<Finding>> {
    let found = record.cells().count();
    if found != header.len() {
        let message = format!("the row has {found} cells, the header row {}", header.len());
        let change = "give each row as many cells; put quotation marks around a cell with a delimiter in it";
        return Err(vec![Finding::error(Rule::Table, message, change)]);
    }
    let mut transfer = CreditTransfer::new(Decimal::from_cents(0), PaymentParty::default());
    let mut faults = Vec::new();
    for (column, cell) in header.iter().zip(record.cells()) {
        let mut wrong = |message: &str, change: &str, value: &str| {
            faults.push(Finding::error(Rule::Table, message, change).path(column.name).value(value));
        };
        // A cell of several lines is mostly a quotation mark that took the following rows into the cell; read as text,
        // those rows would silently not be paid.
        if cell.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
            let change = "check for a quotation mark that is not closed, and write the cell on one line";
            wrong("the cell has line breaks", change, &String::from_utf8_lossy(cell));
            continue;
        }
        let mut fault = |message: &str, value: &str| wrong(message, "correct the cell", value);
        let Ok(cell) = str::from_utf8(cell) else {
            fault("the cell is not UTF-8: save the table as UTF-8", &String::from_utf8_lossy(cell));
            continue;
        };
        let cell = cell.trim_matches(' ');
        if cell.is_empty() {
            if column.name == "amount" {
                fault("the amount is missing", "");
            }
            continue;
        }
        if cell.chars().nth(MAX_CELL).is_some() {
            fault(&format!("the cell has more than {MAX_CELL} characters"), cell);
            continue;
        }
        // Tabs are checked with the other characters of a text.
        if cell.chars().any(|c| c.is_control() && c != '\t') {
            fault("the cell has control characters", cell);
            continue;
        }
        match &column.set {
            CellSetter::Text(field) => *field(&mut transfer) = Some(unguarded(cell).to_owned()),
            CellSetter::Value(set) => {
                if let Err(message) = set(&mut transfer, unguarded(cell), table) {
                    fault(&message, cell);
                }
            }
        }
    }
    // In a table 2.500 may be two and a half thousand, unless the currency has three digits there.
    let digits = transfer.amount.as_str().split_once('.').map_or(0, |(_, digits)| digits.len());
    if digits == 3 && money::digits(transfer.currency.as_deref().unwrap_or(currency)) < 3 {
        let message = "the amount has three digits after the point, which may separate thousands";
        let found =
            Finding::error(Rule::Table, message, "write it without separators of thousands, as 2500.00 or 2.50");
        faults.push(found.path("amount").value(transfer.amount.as_str()));
    }
    if faults.is_empty() { Ok(transfer) } else { Err(faults) }
}

/// A cell without the apostrophe that keeps spreadsheet programs from reading it as a formula.
fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if is_formula(text) => text,
        _ => cell,
    }
}
