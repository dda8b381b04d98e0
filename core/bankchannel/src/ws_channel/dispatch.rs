//! The operations as typed methods, and by name with JSON: both from the protocol's one list and the list of flows.

use std::{future::Future, pin::Pin};

use bankchannel_foundation::{
    Content, Error, Kind, Result,
    error::row,
    model::{Profile, Value},
    operation::{Entry, Operation},
};
use bankchannel_ws_channel::operations;

use super::{
    PROTOCOL, WsChannel,
    flows::{self, Flow},
};
use crate::{
    CallOptions,
    by_name::{self, Done, Running, done},
    local,
};

impl WsChannel {
    /// Carries out an operation by its name (`ws_channel.list_files`), with JSON in and out. What the request leaves out is
    /// taken from the settings and the session.
    ///
    /// # Errors
    /// Any; each with the operation's name.
    pub async fn call_json(&self, name: &str, request: serde_json::Value, options: CallOptions) -> Result<Done> {
        let Done { response, content } = self.call_values(name, request.into(), options).await?;
        Ok(Done { response: response.into(), content })
    }

    /// The same with values as the library itself has them: what the faces of the languages stand on.
    ///
    /// # Errors
    /// As [`call_json`](Self::call_json).
    pub async fn call_values(
        &self,
        name: &str,
        request: Value<'static>,
        mut options: CallOptions,
    ) -> Result<Done<Value<'static>>> {
        let entry = entry(name)?;
        let name = entry.declaration.name;
        if entry.declaration.kind == Kind::Local {
            // It may compute for seconds: not on a thread that drives connections.
            let (client, content) = (self.clone(), options.content.take());
            let work = tokio::task::spawn_blocking(move || client.local(name, request, content));
            return work.await.map_err(|_| Error::because(&row::INTERNAL, "the computation was broken off"))?;
        }
        self.run(name, request, options).await.map_err(|error| error.in_operation(name))
    }

    /// Carries out an operation that only computes, on this thread. What the request leaves out is taken from the settings
    /// and the session.
    ///
    /// # Errors
    /// Those of the operation; `input.unknown_operation` for one that is not local.
    pub fn call_local(
        &self,
        name: &str,
        request: serde_json::Value,
        content: Option<Content>,
    ) -> Result<serde_json::Value> {
        self.local(name, request.into(), content).map(|done| done.response.into())
    }

    fn local(&self, name: &str, request: Value<'_>, content: Option<Content>) -> Result<Done<Value<'static>>> {
        by_name::run_local(name, request, content, Some(self))
    }
}

/// An operation of this protocol, or any that only computes: that needs nothing but its request.
fn entry(name: &str) -> Result<&'static Entry> {
    let is_ours = |entry: &&Entry| entry.declaration.kind == Kind::Local || entry.declaration.protocol == PROTOCOL;
    crate::find(name).filter(is_ours).ok_or_else(|| by_name::not_of(name, PROTOCOL))
}

macro_rules! dispatch {
    ($($kind:ident $subject:ident::$file:ident::$name:ident;)+) => {
        impl WsChannel {
            fn run<'a>(&'a self, name: &'static str, request: Value<'static>, mut options: CallOptions) -> Running<'a> {
                let content = options.content.take();
                $(dispatch!(@run $kind self, name, operations::$subject::$file::$name, request, content, options);)+
                self.run_flow(name, request, content, options)
            }
        }

        /// Carries out a local operation of this protocol; `None` when it has none of this name.
        pub(crate) fn run_local(name: &str, request: Value<'_>, content: Option<Content>, profile: Option<&dyn Profile>) -> Option<Result<Done<Value<'static>>>> {
            $(dispatch!(@local $kind name, operations::$subject::$file::$name, request, content, profile);)+
            None
        }

        $(dispatch!(@method $kind $subject $file $name);)+
    };

    (@run exchange $self:ident, $asked:ident, $op:path, $request:ident, $content:ident, $options:ident) => {
        if $asked == <$op as Operation>::DECLARATION.name {
            return Box::pin(async move {
                let request = $self.read_request::<<$op as Operation>::Request>($request, $content)?;
                Ok(done($self.exchange::<$op>(request, &$options).await?))
            });
        }
    };
    (@run local $($rest:tt)+) => {};

    (@local local $asked:ident, $op:path, $request:ident, $content:ident, $profile:ident) => {
        if $asked == <$op as Operation>::DECLARATION.name {
            return Some(local::carry_out::<$op>($request, $content, $profile));
        }
    };
    (@local exchange $($rest:tt)+) => {};

    (@method exchange $subject:ident $file:ident $name:ident) => {
        impl WsChannel {
            #[doc = concat!("See [`operations::", stringify!($subject), "::", stringify!($file), "::", stringify!($name), "`].")]
            ///
            /// # Errors
            /// Those of the declaration, and any that an exchange may have.
            pub async fn $file(
                &self,
                request: <operations::$subject::$file::$name as Operation>::Request,
            ) -> Result<<operations::$subject::$file::$name as Operation>::Response> {
                self.exchange::<operations::$subject::$file::$name>(request, &CallOptions::default()).await
            }
        }
    };
    (@method local $($rest:tt)+) => {};
}

bankchannel_ws_channel::for_each_operation!(dispatch);

macro_rules! dispatch_flows {
    ($($file:ident::$name:ident;)+) => {
        impl WsChannel {
            fn run_flow<'a>(&'a self, name: &'static str, request: Value<'static>, content: Option<Content>, options: CallOptions) -> Running<'a> {
                $(
                    if name == <flows::$file::$name as Operation>::DECLARATION.name {
                        return Box::pin(async move {
                            let request = self.read_request::<<flows::$file::$name as Operation>::Request>(request, content)?;
                            Ok(done(self.$file(request, &options).await?))
                        });
                    }
                )+
                Box::pin(async move { Err(by_name::unknown(name)) })
            }
        }

        $(
            impl WsChannel {
                #[doc = concat!("See [`flows::", stringify!($file), "::", stringify!($name), "`].")]
                ///
                /// # Errors
                /// Those of the declaration, and any that its exchanges may have.
                pub async fn $file(
                    &self,
                    request: <flows::$file::$name as Operation>::Request,
                    options: &CallOptions,
                ) -> Result<<flows::$file::$name as Operation>::Response> {
                    let running: Pin<Box<dyn Future<Output = _> + Send + '_>> = Box::pin(<flows::$file::$name as Flow>::run(self, request, options));
                    running.await.map_err(|error: Error| error.in_operation(<flows::$file::$name as Operation>::DECLARATION.name))
                }
            }
        )+
    };
}

flows::for_each_flow!(dispatch_flows);
