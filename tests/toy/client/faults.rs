//! Operations that fail, panic, ask and wait on demand: they show that every language survives internal failures.

use std::time::Duration;

use bankchannel_foundation::{
    Result,
    operation::{self, Ask::Person, OperationKind},
    prelude::*,
};
use bankchannel_toy::PROTOCOL;

use super::Toy;
use crate::{
    CallOptions, Question, by_name,
    client::{self, Flow},
    protocol::CallableOperation,
};

/// Declares each operation: its kind and type, its name, its request, and its work.
macro_rules! faults {
    ($($kind:ident $name:ident, $operation:literal, $request:ident, $asks:expr, $summary:literal;)+) => {
        pub(super) static FAULTS: &[CallableOperation] = &[$(faults!(@$kind $name)),+];

        $(
            #[doc = $summary]
            #[derive(Debug)]
            pub struct $name;

            impl Operation for $name {
                type Request = $request;
                type Response = FaultResponse;
                const DECLARATION: Declaration = Declaration {
                    summary: $summary,
                    doc: "For tests of the languages; in no library that is shipped.",
                    asks: $asks,
                    ..Declaration::new(OperationKind::$kind, PROTOCOL, "faults", $operation)
                };
            }
        )+
    };
    (@Local $name:ident) => { CallableOperation::local::<$name>() };
    (@Flow $name:ident) => {
        CallableOperation::by_client::<$name>(|client, request, mut options| {
            let Some(client) = client.downcast_ref::<Toy>() else { return by_name::of_another_client() };
            Box::pin(async move {
                let content = options.content.take();
                let request = client::read_request(client, request, content)?;
                Ok(by_name::done(<$name as Flow<Toy>>::run(client, request, &options).await?))
            })
        })
    };
}

const NOBODY: &[operation::Ask] = &[];

faults! {
    Local Echo, "toy.echo", EchoRequest, NOBODY, "Give back the text";
    Local Fail, "toy.fail", FailRequest, NOBODY, "Fail with an error of the table";
    Local Panic, "toy.panic", PanicRequest, NOBODY, "Panic";
    Flow FailLater, "toy.fail_later", FailRequest, NOBODY, "Fail inside the runtime";
    Flow PanicLater, "toy.panic_later", PanicRequest, NOBODY, "Panic inside the runtime";
    Flow Ask, "toy.ask", AskRequest, &[Person], "Ask a question and give back the answer";
    Flow Sleep, "toy.sleep", SleepRequest, NOBODY, "Wait";
}

/// A text to give back.
#[derive(Debug, Clone, Boundary)]
pub struct EchoRequest {
    /// Any text.
    pub text: String,
}

/// With which error to fail.
#[derive(Debug, Clone, Boundary)]
pub struct FailRequest {
    /// A code of the error table.
    pub code: String,
}

/// Nothing to say.
#[derive(Debug, Clone, Boundary)]
pub struct PanicRequest {}

/// What to ask.
#[derive(Debug, Clone, Boundary)]
pub struct AskRequest {
    /// The text of the question.
    pub text: String,
}

/// How long to wait.
#[derive(Debug, Clone, Boundary)]
pub struct SleepRequest {
    /// Milliseconds.
    pub ms: u64,
}

/// What came of it.
#[derive(Debug, Clone, Boundary)]
pub struct FaultResponse {
    /// The text given, the answer, or `slept`.
    pub text: String,
}

impl Local for Echo {
    fn run(request: EchoRequest, _: LocalContext<'_>) -> Result<FaultResponse> {
        Ok(FaultResponse { text: request.text })
    }
}

impl Local for Fail {
    fn run(request: FailRequest, _: LocalContext<'_>) -> Result<FaultResponse> {
        Err(failure(&request))
    }
}

impl Local for Panic {
    fn run(_: PanicRequest, _: LocalContext<'_>) -> Result<FaultResponse> {
        panic!("asked to panic")
    }
}

impl Flow<Toy> for FailLater {
    async fn run(_: &Toy, request: FailRequest, _: &CallOptions) -> Result<FaultResponse> {
        Err(failure(&request))
    }
}

impl Flow<Toy> for PanicLater {
    async fn run(_: &Toy, _: PanicRequest, _: &CallOptions) -> Result<FaultResponse> {
        panic!("asked to panic")
    }
}

impl Flow<Toy> for Ask {
    async fn run(_: &Toy, request: AskRequest, options: &CallOptions) -> Result<FaultResponse> {
        let answer = options.ask(Question::new("testing", request.text)).await?;
        Ok(FaultResponse { text: answer.expose().to_owned() })
    }
}

impl Flow<Toy> for Sleep {
    async fn run(_: &Toy, request: SleepRequest, options: &CallOptions) -> Result<FaultResponse> {
        options.race(tokio::time::sleep(Duration::from_millis(request.ms))).await?;
        Ok(FaultResponse { text: "slept".to_owned() })
    }
}

fn failure(request: &FailRequest) -> Error {
    match crate::error_table().find(|row| row.code == request.code) {
        Some(row) => Error::new(row).with("planted", "yes"),
        None => Error::invalid_field("code", "is not in the error table"),
    }
}
