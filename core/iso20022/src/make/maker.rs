//! The maker of a payment file: takes transfers one at a time, then writes the file.

use std::collections::HashMap;
use std::io::{self, Write};

use bankchannel_foundation::Error;
use bankchannel_foundation::error::row;
use bankchannel_foundation::model::{Date, Decimal, Timestamp};
use jiff::civil;
use jiff::tz::TimeZone;
use sha2::{Digest as _, Sha256};

use super::digest::{HashedFields, digest, id};
use super::file::{MadeBatch, MadePayment, PaymentData};
use super::findings::{DataPlace, FieldPlace, MakingFindings};
use super::group::{self, MergedTransfer, TransferGroup};
use super::model::{CreditTransfer, GroupData, PaymentParty};
use super::prepare::{BatchTerms, TransferPayer, TransferPreparer};
use super::seen::{MadeIds, SeenTransfers, TransferSight};
use super::spool::BatchSpool;
use super::write::{self, BatchExecution, BatchHead, GroupHeader, TransactionForm};
use crate::cash::DecimalSum;
use crate::data::Money;
use crate::rules::{BankProfile, Finding, PaymentVersion, Rule, payee};
use bankchannel_xml::{XmlLayout, XmlWriter};

/// Maximum number of transactions of a file.
pub const MAX_TRANSACTIONS: u64 = 1_000_000;
/// Maximum number of batches of a file.
pub const MAX_BATCHES: usize = 10_000;
/// Lower bound of the bytes of a batch's head and end, for the estimate of the file's size.
const BATCH_BYTES: u64 = 1024;

/// Makes one payment file.
///
/// Transfers are checked as they come; [`Self::finish`] reports their problems, and then writes nothing. A dropped
/// maker leaves nothing on the disk.
pub struct PaymentMaker {
    data: PaymentData,
    version: PaymentVersion,
    profile: BankProfile,
    created: Timestamp,
    today: Date,
    layout: XmlLayout,
    findings: MakingFindings,
    groups: Vec<TransferGroup>,
    /// The batch that takes further transfers with a key, by the digest of the key.
    open: HashMap<[u8; 32], usize>,
    seen: SeenTransfers,
    spool: BatchSpool,
    /// Why the spool could not be written: its content is incomplete then.
    failed: Option<String>,
    count: u64,
    sum: DecimalSum,
    // Buffers that every transfer reuses.
    xml: XmlWriter,
    fields: HashedFields,
}

impl PaymentMaker {
    /// A file with this data; `now` is the time with the local offset; the zone is this computer's.
    #[must_use]
    pub fn new(data: PaymentData, now: &Timestamp) -> Self {
        Self::in_zone(data, now, &TimeZone::system())
    }

    /// The same in another time zone: a creation time given in UTC is written as local time of that zone.
    #[must_use]
    pub fn in_zone(data: PaymentData, now: &Timestamp, zone: &TimeZone) -> Self {
        let mut profile = BankProfile::from(data.profile.clone().unwrap_or_default());
        profile.characters = data.characters.unwrap_or(profile.characters);
        let version = data.version.or(profile.accepts).unwrap_or(PaymentVersion::V09);
        let created = match &data.created {
            Some(given) if is_utc(given) => local_time(given.as_ms(), zone),
            Some(given) => given.clone(),
            None => now.clone(),
        };
        let today = created.as_str().get(..10).and_then(|day| day.parse().ok()).unwrap_or(civil::Date::MIN);
        let layout = if data.compact == Some(true) { XmlLayout::Compact } else { XmlLayout::Indented };
        let mut findings = MakingFindings::default();
        if profile.accepts.is_some_and(|accepted| accepted != version) {
            let message = "the bank's profile requires another version";
            let found = Finding::error(Rule::Version, message, "leave the version out").value(version.as_str());
            findings.add(found, FieldPlace("", "version"));
        }
        Self {
            data,
            version,
            profile,
            created,
            today: Date(today),
            layout,
            findings,
            groups: Vec::new(),
            open: HashMap::new(),
            seen: SeenTransfers::default(),
            spool: BatchSpool::new(),
            failed: None,
            count: 0,
            sum: DecimalSum::default(),
            xml: write::transactions(layout),
            fields: HashedFields::default(),
        }
    }

