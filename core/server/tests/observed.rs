//! Every request of an observed listener is told of once, at its end, whatever becomes of its client.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use bankchannel_crypto::{
    rsa::RsaPrivateKey,
    x509::{CertificateIssuer, CertificatePurpose, NewCertificate, SubjectAttribute},
};
use bankchannel_server::{
    http::{
        Listener, TlsFiles,
        answer::{self, AnswerBody},
        control::ControlState,
        listen::handler,
        observed::{ConnectionRefusal, EndedRequest, ObservedRequest, RequestEnd, RequestObserver},
        router::{RouteMatch, RouteMount},
        shell::{self, CounterpartApi, RoutedRequest},
    },
    metrics::ServerMetrics,
    private,
};
use hyper::{HeaderMap, Request, Response, StatusCode, body::Incoming};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Notify,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

const BIG: usize = 8 * 1024 * 1024;

/// What an observer was told of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    operation: &'static str,
    status: u16,
    end: RequestEnd,
    received: u64,
    sent: u64,
}

#[derive(Default)]
struct Remembering {
    told: Mutex<Vec<Told>>,
    refused: Mutex<Vec<ConnectionRefusal>>,
    news: Notify,
}

impl RequestObserver for Remembering {
    fn ended(&self, request: &EndedRequest<'_>) {
        self.told.lock().unwrap().push(Told {
            operation: request.facts.operation,
            status: request.status,
            end: request.end,
            received: request.received_bytes,
            sent: request.sent_bytes,
        });
        self.news.notify_one();
    }

    fn refused_connection(&self, why: ConnectionRefusal) {
        self.refused.lock().unwrap().push(why);
        self.news.notify_one();
    }
}

impl Remembering {
    /// Waits until so many were told of.
    async fn told(&self, count: usize) -> Vec<Told> {
        loop {
            let told = self.told.lock().unwrap().clone();
            if told.len() >= count {
                return told;
            }
            self.news.notified().await;
        }
    }
}

/// An API whose POST ends after its client has gone.
struct SlowApi {
    tasks: TaskTracker,
    begun: Notify,
    go_on: Notify,
}

impl CounterpartApi for SlowApi {
    fn mounts(&self) -> impl Iterator<Item = &RouteMount> {
        std::iter::empty()
    }

    fn route(&self, _: &str, _: &str) -> (usize, RouteMatch) {
        (0, RouteMatch::InBody)
    }

    fn control(&self) -> Option<&ControlState> {
        None
    }

    fn request_id(&self, _: &HeaderMap) -> String {
        "id".to_owned()
    }

    fn finishes(&self, asked: &RoutedRequest) -> Option<&TaskTracker> {
        (asked.head.method == "POST").then_some(&self.tasks)
    }

    async fn answer(&self, routed: RoutedRequest) -> Response<AnswerBody> {
        routed.observed.note(|facts| facts.operation = "test.slow");
        self.begun.notify_one();
        self.go_on.notified().await;
        answer::empty(StatusCode::CREATED)
    }
}

async fn serve<F, R>(observer: &Arc<Remembering>, answer: F) -> (SocketAddr, CancellationToken)
where
    F: Fn(Request<Incoming>, SocketAddr) -> R + Send + Sync + 'static,
    R: Future<Output = Response<AnswerBody>> + Send + 'static,
{
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let listener = listener.observed_by(Arc::clone(observer) as Arc<dyn RequestObserver>);
    let (address, stop) = (listener.address(), CancellationToken::new());
    tokio::spawn(listener.serve(stop.clone(), handler(answer)));
    (address, stop)
}

