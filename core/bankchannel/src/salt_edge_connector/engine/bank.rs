//! The interface of the bank's own code in a Rust program.

use std::{future::Future, pin::Pin, sync::Arc};

use bankchannel_foundation::{
    Error, Result, Secret,
    model::{Boundary, Representation, Writer, read_boundary},
    question::TypedQuestion,
};
use bankchannel_salt_edge::{connector::questions, for_each_bank_question};

use crate::{CallAnswer, CallAsker, CallOptions, Question, TypedAnswer};

macro_rules! bank {
    ($($file:ident::$name:ident;)+) => {
        /// The interface of a bank's own code, which a connector calls. Pass it to a call with
        /// [`CallOptions::with_bank`].
        ///
        /// A method that fails ends its session or request with `InternalProviderError`; its error text is not passed
        /// on.
        pub trait SaltEdgeBank: Send + Sync + 'static {
            $(
                #[doc = concat!("See [`questions::", stringify!($file), "`].")]
                fn $file(
                    &self,
                    question: <questions::$file::$name as TypedQuestion>::Request,
                ) -> impl Future<Output = Result<<questions::$file::$name as TypedQuestion>::Answer>> + Send;
            )+
        }

        impl<B: SaltEdgeBank> CallAsker for BankCode<B> {
            fn ask(&self, question: Question) -> Pin<Box<dyn Future<Output = Result<CallAnswer>> + Send + '_>> {
                Box::pin(async move {
                    Ok(match self.ask_typed(question).await? {
                        TypedAnswer::Text(text) => text,
                        TypedAnswer::Value(value) => Secret::new(value.to_json()),
                    })
                })
            }

            fn ask_typed(&self, question: Question) -> Pin<Box<dyn Future<Output = Result<TypedAnswer>> + Send + '_>> {
                Box::pin(async move {
                    let Some(request) = question.request else {
                        return match &self.1 {
                            Some(other) => other.ask_typed(question).await,
                            None => Err(question.unanswered()),
                        };
                    };
                    match question.kind {
                        $(name if name == const { <questions::$file::$name as TypedQuestion>::DECLARATION.name } => {
                            Ok(answered(self.0.$file(read_boundary(request)?).await?))
                        })+
                        _ => Err(Error::internal("this is not a question to a bank")),
                    }
                })
            }
        }
    };
}
for_each_bank_question!(bank);

/// A bank's code, and the callback for all other questions.
struct BankCode<B>(Arc<B>, Option<Arc<dyn CallAsker>>);

impl CallOptions {
    /// The same options with a bank's own code, for the flows of a
    /// [`SaltEdgeConnector`](super::super::SaltEdgeConnector). Questions for signatures still go to the previous
    /// callback.
    #[must_use]
    pub fn with_bank(self, bank: Arc<impl SaltEdgeBank>) -> Self {
        Self { asker: Some(Arc::new(BankCode(bank, self.asker.clone()))), ..self }
    }
}

fn answered(answer: impl Boundary) -> TypedAnswer {
    TypedAnswer::Value(answer.write(&mut Writer::new(Representation::Boundary)))
}
