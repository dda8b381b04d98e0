//! The README's Rust program is the example that the crate has, and it does what the README says. The other languages' sections
//! are run by their own tests.

use std::{path::Path, process::Command};

use bankchannel_tests::{
    faces::{built, root},
    world::World,
};
use serde_json::json;

const EMAIL: &str = "reader@example.test";
const PASSWORD: &str = "Readers_Password_2026";

#[test]
fn the_readme_shows_the_example() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).expect("a file of the repository");
    let readme = read("README.md");
    let section = readme.split("\n## Rust\n").nth(1).expect("a section on Rust");
    let shown = section.split("```rust").nth(1).and_then(|rest| rest.split("```").next()).expect("a program in it");
    let shown = shown.split_once('\n').expect("the fence's line").1;
    let example = read("core/bankchannel/examples/statements.rs");
    let (_, program) = example.split_once("\n\n").expect("a comment before the program");
    assert_eq!(shown, program, "README.md and core/bankchannel/examples/statements.rs differ");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_ends_at_a_downloaded_statement() {
    let world = World::start(&json!({}), &json!({})).await.expect("a service");
    let account = json!({"accounts": [{"email": EMAIL, "password": PASSWORD, "certificates": ["simulator"]}]});
    let seeded = world.control("POST", "seed", &account).await.expect("an account");
    let folder = tempfile::tempdir().expect("a folder");
    let key_file = folder.path().join("public-key.pem");
    std::fs::write(&key_file, &world.public_key_pem).expect("a file");
    let ended = Command::new(built().join("examples/statements"))
        .current_dir(folder.path())
        .env("ISECURE_BASE_URL", &world.base_url)
        .env("ISECURE_PUBLIC_KEY_PEM_FILE", &key_file)
        .env("ISECURE_EMAIL", EMAIL)
        .env("ISECURE_PASSWORD", PASSWORD)
        .env("ISECURE_API_KEY", seeded["accounts"][0]["api_key"].as_str().expect("a key"))
        .env("ISECURE_MODE", "data")
        .env("ISECURE_BANK", "simulator")
        .output()
        .expect("the example is built: cargo build --release --workspace --all-targets");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{said}");
    assert!(has_a_statement(&folder.path().join("statements")), "{said}");
}

fn has_a_statement(folder: &Path) -> bool {
    let files = std::fs::read_dir(folder).expect("the folder was made");
    files.filter_map(Result::ok).any(|file| {
        std::fs::read_to_string(file.path())
            .is_ok_and(|text| text.contains("urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"))
    })
}
