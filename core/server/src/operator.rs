//! Commands of a service's operator: operations that the service, or the program of the operator, carries out on its data.
//!
//! A service declares them with [`operator_commands!`](crate::operator_commands), as a server its orders: documentation,
//! form, types and handler of each in one place. The socket of a running service and the program that opens the data folder
//! itself find and carry them out here.

use std::{any::Any, sync::Arc};

use bankchannel_foundation::{
    Error, Result,
    model::{Boundary, read_boundary},
    operation::{CatalogueEntry, OperatorForm},
};
use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::{
    counterpart::{only_known, with_nulls},
    hosted::{self, HostedOperation, RequestSource},
};

/// The page that has all commands.
const COMMANDS_PAGE: &str = "docs/reference/ws-channel-operator.md";

/// What carries out a command that needs no service and no data folder.
#[derive(Debug, Clone, Copy, Default)]
pub struct ThisProcess;

/// What carries out commands.
pub type AnyHost = Arc<dyn Any + Send + Sync>;

/// A command with the function that reads, carries out and writes it.
pub struct CallableCommand {
    /// Its declaration and shapes.
    pub entry: CatalogueEntry,
    /// Its form.
    pub form: &'static OperatorForm,
    run: fn(AnyHost, Value) -> BoxFuture<'static, Result<Value>>,
}

impl CallableCommand {
    /// The command of this type.
    #[must_use]
    pub const fn of<O: HostedOperation>() -> Self
    where
        O::Host: Sized,
    {
        let entry = CatalogueEntry::for_operation::<O>();
        let Some(form) = &entry.declaration.operator else { panic!("a command of an operator has a form") };
        Self { entry, form, run: run::<O> }
    }

    /// The command of this name, or of this name on the command line.
    ///
    /// # Errors
    /// `input.invalid_field` for one that there is not, with the nearest and those that there are.
    pub fn named(commands: &[&'static [Self]], name: &str) -> Result<&'static Self> {
        let all = || commands.iter().copied().flatten();
        let found = all().find(|one| one.entry.declaration.name == name || one.form.command == name);
        found.ok_or_else(|| {
            let known: Vec<String> = all().map(|one| one.form.command.to_owned()).collect();
            hosted::unknown_name("command", name, &known, |name| name, COMMANDS_PAGE)
        })
    }

    /// Carries it out.
    ///
    /// # Errors
    /// `input.*`, and the errors of the command.
    pub async fn carry_out(&self, host: AnyHost, request: Value) -> Result<Value> {
        let answer = (self.run)(host, request).await?;
        Ok(if self.form.writes_nulls { with_nulls(answer, self.entry.response) } else { answer })
    }
}

/// Reads the answer of a command, which a service of a later version may have given: what it adds is passed over.
///
/// # Errors
/// `input.*` for an answer that lacks something, or has it in another form.
pub fn read_answer<A: Boundary>(answer: Value) -> Result<A> {
    read_boundary(only_known(answer, A::SHAPE))
}

fn run<O: HostedOperation>(host: AnyHost, request: Value) -> BoxFuture<'static, Result<Value>>
where
    O::Host: Sized,
{
    Box::pin(async move {
        let host = host.downcast().map_err(|_| Error::internal("a command is not of this host"))?;
        // A command reaches the service by its socket, or is carried out as if it had.
        hosted::carry_out::<O>(host, request, None, RequestSource::Connection).await
    })
}

impl std::fmt::Debug for CallableCommand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.entry.declaration.name)
    }
}

/// Declares commands of a service's operator, and the list of them: see [`hosted_operations!`](crate::hosted_operations).
#[macro_export]
macro_rules! operator_commands {
    ($(#[doc = $of_list:literal])+ $visibility:vis static $list:ident: $host:ty, $kind:literal; $($commands:tt)+) => {
        $crate::hosted_operations! {
            [OperatorCommand, "operator", operator, $crate::operator::CallableCommand]
            $(#[doc = $of_list])+ $visibility static $list: $host, $kind; $($commands)+
        }
    };
}

#[cfg(test)]
mod tests {
    use bankchannel_foundation::model::Boundary;
    use serde_json::json;

    use super::{read_answer, with_nulls};

    /// An answer.
    #[derive(Debug, PartialEq, Boundary)]
    struct ListedItems {
        /// Items.
        items: Option<Vec<ListedItem>>,
    }

    /// An item of it.
    #[derive(Debug, PartialEq, Boundary)]
    struct ListedItem {
        /// The name.
        name: String,
        /// The note.
        note: Option<String>,
    }

    #[test]
    fn an_answer_of_a_later_version_is_read() {
        let later = json!({"items": [{"name": "a", "note": null, "colour": "red"}], "total": 1});
        let read: ListedItems = read_answer(later).unwrap();
        assert_eq!(read, ListedItems { items: Some(vec![ListedItem { name: "a".into(), note: None }]) });
        assert!(read_answer::<ListedItems>(json!({"items": [{}]})).is_err());
    }

    #[test]
    fn what_is_absent_is_null_but_for_a_list() {
        let with_nulls = |value| with_nulls(value, ListedItems::SHAPE);
        assert_eq!(with_nulls(json!({"items": [{"name": "a"}]})), json!({"items": [{"name": "a", "note": null}]}));
        assert_eq!(with_nulls(json!({})), json!({}));
    }
}
