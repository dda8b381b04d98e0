"""Error classes: their builtin base classes, which change nothing else about them."""

from __future__ import annotations

import asyncio
import copy
import pickle
import socket
import sys
import unittest
from typing import Any

from bankchannel import (
    AsyncWsChannel,
    BankchannelError,
    Cancel,
    CancelledError,
    TimedOutError,
    TransportError,
    WsChannel,
    codes,
    errors,
)
from peer import Silent

BUILTIN: dict[str, type[OSError]] = {"TimedOutError": TimeoutError, "TransportError": ConnectionError}
NAMES = [name for name in errors.__all__ if name not in ("BankchannelError", "Peer")]
CLASSES: list[type[BankchannelError]] = [getattr(errors, name) for name in NAMES]


def closed_port() -> dict[str, Any]:
    """Settings with an address without a server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/v2"
    return {"base_url": url, "api_key": "k" * 20, "id_token": "t", "mode": "data", "bank": "simulator"}


class Classes(unittest.TestCase):
    def test_only_these_are_builtin_errors(self) -> None:
        self.assertEqual(len(CLASSES), 16)
        for error_class in CLASSES:
            builtin = BUILTIN.get(error_class.__name__)
            self.assertEqual(issubclass(error_class, OSError), builtin is not None, error_class)
            self.assertTrue(issubclass(error_class, BankchannelError), error_class)
            if builtin is not None:
                self.assertTrue(issubclass(error_class, builtin), error_class)
        # Since Python 3.11 the exceptions of `asyncio` and `socket` are the builtin ones.
        if sys.version_info >= (3, 11):
            self.assertTrue(issubclass(TimedOutError, asyncio.TimeoutError))
        self.assertFalse(issubclass(CancelledError, asyncio.CancelledError))

    def test_they_behave_as_all_the_others(self) -> None:
        given: dict[str, Any] = {
            "code": codes.TIMEOUT_DEADLINE,
            "message": "the deadline passed",
            "operation": "ws_channel.upload_file",
            "outcome": "unknown",
            "http_status": 504,
            "peer": errors.Peer(code="24", text="later", request_id="r-1"),
            "context": {"field": "content"},
            "retry_after_s": 3,
        }
        for error_class in CLASSES:
            error = error_class(**given)
            self.assertEqual(error.args, ("the deadline passed",))
            self.assertEqual(
                str(error), "ws_channel.upload_file: the deadline passed [timeout.deadline; outcome unknown]"
            )
            self.assertEqual(repr(error), f"{error_class.__name__}('the deadline passed')")
            for name, value in given.items():
                self.assertEqual(getattr(error, name), value)
            copies = [copy.copy(error), copy.deepcopy(error)]
            copies += [pickle.loads(pickle.dumps(error, protocol)) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
            for other in copies:
                self.assertIs(type(other), error_class)
                self.assertEqual((other.args, str(other), repr(other)), (error.args, str(error), repr(error)))
                self.assertEqual(other.to_json(), error.to_json())
            self.assertEqual(str(error_class()), "internal [internal]")
            with self.assertRaises(TypeError):
                error_class("one", "two")  # type: ignore

    def test_there_is_no_number_of_the_system(self) -> None:
        for error in (TimedOutError(message="2"), TransportError(message="2")):
            self.assertEqual((error.errno, error.strerror, error.filename, error.filename2), (None,) * 4)


class Raised(unittest.TestCase):
    def test_no_connection(self) -> None:
        with WsChannel(**closed_port()) as client:
            try:
                client.list_files(timeout=5)
            except ConnectionError as error:
                assert isinstance(error, TransportError)
                self.assertEqual((error.code, error.outcome), (codes.TRANSPORT_CONNECT_FAILED, "not_sent"))
                self.assertEqual((error.operation, error.errno), ("ws_channel.list_files", None))
                # A traceback shows neither the address nor the credentials.
                self.assertNotIn("k" * 20, repr(error) + str(error))
                self.assertEqual(type(pickle.loads(pickle.dumps(error))), TransportError)
            else:
                self.fail("nothing was raised")

    def test_no_time_left(self) -> None:
        with Silent() as peer, WsChannel(**peer.settings) as client:
            with self.assertRaises(TimeoutError) as raised:
                client.list_files(timeout=0.2)
            self.assertIsInstance(raised.exception, TimedOutError)
            self.assertNotIsInstance(raised.exception, ConnectionError)

    def test_cancelled_is_neither(self) -> None:
        cancel = Cancel()
        cancel.cancel()
        with Silent() as peer, WsChannel(**peer.settings) as client:
            with self.assertRaises(CancelledError) as raised:
                client.list_files(cancel=cancel)
            self.assertNotIsInstance(raised.exception, OSError)

    def test_in_asyncio(self) -> None:
        async def call(settings: dict[str, Any]) -> BankchannelError:
            async with AsyncWsChannel(**settings) as client:
                try:
                    await client.list_files(timeout=0.2)
                except (TimeoutError, ConnectionError) as error:
                    assert isinstance(error, BankchannelError)
                    return error
            raise AssertionError("nothing was raised")

        with Silent() as peer:
            self.assertIsInstance(asyncio.run(call(peer.settings)), TimedOutError)
        self.assertIsInstance(asyncio.run(call(closed_port())), TransportError)


if __name__ == "__main__":
    unittest.main()
