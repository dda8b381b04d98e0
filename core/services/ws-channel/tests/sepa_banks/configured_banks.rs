//! Which of the banks the service reaches: those of its configuration, with the library's profile or the operator's own.

use bankchannel_ws_channel_service::{Channels, RunningService, ServiceOptions, operator::check};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    sandbox::Sandbox,
    served::{Identity, Person, Served, Signer, import_of, payment},
    world::World,
};

/// A profile of an operator's: the library's of this family, under another name, with or without certificates.
fn profile(folder: &std::path::Path, name: &str, like: &str, gives_certificates: bool) -> String {
    let profiles = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../banks/data");
    let text = std::fs::read_to_string(profiles.join(format!("{like}.json"))).unwrap();
    let mut profile: Value = serde_json::from_str(&text).unwrap();
    profile["name"] = name.into();
    profile["bank"] = format!("{name} of a test").into();
    if !gives_certificates {
        let members = profile.as_object_mut().unwrap();
        members.retain(|member, _| !member.starts_with("certificate"));
    }
    let file = folder.join(format!("{name}.json"));
    std::fs::write(&file, profile.to_string()).unwrap();
    file.display().to_string()
}

/// The table of a bank that a family of the sandbox stands for.
fn table(sandbox: &Sandbox, bank: &str, family: &str, more: &str) -> String {
    let of = sandbox.family(family);
    // With what lies between: not every profile says where a bank tells it.
    format!(
        "[banks.{bank}]\nenvironment = \"production\"\nfile_url = {}\ncertificate_url = {}\nanchors_file = {}\n{more}",
        of["file_url"], of["certificate_url"], of["anchors_file"]
    )
}

async fn import(world: &World, who: &Person, bank: &str, family: &str) {
    let customer = &world.customers(family)[0];
    let file = |name: &str| std::fs::read_to_string(customer[name].as_str().unwrap()).unwrap();
    let mut body = import_of(&Identity { certificate: file("certificate_file"), private_key: file("key_file") });
    body["WsUserId"] = customer["customer_id"].clone();
    world.served.import(who, bank, body).await.ok(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bank_answers_as_its_configuration_says() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::new().await;
    let own = |bank: &str, family: &str, like: &str, gives: bool| {
        let file = profile(folder.path(), &bank.to_ascii_lowercase(), like, gives);
        table(&sandbox, bank, family, &format!("profile_file = {}\n", json!(file)))
    };
    let config = [
        table(&sandbox, "pop", "samlink", ""),
        own("spankki", "op", "op", true),
        own("alandsbanken", "samlink", "saastopankki", false),
        own("SEB", "op", "op", false),
    ]
    .concat();
    let served = Served::with(&config, Channels::default()).await;
    let world = World { sandbox, served };
    let served = &world.served;
    let signed = |who: &Person, file_type: &str| {
        let signer = Signer::new(&who.email);
        let mut body = signer.signed(payment());
        body["FileType"] = file_type.into();
        (signer, body)
    };
    // They give certificates.
    for (bank, family) in [("pop", "samlink"), ("spankki", "op")] {
        let who = served.owner(&format!("{bank}@example.test")).await;
        world.enrol(&who, bank, family, &world.customers(family)[0]).await.ok(201);
        served.get(&who, &format!("/files/{bank}")).await.ok(200);
    }
    // These do not: a customer brings a certificate along.
    for (bank, family, payments) in [("alandsbanken", "samlink", "XL"), ("SEB", "op", "pain.001.001.09")] {
        let who = served.owner(&format!("{}@example.test", bank.to_ascii_lowercase())).await;
        world.enrol(&who, bank, family, &world.customers(family)[0]).await.refused(400, "Invalid parameter bank");
        import(&world, &who, bank, family).await;
        served.get(&who, &format!("/files/{bank}")).await.ok(200);
        let (signer, body) = signed(&who, payments);
        served.register_key(&who, &signer, "authorize").await.ok(201);
        let before = world.uploads(family).await;
        served.data(&who, Method::PUT, &format!("/files/{bank}"), Some(body)).await.ok(201);
        assert_eq!(world.uploads(family).await, before + 1);
        let listed = world.certificates().await;
        let own = listed.iter().find(|one| one.email == who.email).unwrap();
        assert_eq!(own.state, "active", "{own:?}");
    }
    // No channel: banks that are not configured, and those that cannot be.
    for bank in ["nordea", "shb", "aktia"] {
        let who = served.owner(&format!("{bank}@example.test")).await;
        let none = "No channel configured for this bank";
        world.enrol(&who, bank, "op", &world.customers("op")[0]).await.refused(400, none);
        import(&world, &who, bank, "op").await;
        served.get(&who, &format!("/files/{bank}")).await.refused(400, none);
        let listed = world.certificates().await;
        let own = listed.iter().find(|one| one.email == who.email).unwrap();
        assert!(own.person.as_deref().is_some_and(|why| why.contains("no channel")), "{own:?}");
    }
}

/// What cannot work is refused at the start, by the name of its setting.
#[tokio::test(flavor = "multi_thread")]
async fn a_bank_that_cannot_be_opened_is_named_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.json");
    std::fs::write(&broken, "{\"name\": 1").unwrap();
    for (config, setting) in [
        ("[banks.spankki]\n".to_owned(), "banks.spankki.profile_file"),
        (format!("[banks.SEB]\nprofile_file = {}\n", json!(broken)), "banks.SEB.profile_file"),
        ("[banks.nordea]\nanchors_file = \"not-there.pem\"\n".to_owned(), "banks.nordea.anchors_file"),
        ("[banks.pop]\ncertificates_at_once = 65\n".to_owned(), "banks.pop.certificates_at_once"),
        ("[banks.pop]\nanswer_timeout_s = 59\n".to_owned(), "banks.pop.answer_timeout_s"),
        ("[banks.osuuspankki]\nfile_url = \"ftp://bank.test\"\n".to_owned(), "banks.osuuspankki.file_url"),
        ("[banks.sp]\nfile_url = \"http://bank.test\"\n".to_owned(), "banks.sp.file_url"),
        (
            "[banks.sp]\nfile_url = \"https://bank.test\"\ncertificate_url = \"http://bank.test\"\n".to_owned(),
            "banks.sp.certificate_url",
        ),
        ("[banks.nordae]\n".to_owned(), "unknown bank `nordae`; did you mean nordea?"),
        ("[banks.osuuspankki]\n[banks.op]\n".to_owned(), "banks.osuuspankki: is given twice"),
        ("[banks.simulator]\nrenew_before = 30\n".to_owned(), "banks.simulator.renew_before: there is no such setting"),
    ] {
        let file = folder.path().join("config.toml");
        std::fs::write(&file, &config).unwrap();
        let options = ServiceOptions {
            data: Some(folder.path().join("data").display().to_string()),
            config: Some(file.display().to_string()),
            ..ServiceOptions::default()
        };
        let found = check(&options).await;
        assert!(found.iter().any(|one| !one.ok && one.text.contains(setting)), "{config}: {found:?}");
        let refused = RunningService::start(options).await.err().expect(&config);
        assert!(!folder.path().join("data").exists(), "{config}: nothing is begun");
        assert_eq!(refused.code(), "configuration.invalid", "{config}: {refused}");
        assert!(refused.message().contains(setting), "{config}: {refused}");
    }
}
