"""Bad input and faults: each gives the typed error or the stated behaviour, never a crash, a hang or a leak."""

from __future__ import annotations

import io
import itertools
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from collections import UserDict, UserList
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bankchannel
from bankchannel import (
    BankchannelError,
    Cancel,
    CancelledError,
    ConfigurationError,
    InvalidInputError,
    Service,
    WsChannel,
    codes,
)
from peer import CONTENT, Peer, Silent
from prepared import ACCOUNT

PACKAGE = Path(bankchannel.__file__).parent
UPLOAD: dict[str, Any] = {"file_name": "a.xml", "file_type": "pain.001.001.09", "signature": "armored"}
DOWNLOAD: dict[str, Any] = {"file_type": "camt.053.001.08", "file_reference": "227166"}


class WithPeer(unittest.TestCase):
    def setUp(self) -> None:
        self.peer = Peer()
        self.addCleanup(self.peer.close)
        self.client = WsChannel(**self.peer.settings)
        self.addCleanup(self.client.close)


class Input(WithPeer):
    def refused(self, request: dict[str, Any], operation: str = "ws_channel.list_files") -> InvalidInputError:
        with self.assertRaises(InvalidInputError) as raised:
            self.client.call(operation, request)
        self.assertEqual(self.peer.calls, 0)
        return raised.exception

    def test_wrong_requests_name_the_field_and_the_operation(self) -> None:
        circle: list[Any] = []
        circle.append(circle)
        wrong: list[tuple[dict[str, Any], str, str]] = [
            ({"bank": 5}, codes.INPUT_INVALID_FIELD, "bank"),
            ({"bank": "no such bank"}, codes.INPUT_INVALID_FIELD, "bank"),
            ({"bank": ["simulator"]}, codes.INPUT_INVALID_FIELD, "bank"),
            ({"no_such_field": 1}, codes.INPUT_UNKNOWN_FIELD, "no_such_field"),
            ({"file_type": "\ud800"}, codes.INPUT_INVALID_FIELD, "file_type"),
            ({"file_type": "a\0b"}, codes.INPUT_INVALID_FIELD, "file_type"),
            ({"file_type": b"KTL"}, codes.INPUT_INVALID_FIELD, "file_type"),
            ({"file_type": object()}, codes.INPUT_INVALID_FIELD, "file_type"),
            ({"file_type": float("nan")}, codes.INPUT_INVALID_FIELD, "file_type"),
            ({"file_type": 2**70}, codes.INPUT_INVALID_FIELD, "file_type"),
            ({"file_type": circle}, codes.INPUT_INVALID_FIELD, "file_type"),
            ({"file_type": {"a": {1: 2}}}, codes.INPUT_INVALID_FIELD, "file_type.a"),
            ({"file_type": ["a", {"b": "\ud800"}]}, codes.INPUT_INVALID_FIELD, "file_type[1].b"),
            ({"file_type": "x" * 5000}, codes.INPUT_INVALID_FIELD, "file_type"),
        ]
        for request, code, field in wrong:
            with self.subTest(field=field, request=str(request)[:60]):
                error = self.refused(request)
                self.assertEqual((error.code, error.context["field"]), (code, field))
                self.assertEqual(error.operation, "ws_channel.list_files")
        self.assertEqual(self.refused({}, "ws_channel.download_file").code, codes.INPUT_MISSING_FIELD)
        self.assertEqual(self.refused({}, "ws_channel.no_such_operation").code, codes.INPUT_UNKNOWN_OPERATION)
        self.assertEqual(self.refused({}, "no\0such").code, codes.INPUT_UNKNOWN_OPERATION)
        self.assertEqual(self.refused({}, "\ud800").code, codes.INPUT_UNKNOWN_OPERATION)

    def test_oversized_input_is_refused(self) -> None:
        self.assertEqual(self.refused({"file_type": "x" * (17 << 20)}).code, codes.INPUT_TOO_LARGE)
        with self.assertRaises(InvalidInputError):
            self.client.verify_file(content=b"", public_key="x" * (17 << 20), signature="y")

    def test_what_refers_to_one_thing_many_times_is_too_large(self) -> None:
        many: Any = "x" * 100
        for _ in range(30):
            many = [many, many]
        self.assertEqual(self.refused({"file_type": many}).code, codes.INPUT_TOO_LARGE)
        self.assertEqual(self.refused({"secret": many}, "ws_channel.totp_code").code, codes.INPUT_TOO_LARGE)

        class Endless(UserList[int]):
            def __iter__(self) -> Iterator[int]:
                return itertools.repeat(7)

        self.assertEqual(self.refused({"file_type": Endless()}).code, codes.INPUT_TOO_LARGE)

    def test_nesting_has_the_limit_of_json(self) -> None:
        nested: Any = "x"
        for _ in range(31):
            nested = [nested]
        self.assertIn("must be a string", str(self.refused({"file_type": nested})))
        self.assertIn("nested more than 32 deep", str(self.refused({"file_type": [nested]})))

    def test_every_kind_of_mapping_and_sequence_is_taken(self) -> None:
        found = self.client.call("ws_channel.list_files", UserDict({"file_type": "KTL"}))
        self.assertEqual(found["file_descriptors"][0]["file_reference"], "227166")
        with self.assertRaises(InvalidInputError) as raised:
            self.client.upload_and_wait(
                content=b"", file_type="KTL", private_key="x", wait_for=UserList([5])  # type: ignore[list-item]
            )
        self.assertIn("wait_for", raised.exception.context["field"])

    def test_a_missing_or_unknown_parameter_is_pythons_own_error(self) -> None:
        with self.assertRaises(TypeError):
            self.client.download_file(file_type="KTL")  # type: ignore[call-arg]
        with self.assertRaises(TypeError):
            self.client.list_files(no_such_field=1)  # type: ignore[call-arg]

    def test_content_of_no_known_form_is_refused(self) -> None:
        for content in ("text", 5, [b"x"], io.StringIO("text")):
            with self.subTest(content=content), self.assertRaises(InvalidInputError):
                self.client.upload_file(content=content, **UPLOAD)  # type: ignore[arg-type]
        with self.assertRaises(InvalidInputError) as raised:
            self.client.sign_file(content=io.StringIO("x"), private_key="y")  # type: ignore[arg-type]
        self.assertEqual(raised.exception.operation, "ws_channel.sign_file")
        with self.assertRaises(InvalidInputError) as raised:
            self.client.upload_file(content=Path("no such file"), **UPLOAD)
        self.assertEqual(raised.exception.code, codes.INPUT_CONTENT_UNREADABLE)
        with self.assertRaises(InvalidInputError):
            self.client.download_file(**DOWNLOAD, destination="a string")  # type: ignore[arg-type]
        self.assertEqual(self.peer.uploads, [])


