//! `ListAccounts` (docs/protocols/ws-channel.md §2.24).

use bankchannel_storage::ws_channel::{AccountListing, ModeState};
use bankchannel_ws_channel::{
    model::{AccountDescriptor, AccountType, Email, ExportPolicy, LinkedTo, Registration},
    operations::integrator::list_accounts::{ListAccountsRequest, ListAccountsResponse},
};

use crate::{
    HandlerFault, ServiceCall, WsChannelService,
    certs::{OK, material},
};

pub(crate) async fn handle(
    service: &WsChannelService,
    call: &ServiceCall,
    _request: ListAccountsRequest,
) -> Result<ListAccountsResponse, HandlerFault> {
    let listings = service.store.list_accounts(&call.caller()?.api_key).await?;
    let accounts = listings.into_iter().map(descriptor).collect::<Result<_, _>>()?;
    Ok(ListAccountsResponse::new(accounts, OK.into()))
}

fn descriptor(listing: AccountListing) -> Result<AccountDescriptor, HandlerFault> {
    let account = listing.account;
    let email = |text: &str| Email::new(text).map_err(HandlerFault::internal);
    let retired: Vec<_> = listing.retired.iter().map(material::retired).collect();
    let mut described = AccountDescriptor::new(
        email(&account.email)?,
        account.name,
        account.phone,
        if account.export_allowed { ExportPolicy::Allowed } else { ExportPolicy::Disabled },
        listing.certs.iter().map(material::descriptors).collect::<Result<Vec<_>, _>>()?.concat(),
        LinkedTo(account.linked_to.as_deref().map(email).transpose()?),
    );
    described.admin_mode = Some(registration(listing.admin));
    described.data_mode = Some(registration(listing.data));
    described.account_type = Some(if account.is_owner { AccountType::Integrator } else { AccountType::Customer });
    described.retired = Some(retired).filter(|list| !list.is_empty());
    Ok(described)
}

fn registration(state: ModeState) -> Registration {
    if state.registered { Registration::Registered } else { Registration::Unregistered }
}