async fn ask(address: SocketAddr, head: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("{head}\r\nHost: localhost\r\n\r\n").as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn a_client_that_leaves_is_told_of_once_and_one_that_stays_with_all_bytes() {
    let observer = Arc::new(Remembering::default());
    let begun = Arc::new(Notify::new());
    let at_begin = Arc::clone(&begun);
    let (address, _stop) = serve(&observer, move |request: Request<Incoming>, _| {
        let begun = Arc::clone(&at_begin);
        async move {
            match request.uri().path() {
                "/never" => {
                    begun.notify_one();
                    std::future::pending().await
                }
                "/big" => answer::json(StatusCode::OK, vec![b' '; BIG]),
                _ => answer::json(StatusCode::OK, "{}"),
            }
        }
    })
    .await;
    // It leaves before there is an answer.
    let waiting = ask(address, "GET /never HTTP/1.1").await;
    begun.notified().await;
    drop(waiting);
    let told = observer.told(1).await;
    let unanswered = Told { operation: "", status: 0, end: RequestEnd::HungUp, received: 0, sent: 0 };
    assert_eq!(told, [unanswered]);
    // It leaves in the middle of the answer.
    let mut stream = ask(address, "GET /big HTTP/1.1").await;
    stream.read_exact(&mut [0; 64]).await.unwrap();
    drop(stream);
    let told = observer.told(2).await;
    assert_eq!((told[1].status, told[1].end), (200, RequestEnd::HungUp));
    assert!(told[1].sent < BIG as u64, "{told:?}");
    // It stays; the method HEAD has no body whatever its length.
    for (head, sent) in
        [("GET /big HTTP/1.1\r\nConnection: close", BIG as u64), ("HEAD / HTTP/1.1\r\nConnection: close", 0)]
    {
        let mut stream = ask(address, head).await;
        stream.read_to_end(&mut Vec::new()).await.unwrap();
        let told = observer.told(3).await.pop().unwrap();
        assert_eq!((told.status, told.end, told.sent), (200, RequestEnd::Whole, sent), "{head}");
        observer.told.lock().unwrap().pop();
    }
    assert_eq!(observer.told(2).await.len(), 2);
}

#[tokio::test]
async fn what_must_finish_is_told_of_with_the_status_that_it_had() {
    let observer = Arc::new(Remembering::default());
    let api = Arc::new(SlowApi { tasks: TaskTracker::new(), begun: Notify::new(), go_on: Notify::new() });
    let serving = Arc::clone(&api);
    let (address, _stop) =
        serve(&observer, move |request, peer| shell::answer(Arc::clone(&serving), request, peer)).await;
    let stream = ask(address, "POST /x HTTP/1.1\r\nContent-Length: 0").await;
    api.begun.notified().await;
    drop(stream);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(observer.told.lock().unwrap().is_empty(), "it goes on");
    api.go_on.notify_one();
    let told = observer.told(1).await;
    assert_eq!((told[0].operation, told[0].status, told[0].end), ("test.slow", 201, RequestEnd::HungUp));
}

#[tokio::test]
async fn a_connection_without_tls_is_told_of_as_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (begin, end) = (jiff::Timestamp::now(), jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1));
    let subject = [(SubjectAttribute::CommonName, "localhost")];
    let new = NewCertificate { purpose: CertificatePurpose::Authority(0), ..NewCertificate::new(&subject, begin, end) };
    let key = RsaPrivateKey::generate(2048).unwrap().to_pkcs8_pem();
    let made = CertificateIssuer::self_signed(&new, &key).unwrap();
    let files = TlsFiles { certificate: folder.path().join("chain.pem"), key: folder.path().join("key.pem") };
    private::write_whole(&files.certificate, made.certificate().to_pem().as_bytes()).unwrap();
    private::write_whole(&files.key, key.as_bytes()).unwrap();
    let observer = Arc::new(Remembering::default());
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), Some(&files)).await.unwrap();
    let listener = listener.observed_by(Arc::clone(&observer) as Arc<dyn RequestObserver>);
    let (address, stop) = (listener.address(), CancellationToken::new());
    let answering = |_: Request<Incoming>, _: SocketAddr| async { answer::empty(StatusCode::OK) };
    tokio::spawn(listener.serve(stop.clone(), handler(answering)));
    let mut stream = ask(address, "GET / HTTP/1.1").await;
    let _ = stream.read_to_end(&mut Vec::new()).await;
    observer.news.notified().await;
    assert_eq!(*observer.refused.lock().unwrap(), [ConnectionRefusal::Tls]);
    assert!(observer.told.lock().unwrap().is_empty());
}

#[tokio::test]
async fn no_label_has_a_value_that_a_client_chooses() {
    let metrics = ServerMetrics::new("test").unwrap();
    let other = ServerMetrics::new("test").unwrap();
    for path in 0..200 {
        let mut request = Request::builder().uri(format!("/{path}")).method("GET").body(()).unwrap();
        drop(observed(&mut request, &metrics, 404));
    }
    let text = String::from_utf8(metrics.text().unwrap()).unwrap();
    let series: Vec<&str> = text.lines().filter(|line| line.starts_with("bankchannel_requests_total{")).collect();
    assert_eq!(series, ["bankchannel_requests_total{operation=\"none\",reason=\"no_such_path\",status=\"404\"} 200"]);
    let text = String::from_utf8(other.text().unwrap()).unwrap();
    assert!(!text.contains("bankchannel_requests_total"), "each server has series of its own");
}

/// A request as a listener begins it.
fn observed<B>(request: &mut Request<B>, metrics: &Arc<ServerMetrics>, status: u16) -> Arc<ObservedRequest> {
    let observer = Arc::clone(metrics) as Arc<dyn RequestObserver>;
    let observed = ObservedRequest::begin(request, [127, 0, 0, 1].into(), Some(observer));
    observed.answered(status);
    observed
}
