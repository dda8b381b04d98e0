//! The input of a payment file: the data of a file, of its groups, and of each transfer.

use bankchannel_foundation::model::Boundary;
use bankchannel_foundation::model::{Date, Decimal};

use super::banks::{IntermediaryBank, PaymentBankDetails};
use crate::data::Address;
use crate::rules::reference::ReferenceKind;

/// One credit transfer to make.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
pub struct CreditTransfer {
    /// The amount, above zero, with no more digits after the point than its currency has: 2 for EUR, 0 for JPY.
    pub amount: Decimal,
    /// The currency, an ISO 4217 code; if left out, that of the file.
    pub currency: Option<String>,
    /// The payee: the name and an account are required.
    pub creditor: PaymentParty,
    /// The purpose of the payment, at most 140 characters. SEPA carries a text or a reference, not both, except with
    /// references of Estonia, Slovenia and Croatia; a Swiss QR bill has both, too.
    pub text: Option<String>,
    /// The creditor's reference, such as `RF18539007547034`; blanks are removed.
    pub reference: Option<String>,
    /// The kind of reference; if left out: RF if it starts with `RF`, otherwise that of the creditor's IBAN: Finnish or
    /// Estonian for digits, Slovenian or Croatian if it starts with `SI` or `HR`.
    pub reference_kind: Option<ReferenceKind>,
    /// The invoices and credit notes that are paid; more than one of them is for Finnish banks (AOS2).
    pub documents: Option<Vec<PaidDocument>>,
    /// The id that goes to the creditor, at most 35 characters; if left out, it is made from the data. Payers in
    /// Slovakia may give the symbols of a payment, such as `/VS1234567890/SS/KS0308`.
    pub end_to_end_id: Option<String>,
    /// The variable symbol of a payment from Slovakia, at most 10 digits. The symbols stand in the end-to-end id, which
    /// is left out then.
    pub variable_symbol: Option<String>,
    /// The specific symbol of a payment from Slovakia, at most 10 digits.
    pub specific_symbol: Option<String>,
    /// The constant symbol of a payment from Slovakia, at most 4 digits.
    pub constant_symbol: Option<String>,
    /// The id between you and your bank, at most 35 characters; if left out, it is made from the data if the profile
    /// has `wants_instruction_id`, otherwise there is none.
    pub instruction_id: Option<String>,
    /// The UETR, a UUID of version 4 in small letters; version 3 of the file has none.
    pub uetr: Option<String>,
    /// The purpose, an ISO 20022 code such as `SALA`: it reaches the creditor.
    pub purpose: Option<String>,
    /// The party on whose behalf the creditor is paid.
    pub ultimate_creditor: Option<PaymentParty>,
    /// The banks between the debtor's and the creditor's, in order, at most 3; not in SEPA.
    pub intermediary_banks: Option<Vec<IntermediaryBank>>,
    /// An instruction for the creditor's bank, at most 140 characters; not in SEPA.
    pub creditor_bank_instruction: Option<String>,
    /// An instruction for the debtor's bank, at most 140 characters; not in SEPA.
    pub debtor_bank_instruction: Option<String>,
    /// The report to authorities about a payment abroad, at most 10 parts.
    pub regulatory_reporting: Option<Vec<RegulatoryReport>>,
    /// The data that differs from the file's.
    #[boundary(flatten)]
    pub group: GroupData,
}

impl CreditTransfer {
    /// A transfer of this amount to this creditor, with everything else left out.
    #[must_use]
    pub fn new(amount: Decimal, creditor: PaymentParty) -> Self {
        Self {
            amount,
            currency: None,
            creditor,
            text: None,
            reference: None,
            reference_kind: None,
            documents: None,
            end_to_end_id: None,
            variable_symbol: None,
            specific_symbol: None,
            constant_symbol: None,
            instruction_id: None,
            uetr: None,
            purpose: None,
            ultimate_creditor: None,
            intermediary_banks: None,
            creditor_bank_instruction: None,
            debtor_bank_instruction: None,
            regulatory_reporting: None,
            group: GroupData::default(),
        }
    }
}