class Broken:
    """A file object that fails after its first piece."""

    def __init__(self) -> None:
        self.times = 0

    def step(self) -> None:
        self.times += 1
        if self.times > 1:
            raise LookupError("the disk is on fire")

    def read(self, size: int, /) -> bytes:
        self.step()
        return b"x" * size

    def write(self, data: bytes, /) -> int:
        self.step()
        return len(data)


class Callers(WithPeer):
    """Faults of the caller's own code."""

    def test_a_failing_file_object_raises_its_own_error(self) -> None:
        with self.assertRaisesRegex(LookupError, "on fire"):
            self.client.upload_file(content=Broken(), **UPLOAD)
        with self.assertRaisesRegex(LookupError, "on fire"):
            self.client.download_file(**DOWNLOAD, destination=Broken())
        self.assertEqual(self.peer.uploads, [])
        # The client still works.
        self.assertEqual(self.client.download_file(**DOWNLOAD).content.data, CONTENT)

    def test_a_file_object_may_use_the_client(self) -> None:
        client = self.client

        class Nested(io.BytesIO):
            def read(self, size: int | None = -1, /) -> bytes:
                client.list_files()
                return super().read(size)

        self.client.upload_file(content=Nested(b"abc"), **UPLOAD)
        self.assertEqual(self.peer.uploads, [b"abc"])

    def test_exceptions_that_are_no_errors_pass_too(self) -> None:
        class Interrupting:
            def read(self, size: int, /) -> bytes:
                raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt) as raised:
            self.client.upload_file(content=Interrupting(), **UPLOAD)
        # The README promises it for Ctrl-C in any state of the call.
        cause = raised.exception.__cause__
        assert isinstance(cause, BankchannelError)
        self.assertEqual(cause.operation, "ws_channel.upload_file")
        self.assertIn(cause.outcome, ("not_sent", "unknown"))

    def test_a_cause_of_the_callers_own_stays(self) -> None:
        class Caused:
            def read(self, size: int, /) -> bytes:
                raise LookupError("no such block") from OSError("the disk is on fire")

        with self.assertRaises(LookupError) as raised:
            self.client.upload_file(content=Caused(), **UPLOAD)
        self.assertIsInstance(raised.exception.__cause__, OSError)

    def test_a_raw_file_that_takes_nothing_loses_nothing(self) -> None:
        class Full(io.RawIOBase):
            """Takes a part of each piece; every third time, nothing."""

            def __init__(self, nothing: int | None) -> None:
                self.nothing, self.times, self.taken = nothing, 0, b""

            def write(self, data: Any, /) -> Any:
                self.times += 1
                if self.times == 3:
                    return self.nothing
                self.taken += bytes(data[:1000])
                return min(len(data), 1000)

        for nothing in (None, 0):
            full = Full(nothing)
            with self.subTest(nothing=nothing), self.assertRaises(BlockingIOError):
                self.client.download_file(**DOWNLOAD, destination=full)
            self.assertEqual(full.taken, CONTENT[:2000])

    def test_a_file_that_takes_no_bytes_is_refused_before_anything_is_sent(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "file")
            with path.open("w") as text:
                wrong: list[tuple[Any, str]] = [(text, "binary mode"), (io.StringIO(), "binary mode")]
                closed = path.open("wb")
                closed.close()
                with path.open("rb") as read_only:
                    wrong += [(closed, "closed"), (read_only, "for writing")]
                    for destination, why in wrong:
                        with self.subTest(why=why), self.assertRaisesRegex(InvalidInputError, why) as raised:
                            self.client.download_file(**DOWNLOAD, destination=destination)
                        self.assertEqual(raised.exception.context["field"], "destination")
        self.assertEqual(self.peer.calls, 0)

    def test_objects_that_do_not_say_what_they_took_have_taken_all(self) -> None:
        class Mute:
            taken = b""

            def write(self, data: bytes, /) -> None:
                self.taken += bytes(data)

        mute = Mute()
        self.client.download_file(**DOWNLOAD, destination=mute)
        self.assertEqual(mute.taken, CONTENT)

    def test_an_answer_that_is_no_text_does_not_show(self) -> None:
        with Service(verification_code="123456", no_limits=True) as service:
            settings: dict[str, Any] = {**service.client_settings, **ACCOUNT, "mode": "admin", "api_key": "0"}
            with WsChannel(**settings) as client:
                client.register_account()
                with self.assertRaises(InvalidInputError) as raised:
                    client.log_in(on_code=lambda question: "123456\ud800")
        error: BaseException | None = raised.exception
        self.assertEqual(raised.exception.code, codes.INPUT_INVALID_FIELD)
        while error is not None:
            self.assertNotIn("123456", repr(error) + repr(vars(error)))
            self.assertNotIsInstance(error, UnicodeError)
            error = error.__cause__ or error.__context__


