//! Payers and payees.

use std::ops::Deref;
use std::sync::Arc;

use bankchannel_foundation::model::{Boundary, Reader, Shape, Value, Writer};
use bankchannel_foundation::{Error, model};

use bankchannel_xml::XmlElement;

use super::Code;
use crate::meaning;

/// A party of a payment with its account and bank.
#[derive(Debug, Clone, Default, PartialEq, Eq, model::Boundary)]
#[non_exhaustive]
pub struct Party {
    /// The name: of the party, otherwise of the bank in its place, otherwise of the account.
    pub name: Option<String>,
    /// The account's IBAN, without blanks and in capitals.
    pub iban: Option<String>,
    /// The account's number if it is not an IBAN.
    pub account: Option<String>,
    /// The kind of number in `account`: `BBAN`, `BGNR`, or a bank's own name of it.
    pub account_scheme: Option<String>,
    /// The type of the account: a code of ISO 20022 such as `CACC`, or a bank's own words.
    pub account_type: Option<Box<Code>>,
    /// The name of the account.
    pub account_name: Option<String>,
    /// The alias of the account: a telephone number or an e-mail address.
    pub proxy: Option<String>,
    /// The currency of the account, an ISO 4217 code, if the file gives it.
    pub account_currency: Option<String>,
    /// The BIC of the account's bank, 8 or 11 characters.
    pub bic: Option<String>,
    /// The name of the account's bank.
    pub bank_name: Option<String>,
    /// Further particulars of the account's bank.
    pub bank: Option<Box<BankDetails>>,
    /// The party's number: of its organisation or of the person, the first that is given.
    pub identifier: Option<String>,
    /// The kind of number in `identifier`: a code of ISO 20022 such as `CUST`, or a bank's own name of it.
    pub identifier_scheme: Option<String>,
    /// Who issued that number.
    pub identifier_issuer: Option<String>,
    /// All other numbers of the party, in order.
    pub other_identifiers: Vec<PartyIdentifier>,
    /// The legal entity identifier (LEI), 20 characters.
    pub lei: Option<String>,
    /// The country of residence, an ISO 3166 code.
    pub residence: Option<String>,
    /// The postal address.
    pub address: Option<Box<Address>>,
    /// How to reach the party.
    pub contact: Option<Box<ContactDetails>>,
}

/// Particulars of a bank beside its BIC and name.
#[derive(Debug, Clone, Default, PartialEq, Eq, model::Boundary)]
#[non_exhaustive]
pub struct BankDetails {
    /// The bank's number in its clearing system, such as `9000`.
    pub clearing_number: Option<String>,
    /// The clearing system: a code of ISO 20022 such as `CHBCC` or `USABA`, or its own name.
    pub clearing_system: Option<String>,
    /// The legal entity identifier (LEI), 20 characters.
    pub lei: Option<String>,
    /// Another number of the bank.
    pub identifier: Option<String>,
    /// The kind of number in `identifier`.
    pub identifier_scheme: Option<String>,
    /// The branch's number.
    pub branch: Option<String>,
    /// The branch's name.
    pub branch_name: Option<String>,
    /// The postal address of the bank.
    pub address: Option<Box<Address>>,
}

/// A number of a party.
#[derive(Debug, Clone, Default, PartialEq, Eq, model::Boundary)]
#[non_exhaustive]
pub struct PartyIdentifier {
    /// The number.
    pub identifier: Option<String>,
    /// Its kind: a code of ISO 20022 such as `TXID`, a bank's own name of it, or `BIC`.
    pub scheme: Option<String>,
    /// Who issued it.
    pub issuer: Option<String>,
}

/// How to reach a party.
#[derive(Debug, Clone, Default, PartialEq, Eq, model::Boundary)]
#[non_exhaustive]
pub struct ContactDetails {
    /// The name of the person.
    pub name: Option<String>,
    /// The telephone number, such as `+358-401234567`.
    pub telephone: Option<String>,
    /// The number of the mobile telephone.
    pub mobile: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
}

/// A postal address: structured, as lines, or both.
#[derive(Debug, Clone, Default, PartialEq, Eq, model::Boundary)]
#[non_exhaustive]
pub struct Address {
    /// Department.
    pub department: Option<String>,
    /// Part of the department.
    pub sub_department: Option<String>,
    /// Street.
    pub street: Option<String>,
    /// Number of the building in its street.
    pub building_number: Option<String>,
    /// Name of the building.
    pub building_name: Option<String>,
    /// Floor.
    pub floor: Option<String>,
    /// Unit or flat.
    pub unit: Option<String>,
    /// Post box.
    pub post_box: Option<String>,
    /// Room.
    pub room: Option<String>,
    /// The person or organisation in whose care a letter is sent.
    pub care_of: Option<String>,
    /// Post code.
    pub post_code: Option<String>,
    /// Town.
    pub town: Option<String>,
    /// Part of the town.
    pub town_location: Option<String>,
    /// District.
    pub district: Option<String>,
    /// Part of the country, such as a state.
    pub country_sub_division: Option<String>,
    /// The country's ISO 3166 code, such as `FI`.
    pub country: Option<String>,
    /// Lines without structure, in order.
    pub lines: Vec<String>,
}