    /// Adds a transfer. Its problems are reported when the file is finished.
    ///
    /// # Errors
    /// `resource.storage`: the transfer cannot be stored until then; `iso20022.payment_refused`: there are too many
    /// transfers or batches for one file.
    pub fn add(&mut self, transfer: CreditTransfer) -> Result<(), Error> {
        let place = DataPlace { transaction: Some(self.count + 1), line: None };
        self.add_at(place, transfer)
    }

    /// The same for a transfer that was read from content.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub fn add_at(&mut self, place: DataPlace, mut transfer: CreditTransfer) -> Result<(), Error> {
        self.is_whole()?;
        self.findings.place = place;
        self.count += 1;
        let max = self.profile.file_transactions.unwrap_or(MAX_TRANSACTIONS).min(MAX_TRANSACTIONS);
        if self.count > max {
            return Err(self.too_many(format!("a file has at most {max} transactions")));
        }
        let (batch, mut digest) = self.batch_of(&transfer)?;
        self.fields.clear();
        group::transfer(&mut self.fields, &transfer);
        digest.update(self.fields.bytes());
        let digest = <[u8; 32]>::from(digest.finalize());
        self.groups[batch].hash.update(self.fields.bytes());
        let group = &self.groups[batch];
        let terms = group.terms;
        let debtor = group.data.debtor.as_ref();
        let payer = TransferPayer {
            iban: debtor.and_then(|debtor| debtor.iban.as_deref()),
            country: debtor.and_then(|debtor| debtor.account_place().account_country()),
        };
        let mut preparer = TransferPreparer {
            findings: &mut self.findings,
            profile: &self.profile,
            version: self.version,
            today: self.today,
            cut: self.data.cut == Some(true),
        };
        let (amount, references) = preparer.transfer(&mut transfer, terms, &group.currency, payer);
        let sight = TransferSight {
            transfer: &transfer,
            references: &references,
            digest: &digest,
            batch,
            number: place.transaction.unwrap_or(self.count),
            amount: &amount,
            currency: &group.currency,
            execution: terms.execution,
        };
        let made = MadeIds {
            instruction: self.profile.wants_instruction_id,
            uetr: self.data.uetr == Some(true) && self.version != PaymentVersion::V03,
        };
        let marks_absent_bank = self.profile.marks_bank(payer.iban);
        let ids = self.seen.ids(&sight, made, &mut self.findings);
        if self.findings.error_count > 0 {
            self.spool.clear();
            return Ok(());
        }
        let group = &mut self.groups[batch];
        let one = Decimal::new(&amount).ok().as_ref().and_then(DecimalSum::from_decimal);
        let sums = one.and_then(|one| Some((group.sum.plus(one)?, self.sum.plus(one)?)));
        let Some((of_group, of_file)) = sums else {
            return Err(self.too_many("the sum of the amounts has too many digits".to_owned()));
        };
        (group.sum, group.count, self.sum) = (of_group, group.count + 1, of_file);
        self.xml.clear();
        let form = TransactionForm { version: self.version, marks_absent_bank };
        write::transaction(&mut self.xml, &transfer, (&amount, &group.currency), &ids, &references, form);
        if let Err(why) = self.spool.add(batch, self.xml.text_so_far().as_bytes()) {
            self.failed = Some(why.to_string());
        }
        self.is_whole()
    }

    /// The error of a maker that has lost transfers.
    fn is_whole(&self) -> Result<(), Error> {
        match &self.failed {
            None => Ok(()),
            Some(why) => {
                let message = format!("the temporary file of the payments cannot be written: {why}");
                Err(Error::because(&row::STORAGE, message))
            }
        }
    }

    /// Notes that a transfer could not be read.
    pub fn refuse(&mut self, place: DataPlace, found: Finding) {
        self.findings.place = place;
        self.findings.keep(found);
        self.spool.clear();
    }

    /// The approximate size of the file, in bytes; it may become larger.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.spool.len() + self.groups.len() as u64 * BATCH_BYTES
    }

    /// Writes the file.
    ///
    /// # Errors
    /// `iso20022.payment_refused` with all problems: nothing is written then. `resource.storage` if the output cannot
    /// be written: the written part is not a valid file then.
    pub fn finish(mut self, mut out: impl Write) -> Result<MadePayment, Error> {
        self.is_whole()?;
        self.findings.place = DataPlace::default();
        if self.count == 0 && self.findings.error_count == 0 {
            let found = Finding::error(Rule::Count, "there is nothing to pay", "give at least one transfer");
            self.findings.add(found, FieldPlace("", "transactions"));
        }
        let initiator = self.initiator();
        let ids = self.batch_ids();
        let message_id = self.message_id();
        let sum = self.sum.decimal();
        if sum.is_none() {
            let found =
                Finding::error(Rule::ControlSum, "the sum of all amounts has too many digits", "make two files");
            self.findings.add(found, FieldPlace("", "amount"));
        }
        let (Some(sum), 0) = (sum, self.findings.error_count) else { return Err(self.findings.refusal()) };
        self.write(&mut out, &initiator, &ids, &message_id, &sum).map_err(|why| not_written(&why))?;
        Ok(self.made(ids, message_id, sum))
    }

    /// The currency of transfers without one.
    pub(super) fn currency(&self) -> &str {
        self.data.currency.as_deref().unwrap_or("EUR")
    }

    /// Reports places as columns of a table.
    pub(super) fn places_are_columns(&mut self) {
        self.findings.as_columns = true;
    }

    fn has_room(&self, batch: usize) -> bool {
        self.profile.batch_transactions.is_none_or(|max| self.groups[batch].count < max)
    }

    /// The batch of a transfer, and the hash of its key.
    fn batch_of(&mut self, transfer: &CreditTransfer) -> Result<(usize, Sha256), Error> {
        let currency = self.data.currency.as_deref().unwrap_or("EUR");
        let merged = MergedTransfer::new(transfer, &self.data.group, currency);
        self.fields.clear();
        merged.key(&mut self.fields);
        let mut hash = Sha256::new();
        hash.update(self.fields.bytes());
        let key = <[u8; 32]>::from(hash.clone().finalize());
        if let Some(batch) = self.open.get(&key).copied().filter(|batch| self.has_room(*batch)) {
            return Ok((batch, hash));
        }
        let (terms, data, currency) = (merged.terms(self.today), merged.data(), merged.currency.to_owned());
        let batch = self.new_batch(data, terms, currency, hash.clone())?;
        self.open.insert(key, batch);
        Ok((batch, hash))
    }

    fn new_batch(
        &mut self,
        mut data: GroupData,
        terms: BatchTerms,
        currency: String,
        hash: Sha256,
    ) -> Result<usize, Error> {
        if self.groups.len() >= MAX_BATCHES {
            return Err(self.too_many(format!("a file has at most {MAX_BATCHES} batches")));
        }
        let first = self.groups.first().map(|first| first.terms.execution);
        if self.profile.one_date_per_file && first.is_some_and(|first| first != terms.execution) {
            let message = "the bank takes one execution date per file";
            self.findings
                .add(Finding::error(Rule::Date, message, "make a file for each"), FieldPlace("", "execution_date"));
        }
        if self.profile.one_batch_per_file && !self.groups.is_empty() {
            self.findings.keep(payee::several_batches());
        }
        self.preparer().group(&mut data, terms, &currency);
        if self.findings.error_count > 0 {
            // It is not written, and may have any size: what transfers are checked against stays.
            data = GroupData { debtor: data.debtor.map(|debtor| debtor.payer()), ..GroupData::default() };
        }
        self.groups.push(TransferGroup { data, terms, currency, hash, count: 0, sum: DecimalSum::default() });
        Ok(self.groups.len() - 1)
    }

    fn initiator(&mut self) -> PaymentParty {
        let debtor = || self.groups.first().and_then(|group| group.data.debtor.as_ref());
        let mut initiator = match &self.data.initiator {
            Some(given) => given.clone(),
            None => PaymentParty { name: debtor().and_then(|debtor| debtor.name.clone()), ..PaymentParty::default() },
        };
        // One for all batches: the narrowest rules are those of SEPA.
        let group = self.groups.iter().find(|group| group.terms.is_sepa()).or(self.groups.first());
        // A name that stands in for the initiator's has been checked, by the rules of its own batch.
        let judged = self.data.initiator.is_some() || self.findings.error_count == 0;
        if let Some(group) = group.filter(|_| judged) {
            let terms = group.terms;
            self.preparer().initiator(&mut initiator, terms);
        }
        initiator
    }

    fn preparer(&mut self) -> TransferPreparer<'_> {
        TransferPreparer {
            findings: &mut self.findings,
            profile: &self.profile,
            version: self.version,
            today: self.today,
            cut: self.data.cut == Some(true),
        }
    }

    /// The ids of the batches: as given, otherwise made from their content.
    fn batch_ids(&mut self) -> Vec<String> {
        let mut times: HashMap<String, u32> = HashMap::new();
        let mut ids = Vec::with_capacity(self.groups.len());
        for group in &self.groups {
            let (own, given) = match &group.data.batch_id {
                Some(given) => (given.clone(), true),
                None => (group.derived_id(), false),
            };
            let times = times.entry(own.clone()).and_modify(|times| *times += 1).or_insert(1);
            if given && *times > 1 {
                let message = "two batches would have the same id";
                let change = "leave it out, or give it to transfers of one account, date and kind only";
                let found = Finding::error(Rule::DuplicateIdentifier, message, change).reason("DU02").value(&own);
                self.findings.add(found, FieldPlace("", "batch_id"));
            }
            ids.push(numbered(own, *times));
        }
        ids
    }

    /// The id of the file: as given, otherwise made from the content of the batches, independent of given batch ids.
    fn message_id(&mut self) -> String {
        if let Some(given) = self.data.message_id.clone() {
            self.preparer().identifier(FieldPlace("", "message_id"), Some(&given));
            return given;
        }
        let mut fields = HashedFields::default();
        let mut times: HashMap<String, u32> = HashMap::new();
        for group in &self.groups {
            let own = group.derived_id();
            let times = times.entry(own.clone()).and_modify(|times| *times += 1).or_insert(1);
            fields.text(&numbered(own, *times));
        }
        id('M', &digest(&[fields.bytes()]))
    }

    fn write(
        &mut self,
        out: &mut impl Write,
        initiator: &PaymentParty,
        ids: &[String],
        message_id: &str,
        sum: &Decimal,
    ) -> io::Result<()> {
        let mut xml = XmlWriter::document("Document", &self.version.message().namespace(), self.layout);
        xml.start("CstmrCdtTrfInitn");
        let created = self.written_time();
        let sum = (!self.profile.omits_header_sum).then_some(sum.as_str());
        let header = GroupHeader { message_id, created: &created, count: self.count, sum, initiator };
        write::header(&mut xml, &header, self.version);
        for (batch, (group, id)) in self.groups.iter().zip(ids).enumerate() {
            let execution = match &group.data.execution_time {
                Some(time) => BatchExecution::Time(time),
                None => BatchExecution::Date(group.terms.execution),
            };
            let head = BatchHead {
                id,
                count: group.count,
                sum: &group.sum.text(),
                group: &group.data,
                kind: group.terms.kind,
                charge_bearer: group.charge_bearer(),
                execution,
            };
            write::batch_head(&mut xml, &head, self.version);
            out.write_all(xml.take().as_bytes())?;
            self.spool.copy(batch, out)?;
            xml.end();
        }
        out.write_all(&xml.finish())?;
        out.flush()
    }

    /// When the file was made: local time without offset, or in UTC; whole seconds.
    fn written_time(&self) -> String {
        if self.data.utc == Some(true) {
            let utc = Timestamp::from_ms(self.created.as_ms());
            return utc.as_str().get(..19).unwrap_or_default().to_owned() + "Z";
        }
        self.created.as_str().get(..19).unwrap_or_default().replace([' ', 't'], "T")
    }

    fn made(mut self, ids: Vec<String>, message_id: String, control_sum: Decimal) -> MadePayment {
        let (mut sums, mut batches): (Vec<(String, DecimalSum)>, _) = (Vec::new(), Vec::new());
        let money = |sum: DecimalSum, currency: String| Money {
            amount: sum.decimal().unwrap_or(Decimal::from_cents(0)),
            currency,
        };
        for (group, id) in self.groups.into_iter().zip(ids) {
            match sums.iter_mut().find(|(currency, _)| *currency == group.currency) {
                Some((_, sum)) => *sum = sum.plus(group.sum).unwrap_or(*sum),
                None => sums.push((group.currency.clone(), group.sum)),
            }
            batches.push(MadeBatch {
                id,
                transactions: group.count,
                sum: money(group.sum, group.currency),
                execution_date: group.terms.execution,
            });
        }
        MadePayment {
            message_id,
            transactions: self.count,
            control_sum,
            sums: sums.into_iter().map(|(currency, sum)| money(sum, currency)).collect(),
            batches,
            changes: self.findings.take_changes(),
            change_count: self.findings.change_count,
            warnings: std::mem::take(&mut self.findings.warnings),
            warning_count: self.findings.warning_count,
        }
    }

    /// The refusal of a file that would be too large.
    fn too_many(&mut self, message: String) -> Error {
        self.findings.keep(Finding::error(Rule::Size, message, "make several files"));
        self.findings.refusal()
    }
}

