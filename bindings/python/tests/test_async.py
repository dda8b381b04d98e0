"""Typed calls of the asyncio client, against a scripted peer."""

from __future__ import annotations

import asyncio
import unittest

from bankchannel import AsyncWsChannel, BankchannelError, CancelledError, TimedOutError
from peer import CONTENT, Peer, Silent


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
                    file_contents=got.content.data, file_name="a", file_type="KTL", signature="armored"
                )
        self.assertEqual((got.content.data, peer.uploads), (CONTENT, [CONTENT]))

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


if __name__ == "__main__":
    unittest.main()
