//! Preparing an upload of 7 MiB: signature, base64, JSON body.

use std::{
    hint::black_box,
    process::{Command, Stdio},
    sync::Arc,
    time::SystemTime,
};

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use bankchannel_foundation::{
    message::{Body, OutRequest},
    model::Content,
    operation::Exchange,
};
use bankchannel_openpgp as openpgp;
use bankchannel_transport::SegmentBody;
use bankchannel_ws_channel::{
    SessionCredentials,
    model::{ApiKey, Bank, FileName, FileType, IdToken, Signatures},
    operations::files::upload_file::{UploadFile, UploadFileRequest},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http_body_util::BodyExt;

use crate::table::{Bound, Table, ms, paired};

const SIZE: usize = 7 * 1024 * 1024;
const RUNS: usize = 31;

pub(crate) fn measure(table: &mut Table) {
    let file: Bytes = (0..SIZE).map(|at| (at * 31 % 251) as u8).collect::<Vec<_>>().into();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let ed25519 = Ed25519KeyPair::generate().expect("a key");
    let rsa = RsaKeyPair::generate(KeySize::Rsa3072).expect("a key");
    let ed25519_bare = || {
        black_box(ed25519.sign(&[7; 32]));
    };
    let rsa_bare = || {
        let mut out = vec![0; rsa.public_modulus_len()];
        rsa.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &[7; 32], &mut out).expect("signs");
        black_box(out);
    };
    for (name, algorithm, bare) in [
        ("Ed25519", openpgp::GeneratedAlgorithm::Ed25519, &ed25519_bare as &dyn Fn()),
        ("RSA-3072", openpgp::GeneratedAlgorithm::Rsa3072, &rsa_bare as &dyn Fn()),
    ] {
        let key = key(algorithm);
        let now = SystemTime::now();
        let signer = key.signer(now).expect("an unlocked key");
        let (ratio, ours, theirs) = paired(
            RUNS,
            || {
                let signature =
                    openpgp::sign_detached(&[&signer], &file[..], openpgp::HashAlgorithm::Sha256, now).expect("signs");
                let request = request(&file, signature);
                black_box(runtime.block_on(collect(&request.body)));
            },
            || {
                black_box(digest(&SHA256, &file));
                black_box(STANDARD.encode(&file));
                bare();
            },
        );
        table.ratio(
            &format!("prepare an upload of 7 MiB, {name}"),
            &ms(ours),
            &format!("SHA-256 + base64 + key operation {}", ms(theirs)),
            ratio,
            Bound::AtMost(1.5),
        );
        against_gpg(table, name, &key, &signer, &file);
    }
}

/// The signature alone, from a file, compared with `gpg --detach-sign` of the same file, including its process start.
fn against_gpg(
    table: &mut Table,
    name: &str,
    key: &openpgp::OpenPgpPrivateKey,
    signer: &openpgp::UnlockedSigner,
    file: &[u8],
) {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path().join("gnupg");
    std::fs::create_dir(&home).expect("a folder");
    std::fs::set_permissions(&home, std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("permissions");
    let path = folder.path().join("payments.xml");
    std::fs::write(&path, file).expect("a file");
    let secret = folder.path().join("secret.asc");
    std::fs::write(&secret, key.to_armored().expect("armor").as_bytes()).expect("a file");
    let gpg = |arguments: &[&str]| {
        let done = Command::new("gpg")
            .arg("--homedir")
            .arg(&home)
            .args(["--batch", "--yes", "--quiet", "--trust-model", "always"])
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        done.is_ok_and(|status| status.success())
    };
    let (path_text, secret_text) = (path.to_string_lossy(), secret.to_string_lossy());
    if !gpg(&["--import", &secret_text]) {
        println!("gpg: not run (it is not there or does not take the key)");
        return;
    }
    let (ratio, ours, theirs) = paired(
        11,
        || {
            let open = std::fs::File::open(&path).expect("the file");
            let signature = openpgp::sign_detached(&[signer], open, openpgp::HashAlgorithm::Sha256, SystemTime::now());
            std::fs::write(path.with_extension("sig"), signature.expect("signs")).expect("a file");
        },
        || assert!(gpg(&["--armor", "--detach-sign", &path_text]), "gpg signs"),
    );
    table.ratio(
        &format!("sign 7 MiB from a file, {name}"),
        &ms(ours),
        &format!("gpg --detach-sign {}", ms(theirs)),
        1.0 / ratio,
        Bound::AtLeast(2.0),
    );
    let _ = Command::new("gpgconf").arg("--homedir").arg(&home).args(["--kill", "all"]).status();
}

pub(crate) fn key(algorithm: openpgp::GeneratedAlgorithm) -> openpgp::OpenPgpPrivateKey {
    openpgp::OpenPgpPrivateKey::generate(openpgp::KeyGeneration {
        name: "Benchmark".into(),
        email: "benchmark@example.test".into(),
        algorithm,
        created: SystemTime::now() - std::time::Duration::from_secs(60),
        expires: None,
        passphrase: None,
    })
    .expect("a key")
}

pub(crate) fn request(file: &Bytes, signature: String) -> OutRequest {
    let request = UploadFileRequest::new(
        Bank::Simulator,
        Content::Bytes(file.clone()),
        FileName::new("payments.xml").expect("a name"),
        FileType::new("pain.001.001.09").expect("a type"),
        Signatures::new(signature),
    );
    let with = SessionCredentials {
        api_key: Some(ApiKey::new("4vN6hGHrav31smM0Ha1k15MDlZKOEGn43UToWTt2").expect("a key")),
        id_token: Some(IdToken::new("token").expect("a token")),
    };
    UploadFile::encode_request(request, &with).expect("encodes")
}

/// Reads the body like the network: piece by piece, without storing it.
pub(crate) async fn collect(body: &Body) -> usize {
    let mut body = SegmentBody::open(body, Arc::default()).expect("opens");
    let mut length = 0;
    while let Some(Ok(frame)) = body.frame().await {
        length += frame.data_ref().map_or(0, Bytes::len);
    }
    length
}
