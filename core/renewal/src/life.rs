//! The state, and what changes it.

use serde::{Deserialize, Serialize};

use crate::{AttemptKind, AttemptPhase, CertificateAttempt, CertificateSet, RenewalRules};

/// A key with its certificate, and the one that decrypts, if there is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownPair {
    /// The name under which it is stored.
    pub name: String,
    /// The serial number of the certificate that signs, hex.
    pub serial: String,
    /// From when on it holds, both do, Unix seconds.
    pub not_before_s: i64,
    /// Until when.
    pub not_after_s: i64,
}

impl KnownPair {
    /// The pair with these certificates.
    #[must_use]
    pub fn new(name: String, certificates: &CertificateSet) -> Self {
        let (not_before_s, not_after_s) = certificates.validity_s();
        Self { name, serial: certificates.signing.serial_hex(), not_before_s, not_after_s }
    }

    /// Whether it holds at this time. One that begins in some minutes does: clocks differ.
    #[must_use]
    pub fn holds_at(&self, now_s: i64) -> bool {
        now_s <= self.not_after_s && self.begins_after(now_s).is_none()
    }

    /// When it begins, Unix seconds, if that is later than now.
    #[must_use]
    pub fn begins_after(&self, now_s: i64) -> Option<i64> {
        (self.not_before_s > now_s + RenewalRules::CLOCKS_DIFFER_S).then_some(self.not_before_s)
    }
}

/// A pair that was issued and has not been used with success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwitchingPair {
    /// The pair.
    pub pair: KnownPair,
    /// Since when it is there, Unix seconds.
    pub since_s: i64,
    /// Before this time it is not tried again: the bank did not take it.
    pub rests_until_s: i64,
}

/// A pair that was replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetiredPair {
    /// The pair.
    pub pair: KnownPair,
    /// When it was replaced, Unix seconds.
    pub at_s: i64,
    /// Whether the key that signs was removed, as the one that decrypts is kept longer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub signs_no_more: bool,
}

impl RetiredPair {
    fn new(pair: KnownPair, at_s: i64) -> Self {
        Self { pair, at_s, signs_no_more: false }
    }
}

/// Why nothing more is tried until a person has acted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewalStop {
    /// The message to a person.
    pub why: String,
    /// Since when, Unix seconds.
    pub at_s: i64,
    /// Whether somebody was told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_told: bool,
}

impl RenewalStop {
    fn new(why: String, at_s: i64) -> Self {
        Self { why, at_s, is_told: false }
    }
}

/// The certificates of one customer at one bank.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CertificateLife {
    /// The pair in use.
    pub active: Option<KnownPair>,
    /// The request that is under way.
    pub attempt: Option<CertificateAttempt>,
    /// The new pair, until it has worked once.
    pub switching: Option<SwitchingPair>,
    /// Replaced pairs, the oldest first.
    pub retired: Vec<RetiredPair>,
    /// Why nothing is tried.
    pub stopped: Option<RenewalStop>,
    /// Failed attempts since the last success.
    pub failures: u32,
    /// Before this time no attempt is made, Unix seconds.
    pub rests_until_s: i64,
    /// The days before the end of the active certificate for which somebody was told.
    pub told_days: Vec<u32>,
    /// Whether a person wants the next certificate now, although it is not due.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub wanted: bool,
}

/// The next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RenewalDue {
    /// Nothing before this time, Unix seconds; `None` if there is nothing to wait for.
    Nothing(Option<i64>),
    /// Begin an attempt for the next certificate, signed with this pair.
    Begin(String),
    /// Send the request of this attempt, which is stored: the same one, if it was sent before.
    Send(CertificateAttempt),
    /// Try the new pair, by a request that changes nothing.
    Try(String),
    /// A person has to act: the reason.
    Person(String),
}

/// An event that cannot be in this state: a mistake of the driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LifeEventRefused(pub &'static str);

impl std::fmt::Display for LifeEventRefused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for LifeEventRefused {}

type Taken = Result<(), LifeEventRefused>;

