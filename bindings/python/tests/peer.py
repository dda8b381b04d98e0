"""A scripted peer: answers like the service, slowly or not at all, and records the requests."""

from __future__ import annotations

import base64
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

CONTENT = bytes(range(256)) * 4096
"""The content of `download_file`: 1 MiB with every byte value."""

DESCRIPTOR = {
    "FileReference": "227166",
    "FileTimestamp": "2026-11-20T08:00:00.250+02:00",
    "FileType": "camt.053.001.08",
    "Status": "WFP",
}

TIMES = (
    "2026-11-20T08:00:00Z",
    "2026-11-20T08:00:00.25+02:00",
    "2026-11-20T08:00:00.123456789-03:30",
    "2026-06-30T23:59:60Z",
)
"""Instants in the form of `list_certs`."""


class Peer:
    """A peer on a free port of this machine."""

    def __init__(self) -> None:
        self.uploads: list[bytes] = []
        self.calls = 0
        self.request_ids: list[str | None] = []
        self.traceparents: list[str | None] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "base_url": f"http://127.0.0.1:{self.server.server_address[1]}/v2",
            "api_key": "example-api-key-0123456789",
            "id_token": "example-id-token",
            "mode": "data",
            "bank": "simulator",
        }

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        peer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                peer.calls += 1
                self.note()
                if self.path == "/v2/certs":
                    times = [{"Purpose": "signing", "Expires": time} for time in TIMES]
                    connection = {"Bank": "simulator", "Access": "direct", "Certificates": times}
                    self.give(200, {"Certs": [], "Connections": [connection]})
                elif self.path.split("?")[0].count("/") == 3:
                    self.give(200, {"FileDescriptors": [DESCRIPTOR]})
                else:
                    self.give(200, {"Content": base64.b64encode(CONTENT).decode()})

            def do_PUT(self) -> None:
                peer.calls += 1
                self.note()
                if "chunked" in self.headers.get("transfer-encoding", ""):
                    body = b""
                    while size := int(self.rfile.readline() or b"-1", 16):
                        if size < 0:
                            self.close_connection = True
                            return  # the caller gave up in the middle
                        body += self.rfile.read(size)
                        self.rfile.readline()
                    self.rfile.readline()
                else:
                    body = self.rfile.read(int(self.headers["content-length"]))
                peer.uploads.append(base64.b64decode(json.loads(body)["FileContents"]))
                self.give(201, {})

            def do_DELETE(self) -> None:
                peer.calls += 1
                self.note()
                self.give(400, {}, "15", "FileReference is not valid")

            def note(self) -> None:
                peer.request_ids.append(self.headers.get("x-request-id"))
                peer.traceparents.append(self.headers.get("traceparent"))

            def give(self, status: int, fields: dict[str, Any], code: str = "00", text: str = "OK") -> None:
                answer = {"ResponseCode": code, "ResponseText": text, "RequestId": "example-request-id", **fields}
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def heed_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Silent:
    """Accepts connections and requests, and never answers."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.arrived = threading.Event()
        self.connections: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            connection.recv(1)
            self.arrived.set()

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "base_url": f"http://127.0.0.1:{self.listener.getsockname()[1]}/v2",
            "api_key": "example-api-key-0123456789",
            "id_token": "example-id-token",
            "mode": "data",
            "bank": "simulator",
        }

    def interrupt(self, program: str) -> tuple[str, int]:
        """Runs a program with these settings as its argument, and sends Ctrl-C once its request has arrived. Returns its
        output and its exit code."""
        child = subprocess.Popen(
            [sys.executable, "-c", program, repr(self.settings)],
            stdout=subprocess.PIPE,
            text=True,
            # Background test runs ignore Ctrl-C, and child processes inherit that.
            preexec_fn=heed_ctrl_c,
        )
        if not self.arrived.wait(30):
            raise TimeoutError("no request arrived")
        time.sleep(0.3)
        child.send_signal(signal.SIGINT)
        printed, _ = child.communicate(timeout=30)
        return printed, child.returncode

    def close(self) -> None:
        self.listener.close()
        for connection in self.connections:
            connection.close()

    def __enter__(self) -> Silent:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
