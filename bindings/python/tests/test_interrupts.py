"""Exceptions of signal handlers: they come out of a call as they are, and the outcome of the call is their cause."""

from __future__ import annotations

import os
import signal
import socket
import threading
import unittest
from typing import Any
from unittest import mock

from bankchannel import BankchannelError, WsChannel, _errors
from peer import Peer

UPLOAD: dict[str, Any] = {"file_name": "a.xml", "file_type": "pain.001.001.09", "signature": "armored"}
ACCEPTED = b'{"ResponseCode":"00","ResponseText":"OK","RequestId":"r"}'
REFUSED = b'{"ResponseCode":"05","ResponseText":"no","RequestId":"r"}'


class Stop(BaseException):
    """The exception of the handler."""


class Interrupting:
    """A peer that takes uploads, and sends the process a signal just before its answer."""

    def __init__(self, status: bytes, body: bytes) -> None:
        self.answer = b"HTTP/1.1 %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s"
        self.answer = self.answer % (status, len(body), body)
        self.socket = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.serve, daemon=True).start()

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "base_url": f"http://127.0.0.1:{self.socket.getsockname()[1]}/v2",
            "api_key": "example-api-key-0123456789",
            "id_token": "x",
            "mode": "data",
            "bank": "simulator",
            "retries": 0,
        }

    def serve(self) -> None:
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            with peer, peer.makefile("rb") as sent:
                length = 0
                for line in sent:
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.partition(b":")[2])
                    if not line.strip():
                        break
                sent.read(length)
                os.kill(os.getpid(), signal.SIGUSR1)
                peer.sendall(self.answer)


class Interrupts(unittest.TestCase):
    def setUp(self) -> None:
        def stop(*_: object) -> None:
            raise Stop

        before = signal.signal(signal.SIGUSR1, stop)
        self.addCleanup(signal.signal, signal.SIGUSR1, before)

    def uploaded(self, status: bytes, body: bytes) -> BaseException | None:
        """The cause of the interruption of an upload with this answer."""
        peer = Interrupting(status, body)
        self.addCleanup(peer.socket.close)
        with WsChannel(**peer.settings) as client, self.assertRaises(Stop) as raised:
            client.upload_file(content=b"<x/>", **UPLOAD)
        return raised.exception.__cause__

    def test_a_success_in_the_same_moment(self) -> None:
        for _ in range(20):
            cause = self.uploaded(b"201 Created", ACCEPTED)
            assert isinstance(cause, BankchannelError), cause
            # The call was cancelled before the answer had arrived, or had succeeded.
            self.assertIn(cause.outcome, ("accepted", "unknown"))
            if cause.outcome == "accepted":
                self.assertEqual(cause.partial_response.response_text, "OK")

    def test_a_failure_in_the_same_moment(self) -> None:
        for _ in range(20):
            cause = self.uploaded(b"400 Bad Request", REFUSED)
            assert isinstance(cause, BankchannelError), cause
            self.assertIn(cause.outcome, ("refused", "unknown"))

    def test_while_the_error_is_made(self) -> None:
        peer = Peer()
        settings = {**peer.settings, "retries": 0}
        peer.close()
        with WsChannel(**settings) as client:
            handler = iter([Stop("mine")])

            def interrupted(details: Any) -> BankchannelError:
                for stop in handler:
                    raise stop
                return made(details)

            made = _errors.from_details
            with mock.patch.object(_errors, "from_details", interrupted), self.assertRaisesRegex(Stop, "mine") as raised:
                client.list_files()
        cause = raised.exception.__cause__
        assert isinstance(cause, BankchannelError), cause
        self.assertEqual((cause.code, cause.outcome), ("transport.connect_failed", "not_sent"))

    def test_a_package_that_is_broken_says_what_the_error_was(self) -> None:
        with WsChannel(base_url="http://127.0.0.1:1/v2", retries=0) as client:
            broken = mock.patch.object(_errors, "from_details", side_effect=AttributeError("gone"))
            with broken, self.assertRaisesRegex(RuntimeError, "list_files|api_key|bank") as raised:
                client.list_files()
        self.assertIsInstance(raised.exception.__cause__, AttributeError)


if __name__ == "__main__":
    unittest.main()