/// An instant with the offset of a zone at that time.
pub(crate) fn local_time(ms: i64, zone: &TimeZone) -> Timestamp {
    let local = jiff::Timestamp::from_millisecond(ms).map(|instant| instant.to_zoned(zone.clone()));
    local
        .ok()
        .and_then(|local| Timestamp::new(&local.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()).ok())
        .unwrap_or_else(|| Timestamp::from_ms(ms))
}

/// Whether a time is given in UTC: as an instant, not as local time.
fn is_utc(time: &Timestamp) -> bool {
    ["Z", "z", "+00:00", "-00:00"].iter().any(|end| time.as_str().ends_with(end))
}

/// From its second occurrence on, an id gets a number appended.
fn numbered(id: String, times: u32) -> String {
    if times == 1 { id } else { format!("{id}-{times}") }
}

fn not_written(why: &io::Error) -> Error {
    Error::because(&row::STORAGE, format!("the payment file cannot be written: {why}")).with_io_source(why)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A temporary file that cannot be written: the maker returns no file, whatever follows.
    #[test]
    fn a_maker_that_lost_transfers_makes_no_file() {
        let party = |iban: &str| PaymentParty {
            name: Some("Oy Yritys Ab".to_owned()),
            iban: Some(iban.to_owned()),
            ..PaymentParty::default()
        };
        let mut data = PaymentData::default();
        data.group.debtor = Some(party("FI2112345600000785"));
        data.group.execution_date = Some(Date("2026-11-23".parse().unwrap()));
        let mut maker = PaymentMaker::new(data, &Timestamp::new("2026-11-20T09:00:00+02:00").unwrap());
        let transfer = || CreditTransfer::new(Decimal::from_cents(100), party("FI1410093000123458"));
        maker.spool = BatchSpool::over(std::fs::File::open("/dev/null").unwrap());
        assert_eq!(maker.add(transfer()).unwrap_err().code(), "resource.storage");
        maker.spool.clear();
        assert_eq!(maker.add(transfer()).unwrap_err().code(), "resource.storage");
        let mut out = Vec::new();
        assert_eq!(maker.finish(&mut out).unwrap_err().code(), "resource.storage");
        assert!(out.is_empty());
    }
}
