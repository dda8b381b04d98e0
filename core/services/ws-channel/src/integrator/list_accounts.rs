//! `ListAccounts` (docs/protocols/ws-channel.md §2.24).

use bankchannel_storage::ws_channel::{AccountListing, ModeState};
use bankchannel_ws_channel::{
    model::{AccountDescriptor, AccountDescriptorFields, AccountType, Email, ExportPolicy, LinkedTo, Registration},
    operations::integrator::list_accounts::{ListAccountsRequest, ListAccountsResponse, ListAccountsResponseFields},
};

use crate::{
    certs::{OK, material},
    fault::HandlerFault,
    service::{ServiceCall, WsChannelService},
};

pub(crate) async fn handle(
    service: &WsChannelService,
    call: &ServiceCall,
    _request: ListAccountsRequest,
) -> Result<ListAccountsResponse, HandlerFault> {
    let listings = service.store.list_accounts(&call.caller()?.api_key).await?;
    let accounts = listings.into_iter().map(descriptor).collect::<Result<_, _>>()?;
    Ok(ListAccountsResponse::from(ListAccountsResponseFields { accounts, response_text: OK.into() }))
}

fn descriptor(listing: AccountListing) -> Result<AccountDescriptor, HandlerFault> {
    let account = listing.account;
    let email = |text: &str| Email::new(text).map_err(HandlerFault::internal);
    let retired: Vec<_> = listing.retired.iter().map(material::retired).collect();
    Ok(AccountDescriptor::from(AccountDescriptorFields {
        email: email(&account.email)?,
        name: account.name,
        phone: account.phone,
        export: if account.export_allowed { ExportPolicy::Allowed } else { ExportPolicy::Disabled },
        certs: listing.certs.iter().map(material::descriptors).collect::<Result<Vec<_>, _>>()?.concat(),
        admin_mode: Some(registration(listing.admin)),
        data_mode: Some(registration(listing.data)),
        account_type: Some(if account.is_owner { AccountType::Integrator } else { AccountType::Customer }),
        linked_to: LinkedTo(account.linked_to.as_deref().map(email).transpose()?),
        retired: Some(retired).filter(|list| !list.is_empty()),
    }))
}

fn registration(state: ModeState) -> Registration {
    if state.registered { Registration::Registered } else { Registration::Unregistered }
}
