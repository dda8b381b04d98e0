//! `ListCerts` (docs/protocols/ws-channel.md §2.13).

use bankchannel_storage::ws_channel::CertSet;
use bankchannel_ws_channel::{
    model::{Access, BankConnection, Email},
    operations::certs::list_certs::{ListCertsRequest, ListCertsResponse},
};

use super::{OK, material, share_certs::addresses};
use crate::{HandlerFault, ServiceCall, WsChannelService, config::Sharing};

pub(crate) async fn handle(
    service: &WsChannelService,
    call: &ServiceCall,
    _request: ListCertsRequest,
) -> Result<ListCertsResponse, HandlerFault> {
    let session = call.caller()?;
    let own = service.store.cert_sets(&session.email).await?;
    let retired = service.store.retired_certs(&session.email).await?;
    let lender = session.account.as_ref().and_then(|account| account.linked_to.as_deref());
    let lent = match lender {
        Some(lender) => service.store.cert_sets(lender).await?,
        None => Vec::new(),
    };
    let certs = own.iter().map(material::descriptors).collect::<Result<Vec<_>, _>>()?.concat();
    let mut connections = Vec::new();
    for set in own.iter().filter(|set| set.signing.is_some()) {
        connections.push(connection(set, Access::Direct, None)?);
    }
    for set in lent.iter().filter(|set| set.is_usable(call.now_ms)) {
        // The account's own certificate takes precedence, even an expired one (§6.5).
        if !own.iter().any(|own| own.bank == set.bank && own.signing.is_some()) {
            connections.push(connection(set, Access::Shared, lender)?);
        }
    }
    connections.sort_by(|a, b| a.bank.cmp(&b.bank));
    let offered_from = match service.config().sharing {
        Sharing::Accepted => addresses(service, service.store.links(&session.email).await?)?.offered_from,
        Sharing::Owner | Sharing::Any => None,
    };
    let retired: Vec<_> = retired.iter().map(material::retired).collect();
    let mut made = ListCertsResponse::new(certs, OK.into());
    made.connections = Some(connections);
    made.retired = Some(retired).filter(|list| !list.is_empty());
    made.offered_from = offered_from;
    Ok(made)
}

fn connection(set: &CertSet, access: Access, lender: Option<&str>) -> Result<BankConnection, HandlerFault> {
    let certificates = material::connection_certificates(set)?;
    let lender = lender.map(Email::new).transpose().map_err(HandlerFault::internal)?;
    let mut made = BankConnection::new(set.bank.clone(), access, certificates);
    made.lender = lender;
    Ok(made)
}