class Ending(WithPeer):
    def test_a_closed_client_refuses_every_kind_of_call(self) -> None:
        self.client.close()
        self.client.close()
        calls: list[Callable[[], object]] = [
            self.client.list_files,
            self.client.generate_key,
            lambda: self.client.sign_file(content=b"x", private_key="y"),
            lambda: self.client.call("ws_channel.list_files"),
        ]
        for call in calls:
            with self.assertRaises(ConfigurationError) as raised:
                call()
            self.assertEqual(raised.exception.code, codes.CONFIGURATION_CLOSED)
            self.assertTrue(str(raised.exception.operation).startswith("ws_channel."))

    def test_closing_ends_the_calls_of_other_threads(self) -> None:
        with Silent() as silent:
            client = WsChannel(**silent.settings)
            ended: list[BaseException] = []

            def wait() -> None:
                try:
                    client.list_files()
                except BankchannelError as error:
                    ended.append(error)

            threads = [threading.Thread(target=wait) for _ in range(4)]
            for thread in threads:
                thread.start()
            self.assertTrue(silent.arrived.wait(10))
            time.sleep(0.2)
            client.close()
            for thread in threads:
                thread.join(10)
        self.assertEqual([type(error) for error in ended], [CancelledError] * 4)

    def test_a_token_outlives_its_calls(self) -> None:
        token = Cancel()
        listed = self.client.list_files(cancel=token)
        token.cancel()
        self.assertEqual(listed.file_descriptors[0].file_reference, "227166")
        with self.assertRaises(CancelledError) as raised:
            self.client.list_files(cancel=token)
        self.assertEqual(raised.exception.outcome, "not_sent")
        # Ending one call must not cancel other users of the token.
        other = Cancel()
        with self.assertRaises(LookupError):
            self.client.upload_file(content=Broken(), cancel=other, **UPLOAD)
        self.assertFalse(other.cancelled)

    def test_one_call_is_resumed_by_one_thread(self) -> None:
        with Silent() as silent, WsChannel(**silent.settings) as client:
            call = bankchannel._native.Call(client._native, "ws_channel.list_files", {})
            ended: list[BaseException] = []

            def resume() -> None:
                try:
                    call.resume("go", None, False)
                except BaseException as error:
                    ended.append(error)

            thread = threading.Thread(target=resume)
            thread.start()
            self.assertTrue(silent.arrived.wait(10))
            with self.assertRaises(InvalidInputError):
                call.resume("go")
            call.cancel()
            thread.join(10)
            self.assertFalse(thread.is_alive())
        self.assertEqual([type(error) for error in ended], [CancelledError])

    def test_a_call_that_begins_while_the_client_is_closed_is_cancelled(self) -> None:
        with Silent() as silent:
            client = WsChannel(**silent.settings)
            begin = client._begin

            def closing(*arguments: Any) -> Any:
                begun = begin(*arguments)
                # Simulates another thread at this point.
                client.close()
                return begun

            setattr(client, "_begin", closing)
            with self.assertRaises(CancelledError):
                client.list_files(timeout=20)


