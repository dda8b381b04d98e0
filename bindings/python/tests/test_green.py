"""Cooperative threads: under gevent and eventlet a call that waits does not hold up the others, and their time-outs end
it."""

from __future__ import annotations

import importlib.util
import os
import tempfile
import unittest

import prepared

REQUIRED = bool(os.environ.get("BANKCHANNEL_TESTS_REQUIRE_TOOLS"))

PROGRAM = """
import warnings
warnings.simplefilter("ignore")  # eventlet warns of itself
{patch}
import subprocess, sys
SLOW = (
    "import socket, time; server = socket.create_server(('127.0.0.1', 0));"
    "print(server.getsockname()[1], flush=True); peer, _ = server.accept(); time.sleep(60)"
)
peer = subprocess.Popen([sys.executable, "-c", SLOW], stdout=subprocess.PIPE, text=True)
from bankchannel import CancelledError, TransportError, WsChannel

address = f"http://127.0.0.1:{{int(peer.stdout.readline())}}/v2"
client = WsChannel(base_url=address, api_key="example-api-key-0123456789", id_token="x", mode="data", bank="simulator")
others = []
def other():
    while True:
        others.append(1)
        {name}.sleep(0.01)
{name}.spawn(other)
try:
    with {name}.Timeout(0.5):
        client.list_files(timeout=60)
except {name}.Timeout as late:
    assert isinstance(late.__cause__, CancelledError), late.__cause__
    print("ended", "went on" if len(others) > 5 else "stood still")
peer.kill()
peer.wait()
# A call that ends by itself tells its own end.
try:
    WsChannel(base_url="http://127.0.0.1:1/v2", api_key="example-api-key-0123456789", id_token="x", mode="data",
              bank="simulator", retries=0).list_files()
except TransportError as error:
    print(error.outcome)
"""

PATCHES = {
    "gevent": "import gevent.monkey; gevent.monkey.patch_all(); import gevent",
    "eventlet": "import eventlet; eventlet.monkey_patch()",
}


class Green(unittest.TestCase):
    def test_a_waiting_call_holds_up_no_other(self) -> None:
        for name, patch in PATCHES.items():
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                if importlib.util.find_spec(name) is None and not REQUIRED:
                    self.skipTest(f"{name} is not installed")
                printed = prepared.run(PROGRAM.format(name=name, patch=patch), {**os.environ}, folder)
                self.assertEqual(printed.splitlines(), ["ended went on", "not_sent"])


if __name__ == "__main__":
    unittest.main()
