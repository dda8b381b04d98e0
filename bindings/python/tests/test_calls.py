"""Typed calls of the blocking client, against a scripted peer."""

from __future__ import annotations

import inspect
import io
import os
import pickle
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

import bankchannel
from bankchannel import (
    BankchannelError,
    Cancel,
    CancelledError,
    ConfigurationError,
    InvalidInputError,
    PeerRefusedError,
    Progress,
    Replace,
    TimedOutError,
    TransportError,
    WsChannel,
)
from peer import CONTENT, Peer, Silent

UPLOAD: dict[str, Any] = {
    "file_name": "payments.xml",
    "file_type": "pain.001.001.09",
    "signature": "-----BEGIN PGP SIGNATURE-----",
}

FAR = datetime(2040, 1, 1, tzinfo=timezone.utc)


class Trickle:
    """A file object that returns few bytes at a time."""

    def __init__(self, data: bytes, step: int = 1000) -> None:
        self.rest = io.BytesIO(data)
        self.step = step

    def read(self, size: int, /) -> bytes:
        return self.rest.read(min(size, self.step))


class Calls(unittest.TestCase):
    def setUp(self) -> None:
        self.peer = Peer()
        self.addCleanup(self.peer.close)
        self.client = WsChannel(**self.peer.settings)
        self.addCleanup(self.client.close)

    def test_a_result_is_typed_and_cannot_be_changed(self) -> None:
        listed = self.client.list_files(file_type="camt.053.001.08", status="ALL")
        (descriptor,) = listed.file_descriptors
        self.assertEqual(descriptor.status, "WFP")
        self.assertEqual(descriptor.file_timestamp, "2026-11-20T08:00:00.250+02:00")
        self.assertIsNone(descriptor.service_id)
        with self.assertRaises(AttributeError):
            descriptor.status = "NEW"  # type: ignore[misc]
        with self.assertRaises(AttributeError):
            del descriptor.status
        self.assertFalse(hasattr(descriptor, "__dict__"))
        again = self.client.list_files().file_descriptors[0]
        self.assertEqual(descriptor, again)
        self.assertEqual(hash(descriptor), hash(again))
        self.assertIn("227166", repr(descriptor))

    def test_values_are_pythons_own(self) -> None:
        payment = Path(__file__).resolve().parents[3] / "core/iso20022/examples/pain.001.001.09.xml"
        checked = self.client.check_payment_file(content=payment)
        assert checked.payment is not None
        self.assertTrue(checked.ok)
        totals = [total for batch in checked.payment.batches for total in batch.totals]
        self.assertTrue(all(isinstance(total.amount, Decimal) for total in totals))
        with payment.open("rb") as opened:
            self.assertEqual(self.client.check_payment_file(content=opened), checked)

    def test_instants_are_the_right_ones(self) -> None:
        (connection,) = self.client.list_certs().connections or ()
        found = [certificate.expires for certificate in connection.certificates]
        self.assertTrue(all(time.utcoffset() is not None for time in found))
        wanted = [
            datetime(2026, 11, 20, 8, tzinfo=timezone.utc),
            datetime(2026, 11, 20, 6, tzinfo=timezone.utc),
            datetime(2026, 11, 20, 11, 30, tzinfo=timezone.utc),
            # Python knows no leap second.
            datetime(2026, 6, 30, 23, 59, 59, tzinfo=timezone.utc),
        ]
        for time_found, time_wanted in zip(found, wanted, strict=True):
            self.assertLessEqual(abs(time_found - time_wanted), timedelta(seconds=1))
        self.assertEqual(pickle.loads(pickle.dumps(connection)), connection)

    def test_what_computes_only_needs_no_network(self) -> None:
        key = self.client.generate_key(name="Example Signer", email="signer@example.test", expires=FAR)
        self.assertNotIn(key.private_key.reveal(), repr(key))
        data = os.urandom(100_000)
        signed = self.client.sign_file(content=data, private_key=key.private_key)
        verified = self.client.verify_file(content=data, public_key=key.public_key, signature=signed.signature)
        self.assertTrue(verified.good)
        (verdict,) = verified.signatures
        assert verdict.created is not None
        self.assertLess(abs(datetime.now(timezone.utc) - verdict.created), timedelta(minutes=5))
        self.assertFalse(
            self.client.verify_file(content=data[1:], public_key=key.public_key, signature=signed.signature).good
        )
        with self.assertRaises(InvalidInputError):
            self.client.generate_key(name="Example", email="signer@example.test", expires=datetime(2040, 1, 1))
        self.assertEqual(self.peer.calls, 0)

    def test_content_goes_out_in_every_form(self) -> None:
        data = os.urandom(700_001)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "payments.xml")
            path.write_bytes(data)
            with path.open("rb") as opened:
                for content in (data, bytearray(data), memoryview(data), path, opened, Trickle(data)):
                    self.client.upload_file(content=content, **UPLOAD)
        self.assertEqual([data == sent for sent in self.peer.uploads], [True] * 6)

    def test_a_call_says_how_far_it_is(self) -> None:
        data = os.urandom(700_001)
        for content in (data, Trickle(data)):
            told: list[Progress] = []
            self.client.upload_file(content=content, on_progress=told.append, **UPLOAD)
            self.assertTrue(all(one.text == "" and one.bytes <= (one.total or one.bytes) for one in told), told)
            self.assertTrue(told)
        collected = io.BytesIO()
        told = []
        self.client.download_file(
            file_type="KTL", file_reference="1", destination=collected, on_progress=told.append
        )
        whole = [one.bytes for one in told if one.bytes == one.total]
        self.assertTrue(max(whole) >= len(CONTENT), told)
        self.assertEqual(collected.getvalue(), CONTENT)
        told = []
        self.client.call("ws_channel.list_files", on_progress=told.append)
        self.assertTrue(told)

    def test_a_request_id_is_sent_and_told_in_the_error(self) -> None:
        self.peer.request_ids.clear()
        self.client.list_files(request_id="run-1")
        self.client.call("ws_channel.list_files", request_id="run-2")
        self.client.list_files()
        with self.assertRaises(PeerRefusedError) as refused:
            self.client.delete_file(file_type="KTL", file_reference="1", request_id="run-3")
        self.assertEqual(refused.exception.context["request_id"], "run-3")
        self.assertEqual(self.peer.request_ids, ["run-1", "run-2", None, "run-3"])
        for wrong in ("", "Toddler_..12345 6789", "a/b", "\ud800", 7):
            for call in (
                lambda given: self.client.list_files(request_id=given),
                lambda given: self.client.call("ws_channel.list_files", request_id=given),
                lambda given: self.client.call("ws_channel.totp_code", {"secret": "JBSWY3DPEHPK3PXP"}, request_id=given),
            ):
                with self.assertRaises(InvalidInputError) as raised:
                    call(wrong)
                self.assertEqual(raised.exception.context["field"], "request_id")
                self.assertNotIn("Toddler", f"{raised.exception} {raised.exception.context}")
        self.assertEqual(len(self.peer.request_ids), 4)

    def test_code_that_fails_at_the_progress_does_not_end_the_call(self) -> None:
        told: list[Progress] = []

        def fails(progress: Progress) -> None:
            told.append(progress)
            raise LookupError("no terminal")

        with mock.patch("sys.stderr", io.StringIO()) as printed:
            self.client.upload_file(content=os.urandom(700_001), on_progress=fails, **UPLOAD)
        self.assertEqual((len(told), len(self.peer.uploads)), (1, 1))
        self.assertIn("no terminal", printed.getvalue())

        def leaves(progress: Progress) -> None:
            raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt) as raised:
            self.client.upload_file(content=os.urandom(700_001), on_progress=leaves, **UPLOAD)
        self.assertIsInstance(raised.exception.__cause__, BankchannelError)
        sent = len(self.peer.uploads)
        with self.assertRaises(InvalidInputError) as refused:
            self.client.upload_file(content=b"x", on_progress="yes", **UPLOAD)  # type: ignore[arg-type]
        self.assertEqual(refused.exception.context["field"], "on_progress")
        self.assertEqual(len(self.peer.uploads), sent)

    def test_content_comes_in_in_every_form(self) -> None:
        which: dict[str, Any] = {"file_type": "camt.053.001.08", "file_reference": "227166"}
        received = self.client.download_file(**which).content
        self.assertEqual((received.data, received.size, received.path), (CONTENT, len(CONTENT), None))
        self.assertEqual(bytes(received), CONTENT)
        collected = io.BytesIO()
        received = self.client.download_file(**which, destination=collected).content
        self.assertEqual((collected.getvalue(), received.size), (CONTENT, len(CONTENT)))
        with self.assertRaises(ValueError):
            received.data
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "statement.xml")
            received = self.client.download_file(**which, destination=path).content
            self.assertEqual((path.read_bytes(), received.path, received.size), (CONTENT, path, len(CONTENT)))
            with self.assertRaises(BankchannelError):
                self.client.download_file(**which, destination=path)
            path.write_bytes(b"old")
            self.client.download_file(**which, destination=Replace(path))
            self.assertEqual(path.read_bytes(), CONTENT)
            self.assertEqual(os.listdir(folder), ["statement.xml"])

    def test_a_failing_file_object_raises_its_own_error(self) -> None:
        class Broken:
            def read(self, size: int, /) -> bytes:
                raise LookupError("the tape is torn")

            def write(self, data: bytes, /) -> int:
                raise LookupError("the tape is full")

        with self.assertRaisesRegex(LookupError, "torn"):
            self.client.upload_file(content=Broken(), **UPLOAD)
        with self.assertRaisesRegex(LookupError, "full"):
            self.client.download_file(file_type="KTL", file_reference="1", destination=Broken())
        self.assertEqual(self.peer.uploads, [])
        with self.assertRaises(InvalidInputError):
            self.client.upload_file(content=io.StringIO("text"), **UPLOAD)  # type: ignore[arg-type]

    def test_a_refusal_arrives_whole(self) -> None:
        with self.assertRaises(BankchannelError) as raised:
            self.client.delete_file(file_type="KTL", file_reference="1")
        error = raised.exception
        self.assertEqual(error.operation, "ws_channel.delete_file")
        self.assertEqual((error.http_status, error.outcome), (400, "refused"))
        assert error.peer is not None
        self.assertEqual((error.peer.code, error.peer.text), ("15", "FileReference is not valid"))
        self.assertEqual(error.peer.request_id, "example-request-id")
        self.assertFalse(error.retryable)
        self.assertIn(error.code, str(error))
        again = pickle.loads(pickle.dumps(error))
        self.assertEqual((type(again), again.to_json()), (type(error), error.to_json()))
        self.assertTrue(issubclass(PeerRefusedError, BankchannelError))

    def test_wrong_arguments_name_the_field(self) -> None:
        cases: list[tuple[str, dict[str, Any]]] = [
            ("bank", {"bank": "no such bank"}),
            ("bank", {"bank": 5}),
            ("status", {"status": "new"}),
            ("file_type", {"file_type": "a b"}),
            ("file_type", {"file_type": "\udcff"}),
            ("file_type", {"file_type": "a\0b"}),
            ("file_type", {"file_type": object()}),
            ("timeout", {"timeout": -1}),
            ("timeout", {"timeout": float("nan")}),
        ]
        for field, given in cases:
            with self.subTest(given=given), self.assertRaises(InvalidInputError) as raised:
                self.client.list_files(**given)
            self.assertEqual(raised.exception.context["field"], field)
        with self.assertRaises(TypeError):
            self.client.list_files(file="KTL")  # type: ignore[call-arg]
        with self.assertRaises(TypeError):
            self.client.download_file(file_type="KTL")  # type: ignore[call-arg]
        with self.assertRaises(InvalidInputError) as refused:
            self.client.upload_file(content="payments.xml", **UPLOAD)  # type: ignore[arg-type]
        self.assertEqual(refused.exception.context["field"], "content")
        self.assertEqual(self.peer.calls, 0)

    def test_a_closed_client_says_so(self) -> None:
        self.client.close()
        with self.assertRaises(ConfigurationError) as raised:
            self.client.list_files()
        self.assertEqual(raised.exception.code, "configuration.closed")

    def test_wrong_settings_are_refused(self) -> None:
        with self.assertRaises(BankchannelError):
            WsChannel(base_url="http://example.test/v2")
        with self.assertRaises(InvalidInputError):
            WsChannel(mode="boss")  # type: ignore[arg-type]

    def test_many_threads_share_a_client(self) -> None:
        failed: list[BaseException] = []

        def work() -> None:
            try:
                for _ in range(20):
                    self.client.list_files()
            except BaseException as error:
                failed.append(error)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failed, [])


