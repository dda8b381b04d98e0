"""Typed calls of the asyncio client, against a scripted peer."""

from __future__ import annotations

import asyncio
import gc
import io
import os
import threading
import time
import unittest
import weakref
from typing import Any
from unittest.mock import patch

from bankchannel import (
    AsyncWsChannel,
    BankchannelError,
    Cancel,
    CancelledError,
    ConfigurationError,
    InvalidInputError,
    Progress,
    Question,
    Service,
    TimedOutError,
)
from peer import CONTENT, Peer, Silent

ACCOUNT: dict[str, Any] = {
    "email": "user@example.test",
    "password": "Toddler_..123456789012345",
    "phone": "+358401234567",
    "company": "Example Company Oy",
    "name": "Example User",
    "bank": "simulator",
    "mode": "admin",
    "api_key": "0",
}


class LoopsWithoutReaders(unittest.TestCase):
    """Such as the default loop of Windows."""

    def test_events_arrive_and_the_thread_ends_with_its_loop(self) -> None:
        async def work(settings: dict[str, Any]) -> None:
            async with AsyncWsChannel(**settings) as client:
                for calls in (1, 64, 1):
                    listed = await asyncio.gather(*(client.list_files() for _ in range(calls)))
                    self.assertEqual({result.file_descriptors[0].file_reference for result in listed}, {"227166"})
                with self.assertRaises(asyncio.TimeoutError):
                    await asyncio.wait_for(client.list_files(), 0)

        with Peer() as peer:
            for _ in range(3):
                loop = asyncio.new_event_loop()
                with patch.object(loop, "add_reader", side_effect=NotImplementedError):
                    loop.run_until_complete(work(peer.settings))
                self.assertIn("bankchannel-events", names_of_threads())
                loop.close()
        limit = time.monotonic() + 30
        while "bankchannel-events" in names_of_threads() and time.monotonic() < limit:
            gc.collect()
            time.sleep(0.01)
        self.assertNotIn("bankchannel-events", names_of_threads())


def names_of_threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


class Awaited(unittest.IsolatedAsyncioTestCase):
    async def test_many_calls_at_once(self) -> None:
        with Peer() as peer:
            async with AsyncWsChannel(**peer.settings) as client:
                listed = await asyncio.gather(*(client.list_files() for _ in range(64)))
        self.assertEqual({result.file_descriptors[0].file_reference for result in listed}, {"227166"})

    async def test_content_in_both_directions(self) -> None:
        with Peer() as peer:
            async with AsyncWsChannel(**peer.settings) as client:
                got = await client.download_file(file_type="KTL", file_reference="1")
                await client.upload_file(
                    content=got.content.data, file_name="a", file_type="KTL", signature="armored"
                )
        self.assertEqual((got.content.data, peer.uploads), (CONTENT, [CONTENT]))

    async def test_a_call_says_how_far_it_is(self) -> None:
        told: list[Progress] = []
        with Peer() as peer:
            async with AsyncWsChannel(**peer.settings) as client:
                await client.upload_file(
                    content=os.urandom(700_001),
                    file_name="a",
                    file_type="KTL",
                    signature="armored",
                    on_progress=told.append,
                )
        self.assertEqual(len(peer.uploads), 1)
        self.assertTrue(any(one.bytes == one.total and one.bytes > 700_000 for one in told), told)

    async def test_a_request_id_is_sent_and_told_in_the_error(self) -> None:
        with Peer() as peer:
            async with AsyncWsChannel(**peer.settings) as client:
                await client.list_files(request_id="run-1")
                await client.call("ws_channel.list_files", request_id="run-2")
                with self.assertRaises(BankchannelError) as refused:
                    await client.delete_file(file_type="KTL", file_reference="1", request_id="run-3")
                self.assertEqual(refused.exception.context["request_id"], "run-3")
                for name, fields in (("list_files", {}), ("totp_code", {"secret": "JBSWY3DPEHPK3PXP"})):
                    with self.assertRaises(InvalidInputError) as raised:
                        await client.call(f"ws_channel.{name}", fields, request_id="a b")
                    self.assertEqual(raised.exception.context["field"], "request_id")
            self.assertEqual(peer.request_ids, ["run-1", "run-2", "run-3"])

    async def test_a_cancelled_task_cancels_its_call(self) -> None:
        with Silent() as peer:
            async with AsyncWsChannel(**peer.settings) as client:
                seen: list[BaseException | None] = []

                async def work() -> None:
                    try:
                        await client.list_files()
                    except asyncio.CancelledError as cancelled:
                        seen.append(cancelled.__cause__)
                        raise

                task = asyncio.create_task(work())
                self.assertTrue(await asyncio.to_thread(peer.arrived.wait, 10))
                await asyncio.sleep(0.1)
                task.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await asyncio.wait_for(task, 10)
        (cause,) = seen
        assert isinstance(cause, CancelledError)
        self.assertEqual(cause.outcome, "unknown")

    async def test_limits(self) -> None:
        with Silent() as peer:
            async with AsyncWsChannel(**peer.settings) as client:
                with self.assertRaises(TimedOutError):
                    await client.list_files(timeout=0)
                with self.assertRaises(asyncio.TimeoutError):
                    await asyncio.wait_for(client.list_files(), 0.2)

    async def test_the_loop_runs_while_a_call_waits(self) -> None:
        with Silent() as peer:
            async with AsyncWsChannel(**peer.settings) as client:
                task = asyncio.create_task(client.list_files(timeout=0.5))
                ticks = 0
                while not task.done():
                    await asyncio.sleep(0.01)
                    ticks += 1
                self.assertGreater(ticks, 10)
                with self.assertRaises(TimedOutError):
                    task.result()

    async def test_closing_ends_what_is_running(self) -> None:
        with Silent() as peer:
            client = AsyncWsChannel(**peer.settings)
            task = asyncio.create_task(client.list_files())
            self.assertTrue(await asyncio.to_thread(peer.arrived.wait, 10))
            await client.close()
            with self.assertRaises(BankchannelError):
                await asyncio.wait_for(task, 10)


