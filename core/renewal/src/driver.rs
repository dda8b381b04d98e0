//! Takes one step of a certificate's life after the other, each stored before it is taken. Where keys lie and how a bank is
//! asked is not known here: a folder and a client, or a service's database and its banks.

use std::{future::Future, pin::Pin};

use crate::{
    AttemptKind, CertificateAttempt, CertificateLife, CertificateRequests, CertificateSet, KnownPair, LifeEventRefused,
    RenewalDue, RenewalRules, RequestedKeys,
};

/// The later result of a store or a bank.
pub type PendingStep<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What became of a request that has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestEffect {
    /// Nothing left.
    NotSent,
    /// The bank has refused it.
    Refused {
        /// Whether trying again is pointless.
        stops: bool,
    },
    /// The bank may have done its part.
    Unknown,
    /// The bank has issued a certificate that cannot be used.
    Unfit,
}

/// An error of a store or a bank.
pub trait LifeStepFault: Sized + Send {
    /// The event, in words for a person.
    fn text(&self) -> String;

    /// The error for an event that does not fit the state.
    fn out_of_order(why: LifeEventRefused) -> Self;

    /// What became of the request that has failed with it.
    fn effect(&self) -> RequestEffect;

    /// The same error, before anything was sent.
    #[must_use]
    fn before_sending(self) -> Self;

    /// The same error, after the bank has issued a certificate that could not be stored.
    #[must_use]
    fn after_issuing(self) -> Self;

    /// The same error, whose effect could not be stored either.
    #[must_use]
    fn not_noted(self, storing: &Self) -> Self;
}

/// Where the keys and certificates of one customer are, held by this driver alone. Every method stores durably before it
/// returns.
pub trait CertificateStore: Send {
    /// The store's error.
    type Fault: LifeStepFault;

    /// Replaces the state.
    fn commit(&mut self, life: CertificateLife) -> PendingStep<'_, Result<(), Self::Fault>>;

    /// Stores new keys and their requests under a new name, which is returned.
    fn add_requests(&mut self, keys: RequestedKeys) -> PendingStep<'_, Result<String, Self::Fault>>;

    /// The requests of a pair, once it is known that its keys can be opened: no request is made for a key that stays closed.
    fn requests<'a>(&'a self, name: &'a str) -> PendingStep<'a, Result<CertificateRequests, Self::Fault>>;

    /// The certificates that were stored for an attempt before this ended, if the state does not know them.
    fn issued<'a>(&'a self, name: &'a str) -> PendingStep<'a, Result<Option<CertificateSet>, Self::Fault>>;

    /// Stores the certificates of a pair, then replaces the state.
    fn add_certificates<'a>(
        &'a mut self,
        name: &'a str,
        certificates: &'a CertificateSet,
        life: CertificateLife,
    ) -> PendingStep<'a, Result<(), Self::Fault>>;

    /// Removes the key that signs of a replaced pair whose other key is kept longer. It may be gone already.
    fn remove_signing_key<'a>(&'a mut self, name: &'a str) -> PendingStep<'a, Result<(), Self::Fault>>;

    /// Removes a replaced pair whose time is over.
    fn remove<'a>(&'a mut self, name: &'a str) -> PendingStep<'a, Result<(), Self::Fault>>;
}

/// The bank's answer about a new pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PairTrial {
    /// It has taken a request that was signed with it.
    Taken,
    /// It has refused it, for its certificate: why.
    Refused(String),
    /// It has said nothing about it.
    NotKnown,
}

/// One customer's bank, as its certificates see it.
pub trait CertificateBank: Send + Sync {
    /// The bank's error.
    type Fault: LifeStepFault;

    /// Now, Unix seconds.
    fn now_s(&self) -> i64;

    /// Makes keys and the requests for their certificates, once it is known that the bank can be asked, and that the key
    /// which is to sign can be opened. Nothing is sent.
    fn make_requests<'a>(&'a self, kind: &'a AttemptKind) -> PendingStep<'a, Result<RequestedKeys, Self::Fault>>;

    /// Asks for the certificates.
    fn issue<'a>(
        &'a self,
        kind: &'a AttemptKind,
        requests: &'a CertificateRequests,
    ) -> PendingStep<'a, Result<CertificateSet, Self::Fault>>;

    /// Sends a request that changes nothing, signed with this pair.
    fn try_pair<'a>(&'a self, name: &'a str) -> PendingStep<'a, Result<PairTrial, Self::Fault>>;
}