impl CertificateLife {
    /// A pair that was brought along becomes the active one.
    ///
    /// # Errors
    /// Another pair is there or under way.
    pub fn adopt(&mut self, pair: KnownPair) -> Taken {
        if self.active.is_some() || self.attempt.is_some() || self.switching.is_some() {
            return Err(LifeEventRefused("a certificate is there already, or under way"));
        }
        self.active = Some(pair);
        Ok(())
    }

    /// Replaces an active pair that has ended: another one may be brought along.
    pub fn retire_ended(&mut self, now_s: i64) {
        if self.active.as_ref().is_some_and(|active| now_s > active.not_after_s) {
            self.retire_active(now_s);
        }
    }

    /// The pair that begins later, if none holds now.
    #[must_use]
    pub fn awaited(&self, now_s: i64) -> Option<&KnownPair> {
        if self.usable(now_s).is_some() {
            return None;
        }
        let new = self.switching.as_ref().map(|new| &new.pair);
        new.into_iter().chain(&self.active).find(|pair| pair.begins_after(now_s).is_some())
    }

    /// A person has a new code of the bank, because the present state leads nowhere: it was stopped, or no certificate holds. A
    /// request that is under way stays the same, so that no key is forgotten, and is sent with the code; a new pair that the
    /// bank does not take is replaced.
    ///
    /// # Errors
    /// A certificate is in use or on its way; no person is needed.
    pub fn begin_anew(&mut self, now_s: i64) -> Taken {
        if self.stopped.is_none() && (self.usable(now_s).is_some() || self.awaited(now_s).is_some()) {
            return Err(LifeEventRefused("a certificate is in use, or on its way"));
        }
        if let Some(attempt) = &mut self.attempt {
            attempt.kind = AttemptKind::First;
        }
        self.retired.extend(self.switching.take().map(|new| RetiredPair::new(new.pair, now_s)));
        self.start_over();
        Ok(())
    }

    /// The step to take at this time.
    #[must_use]
    pub fn due(&self, rules: RenewalRules, now_s: i64) -> RenewalDue {
        if let Some(stop) = &self.stopped {
            return RenewalDue::Person(stop.why.clone());
        }
        if let Some(attempt) = &self.attempt {
            return if RenewalRules::lasts(self.rests_until_s, now_s) {
                RenewalDue::Nothing(Some(self.rests_until_s))
            } else {
                RenewalDue::Send(attempt.clone())
            };
        }
        if let Some(switching) = &self.switching {
            return if let Some(begins_s) = switching.pair.begins_after(now_s) {
                RenewalDue::Nothing(Some(begins_s))
            } else if RenewalRules::lasts(switching.rests_until_s, now_s) {
                RenewalDue::Nothing(Some(switching.rests_until_s))
            } else {
                RenewalDue::Try(switching.pair.name.clone())
            };
        }
        if let Some(begins_s) = self.active.as_ref().and_then(|active| active.begins_after(now_s)) {
            return RenewalDue::Nothing(Some(begins_s));
        }
        match &self.active {
            None => RenewalDue::Person("there is no certificate: enrol with a code of the bank".to_owned()),
            Some(active) if !active.holds_at(now_s) => {
                RenewalDue::Person("the certificate has ended: the bank gives a new code for a first one".to_owned())
            }
            Some(active) => {
                if self.wanted {
                    return RenewalDue::Begin(active.name.clone());
                }
                let due_s = rules.due_at(active.not_before_s, active.not_after_s);
                let rests = RenewalRules::lasts(self.rests_until_s, now_s);
                let due_s = if rests { due_s.max(self.rests_until_s) } else { due_s };
                if now_s < due_s { RenewalDue::Nothing(Some(due_s)) } else { RenewalDue::Begin(active.name.clone()) }
            }
        }
    }

