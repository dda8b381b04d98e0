//! The methods that every protocol's client has, written once: calls by name, and a typed method for each operation.

/// How a client is made from JSON, how requests are, and `call_json`, `call_values` and `call_local`.
macro_rules! client_methods {
    ($client:ident, $example:literal) => {
        impl $client {
            /// Makes a client from settings as JSON.
            ///
            /// # Errors
            /// `input.*` and `configuration.invalid`.
            pub fn from_json(settings: serde_json::Value) -> $crate::Result<Self> {
                Self::new($crate::model::read_boundary(settings)?)
            }

            /// A typed request from its boundary form; what that leaves out is taken from the settings and, where there is one, the
            /// session. The methods themselves take requests as they are.
            ///
            /// # Errors
            /// `input.*`, each naming its field.
            pub fn request<R: $crate::model::Boundary + 'static>(&self, value: serde_json::Value) -> $crate::Result<R> {
                $crate::client::read_request(self, value.into(), None)
            }

            #[doc = concat!("Carries out an operation by its name (`", $example, "`), with JSON in and out. What the request")]
            /// leaves out is taken from the settings and, where there is one, the session.
            ///
            /// # Errors
            /// Any; each with the operation's name.
            pub async fn call_json(
                &self,
                name: &str,
                request: serde_json::Value,
                options: $crate::CallOptions,
            ) -> $crate::Result<$crate::Done> {
                let $crate::Done { response, content } = self.call_values(name, request.into(), options).await?;
                Ok($crate::Done { response: response.into(), content })
            }

            /// The same with values as the library itself has them: what the faces of the languages stand on.
            ///
            /// # Errors
            /// As [`call_json`](Self::call_json).
            pub async fn call_values(
                &self,
                name: &str,
                request: $crate::model::Value<'static>,
                options: $crate::CallOptions,
            ) -> $crate::Result<$crate::Done<$crate::model::Value<'static>>> {
                $crate::client::call(self, name, request, options).await
            }

            /// Carries out an operation that only computes, on this thread. What the request leaves out is taken from the
            /// settings and, where there is one, the session.
            ///
            /// # Errors
            /// Those of the operation; `input.unknown_operation` for one that is not local.
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
                Self::of(client)
            }
        }
    };
}

/// From a protocol's list of operations: the table of functions by name, and the typed methods of the client.
macro_rules! exchanges_and_local_operations {
    ($client:ident; $($kind:ident $subject:ident::$file:ident::$name:ident;)+) => {
        /// Every operation of the protocol's list, with the function that carries it out.
        pub(crate) static OPERATIONS: &[$crate::protocol::Callable] =
            &[$($crate::client::exchanges_and_local_operations!(@callable $kind $client operations::$subject::$file::$name)),+];

        $($crate::client::exchanges_and_local_operations!(@method $kind $client $subject $file $name);)+
    };

    (@callable local $client:ident $op:path) => { $crate::protocol::Callable::local::<$op>() };
    (@callable exchange $client:ident $op:path) => {
        $crate::protocol::Callable::by_client::<$op>(|client, request, mut options| {
            let Some(client) = client.downcast_ref::<$client>() else { return $crate::by_name::of_another_client() };
            Box::pin(async move {
                let content = options.content.take();
                let request = $crate::client::read_request::<<$op as $crate::operation::Operation>::Request>(client, request, content)?;
                Ok($crate::by_name::done(client.exchange::<$op>(request, &options).await?))
            })
        })
    };

    (@method exchange $client:ident $subject:ident $file:ident $name:ident) => {
        impl $client {
            #[doc = concat!("See [`operations::", stringify!($subject), "::", stringify!($file), "::", stringify!($name), "`].")]
            ///
            /// # Errors
            /// Those of the declaration, and any that an exchange may have.
            pub async fn $file(
                &self,
                request: <operations::$subject::$file::$name as $crate::operation::Operation>::Request,
            ) -> $crate::Result<<operations::$subject::$file::$name as $crate::operation::Operation>::Response> {
                self.exchange::<operations::$subject::$file::$name>(request, &$crate::CallOptions::default()).await
            }
        }
    };
    (@method local $client:ident $subject:ident $file:ident $name:ident) => {
        impl $client {
            #[doc = concat!("See [`operations::", stringify!($subject), "::", stringify!($file), "::", stringify!($name), "`].")]
            /// The request is taken as it is: [`request`](Self::request) fills it in from the settings. Content is in memory.
            ///
            /// # Errors
            /// Those of the declaration, and `input.*`.
            pub fn $file(
                &self,
                request: <operations::$subject::$file::$name as $crate::operation::Operation>::Request,
            ) -> $crate::Result<<operations::$subject::$file::$name as $crate::operation::Operation>::Response> {
                $crate::local::run_typed::<operations::$subject::$file::$name>(request, Some(self))
            }
        }
    };
}

/// The same for a module without a client: its typed functions.
macro_rules! module_of_local_operations {
    ($(local $subject:ident::$file:ident::$name:ident;)+) => {
        /// Every operation of the module's list, with the function that carries it out.
        pub(crate) static OPERATIONS: &[$crate::protocol::Callable] =
            &[$($crate::protocol::Callable::local::<operations::$subject::$file::$name>()),+];

        $(
            #[doc = concat!("See [`operations::", stringify!($subject), "::", stringify!($file), "::", stringify!($name), "`].")]
            ///
            /// # Errors
            /// Those of the declaration, and `input.*`.
            pub fn $file(
                request: <operations::$subject::$file::$name as $crate::operation::Operation>::Request,
            ) -> $crate::Result<<operations::$subject::$file::$name as $crate::operation::Operation>::Response> {
                $crate::local::run_typed::<operations::$subject::$file::$name>(request, None)
            }
        )+
    };
}

/// The same from a protocol's list of flows.
macro_rules! flows {
    ($client:ident; $($file:ident::$name:ident;)+) => {
        /// Every flow of the protocol, with the function that carries it out.
        pub(crate) static FLOWS: &[$crate::protocol::Callable] = &[$(
            $crate::protocol::Callable::by_client::<flows::$file::$name>(|client, request, mut options| {
                let Some(client) = client.downcast_ref::<$client>() else { return $crate::by_name::of_another_client() };
                Box::pin(async move {
                    let content = options.content.take();
                    let request = $crate::client::read_request(client, request, content)?;
                    Ok($crate::by_name::done(client.$file(request, &options).await?))
                })
            })
        ),+];

        $(
            impl $client {
                #[doc = concat!("See [`flows::", stringify!($file), "::", stringify!($name), "`].")]
                ///
                /// # Errors
                /// Those of the declaration, and any that its exchanges may have.
                pub async fn $file(
                    &self,
                    request: <flows::$file::$name as $crate::operation::Operation>::Request,
                    options: &$crate::CallOptions,
                ) -> $crate::Result<<flows::$file::$name as $crate::operation::Operation>::Response> {
                    // Boxed: a flow within another flow is not part of its size.
                    let running: std::pin::Pin<Box<dyn Future<Output = _> + Send + '_>> =
                        Box::pin(<flows::$file::$name as $crate::client::Flow<$client>>::run(self, request, options));
                    let name = const { <flows::$file::$name as $crate::operation::Operation>::DECLARATION }.name;
                    running.await.map_err(|error: $crate::Error| error.in_operation(name))
                }
            }
        )+
    };
}

pub(crate) use {client_methods, exchanges_and_local_operations, flows, module_of_local_operations};
