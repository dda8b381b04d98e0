//! The bank as a target of the control interface (§4.5), and its own orders.

use std::{any::Any, sync::Arc};

use bankchannel_foundation::{
    Error, Result,
    clock::SystemClock,
    error::row,
    model::{Boundary, Content, JsonObject, Value},
    operation::{CatalogueEntry, HostedForm, RawRequest},
};
use bankchannel_nextgen_psd2::CATALOGUE;
use bankchannel_server::{
    counterpart::ServerKind as _,
    http::control::{ControlState, ControlTarget},
    orders::{CallableOrder, OrderDone},
    server_orders,
};
use futures_util::future::BoxFuture;
use hyper::{HeaderMap, header::HeaderValue};

use super::{
    limits::{BankRates, OrderedBankRates},
    pipeline::{BankPipeline, explaining::SIGNING_STRING},
    running::RunningBank,
    state::{BankState, NewPsu},
    web::RAW_MAX,
};

server_orders! {
    /// The orders that only this sandbox bank has.
    pub static BANK_ORDERS: BankPipeline, "nextgen-psd2-bank";

    /// Add customers.
    ///
    /// All of them or none. Also on a bank that was started without `control`.
    Seed("nextgen_psd2_bank.seed", HostedForm { needs_control: false, ..HostedForm::at_top("seed") }):
        NewPsus => AddedPsus, blocking BankPipeline::add_psus;

    /// Replace the limits of rate.
    ///
    /// The counters restart at zero. Limits that are left out get their defaults.
    SetLimits("nextgen_psd2_bank.limits", HostedForm::at_top("limits")):
        OrderedBankRates => BankRates, blocking BankPipeline::set_limits;

    /// Add one customer.
    ///
    /// As `seed` with one.
    AddPsu("nextgen_psd2_bank.psu", HostedForm::at("psu")): NewPsu => OrderDone, blocking BankPipeline::add_psu;

    /// Let the customer withdraw a consent.
    ///
    /// As on the bank's page.
    RevokeConsent("nextgen_psd2_bank.revoke_consent", HostedForm::at("consents/{id}/revoke")):
        ConsentOrder => OrderDone, blocking BankPipeline::revoke_consent;

    /// Block a third party's certificate.
    ///
    /// The bank does so itself, whatever its issuer says.
    BlockCertificate("nextgen_psd2_bank.block_certificate", HostedForm::at("certs/{serial}/block")):
        CertificateBySerial => OrderDone, blocking BankPipeline::block_certificate;

    /// Let the issuer of a third party's certificate revoke it.
    ///
    /// The bank's list of revoked certificates has it from then on.
    RevokeCertificate("nextgen_psd2_bank.revoke_certificate", HostedForm::at("certs/{serial}/revoke")):
        CertificateBySerial => OrderDone, blocking BankPipeline::revoke_certificate;

    /// Explain a raw request.
    ///
    /// Checks it as the bank would at this moment, and names each fault, with the signing string that it should have.
    /// Nothing changes. Over HTTP the body is the request, message/http.
    ExplainRequest("nextgen_psd2_bank.explain", HostedForm {
        raw_request: Some(RawRequest { content: "message", headers: &[(SIGNING_STRING, "signing_string")] }),
        whole_answer: Some("explanation"),
        max_bytes: RAW_MAX,
        ..HostedForm::at("explain")
    }): RawMessage => BankExplanation, async explain;
}

/// Customers to add.
#[derive(Boundary)]
#[non_exhaustive]
pub struct NewPsus {
    /// The customers.
    pub psus: Vec<NewPsu>,
}

/// Customers that were added.
#[derive(Boundary)]
#[non_exhaustive]
pub struct AddedPsus {
    /// Their number.
    pub psus: u64,
}

/// A consent.
#[derive(Boundary)]
#[non_exhaustive]
pub struct ConsentOrder {
    /// The consent's id.
    pub id: String,
}

/// A certificate.
#[derive(Boundary)]
#[non_exhaustive]
pub struct CertificateBySerial {
    /// Its serial number, in hex.
    pub serial: String,
}

