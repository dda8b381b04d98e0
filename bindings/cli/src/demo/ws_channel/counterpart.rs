//! The bank of the demo: the service's simulator, or a sandbox bank that is reached over SEPA Web Services.

use bankchannel_counterparts::EmbeddedServer;
use bankchannel_crypto::{digest::hex, random};
use bankchannel_iso20022::rules::PaymentVersion;
use bankchannel_ws_channel_service::{RunningService, ServiceOptions};
use serde_json::{Value, json};

use super::{account::COMPANY, explain::FILE_TYPE, workspace::Workspace};
use crate::exit::{CommandFailure, CommandOutcome};

/// A bank of the demo.
pub(super) struct WsChannelDemoBank {
    /// Its name in the service.
    pub(super) name: &'static str,
    /// The family of the sandbox bank that stands for it; `None` for the simulator.
    family: Option<&'static str>,
    /// Its type of payments.
    pub(super) payment: &'static str,
    /// Its types of answers, in display order: the verdict, the bookings, the balance.
    pub(super) answers: [&'static str; 3],
    /// The steps that name it.
    pub(super) start: &'static str,
    pub(super) enrol: &'static str,
    pub(super) wait: &'static str,
}

/// The banks.
pub(super) static BANKS: [WsChannelDemoBank; 5] = [
    WsChannelDemoBank {
        name: "simulator",
        family: None,
        payment: FILE_TYPE,
        answers: ["pain.002.001.10", "camt.054.001.02", "camt.053.001.02"],
        start: "Start the service and its simulator bank",
        enrol: "Enrol a certificate at the simulator bank",
        wait: "Wait for the bank's answer",
    },
    WsChannelDemoBank {
        name: "nordea",
        family: Some("nordea"),
        payment: "NDCORPAYS",
        answers: ["NDCORPAYL", "NDCAMT54L", "NDCAMT53L"],
        start: "Start a sandbox Nordea, and the service with it",
        enrol: "Enrol a certificate at Nordea (SOAP)",
        wait: "Wait for the bank's answers of two days",
    },
    WsChannelDemoBank {
        name: "osuuspankki",
        family: Some("op"),
        payment: FILE_TYPE,
        answers: ["pain.002.001.10", "camt.054.001.02", "camt.053.001.02"],
        start: "Start a sandbox OP, and the service with it",
        enrol: "Enrol a certificate at OP (SOAP)",
        wait: "Wait for the bank's answers of two days",
    },
    WsChannelDemoBank {
        name: "sp",
        family: Some("samlink"),
        payment: "XL",
        answers: ["XP", "XE", "XT"],
        start: "Start a sandbox Säästöpankki, and the service",
        enrol: "Enrol a certificate at Säästöpankki (SOAP)",
        wait: "Wait for the bank's answers of two days",
    },
    WsChannelDemoBank {
        name: "danskebank",
        family: Some("danske"),
        payment: "pain.001.001.03",
        answers: ["pain.002.001.03", "camt.054.001.02", "camt.053.001.02"],
        start: "Start a sandbox Danske Bank, and the service",
        enrol: "Enrol two certificates at Danske Bank (SOAP)",
        wait: "Wait for the bank's answers of two days",
    },
];

impl WsChannelDemoBank {
    /// The version of payment files that it takes.
    pub(super) fn version(&self) -> PaymentVersion {
        PaymentVersion::of_message(self.payment).unwrap_or(PaymentVersion::V09)
    }

    /// The bank of this name.
    pub(super) fn named(name: &str) -> &'static Self {
        BANKS.iter().find(|bank| bank.name == name).unwrap_or(&BANKS[0])
    }
}

/// The bank while the demo runs.
pub(super) struct RunningDemoBank {
    pub(super) bank: &'static WsChannelDemoBank,
    sandbox: Option<EmbeddedServer>,
}

impl RunningDemoBank {
    /// Starts the sandbox bank, if it needs one.
    pub(super) async fn start(bank: &'static WsChannelDemoBank, workspace: &Workspace) -> CommandOutcome<Self> {
        let sandbox = match bank.family {
            None => None,
            Some(_) => {
                let data = workspace.bank().display().to_string();
                Some(
                    EmbeddedServer::start("sepa-bank", json!({"data": data, "report_after_s": 0, "control": true}))
                        .await?,
                )
            }
        };
        Ok(Self { bank, sandbox })
    }

    /// Whether it is the service's own simulator.
    pub(super) fn is_simulator(&self) -> bool {
        self.sandbox.is_none()
    }

    fn family(&self) -> Option<Value> {
        let readiness = self.sandbox.as_ref()?.readiness();
        self.bank.family.map(|family| readiness["families"][family].clone())
    }

    /// The options of the service that has it.
    pub(super) fn service(&self, data: String) -> CommandOutcome<ServiceOptions> {
        let plain = ServiceOptions { data: Some(data), ..ServiceOptions::default() };
        let (Some(family), Some(sandbox)) = (self.family(), &self.sandbox) else { return Ok(plain) };
        let named = |value: &str| vec![format!("{}={value}", self.bank.name)];
        Ok(ServiceOptions {
            bank: Some(named(super::account::text(&family, "file_url")?.as_str())),
            bank_anchors: Some(named(super::account::text(&family, "anchors_file")?.as_str())),
            bank_ca: sandbox.readiness()["ca_file"].as_str().map(str::to_owned),
            ..plain
        })
    }

    /// The data for an enrolment, as the bank has sent it to its customer.
    pub(super) fn enrolment(&self) -> CommandOutcome<Value> {
        let Some(family) = self.family() else {
            // In the format of the simulator.
            let pin = format!("SIM-{}", hex(&random::bytes::<12>()));
            let user = format!("SIM-{}", hex(&random::bytes::<6>()));
            return Ok(json!({ "code": pin, "company": COMPANY, "ws_user_id": user }));
        };
        let customers = family["customers"].as_array().cloned().unwrap_or_default();
        let customer = customers.into_iter().find(|one| one["code"].is_string());
        let customer = customer.ok_or_else(|| CommandFailure::usage("the sandbox bank has no customer with a code"))?;
        Ok(json!({ "code": customer["code"], "company": customer["company"], "ws_user_id": customer["customer_id"] }))
    }

    /// Releases the order that waits after its payee check, as a customer does at the bank. Returns its message id.
    pub(super) async fn release(&self, service: &RunningService) -> CommandOutcome<String> {
        let released = match &self.sandbox {
            None => json!({ "message_ids": service.release_orders() }),
            Some(sandbox) => sandbox.control("release_order", json!({})).await?,
        };
        let first = released["message_ids"].get(0).and_then(Value::as_str);
        first.map(str::to_owned).ok_or_else(|| CommandFailure::usage("no order waits for release"))
    }

    /// A sandbox bank makes its statements at midnight: its next day begins.
    pub(super) async fn next_day(&self) -> CommandOutcome {
        if let Some(sandbox) = &self.sandbox {
            sandbox.control("clock", json!({"advance_s": 86_400})).await?;
        }
        Ok(())
    }

    /// Stops it.
    pub(super) async fn stop(self) {
        if let Some(sandbox) = self.sandbox {
            sandbox.stop().await;
        }
    }
}
