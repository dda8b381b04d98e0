"""Fork: a master makes the client, workers use it; also during running calls."""

from __future__ import annotations

import asyncio
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time
import traceback
import unittest
from collections.abc import Callable

from bankchannel import (
    AsyncWsChannel,
    BankchannelError,
    CancelledError,
    ConfigurationError,
    NextGenPsd2,
    Service,
    WsChannel,
    _native,
)
from bankchannel.nextgen_psd2 import Pkcs11Settings
from peer import Peer, Silent

PLACES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so", "/usr/lib/libsofthsm2.so")
SOFTHSM = next((place for place in PLACES if os.path.exists(place)), "")


class Fork(unittest.TestCase):
    def child(self, work: Callable[[], None]) -> int:
        """Runs this in a child; returns its process id."""
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
            # The master itself may or may not have made a call before.
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
                    # An exception in a thread is only printed.
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
                # Calls known only to the parent's threads are not waited for.
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

    @unittest.skipUnless(
        (SOFTHSM and shutil.which("softhsm2-util")) or os.environ.get("BANKCHANNEL_TESTS_REQUIRE_TOOLS"),
        "there is no SoftHSM on this machine",
    )
    def test_a_token_of_the_parent_says_so(self) -> None:
        with tempfile.TemporaryDirectory() as folder, NextGenPsd2() as maker:
            made = maker.make_certificates()
            home = pathlib.Path(folder)
            (home / "tokens").mkdir()
            made.qseal_key.save_to(home / "key.pem")
            configuration = home / "softhsm2.conf"
            configuration.write_text(f"directories.tokendir = {home / 'tokens'}\nlog.level = ERROR\n")
            environment = {**os.environ, "SOFTHSM2_CONF": str(configuration)}
            key = ["--import", str(home / "key.pem"), "--token", "tpp", "--label", "qseal", "--id", "01", "--pin", "5678"]
            for command in (["--init-token", "--free", "--label", "tpp", "--so-pin", "1234", "--pin", "5678"], key):
                subprocess.run(["softhsm2-util", *command], env=environment, check=True, capture_output=True)

            def parent() -> None:
                # SoftHSM reads it when it is loaded: only in this process.
                os.environ["SOFTHSM2_CONF"] = str(configuration)
                token = Pkcs11Settings(module=SOFTHSM, token="tpp", pin="5678", key="qseal")
                with NextGenPsd2(certificate=made.qseal_certificate, pkcs11=token) as client:

                    def child() -> None:
                        try:
                            client.sign_request(method="GET", target="/v1/accounts")
                        except BankchannelError as error:
                            assert error.code == "nextgen_psd2.token_failed", error
                            assert "before the process was forked" in str(error), error
                        else:
                            raise AssertionError("no error")

                    client.sign_request(method="GET", target="/v1/accounts")
                    self.ends_well(self.child(child))
                    client.sign_request(method="GET", target="/v1/accounts")

            self.ends_well(self.child(parent))


if __name__ == "__main__":
    unittest.main()
