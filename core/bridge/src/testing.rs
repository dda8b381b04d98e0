//! Operations that fail, panic, ask and wait on demand. They are in builds with the feature `testing` only, so that
//! every language can be shown to survive them; no library that is shipped has them.

use std::time::Duration;

use bankchannel::{
    Answer, CallOptions, Content, Done, Error, Outcome, Question, Result,
    model::{Dialect, Value, Writer, read_boundary},
    operation::{Ask, Declaration, Entry, Kind, Operation},
};
use bankchannel_foundation::{Boundary, error::row};

/// Declares one: its type, its request and response, its kind and what it is for.
macro_rules! operations {
    ($($name:ident, $kind:ident, $short:literal, $request:ident => $response:ident, $summary:literal;)+) => {
        /// Every one of them.
        pub const OPERATIONS: &[Entry] = &[$(Entry::of::<$name>()),+];

        $(
            #[doc = $summary]
            #[derive(Debug)]
            pub struct $name;

            impl Operation for $name {
                type Request = $request;
                type Response = $response;
                const DECLARATION: Declaration = Declaration {
                    asks: if matches!(Kind::$kind, Kind::Flow) { &[Ask::Person] } else { &[] },
                    ..Declaration::new(
                        Kind::$kind,
                        "ws-channel",
                        "testing",
                        concat!("ws_channel.", $short),
                        $summary,
                        "For tests of the languages; in no library that is shipped.",
                        &[],
                    )
                };
            }
        )+
    };
}

operations! {
    TestingEcho, Local, "testing_echo", TestingEchoRequest => TestingText, "Give back the text";
    TestingFail, Local, "testing_fail", TestingFailRequest => TestingText, "Fail with an error of the table";
    TestingPanic, Local, "testing_panic", TestingPanicRequest => TestingText, "Panic";
    TestingFailLater, Flow, "testing_fail_later", TestingFailRequest => TestingText, "Fail inside the runtime";
    TestingPanicLater, Flow, "testing_panic_later", TestingPanicRequest => TestingText, "Panic inside the runtime";
    TestingAsk, Flow, "testing_ask", TestingAskRequest => TestingText, "Ask a question and give back the answer";
    TestingSleep, Flow, "testing_sleep", TestingSleepRequest => TestingText, "Wait";
}

/// A text to give back.
#[derive(Debug, Clone, Boundary)]
pub struct TestingEchoRequest {
    /// Any text.
    pub text: String,
}

/// With which error to fail.
#[derive(Debug, Clone, Boundary)]
pub struct TestingFailRequest {
    /// A code of the error table.
    pub code: String,
}

/// Nothing to say.
#[derive(Debug, Clone, Boundary)]
pub struct TestingPanicRequest {}

/// What to ask.
#[derive(Debug, Clone, Boundary)]
pub struct TestingAskRequest {
    /// What the question says.
    pub text: String,
}

/// How long to wait.
#[derive(Debug, Clone, Boundary)]
pub struct TestingSleepRequest {
    /// Milliseconds.
    pub ms: u64,
}

/// What came of it.
#[derive(Debug, Clone, Boundary)]
pub struct TestingText {
    /// The text given, the answer, or `slept`.
    pub text: String,
}

/// The operation of this name.
pub(crate) fn find(name: &str) -> Option<&'static Entry> {
    OPERATIONS.iter().find(|entry| entry.declaration.name == name)
}

/// Carries out one that only computes.
pub(crate) fn call_local(entry: &Entry, request: Value<'_>, content: Option<Content>) -> Result<Value<'static>> {
    local(entry, request, content).map_err(|error| error.in_operation(entry.declaration.name))
}

fn local(entry: &Entry, request: Value<'_>, content: Option<Content>) -> Result<Value<'static>> {
    if content.is_some() {
        return Err(Error::invalid_field("content", "was given, but this operation takes none"));
    }
    match entry.short_name() {
        "testing_echo" => {
            read_boundary::<TestingEchoRequest>(request).map(|asked| written(TestingText { text: asked.text }))
        }
        "testing_fail" => Err(failure(read_boundary(request)?)),
        "testing_panic" => panicked(read_boundary(request)?),
        name => Err(Error::because(&row::UNKNOWN_OPERATION, format!("`{name}` does not only compute"))),
    }
}

/// Carries out any of them.
pub(crate) async fn call(entry: &Entry, request: Value<'static>, options: CallOptions) -> Result<Done<Value<'static>>> {
    let answer = match entry.short_name() {
        "testing_fail_later" => Err(failure(read_boundary(request)?)),
        "testing_panic_later" => panicked(read_boundary(request)?),
        "testing_ask" => ask(read_boundary(request)?, &options).await.map(written),
        "testing_sleep" => sleep(read_boundary(request)?, &options).await.map(written),
        _ => local(entry, request, options.content),
    };
    answer.map(|response| Done { response, content: None }).map_err(|error| error.in_operation(entry.declaration.name))
}

fn failure(asked: TestingFailRequest) -> Error {
    match bankchannel::error_table().find(|row| row.code == asked.code) {
        Some(row) => Error::new(row).with("planted", "yes"),
        None => Error::invalid_field("code", "is not in the error table"),
    }
}

fn written(text: TestingText) -> Value<'static> {
    text.write(&mut Writer::new(Dialect::Boundary))
}

fn panicked(_: TestingPanicRequest) -> Result<Value<'static>> {
    panic!("asked to panic")
}

async fn ask(asked: TestingAskRequest, options: &CallOptions) -> Result<TestingText> {
    let Some(asker) = &options.asker else {
        return Err(Error::because(&row::MISSING_FIELD, "nobody is there to be asked").with("field", "on_code"));
    };
    let question = Question { kind: "testing", text: asked.text, choices: Vec::new(), secret: None, signature: None };
    let answer: Answer = within(options, asker.ask(question)).await??;
    Ok(TestingText { text: answer.expose().to_owned() })
}

async fn sleep(asked: TestingSleepRequest, options: &CallOptions) -> Result<TestingText> {
    within(options, tokio::time::sleep(Duration::from_millis(asked.ms))).await?;
    Ok(TestingText { text: "slept".to_owned() })
}

/// Waits, but not past the call's limit or its cancellation.
async fn within<T>(options: &CallOptions, wait: impl Future<Output = T>) -> Result<T> {
    let limit = options.timeout.unwrap_or(Duration::from_secs(3600));
    tokio::select! {
        biased;
        () = options.cancel.cancelled() => Err(Error::new(&row::CANCELLED).with_outcome(Outcome::NotSent)),
        got = tokio::time::timeout(limit, wait) => got.map_err(|_| Error::new(&row::TIMED_OUT).with_outcome(Outcome::NotSent)),
    }
}
