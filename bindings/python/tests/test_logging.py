"""`logging`: silent by default, redacted, on the caller's own thread."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import subprocess
import sys
import unittest
from typing import Any

from bankchannel import AsyncWsChannel, BankchannelError, NextGenPsd2, NextGenPsd2Bank, TimedOutError, WsChannel
from bankchannel._log import CallLog
from peer import Peer, Silent

PREFIX = "bankchannel_"


def fields(record: logging.LogRecord) -> dict[str, Any]:
    """The fields of a record, without their prefix."""
    return {name[len(PREFIX) :]: value for name, value in vars(record).items() if name.startswith(PREFIX)}


class JsonLines(logging.Formatter):
    """Writes like formatters for JSON: a record's own attributes and the added ones."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps({"level": record.levelname, "message": record.getMessage(), **fields(record)})


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
                await client.upload_file(content=b"y", **upload)

        with WsChannel(**self.peer.settings) as client:
            client.upload_file(content=b"x", **upload)
            # Here log records are written during the call too.
            client.upload_file(content=io.BytesIO(b"z"), **upload)
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


class Fields(unittest.TestCase):
    def setUp(self) -> None:
        self.peer = Peer()
        self.addCleanup(self.peer.close)

    def test_every_record_names_its_call(self) -> None:
        with WsChannel(**self.peer.settings) as client, self.assertLogs("bankchannel", logging.DEBUG) as logs:
            client.list_files()
            first = len(logs.records)
            client.call("ws_channel.list_files", {})
        calls = [record.__dict__["bankchannel_call"] for record in logs.records]
        self.assertEqual(len(set(calls[:first])), 1)
        self.assertEqual(len(set(calls[first:])), 1)
        self.assertNotEqual(calls[0], calls[-1])
        for record in logs.records:
            known = fields(record)
            self.assertEqual((known["protocol"], known["operation"]), ("ws-channel", "ws_channel.list_files"))
            # A format may use it without a default.
            self.assertTrue(logging.Formatter("%(bankchannel_operation)s %(bankchannel_call)d").format(record))

    def test_exchanges(self) -> None:
        with WsChannel(**self.peer.settings) as client, self.assertLogs("bankchannel", logging.DEBUG) as logs:
            client.list_files()
        request, response, answer = (fields(record) for record in logs.records)
        self.assertEqual((request["http_method"], "http_status" in request), ("GET", False))
        self.assertEqual((response["http_method"], response["http_status"]), ("GET", 200))
        self.assertGreaterEqual(response["duration_ms"], 0)
        self.assertEqual((answer["http_status"], answer["peer_code"]), (200, "00"))

    def test_a_refusal(self) -> None:
        with WsChannel(**self.peer.settings) as client, self.assertLogs("bankchannel", logging.WARNING) as logs:
            with self.assertRaises(BankchannelError) as raised:
                client.delete_file(file_type="camt.053.001.08", file_reference="1")
        known = fields(logs.records[-1])
        self.assertEqual((known["code"], known["outcome"]), (raised.exception.code, raised.exception.outcome))
        assert raised.exception.peer is not None
        self.assertEqual(known["request_id"], raised.exception.peer.request_id)
        self.assertNotIn("x_request_id", known)

    def test_a_request_id_is_in_the_line_of_the_exchange_and_in_that_of_its_failure(self) -> None:
        with WsChannel(**self.peer.settings) as client, self.assertLogs("bankchannel", logging.DEBUG) as logs:
            with self.assertRaises(BankchannelError) as raised:
                client.delete_file(file_type="camt.053.001.08", file_reference="1", request_id="run-7")
        known = [one for one in map(fields, logs.records) if "x_request_id" in one]
        self.assertEqual([one["x_request_id"] for one in known], ["run-7", "run-7"])
        assert raised.exception.peer is not None
        self.assertEqual(known[-1]["request_id"], raised.exception.peer.request_id)
        self.assertEqual(known[-1]["outcome"], raised.exception.outcome)

    def test_a_deadline(self) -> None:
        with Silent() as peer, WsChannel(**peer.settings) as client:
            with self.assertLogs("bankchannel", logging.WARNING) as logs, self.assertRaises(TimedOutError):
                client.list_files(timeout=0.2)
        exchange, end = (fields(record) for record in logs.records)
        self.assertEqual((exchange["http_method"], exchange["code"]), ("GET", "timeout.deadline"))
        self.assertGreaterEqual(exchange["duration_ms"], 150)
        self.assertEqual((end["code"], end["outcome"]), ("timeout.deadline", "unknown"))
        self.assertNotIn("request_id", end)

    def test_a_signed_request(self) -> None:
        with NextGenPsd2Bank() as bank, self.assertLogs("bankchannel", logging.DEBUG) as logs:
            with NextGenPsd2(**bank.client_settings) as tpp:
                tpp.update_bank_offered_consents(redirect_uri="https://tpp.example/back?state=9d1f")
        known = [fields(record) for record in logs.records]
        self.assertEqual({one["protocol"] for one in known}, {"nextgen-psd2"})
        (x_request_id,) = (one["x_request_id"] for one in known if "x_request_id" in one)
        self.assertEqual(len(x_request_id), 36)
        self.assertIn(201, [one.get("http_status") for one in known])

    def test_a_formatter_for_json_sees_them(self) -> None:
        stream = io.StringIO()
        handler = logging.StreamHandler(stream)
        handler.setFormatter(JsonLines())
        logger = logging.getLogger("bankchannel")
        before = logger.level
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        self.addCleanup(logger.setLevel, before)
        self.addCleanup(logger.removeHandler, handler)

        async def call() -> None:
            async with AsyncWsChannel(**self.peer.settings) as client:
                await client.list_files()

        asyncio.run(call())
        lines = [json.loads(line) for line in stream.getvalue().splitlines()]
        self.assertEqual({line["operation"] for line in lines}, {"ws_channel.list_files"})
        self.assertIn(200, [line.get("http_status") for line in lines])
        for secret in (self.peer.settings["api_key"], self.peer.settings["id_token"]):
            self.assertNotIn(secret, stream.getvalue())

    def test_the_programs_own_failure(self) -> None:
        with self.assertLogs("bankchannel", logging.ERROR) as logs:
            log = CallLog(logging.getLogger("bankchannel"), "salt-edge-connector", "salt_edge_connector.work")
            log.program_failed("bank.list_accounts", LookupError("no such account"))
        (record,) = logs.records
        known = fields(record)
        self.assertEqual((known["operation"], known["question"]), ("salt_edge_connector.work", "bank.list_accounts"))
        assert record.exc_info is not None
        self.assertIsInstance(record.exc_info[1], LookupError)


if __name__ == "__main__":
    unittest.main()