    /// The pair that signs at this time: the new one, unless the bank did not take it a short time ago.
    #[must_use]
    pub fn usable(&self, now_s: i64) -> Option<&KnownPair> {
        let old = self.active.as_ref().filter(|pair| pair.holds_at(now_s));
        let new = self.switching.as_ref().filter(|new| new.pair.holds_at(now_s));
        match (old, new) {
            (Some(old), Some(new)) if RenewalRules::lasts(new.rests_until_s, now_s) => Some(old),
            (old, new) => new.map(|new| &new.pair).or(old),
        }
    }

    /// A new attempt: its key and request are stored, and nothing was sent.
    ///
    /// # Errors
    /// Another one is under way, or a new pair has not worked yet: it would be replaced.
    pub fn begin(&mut self, pair: String, kind: AttemptKind, now_s: i64) -> Taken {
        if self.attempt.is_some() {
            return Err(LifeEventRefused("an attempt is under way: it is resumed, never replaced"));
        }
        if self.switching.is_some() {
            return Err(LifeEventRefused("a new pair is there and has not worked yet"));
        }
        if let AttemptKind::Next { signed_with } = &kind
            && self.active.as_ref().is_none_or(|active| active.name != *signed_with)
        {
            return Err(LifeEventRefused("the next certificate is signed with the active pair"));
        }
        let phase = AttemptPhase::Prepared;
        self.attempt = Some(CertificateAttempt { pair, kind, phase, begun_s: now_s, sent: 0 });
        self.stopped = None;
        self.wanted = false;
        // A pause before it is over: a person may have wanted it sooner.
        self.rests_until_s = 0;
        Ok(())
    }

    /// A person wants the next certificate now, although it is not due.
    ///
    /// # Errors
    /// No certificate is in use that could ask for it, or another one is under way.
    pub fn want_next(&mut self, now_s: i64) -> Taken {
        if self.attempt.is_some() || self.switching.is_some() {
            return Err(LifeEventRefused("another one is under way already"));
        }
        if self.active.as_ref().is_none_or(|active| !active.holds_at(now_s)) {
            return Err(LifeEventRefused("no certificate is in use that could ask for the next one"));
        }
        self.wanted = true;
        Ok(())
    }

    /// The request is about to leave. To be stored before the first byte does.
    ///
    /// # Errors
    /// There is no attempt.
    pub fn sending(&mut self) -> Taken {
        let attempt = self.attempt.as_mut().ok_or(LifeEventRefused("there is no attempt"))?;
        attempt.phase = AttemptPhase::Sent;
        attempt.sent += 1;
        Ok(())
    }

    /// The bank has issued the certificate of the attempt's key.
    ///
    /// # Errors
    /// There is no attempt that was sent, or the pair is another one.
    pub fn issued(&mut self, pair: KnownPair, rules: RenewalRules, now_s: i64) -> Taken {
        let is_its = |attempt: &CertificateAttempt| attempt.phase == AttemptPhase::Sent && attempt.pair == pair.name;
        if !self.attempt.as_ref().is_some_and(is_its) {
            return Err(LifeEventRefused("no such request was sent"));
        }
        self.attempt = None;
        self.start_over();
        if rules.supersedes_at_once {
            self.retire_active(now_s);
        }
        self.switching = Some(SwitchingPair { pair, since_s: now_s, rests_until_s: 0 });
        Ok(())
    }

    /// The bank has answered with a certificate that cannot be used, or the attempt's key cannot be opened: the attempt and
    /// its key stay, and a person decides.
    ///
    /// # Errors
    /// There is no attempt that was sent.
    pub fn unusable(&mut self, why: String, now_s: i64) -> Taken {
        let is_sent = |attempt: &CertificateAttempt| attempt.phase == AttemptPhase::Sent;
        if !self.attempt.as_ref().is_some_and(is_sent) {
            return Err(LifeEventRefused("no request was sent"));
        }
        self.stopped = Some(RenewalStop::new(why, now_s));
        Ok(())
    }

