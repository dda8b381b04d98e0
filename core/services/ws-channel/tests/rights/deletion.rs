//! Deletions that race with uploads; a deleted account leaves nothing behind.

use futures_util::future::join_all;
use reqwest::Method;

use crate::{
    cases::{Act, Case, CaseBank, Stock},
    ends::World,
    on_both,
    postgres::Shared,
    served::{self, Signer, identity, payment},
};

on_both!(
    nothing_of_a_deleted_account_stays_or_comes_after_it,
    who_comes_next_finds_nothing,
    an_order_of_the_operator_leaves_nothing_either,
);

/// Too large for a row: each upload has a content file.
fn large() -> Vec<u8> {
    [payment(), &vec![b'\n'; 100_000][..]].concat()
}

async fn customer(world: &World, tag: &str) -> (Case, Signer) {
    let stock = Stock { identity: identity(100), sandbox: None };
    let case = Case::prepare(world, &stock, CaseBank::Simulator, vec![(Act::UploadFile, tag.into())]).await.remove(0);
    let signer = Signer::new(&case.customer.email);
    world.served.register_key(&case.customer, &signer, "authorize").await.ok(201);
    (case, signer)
}

/// 40 uploads and one deletion at the same time; the simulator books the uploads that succeed.
async fn nothing_of_a_deleted_account_stays_or_comes_after_it(shared: Option<Shared>) {
    let files = shared.as_ref().map(Shared::files);
    let world = World::start(shared, "sharing = \"any\"\n").await;
    let files = files.unwrap_or_else(|| world.served.folder.path().join("data").join("files"));
    let (case, signer) = customer(&world, "races").await;
    // Every kind of row that an account can have, including links in both directions.
    let link = |email: &str| format!("/certs/shared/{email}");
    let served = &world.served;
    served.admin(&case.customer, Method::PUT, &link(&case.owner.email), None).await.ok(201);
    served.admin(&case.owner, Method::PUT, &link(&case.customer.email), None).await.ok(201);
    served.admin(&case.customer, Method::DELETE, "/certs/simulator", None).await.ok(200);
    served.enrol(&case.customer).await.ok(201);
    for subject in [format!("{} data", case.customer.email), case.customer.email.clone()] {
        let counted = format!("INSERT INTO attempt (scope, subject, at) VALUES ('password', '{subject}', 1)");
        world.database.lock().await.run(counted).await;
    }
    let body = signer.signed(&large());
    served.upload(&case.customer, body.clone()).await.ok(201);
    let uploads = join_all((0..40).map(|_| served.upload(&case.customer, body.clone())));
    let deletion = async {
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
        world.delete(&case.owner, &case.customer.email).await.ok(200)
    };
    let (uploads, _) = tokio::join!(uploads, deletion);
    for answer in uploads {
        // 400: it was just looking up its certificate.
        assert!(matches!(answer.status, 201 | 400 | 401), "{answer:?}");
    }
    served.upload(&case.customer, body).await.refused(401, "Unauthorized");
    let rows = async || world.database.lock().await.rows_with(&case.customer.email).await;
    assert_eq!(rows().await, Default::default());
    // Work in progress at the simulator ends without results too.
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    // The folder's marker names its installation.
    let content =
        || std::fs::read_dir(&files).unwrap().filter(|file| file.as_ref().unwrap().file_name() != ".installation");
    while content().count() > 0 {
        assert!(std::time::Instant::now() < until, "content of a deleted account is left");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(rows().await, Default::default());
}

/// Rows left behind by an older program for a former holder are not visible to the next one.
async fn who_comes_next_finds_nothing(shared: Option<Shared>) {
    let world = World::start(shared, "[banks.simulator]\npayments = \"store\"\n").await;
    let (case, _) = customer(&world, "next").await;
    let (email, key) = (&case.customer.email, &case.owner.key);
    world.delete(&case.owner, email).await.ok(200);
    let left = |reference: &str| {
        format!(
            "INSERT INTO bank_file (api_key, email, bank, reference, file_type, status, created, size, path) \
             VALUES ('{key}', '{email}', 'simulator', '{reference}', 'camt.054.001.02', 'NEW', 1000, 5, '{reference}')"
        )
    };
    let run = async |sql: String| world.database.lock().await.run(sql).await;
    run(left("before-registering")).await;
    let again = world.served.person(email, Some(key)).await;
    run(left("before-enrolling")).await;
    world.served.enrol(&again).await.ok(201);
    assert_eq!(world.served.references(&again, "camt.054.001.02", "ALL").await, [""; 0]);
}

/// Rows and content files, also of an upload that waits for its bank.
async fn an_order_of_the_operator_leaves_nothing_either(shared: Option<Shared>) {
    let files = shared.as_ref().map(Shared::files);
    let world = World::start(shared, "[banks.simulator]\npayments = \"store\"\n").await;
    let files = files.unwrap_or_else(|| world.served.folder.path().join("data").join("files"));
    let (case, signer) = customer(&world, "ordered").await;
    world.served.upload(&case.customer, signer.signed(&large())).await.ok(201);
    assert_eq!(served::content_files(&files).len(), 1);
    // The key's owner does not undo an order of the operator: the address could be registered again.
    world.operator.disable_account(&case.customer.email, "a test").await.unwrap();
    let deleted = world.delete(&case.owner, &case.customer.email).await;
    deleted.refused(403, "Account is disabled by the service's operator.");
    assert!(!world.operator.delete_account(&case.customer.email).await.unwrap().registered);
    world.served.upload(&case.customer, signer.signed(payment())).await.refused(401, "Unauthorized");
    assert_eq!(world.database.lock().await.rows_with(&case.customer.email).await, Default::default());
    assert!(served::content_files(&files).is_empty());
    let owner = world.operator.delete_account(&case.owner.email).await.unwrap_err();
    assert!(owner.message().contains("account-disable"), "{owner}");
}
