//! A bare axum handler that returns the same bytes to everyone, in a separate process like the service. It can verify
//! one RSA signature for each request, or accept uploads: the minimum of any upload endpoint.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256},
};
use bankchannel_openpgp as openpgp;
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// The command that makes this program such a handler.
pub(crate) const COMMAND: &str = "bare";
/// The option that makes the handler verify a signature.
const VERIFYING: &str = "verifying";
/// The option that makes the handler accept uploads; followed by their folder.
const UPLOADING: &str = "uploading";
/// The request to it.
pub(crate) const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

/// The handler, running.
pub(crate) struct Bare {
    child: Child,
    pub(crate) address: String,
}

impl Bare {
    /// Starts a handler that returns these bytes.
    pub(crate) fn start(body: &[u8]) -> Self {
        Self::run(body, &[])
    }

    /// Starts one that verifies an RSA-2048 signature before it returns them.
    pub(crate) fn verifying(body: &[u8]) -> Self {
        Self::run(body, &[VERIFYING])
    }

    /// Starts one that accepts uploads signed with this key: it reads the JSON, verifies the signature over the
    /// content, and answers when the content is on disk in this folder.
    pub(crate) fn uploading(public_key: &str, folder: &Path) -> Self {
        Self::run(public_key.as_bytes(), &[UPLOADING, folder.to_str().expect("a path in UTF-8")])
    }

    fn run(body: &[u8], options: &[&str]) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this program has a path"))
            .arg(COMMAND)
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the handler starts");
        child.stdin.take().expect("its input").write_all(body).expect("takes the bytes");
        let mut address = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut address).expect("its address");
        Self { child, address: address.trim().to_owned() }
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves the bytes from standard input, and prints its address.
pub(crate) fn serve(options: &[String]) {
    let mut body = Vec::new();
    std::io::stdin().read_to_end(&mut body).expect("the bytes");
    let body = bytes::Bytes::from(body);
    let app = match options {
        [option, folder] if option == UPLOADING => uploads(&body, Path::new(folder)),
        options => same_bytes(body, options),
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        println!("{}", listener.local_addr().expect("an address"));
        axum::serve(listener, app).await.expect("serves");
    });
}

fn same_bytes(body: bytes::Bytes, options: &[String]) -> axum::Router {
    let signature = options.iter().any(|option| option == VERIFYING).then(|| Arc::new(Signature::make()));
    axum::Router::new().fallback(move |_request: bytes::Bytes| {
        let (body, signature) = (body.clone(), signature.clone());
        async move {
            if let Some(signature) = signature {
                signature.verify();
            }
            ([("content-type", "application/json")], body)
        }
    })
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Upload {
    file_contents: String,
    signature: String,
}

fn uploads(public_key: &[u8], folder: &Path) -> axum::Router {
    let public = Arc::new(
        openpgp::OpenPgpPublicKey::from_armored(public_key, openpgp::PublicKeyLimits::default()).expect("a public key"),
    );
    let (folder, count) = (Arc::new(folder.to_owned()), Arc::new(AtomicU64::new(0)));
    let take = move |request: bytes::Bytes| {
        let (public, folder) = (Arc::clone(&public), Arc::clone(&folder));
        let number = count.fetch_add(1, Ordering::Relaxed);
        async move {
            let keep = move || keep(&request, &public, &folder.join(number.to_string()));
            tokio::task::spawn_blocking(keep).await.expect("keeps it");
            axum::http::StatusCode::CREATED
        }
    };
    axum::Router::new().fallback(take).layer(axum::extract::DefaultBodyLimit::max(16 << 20))
}

fn keep(request: &[u8], public: &openpgp::OpenPgpPublicKey, path: &Path) {
    let upload: Upload = serde_json::from_slice(request).expect("an upload");
    let content = STANDARD.decode(upload.file_contents).expect("base64");
    let policy = openpgp::VerifyPolicy::default();
    let signature = upload.signature.as_bytes();
    let verdict = openpgp::verify_detached(signature, &[public], &content[..], SystemTime::now(), &policy);
    assert!(verdict.expect("parses").is_good());
    let mut file = File::create(path).expect("a file");
    file.write_all(&content).expect("writes");
    file.sync_all().expect("syncs");
    // A new name survives a power failure only if its folder is synced as well.
    File::open(path.parent().expect("a folder")).and_then(|folder| folder.sync_all()).expect("syncs");
}

/// A signature over a text as long as a signing string.
struct Signature {
    key: ParsedPublicKey,
    text: Vec<u8>,
    bytes: Vec<u8>,
}

impl Signature {
    fn make() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key");
        let text = vec![b'x'; 150];
        let mut bytes = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &text, &mut bytes).expect("signs");
        let key = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref()).expect("a key");
        Self { key, text, bytes }
    }

    fn verify(&self) {
        self.key.verify_sig(&self.text, &self.bytes).expect("verifies");
    }
}
