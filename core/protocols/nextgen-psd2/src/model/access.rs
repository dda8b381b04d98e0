//! The access that a consent gives (§4.1).

use bankchannel_foundation::{
    Error,
    model::{Boundary, Representation},
};

/// All accounts of a customer.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[boundary(open)]
pub enum AccountSelection {
    /// All accounts.
    #[boundary(wire = "allAccounts")]
    AllAccounts,
    /// All accounts, with their owners' names.
    #[boundary(wire = "allAccountsWithOwnerName")]
    AllAccountsWithOwnerName,
    /// A value that this version does not know, as the bank writes it.
    Other(String),
}

/// An account, identified by exactly one identifier.
#[derive(Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct AccountReference {
    /// The IBAN.
    #[boundary(wire = "iban")]
    pub iban: Option<String>,
    /// The account number within the country.
    #[boundary(wire = "bban")]
    pub bban: Option<String>,
    /// A card number.
    #[boundary(wire = "pan")]
    pub pan: Option<String>,
    /// A card number, mostly masked.
    #[boundary(wire = "maskedPan")]
    pub masked_pan: Option<String>,
    /// A telephone number.
    #[boundary(wire = "msisdn")]
    pub msisdn: Option<String>,
    /// Another identifier.
    #[boundary(wire = "other")]
    pub other: Option<String>,
    /// The currency, three letters of ISO 4217, if the account has several.
    #[boundary(wire = "currency")]
    pub currency: Option<String>,
    /// The account type, a code of ISO 20022.
    #[boundary(wire = "cashAccountType")]
    pub cash_account_type: Option<String>,
}

impl AccountReference {
    fn identifiers(&self) -> usize {
        [&self.iban, &self.bban, &self.pan, &self.masked_pan, &self.msisdn, &self.other].into_iter().flatten().count()
    }
}

bankchannel_foundation::redacted_debug!(AccountReference);

/// Additional readable information.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct AdditionalInformation {
    /// Accounts whose owner's name may be read.
    #[boundary(wire = "ownerName")]
    pub owner_name: Option<Vec<AccountReference>>,
    /// Accounts whose trusted beneficiaries may be read.
    #[boundary(wire = "trustedBeneficiaries")]
    pub trusted_beneficiaries: Option<Vec<AccountReference>>,
}

/// The requested access. An empty list differs from an absent one: with an empty list the customer chooses the accounts
/// at the bank.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct ConsentAccess {
    /// Accounts whose details may be read.
    #[boundary(wire = "accounts")]
    pub accounts: Option<Vec<AccountReference>>,
    /// Accounts whose balances may be read.
    #[boundary(wire = "balances")]
    pub balances: Option<Vec<AccountReference>>,
    /// Accounts whose transactions may be read.
    #[boundary(wire = "transactions")]
    pub transactions: Option<Vec<AccountReference>>,
    /// Additional information about these accounts; only together with one of the three lists.
    #[boundary(wire = "additionalInformation")]
    pub additional_information: Option<AdditionalInformation>,
    /// The list of all accounts.
    #[boundary(wire = "availableAccounts")]
    pub available_accounts: Option<AccountSelection>,
    /// The list of all accounts with their balances.
    #[boundary(wire = "availableAccountsWithBalance", alias = "availableAccountsWithBalances")]
    pub available_accounts_with_balance: Option<AccountSelection>,
    /// Everything of all accounts.
    #[boundary(wire = "allPsd2")]
    pub all_psd2: Option<AccountSelection>,
    /// The account types to which the access is restricted, codes of ISO 20022.
    #[boundary(wire = "restrictedTo")]
    pub restricted_to: Option<Vec<String>>,
}

impl ConsentAccess {
    /// Checks the members together (§4.1); errors use this representation's field names.
    ///
    /// # Errors
    /// `input.invalid_field`, or `input.missing_field` if no access is requested.
    pub fn check(&self, representation: Representation) -> Result<(), Error> {
        let name = |own: &'static str, wire: &'static str| match representation {
            Representation::Boundary => format!("access.{own}"),
            Representation::Wire => format!("access.{wire}"),
        };
        let lists: Vec<(&str, &Vec<AccountReference>)> =
            [("accounts", &self.accounts), ("balances", &self.balances), ("transactions", &self.transactions)]
                .into_iter()
                .filter_map(|(name, list)| list.as_ref().map(|list| (name, list)))
                .collect();
        let selections = [
            (name("available_accounts", "availableAccounts"), &self.available_accounts),
            (
                name("available_accounts_with_balance", "availableAccountsWithBalance"),
                &self.available_accounts_with_balance,
            ),
            (name("all_psd2", "allPsd2"), &self.all_psd2),
        ];
        let more = &self.additional_information;
        if lists.is_empty() && more.is_none() && selections.iter().all(|(_, selection)| selection.is_none()) {
            return Err(Error::missing_field("access", "access requests nothing: give at least one member"));
        }
        for (list, references) in &lists {
            one_identifier_each(&name(list, list), references)?;
        }
        if let Some((list, _)) = lists.iter().find(|(_, references)| references.is_empty())
            && let Some((full, _)) = lists.iter().find(|(_, references)| !references.is_empty())
        {
            return Err(Error::invalid_field(
                &name(full, full),
                format!("must be empty too, because {list} is: the customer chooses all accounts at the bank, or none"),
            ));
        }
        if let Some(more) = more {
            let place = name("additional_information", "additionalInformation");
            if lists.is_empty() {
                return Err(Error::invalid_field(
                    &place,
                    "must be given together with accounts, balances or transactions",
                ));
            }
            let (owner, trusted) = match representation {
                Representation::Boundary => ("owner_name", "trusted_beneficiaries"),
                Representation::Wire => ("ownerName", "trustedBeneficiaries"),
            };
            one_identifier_each(&format!("{place}.{owner}"), more.owner_name.as_deref().unwrap_or_default())?;
            let beneficiaries = more.trusted_beneficiaries.as_deref().unwrap_or_default();
            one_identifier_each(&format!("{place}.{trusted}"), beneficiaries)?;
        }
        for (place, selection) in selections.iter().filter_map(|(place, found)| found.as_ref().map(|it| (place, it))) {
            if let AccountSelection::Other(_) = selection {
                return Err(Error::invalid_field(place, "must be all accounts, with or without their owners' names"));
            }
            if let Some((list, _)) = lists.iter().find(|(_, references)| !references.is_empty()) {
                return Err(Error::invalid_field(place, format!("cannot be given together with accounts in {list}")));
            }
        }
        Ok(())
    }
}

fn one_identifier_each(list: &str, references: &[AccountReference]) -> Result<(), Error> {
    match references.iter().position(|reference| reference.identifiers() != 1) {
        Some(at) => Err(Error::invalid_field(
            &format!("{list}[{at}]"),
            "must name the account by exactly one of iban, bban, pan, masked PAN, msisdn and other",
        )),
        None => Ok(()),
    }
}
