"""`iter_new_files`: one file at a time, against the package's own service."""

from __future__ import annotations

import asyncio
import base64
import inspect
import itertools
import json
import tempfile
import unittest
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from bankchannel import (
    AsyncWsChannel,
    AuthenticationError,
    CallOptions,
    Cancel,
    CancelledError,
    ConfigurationError,
    InvalidInputError,
    Progress,
    Service,
    TimedOutError,
    WsChannel,
)
from bankchannel.ws_channel import DownloadedFile, DownloadNewFilesResponse, FileDescriptor, ListFilesResponse

PASSWORD = "Toddler_..123456789012345"
TYPE = "camt.053.001.02"
NUMBERS = itertools.count()
Files = list[tuple[str, str, bytes]]
"""Type, reference and content of each."""

SEEDED = ("r1", "r2", "r3", "../../x")
TRIES = 3
"""The number of attempts of a download."""

THREE: Files = [(TYPE, "r1", b"one"), (TYPE, "r2", b"two"), ("camt.054.001.02", "r3", b"three")]


class NewFiles(unittest.TestCase):
    service: Service

    @classmethod
    def setUpClass(cls) -> None:
        cls.service = Service(no_limits=True, control=True)
        cls.addClassCleanup(cls.service.close)

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def control(self, path: str, body: dict[str, Any]) -> Any:
        with urllib.request.urlopen(f"{self.service.control_url}/{path}", json.dumps(body).encode()) as answer:
            return json.load(answer)

    def settings(self, files: Files) -> dict[str, Any]:
        """Settings of a client with a session, whose bank holds these files."""
        email = f"user{next(NUMBERS)}@example.test"
        waiting = [
            {"file_type": kind, "reference": reference, "content": base64.b64encode(content).decode()}
            for kind, reference, content in files
        ]
        account = {
            "email": email,
            "password": PASSWORD,
            "company": "Example Company Oy",
            "sessions": True,
            "certificates": ["simulator"],
            "files": waiting,
        }
        (made,) = self.control("seed", {"accounts": [account]})["accounts"]
        return {
            **self.service.client_settings,
            "email": email,
            "mode": "data",
            "bank": "simulator",
            "api_key": made["api_key"],
            "id_token": made["id_tokens"]["data"],
        }

    def client(self, files: Files) -> WsChannel:
        settings = self.settings(files)
        self.fetch_others(settings)
        client = WsChannel(**settings)
        self.addCleanup(client.close)
        return client

    def fetch_others(self, settings: dict[str, Any]) -> None:
        """The simulator bank gives each customer a statement; only the seeded files matter here."""
        with WsChannel(**settings) as client:
            for file in client.list_files(status="NEW").file_descriptors:
                if file.file_reference not in SEEDED:
                    client.download_file(file_type=file.file_type, file_reference=file.file_reference)

    def new(self, client: WsChannel) -> list[str]:
        return [file.file_reference for file in client.list_files(status="NEW").file_descriptors]

    def hidden(self) -> list[str]:
        return [path.name for path in self.folder.iterdir() if path.name.startswith(".")]

    def test_it_says_how_far_it_is(self) -> None:
        client = self.client(THREE)
        told: list[Progress] = []
        files = list(client.iter_new_files(directory=self.folder, on_progress=told.append))
        self.assertEqual(len(files), len(THREE))
        self.assertTrue(any(one.bytes for one in told), told)
        told.clear()
        client.download_new_files(directory=self.folder, on_progress=told.append)
        self.assertTrue(any(one.text for one in told), told)

    def test_each_file_is_given_when_it_is_there(self) -> None:
        client = self.client(THREE)
        found = []
        for count, file in enumerate(client.iter_new_files(directory=self.folder), 1):
            self.assertIsInstance(file, DownloadedFile)
            self.assertEqual(file.status, "downloaded")
            assert file.path is not None
            found.append((file.file_type, file.file_reference, Path(file.path).read_bytes()))
            self.assertEqual(file.bytes, len(found[-1][2]))
            # The others are not in the folder yet, and are still new at the bank.
            self.assertEqual(len(list(self.folder.iterdir())), count)
            self.assertEqual(len(self.new(client)), len(THREE) - count)
        self.assertEqual(sorted(found), sorted(THREE))
        self.assertEqual(list(client.iter_new_files(directory=self.folder)), [])

    def test_it_gives_what_the_whole_flow_gives(self) -> None:
        client = self.client(THREE)
        with tempfile.TemporaryDirectory() as other:
            whole = client.download_new_files(directory=other, status="ALL").files
            one_by_one = list(client.iter_new_files(directory=str(self.folder), status="ALL"))
            self.assertEqual(len(whole), len(one_by_one))
            for one, same in zip(whole, one_by_one, strict=True):
                self.assertEqual({**one.to_dict(), "path": None}, {**same.to_dict(), "path": None})
        again = list(client.iter_new_files(directory=self.folder, status="ALL"))
        self.assertEqual({file.status for file in again}, {"exists"})

    def test_a_loop_that_is_left_is_continued_by_the_next(self) -> None:
        client = self.client(THREE)
        for first in client.iter_new_files(directory=self.folder):
            break
        self.assertEqual(len(self.new(client)), 2)
        self.assertEqual(self.hidden(), [])
        rest = [file.file_reference for file in client.iter_new_files(directory=self.folder)]
        self.assertEqual(sorted([first.file_reference, *rest]), ["r1", "r2", "r3"])

    def test_nothing_is_asked_before_the_first_file(self) -> None:
        client = self.client(THREE)
        files = client.iter_new_files(directory=self.folder)
        self.assertIsInstance(files, Iterator)
        client.close()
        with self.assertRaises(ConfigurationError):
            next(files)

    def test_only_one_type(self) -> None:
        client = self.client(THREE)
        found = [file.file_reference for file in client.iter_new_files(directory=self.folder, file_type=TYPE)]
        self.assertEqual(sorted(found), ["r1", "r2"])
        self.assertEqual(self.new(client), ["r3"])

    def test_one_reference_in_two_types(self) -> None:
        # The simulator bank never repeats a reference; another bank may.
        both: dict[str, Any] = {"file_reference": "1", "file_timestamp": "2026-11-20", "status": "NEW"}
        descriptors = tuple(FileDescriptor(file_type=kind, **both) for kind in "AB")
        files = tuple(DownloadedFile(file_reference="1", file_type=kind, status="downloaded") for kind in "AB")
        listed = ListFilesResponse(file_descriptors=descriptors, response_text="OK")
        whole = DownloadNewFilesResponse(files=files, downloaded=2, existing=0, failed=0, not_tried=0)
        client = self.client([])
        with mock.patch.object(client, "_call", side_effect=[listed, whole]) as call:
            self.assertEqual(tuple(client.iter_new_files(directory=self.folder)), files)
        self.assertEqual(call.call_count, 2)

    def test_a_file_that_fails_does_not_stop_the_others(self) -> None:
        client = self.client([(TYPE, "r1", b"one"), (TYPE, "../../x", b"outside"), (TYPE, "r2", b"two")])
        found = {file.file_reference: file for file in client.iter_new_files(directory=self.folder)}
        self.assertEqual({name for name, file in found.items() if file.status == "downloaded"}, {"r1", "r2"})
        self.assertEqual(found["../../x"].status, "failed")
        failed = found["../../x"]
        self.assertEqual((failed.path, failed.error), (None, "ws_channel.reference_unsafe"))
        self.assertTrue(failed.error_message)
        # It is still new, so each run tries it.
        self.assertEqual([file.status for file in client.iter_new_files(directory=self.folder)], ["failed"])

    def fail_downloads(self) -> None:
        """The bank sends a file and counts it as fetched, and each attempt's answer is lost."""
        self.control("fail_next", {"operation": "download_file", "status": 502, "count": TRIES, "done": True})

    def test_a_download_that_was_begun_comes_last(self) -> None:
        client = self.client(THREE)
        self.fail_downloads()
        first = next(client.iter_new_files(directory=self.folder))
        self.assertEqual((first.file_reference, first.status, first.path), ("r1", "failed", None))
        self.assertNotIn("r1", self.new(client))
        self.assertNotEqual(self.hidden(), [])
        found = [(file.file_reference, file.status) for file in client.iter_new_files(directory=self.folder)]
        self.assertEqual(found, [("r2", "downloaded"), ("r3", "downloaded"), ("r1", "downloaded")])
        self.assertEqual(self.hidden(), [])

    def test_a_failed_file_that_arrives_later_is_given_again(self) -> None:
        client = self.client(THREE)
        self.fail_downloads()
        next(client.iter_new_files(directory=self.folder))
        self.fail_downloads()
        found = [(file.file_reference, file.status) for file in client.iter_new_files(directory=self.folder)]
        self.assertEqual(found[:2], [("r2", "failed"), ("r3", "downloaded")])
        self.assertEqual(sorted(found[2:]), [("r1", "downloaded"), ("r2", "downloaded")])
        self.assertEqual(list(client.iter_new_files(directory=self.folder)), [])

    def test_parsed_content(self) -> None:
        # The simulator bank's own statement.
        client = WsChannel(**self.settings([]))
        self.addCleanup(client.close)
        (file,) = client.iter_new_files(directory=self.folder, file_type=TYPE)
        assert file.statement is not None
        self.assertTrue(file.statement.statements)

    def test_cancelled_between_two_files(self) -> None:
        client, cancel = self.client(THREE), Cancel()
        found = []
        with self.assertRaises(CancelledError):
            for file in client.iter_new_files(directory=self.folder, cancel=cancel):
                found.append(file)
                cancel.cancel()
        self.assertEqual((len(found), len(self.new(client)), self.hidden()), (1, 2, []))

    def test_what_ends_all_is_raised(self) -> None:
        client = self.client(THREE)
        with self.assertRaises(TimedOutError):
            next(client.iter_new_files(directory=self.folder, timeout=0))
        with self.assertRaises(InvalidInputError) as raised:
            next(client.iter_new_files(directory=self.folder / "no" / "such"))
        self.assertEqual(raised.exception.context["field"], "directory")
        self.assertEqual(len(self.new(client)), 3)
        files = client.iter_new_files(directory=self.folder)
        next(files)
        client.logout()
        with self.assertRaises(AuthenticationError):
            next(files)

    def test_a_time_limit_is_for_each_file(self) -> None:
        client = self.client(THREE)
        asked: list[tuple[str, object]] = []
        call = client._call

        def counted(operation: str, request: dict[str, Any], options: CallOptions, **others: Any) -> Any:
            asked.append((operation, options.get("timeout")))
            return call(operation, request, options, **others)

        with mock.patch.object(client, "_call", counted):
            self.assertEqual(len(list(client.iter_new_files(directory=self.folder, timeout=30))), 3)
        self.assertEqual(asked, [("ws_channel.list_files", 30), *[("ws_channel.download_new_files", 30)] * 3])

    def test_in_asyncio(self) -> None:
        settings = self.settings(THREE)
        self.fetch_others(settings)

        async def first() -> list[str]:
            async with AsyncWsChannel(**settings) as client:
                async for file in client.iter_new_files(directory=self.folder):
                    return [file.status]
            return []

        async def rest() -> list[tuple[str, str]]:
            async with AsyncWsChannel(**settings) as client:
                files = client.iter_new_files(directory=self.folder)
                return [(file.file_reference, file.status) async for file in files]

        self.fail_downloads()
        self.assertEqual(asyncio.run(first()), ["failed"])
        self.assertEqual(asyncio.run(rest()), [("r2", "downloaded"), ("r3", "downloaded"), ("r1", "downloaded")])
        self.assertEqual(asyncio.run(rest()), [])

    def test_a_task_that_is_cancelled_leaves_the_rest(self) -> None:
        settings = self.settings(THREE)
        self.fetch_others(settings)

        async def run() -> list[str]:
            found: list[str] = []
            arrived = asyncio.Event()

            async def loop(client: AsyncWsChannel) -> None:
                async for file in client.iter_new_files(directory=self.folder):
                    found.append(file.file_reference)
                    arrived.set()
                    await asyncio.sleep(60)

            async with AsyncWsChannel(**settings) as client:
                task = asyncio.create_task(loop(client))
                await arrived.wait()
                task.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await task
                return [*found, *[file.file_reference async for file in client.iter_new_files(directory=self.folder)]]

        self.assertEqual(sorted(asyncio.run(run())), ["r1", "r2", "r3"])

    def test_both_clients_take_the_same(self) -> None:
        one, other = (list(inspect.signature(kind.iter_new_files).parameters) for kind in (WsChannel, AsyncWsChannel))
        self.assertEqual(one, other)
        whole = set(inspect.signature(WsChannel.download_new_files).parameters)
        self.assertEqual(whole - set(one), {"file_reference"})


if __name__ == "__main__":
    unittest.main()
