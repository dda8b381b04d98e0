"""How a process ends while a call is under way."""

from __future__ import annotations

import subprocess
import sys
import unittest

from peer import Silent

PRELUDE = """
import asyncio, sys, threading, time
from bankchannel import AsyncWsChannel, WsChannel
settings = eval(sys.argv[1])
"""


class Exit(unittest.TestCase):
    """How a process ends."""

    def exits(self, program: str, arrives: bool = True) -> tuple[int, str]:
        with Silent() as silent:
            child = subprocess.Popen(
                [sys.executable, "-c", PRELUDE + program, repr(silent.settings)],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            if arrives:
                self.assertTrue(silent.arrived.wait(30))
            output, _ = child.communicate(timeout=30)
        return child.returncode, output

    def test_while_a_daemon_thread_is_in_a_call(self) -> None:
        program = """
client = WsChannel(**settings)
threading.Thread(target=client.list_files, daemon=True).start()
time.sleep(0.5)
"""
        self.assertEqual(self.exits(program), (0, ""))

    def test_while_a_task_is_in_a_call(self) -> None:
        program = """
async def main():
    client = AsyncWsChannel(**settings)
    task = asyncio.create_task(client.list_files())
    await asyncio.sleep(0.5)

asyncio.run(main())
"""
        self.assertEqual(self.exits(program), (0, ""))

    def test_while_a_loop_is_left_with_a_call(self) -> None:
        program = """
loop = asyncio.new_event_loop()
client = AsyncWsChannel(**settings)
task = loop.create_task(client.list_files())
loop.run_until_complete(asyncio.sleep(0.5))
sys.stderr = None  # asyncio says there that a pending task was destroyed
"""
        self.assertEqual(self.exits(program)[0], 0)

    def test_while_a_call_asks(self) -> None:
        program = """
from bankchannel import Service
service = Service(verification_code="123456", no_limits=True)
client = WsChannel(**service.client_settings, email="user@example.test", password="Toddler_..123456789012345",
                   phone="+358401234567", company="Example Company Oy", name="Example User", mode="admin", api_key="0")
client.register_account()
def ask(question):
    time.sleep(60)
threading.Thread(target=lambda: client.log_in(on_code=ask), daemon=True).start()
time.sleep(0.7)
"""
        self.assertEqual(self.exits(program, arrives=False), (0, ""))

    def test_sys_exit_from_a_file_object(self) -> None:
        program = """
class Leaving:
    def read(self, size):
        sys.exit(9)

WsChannel(**settings).upload_file(content=Leaving(), file_name="a", file_type="b", signature="c")
"""
        self.assertEqual(self.exits(program, arrives=False), (9, ""))

    @unittest.skipUnless(sys.platform == "linux", "the threads' signal masks are read from /proc")
    def test_a_peer_that_hangs_up_does_not_end_a_process_that_left_sigpipe_alone(self) -> None:
        program = """
import pathlib, signal
from bankchannel import TimedOutError
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
try:
    WsChannel(**settings).list_files(timeout=0.5)
except TimedOutError:
    pass
tasks = [task for task in pathlib.Path("/proc/self/task").iterdir() if task.joinpath("comm").read_text() == "bankchannel\\n"]
masks = [line.split()[1] for task in tasks for line in task.joinpath("status").read_text().splitlines() if line.startswith("SigBlk")]
print(len(masks) > 0, all(int(mask, 16) >> (signal.SIGPIPE - 1) & 1 for mask in masks))
"""
        self.assertEqual(self.exits(program), (0, "True True\n"))

    def test_ctrl_c_tells_how_far_the_call_came(self) -> None:
        program = """
try:
    WsChannel(**settings).upload_file(content=b"x", file_name="a", file_type="b", signature="c")
except KeyboardInterrupt as interrupt:
    print(interrupt.__cause__.code, interrupt.__cause__.outcome)
"""
        with Silent() as silent:
            self.assertEqual(silent.interrupt(PRELUDE + program), ("cancelled unknown\n", 0))


if __name__ == "__main__":
    unittest.main()
