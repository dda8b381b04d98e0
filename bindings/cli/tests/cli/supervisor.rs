//! What a supervisor, such as systemd, is told of a service.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::TcpStream,
    os::unix::net::UnixDatagram,
    path::Path,
    time::{Duration, Instant},
};

use crate::support::{Home, started, stop};

/// The supervisor's end of the socket.
struct ToldSupervisor(UnixDatagram);

impl ToldSupervisor {
    fn at(path: &Path) -> Self {
        let socket = UnixDatagram::bind(path).unwrap();
        // A message that does not come ends the test.
        socket.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
        Self(socket)
    }

    /// The next message, as lines.
    fn told(&self) -> Vec<String> {
        let mut message = [0; 4096];
        let length = self.0.recv(&mut message).unwrap();
        String::from_utf8(message[..length].to_vec()).unwrap().lines().map(str::to_owned).collect()
    }

    fn is_told_no_more(&self) -> bool {
        self.0.set_nonblocking(true).unwrap();
        self.0.recv(&mut [0]).is_err_and(|why| why.kind() == ErrorKind::WouldBlock)
    }
}

/// The status of `GET PATH` at this address.
fn status(base_url: &str, path: &str) -> String {
    let address = base_url.strip_prefix("http://").unwrap().split('/').next().unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .write_all(format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes())
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().to_owned()
}

#[test]
fn a_supervisor_is_told_that_a_service_answers_and_that_it_stops() {
    let mut home = Home::empty();
    std::fs::write(home.path("service.toml"), "drain_s = 600\n").unwrap();
    let supervisor = ToldSupervisor::at(&home.path("notify"));
    home.variable("NOTIFY_SOCKET", home.path("notify").to_str().unwrap());
    let arguments = ["serve", "ws-channel", "--data", "data", "--config", "service.toml"];
    let (child, ready) = started(home.command(&arguments));
    let base_url = ready["base_url"].as_str().unwrap();
    assert_eq!(supervisor.told(), ["READY=1".to_owned(), format!("STATUS=Serving at {base_url}")]);
    assert_eq!(status(base_url, "/readyz"), "200");

    let signalled = |signal: &str| {
        let mut kill = std::process::Command::new("kill");
        assert!(kill.args([signal, &child.id().to_string()]).status().unwrap().success());
    };
    signalled("-TERM");
    let told = supervisor.told();
    assert_eq!(told[0], "STOPPING=1");
    // The drain, 140 seconds for what a bank is asked, and 15 for a database; the supervisor waits a little longer.
    assert_eq!(told[1], format!("EXTEND_TIMEOUT_USEC={}", (600 + 140 + 15 + 10) * 1_000_000));
    assert!(told[2].starts_with("STATUS=Stopping: ") && told[2].contains(" 755 s "), "{told:?}");
    // It drains: it answers, and says to load balancers that it stops. The second signal ends the wait.
    let until = Instant::now() + Duration::from_secs(30);
    while status(base_url, "/readyz") != "503" {
        assert!(Instant::now() < until, "it does not say that it stops");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(status(base_url, "/healthz"), "200");
    let ran = stop(child, "-TERM").expect(0);
    assert!(ran.err.contains("stopped without waiting") && !ran.err.contains("NOTIFY_SOCKET"), "{}", ran.err);
    assert!(supervisor.is_told_no_more());
}

#[test]
fn a_server_without_a_bank_stops_within_seconds() {
    let mut home = Home::empty();
    let supervisor = ToldSupervisor::at(&home.path("notify"));
    home.variable("NOTIFY_SOCKET", home.path("notify").to_str().unwrap());
    for (kind, limit) in [("salt-edge-connector", 10), ("salt-edge-hub", 20)] {
        let (child, _) = started(home.command(&["serve", kind, "--data", kind]));
        assert_eq!(supervisor.told()[0], "READY=1", "{kind}");
        stop(child, "-TERM").expect(0);
        assert_eq!(supervisor.told()[1], format!("EXTEND_TIMEOUT_USEC={}", (limit + 10) * 1_000_000), "{kind}");
    }
}

#[test]
fn a_supervisor_that_is_not_there_stops_no_service() {
    let mut home = Home::empty();
    home.variable("NOTIFY_SOCKET", home.path("nobody").to_str().unwrap());
    let (child, _) = started(home.command(&["serve", "ws-channel", "--data", "data"]));
    let ran = stop(child, "-TERM").expect(0);
    assert!(ran.err.contains("the supervisor that NOTIFY_SOCKET names cannot be told"), "{}", ran.err);
}

/// A name without a file, as some supervisors give.
#[cfg(target_os = "linux")]
#[test]
fn a_supervisor_is_told_by_a_name_without_a_file() {
    use std::os::{linux::net::SocketAddrExt as _, unix::net::SocketAddr};

    let mut home = Home::empty();
    let name = format!("bankchannel-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let supervisor = ToldSupervisor(UnixDatagram::bind_addr(&address).unwrap());
    supervisor.0.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
    home.variable("NOTIFY_SOCKET", &format!("@{name}"));
    let (child, _) = started(home.command(&["serve", "ws-channel", "--data", "data"]));
    assert_eq!(supervisor.told()[0], "READY=1");
    stop(child, "-TERM").expect(0);
    assert_eq!(supervisor.told()[0], "STOPPING=1");
}

/// A module of a token, which may start programs, is loaded into the service: it writes down what it finds in the environment.
#[cfg(target_os = "linux")]
#[test]
fn what_a_service_loads_finds_no_supervisor() {
    const MODULE: &str = "#include <stdio.h>\n#include <stdlib.h>\n__attribute__((constructor)) static void loaded(void) {\n\
        FILE *seen = fopen(getenv(\"SEEN\"), \"w\"); const char *name = getenv(\"NOTIFY_SOCKET\");\n\
        fprintf(seen, \"HOME %s, supervisor %s\", getenv(\"HOME\") ? \"is set\" : \"is absent\", name ? name : \"none\"); fclose(seen); }\n";
    let mut home = Home::empty();
    let (source, module, seen) = (home.path("module.c"), home.path("module.so"), home.path("seen"));
    std::fs::write(&source, MODULE).unwrap();
    let mut compiler = std::process::Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-o"]).arg(&module).arg(&source);
    assert!(compiler.status().unwrap().success());
    let token = format!("[connector.pkcs11]\nmodule = \"{}\"\ntoken = \"none\"\nkey = \"none\"\n", module.display());
    std::fs::write(home.path("connector.toml"), token).unwrap();
    let supervisor = ToldSupervisor::at(&home.path("notify"));
    for (name, value) in [("NOTIFY_SOCKET", "notify"), ("SEEN", "seen")] {
        let value = home.path(value);
        home.variable(name, value.to_str().unwrap());
    }
    // It is no token's: the service does not start, and tells nobody that it does.
    home.run(&["serve", "salt-edge-connector", "--data", "data", "--config", "connector.toml"]).expect(1);
    assert_eq!(std::fs::read_to_string(seen).unwrap(), "HOME is set, supervisor none");
    assert!(supervisor.is_told_no_more());
}
