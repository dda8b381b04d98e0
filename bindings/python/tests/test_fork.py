"""Fork: a master makes the client, workers use it; also while calls are on their way."""

from __future__ import annotations

import asyncio
import os
import threading
import time
import traceback
import unittest
from collections.abc import Callable

from bankchannel import AsyncWsChannel, CancelledError, ConfigurationError, Service, WsChannel, _native
from peer import Peer, Silent


class Fork(unittest.TestCase):
    def child(self, work: Callable[[], None]) -> int:
        """Runs this in a child; its process id."""
        pid = os.fork()
        if pid:
            return pid
        code = 1
        try:
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)

    def ends_well(self, pid: int) -> None:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                self.assertEqual(os.waitstatus_to_exitcode(status), 0)
                return
            time.sleep(0.01)
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        self.fail("the child hangs")

    def test_workers_use_the_masters_client(self) -> None:
        with Peer() as peer, WsChannel(**peer.settings) as client:
            # The master itself may have called already, or not.
            for called in (False, True):
                if called:
                    client.list_files()

                def work() -> None:
                    for _ in range(10):
                        assert client.list_files().file_descriptors[0].file_reference == "227166"
                    listed: list[object] = []
                    threads = [threading.Thread(target=lambda: listed.append(client.list_files())) for _ in range(4)]
                    for thread in threads:
                        thread.start()
                    for thread in threads:
                        thread.join()
                    # What a thread raises is only printed.
                    assert len(listed) == 4, listed

                for pid in [self.child(work) for _ in range(4)]:
                    self.ends_well(pid)
                client.list_files()

    def test_a_fork_with_calls_in_flight(self) -> None:
        with Silent() as silent, Peer() as peer, WsChannel(**silent.settings) as waiting, WsChannel(**peer.settings) as client:
            ended: list[BaseException] = []

            def wait() -> None:
                try:
                    waiting.list_files()
                except CancelledError as error:
                    ended.append(error)

            threads = [threading.Thread(target=wait) for _ in range(8)]
            for thread in threads:
                thread.start()
            self.assertTrue(silent.arrived.wait(10))
            busy = threading.Event()

            faults: list[BaseException] = []
            loaded: list[object] = []

            def load() -> None:
                try:
                    while not busy.is_set():
                        loaded.append(client.list_files())
                except BaseException as fault:
                    faults.append(fault)

            loader = threading.Thread(target=load)
            loader.start()

            def work() -> None:
                client.list_files()
                # Calls that only the parent's threads knew are not waited for.
                waiting.close()
                client.close()

            pids = [self.child(work) for _ in range(4)]
            for pid in pids:
                self.ends_well(pid)
            busy.set()
            loader.join()
            self.assertEqual(faults, [])
            self.assertTrue(loaded)
            self.assertEqual(ended, [])
            waiting.close()
            for thread in threads:
                thread.join(10)
            self.assertEqual(len(ended), 8)

    def test_a_call_of_the_parent_cannot_be_resumed_by_the_child(self) -> None:
        with Silent() as silent, WsChannel(**silent.settings) as client:
            call = _native.Call(client._native, "ws_channel.list_files", {})
            self.assertTrue(silent.arrived.wait(10))

            def work() -> None:
                try:
                    call.resume("go")
                except ConfigurationError as error:
                    assert error.code == "configuration.forked", error
                else:
                    raise AssertionError("no error")

            self.ends_well(self.child(work))
            call.cancel()
            with self.assertRaises(CancelledError):
                call.resume("go")

    def test_an_event_loop_before_and_after(self) -> None:
        with Peer() as peer:
            client = AsyncWsChannel(**peer.settings)

            async def calls() -> None:
                await asyncio.gather(*(client.list_files() for _ in range(8)))

            asyncio.run(calls())
            self.ends_well(self.child(lambda: asyncio.run(calls())))
            asyncio.run(calls())

    def test_a_service_of_the_parent_says_so(self) -> None:
        with Service(verification_code="123456", no_limits=True) as service:

            def work() -> None:
                try:
                    service.close()
                except ConfigurationError as error:
                    assert error.code == "configuration.forked", error
                else:
                    raise AssertionError("no error")

            self.ends_well(self.child(work))
            with WsChannel(**service.client_settings, email="user@example.test", mode="data") as client:
                client.init_login()


if __name__ == "__main__":
    unittest.main()
