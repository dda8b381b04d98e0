//! Data requests: the bank is asked while the hub waits, and the consent is applied to the answer.

use bankchannel_foundation::{
    Result, Secret,
    error::row,
    model::{Boundary, Object, Representation, Value, Writer},
    operation::Exchange as _,
    question::TypedQuestion,
};
use bankchannel_salt_edge::{
    class::{RefusedRequest, of_connector as class},
    connector::{
        operations::requests::{answer_accounts, answer_transactions},
        questions::{
            RefusedByBank,
            get_customer::{GetCustomer, GetCustomerQuestion},
            list_accounts::{ListAccounts, ListAccountsQuestion},
            list_transactions::{ListTransactions, ListTransactionsQuestion},
        },
    },
    hub::operations::{
        customers::fetch_customer::{FetchCustomer, FetchCustomerResponse},
        transactions::fetch_transactions::{FetchTransactions, FetchTransactionsResponse, TransactionsWanted},
    },
    model::{AccountConsent, AccountId, BankAccount, BankTransaction, ConsentScope, HttpAnswer},
};
use bankchannel_storage::salt_edge_connector::{ConnectorToken, PresentedToken};

use super::{
    ConnectorEngine, id_text,
    question::{QuestionSubject, RefusedAnswer, UnansweredQuestion},
    records::TokenRecord,
    requests::{busy, json_answer, refusal_of, token_refusal},
    unusable,
};

/// The account id in a consent to all accounts.
const ALL_ACCOUNTS: &str = "all";
/// The members of an account that only the balance scope reveals.
const OF_BALANCE: [&str; 3] = ["balance", "available_amount", "credit_limit"];

/// An answer, or a refusal.
pub(super) type FetchAnswer = std::result::Result<HttpAnswer, RefusedRequest>;

/// A valid token, its record, and how it was presented.
pub(super) struct TokenHolder<'a> {
    pub(super) token: &'a ConnectorToken,
    pub(super) record: &'a TokenRecord,
    pub(super) presented: PresentedToken,
}

impl TokenHolder<'_> {
    /// The subject of a question about this token.
    fn subject(&self) -> QuestionSubject {
        QuestionSubject::Token(self.token.id)
    }
}