/// A request to explain.
#[derive(Boundary)]
#[non_exhaustive]
pub struct RawMessage {
    /// The request, message/http: request line, headers, an empty line, body.
    pub message: Content,
    /// The signing string that the client has made, base64, to compare it.
    pub signing_string: Option<String>,
}

/// A bank's verdict on a request.
#[derive(Boundary)]
#[non_exhaustive]
pub struct BankExplanation {
    /// The explanation, as in the error of a refused request.
    pub explanation: JsonObject,
}

async fn explain(pipeline: Arc<BankPipeline>, asked: RawMessage) -> Result<BankExplanation> {
    let Content::Bytes(message) = asked.message else {
        return Err(Error::invalid_field("message", "must be given in the order: the bank opens no files"));
    };
    let mut headers = HeaderMap::new();
    if let Some(text) = asked.signing_string {
        let value = HeaderValue::try_from(text);
        headers.insert(SIGNING_STRING, value.map_err(|_| Error::invalid_field("signing_string", "is no base64"))?);
    }
    let busy = || Error::because(&row::UNAVAILABLE, "the bank explains other requests: try again");
    match pipeline.explain(message, &headers).await.ok_or_else(busy)?.into() {
        Value::Object(explanation) => Ok(BankExplanation { explanation: JsonObject(explanation) }),
        _ => Err(Error::internal("an explanation is an object")),
    }
}

impl BankPipeline {
    fn add_psus(&self, new: NewPsus) -> Result<AddedPsus> {
        let count = new.psus.len() as u64;
        self.bank.state.add_psus(new.psus)?;
        Ok(AddedPsus { psus: count })
    }

    fn set_limits(&self, rates: OrderedBankRates) -> Result<BankRates> {
        let rates = rates.complete()?;
        self.bank.limits.change(rates);
        Ok(rates)
    }

    fn add_psu(&self, new: NewPsu) -> Result<OrderDone> {
        self.bank.state.add_psus(vec![new]).map(|()| OrderDone)
    }

    fn revoke_consent(&self, order: ConsentOrder) -> Result<OrderDone> {
        let done = self.bank.state.revoke_by_psu(&order.id, self.bank.now_s());
        done.map_err(|problem| Error::invalid_field("id", problem.text()))?;
        Ok(OrderDone)
    }

    fn block_certificate(&self, order: CertificateBySerial) -> Result<OrderDone> {
        self.change_lists(|state| state.block(&order.serial))
    }

    fn revoke_certificate(&self, order: CertificateBySerial) -> Result<OrderDone> {
        self.change_lists(|state| state.revoke_certificate(&order.serial))
    }

    fn change_lists(&self, change: impl FnOnce(&BankState) -> Result<()>) -> Result<OrderDone> {
        change(&self.bank.state)?;
        self.bank.refresh_lists();
        Ok(OrderDone)
    }
}

/// A bank as a target of the control interface.
pub(crate) struct BankControlTarget {
    pipeline: Arc<BankPipeline>,
    control: Arc<ControlState>,
}

impl BankControlTarget {
    /// The bank of this pipeline.
    pub(crate) fn new(pipeline: &Arc<BankPipeline>) -> Self {
        Self { pipeline: Arc::clone(pipeline), control: pipeline.bank.control.clone().unwrap_or_default() }
    }
}

impl ControlTarget for BankControlTarget {
    fn clock(&self) -> &SystemClock {
        &self.pipeline.bank.clock
    }

    fn control(&self) -> &ControlState {
        &self.control
    }

    fn catalogue(&self) -> &'static [CatalogueEntry] {
        CATALOGUE
    }

    fn reset(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let bank = &self.pipeline.bank;
            bank.state.reset();
            bank.refresh_lists();
            bank.records.forget();
            bank.limits.change(BankRates::default());
            Ok(())
        })
    }

    fn orders(&self) -> &'static [&'static [CallableOrder]] {
        RunningBank::ORDERS
    }

    fn host(&self) -> Arc<dyn Any + Send + Sync> {
        Arc::clone(&self.pipeline) as Arc<dyn Any + Send + Sync>
    }
}