class Versions(unittest.TestCase):
    """A package whose files do not match."""

    def run_changed(self, file: str, old: str, new: str, program: str) -> str:
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(PACKAGE, Path(folder, "bankchannel"), ignore=shutil.ignore_patterns("__pycache__"))
            place = Path(folder, "bankchannel", file)
            text = place.read_text()
            self.assertTrue(old in text)
            place.write_text(text.replace(old, new))
            done = subprocess.run(
                [sys.executable, "-c", program], env={"PYTHONPATH": folder}, cwd=folder, capture_output=True, text=True
            )
        self.assertEqual(done.returncode, 1)
        return done.stderr

    def test_another_version_of_the_library_is_refused_at_import(self) -> None:
        version = bankchannel.__version__
        said = self.run_changed("_version.py", version, "0.0.1", "import bankchannel")
        self.assertIn("ImportError: bankchannel: the package is version 0.0.1, its native library " + version, said)
        self.assertIn("install it again", said)

    def test_other_types_of_the_same_version_are_refused_at_use(self) -> None:
        program = "from bankchannel import WsChannel\nWsChannel(mode='data').generate_key(name='Example', email='a@example.test')"
        said = self.run_changed("ws_channel.py", '("public_key", "private_key",', '("private_key",', program)
        self.assertIn("ImportError: bankchannel: GenerateKeyResponse of the package does not match its native", said)

    def test_nor_may_fields_change_places(self) -> None:
        program = "from bankchannel import WsChannel\nWsChannel(mode='data').generate_key(name='Example', email='a@example.test')"
        old, new = '("public_key", "private_key",', '("private_key", "public_key",'
        said = self.run_changed("ws_channel.py", old, new, program)
        self.assertIn("ImportError: bankchannel: GenerateKeyResponse of the package does not match its native", said)

    def test_and_before_anything_is_sent(self) -> None:
        with Peer() as peer:
            program = (
                f"from bankchannel import WsChannel\nWsChannel(**{peer.settings!r}).upload_file("
                "content=b'x', file_name='a', file_type='b', signature='c')"
            )
            old, new = "class UploadFileResponse(Record):", "class Another(Record):"
            said = self.run_changed("ws_channel.py", old, new, program)
            self.assertIn("UploadFileResponse", said)
            self.assertEqual(peer.calls, 0)


if __name__ == "__main__":
    unittest.main()
