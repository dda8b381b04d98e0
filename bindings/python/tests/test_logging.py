"""`logging`: silent by default, redacted, on the caller's own thread."""

from __future__ import annotations

import asyncio
import io
import logging
import subprocess
import sys
import unittest
from typing import Any

from bankchannel import AsyncWsChannel, BankchannelError, WsChannel
from peer import Peer


class Logging(unittest.TestCase):
    def setUp(self) -> None:
        self.peer = Peer()
        self.addCleanup(self.peer.close)

    def test_exchanges_are_logged_to_who_listens(self) -> None:
        with WsChannel(**self.peer.settings) as client, self.assertLogs("bankchannel", logging.DEBUG) as logs:
            client.list_files()
        self.assertTrue(any("list_files" in line or "GET" in line for line in logs.output), logs.output)
        text = "\n".join(logs.output)
        for secret in (self.peer.settings["api_key"], self.peer.settings["id_token"]):
            self.assertNotIn(secret, text)

    def test_a_failed_exchange_is_a_warning(self) -> None:
        with WsChannel(**self.peer.settings) as client, self.assertLogs("bankchannel", logging.DEBUG) as logs:
            with self.assertRaises(BankchannelError):
                client.delete_file(file_type="camt.053.001.08", file_reference="1")
        self.assertIn("WARNING", {record.levelname for record in logs.records})

    def test_warnings_alone_may_be_listened_to(self) -> None:
        with WsChannel(**self.peer.settings) as client, self.assertLogs("bankchannel", logging.WARNING) as logs:
            with self.assertRaises(BankchannelError):
                client.delete_file(file_type="camt.053.001.08", file_reference="1")
        self.assertEqual({record.levelname for record in logs.records}, {"WARNING"})

    def test_as_after_basic_config(self) -> None:
        program = (
            "import logging, sys\nlogging.basicConfig()\nfrom bankchannel import WsChannel, BankchannelError\n"
            "client = WsChannel(**eval(sys.argv[1]))\nclient.list_files()\n"
            "try:\n    client.delete_file(file_type='camt.053.001.08', file_reference='1')\n"
            "except BankchannelError: pass"
        )
        done = subprocess.run([sys.executable, "-c", program, repr(self.peer.settings)], capture_output=True, text=True)
        self.assertRegex(done.stderr, "^WARNING:bankchannel:")

    def test_a_handler_that_fails_hides_no_outcome(self) -> None:
        class Failing(logging.Handler):
            times = 0

            def emit(self, record: logging.LogRecord) -> None:
                self.times += 1
                raise LookupError("the database of the logs is gone")

        failing = Failing()
        logger = logging.getLogger("bankchannel")
        before = logger.level
        logger.addHandler(failing)
        logger.setLevel(logging.DEBUG)
        self.addCleanup(logger.setLevel, before)
        self.addCleanup(logger.removeHandler, failing)
        upload: dict[str, Any] = {"file_name": "a", "file_type": "KTL", "signature": "armored"}

        async def call() -> None:
            async with AsyncWsChannel(**self.peer.settings) as client:
                await client.upload_file(file_contents=b"y", **upload)

        with WsChannel(**self.peer.settings) as client:
            client.upload_file(file_contents=b"x", **upload)
            # Here it is logged in the middle of the call too.
            client.upload_file(file_contents=io.BytesIO(b"z"), **upload)
            with self.assertRaises(BankchannelError) as raised:
                client.delete_file(file_type="camt.053.001.08", file_reference="1")
        self.assertEqual(raised.exception.outcome, "refused")
        asyncio.run(call())
        self.assertEqual(self.peer.uploads, [b"x", b"z", b"y"])
        self.assertGreater(failing.times, 3)

    def test_asyncio_logs_too(self) -> None:
        async def call() -> None:
            async with AsyncWsChannel(**self.peer.settings) as client:
                await client.list_files()

        with self.assertLogs("bankchannel", logging.DEBUG) as logs:
            asyncio.run(call())
        self.assertTrue(logs.output)

    def test_nobody_is_told_unasked(self) -> None:
        program = (
            "import sys\n{}\nfrom bankchannel import WsChannel, BankchannelError\nsettings = eval(sys.argv[1])\n"
            "client = WsChannel(**settings)\nclient.list_files()\n"
            "try:\n    client.delete_file(file_type='camt.053.001.08', file_reference='1')\n"
            "except BankchannelError: pass\nprint('logging' in sys.modules)"
        )
        for before, loaded in (("", "False\n"), ("import logging", "True\n")):
            done = subprocess.run(
                [sys.executable, "-c", program.format(before), repr(self.peer.settings)], capture_output=True, text=True
            )
            self.assertEqual((done.stdout, done.stderr), (loaded, ""))


if __name__ == "__main__":
    unittest.main()
