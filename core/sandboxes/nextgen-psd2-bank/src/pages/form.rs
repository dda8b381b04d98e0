//! The form of the customer's page: `application/x-www-form-urlencoded`.

use bankchannel_server::http::query::{self, PlusSign, QueryFault};

/// The maximum size of a form, in bytes. For a customer with a hundred accounts it has a few kilobytes.
const MAX_BODY: usize = 64 * 1024;
/// The maximum number of fields.
const MAX_FIELDS: usize = 1000;

/// The customer's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CustomerForm {
    /// The redirect state.
    pub(crate) state: String,
    /// The key of the customer who answers; `None` if the form does not name one.
    pub(crate) customer: Option<String>,
    /// The keys of the accounts chosen by this customer.
    pub(crate) accounts: Vec<String>,
    /// Whether the customer approves.
    pub(crate) approve: bool,
}

/// Why a form cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FormFault {
    /// Too many bytes or fields.
    TooLarge,
    /// Not a form.
    Malformed,
    /// A field is missing or repeated.
    Field(&'static str),
}

impl CustomerForm {
    /// The maximum size of a body, in bytes.
    pub(crate) const MAX: usize = MAX_BODY;

    /// Parses a body. Accounts are in fields named `account`, or `account.KEY` if the page shows several customers. Of
    /// the latter, only those of the answering customer count: without script the page cannot leave out the others.
    ///
    /// # Errors
    /// Why it is not a form of this page.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, FormFault> {
        if body.len() > MAX_BODY {
            return Err(FormFault::TooLarge);
        }
        let body = std::str::from_utf8(body).map_err(|_| FormFault::Malformed)?;
        let fields = query::pairs(body, PlusSign::Space, MAX_FIELDS).map_err(|fault| match fault {
            QueryFault::TooMany => FormFault::TooLarge,
            QueryFault::Malformed => FormFault::Malformed,
        })?;
        let one = |name: &'static str| {
            let mut values = fields.iter().filter(|(given, _)| given == name).map(|(_, value)| value.as_str());
            let value = values.next();
            if values.next().is_some() { Err(FormFault::Field(name)) } else { Ok(value) }
        };
        let state = one("state")?.ok_or(FormFault::Field("state"))?.to_owned();
        let customer = one("customer")?.map(str::to_owned);
        let approve = match one("decision")? {
            Some("approve") => true,
            Some("refuse") => false,
            _ => return Err(FormFault::Field("decision")),
        };
        let is_own = |name: &str| match name.strip_prefix("account") {
            Some("") => true,
            Some(rest) => customer.as_deref().is_some_and(|customer| rest.strip_prefix('.') == Some(customer)),
            None => false,
        };
        let accounts = fields.iter().filter(|(name, _)| is_own(name)).map(|(_, value)| value.clone()).collect();
        Ok(Self { state, customer, accounts, approve })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_browsers_write_it() {
        let form =
            CustomerForm::parse(b"state=9d1f-1&customer=k%C3%A5ri+n&account=a%2B1&account=b%262&decision=approve")
                .unwrap();
        assert_eq!((form.state.as_str(), form.customer.as_deref(), form.approve), ("9d1f-1", Some("kåri n"), true));
        assert_eq!(form.accounts, ["a+1", "b&2"]);
        let form = CustomerForm::parse(b"decision=refuse&state=s").unwrap();
        assert_eq!((form.customer, form.accounts.len(), form.approve), (None, 0, false));
    }

    #[test]
    fn the_accounts_of_others_do_not_count() {
        let body =
            b"state=s&customer=kari&account.kari=k1&account.ola=o1&account.kari.x=no&accountkari=no&decision=approve";
        assert_eq!(CustomerForm::parse(body).unwrap().accounts, ["k1"]);
        assert!(CustomerForm::parse(b"state=s&account.kari=k1&decision=approve").unwrap().accounts.is_empty());
    }

    #[test]
    fn what_is_no_form_is_refused() {
        let malformed: [&[u8]; 3] = [b"\xff", b"state=%zz&decision=refuse", b"state=%ff&decision=refuse"];
        for body in malformed {
            assert_eq!(CustomerForm::parse(body), Err(FormFault::Malformed), "{body:?}");
        }
        for (body, name) in [
            ("", "state"),
            ("decision=approve", "state"),
            ("state=a&state=b&decision=approve", "state"),
            ("state=a", "decision"),
            ("state=a&decision=maybe", "decision"),
            ("state=a&decision=approve&decision=refuse", "decision"),
            ("state=a&customer=a&customer=b&decision=approve", "customer"),
        ] {
            assert_eq!(CustomerForm::parse(body.as_bytes()), Err(FormFault::Field(name)), "{body}");
        }
        let many = "account=x&".repeat(MAX_FIELDS) + "state=s&decision=approve";
        assert_eq!(CustomerForm::parse(many.as_bytes()), Err(FormFault::TooLarge));
        assert_eq!(CustomerForm::parse(&vec![b'a'; MAX_BODY + 1]), Err(FormFault::TooLarge));
    }
}
