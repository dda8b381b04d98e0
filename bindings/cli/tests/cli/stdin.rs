//! Input from stdin and from pipes: read once, as a stream, and without needless waiting.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    process::{Command, Stdio},
    sync::mpsc,
    time::Duration,
};

use crate::support::{Home, Script, ran, ran_in_time};

fn home_with_key() -> Home {
    let home = Home::empty();
    fs::write(home.path("payment.xml"), bankchannel_iso20022::EXAMPLE_PAIN001).unwrap();
    home.run(&["pgp", "generate", "--name", "Eve", "--email", "eve@example.test", "--output-dir", "keys"]).expect(0);
    home
}

fn accepted() -> (u16, String) {
    (201, r#"{"RequestId":"1","ResponseCode":"00","ResponseText":"OK"}"#.to_owned())
}

fn upload<'a>(base_url: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let begin = ["files", "upload-file", "-b", "nordea", "--filetype", "pain.001.001.09", "-i", "token", "--base-url"];
    [&begin[..], &[base_url], more].concat()
}

#[test]
fn a_key_from_stdin_is_read_once_and_signs() {
    let home = home_with_key();
    let key = fs::read(home.path("keys/authorize-private.asc")).unwrap();
    let script = Script::serve(vec![accepted()]);
    home.run_with_input(&upload(&script.base_url, &["--key", "-", "payment.xml"]), &key).expect(0);
    assert_eq!(script.requests().len(), 1);
    home.run_with_input(&["pgp", "sign", "--key", "-", "payment.xml"], &key).expect(0);
    let verify = ["pgp", "verify", "--key", "keys/authorize-public.asc", "--signature", "payment.xml.asc"];
    home.run(&[&verify[..], &["payment.xml"]].concat()).expect(0);
}

#[test]
fn stdin_is_for_one() {
    let home = home_with_key();
    let key = fs::read(home.path("keys/authorize-private.asc")).unwrap();
    let script = Script::serve(vec![accepted()]);
    for arguments in [
        &upload(&script.base_url, &["--key", "-", "--filename", "a.xml", "-"])[..],
        &["pgp", "sign", "--key", "-", "--key", "-", "payment.xml"],
        &["pgp", "sign", "--key", "-", "-"],
        &["call", "check_payment_file", "-", "--content", "-"],
    ] {
        let ran = home.run_with_input(arguments, if arguments[0] == "call" { b"{}" } else { &key }).expect(1);
        assert!(ran.err.contains("stdin can be read only once"), "{arguments:?}: {}", ran.err);
    }
    assert_eq!(script.requests(), [""; 0]);
}

#[test]
fn a_document_from_stdin_is_signed_and_verified() {
    let home = home_with_key();
    let document = bankchannel_iso20022::EXAMPLE_PAIN001.as_bytes();
    let signed = home.run_with_input(&["pgp", "sign", "--key", "keys/authorize-private.asc", "-"], document).expect(0);
    assert!(signed.out.starts_with("-----BEGIN PGP SIGNATURE-----"), "{}", signed.out);
    fs::write(home.path("sig.asc"), signed.out).unwrap();
    let verify = ["pgp", "verify", "--key", "keys/authorize-public.asc", "--signature", "sig.asc", "-"];
    home.run_with_input(&verify, document).expect(0);
    home.run_with_input(&verify, b"something else").expect(1);
    let checked = home.run_with_input(&["files", "check-payment-file", "-", "--json"], document).expect(0);
    assert_eq!(checked.json()["ok"], true);
}

#[test]
fn the_password_is_the_first_line_and_the_content_the_rest() {
    let home = home_with_key();
    let script = Script::serve(vec![accepted()]);
    let input = [b"bB2!another-password-for-tests-9876\n", bankchannel_iso20022::EXAMPLE_PAIN001.as_bytes()].concat();
    let more = ["--password-stdin", "--key", "keys/authorize-private.asc", "--filename", "a.xml", "-"];
    let ran = home.run_with_input(&[&upload(&script.base_url, &more)[..], &["--json"]].concat(), &input).expect(0);
    assert_eq!(ran.json()["bytes"], bankchannel_iso20022::EXAMPLE_PAIN001.len());
}