impl Party {
    /// Reads the elements `Dbtr`, `DbtrAcct` and `DbtrAgt`, or their equivalents; `None` if all are missing.
    pub(crate) fn read(
        party: Option<XmlElement<'_>>,
        account: Option<XmlElement<'_>>,
        agent: Option<XmlElement<'_>>,
    ) -> Option<Self> {
        if party.is_none() && account.is_none() && agent.is_none() {
            return None;
        }
        let mut read = Self::default();
        if let Some(bank) = agent {
            read.bank(bank);
        }
        // Version 7 of the statements puts the party into a choice of party and bank.
        if let Some(party) = party {
            match party.child("Agt") {
                Some(bank) => read.as_bank(bank),
                None => read.party(party.child("Pty").unwrap_or(party)),
            }
        }
        if let Some(account) = account {
            read.iban = account.value("Id/IBAN").map(crate::iban::compact);
            read.account = owned(account.value("Id/Othr/Id"));
            read.account_scheme = owned(account.first(&["Id/Othr/SchmeNm/Cd", "Id/Othr/SchmeNm/Prtry"]));
            read.account_type = Code::read(account.child("Tp"), meaning::account_type).map(Box::new);
            read.account_name = owned(account.value("Nm"));
            read.proxy = owned(account.value("Prxy/Id"));
            read.account_currency = owned(account.value("Ccy"));
            read.name = read.name.or_else(|| read.account_name.clone());
        }
        (read != Self::default()).then_some(read)
    }

    fn party(&mut self, party: XmlElement<'_>) {
        self.name = owned(party.value("Nm"));
        self.residence = owned(party.value("CtryOfRes"));
        self.address = party.child("PstlAdr").map(|address| Box::new(Address::read(address)));
        self.contact = party.child("CtctDtls").and_then(ContactDetails::read).map(Box::new);
        let Some(id) = party.child("Id").and_then(|id| id.child("OrgId").or_else(|| id.child("PrvtId"))) else {
            return;
        };
        self.lei = owned(id.value("LEI"));
        let bic = owned(id.first(&["AnyBIC", "BICOrBEI"]));
        let mut numbers = id.all("Othr").map(PartyIdentifier::read);
        // The first is the one that most programs want.
        let Some(first) = numbers.next() else {
            self.identifier = self.lei.clone().or(bic);
            return;
        };
        (self.identifier, self.identifier_scheme) = (first.identifier, first.scheme);
        self.identifier_issuer = first.issuer;
        let as_number = |bic| PartyIdentifier { identifier: Some(bic), scheme: Some("BIC".to_owned()), issuer: None };
        self.other_identifiers = numbers.chain(bic.map(as_number)).collect();
    }

    /// A bank in the place of a party.
    fn as_bank(&mut self, agent: XmlElement<'_>) {
        self.name = owned(agent.value("FinInstnId/Nm"));
        // The known bank of the account stays.
        if self.bic.is_none() {
            self.bic = owned(agent.first(&["FinInstnId/BICFI", "FinInstnId/BIC"]));
        }
        if self.bank.is_none() {
            self.bank = BankDetails::read(agent).map(Box::new);
        }
    }

    fn bank(&mut self, agent: XmlElement<'_>) {
        let text = |path: &str| owned(agent.value(path));
        self.bic = owned(agent.first(&["FinInstnId/BICFI", "FinInstnId/BIC"]));
        self.bank_name = text("FinInstnId/Nm");
        self.bank = BankDetails::read(agent).map(Box::new);
    }

    /// Whether the account's bank is named; a placeholder names none.
    pub(crate) fn names_bank(&self) -> bool {
        let details = |bank: &BankDetails| {
            bank.clearing_number.is_some()
                || bank.lei.is_some()
                || bank.identifier.as_deref().is_some_and(|number| !super::values::placeholder(number))
        };
        self.bic.is_some() || self.bank_name.is_some() || self.bank.as_deref().is_some_and(details)
    }

    /// Whether this is the account with this number, an IBAN or another.
    pub(crate) fn has_account(&self, number: &str) -> bool {
        self.iban.as_deref().or(self.account.as_deref()) == Some(number)
    }
}

