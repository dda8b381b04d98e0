//! Reading of payment files, one transaction at a time.

use std::io::Read;

use bankchannel_xml::{XmlElement, XmlFault, XmlRecord, XmlTokens};

use super::{PaymentBatch, PaymentFile, PaymentTransaction};
use crate::archive::{UnpackLimits, each_file, none_of};
use crate::data::{ElementValues, HeldCount, MessageSequence, Party, UnreadTally, keep, owned};
use crate::rules::Finding;

/// The newest version whose fields are supported.
pub(crate) const NEWEST: u32 = 12;

/// The path of the message in its document.
pub(crate) const PAYMENT_PATH: &str = "/Document/CstmrCdtTrfInitn";

/// Receives the parts of a payment file in the order of the file. Each comes with its element, for places.
pub(crate) trait PaymentVisitor {
    /// The file's header, with its values that could not be read; the file has no batches yet.
    fn header(&mut self, file: &PaymentFile, element: XmlElement<'_>, problems: Vec<Finding>);

    /// A transaction, with its values that could not be read. `batch` is the element of its batch, as far as it was
    /// read.
    fn transaction(
        &mut self,
        one: PaymentTransaction,
        element: XmlElement<'_>,
        batch: XmlElement<'_>,
        problems: Vec<Finding>,
    );

    /// A batch is complete; it has no transactions, which came before.
    fn batch(&mut self, batch: PaymentBatch, element: XmlElement<'_>, problems: Vec<Finding>);

    /// Another element begins, whose rest is to be passed.
    fn other(&mut self, tokens: &mut XmlTokens<'_>) -> Result<(), XmlFault> {
        tokens.skip()
    }
}

/// Reads a payment file (`pain.001`).
///
/// # Errors
/// The file is not XML, is refused by a limit, is not a payment file, or holds several.
pub fn read_payment(input: impl Read) -> Result<PaymentFile, XmlFault> {
    read_with_encoding(input, None)
}

/// The same for a file that declares no encoding or a wrong one.
///
/// # Errors
/// As [`read_payment`]; the encoding is not supported.
pub fn read_with_encoding(input: impl Read, encoding: Option<&str>) -> Result<PaymentFile, XmlFault> {
    read_up_to(input, encoding, HeldCount::default(), UnpackLimits::default())
}

/// The same with at most this many transactions and batches, and bytes of an archive.
pub(crate) fn read_up_to(
    input: impl Read,
    encoding: Option<&str>,
    held: HeldCount,
    limits: UnpackLimits,
) -> Result<PaymentFile, XmlFault> {
    only_payment(input, encoding, limits, &mut |file| read_held(file, held.anew()))
}

/// Reads the payment file of an input: itself, or the only one of an archive.
fn only_payment<'a>(
    input: impl Read + 'a,
    encoding: Option<&str>,
    limits: UnpackLimits,
    read: &mut dyn FnMut(MessageSequence<'a>) -> Result<PaymentFile, XmlFault>,
) -> Result<PaymentFile, XmlFault> {
    let mut found = Vec::new();
    let archive = each_file(input, limits, &mut |name, _, content| {
        let file = read(MessageSequence::open(content, encoding)?)?;
        found.push((name.map(str::to_owned), file));
        Ok(())
    })?;
    match (found.len(), found.pop()) {
        (1, Some((_, file))) => Ok(PaymentFile { archive, ..file }),
        (0, _) => Err(none_of(archive.as_deref(), "payment file")),
        (_, last) => {
            let names: Vec<String> = found.into_iter().chain(last).filter_map(|(name, _)| name).collect();
            let message = format!("the archive holds several payment files: {}", names.join(", "));
            Err(XmlFault::new(message, "unpack it, and give one of them"))
        }
    }
}

/// Reads a payment file transaction by transaction: each is passed on with its file's header and with what its batch
/// has before its transactions. Returns the file without its batches; `None` if a batch has more after its transactions,
/// against the schema: then the file is to be read whole. Memory does not grow with the file.
///
/// # Errors
/// As [`read_with_encoding`], after the transactions before the fault were passed on.
pub fn each_transaction(
    input: impl Read,
    encoding: Option<&str>,
    take: &mut dyn FnMut(&PaymentFile, &PaymentBatch, PaymentTransaction),
) -> Result<Option<PaymentFile>, XmlFault> {
    let collected = CollectedPayment::default();
    let mut passed =
        PassedTransactions { collected, header: PaymentFile::default(), batch: None, is_late: false, files: 0, take };
    // Nothing is held.
    let read = only_payment(input, encoding, UnpackLimits::default(), &mut |mut file| {
        visit(&mut file, HeldCount::up_to(usize::MAX), &mut passed)
    })?;
    if passed.files > 1 {
        let message = "the archive holds a payment file that cannot be read, and another one";
        return Err(XmlFault::new(message, "unpack it, and give one of them"));
    }
    let CollectedPayment { problems, unread, .. } = passed.collected;
    Ok((!passed.is_late).then(|| PaymentFile { problems, unread: unread.found(), ..read }))
}

/// Reads any bytes, whole and transaction by transaction, and checks that both agree; for fuzzing.
///
/// # Panics
/// If they disagree.
pub fn fuzz(bytes: &[u8]) {
    let whole = read_payment(bytes);
    let mut passed = Vec::new();
    let each = each_transaction(bytes, None, &mut |_, _, one| passed.push(one));
    assert_eq!(whole.is_ok(), each.is_ok(), "transactions are judged otherwise than the whole");
    if let (Ok(whole), Ok(Some(each))) = (whole, each) {
        let held: Vec<PaymentTransaction> = whole.batches.iter().flat_map(|batch| batch.transactions.clone()).collect();
        assert_eq!(held, passed, "other transactions than in the whole");
        assert_eq!(PaymentFile { batches: Vec::new(), ..whole }, each, "another file than the whole");
    }
}

/// Whether an element of this name is a payment file; version 2 names it after the message.
pub(crate) fn is_payment(name: &str) -> bool {
    name == "CstmrCdtTrfInitn" || name.starts_with("pain.001.")
}

/// Reads a file with at most this many transactions and batches.
pub(crate) fn read_held(mut file: MessageSequence<'_>, held: HeldCount) -> Result<PaymentFile, XmlFault> {
    let mut collected = CollectedPayment::default();
    let read = visit(&mut file, held, &mut collected)?;
    let CollectedPayment { batches, problems, unread, .. } = collected;
    Ok(PaymentFile { batches, problems, unread: unread.found(), ..read })
}

/// Visits the parts of a file with at most this many transactions and batches; returns the file without its batches.
pub(crate) fn visit(
    file: &mut MessageSequence<'_>,
    mut held: HeldCount,
    visitor: &mut dyn PaymentVisitor,
) -> Result<PaymentFile, XmlFault> {
    let none = ("credit transfer initiation", "choose a file of type pain.001");
    let wanted = |name: &str| is_payment(name).then_some(());
    file.next_message(wanted, none)?;
    let mut read = PaymentFile::begin(file);
    let mut record = XmlRecord::default();
    let mut batches = 0;
    while file.next_child()? {
        match file.tag.name.as_str() {
            "GrpHdr" => {
                file.read(&mut record)?;
                let element = record.finish();
                let problems = read.header(element);
                visitor.header(&read, element, problems);
            }
            "PmtInf" => {
                batches += 1;
                visit_batch(batches, file, &mut record, &mut held, visitor)?;
            }
            _ => visitor.other(&mut file.tokens)?,
        }
    }
    match file.next_message(wanted, none) {
        Ok(None) => Ok(read),
        Ok(Some(())) => Err(several(file.tokens.position().1)),
        // A strict reader refuses the beginning of another document.
        Err(_) if file.tokens.rest().contains("CstmrCdtTrfInitn") => Err(several(file.tokens.position().1)),
        Err(fault) => Err(fault),
    }
}

/// The fault of a file with several payment files one after the other.
fn several(line: u64) -> XmlFault {
    let change = "save each, from <Document> to </Document>, as a file of its own: all of them are orders";
    XmlFault::new("the file holds several payment files, one after the other", change).on_line(line)
}

/// Visits the batch whose start tag was read last.
fn visit_batch(
    number: usize,
    file: &mut MessageSequence<'_>,
    record: &mut XmlRecord,
    held: &mut HeldCount,
    visitor: &mut dyn PaymentVisitor,
) -> Result<(), XmlFault> {
    let path = format!("{PAYMENT_PATH}/PmtInf[{number}]");
    let mut transactions = 0;
    file.parts(record, held, "CdtTrfTxInf", |batch, element| {
        transactions += 1;
        let base = || format!("{path}/CdtTrfTxInf[{transactions}]");
        let mut values = ElementValues::new(element, &base);
        let one = PaymentTransaction::read(element, &mut values);
        visitor.transaction(one, element, batch, values.problems);
    })?;
    let element = record.finish();
    let base = || path.clone();
    let mut values = ElementValues::new(element, &base);
    let batch = PaymentBatch::read(element, Vec::new(), &mut values);
    visitor.batch(batch, element, values.problems);
    Ok(())
}

/// Keeps all transactions in their batches.
#[derive(Default)]
struct CollectedPayment {
    batches: Vec<PaymentBatch>,
    transactions: Vec<PaymentTransaction>,
    problems: Vec<Finding>,
    /// Of the transactions of the current batch.
    transaction_problems: Vec<Finding>,
    unread: UnreadTally,
}

/// The names of the elements around a batch.
const AROUND_BATCH: [&str; 2] = ["Document", "CstmrCdtTrfInitn"];

impl PaymentVisitor for CollectedPayment {
    fn header(&mut self, _: &PaymentFile, element: XmlElement<'_>, problems: Vec<Finding>) {
        self.unread.add(&AROUND_BATCH, element);
        keep(problems, &mut self.problems);
    }

    fn transaction(
        &mut self,
        one: PaymentTransaction,
        element: XmlElement<'_>,
        _: XmlElement<'_>,
        problems: Vec<Finding>,
    ) {
        self.unread.add(&[AROUND_BATCH[0], AROUND_BATCH[1], "PmtInf"], element);
        keep(problems, &mut self.transaction_problems);
        self.transactions.push(one);
    }

    fn batch(&mut self, mut batch: PaymentBatch, element: XmlElement<'_>, problems: Vec<Finding>) {
        self.unread.add(&AROUND_BATCH, element);
        // Problems of the transactions come after those of the batch.
        keep(problems, &mut self.problems);
        keep(std::mem::take(&mut self.transaction_problems), &mut self.problems);
        batch.transactions = std::mem::take(&mut self.transactions);
        self.batches.push(batch);
    }

    fn other(&mut self, tokens: &mut XmlTokens<'_>) -> Result<(), XmlFault> {
        self.unread.skip(tokens)
    }
}

/// Passes transactions on, and keeps what else of the file is told.
struct PassedTransactions<'t> {
    collected: CollectedPayment,
    header: PaymentFile,
    /// The parts of the current batch before its transactions.
    batch: Option<PaymentBatch>,
    /// Whether a batch had more after them.
    is_late: bool,
    /// The number of files that began.
    files: u64,
    take: &'t mut dyn FnMut(&PaymentFile, &PaymentBatch, PaymentTransaction),
}

impl PaymentVisitor for PassedTransactions<'_> {
    fn header(&mut self, file: &PaymentFile, element: XmlElement<'_>, problems: Vec<Finding>) {
        self.files += 1;
        self.header = file.clone();
        self.collected.header(file, element, problems);
    }

