//! Questions of a call to its program, with typed answers: declared once, generated as an interface in every language.
//!
//! ```text
//!   call ──► question: name, request ──► a method of the program's own object ──► answer ──► call continues
//! ```

pub use bankchannel_macros::TypedQuestion;

use crate::model::{Boundary, Shape};

/// A question of a call to its program, which `#[derive(TypedQuestion)]` declares.
pub trait TypedQuestion: Send + Sync + 'static {
    /// The question's content.
    type Request: Boundary;
    /// The answer.
    type Answer: Boundary;
    /// Name and documentation.
    const DECLARATION: QuestionDeclaration;
}

/// The static description of a question.
#[derive(Debug)]
pub struct QuestionDeclaration {
    /// The interface's option and the method: `bank.list_accounts`.
    pub name: &'static str,
    /// One line.
    pub summary: &'static str,
    /// The full documentation.
    pub doc: &'static str,
}

/// A declaration with its shapes.
#[derive(Debug, Clone, Copy)]
pub struct QuestionEntry {
    /// The declaration.
    pub declaration: &'static QuestionDeclaration,
    /// The request's shape.
    pub request: &'static Shape,
    /// The answer's shape.
    pub answer: &'static Shape,
}

impl QuestionEntry {
    /// The entry of a question.
    #[must_use]
    pub const fn for_question<Q: TypedQuestion>() -> Self {
        Self { declaration: &Q::DECLARATION, request: Q::Request::SHAPE, answer: Q::Answer::SHAPE }
    }

    /// The method's name: `list_accounts`.
    #[must_use]
    pub fn method(&self) -> &'static str {
        self.declaration.name.split_once('.').map_or(self.declaration.name, |(_, method)| method)
    }
}

/// The questions that one object of a program answers.
#[derive(Debug)]
pub struct Interface {
    /// The interface's name in every language: `SaltEdgeBank`.
    pub name: &'static str,
    /// The client's option for the object, which is also the prefix of the questions' names: `bank`.
    pub option: &'static str,
    /// Its description, in one line.
    pub what: &'static str,
    /// The questions.
    pub questions: &'static [QuestionEntry],
}