    /// The key of the new pair cannot be opened, though that of another one can: it was made under another passphrase. The
    /// present pair goes on, if it holds, and the new one is kept with those that were replaced; otherwise a person decides.
    /// Returns whether something has changed.
    pub fn set_new_aside(&mut self, why: String, now_s: i64) -> bool {
        let holds = self.active.as_ref().is_some_and(|active| active.holds_at(now_s));
        match self.switching.take_if(|_| holds) {
            Some(new) => {
                self.retired.push(RetiredPair::new(new.pair, now_s));
                self.start_over();
                true
            }
            None if self.switching.is_some() && self.stopped.is_none() => {
                self.stopped = Some(RenewalStop::new(why, now_s));
                true
            }
            None => false,
        }
    }

    /// What became of the request is not known: it is resumed, with the same request, after a pause.
    ///
    /// # Errors
    /// There is no attempt that was sent.
    pub fn unknown(&mut self, now_s: i64) -> Taken {
        let is_sent = |attempt: &CertificateAttempt| attempt.phase == AttemptPhase::Sent;
        if !self.attempt.as_ref().is_some_and(is_sent) {
            return Err(LifeEventRefused("no request was sent"));
        }
        self.rest(now_s);
        Ok(())
    }

    /// The bank has refused the request. If an earlier sending of it may have had an effect, the attempt and its key stay,
    /// and a person decides; otherwise it is over. `stops` is whether trying again is pointless.
    ///
    /// # Errors
    /// There is no attempt that was sent.
    pub fn refused(&mut self, why: String, stops: bool, now_s: i64) -> Taken {
        let attempt = self.attempt.as_ref().filter(|attempt| attempt.phase == AttemptPhase::Sent);
        let Some(attempt) = attempt else { return Err(LifeEventRefused("no request was sent")) };
        if attempt.sent > 1 {
            self.stopped = Some(RenewalStop::new(why, now_s));
            return Ok(());
        }
        self.attempt = None;
        if stops {
            self.stopped = Some(RenewalStop::new(why, now_s));
        } else {
            self.rest(now_s);
        }
        Ok(())
    }

    /// The request did not leave: the attempt stays as it was before it was to be sent.
    ///
    /// # Errors
    /// There is no attempt that was to be sent.
    pub fn not_sent(&mut self, now_s: i64) -> Taken {
        let attempt = self.attempt.as_mut().filter(|attempt| attempt.phase == AttemptPhase::Sent);
        let Some(attempt) = attempt else { return Err(LifeEventRefused("no request was to be sent")) };
        attempt.sent = attempt.sent.saturating_sub(1);
        if attempt.sent == 0 {
            attempt.phase = AttemptPhase::Prepared;
        }
        self.rest(now_s);
        Ok(())
    }

    /// A person gives an attempt up: the store keeps its key with the replaced ones.
    ///
    /// # Errors
    /// There is no attempt.
    pub fn discard(&mut self) -> Result<CertificateAttempt, LifeEventRefused> {
        let attempt = self.attempt.take().ok_or(LifeEventRefused("there is no attempt"))?;
        self.start_over();
        Ok(attempt)
    }

    /// A signed request with this pair was taken by the bank. Returns whether something has changed.
    pub fn worked(&mut self, name: &str, now_s: i64) -> bool {
        let is_new = self.switching.as_ref().is_some_and(|new| new.pair.name == name);
        let Some(new) = self.switching.take_if(|_| is_new) else { return false };
        // One that is due at once, as near the end of an authority, is not replaced without end.
        let has_replaced = self.active.is_some() || self.retired.last().is_some_and(|old| old.at_s == new.since_s);
        self.rests_until_s = if has_replaced { now_s + RenewalRules::LONGEST_PAUSE_S } else { 0 };
        self.failures = 0;
        self.retire_active(now_s);
        self.active = Some(new.pair);
        self.told_days.clear();
        true
    }

    /// The bank has refused a signed request with this pair, for its certificate. A new pair rests for a while, as the bank
    /// may not know it yet; after a day a person has to look. Returns whether something has changed.
    pub fn did_not_work(&mut self, name: &str, why: &str, now_s: i64) -> bool {
        let Some(new) = self.switching.as_mut().filter(|new| new.pair.name == name) else { return false };
        new.rests_until_s = now_s + RenewalRules::TRIAL_PAUSE_S;
        if now_s - new.since_s > RenewalRules::TRIAL_S && self.stopped.is_none() {
            let why = format!("the bank does not take the new certificate: {why}");
            self.stopped = Some(RenewalStop::new(why, now_s));
        }
        true
    }