impl BankDetails {
    fn read(agent: XmlElement<'_>) -> Option<Self> {
        let text = |path: &str| owned(agent.value(path));
        let clearing = ["FinInstnId/ClrSysMmbId/ClrSysId/Cd", "FinInstnId/ClrSysMmbId/ClrSysId/Prtry"];
        let read = Self {
            clearing_number: text("FinInstnId/ClrSysMmbId/MmbId"),
            clearing_system: owned(agent.first(&clearing)),
            lei: text("FinInstnId/LEI"),
            identifier: text("FinInstnId/Othr/Id"),
            identifier_scheme: owned(agent.first(&["FinInstnId/Othr/SchmeNm/Cd", "FinInstnId/Othr/SchmeNm/Prtry"])),
            branch: text("BrnchId/Id"),
            branch_name: text("BrnchId/Nm"),
            address: agent.find("FinInstnId/PstlAdr").map(|address| Box::new(Address::read(address))),
        };
        (read != Self::default()).then_some(read)
    }
}

impl PartyIdentifier {
    fn read(other: XmlElement<'_>) -> Self {
        Self {
            identifier: owned(other.value("Id")),
            scheme: owned(other.first(&["SchmeNm/Cd", "SchmeNm/Prtry"])),
            issuer: owned(other.value("Issr")),
        }
    }
}

impl ContactDetails {
    fn read(contact: XmlElement<'_>) -> Option<Self> {
        let text = |path: &str| owned(contact.value(path));
        let read = Self { name: text("Nm"), telephone: text("PhneNb"), mobile: text("MobNb"), email: text("EmailAdr") };
        (read != Self::default()).then_some(read)
    }
}

impl Address {
    fn read(element: XmlElement<'_>) -> Self {
        let text = |name: &str| owned(element.value(name));
        Self {
            department: text("Dept"),
            sub_department: text("SubDept"),
            street: text("StrtNm"),
            building_number: text("BldgNb"),
            building_name: text("BldgNm"),
            floor: text("Flr"),
            unit: text("UnitNb"),
            post_box: text("PstBx"),
            room: text("Room"),
            care_of: text("CareOf"),
            post_code: text("PstCd"),
            town: text("TwnNm"),
            town_location: text("TwnLctnNm"),
            district: text("DstrctNm"),
            country_sub_division: text("CtrySubDvsn"),
            country: text("Ctry"),
            lines: element.all("AdrLine").map(|line| line.text().to_owned()).collect(),
        }
    }
}

/// A party shared by an entry and its detail; it is read like the party itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedParty(Arc<Party>);

impl SharedParty {
    pub(crate) fn read(
        party: Option<XmlElement<'_>>,
        account: Option<XmlElement<'_>>,
        agent: Option<XmlElement<'_>>,
    ) -> Option<Self> {
        Party::read(party, account, agent).map(|party| Self(Arc::new(party)))
    }
}

impl From<Party> for SharedParty {
    fn from(party: Party) -> Self {
        Self(Arc::new(party))
    }
}

impl Deref for SharedParty {
    type Target = Party;

    fn deref(&self) -> &Party {
        &self.0
    }
}

bankchannel_foundation::field_of_itself!(SharedParty);

impl bankchannel_foundation::model::IntoField<SharedParty> for Party {
    fn into_field(self, writer: &mut Writer) -> Value<'static> {
        self.write(writer)
    }
}

impl Boundary for SharedParty {
    const SHAPE: &'static Shape = Party::SHAPE;

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        <Party as Boundary>::read(value, reader).map(|party| Self(Arc::new(party)))
    }

    fn write(self, writer: &mut Writer) -> Value<'static> {
        Boundary::write(Arc::unwrap_or_clone(self.0), writer)
    }
}

/// Rarely used values are boxed.
macro_rules! boxed {
    ($($ty:ty),+) => {$(
        impl bankchannel_foundation::model::IntoField<Box<$ty>> for $ty {
            fn into_field(
                self,
                writer: &mut bankchannel_foundation::model::Writer,
            ) -> bankchannel_foundation::model::Value<'static> {
                bankchannel_foundation::model::Boundary::write(self, writer)
            }
        }

        bankchannel_foundation::into_field!(Box<$ty>);

        impl bankchannel_foundation::model::Boundary for Box<$ty> {
            const SHAPE: &'static bankchannel_foundation::model::Shape =
                <$ty as bankchannel_foundation::model::Boundary>::SHAPE;

            fn read(
                value: bankchannel_foundation::model::Value<'_>,
                reader: &mut bankchannel_foundation::model::Reader<'_>,
            ) -> Result<Self, bankchannel_foundation::Error> {
                <$ty as bankchannel_foundation::model::Boundary>::read(value, reader).map(Box::new)
            }

            fn write(
                self,
                writer: &mut bankchannel_foundation::model::Writer,
            ) -> bankchannel_foundation::model::Value<'static> {
                bankchannel_foundation::model::Boundary::write(*self, writer)
            }
        }
    )+};
}

boxed!(Address, BankDetails, ContactDetails, Party);
pub(crate) use boxed;

/// An owned copy of a text.
pub(crate) fn owned(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}
