//! Operations that a server carries out itself: orders of whoever runs it, commands of a service's operator.

use std::{future::Future, sync::Arc};

use bankchannel_foundation::{
    Error, Result, listed_names,
    model::{Boundary, Content, Reader, Representation, Writer},
    nearest_name,
    operation::Operation,
};
use bankchannel_transport::background;
use serde_json::Value;

/// The longest name that an error repeats, in bytes.
const NAME_MAX: usize = 64;

/// An operation that a server carries out itself.
pub trait HostedOperation: Operation {
    /// What carries it out.
    type Host: ?Sized + Send + Sync + 'static;

    /// Carries it out.
    fn carry_out(host: Arc<Self::Host>, request: Self::Request) -> impl Future<Output = Result<Self::Response>> + Send;
}

/// Where a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum RequestSource {
    /// The program that runs the server: a secret may be in a file or a variable that it names, and it may name files to open.
    Program,
    /// A connection: a secret is given itself, and no file is named.
    #[default]
    Connection,
}

/// Reads a request, carries it out, and writes the answer.
pub(crate) async fn carry_out<O: HostedOperation>(
    host: Arc<O::Host>,
    request: Value,
    content: Option<Content>,
    source: RequestSource,
) -> Result<Value> {
    let request = {
        let reader = Reader::new(Representation::Boundary).with_content(content);
        let mut reader = if source == RequestSource::Program { reader } else { reader.refusing_references() };
        O::Request::read(request.into(), &mut reader)?
    };
    let answer = O::carry_out(host, request).await?;
    Ok(answer.write(&mut Writer::new(Representation::Boundary)).into())
}

/// The error for a name that is none of those that there are: the name, the nearest one, and all, or some of many and the page
/// that has all. `compared` gives the part of a name by which names are compared.
pub(crate) fn unknown_name(
    field: &'static str,
    given: &str,
    known: &[String],
    compared: fn(&str) -> &str,
    page: &str,
) -> Error {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_-/.".contains(&byte);
    let is_repeated = given.len() <= NAME_MAX && !given.is_empty() && given.bytes().all(is_name);
    let named = if is_repeated { format!("`{given}` ") } else { String::new() };
    let near = nearest_name(compared(given), known.iter().map(|name| compared(name)));
    let meant = match near.and_then(|near| known.iter().find(|name| compared(name) == near)) {
        Some(near) => format!(": did you mean `{near}`?"),
        None => ";".to_owned(),
    };
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    Error::invalid_field(field, format!("{named}is not known{meant} there are: {}", listed_names(given, &known, page)))
}

/// Carries out an operation that blocks, on a thread of its own.
///
/// # Errors
/// Those of the operation; `internal` if it was aborted.
pub async fn blocking<H: Send + Sync + 'static, R: Send + 'static, A: Send + 'static>(
    host: Arc<H>,
    request: R,
    work: fn(&H, R) -> Result<A>,
) -> Result<A> {
    let done = background::blocking(move || work(&host, request)).await;
    done.map_err(|why| why.error("the order was aborted"))?
}

/// A documentation text without the space that begins each line of a comment.
#[doc(hidden)]
#[must_use]
pub const fn comment(text: &'static str) -> &'static str {
    text.trim_ascii()
}

/// Declares operations that one host carries out, and the list of them. First their class: kind, subject, the member of the
/// declaration that holds the form, the type of the list's items. Then of each operation: its documentation, with the
/// summary in the first line; the type that stands for it, its name, its form; request, answer, and the function that carries
/// it out: `async` takes the host's `Arc`, `blocking` a reference.
#[macro_export]
macro_rules! hosted_operations {
    (
        [$class:ident, $subject:literal, $member:ident, $item:ty]
        $(#[doc = $of_list:literal])+
        $visibility:vis static $list:ident: $host:ty, $kind:literal;
        $(
            #[doc = $summary:literal]
            $(#[doc = $text:literal])+
            $name:ident($operation:literal, $form:expr): $request:ty => $response:ty, $how:ident $run:path;
        )+
    ) => {
        $(#[doc = $of_list])+
        $visibility static $list: &[$item] = &[$(<$item>::of::<$name>()),+];
        $(
            #[doc = $summary]
            $(#[doc = $text])+
            $visibility struct $name;

            impl ::bankchannel_foundation::operation::Operation for $name {
                type Request = $request;
                type Response = $response;
                const DECLARATION: ::bankchannel_foundation::operation::Declaration =
                    ::bankchannel_foundation::operation::Declaration {
                        summary: $crate::hosted::comment($summary),
                        doc: $crate::hosted::comment(concat!($($text, "\n"),+)),
                        $member: Some($form),
                        ..::bankchannel_foundation::operation::Declaration::new(
                            ::bankchannel_foundation::operation::OperationKind::$class,
                            $kind,
                            $subject,
                            $operation,
                        )
                    };
            }

            impl $crate::hosted::HostedOperation for $name {
                type Host = $host;

                fn carry_out(
                    host: ::std::sync::Arc<$host>,
                    request: $request,
                ) -> impl ::std::future::Future<Output = ::bankchannel_foundation::Result<$response>> + Send {
                    $crate::hosted_operations!(@run $how $run, host, request)
                }
            }
        )+
    };
    (@run async $run:path, $host:ident, $request:ident) => { $run($host, $request) };
    (@run blocking $run:path, $host:ident, $request:ident) => { $crate::hosted::blocking($host, $request, $run) };
}
