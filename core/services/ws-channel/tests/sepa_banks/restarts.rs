//! The banks' own certificates and lists outlive a restart: the banks are not asked again.

use std::{fs, path::PathBuf};

use crate::world::World;

const ASKED: &str = "sepa_web_services.get_bank_certificates";

async fn asked(world: &World) -> usize {
    world.transcript().await.iter().filter(|one| one["operation"] == ASKED).count()
}

/// The folders of the banks.
fn folders(world: &World) -> Vec<PathBuf> {
    let banks = fs::read_dir(world.served.folder.path().join("data/banks")).unwrap();
    let mut all: Vec<PathBuf> = banks.map(|one| one.unwrap().path()).collect();
    all.sort();
    all
}

async fn lists(world: &World, who: &crate::served::Person) {
    for bank in ["osuuspankki", "danskebank"] {
        world.served.get(who, &format!("/files/{bank}")).await.ok(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn authorities_and_the_certificate_for_encryption_are_asked_for_once() {
    let world = World::new().await;
    let who = world.served.owner("restarts@example.test").await;
    for (bank, family) in [("osuuspankki", "op"), ("danskebank", "danske")] {
        world.enrol(&who, bank, family, &world.new_customer(family).await).await.ok(201);
    }
    lists(&world, &who).await;
    let before = asked(&world).await;
    assert!(before >= 2, "the root alone is trusted, and Danske encrypts: {before}");
    let [danske, nordea, op, sp] = &folders(&world)[..] else { panic!("{:?}", folders(&world)) };
    assert!(danske.join("bank_encryption.json").is_file() && danske.join("signers.json").is_file());
    assert!(op.join("authorities.pem").is_file() && op.join("signers.json").is_file());
    assert!([nordea, sp].iter().all(|folder| fs::read_dir(folder).unwrap().next().is_none()), "they were not asked");

    let world = world.again("").await;
    lists(&world, &who).await;
    assert_eq!(asked(&world).await, before, "it was known");

    // A folder that was taken away is filled again; a damaged file is none.
    let [danske, _, op, _] = &folders(&world)[..] else { panic!() };
    fs::remove_dir_all(op).unwrap();
    fs::write(danske.join("bank_encryption.json"), "{").unwrap();
    let world = world.again("").await;
    lists(&world, &who).await;
    assert_eq!(asked(&world).await, before + 2);
    let world = world.again("").await;
    lists(&world, &who).await;
    assert_eq!(asked(&world).await, before + 2);
}

/// A folder that others can change is refused by the name of its place, before anything is asked.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_others_can_write_is_refused() {
    use std::os::unix::fs::PermissionsExt;

    use bankchannel_ws_channel_service::{RunningService, ServiceOptions, operator::check};

    let world = World::new().await;
    let folder = folders(&world).remove(0);
    let served = world.served.folder.path();
    let options = ServiceOptions {
        data: Some(served.join("data").display().to_string()),
        config: Some(served.join("config.toml").display().to_string()),
        ..ServiceOptions::default()
    };
    world.served.running.stop().await;
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    let said = folder.display().to_string();
    let found = check(&options).await;
    assert!(found.iter().any(|one| !one.ok && one.text.contains(&said)), "{found:?}");
    let refused = RunningService::start(options.clone()).await.err().unwrap();
    assert!(refused.message().contains(&said), "{refused}");
    // A link in its place is not followed.
    fs::remove_dir_all(&folder).unwrap();
    std::os::unix::fs::symlink(served, &folder).unwrap();
    let refused = RunningService::start(options).await.err().unwrap();
    assert!(refused.message().contains("is a link"), "{refused}");
}
