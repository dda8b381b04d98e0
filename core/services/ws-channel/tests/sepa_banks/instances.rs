//! Two instances of the service with one database: of a certificate that is due, one of them renews it.

use serde_json::json;

use bankchannel_ws_channel_service::{Channels, operator::CertificateInfo};

use crate::{
    postgres::{Shared, server},
    sandbox::{BANKS, Sandbox},
    served::Served,
    world::{DAY_S, World},
};

#[tokio::test(flavor = "multi_thread")]
async fn t66_of_two_instances_one_renews_each_certificate() {
    let Some(url) = server() else { return };
    let shared = Shared::make(&url, &url);
    let sandbox = Sandbox::new().await;
    let config = format!("{}{}", shared.config, sandbox.config());
    let (served, other) =
        tokio::join!(Served::with(&config, Channels::default()), Served::with(&config, Channels::default()));
    let world = World { sandbox, served };
    for number in 0..9 {
        let (bank, family, ..) = BANKS[number % BANKS.len()];
        let who = world.served.owner(&format!("both{number}@example.test")).await;
        world.enrol(&who, bank, family, &world.new_customer(family).await).await.ok(201);
    }
    let is_active = |all: &[CertificateInfo]| all.len() == 9 && all.iter().all(|one| one.state == "active");
    let before = world.wait_until("enrolled", is_active).await;
    let issued = async || {
        let all = world.order("sandbox/certificates", json!({})).await;
        all["certificates"].as_array().unwrap().len()
    };
    let issued_before = issued().await;
    let forward = json!({"advance_s": 705 * DAY_S});
    let (_, _) = tokio::join!(world.pass(705 * DAY_S), other.control("clock", forward));
    let is_renewed = |all: &[CertificateInfo]| {
        let serial = |one: &CertificateInfo| before.iter().find(|old| old.email == one.email).unwrap().serial.clone();
        // By the clock of who asks, which was not moved, they begin later.
        all.iter().all(|one| one.state == "waiting" && one.serial != serial(one))
    };
    world.wait_until("renewed", is_renewed).await;
    world.wait_recorded("ws_channel.renew_cert", "done", 9).await;
    assert_eq!(world.recorded("ws_channel.renew_cert", "done").await.len(), 9);
    assert_eq!(issued().await - issued_before, 9);
    other.running.stop().await;
}