/// Why nothing more is done now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RenewalEnd {
    /// Nothing is due.
    Rests,
    /// A person has to act: the reason.
    Person(String),
    /// A first certificate was asked for: only the bank's code goes on with it.
    NeedsCode,
}

/// The work of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenewalRun {
    /// Whether a new certificate was issued.
    pub renewed: bool,
    /// Why it has ended.
    pub end: RenewalEnd,
}

/// The certificates of one customer while something is done with them.
pub struct CertificateDriver<S, B> {
    store: S,
    /// The bank.
    pub bank: B,
    /// The state as it is stored.
    life: CertificateLife,
    rules: RenewalRules,
}

impl<S, B> CertificateDriver<S, B>
where
    S: CertificateStore,
    B: CertificateBank<Fault = S::Fault>,
{
    /// Drives the pairs in the store, whose state is `life`.
    pub fn new(store: S, bank: B, life: CertificateLife, rules: RenewalRules) -> Self {
        Self { store, bank, life, rules }
    }

    /// The state as it is stored.
    pub fn life(&self) -> &CertificateLife {
        &self.life
    }

    /// The store.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// The step that is due now.
    pub fn due(&self) -> RenewalDue {
        self.life.due(self.rules, self.bank.now_s())
    }

    /// Changes the state and stores it.
    ///
    /// # Errors
    /// Those of the store; an event that does not fit the state.
    pub async fn change(
        &mut self,
        change: impl FnOnce(&mut CertificateLife) -> Result<(), LifeEventRefused>,
    ) -> Result<(), S::Fault> {
        let mut life = self.life.clone();
        change(&mut life).map_err(S::Fault::out_of_order)?;
        self.store.commit(life.clone()).await?;
        self.life = life;
        Ok(())
    }

    /// Asks for a first certificate, or goes on with one that was asked for: with the same request.
    ///
    /// # Errors
    /// Those of bank and store, once they are stored.
    pub async fn enrol(&mut self) -> Result<CertificateSet, S::Fault> {
        if self.life.attempt.is_none() {
            self.begin(AttemptKind::First).await?;
        }
        let Some(attempt) = self.life.attempt.clone() else {
            return Err(S::Fault::out_of_order(LifeEventRefused("there is no attempt")));
        };
        self.send(&attempt).await
    }

    /// Whether a person's new code may begin, or go on with, a first certificate; prepares the state for it.
    ///
    /// # Errors
    /// Those of the store; an event that does not fit the state: a certificate is in use, or asked for by a renewal.
    pub async fn ready_for_code(&mut self) -> Result<bool, S::Fault> {
        if self.life.is_first_under_way() || self.life == CertificateLife::default() {
            return Ok(true);
        }
        let now_s = self.bank.now_s();
        if self.life.clone().begin_anew(now_s).is_err() {
            return Ok(false);
        }
        self.change(|life| life.begin_anew(now_s)).await.map_err(S::Fault::before_sending)?;
        Ok(true)
    }

    /// Takes all steps that are due, at most one renewal. `now`: as if a renewal were due.
    ///
    /// # Errors
    /// Those of bank and store, once they are stored.
    pub async fn run(&mut self, now: bool) -> Result<RenewalRun, S::Fault> {
        let (mut renewed, mut forced) = (false, now);
        let end = loop {
            match self.due() {
                RenewalDue::Person(why) => break RenewalEnd::Person(why),
                // The bank's new certificate is due at once: it rests until another day.
                RenewalDue::Begin(_) if renewed => break RenewalEnd::Rests,
                RenewalDue::Begin(signed_with) => self.begin(AttemptKind::Next { signed_with }).await?,
                RenewalDue::Nothing(_) if forced => {
                    forced = false;
                    let life = &self.life;
                    let is_free = life.attempt.is_none() && life.switching.is_none();
                    if let Some(active) = life.active.clone().filter(|_| is_free) {
                        self.begin(AttemptKind::Next { signed_with: active.name }).await?;
                        let Some(attempt) = self.life.attempt.clone() else { continue };
                        self.send(&attempt).await?;
                        renewed = true;
                    }
                }
                RenewalDue::Send(attempt) if attempt.kind == AttemptKind::First => break RenewalEnd::NeedsCode,
                RenewalDue::Send(attempt) => {
                    self.send(&attempt).await?;
                    (renewed, forced) = (true, false);
                }
                RenewalDue::Try(name) => {
                    let now_s = self.bank.now_s();
                    match self.bank.try_pair(&name).await? {
                        PairTrial::Taken => self.note(|life| life.worked(&name, now_s)).await?,
                        PairTrial::Refused(why) => self.note(|life| life.did_not_work(&name, &why, now_s)).await?,
                        // The next run tries it again.
                        PairTrial::NotKnown => break RenewalEnd::Rests,
                    }
                }
                RenewalDue::Nothing(_) => break RenewalEnd::Rests,
            }
        };
        self.remove_retired().await?;
        Ok(RenewalRun { renewed, end })
    }

    /// Stores an event that may not concern this state.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn note(&mut self, event: impl FnOnce(&mut CertificateLife) -> bool) -> Result<(), S::Fault> {
        let mut life = self.life.clone();
        if event(&mut life) {
            self.store.commit(life.clone()).await?;
            self.life = life;
        }
        Ok(())
    }

    /// Makes keys and the requests for their certificates, and begins an attempt with them. Nothing is sent.
    async fn begin(&mut self, kind: AttemptKind) -> Result<(), S::Fault> {
        let begun = self.try_begin(kind).await;
        begun.map_err(S::Fault::before_sending)
    }

    async fn try_begin(&mut self, kind: AttemptKind) -> Result<(), S::Fault> {
        let keys = self.bank.make_requests(&kind).await?;
        let name = self.store.add_requests(keys).await?;
        let now_s = self.bank.now_s();
        self.change(|life| life.begin(name, kind, now_s)).await
    }

    /// Sends the request of the attempt, the same one each time, and stores what becomes of it.
    async fn send(&mut self, attempt: &CertificateAttempt) -> Result<CertificateSet, S::Fault> {
        let requests = self.store.requests(&attempt.pair).await.map_err(S::Fault::before_sending)?;
        if attempt.sent > 0
            && let Some(certificates) = self.store.issued(&attempt.pair).await.map_err(S::Fault::before_sending)?
        {
            // They were stored, and this ended before the state was: the bank need not be asked again.
            self.keep(&attempt.pair, &certificates).await.map_err(S::Fault::before_sending)?;
            return Ok(certificates);
        }
        // Stored before the first byte leaves.
        self.change(CertificateLife::sending).await.map_err(S::Fault::before_sending)?;
        match self.bank.issue(&attempt.kind, &requests).await {
            // What cannot be stored now is asked for again, with the same request.
            Ok(certificates) => {
                self.keep(&attempt.pair, &certificates).await.map_err(S::Fault::after_issuing)?;
                Ok(certificates)
            }
            Err(fault) => {
                let (why, now_s) = (fault.text(), self.bank.now_s());
                let noted = self.change(|life| match fault.effect() {
                    RequestEffect::NotSent => life.not_sent(now_s),
                    RequestEffect::Refused { stops } => life.refused(why, stops, now_s),
                    RequestEffect::Unknown => life.unknown(now_s),
                    RequestEffect::Unfit => life.unusable(why, now_s),
                });
                // Otherwise the state says that it was sent, and the same request is sent again: nothing is lost by that.
                Err(match noted.await {
                    Ok(()) => fault,
                    Err(storing) => fault.not_noted(&storing),
                })
            }
        }
    }

    /// Stores the certificates of the attempt.
    async fn keep(&mut self, name: &str, certificates: &CertificateSet) -> Result<(), S::Fault> {
        let mut life = self.life.clone();
        let (pair, now_s) = (KnownPair::new(name.to_owned(), certificates), self.bank.now_s());
        life.issued(pair, self.rules, now_s).map_err(S::Fault::out_of_order)?;
        self.store.add_certificates(name, certificates, life.clone()).await?;
        self.life = life;
        Ok(())
    }

    /// Removes the replaced pairs whose time is over.
    async fn remove_retired(&mut self) -> Result<(), S::Fault> {
        let (now_s, rules) = (self.bank.now_s(), self.rules);
        let names: Vec<String> = self.life.signing_no_more(rules, now_s).map(|one| one.pair.name.clone()).collect();
        if !names.is_empty() {
            for name in &names {
                self.store.remove_signing_key(name).await?;
            }
            self.change(|life| {
                life.sign_no_more(rules, now_s);
                Ok(())
            })
            .await?;
        }
        let over = self.life.clone().forget_retired(rules, now_s);
        if over.is_empty() {
            return Ok(());
        }
        // The pairs first: if this ends in between, the state still names the pairs to remove.
        for one in &over {
            self.store.remove(&one.pair.name).await?;
        }
        self.change(|life| {
            life.forget_retired(rules, now_s);
            Ok(())
        })
        .await
    }
}
