//! Every operation of the module, one file each, in one folder per subject. All of them only compute.

pub mod banks;
pub mod checking;
pub mod making;
pub mod matching;
pub mod reading;

use bankchannel_foundation::{operation::OperationKind, prelude::*};

use crate::MODULE;

/// Operations of this module are not exchanges, so they have no terms.
pub type Terms = ();

/// Passes the list of operations to a macro.
#[macro_export]
macro_rules! for_each_operation {
    ($callback:path) => {
        $callback! {
            local reading::read_statement::ReadStatement;
            local reading::read_report::ReadReport;
            local reading::read_notification::ReadNotification;
            local reading::read_statement_page::ReadStatementPage;
            local reading::read_status_report::ReadStatusReport;
            local reading::read_payment::ReadPayment;
            local making::make_payment::MakePayment;
            local checking::check_payment::CheckPayment;
            local checking::check_statements::CheckStatements;
            local matching::match_status::MatchStatus;
            local banks::list_banks::ListBanks;
        }
    };
}

for_each_operation!(bankchannel_foundation::operation_lists);

/// A declaration whose command is in the module's own group.
pub(crate) const fn local(name: &'static str, subject: &'static str) -> Declaration {
    let declaration = Declaration::new(OperationKind::Local, MODULE, subject, name);
    Declaration { group: Some(MODULE), takes_time: true, ..declaration }
}