    fn transaction(
        &mut self,
        one: PaymentTransaction,
        element: XmlElement<'_>,
        batch: XmlElement<'_>,
        problems: Vec<Finding>,
    ) {
        self.collected.transaction(one, element, batch, problems);
        let head = self.batch.get_or_insert_with(|| PaymentBatch::read_head(batch));
        if let Some(one) = self.collected.transactions.pop() {
            (self.take)(&self.header, head, one);
        }
    }

    fn batch(&mut self, batch: PaymentBatch, element: XmlElement<'_>, problems: Vec<Finding>) {
        self.is_late |= self.batch.take().is_some_and(|head| head != batch);
        self.collected.batch(batch, element, problems);
        self.collected.batches.clear();
    }

    fn other(&mut self, tokens: &mut XmlTokens<'_>) -> Result<(), XmlFault> {
        self.collected.other(tokens)
    }
}

impl PaymentFile {
    fn begin(file: &MessageSequence<'_>) -> Self {
        Self {
            message: file.name(),
            id: None,
            created: None,
            count: None,
            sum: None,
            initiating_party: None,
            batches: Vec::new(),
            notes: file.notes(NEWEST),
            archive: None,
            problems: Vec::new(),
            unread: Vec::new(),
        }
    }

    /// Reads the header; returns the values that could not be read.
    fn header(&mut self, element: XmlElement<'_>) -> Vec<Finding> {
        let base = || format!("{PAYMENT_PATH}/GrpHdr");
        let mut values = ElementValues::new(element, &base);
        self.id = owned(element.value("MsgId"));
        self.created = element.child("CreDtTm").and_then(|time| values.moment(time));
        self.count = values.count(element, "NbOfTxs");
        self.sum = element.child("CtrlSum").and_then(|sum| values.decimal(sum));
        self.initiating_party = Party::read(element.child("InitgPty"), None, None);
        values.problems
    }
}
