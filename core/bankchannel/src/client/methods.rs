//! Methods that the clients of all protocols share, written once: calls by name, and a typed method for each operation.

/// Generates `from_json`, `request`, `complete`, `call_json`, `call_values` and `call_local` for a client.
macro_rules! client_methods {
    ($client:ident, $example:literal) => {
        impl $client {
            /// Makes a client from settings as JSON: an object, `{}` for the defaults.
            ///
            /// # Errors
            /// `input.*` and `configuration.invalid`.
            pub fn from_json(settings: serde_json::Value) -> $crate::Result<Self> {
                Self::new($crate::client::read_settings(settings.into())?)
            }

            /// Makes a request from JSON, for any method. The methods accept JSON directly too; omitted fields are
            /// filled from the settings and, if there is one, the session.
            ///
            /// # Errors
            /// `input.invalid_json` if it is not an object.
            pub fn request(&self, json: serde_json::Value) -> $crate::Result<$crate::model::Draft> {
                $crate::model::Draft::from_json(json)
            }

            /// The typed request that a method would send for a builder or JSON: completed from the settings and, if
            /// there is one, the session, and checked. For inspection before sending, or for sending more than once.
            ///
            /// # Errors
            /// `input.*`, each naming its field.
            pub fn complete<R: $crate::model::Boundary + 'static>(
                &self,
                request: impl $crate::model::IntoRequest<R>,
            ) -> $crate::Result<R> {
                $crate::client::take_request(self, request, None)
            }

            #[doc = concat!("Carries out an operation by its name (`", $example, "`), with JSON in and out. What the request")]
            /// leaves out is taken from the settings and, if there is one, the session.
            ///
            /// # Errors
            /// Any error; each names the operation.
            pub async fn call_json(
                &self,
                name: &str,
                request: serde_json::Value,
                options: $crate::CallOptions,
            ) -> $crate::Result<$crate::CallDone> {
                let $crate::CallDone { response, content } = self.call_values(name, request.into(), options).await?;
                Ok($crate::CallDone { response: response.into(), content })
            }

            /// The same with the library's own values; the bindings for other languages use it.
            ///
            /// # Errors
            /// As [`call_json`](Self::call_json).
            pub async fn call_values(
                &self,
                name: &str,
                request: $crate::model::Value<'static>,
                options: $crate::CallOptions,
            ) -> $crate::Result<$crate::CallDone<$crate::model::Value<'static>>> {
                $crate::client::call(self, name, request, options).await
            }

            /// Carries out an operation that only computes, on this thread. Fields that the request omits are filled
            /// from the settings and, if there is one, the session.
            ///
            /// # Errors
            /// The operation's errors; `input.unknown_operation` for an operation that is not local.
            pub fn call_local(
                &self,
                name: &str,
                request: serde_json::Value,
                content: Option<$crate::Content>,
            ) -> $crate::Result<serde_json::Value> {
                $crate::call_local_values(name, request.into(), content, Some(self)).map(Into::into)
            }
        }

        impl From<$client> for $crate::Client {
            fn from(client: $client) -> Self {
                Self::from_client(client)
            }
        }
    };
}

/// Generates, from a protocol's list of operations, the table of functions by name and the client's typed methods.
macro_rules! exchanges_and_local_operations {
    ($client:ident; $($kind:ident $subject:ident::$file:ident::$name:ident;)+) => {
        /// Every operation of the protocol's list, with its implementation.
        pub(crate) static OPERATIONS: &[$crate::protocol::CallableOperation] =
            &[$($crate::client::exchanges_and_local_operations!(@callable $kind $client operations::$subject::$file::$name)),+];

        /// The types of the operations.
        #[allow(ambiguous_glob_reexports)]
        pub(super) mod of_operations {
            $(pub use super::operations::$subject::$file::*;)+
        }

        $($crate::client::exchanges_and_local_operations!(@method $kind $client $subject $file $name);)+
    };

    (@callable local $client:ident $op:path) => { $crate::protocol::CallableOperation::local::<$op>() };
    (@callable exchange $client:ident $op:path) => {
        $crate::protocol::CallableOperation::by_client::<$op>(|client, request, mut options| {
            let Some(client) = client.downcast_ref::<$client>() else { return $crate::by_name::of_another_client() };
            Box::pin(async move {
                let content = options.content.take();
                let request = $crate::client::read_request::<<$op as $crate::operation::Operation>::Request>(client, request, content);
                let request = request.map_err(|error| $crate::client::request_id::add::<$client>(&options, error))?;
                Ok($crate::by_name::done(client.exchange::<$op>(request, &options).await?))
            })
        })
    };

    (@method exchange $client:ident $subject:ident $file:ident $name:ident) => {
        pastey::paste! {
            impl $client {
                #[doc = operations::$subject::$file::method_doc!()]
                #[doc = concat!("\n\nTakes the request of [`", stringify!($name), "`](of_operations::", stringify!($name), "), its builder or its JSON; a builder and JSON may leave out what the client knows.")]
                ///
                /// # Errors
                #[doc = concat!("Those of its own (`bankchannel catalogue --json`, or the reference under `", stringify!($file), "`); `input.*`, each naming its field; any that an exchange may have: see [`Category`](crate::Category).")]
                pub async fn $file(
                    &self,
                    request: impl $crate::model::IntoRequest<<operations::$subject::$file::$name as $crate::operation::Operation>::Request>,
                ) -> $crate::Result<<operations::$subject::$file::$name as $crate::operation::Operation>::Response> {
                    self.[<$file _with>](request, &$crate::CallOptions::default()).await
                }

                #[doc = concat!("[`", stringify!($file), "`](Self::", stringify!($file), ") with a time limit, a token that cancels, or other options.")]
                ///
                /// # Errors
                /// The same.
                pub async fn [<$file _with>](
                    &self,
                    request: impl $crate::model::IntoRequest<<operations::$subject::$file::$name as $crate::operation::Operation>::Request>,
                    options: &$crate::CallOptions,
                ) -> $crate::Result<<operations::$subject::$file::$name as $crate::operation::Operation>::Response> {
                    let name = const { <operations::$subject::$file::$name as $crate::operation::Operation>::DECLARATION }.name;
                    let request = $crate::client::take_request(self, request, options.content.as_ref());
                    let fault = |error: $crate::Error| $crate::client::request_id::add::<$client>(options, error.in_operation(name));
                    let request = request.map_err(fault)?;
                    self.exchange::<operations::$subject::$file::$name>(request, options).await
                }
            }
        }
    };
    (@method local $client:ident $subject:ident $file:ident $name:ident) => {
        impl $client {
            #[doc = operations::$subject::$file::method_doc!()]
            #[doc = concat!("\n\nTakes the request of [`", stringify!($name), "`](of_operations::", stringify!($name), "), its builder or its JSON; a builder and JSON may leave out what the client knows.")]
            ///
            /// # Errors
            #[doc = concat!("Those of its own (`bankchannel catalogue --json`, or the reference under `", stringify!($file), "`); `input.*`, each naming its field.")]
            pub fn $file(
                &self,
                request: impl $crate::model::IntoRequest<<operations::$subject::$file::$name as $crate::operation::Operation>::Request>,
            ) -> $crate::Result<<operations::$subject::$file::$name as $crate::operation::Operation>::Response> {
                $crate::local::run_request::<operations::$subject::$file::$name>(request, Some(self))
            }
        }
    };
}