class Ending(unittest.IsolatedAsyncioTestCase):
    """Cancelling and closing a call in any state."""

    cause: BaseException | None

    async def cause_of(self, task: asyncio.Task[object]) -> BaseException | None:
        await asyncio.wait([task], timeout=10)
        self.assertTrue(task.cancelled())
        return self.cause

    def upload(self, client: AsyncWsChannel, content: Any = b"x", **options: Any) -> asyncio.Task[object]:
        async def work() -> object:
            self.cause = None
            try:
                return await client.upload_file(
                    content=content, file_name="a", file_type="KTL", signature="armored", **options
                )
            except asyncio.CancelledError as cancelled:
                # Observed where it is raised: before 3.11 a task does not pass the cause on to its awaiter.
                self.cause = cancelled.__cause__
                raise

        return asyncio.create_task(work())

    async def test_cancelled_before_it_begins_nothing_is_sent(self) -> None:
        with Peer() as peer:
            async with AsyncWsChannel(**peer.settings) as client:
                task = self.upload(client)
                task.cancel()
                await asyncio.wait([task])
                self.assertEqual((task.cancelled(), peer.calls), (True, 0))
                token = Cancel()
                token.cancel()
                with self.assertRaises(CancelledError) as raised:
                    await self.upload(client, cancel=token)
                self.assertEqual((raised.exception.outcome, peer.calls), ("not_sent", 0))

    async def test_cancelled_in_the_middle_its_outcome_is_unknown(self) -> None:
        with Silent() as peer:
            async with AsyncWsChannel(**peer.settings) as client:
                task = self.upload(client)
                self.assertTrue(await asyncio.to_thread(peer.arrived.wait, 10))
                await asyncio.sleep(0.1)
                task.cancel()
                cause = await self.cause_of(task)
        assert isinstance(cause, CancelledError)
        self.assertEqual((cause.outcome, cause.operation), ("unknown", "ws_channel.upload_file"))

    async def test_cancelled_when_it_had_succeeded_says_so(self) -> None:
        with Peer() as peer:
            async with AsyncWsChannel(**peer.settings) as client:
                await client.list_files()
                task = self.upload(client)
                await asyncio.sleep(0)
                # The loop is busy: the answer arrives before the loop notices it.
                time.sleep(0.5)
                task.cancel()
                cause = await self.cause_of(task)
                self.assertEqual(peer.uploads, [b"x"])
        assert isinstance(cause, CancelledError)
        self.assertEqual(cause.outcome, "accepted")

    async def test_cancelled_in_the_step_before_the_answer_is_heard(self) -> None:
        with Peer() as peer:
            async with AsyncWsChannel(**peer.settings) as client:
                await client.list_files()
                task = self.upload(client)
                await asyncio.sleep(0)
                time.sleep(0.5)
                # Other tasks' callbacks run before the events of the loop's sockets: the future is cancelled, then the
                # answer arrives, then the task runs.
                asyncio.get_running_loop().call_soon(task.cancel)
                cause = await self.cause_of(task)
                self.assertEqual(peer.uploads, [b"x"])
        assert isinstance(cause, CancelledError)
        self.assertEqual(cause.outcome, "accepted")

    async def test_cancelled_afterwards_nothing_changes(self) -> None:
        with Peer() as peer:
            async with AsyncWsChannel(**peer.settings) as client:
                task = asyncio.create_task(client.list_files())
                listed = await task
                task.cancel()
                self.assertEqual(listed.file_descriptors[0].file_reference, "227166")

    async def test_file_objects_in_both_directions(self) -> None:
        with Peer() as peer:
            async with AsyncWsChannel(**peer.settings) as client:
                collected = io.BytesIO()
                got = await client.download_file(file_type="KTL", file_reference="1", destination=collected)
                self.assertEqual((collected.getvalue(), got.content.size), (CONTENT, len(CONTENT)))
                await self.upload(client, io.BytesIO(CONTENT))
        self.assertEqual(peer.uploads, [CONTENT])

    async def test_a_failing_file_object_raises_its_own_error(self) -> None:
        class Broken:
            def read(self, size: int, /) -> bytes:
                raise LookupError("the disk is on fire")

        with Peer() as peer:
            async with AsyncWsChannel(**peer.settings) as client:
                with self.assertRaisesRegex(LookupError, "on fire"):
                    await self.upload(client, Broken())
                self.assertEqual(len((await client.list_files()).file_descriptors), 1)

    async def test_a_slow_file_object_does_not_block_the_loop(self) -> None:
        class Slow(io.BytesIO):
            def read(self, size: int | None = -1, /) -> bytes:
                time.sleep(0.3)
                return super().read(size)

        with Peer() as peer:
            async with AsyncWsChannel(**peer.settings) as client:
                task = self.upload(client, Slow(b"abc"))
                ticks = 0
                while not task.done():
                    await asyncio.sleep(0.01)
                    ticks += 1
                await task
        self.assertEqual(peer.uploads, [b"abc"])
        self.assertGreater(ticks, 20)

    async def test_a_closed_client_refuses(self) -> None:
        with Peer() as peer:
            client = AsyncWsChannel(**peer.settings)
            await client.close()
            await client.close()
            with self.assertRaises(ConfigurationError):
                await client.list_files()

    async def test_closing_ends_a_call_that_waits_for_an_answer(self) -> None:
        with Service(verification_code="123456", no_limits=True) as service:
            client = AsyncWsChannel(**service.client_settings, **ACCOUNT)
            await client.register_account()
            asking = asyncio.Event()

            async def never(question: Question) -> str:
                asking.set()
                await asyncio.Event().wait()
                raise AssertionError

            task = asyncio.create_task(client.log_in(on_code=never))
            await asyncio.wait_for(asking.wait(), 10)
            await client.close()
            with self.assertRaises(CancelledError):
                await asyncio.wait_for(task, 10)

    async def test_a_task_that_is_cancelled_while_it_waits_for_an_answer(self) -> None:
        with Service(verification_code="123456", no_limits=True) as service:
            async with AsyncWsChannel(**service.client_settings, **ACCOUNT) as client:
                await client.register_account()
                asking = asyncio.Event()

                async def never(question: Question) -> str:
                    asking.set()
                    await asyncio.Event().wait()
                    raise AssertionError

                async def broken(question: Question) -> str:
                    raise LookupError("nobody at the phone")

                task = asyncio.create_task(client.log_in(on_code=never))
                await asyncio.wait_for(asking.wait(), 10)
                task.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await asyncio.wait_for(task, 10)
                with self.assertRaisesRegex(LookupError, "nobody at the phone"):
                    await client.log_in(on_code=broken)
                with self.assertRaises(InvalidInputError):
                    await client.log_in()

    async def test_limits_hold_while_the_callers_own_code_is_silent(self) -> None:
        async def never(question: Question) -> str:
            await asyncio.Event().wait()
            raise AssertionError

        with Service(verification_code="123456", no_limits=True) as service:
            async with AsyncWsChannel(**service.client_settings, **ACCOUNT) as client:
                await client.register_account()
                with self.assertRaises(TimedOutError):
                    await asyncio.wait_for(client.log_in(timeout=1, on_code=never), 20)
                token = Cancel()
                asyncio.get_running_loop().call_later(1, token.cancel)
                with self.assertRaises(CancelledError):
                    await asyncio.wait_for(client.log_in(cancel=token, on_code=never), 20)

    async def test_limits_hold_while_a_file_object_is_silent(self) -> None:
        released = threading.Event()
        self.addCleanup(released.set)

        class Stuck:
            def read(self, size: int, /) -> bytes:
                released.wait(60)
                return b""

        with Peer() as peer:
            async with AsyncWsChannel(**peer.settings) as client:
                begun = time.monotonic()
                with self.assertRaises(TimedOutError):
                    await self.upload(client, Stuck(), timeout=0.3)
                token = Cancel()
                asyncio.get_running_loop().call_later(0.3, token.cancel)
                with self.assertRaises(CancelledError):
                    await self.upload(client, Stuck(), cancel=token)
                task = self.upload(client, Stuck())
                await asyncio.sleep(0.3)
                await client.close()
                with self.assertRaises(CancelledError):
                    await task
                self.assertLess(time.monotonic() - begun, 20)
                released.set()
        self.assertEqual(peer.uploads, [])

    async def test_a_failure_of_the_callers_own_code_says_how_far_the_call_came(self) -> None:
        class Broken:
            def read(self, size: int, /) -> bytes:
                raise LookupError("the disk is on fire")

        with Peer() as peer:
            async with AsyncWsChannel(**peer.settings) as client:
                with self.assertRaises(LookupError) as raised:
                    await self.upload(client, Broken())
        cause = raised.exception.__cause__
        assert isinstance(cause, BankchannelError)
        self.assertEqual(cause.operation, "ws_channel.upload_file")
        self.assertIsNotNone(cause.outcome)

    async def test_a_call_that_begins_while_the_client_is_closed_is_cancelled(self) -> None:
        with Silent() as peer:
            client = AsyncWsChannel(**peer.settings)
            begin = client._begin

            def closing(*arguments: Any) -> Any:
                begun = begin(*arguments)
                client._native.close()
                client._closed = True
                return begun

            setattr(client, "_begin", closing)
            with self.assertRaises(CancelledError):
                await asyncio.wait_for(client.list_files(), 10)

    async def test_any_operation_by_name(self) -> None:
        with Peer() as peer:
            async with AsyncWsChannel(**peer.settings) as client:
                found = await client.call("ws_channel.list_files")
                self.assertEqual(found["file_descriptors"][0]["file_reference"], "227166")
                key = await client.call("ws_channel.generate_key", {"name": "Example", "email": "a@example.test"})
                self.assertIn("PUBLIC KEY", key["public_key"])