/// Signing reads the content twice: a large stream goes through a file without a name, and arrives whole.
#[test]
fn content_from_stdin_that_is_signed_may_be_large() {
    const MIB: usize = 70;
    let home = home_with_key();
    let script = Script::serve(vec![accepted()]);
    let more = ["--key", "keys/authorize-private.asc", "--filename", "a.xml", "--check=false", "-"];
    let mut child = home
        .command(&upload(&script.base_url, &more))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        let piece = vec![b'x'; 1024 * 1024];
        (0..MIB).take_while(|_| input.write_all(&piece).is_ok()).count()
    });
    let ran = ran(child.wait_with_output().unwrap()).expect(0);
    assert_eq!(writer.join().unwrap(), MIB, "{}", ran.err);
    assert_eq!(script.requests().len(), 1, "{}", ran.err);
}

/// Reads a request to its end and reports its number of bytes; answers on command.
fn patient() -> (String, mpsc::Receiver<usize>, mpsc::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}/v2", listener.local_addr().unwrap());
    let (size_in, size) = mpsc::channel();
    let (go, go_out) = mpsc::channel();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut total, mut last, mut piece) = (0, Vec::new(), vec![0; 256 * 1024]);
        // The end of a chunked body.
        while !last.ends_with(b"\r\n0\r\n\r\n") {
            let count = stream.read(&mut piece).unwrap();
            assert!(count > 0, "the request was cut off after {total} bytes");
            total += count;
            last.extend_from_slice(&piece[..count]);
            last.drain(..last.len().saturating_sub(7));
        }
        size_in.send(total).unwrap();
        go_out.recv().unwrap();
        let (_, body) = accepted();
        write!(
            stream,
            "HTTP/1.1 201 X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
    });
    (base_url, size, go)
}

#[test]
fn content_from_stdin_is_sent_as_it_comes_and_never_held() {
    const MIB: usize = 1024 * 1024;
    const SENT: usize = 100 * MIB;
    /// The maximum memory of the whole program, in KiB; if it held the content, it would use more than twice that.
    const PEAK_KIB: u64 = 64 * 1024;
    let home = home_with_key();
    home.run(&["pgp", "sign", "--key", "keys/authorize-private.asc", "payment.xml"]).expect(0);
    let (base_url, size, go) = patient();
    let more = ["--signatures", "@payment.xml.asc", "--filename", "a.xml", "-"];
    let mut child = home
        .command(&upload(&base_url, &more))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        let piece = vec![b'x'; MIB];
        (0..SENT / MIB).for_each(|_| input.write_all(&piece).unwrap());
    });
    let sent = size.recv_timeout(Duration::from_secs(120)).unwrap();
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    go.send(()).unwrap();
    writer.join().unwrap();
    ran(child.wait_with_output().unwrap()).expect(0);
    assert!(sent > SENT / 3 * 4, "{sent}");
    assert!(peak < PEAK_KIB, "{peak} KiB");
}

#[test]
fn a_pipe_that_nobody_writes_to_is_refused_and_not_waited_for() {
    let home = home_with_key();
    home.run(&["pgp", "sign", "--key", "keys/authorize-private.asc", "payment.xml"]).expect(0);
    assert!(Command::new("mkfifo").arg(home.path("pipe.xml")).status().unwrap().success());
    let script = Script::serve(vec![accepted()]);
    for more in [
        &["--signatures", "@payment.xml.asc", "pipe.xml"][..],
        &["--key", "keys/authorize-private.asc", "pipe.xml"],
        &["--key", "keys/authorize-private.asc", "--wait-for", "pain.002.001.10", "pipe.xml"],
    ] {
        let ran = ran_in_time(home.command(&upload(&script.base_url, more))).expect(1);
        assert!(ran.err.contains("not a regular file"), "{more:?}: {}", ran.err);
    }
    let ran = ran_in_time(home.command(&["files", "list-files", "-c", "pipe.xml"])).expect(1);
    assert!(ran.err.contains("pipe.xml is not a file"), "{}", ran.err);
    assert_eq!(script.requests(), [""; 0]);
}
