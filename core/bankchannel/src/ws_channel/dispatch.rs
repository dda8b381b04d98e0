//! The operations as typed methods, and by name with JSON: both from the protocol's one list.

use std::{future::Future, pin::Pin};

use bankchannel_foundation::{
    Boundary, Content, Error, Result,
    error::row,
    model::{Dialect, Value, Writer},
};
use bankchannel_ws_channel::operations;

use super::WsChannel;
use crate::CallOptions;

/// What a call by name gave.
#[derive(Debug)]
pub struct Done {
    /// The response's boundary form.
    pub response: Value,
    /// Its content, where it has one.
    pub content: Option<Content>,
}

type Running<'a> = Pin<Box<dyn Future<Output = Result<Done>> + Send + 'a>>;

fn done<T: Boundary>(response: T) -> Done {
    let mut writer = Writer::new(Dialect::Boundary);
    let response = response.write(&mut writer);
    Done { response, content: writer.content() }
}

impl WsChannel {
    /// Carries out an operation by its name (`ws_channel.list_files`), with JSON in and out.
    ///
    /// # Errors
    /// Any; each with the operation's name.
    pub async fn call_json(&self, name: &str, request: Value, options: CallOptions) -> Result<Done> {
        let Some(entry) = crate::find(name).filter(|entry| entry.declaration.protocol == super::PROTOCOL) else {
            return Err(Error::because(&row::UNKNOWN_OPERATION, format!("there is no operation `{}`", printable(name))));
        };
        self.run(entry.declaration.name, request, options).await.map_err(|error| error.in_operation(entry.declaration.name))
    }
}

fn printable(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(64).collect()
}

macro_rules! dispatch {
    ($($kind:ident $subject:ident::$file:ident::$name:ident;)+) => {
        impl WsChannel {
            fn run<'a>(&'a self, name: &'static str, request: Value, mut options: CallOptions) -> Running<'a> {
                let content = options.content.take();
                $(
                    if name == <operations::$subject::$file::$name as bankchannel_foundation::Operation>::DECLARATION.name {
                        return dispatch!(@run $kind self, operations::$subject::$file::$name, request, content, options);
                    }
                )+
                Box::pin(async move { Err(Error::because(&row::UNKNOWN_OPERATION, format!("there is no operation `{name}`"))) })
            }
        }
        $(dispatch!(@method $kind $subject $file $name);)+
    };
    (@run exchange $self:ident, $op:path, $request:ident, $content:ident, $options:ident) => {
        Box::pin(async move {
            let request = $self.read_request($request, $content)?;
            Ok(done($self.exchange::<$op>(request, &$options).await?))
        })
    };
    (@method exchange $subject:ident $file:ident $name:ident) => {
        impl WsChannel {
            #[doc = concat!("See [`operations::", stringify!($subject), "::", stringify!($file), "::", stringify!($name), "`].")]
            ///
            /// # Errors
            /// Those of the declaration, and any that an exchange may have.
            pub async fn $file(
                &self,
                request: <operations::$subject::$file::$name as bankchannel_foundation::Operation>::Request,
            ) -> Result<<operations::$subject::$file::$name as bankchannel_foundation::Operation>::Response> {
                self.exchange::<operations::$subject::$file::$name>(request, &CallOptions::default()).await
            }
        }
    };
}

bankchannel_ws_channel::for_each_operation!(dispatch);