impl ConnectorEngine<'_> {
    /// The accounts that a customer's consent covers.
    ///
    /// # Errors
    /// `resource.storage`, and the errors that end the call.
    pub(super) async fn accounts(&self, holder: &TokenHolder<'_>) -> Result<FetchAnswer> {
        let question = ListAccountsQuestion::new(
            holder.record.user_id.clone().unwrap_or_default(),
            holder.token.client_id.unsigned_abs(),
            id_text(holder.token.id),
        );
        let asked =
            self.ask::<ListAccounts>(question, holder.subject()).await.map(|answer| (answer.accounts, answer.refused));
        let accounts = match self.given::<ListAccounts, _>(holder, asked, "accounts")? {
            Ok(accounts) => accounts,
            Err(answered) => return Ok(answered),
        };
        if let Err(fault) = answer_accounts::check(&accounts) {
            return self.unanswered(self.senseless("bank.list_accounts", holder.subject(), fault.message()));
        }
        if let Some(refusal) = self.refused_meanwhile(holder).await? {
            return Ok(Err(refusal));
        }
        let consent = holder.record.consent.as_deref();
        let seen = accounts.into_iter().filter_map(|account| visible(account, consent));
        let mut body = Object::with_capacity(1);
        body.push("data", Value::Array(seen.collect()));
        Ok(Ok(json_answer(body)))
    }

    /// An account's transactions, if the consent covers them.
    ///
    /// # Errors
    /// As [`accounts`](Self::accounts).
    pub(super) async fn transactions(
        &self,
        holder: &TokenHolder<'_>,
        wanted: TransactionsWanted,
    ) -> Result<FetchAnswer> {
        let consent = holder.record.consent.as_deref();
        match granted(consent, &wanted.account_id) {
            None => return Ok(Err(refusal_of(&class::ACCOUNT_NOT_FOUND, 17))),
            Some(scopes) if !scopes.contains(&ConsentScope::Transactions) => {
                return Ok(Err(refusal_of(&class::ACCESS_DENIED, 16)));
            }
            Some(_) => {}
        }
        let account_id = wanted.account_id.clone();
        let question = ListTransactionsQuestion::new(
            holder.record.user_id.clone().unwrap_or_default(),
            wanted.account_id,
            wanted.from_date,
            wanted.to_date,
            holder.token.client_id.unsigned_abs(),
            id_text(holder.token.id),
        );
        let asked = self
            .ask::<ListTransactions>(question, holder.subject())
            .await
            .map(|answer| (answer.transactions, answer.refused));
        let transactions = match self.given::<ListTransactions, _>(holder, asked, "transactions")? {
            Ok(transactions) => transactions,
            Err(answered) => return Ok(answered),
        };
        if let Err(fault) = answer_transactions::check(&transactions) {
            return self.unanswered(self.senseless("bank.list_transactions", holder.subject(), fault.message()));
        }
        if transactions.iter().any(|transaction| transaction.account_id != account_id) {
            let why = "a transaction is on another account than was asked for";
            return self.unanswered(self.senseless("bank.list_transactions", holder.subject(), why));
        }
        if let Some(refusal) = self.refused_meanwhile(holder).await? {
            return Ok(Err(refusal));
        }
        let transactions = transactions.into_iter().map(BankTransaction::complete).collect();
        Ok(Ok(HttpAnswer::from_message(&FetchTransactions::encode_response(FetchTransactionsResponse::new(
            transactions,
        )))))
    }

    /// The bank's data on the customer.
    ///
    /// # Errors
    /// As [`accounts`](Self::accounts).
    pub(super) async fn customer(&self, holder: &TokenHolder<'_>) -> Result<FetchAnswer> {
        let question = GetCustomerQuestion::new(
            holder.record.user_id.clone().unwrap_or_default(),
            holder.token.client_id.unsigned_abs(),
            id_text(holder.token.id),
        );
        let asked =
            self.ask::<GetCustomer>(question, holder.subject()).await.map(|answer| (answer.customer, answer.refused));
        let customer = match self.given::<GetCustomer, _>(holder, asked, "customer")? {
            Ok(customer) => customer,
            Err(answered) => return Ok(answered),
        };
        if let Some(refusal) = self.refused_meanwhile(holder).await? {
            return Ok(Err(refusal));
        }
        Ok(Ok(HttpAnswer::from_message(&FetchCustomer::encode_response(FetchCustomerResponse::new(customer)))))
    }

    /// The bank's data, or else the answer for a refusal or a failure of the bank's code. The bank must give either
    /// `wanted` or a refusal.
    fn given<Q: TypedQuestion, T>(
        &self,
        holder: &TokenHolder<'_>,
        asked: std::result::Result<(Option<T>, Option<RefusedByBank>), UnansweredQuestion>,
        wanted: &str,
    ) -> Result<std::result::Result<T, FetchAnswer>> {
        let answered = match asked {
            Ok((Some(given), None)) => return Ok(Ok(given)),
            Ok((None, Some(refused))) => Err(refused_by_bank(RefusedAnswer::by_bank(refused))),
            Ok(_) => {
                let name = const { &Q::DECLARATION }.name;
                self.unanswered(self.senseless(name, holder.subject(), &format!("give {wanted}, or refused")))?
            }
            Err(unanswered) => self.unanswered(unanswered)?,
        };
        Ok(Err(answered))
    }

    /// Whether the token was revoked or expired while the bank was asked.
    async fn refused_meanwhile(&self, holder: &TokenHolder<'_>) -> Result<Option<RefusedRequest>> {
        let presented = PresentedToken { now: self.now(), ..holder.presented };
        let judged = self.store.token(presented).await.map_err(unusable)?;
        Ok(judged.err().map(token_refusal))
    }

    fn unanswered(&self, unanswered: UnansweredQuestion) -> Result<FetchAnswer> {
        match unanswered {
            UnansweredQuestion::Failed => Ok(Err(refused_by_bank(RefusedAnswer::failure()))),
            // The bank was too slow: the hub may retry.
            UnansweredQuestion::Broken(error) if error.code() == row::TIMED_OUT.code => {
                Ok(Ok(busy("The bank has not answered in time.", None)))
            }
            UnansweredQuestion::Away(after_s) => Ok(Ok(busy("The bank cannot answer now.", after_s))),
            UnansweredQuestion::Broken(error) | UnansweredQuestion::Nobody(error) => Err(error),
        }
    }
}

/// Converts a refusal by the bank to an answer.
fn refused_by_bank(refused: RefusedAnswer) -> RefusedRequest {
    let known = class::ALL.iter().find(|known| known.name == refused.class);
    // A class that is not allowed in an answer becomes a failure of the bank.
    let known = known.copied().unwrap_or(&class::INTERNAL_PROVIDER_ERROR);
    RefusedRequest::new(known, 0, refused.text)
}

/// The granted scopes of an account; `None` if the consent does not cover it.
fn granted<'c>(consent: Option<&'c [AccountConsent]>, account: &AccountId) -> Option<&'c [ConsentScope]> {
    const ALL: &[ConsentScope] = &[ConsentScope::Balance, ConsentScope::Transactions];
    let Some(consent) = consent else { return Some(ALL) };
    let of = |id: &str| consent.iter().find(|one| one.account_id == id).map(|one| one.scopes.as_slice());
    // An entry for the account itself takes precedence over the entry for all accounts.
    of(&account.0).or_else(|| of(ALL_ACCOUNTS))
}

/// An account with only the members that the consent covers.
fn visible(account: BankAccount, consent: Option<&[AccountConsent]>) -> Option<Value<'static>> {
    let scopes = granted(consent, &account.id)?;
    let Value::Object(mut members) = account.complete().write(&mut Writer::new(Representation::Wire)) else {
        return None;
    };
    if !scopes.contains(&ConsentScope::Balance) {
        for name in OF_BALANCE {
            members.remove(name);
        }
    }
    Some(Value::Object(members))
}

/// The only place that reads a token's text.
pub(super) fn presented(engine: &ConnectorEngine<'_>, token: &Secret, client_id: u64) -> PresentedToken {
    PresentedToken {
        access_token: engine.vault.access_token(token.expose()),
        client_id: i64::try_from(client_id).unwrap_or(i64::MAX),
        now: engine.now(),
    }
}