class Environment(unittest.TestCase):
    def test_settings_come_from_the_environment_and_those_given_count_before_them(self) -> None:
        with Peer() as peer:
            variables = {
                "ISECURE_BASE_URL": peer.settings["base_url"],
                "ISECURE_API_KEY": peer.settings["api_key"],
                "ISECURE_BANK": "simulator",
                "ISECURE_MODE": "admin",
                "ISECURE_PHONE": "",
            }
            with mock.patch.dict(os.environ, variables):
                with WsChannel.from_env(mode="data", id_token=peer.settings["id_token"]) as client:
                    self.assertEqual(client.list_files().file_descriptors[0].status, "WFP")
                self.assertIsInstance(bankchannel.AsyncWsChannel.from_env(), bankchannel.AsyncWsChannel)

    def test_a_variable_that_cannot_be_used_is_named_and_not_shown(self) -> None:
        with mock.patch.dict(os.environ, {"ISECURE_API_KEY": "short secret"}):
            with self.assertRaises(ConfigurationError) as raised:
                WsChannel.from_env()
        self.assertEqual(raised.exception.context["field"], "ISECURE_API_KEY")
        self.assertNotIn("short secret", str(raised.exception.to_json()))
        with self.assertRaises(InvalidInputError):
            WsChannel.from_env(no_such_setting=1)  # type: ignore[call-arg]


