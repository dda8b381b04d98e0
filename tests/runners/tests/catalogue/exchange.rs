//! Every exchange of every protocol, behind one trait: generated from the lists of protocols and of their operations.

use std::{any::Any, marker::PhantomData};

use bankchannel_foundation::{
    Error,
    message::{InRequest, InResponse, OutRequest, OutResponse},
    operation::{CatalogueEntry, Codec, Exchange, OperationKind, Route},
};
use bytes::Bytes;
use serde_json::Value;

use crate::messages::{boundary_form, read};

/// A request or response in its boundary form, with its content.
pub(crate) type Exchanged = (Value, Option<Bytes>);

/// An exchange with erased types: its four functions take and return the boundary form.
pub(crate) trait AnyExchange: Sync {
    fn entry(&self) -> CatalogueEntry;
    fn encode_request(&self, request: Value, with: &dyn Any) -> Result<OutRequest, Error>;
    fn decode_request(&self, message: InRequest<'_>) -> Result<Exchanged, Error>;
    fn encode_response(&self, response: Value) -> OutResponse;
    fn decode_response(&self, message: InResponse) -> Result<Exchanged, Error>;
    /// The message that a server would write from the client's typed response.
    fn encode_again(&self, message: InResponse) -> Result<OutResponse, Error>;
    /// The boundary form after reading.
    fn told_request(&self, request: Value) -> Exchanged;
    fn told_response(&self, response: Value) -> Exchanged;

    fn name(&self) -> &'static str {
        self.entry().declaration.name
    }

    fn route(&self) -> &'static Route {
        self.entry().declaration.route.as_ref().unwrap()
    }
}

struct Of<O>(PhantomData<fn() -> O>);

impl<O: Exchange> AnyExchange for Of<O>
where
    <O::Codec as Codec>::Credentials: 'static,
{
    fn entry(&self) -> CatalogueEntry {
        CatalogueEntry::for_operation::<O>()
    }

    fn encode_request(&self, request: Value, with: &dyn Any) -> Result<OutRequest, Error> {
        let with = with.downcast_ref().unwrap_or_else(|| panic!("other credentials than {}'s", O::DECLARATION.name));
        O::encode_request(read(request), with)
    }

    fn decode_request(&self, message: InRequest<'_>) -> Result<Exchanged, Error> {
        O::decode_request(message).map(boundary_form)
    }

    fn encode_response(&self, response: Value) -> OutResponse {
        O::encode_response(read(response))
    }

    fn decode_response(&self, message: InResponse) -> Result<Exchanged, Error> {
        O::decode_response(message).map(boundary_form)
    }

    fn encode_again(&self, message: InResponse) -> Result<OutResponse, Error> {
        O::decode_response(message).map(O::encode_response)
    }

    fn told_request(&self, request: Value) -> Exchanged {
        boundary_form(read::<O::Request>(request))
    }

    fn told_response(&self, response: Value) -> Exchanged {
        boundary_form(read::<O::Response>(response))
    }
}

macro_rules! exchanges {
    ($($kind:ident $subject:ident::$file:ident::$name:ident;)+) => {
        pub(super) static EXCHANGES: &[Option<&dyn AnyExchange>] = &[$(exchanges!(@$kind operations::$subject::$file::$name)),+];
    };
    (@exchange $operation:path) => { Some(&Of::<$operation>(PhantomData)) };
    (@local $operation:path) => { None };
}

macro_rules! protocols {
    ($($feature:tt $module:ident;)+) => {
        $(protocols!(@exchanges $feature $module);)+

        static LISTS: &[&[Option<&dyn AnyExchange>]] = &[$(protocols!(@list $feature $module)),+];
    };
    // A protocol that exists only in the testing build.
    (@exchanges "testing" $module:ident) => { #[cfg(feature = "testing")] protocols!(@exchanges "" $module); };
    (@list "testing" $module:ident) => {{
        #[cfg(feature = "testing")]
        {
            $module::EXCHANGES
        }
        #[cfg(not(feature = "testing"))]
        {
            &[]
        }
    }};
    (@exchanges $feature:tt $module:ident) => {
        mod $module {
            #[allow(unused_imports)]
            use std::marker::PhantomData;

            // A module of functions has no exchange.
            #[allow(unused_imports)]
            use bankchannel::$module::operations;

            #[allow(unused_imports)]
            use super::{AnyExchange, Of};

            bankchannel::$module::for_each_operation!(exchanges);
        }
    };
    (@list $feature:tt $module:ident) => { $module::EXCHANGES };
}
bankchannel::for_each_protocol!(protocols);

/// Every exchange, in the catalogue's order.
pub(crate) fn exchanges() -> impl Iterator<Item = &'static dyn AnyExchange> {
    LISTS.iter().copied().flatten().flatten().copied()
}

/// Every exchange that the library offers is tested here.
#[test]
fn no_exchange_is_passed_over() {
    let offered = bankchannel::catalogue().filter(|entry| entry.declaration.kind == OperationKind::Exchange);
    let offered: Vec<_> = offered.map(|entry| entry.declaration.name).collect();
    let tried: Vec<_> = exchanges().map(|exchange| exchange.name()).collect();
    assert_eq!(tried, offered);
}
