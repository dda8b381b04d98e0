//! The customers of the first start (§9.7): values of this project's own.

use bankchannel_sepa_web_services::profile::BankFamily;

use super::data::{CustomerStanding, SandboxCustomer, StateData};
use crate::{certificate_service::codes::SentCode, dialect::BankDialect};

/// Ids that stand for a state, in each family but Danske, whose ids have six characters.
const IN_A_STATE: [(&str, CustomerStanding, CustomerStanding); 4] = [
    ("9000000001", CustomerStanding::Locked, CustomerStanding::Active),
    ("9000000002", CustomerStanding::Outdated, CustomerStanding::Active),
    ("9000000003", CustomerStanding::Active, CustomerStanding::Locked),
    ("9000000004", CustomerStanding::Active, CustomerStanding::Outdated),
];

fn customer(family: &str, id: &str, company: &str, target: Option<&str>) -> SandboxCustomer {
    SandboxCustomer {
        family: family.to_owned(),
        customer_id: id.to_owned(),
        company: company.to_owned(),
        target_id: target.map(str::to_owned),
        standing: CustomerStanding::Active,
        contract: CustomerStanding::Active,
        senders: Vec::new(),
    }
}

/// The state of the first start.
pub(super) fn data() -> StateData {
    let mut customers = vec![
        customer("nordea", "7700112233", "ESIMERKKI OY", Some("7700112233B1")),
        customer("nordea", "7700112244", "TOINEN ESIMERKKI OY", Some("7700112244B1")),
        customer("op", "1000022211", "ESIMERKKI OY", None),
        customer("samlink", "61234567", "ESIMERKKI OY", Some("NONE")),
        customer("danske", "4Q7K2M", "ESIMERKKI OY", None),
    ];
    for family in ["nordea", "op", "samlink"] {
        for (id, standing, contract) in IN_A_STATE {
            customers.push(SandboxCustomer { standing, contract, ..customer(family, id, "SULJETTU OY", None) });
        }
    }
    // Those of the first start hold for ever: the time of their use is unknown.
    let code = |customer: &SandboxCustomer| {
        let family = BankDialect::named(&customer.family).map_or(BankFamily::Samlink, |dialect| dialect.family);
        SentCode { until_ms: i64::MAX, ..SentCode::new(family, &customer.key(), 0, 0) }
    };
    let codes = customers.iter().map(code).collect();
    StateData::with_customers(customers, codes)
}
