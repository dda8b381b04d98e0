//! Shows the known facts of each bank.

use bankchannel_banks::{BankChannelId, BankSource, KnownBank, all, find, meant};
use bankchannel_foundation::prelude::*;

use crate::{operations, rules::ProfileOptions};

/// Which banks to show.
#[derive(Debug, Clone, Default, Boundary)]
#[non_exhaustive]
pub struct ListBanksRequest {
    /// The name of one bank, such as `nordea`, another name of it, its id on a shared channel, or its BIC. Default: all.
    pub bank: Option<String>,
}

/// The banks.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct ListBanksResponse {
    /// The banks, in the order of the library.
    pub banks: Vec<BankDescription>,
}

/// The known facts of a bank. Fields that are left out are not known, or as at most banks.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct BankDescription {
    /// The name, such as `nordea`.
    pub name: String,
    /// The name for people; left out for a set of rules that is no bank.
    pub bank: Option<String>,
    /// Further names that it is found by.
    pub other_names: Option<Vec<String>>,
    /// Its BICs, of 8 characters.
    pub bics: Option<Vec<String>>,
    /// Its ids on channels that many banks share, such as the WS Channel.
    pub channel_ids: Option<Vec<BankChannelId>>,
    /// Whether it gives certificates over the WS Channel; left out if it does.
    pub enrols: Option<bool>,
    /// Whether a customer has a pair of keys for encryption beside the one for signatures.
    pub needs_encryption_pair: Option<bool>,
    /// Whether only test environments have it.
    pub is_test_only: Option<bool>,
    /// The form of its messages of SEPA Web Services, if it is reached there: `sepa_web_services.list_profiles` has the rest.
    pub family: Option<String>,
    /// Its types of files by kind.
    pub file_types: Option<Vec<FileTypesOfKind>>,
    /// How it deviates from the common rules of payments.
    pub payments: Option<ProfileOptions>,
    /// From so many days before its end on a certificate is renewed.
    pub renew_before_days: Option<u32>,
    /// Why that many.
    pub renew_reason: Option<String>,
    /// Whether a certificate is of no use once the next one was issued.
    pub supersedes_at_once: Option<bool>,
    /// Where this comes from, and since when it is known.
    pub sources: Vec<BankSource>,
}

/// The bank's names for a kind of file.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct FileTypesOfKind {
    /// The kind: `payment`, `status_report`, `statement`, `notification`, `report`.
    pub kind: String,
    /// The file types, such as `NDCORPAYS`.
    pub codes: Vec<String>,
}

/// List the banks that are known.
///
/// Shows of each bank its names and BICs, how it is reached, its file types, when its certificates are renewed and why, and
/// how it deviates from the common rules of payments, with the source of each and the day on which it was recorded. A bank
/// that is not here needs a file of your own: the setting `profile_file` of SEPA Web Services takes it, and
/// `check_payment` and `make_payment` do.
#[derive(Debug, Operation)]
#[operation(ListBanksRequest => ListBanksResponse)]
#[declaration(takes_time: false, ..operations::local("iso20022.list_banks", "banks"))]
pub struct ListBanks;

impl Local for ListBanks {
    fn run(asked: ListBanksRequest, _with: LocalContext<'_>) -> Result<ListBanksResponse, Error> {
        let banks = match asked.bank.as_deref() {
            Some(name) => std::slice::from_ref(find(name).ok_or_else(|| unknown(name))?),
            None => all(),
        };
        Ok(ListBanksResponse { banks: banks.iter().map(KnownBank::read).collect::<Result<_, _>>()? })
    }
}

fn unknown(name: &str) -> Error {
    let names: Vec<&str> = all().iter().map(KnownBank::name).collect();
    let text = format!("is no bank that is known{}; there are {}", meant(name), names.join(", "));
    Error::invalid_field("bank", text)
}