/// Data shared by the transfers of a batch: given for the whole file, and for a transfer if it differs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
#[boundary(flattened)]
pub struct GroupData {
    /// The payer: the name and an account are required.
    pub debtor: Option<crate::make::PaymentParty>,
    /// The day on which to pay.
    pub execution_date: Option<bankchannel_foundation::model::Date>,
    /// The moment at which to pay, instead of the day: for instant payments, if agreed with the bank; not in version 3.
    pub execution_time: Option<bankchannel_foundation::model::Timestamp>,
    /// The speed and the scheme; if left out: SEPA for EUR, otherwise national.
    pub kind: Option<crate::make::TransferKind>,
    /// How urgently the debtor's bank handles the instruction, if the bank honours it; not in SEPA.
    pub priority: Option<crate::make::PaymentPriority>,
    /// A service level of the bank instead of the kind's, such as `SDVA`.
    pub service_level: Option<String>,
    /// A local instrument of the bank, such as its own product code.
    pub local_instrument: Option<String>,
    /// The category, an ISO 20022 code such as `SALA` for salaries: it holds for a whole batch.
    pub category: Option<String>,
    /// Whether the account is debited once for the batch (`true`) or for each transfer; if left out, as agreed with the
    /// bank.
    pub batch_booking: Option<bool>,
    /// The party that bears the charges; if left out: `SLEV` in SEPA, otherwise `SHAR`.
    pub charge_bearer: Option<crate::make::ChargeBearer>,
    /// The party on whose behalf the debtor pays.
    pub ultimate_debtor: Option<crate::make::PaymentParty>,
    /// The id of the batch, at most 35 characters; if left out, it is made from the data.
    pub batch_id: Option<String>,
}

/// A party of a payment to make, with its account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
pub struct PaymentParty {
    /// The name, at most 70 characters in SEPA and 140 elsewhere; a longer one is refused, or cut if asked.
    pub name: Option<String>,
    /// The account's IBAN; blanks and small letters are accepted.
    pub iban: Option<String>,
    /// The account's number if it has no IBAN, at most 34 characters.
    pub account: Option<String>,
    /// The kind of number in `account`: `BBAN`, or a name of the banks such as `BGNR` for Bankgiro. Numbers of Bankgiro
    /// and of Norwegian accounts have their check digits checked.
    pub account_scheme: Option<String>,
    /// The currency of the account, an ISO 4217 code: for accounts of several currencies.
    pub account_currency: Option<String>,
    /// The BIC of the account's bank, 8 or 11 characters; not needed in SEPA. The bank of a Swiss payer is named by the
    /// clearing number in his IBAN if no BIC is given.
    pub bic: Option<String>,
    /// The name of the account's bank, at most 140 characters: for a bank without BIC.
    pub bank_name: Option<String>,
    /// Further details of the account's bank: for a bank that is named by its number in the clearing of its country.
    pub bank: Option<PaymentBankDetails>,
    /// The party's number: a service id of the bank, a business id, a personal id; at most 35 characters.
    pub identifier: Option<String>,
    /// The kind of number in `identifier`: an ISO 20022 code such as `CUST` or `BANK`, or a name of the banks.
    pub identifier_scheme: Option<String>,
    /// The issuer of the number in `identifier`, at most 35 characters, such as `KBO-BCE`: banks of Belgium and Spain
    /// want it.
    pub identifier_issuer: Option<String>,
    /// Whether `identifier` is a person's; if left out, an organisation's.
    pub person: Option<bool>,
    /// The party's LEI, 20 characters; not in version 3.
    pub lei: Option<String>,
    /// The postal address.
    pub address: Option<PostalAddress>,
}

/// A postal address to write: town and country are required, all other fields are optional.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
pub struct PostalAddress {
    /// Department, at most 70 characters.
    pub department: Option<String>,
    /// Part of the department, at most 70 characters.
    pub sub_department: Option<String>,
    /// Street, at most 70 characters.
    pub street: Option<String>,
    /// Number of the building in its street, at most 16 characters.
    pub building_number: Option<String>,
    /// Name of the building, at most 35 characters; not in version 3.
    pub building_name: Option<String>,
    /// Floor, at most 70 characters; not in version 3.
    pub floor: Option<String>,
    /// Post box, at most 16 characters; not in version 3.
    pub post_box: Option<String>,
    /// Room, at most 70 characters; not in version 3.
    pub room: Option<String>,
    /// Post code, at most 16 characters.
    pub post_code: Option<String>,
    /// Town, at most 35 characters.
    pub town: Option<String>,
    /// Part of the town, at most 35 characters; not in version 3.
    pub town_location: Option<String>,
    /// District, at most 35 characters; not in version 3.
    pub district: Option<String>,
    /// Part of the country, such as a state, at most 35 characters.
    pub country_sub_division: Option<String>,
    /// The country's ISO 3166 code, such as `FI`.
    pub country: Option<String>,
    /// Lines without structure, at most 70 characters each: at most two, in addition to town and country.
    pub lines: Option<Vec<String>>,
}

/// An invoice or a credit note that a transfer pays.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
pub struct PaidDocument {
    /// Its kind.
    pub kind: DocumentKind,
    /// Its number, at most 35 characters.
    pub number: Option<String>,
    /// Its date.
    pub date: Option<Date>,
    /// The amount that is paid of it, or credited by it, in the currency of the transfer; above zero.
    pub amount: Option<Decimal>,
    /// The creditor's reference for it.
    pub reference: Option<String>,
    /// The kind of reference; if left out, as for that of a transfer.
    pub reference_kind: Option<ReferenceKind>,
}

