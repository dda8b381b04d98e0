//! Every operation of the protocol, one file each, in one folder per subject.

pub mod profiles;
pub mod verification;

use bankchannel_foundation::{Declaration, OperationDocs, OperationKind, error::ErrorRow};

use crate::PROTOCOL;

/// The terms of an operation: these only compute, so they have none.
pub type SepaWebServicesTerms = ();

use SepaWebServicesTerms as Terms;

/// The command group of all its operations.
const GROUP: &str = "sepa";

/// Passes the list of operations to a macro.
#[macro_export]
macro_rules! for_each_operation {
    ($callback:path) => {
        $callback! {
            local verification::verify_message::VerifyMessage;
            local verification::explain_message::ExplainMessage;
            local profiles::list_profiles::ListProfiles;
        }
    };
}

for_each_operation!(bankchannel_foundation::operation_lists);

/// Builds the declaration of a local operation.
pub(crate) const fn local(
    name: &'static str,
    subject: &'static str,
    docs: OperationDocs,
    errors: &'static [&'static ErrorRow],
) -> Declaration {
    Declaration { group: Some(GROUP), ..Declaration::new(OperationKind::Local, PROTOCOL, subject, name, docs, errors) }
}