class Loops(unittest.TestCase):
    def test_without_a_loop_nothing_is_sent(self) -> None:
        with Peer() as peer:
            client = AsyncWsChannel(**peer.settings)
            work = client.upload_file(content=b"x", file_name="a", file_type="KTL", signature="armored")
            with self.assertRaises(RuntimeError) as raised:
                work.send(None)
            time.sleep(0.5)
            self.assertEqual((peer.calls, peer.uploads), (0, []), raised.exception)

    def test_a_client_serves_one_loop_after_another_and_two_at_once(self) -> None:
        with Peer() as peer:
            client = AsyncWsChannel(**peer.settings)

            async def calls() -> int:
                listed = await asyncio.gather(*(client.list_files() for _ in range(16)))
                return len(listed)

            self.assertEqual([asyncio.run(calls()) for _ in range(3)], [16, 16, 16])
            results: list[int] = []
            threads = [threading.Thread(target=lambda: results.append(asyncio.run(calls()))) for _ in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(results, [16, 16, 16])

    def test_a_loop_that_is_left_with_calls_is_collected(self) -> None:
        with Silent() as peer:
            client = AsyncWsChannel(**peer.settings)

            def leave() -> weakref.ref[asyncio.AbstractEventLoop]:
                loop = asyncio.new_event_loop()
                # Otherwise it would get the report of a destroyed task.
                loop.set_exception_handler(lambda loop, context: None)
                task = loop.create_task(client.list_files())
                loop.run_until_complete(asyncio.sleep(0.2))
                self.assertFalse(task.done())
                loop.close()
                return weakref.ref(loop)

            left = leave()
            gc.collect()
            self.assertIsNone(left())

    def test_nothing_is_left_of_a_loop(self) -> None:
        with Peer() as peer:
            client = AsyncWsChannel(**peer.settings)

            async def call() -> None:
                await client.list_files()

            asyncio.run(call())
            gc.collect()
            before = len(os.listdir("/dev/fd"))
            for _ in range(20):
                asyncio.run(call())
            gc.collect()
            self.assertLessEqual(len(os.listdir("/dev/fd")), before + 2)


if __name__ == "__main__":
    unittest.main()