class Limits(unittest.TestCase):
    def test_nobody_there_is_a_transport_error_and_nothing_was_sent(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        with Peer() as peer, WsChannel(**{**peer.settings, "base_url": f"http://127.0.0.1:{port}/v2"}) as client:
            with self.assertRaises(TransportError) as raised:
                client.upload_file(content=b"x", **UPLOAD)
        self.assertEqual((raised.exception.code, raised.exception.outcome), ("transport.connect_failed", "not_sent"))

    def test_a_deadline_of_zero_is_over_at_once(self) -> None:
        with Silent() as peer, WsChannel(**peer.settings) as client:
            with self.assertRaises(TimedOutError) as raised:
                client.upload_file(content=b"x", timeout=0, **UPLOAD)
        self.assertEqual((raised.exception.code, raised.exception.outcome), ("timeout.deadline", "not_sent"))

    def test_a_deadline_in_the_middle_leaves_the_outcome_unknown(self) -> None:
        with Silent() as peer, WsChannel(**peer.settings) as client:
            with self.assertRaises(TimedOutError) as raised:
                client.upload_file(content=b"x", timeout=0.2, **UPLOAD)
        self.assertEqual(raised.exception.outcome, "unknown")

    def test_cancelled_before_nothing_is_sent(self) -> None:
        with Silent() as peer, WsChannel(**peer.settings) as client:
            token = Cancel()
            token.cancel()
            with self.assertRaises(CancelledError) as raised:
                client.upload_file(content=b"x", cancel=token, **UPLOAD)
        self.assertEqual((raised.exception.code, raised.exception.outcome), ("cancelled", "not_sent"))

    def test_cancelled_in_the_middle_from_another_thread(self) -> None:
        with Silent() as peer, WsChannel(**peer.settings) as client:
            token = Cancel()

            def cancel() -> None:
                peer.arrived.wait(10)
                time.sleep(0.2)
                token.cancel()

            threading.Thread(target=cancel).start()
            with self.assertRaises(CancelledError) as raised:
                client.upload_file(content=b"x", cancel=token, **UPLOAD)
        self.assertEqual(raised.exception.outcome, "unknown")

    def test_ctrl_c_ends_a_call(self) -> None:
        program = (
            "import sys; from bankchannel import WsChannel; settings = eval(sys.argv[1])\n"
            "try:\n"
            "    WsChannel(**settings).list_files()\n"
            "except KeyboardInterrupt:\n"
            "    print('interrupted'); sys.exit(7)\n"
        )
        with Silent() as peer:
            self.assertEqual(peer.interrupt(program), ("interrupted\n", 7))

    def test_other_threads_run_while_a_call_waits(self) -> None:
        with Silent() as peer, WsChannel(**peer.settings) as client:
            token = Cancel()
            ended: list[BaseException] = []

            def wait() -> None:
                try:
                    client.list_files(cancel=token)
                except CancelledError as error:
                    ended.append(error)

            waiting = threading.Thread(target=wait)
            waiting.start()
            self.assertTrue(peer.arrived.wait(10))
            # If the lock were not released, this loop could not run.
            self.assertEqual(sum(range(1000)), 499_500)
            token.cancel()
            waiting.join(10)
        self.assertEqual(len(ended), 1)


class Package(unittest.TestCase):
    def test_the_catalogue_and_version_are_there(self) -> None:
        names = {str(entry["name"]) for entry in bankchannel.catalogue()}
        self.assertIn("ws_channel.upload_file", names)
        clients = {
            "ws_channel": (WsChannel, bankchannel.AsyncWsChannel),
            "nextgen_psd2": (bankchannel.NextGenPsd2, bankchannel.AsyncNextGenPsd2),
            "salt_edge_connector": (bankchannel.SaltEdgeConnector, bankchannel.AsyncSaltEdgeConnector),
            "salt_edge_hub": (bankchannel.SaltEdgeHub, bankchannel.AsyncSaltEdgeHub),
            "sepa_web_services": (bankchannel.SepaWebServices, bankchannel.AsyncSepaWebServices),
            # A module of functions.
            "iso20022": (bankchannel.iso20022,),
        }
        for name in names:
            protocol, method = name.split(".")
            for client in clients[protocol]:
                self.assertTrue(callable(getattr(client, method)), name)
        self.assertRegex(bankchannel.__version__, r"^\d+\.\d+\.\d+")

    def test_importing_loads_no_client(self) -> None:
        program = "import sys, bankchannel; sys.exit('bankchannel.ws_channel' in sys.modules or 'asyncio' in sys.modules)"
        self.assertEqual(subprocess.run([sys.executable, "-c", program]).returncode, 0)

    def test_what_is_not_there_is_an_attribute_error(self) -> None:
        with self.assertRaises(AttributeError):
            bankchannel.NoSuchThing
        self.assertIn("WsChannel", dir(bankchannel))


if __name__ == "__main__":
    unittest.main()
