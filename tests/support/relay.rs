//! A TCP relay between the service and PostgreSQL: it can delay data, freeze connections, and refuse new ones.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixStream},
    sync::{mpsc, watch},
    task::JoinHandle,
    time::{Instant, sleep_until},
};

/// The behaviour of a connection.
#[derive(Clone, Copy, PartialEq)]
enum Order {
    /// Forward all data.
    Pass,
    /// Forward nothing and keep the sockets open, as after a failover without a reset.
    Freeze,
}

/// The relay; dropping it ends all its connections.
pub(crate) struct Relay {
    /// The database URL through the relay.
    pub(crate) url: String,
    /// The order to the current connections and to future ones.
    orders: Arc<Mutex<watch::Sender<Order>>>,
    tasks: Arc<Mutex<Vec<JoinHandle<()>>>>,
    port: u16,
    server: PathBuf,
    delay: Duration,
}

#[allow(dead_code)]
impl Relay {
    /// A relay for the server on a Unix socket that `tests/postgres.sh` starts. All data is delayed by `delay` in each
    /// direction.
    pub(crate) async fn start(server_url: &str, delay: Duration) -> Self {
        let (_, folder) = server_url.split_once("host=").expect("a server on a Unix socket");
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let relay = Self {
            url: format!("postgres://bankchannel@127.0.0.1:{port}/postgres"),
            orders: Arc::new(Mutex::new(watch::Sender::new(Order::Pass))),
            tasks: Arc::default(),
            port,
            server: PathBuf::from(folder).join(".s.PGSQL.5432"),
            delay,
        };
        relay.listen(listener);
        relay
    }

    /// Freezes all current connections. New ones work.
    pub(crate) fn freeze(&self) {
        let before = std::mem::replace(&mut *self.orders.lock().unwrap(), watch::Sender::new(Order::Pass));
        before.send_replace(Order::Freeze);
    }

    /// Like [`freeze`](Self::freeze), but new connections are accepted and freeze too.
    pub(crate) fn freeze_new(&self) {
        self.orders.lock().unwrap().send_replace(Order::Freeze);
    }

    /// New connections work again.
    pub(crate) fn thaw_new(&self) {
        *self.orders.lock().unwrap() = watch::Sender::new(Order::Pass);
    }

    /// Closes all connections and refuses new ones.
    pub(crate) fn refuse(&self) {
        for task in self.tasks.lock().unwrap().drain(..) {
            task.abort();
        }
    }

    /// Accepts connections again.
    pub(crate) async fn accept(&self) {
        let listener = loop {
            match TcpListener::bind(("127.0.0.1", self.port)).await {
                Ok(listener) => break listener,
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        };
        self.listen(listener);
    }

    fn listen(&self, listener: TcpListener) {
        let (orders, tasks) = (Arc::clone(&self.orders), Arc::clone(&self.tasks));
        let (server, delay) = (self.server.clone(), self.delay);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let order = orders.lock().unwrap().subscribe();
                let task = tokio::spawn(serve(client, server.clone(), delay, order));
                tasks.lock().unwrap().push(task);
            }
        });
        self.tasks.lock().unwrap().push(task);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.refuse();
    }
}

async fn serve(client: TcpStream, server: PathBuf, delay: Duration, mut order: watch::Receiver<Order>) {
    client.set_nodelay(true).unwrap();
    let Ok(server) = UnixStream::connect(&server).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let frozen = async {
        if order.wait_for(|order| *order == Order::Freeze).await.is_err() {
            // No further orders can come.
            std::future::pending::<()>().await;
        }
    };
    let passing = async {
        tokio::select! {
            () = pass(from_client, to_server, delay) => {}
            () = pass(from_server, to_client, delay) => {}
        }
    };
    tokio::pin!(passing);
    tokio::select! {
        biased;
        // The sockets stay open.
        () = frozen => std::future::pending().await,
        () = &mut passing => {}
    }
}

/// Forwards bytes, each `delay` after its arrival, however many are in transit.
async fn pass(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, delay: Duration) {
    let (sender, mut receiver) = mpsc::channel::<(Instant, Vec<u8>)>(1024);
    let read = async move {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(count @ 1..) = from.read(&mut buffer).await {
            if sender.send((Instant::now() + delay, buffer[..count].to_vec())).await.is_err() {
                break;
            }
        }
    };
    let write = async move {
        while let Some((at, bytes)) = receiver.recv().await {
            if !delay.is_zero() {
                sleep_until(at).await;
            }
            if to.write_all(&bytes).await.is_err() {
                break;
            }
        }
    };
    tokio::join!(read, write);
}