    /// A person has acted: go on.
    pub fn resume(&mut self) {
        self.start_over();
        if let Some(new) = &mut self.switching {
            new.rests_until_s = 0;
        }
    }

    /// The days before the end of the certificate in use for which somebody is to be told now.
    #[must_use]
    pub fn untold_days(&self, now_s: i64) -> Option<u32> {
        let active = self.active.as_ref()?;
        let days = RenewalRules::alert_days(active.not_before_s, active.not_after_s, now_s)?;
        (!self.told_days.contains(&days)).then_some(days)
    }

    /// The same, once each.
    pub fn tell_days(&mut self, now_s: i64) -> Option<u32> {
        let days = self.untold_days(now_s);
        self.told_days.extend(days);
        days
    }

    /// Whether a first certificate is asked for, with the bank's code: only its customer goes on with that.
    #[must_use]
    pub fn is_first_under_way(&self) -> bool {
        self.attempt.as_ref().is_some_and(|attempt| attempt.kind == AttemptKind::First)
    }

    /// Whether somebody is to be told now that nothing more is tried. Who asks for a first certificate is answered.
    #[must_use]
    pub fn is_stop_untold(&self) -> bool {
        !self.is_first_under_way() && self.stopped.as_ref().is_some_and(|stop| !stop.is_told)
    }

    /// The same, once each time.
    pub fn tell_stop(&mut self) -> bool {
        let is_untold = self.is_stop_untold();
        if let Some(stop) = &mut self.stopped {
            stop.is_told |= is_untold;
        }
        is_untold
    }

    /// Takes out the replaced pairs that need not be kept any longer.
    pub fn forget_retired(&mut self, rules: RenewalRules, now_s: i64) -> Vec<RetiredPair> {
        let is_over = |one: &RetiredPair| now_s - one.at_s > rules.retired_s();
        let (over, kept) = std::mem::take(&mut self.retired).into_iter().partition(is_over);
        self.retired = kept;
        over
    }

    /// The replaced pairs whose key that signs need not be kept any longer, though the one that decrypts is.
    pub fn signing_no_more(&self, rules: RenewalRules, now_s: i64) -> impl Iterator<Item = &RetiredPair> {
        let is_over = move |one: &&RetiredPair| now_s - one.at_s > RenewalRules::RETIRED_S;
        self.retired.iter().filter(move |one| rules.decrypts && !one.signs_no_more).filter(is_over)
    }

    /// Notes that those keys were removed.
    pub fn sign_no_more(&mut self, rules: RenewalRules, now_s: i64) {
        let names: Vec<String> = self.signing_no_more(rules, now_s).map(|one| one.pair.name.clone()).collect();
        for one in self.retired.iter_mut().filter(|one| names.contains(&one.pair.name)) {
            one.signs_no_more = true;
        }
    }

    /// When the next key of a replaced pair need not be kept any longer, Unix seconds.
    #[must_use]
    pub fn forgets_at_s(&self, rules: RenewalRules) -> Option<i64> {
        let kept_s = |one: &RetiredPair| match rules.decrypts && !one.signs_no_more {
            true => RenewalRules::RETIRED_S,
            false => rules.retired_s(),
        };
        self.retired.iter().map(|one| one.at_s + kept_s(one) + 1).min()
    }

    fn retire_active(&mut self, now_s: i64) {
        self.retired.extend(self.active.take().map(|pair| RetiredPair::new(pair, now_s)));
    }

    /// Forgets the failures so far.
    fn start_over(&mut self) {
        (self.stopped, self.failures, self.rests_until_s) = (None, 0, 0);
    }

    fn rest(&mut self, now_s: i64) {
        self.failures = self.failures.saturating_add(1);
        self.rests_until_s = now_s + RenewalRules::pause_s(self.failures);
    }
}
