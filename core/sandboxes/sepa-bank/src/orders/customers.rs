//! Orders about customers.

use bankchannel_foundation::{
    Error, Result,
    model::{Boundary, Timestamp},
    operation::HostedForm,
};
use bankchannel_server::server_orders;

use super::known_family;
use crate::{
    certificate_service::codes::SentCode,
    service::SandboxSepaBank,
    state::{CustomerStanding, SandboxChange, SandboxCustomer},
};

server_orders! {
    /// Orders about customers.
    pub static CUSTOMER_ORDERS: SandboxSepaBank, "sepa-bank";

    /// Add customers, or replace them.
    ///
    /// The answer has the files of each one's pair. One customer may stand for the list.
    AddCustomers("sepa_bank.customers", HostedForm { whole_request: Some("customers"), ..HostedForm::at("customers") }):
        NewBankCustomers => AddedBankCustomers, blocking SandboxSepaBank::add_customers;

    /// Send a customer a new code for a first certificate.
    ///
    /// Locks are lifted.
    SendCode("sepa_bank.code", HostedForm::at("code")): CodeReceiver => CodeSent, blocking SandboxSepaBank::send_code;
}

/// Customers to add.
#[derive(Boundary)]
#[non_exhaustive]
pub struct NewBankCustomers {
    /// The customers.
    pub customers: Vec<NewCustomer>,
}

/// A customer of one family.
#[derive(Boundary)]
#[non_exhaustive]
pub struct NewCustomer {
    /// The bank's family.
    pub family: String,
    /// The customer id: 1 to 16 letters and digits.
    pub customer_id: String,
    /// The company, the subject of its certificates.
    pub company: String,
    /// The target id of its files.
    pub target_id: Option<String>,
    /// Whether it can be used. Default: `active`.
    pub standing: Option<CustomerStanding>,
    /// Whether its contract can be used. Default: `active`.
    pub contract: Option<CustomerStanding>,
    /// Other customers that may send for it.
    pub senders: Option<Vec<String>>,
}

/// Customers that were added.
#[derive(Boundary)]
#[non_exhaustive]
pub struct AddedBankCustomers {
    /// The customers, in the order of the request.
    pub customers: Vec<AddedCustomer>,
}

/// A customer that was added, with the files of its pair.
#[derive(Boundary)]
#[non_exhaustive]
pub struct AddedCustomer {
    /// The bank's family.
    pub family: String,
    /// The customer id.
    pub customer_id: String,
    /// Its certificate, a PEM file.
    pub certificate_file: String,
    /// The private key, a PEM file.
    pub key_file: String,
    /// The certificate of its key that decrypts, a PEM file; absent if the family encrypts nothing.
    pub encryption_certificate_file: Option<String>,
    /// That key, a PEM file.
    pub encryption_key_file: Option<String>,
}

/// Who gets a code.
#[derive(Boundary)]
#[non_exhaustive]
pub struct CodeReceiver {
    /// The bank's family.
    pub family: String,
    /// The customer.
    pub customer_id: String,
}

/// A code that was sent.
#[derive(Boundary)]
#[non_exhaustive]
pub struct CodeSent {
    /// The code.
    pub code: String,
    /// How long it is valid.
    pub until: Timestamp,
}

impl SandboxSepaBank {
    fn add_customers(&self, new: NewBankCustomers) -> Result<AddedBankCustomers> {
        let added = new.customers.into_iter().map(|customer| self.add_customer(customer)).collect::<Result<_>>()?;
        Ok(AddedBankCustomers { customers: added })
    }

    fn add_customer(&self, new: NewCustomer) -> Result<AddedCustomer> {
        let dialect = known_family(&new.family)?;
        let fits = |text: &str| (1..=16).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !fits(&new.customer_id) {
            return Err(Error::invalid_field("customer_id", "must have 1 to 16 letters and digits"));
        }
        let pair = self.certificates_of(dialect).customer(&new.customer_id, &new.company)?;
        let added = AddedCustomer {
            family: new.family.clone(),
            customer_id: new.customer_id.clone(),
            certificate_file: pair.signing.certificate.display().to_string(),
            key_file: pair.signing.key.display().to_string(),
            encryption_certificate_file: pair.encryption.as_ref().map(|pair| pair.certificate.display().to_string()),
            encryption_key_file: pair.encryption.as_ref().map(|pair| pair.key.display().to_string()),
        };
        let customer = SandboxCustomer {
            family: new.family,
            customer_id: new.customer_id,
            company: new.company,
            target_id: new.target_id,
            standing: new.standing.unwrap_or_default(),
            contract: new.contract.unwrap_or_default(),
            senders: new.senders.unwrap_or_default(),
        };
        self.state.change::<(), Error>(|_| Ok(((), vec![SandboxChange::Customer(customer)])))?;
        Ok(added)
    }

    fn send_code(&self, to: CodeReceiver) -> Result<CodeSent> {
        let dialect = known_family(&to.family)?;
        let now_ms = self.scenario_ms();
        let sent = self.state.change(|state| {
            let Some(customer) = state.customer(&to.family, &to.customer_id) else {
                return Err(Error::invalid_field("customer_id", "is no customer of this family"));
            };
            let key = customer.key();
            let number = state.code(&key).map_or(0, |earlier| earlier.number + 1);
            let sent = SentCode::new(dialect.family, &key, number, now_ms);
            Ok((sent.clone(), vec![SandboxChange::Code(sent)]))
        })?;
        Ok(CodeSent { code: sent.code, until: Timestamp::from_ms(sent.until_ms) })
    }
}