/// The same for a protocol's list of flows.
macro_rules! flows {
    ($client:ident; $($file:ident::$name:ident;)+) => {
        /// Every flow of the protocol, with its implementation.
        pub(crate) static FLOWS: &[$crate::protocol::CallableOperation] = &[$(pastey::paste! {
            $crate::protocol::CallableOperation::by_client::<flows::$file::$name>(|client, request, mut options| {
                let Some(client) = client.downcast_ref::<$client>() else { return $crate::by_name::of_another_client() };
                Box::pin(async move {
                    let content = options.content.take();
                    let request =
                        $crate::client::read_request::<<flows::$file::$name as $crate::operation::Operation>::Request>(client, request, content);
                    let request = request.map_err(|error| $crate::client::request_id::add::<$client>(&options, error))?;
                    Ok($crate::by_name::done(client.[<$file _with>](request, &options).await?))
                })
            })
        }),+];

        /// The types of the flows.
        #[allow(ambiguous_glob_reexports)]
        pub(super) mod of_flows {
            $(pub use super::flows::$file::*;)+
        }

        $(pastey::paste! {
            impl $client {
                #[doc = flows::$file::method_doc!()]
                #[doc = concat!("\n\nTakes the request of [`flows::", stringify!($file), "`], its builder or its JSON; a builder and JSON may leave out what the client knows.")]
                ///
                /// # Errors
                #[doc = concat!("Those of its own (`bankchannel catalogue --json`, or the reference under `", stringify!($file), "`); `input.*`, each naming its field; any that an exchange may have: see [`Category`](crate::Category).")]
                pub async fn $file(
                    &self,
                    request: impl $crate::model::IntoRequest<<flows::$file::$name as $crate::operation::Operation>::Request>,
                ) -> $crate::Result<<flows::$file::$name as $crate::operation::Operation>::Response> {
                    self.[<$file _with>](request, &$crate::CallOptions::default()).await
                }

                #[doc = concat!("[`", stringify!($file), "`](Self::", stringify!($file), ") with answers to its questions, a time limit, a token that cancels, or other options.")]
                ///
                /// # Errors
                /// The same.
                pub async fn [<$file _with>](
                    &self,
                    request: impl $crate::model::IntoRequest<<flows::$file::$name as $crate::operation::Operation>::Request>,
                    options: &$crate::CallOptions,
                ) -> $crate::Result<<flows::$file::$name as $crate::operation::Operation>::Response> {
                    let name = const { <flows::$file::$name as $crate::operation::Operation>::DECLARATION }.name;
                    let request = $crate::client::take_request(self, request, options.content.as_ref());
                    let fault = |error: $crate::Error| $crate::client::request_id::add::<$client>(options, error.in_operation(name));
                    $crate::client::request_id::check::<$client>(options).map_err(fault)?;
                    let request = request.map_err(fault)?;
                    // Boxed, so that a flow inside another flow does not add to the outer future's size.
                    let running: std::pin::Pin<Box<dyn Future<Output = _> + Send + '_>> =
                        Box::pin(<flows::$file::$name as $crate::client::Flow<$client>>::run(self, request, options));
                    running.await.map_err(fault)
                }
            }
        })+
    };
}

pub(crate) use {client_methods, exchanges_and_local_operations, flows};
