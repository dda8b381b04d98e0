//! The operations as typed methods, and by name with JSON: both from the protocol's one list.

use bankchannel_foundation::{
    Boundary, Content, Error, Kind, Local, LocalContext, Result,
    clock::SystemClock,
    error::row,
    model::{Dialect, Profile, Reader, Value},
    operation::{Entry, Operation},
};
use bankchannel_nextgen_psd2::operations;

use super::{NextGenPsd2, PROTOCOL};
use crate::{
    CallOptions,
    by_name::{self, Done, Running, done},
    local,
};

impl NextGenPsd2 {
    /// Carries out an operation by its name (`nextgen_psd2.sign_request`), with JSON in and out. What the request leaves out is
    /// taken from the settings.
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
        options: CallOptions,
    ) -> Result<Done<Value<'static>>> {
        let is_ours = |entry: &&Entry| entry.declaration.kind == Kind::Local || entry.declaration.protocol == PROTOCOL;
        let entry = crate::find(name).filter(is_ours).ok_or_else(|| by_name::not_of(name, PROTOCOL))?;
        let name = entry.declaration.name;
        if entry.declaration.kind == Kind::Local {
            // It may compute for long: not on a thread that drives connections.
            let client = self.clone();
            let work =
                tokio::task::spawn_blocking(move || by_name::run_local(name, request, options.content, Some(&client)));
            return work.await.map_err(|_| Error::because(&row::INTERNAL, "the computation was broken off"))?;
        }
        self.run(name, request, options).await.map_err(|error| error.in_operation(name))
    }

    /// A typed request from its boundary form.
    fn read_request<R: Boundary>(&self, request: Value<'static>, content: Option<Content>) -> Result<R> {
        let mut reader = Reader::new(Dialect::Boundary).with_content(content).with_profile(self);
        let request = R::read(request, &mut reader)?;
        if reader.has_content() {
            return Err(Error::invalid_field("content", "was given, but this operation takes none"));
        }
        Ok(request)
    }

    /// Carries out an operation that only computes, on this thread. What the request leaves out is taken from the settings.
    ///
    /// # Errors
    /// Those of the operation; `input.unknown_operation` for one that is not local.
    pub fn call_local(
        &self,
        name: &str,
        request: serde_json::Value,
        content: Option<Content>,
    ) -> Result<serde_json::Value> {
        by_name::run_local(name, request.into(), content, Some(self)).map(|done| done.response.into())
    }
}

macro_rules! dispatch {
    ($($kind:ident $subject:ident::$file:ident::$name:ident;)+) => {
        impl NextGenPsd2 {
            fn run<'a>(&'a self, name: &'static str, request: Value<'static>, mut options: CallOptions) -> Running<'a> {
                let content = options.content.take();
                $(dispatch!(@run $kind self, name, operations::$subject::$file::$name, request, content, options);)+
                Box::pin(async move { Err(by_name::unknown(name)) })
            }
        }

        /// Carries out a local operation of this protocol; `None` when it has none of this name.
        pub(crate) fn run_local(
            name: &str,
            request: Value<'_>,
            content: Option<Content>,
            profile: Option<&dyn Profile>,
        ) -> Option<Result<Done<Value<'static>>>> {
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
        impl NextGenPsd2 {
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
    (@method local $subject:ident $file:ident $name:ident) => {
        impl NextGenPsd2 {
            #[doc = concat!("See [`operations::", stringify!($subject), "::", stringify!($file), "::", stringify!($name), "`].")]
            /// The request is taken as it is: [`request`](Self::request) fills it in from the settings. Content is in memory.
            ///
            /// # Errors
            /// Those of the declaration, and `input.*`.
            pub fn $file(
                &self,
                request: <operations::$subject::$file::$name as Operation>::Request,
            ) -> Result<<operations::$subject::$file::$name as Operation>::Response> {
                type Op = operations::$subject::$file::$name;
                let with = LocalContext { clock: &SystemClock::default(), content: None, kept: Some(&self.0.kept) };
                <Op as Local>::run(request, with).map_err(|error| error.in_operation(<Op as Operation>::DECLARATION.name))
            }
        }
    };
}

bankchannel_nextgen_psd2::for_each_operation!(dispatch);
