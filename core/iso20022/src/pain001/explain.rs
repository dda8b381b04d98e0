//! All problems of a payment file, in one report for a person.

use serde::Serialize;

use super::{MESSAGE, Payment, account_problems, count_problems, creditor_problems, read, sum_problems};
use crate::problem::Problem;
use crate::schema::{self, Identity, MAX_PROBLEMS};
use crate::xml::{self, Tree};

/// The report on a payment file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The message that the file declares; absent if it could not be read as XML.
    pub identity: Option<Identity>,
    /// Its problems, at most [`MAX_PROBLEMS`]; empty for a good file.
    pub problems: Vec<Problem>,
    /// The payment itself, if the file could be read (it may still have wrong sums, counts or accounts).
    pub payment: Option<Payment>,
}

impl Report {
    /// Whether there are no problems, as far as can be checked without the bank's accounts.
    pub fn is_good(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Explains a payment file: wrong message, schema, then counts (`AM18`), sums (`AM10`), debtor and creditor check
/// digits (`AC02`, `AC01`). Only the bank can tell whether it has the debtor account and whether the account has enough
/// money.
pub fn explain(bytes: &[u8]) -> Report {
    let Examined { identity, payment, .. } = examine(bytes);
    let (problems, payment) = match payment {
        Ok(payment) => {
            let mut problems = count_problems(&payment);
            problems.extend(sum_problems(&payment));
            problems.extend(account_problems(&payment));
            problems.extend(creditor_problems(&payment).map(|(_, problem)| problem).take(MAX_PROBLEMS));
            problems.truncate(MAX_PROBLEMS);
            (problems, Some(payment))
        }
        Err(problems) => (problems, None),
    };
    Report { identity, problems, payment }
}

/// The readable part of a file.
pub(crate) struct Examined {
    pub(crate) identity: Option<Identity>,
    /// The message id, even of a file that breaks the schema elsewhere, so that an answer can name it.
    pub(crate) message_id: Option<String>,
    pub(crate) payment: Result<Payment, Vec<Problem>>,
}

/// Reads a file once for all purposes.
pub(crate) fn examine(bytes: &[u8]) -> Examined {
    let nothing = |problem| Examined { identity: None, message_id: None, payment: Err(vec![problem]) };
    let text = match xml::decode(bytes) {
        Ok(text) => text,
        Err(problem) => return nothing(problem),
    };
    let tree = match Tree::parse(&text) {
        Ok(tree) => tree,
        Err(problem) => return nothing(problem),
    };
    let root = match tree.root() {
        Ok(root) => root,
        Err(problem) => return nothing(problem),
    };
    let message_id = root.children().next().and_then(|message| message.text_at("GrpHdr/MsgId"));
    let payment = schema::validate_tree(MESSAGE, &tree).and_then(|()| read::from_tree(&tree));
    Examined { identity: Some(schema::identify_root(root)), message_id, payment }
}