/// A part of the report to authorities.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
pub struct RegulatoryReport {
    /// The authority's code, at most 10 characters.
    pub code: Option<String>,
    /// The explanation, at most 35 characters.
    pub text: Option<String>,
}

/// The speed of a transfer, and its scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum TransferKind {
    /// A SEPA credit transfer: EUR only.
    Sepa,
    /// An instant SEPA credit transfer: EUR only.
    Instant,
    /// An urgent transfer, the same day.
    Urgent,
    /// Any other: national in another currency, or abroad.
    National,
}

impl TransferKind {
    /// The default service level.
    pub(super) fn service_level(self) -> &'static str {
        match self {
            Self::Sepa | Self::Instant => "SEPA",
            Self::Urgent => "URGP",
            Self::National => "NURG",
        }
    }

    /// The default charge bearer.
    pub(super) fn charge_bearer(self) -> ChargeBearer {
        match self {
            Self::Sepa | Self::Instant => ChargeBearer::Slev,
            Self::Urgent | Self::National => ChargeBearer::Shar,
        }
    }
}

/// The priority of an instruction at the debtor's bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum PaymentPriority {
    /// Before others.
    #[boundary("HIGH")]
    High,
    /// As others.
    #[boundary("NORM")]
    Normal,
}

/// The party that bears the charges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum ChargeBearer {
    /// According to the scheme: each party bears those of its own bank.
    #[boundary("SLEV")]
    Slev,
    /// Each party bears those of its own bank.
    #[boundary("SHAR")]
    Shar,
    /// The debtor bears all.
    #[boundary("DEBT")]
    Debt,
    /// The creditor bears all.
    #[boundary("CRED")]
    Cred,
}

/// The kind of a paid document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum DocumentKind {
    /// A commercial invoice (`CINV`).
    Invoice,
    /// A credit note (`CREN`), which reduces the paid amount.
    CreditNote,
}

/// A field of an address: its element, its name, and its accessor.
type AddressElement = (&'static str, &'static str, fn(&mut PostalAddress) -> &mut Option<String>);

/// The fields of an address except its lines, in the order of both versions' schemas.
pub(super) const ADDRESS_FIELDS: [AddressElement; 14] = [
    ("Dept", "department", |a| &mut a.department),
    ("SubDept", "sub_department", |a| &mut a.sub_department),
    ("StrtNm", "street", |a| &mut a.street),
    ("BldgNb", "building_number", |a| &mut a.building_number),
    ("BldgNm", "building_name", |a| &mut a.building_name),
    ("Flr", "floor", |a| &mut a.floor),
    ("PstBx", "post_box", |a| &mut a.post_box),
    ("Room", "room", |a| &mut a.room),
    ("PstCd", "post_code", |a| &mut a.post_code),
    ("TwnNm", "town", |a| &mut a.town),
    ("TwnLctnNm", "town_location", |a| &mut a.town_location),
    ("DstrctNm", "district", |a| &mut a.district),
    ("CtrySubDvsn", "country_sub_division", |a| &mut a.country_sub_division),
    ("Ctry", "country", |a| &mut a.country),
];

impl PostalAddress {
    /// The texts in the order of the schema, with their elements; the lines are last.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&'static str, Option<&str>)> {
        let fields = [
            &self.department,
            &self.sub_department,
            &self.street,
            &self.building_number,
            &self.building_name,
            &self.floor,
            &self.post_box,
            &self.room,
            &self.post_code,
            &self.town,
            &self.town_location,
            &self.district,
            &self.country_sub_division,
            &self.country,
        ];
        let fields = ADDRESS_FIELDS.iter().zip(fields).map(|((element, ..), field)| (*element, field.as_deref()));
        fields.chain(self.lines.iter().flatten().map(|line| ("AdrLine", Some(line.as_str()))))
    }
}

/// The same as readers return it, for the address rules.
impl From<&PostalAddress> for Address {
    fn from(given: &PostalAddress) -> Self {
        let given = given.clone();
        Self {
            department: given.department,
            sub_department: given.sub_department,
            street: given.street,
            building_number: given.building_number,
            building_name: given.building_name,
            floor: given.floor,
            unit: None,
            post_box: given.post_box,
            room: given.room,
            care_of: None,
            post_code: given.post_code,
            town: given.town,
            town_location: given.town_location,
            district: given.district,
            country_sub_division: given.country_sub_division,
            country: given.country,
            lines: given.lines.unwrap_or_default(),
        }
    }
}
