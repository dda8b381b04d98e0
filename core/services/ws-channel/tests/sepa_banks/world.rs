//! A service with four banks, which are one sandbox bank in four dialects; their clocks move together.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use bankchannel_foundation::Error;
use bankchannel_storage::ws_channel::AuditFilter;
use bankchannel_ws_channel_service::{
    Channels, ServiceOptions,
    operator::{AuditLine, CertificateInfo, ServiceOperator},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    sandbox::{BANKS, Sandbox},
    served::{Answer, Person, Served, Signer},
};

pub(crate) const DAY_S: i64 = 86_400;

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) served: Served,
}

impl std::ops::Deref for World {
    type Target = Sandbox;

    fn deref(&self) -> &Sandbox {
        &self.sandbox
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with("").await
    }

    pub(crate) async fn with(config: &str) -> Self {
        let sandbox = Sandbox::new().await;
        let served = Served::with(&format!("{config}\n{}", sandbox.config()), Channels::default()).await;
        Self { sandbox, served }
    }

    /// Stops the service, and starts it again with the same data.
    pub(crate) async fn again(self, config: &str) -> Self {
        let config = format!("{config}\n{}", self.sandbox.config());
        Self { served: self.served.again(&config).await, ..self }
    }

    /// Now, by the service's clock, Unix seconds.
    pub(crate) fn now_s(&self) -> i64 {
        jiff::Timestamp::now().as_second() + self.passed_s.load(Ordering::SeqCst)
    }

    /// Moves both clocks.
    pub(crate) async fn pass(&self, seconds: i64) {
        self.passed_s.fetch_add(seconds, Ordering::SeqCst);
        self.order("sandbox/time", json!({ "advance_s": seconds })).await;
        self.served.control("clock", json!({ "advance_s": seconds })).await;
    }

    /// Enrols an account as a customer of a bank.
    pub(crate) async fn enrol(&self, who: &Person, bank: &str, family: &str, customer: &Value) -> Answer {
        let body = self.enrolment(family, customer).await;
        self.served.admin(who, Method::POST, &format!("/certs/{bank}"), Some(body)).await
    }

    /// An account with an authorize key, and a certificate at every bank.
    pub(crate) async fn customer(&self, email: &str) -> (Person, Signer) {
        let person = self.served.owner(email).await;
        for (bank, family, ..) in BANKS {
            self.enrol(&person, bank, family, &self.new_customer(family).await).await.ok(201);
        }
        let signer = Signer::new(email);
        self.served.register_key(&person, &signer, "authorize").await.ok(201);
        (person, signer)
    }

    pub(crate) fn operator(&self) -> ServiceOperator {
        let data = self.served.folder.path().join("data");
        let options = ServiceOptions {
            data: Some(data.display().to_string()),
            config: Some(self.served.folder.path().join("config.toml").display().to_string()),
            ..ServiceOptions::default()
        };
        ServiceOperator::from_options(&options).unwrap()
    }

    /// Has a certificate renewed now.
    pub(crate) async fn renew(&self, email: &str, bank: &str) -> CertificateInfo {
        self.once_free(async |operator| operator.renew_certificate(email, bank).await).await.unwrap()
    }

    /// Goes on with a renewal that has stopped.
    pub(crate) async fn resume(&self, email: &str, bank: &str) -> CertificateInfo {
        self.once_free(async |operator| operator.resume_certificate(email, bank).await).await.unwrap()
    }

    /// Gives an order again while the service works on the certificate.
    async fn once_free(
        &self,
        order: impl AsyncFn(ServiceOperator) -> Result<CertificateInfo, Error>,
    ) -> Result<CertificateInfo, Error> {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            match order(self.operator()).await {
                Err(error) if error.code() == "peer.unavailable" && Instant::now() < until => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                done => return done,
            }
        }
    }

    /// Waits until the service has given a certificate back, which it does after that is seen to be done.
    pub(crate) async fn wait_until_free(&self, email: &str, bank: &str) {
        // Nothing has stopped: the order is refused, without an effect.
        let ordered = self.once_free(async |operator| operator.resume_certificate(email, bank).await).await;
        let is_held = ordered.is_err_and(|error| error.code() == "peer.unavailable");
        assert!(!is_held, "the certificate of {email} at {bank} is still held");
    }

    /// Every certificate, as the operator sees it.
    pub(crate) async fn certificates(&self) -> Vec<CertificateInfo> {
        self.operator().certificates().await.unwrap().certificates
    }

    /// Waits until all certificates are as wanted.
    pub(crate) async fn wait_until(
        &self,
        what: &str,
        wanted: impl Fn(&[CertificateInfo]) -> bool,
    ) -> Vec<CertificateInfo> {
        let until = Instant::now() + Duration::from_secs(180);
        loop {
            let all = self.certificates().await;
            if wanted(&all) {
                return all;
            }
            if Instant::now() >= until {
                let failed = self.recorded("ws_channel.renew_cert", "failed").await;
                panic!("{what}: {all:#?} {failed:?}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The records of an operation, once there are so many.
    pub(crate) async fn wait_recorded(&self, operation: &str, outcome: &str, count: usize) -> Vec<AuditLine> {
        loop {
            let all = self.recorded(operation, outcome).await;
            if all.len() >= count {
                return all;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The records of an operation.
    pub(crate) async fn recorded(&self, operation: &str, outcome: &str) -> Vec<AuditLine> {
        let filter = AuditFilter {
            operation: Some(operation.to_owned()),
            outcome: Some(outcome.to_owned()),
            ..AuditFilter::default()
        };
        self.operator().audit(filter).await.unwrap()
    }
}

/// The serial numbers of an account's certificates, by name.
pub(crate) fn serials(listed: &Value) -> Vec<(String, String)> {
    let text = |c: &Value, name: &str| c[name].as_str().unwrap().to_owned();
    listed["Certs"].as_array().unwrap().iter().map(|c| (text(c, "CertName"), text(c, "Serial"))).collect()
}
