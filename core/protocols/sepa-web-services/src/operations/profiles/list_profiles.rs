//! Shows how the channels of the banks are used.

use bankchannel_foundation::prelude::*;

use crate::{
    errors, operations,
    profile::{self, ChannelProfile},
};

/// Which profiles to show.
#[derive(Debug, Clone, Default, Boundary)]
#[non_exhaustive]
pub struct ListProfilesRequest {
    /// The name of one profile, such as `nordea`. Default: all.
    pub bank: Option<String>,
    /// A profile of your own: shown with the one that it extends.
    pub profile: Option<ChannelProfile>,
}

/// The profiles.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct ListProfilesResponse {
    /// The profiles, in the order of the library.
    pub profiles: Vec<ChannelProfile>,
}

/// List the profiles of banks.
///
/// A profile is a bank as data: its addresses, ids, compression, limits, file types, the names of its signers, and the
/// authorities that are trusted. A bank without a profile here needs one of your own, which may extend a shipped one.
#[derive(Debug, Operation)]
#[operation(ListProfilesRequest => ListProfilesResponse)]
#[declaration(commands: COMMANDS, ..operations::local("sepa_web_services.list_profiles", "profiles"))]
#[errors(errors::UNKNOWN_PROFILE)]
pub struct ListProfiles;

const EXAMPLES: &str = "Examples:\n  bankchannel sepa profiles\n  bankchannel sepa profiles op\n  bankchannel sepa profiles nordea --json > my-bank.json   as a model for a profile of your own";

const COMMANDS: &[Command] = &[Command::named("profiles").with_examples(EXAMPLES).with_form(&CommandForm {
    fields: &[CommandField {
        argument: Some(false),
        ..CommandField::argument("bank", "NAME", CommandInput::Value, "The profile, such as nordea")
    }],
    ..CommandForm::new("Show the profiles of banks, or one of them whole")
})];

impl Local for ListProfiles {
    fn run(asked: ListProfilesRequest, _with: LocalContext<'_>) -> Result<ListProfilesResponse, Error> {
        let profiles = match (asked.bank, asked.profile) {
            (Some(_), Some(_)) => return Err(Error::invalid_field("profile", "cannot be given together with bank")),
            (Some(name), None) => vec![profile::named(&name)?.clone()],
            (None, Some(own)) => vec![own.resolved()?],
            (None, None) => profile::names().map(|name| profile::named(name).cloned()).collect::<Result<_, _>>()?,
        };
        Ok(ListProfilesResponse { profiles })
    }
}
