"""Under trio, and anyio over it, the classes for asyncio say what to do in their place; under anyio over asyncio they work, and a
scope that ends leaves the outcome of its call."""

from __future__ import annotations

import importlib.util
import os
import tempfile
import unittest

import prepared

REQUIRED = bool(os.environ.get("BANKCHANNEL_TESTS_REQUIRE_TOOLS"))

REFUSED = """
from pathlib import Path
from bankchannel import AsyncSaltEdgeConnector, AsyncService, AsyncWsChannel, ConfigurationError, WsChannel, iso20022
from bankchannel.web import asgi

async def calls(thread):
    client = AsyncWsChannel(base_url="http://127.0.0.1:1/v2")
    works = (
        lambda: client.list_files(bank="simulator"),
        lambda: client.generate_key(name="You", email="you@example.test"),
        lambda: client.call("ws_channel.list_accounts"),
        lambda: iso20022.read_payment_async(content=b"x"),
        lambda: AsyncService().start(),
    )
    named = []
    for work in works:
        try:
            await work()
        except ConfigurationError as error:
            assert error.outcome == "not_sent" and "to_thread.run_sync" in error.message, error
            named.append(error.operation)
        else:
            raise SystemExit("no error")
    assert named[:3] == ["ws_channel.list_files", "ws_channel.generate_key", "ws_channel.list_accounts"], named
    try:
        async for _ in client.iter_new_files(directory="nowhere"):
            pass
    except ConfigurationError as error:
        print("refused")
    said = []
    async def asked():
        return {"type": "lifespan.startup"}
    async def told(message):
        said.append(message)
    await asgi(AsyncSaltEdgeConnector())({"type": "lifespan"}, asked, told)
    assert said[0]["type"] == "lifespan.startup.failed" and "to_thread.run_sync" in said[0]["message"], said
    # The way out, as the error says it.
    key = await thread(lambda: WsChannel().generate_key(name="You", email="you@example.test"))
    print(key.public_key.splitlines()[0])
"""

TRIO = REFUSED + """
import trio
trio.run(calls, trio.to_thread.run_sync)
"""

ANYIO_OVER_TRIO = REFUSED + """
import anyio
anyio.run(calls, anyio.to_thread.run_sync, backend="trio")
"""

ANYIO = """
import anyio
from bankchannel import AsyncWsChannel, CancelledError
from peer import Silent

async def main():
    with Silent() as silent:
        async with AsyncWsChannel(**silent.settings) as client:
            causes = []
            async def call():
                try:
                    await client.list_files(timeout=60)
                except BaseException as left:
                    causes.append(left.__cause__)
                    raise
            async with anyio.create_task_group() as group:
                group.start_soon(call)
                await anyio.to_thread.run_sync(silent.arrived.wait)
                group.cancel_scope.cancel()
            print(type(causes[0]).__name__, causes[0].outcome)

anyio.run(main)
"""


class OtherLoops(unittest.TestCase):
    def printed(self, program: str, *needed: str) -> list[str]:
        for name in needed:
            if importlib.util.find_spec(name) is None and not REQUIRED:
                self.skipTest(f"{name} is not installed")
        path = os.pathsep.join([os.path.dirname(__file__), os.environ.get("PYTHONPATH", "")])
        with tempfile.TemporaryDirectory() as folder:
            return prepared.run(program, {**os.environ, "PYTHONPATH": path}, folder).splitlines()

    def test_trio_gets_the_way_out(self) -> None:
        expected = ["refused", "-----BEGIN PGP PUBLIC KEY BLOCK-----"]
        self.assertEqual(self.printed(TRIO, "trio"), expected)

    def test_so_does_anyio_over_trio(self) -> None:
        expected = ["refused", "-----BEGIN PGP PUBLIC KEY BLOCK-----"]
        self.assertEqual(self.printed(ANYIO_OVER_TRIO, "trio", "anyio"), expected)

    def test_anyio_over_asyncio_works_and_a_cancelled_scope_leaves_the_outcome(self) -> None:
        self.assertEqual(self.printed(ANYIO, "anyio"), ["CancelledError unknown"])


if __name__ == "__main__":
    unittest.main()
