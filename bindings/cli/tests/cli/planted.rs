//! A value given in the wrong place is not repeated in output, and a key is accepted as text.

use crate::support::{Home, NOWHERE};

#[test]
fn a_settings_file_that_cannot_be_read_is_not_repeated() {
    let home = Home::empty();
    for text in
        ["settings: {password: PlantedPassword, email: [\n", "settings:\n  password: PlantedPassword\n password: x\n"]
    {
        home.write_settings(text);
        let ran = home.run(&["session", "login"]).expect(1);
        assert!(!ran.err.contains("PlantedPassword") && ran.err.contains("line"), "{}", ran.err);
    }
    let config = home.path("service.toml");
    for text in ["postgres_url = \"PlantedUrl\n", "token_ttl_s = \"PlantedUrl\"\n", "no_such = \"PlantedUrl\"\n"] {
        std::fs::write(&config, text).unwrap();
        let ran = home.run(&["serve", "ws-channel", "--data", "data", "--config", config.to_str().unwrap()]).expect(1);
        assert!(!ran.err.contains("PlantedUrl") && ran.err.contains("line 1"), "{}", ran.err);
    }
}

#[test]
fn a_key_is_taken_as_text() {
    let home = Home::empty();
    let made = home.run(&["pgp", "generate", "--name", "You", "--email", "you@example.com", "--output-dir", "keys"]);
    made.expect(0);
    let key = std::fs::read_to_string(home.path("keys/authorize-private.asc")).unwrap();
    let payment = home.path("payment.xml");
    std::fs::write(&payment, "<Document/>").unwrap();
    let upload =
        ["files", "upload-file", "-b", "nordea", "-i", "token", "--base-url", NOWHERE, "--environment", "test"];
    let file = ["--file-type", "pain.001.001.09", "--check=false", payment.to_str().unwrap()];
    // It gets as far as the connection.
    let ran = home.run(&[&upload[..], &["--key", &key, "-a", "0"], &file].concat()).expect(1);
    assert!(ran.err.contains("transport.connect_failed"), "{}", ran.err);
    let ran = home.run(&[&upload[..], &["--key", "--json"], &file].concat()).expect(1);
    assert!(ran.err.contains("looks like an option"), "{}", ran.err);
}
