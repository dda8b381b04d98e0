"""A connector in web servers, called by the hub as Salt Edge calls: WSGI, ASGI, and a bank behind a route."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.validate import validator

from bankchannel import AsyncSaltEdgeConnector, SaltEdgeConnector
from bankchannel.web import Worker, asgi, wsgi, wsgi_bank

from test_salt_edge_bank import SECRET, Bank, World, credentials, signed


MASTER = """
import json, os, signal, sys, threading
from wsgiref.simple_server import make_server
from bankchannel import SaltEdgeConnector
from bankchannel.web import Worker, wsgi
from test_salt_edge_bank import Bank
from test_salt_edge_web import Quiet

connector = SaltEdgeConnector(**json.loads(sys.argv[1]), bank=Bank())
worker = Worker(connector)
server = make_server("127.0.0.1", 0, wsgi(connector, worker), handler_class=Quiet)
child = os.fork()
if child == 0:
    server.serve_forever()
print(json.dumps({"port": server.server_port, "threads": [one.name for one in threading.enumerate()]}), flush=True)
sys.stdin.read()
os.kill(child, signal.SIGKILL)
os.waitpid(child, 0)
"""
"""A master of a server: it ends with its input."""


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.02)


class Web(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.world = World(Path(folder.name))
        self.addCleanup(self.world.hub.close)

    def serve(self, application: Any) -> str:
        server: WSGIServer = make_server("127.0.0.1", 0, application, handler_class=Quiet)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return f"http://127.0.0.1:{server.server_port}"

    def test_a_connector_behind_wsgi(self) -> None:
        with SaltEdgeConnector(**self.world.hub.client_settings, store=self.world.store, bank=Bank()) as connector:
            with Worker(connector) as worker:
                self.world.order("connector", {"url": self.serve(validator(wsgi(connector, worker)))})
                begun = self.world.order("enrolments", {"session_secret": "w-1", "credentials": credentials("ben")})
                self.assertEqual(begun["answers"][0]["status"], 200)
                until(lambda: self.world.session("w-1")["status"] == "success")
                fetched = self.world.order("enrolments", {"operation": "fetch_accounts", "access_token_of": "w-1"})
                self.assertEqual(fetched["answers"][0]["body"]["data"][0]["balance"], "12.50")
                unknown = self.world.order("enrolments", {"operation": "fetch_accounts", "access_token": "unknown"})
                self.assertEqual(unknown["answers"][0]["error_class"], "TokenNotFound")

    def test_a_connector_behind_a_master_that_forks(self) -> None:
        """As gunicorn does with --preload: the master loads the application, and its child serves."""
        settings = json.dumps({**self.world.hub.client_settings, "store": str(self.world.store)})
        # A process of its own: this one has had stores open, which a master has not.
        master = subprocess.Popen(
            [sys.executable, "-c", MASTER, settings],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parent,
        )
        self.addCleanup(master.wait)
        assert master.stdin is not None and master.stdout is not None
        self.addCleanup(master.stdout.close)
        self.addCleanup(master.stdin.close)
        told = json.loads(master.stdout.readline())
        self.assertNotIn("bankchannel-worker", told["threads"])
        self.world.order("connector", {"url": f"http://127.0.0.1:{told['port']}"})
        begun = self.world.order("enrolments", {"session_secret": "w-4", "credentials": credentials("ben")})
        self.assertEqual(begun["answers"][0]["status"], 200)
        until(lambda: self.world.session("w-4")["status"] == "success")

    def test_a_bank_behind_wsgi(self) -> None:
        url = self.serve(validator(wsgi_bank(SaltEdgeConnector(bank_secret=SECRET, bank=Bank()))))
        body = json.dumps({"user_id": "u-1", "client_id": 1, "token_id": "t"})

        def ask(secret: str) -> Any:
            headers = {header.name: header.value for header in signed("/bank/list_accounts", body, secret)}
            return urlopen(Request(f"{url}/bank/list_accounts", body.encode(), headers, method="POST"))

        with ask(SECRET) as answer:
            self.assertEqual(json.load(answer)["accounts"][0]["balance"], "12.50")
        with self.assertRaises(HTTPError) as refused:
            ask("x" * 32)
        self.assertEqual(refused.exception.code, 401)
        refused.exception.close()

    def test_a_connector_behind_asgi(self) -> None:
        async def run() -> None:
            connector = AsyncSaltEdgeConnector(**self.world.hub.client_settings, store=self.world.store, bank=Bank())
            application = asgi(connector)
            asked: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
            told: asyncio.Queue[Any] = asyncio.Queue()
            await asked.put({"type": "lifespan.startup"})
            lifespan = asyncio.ensure_future(application({"type": "lifespan"}, asked.get, told.put))
            self.assertEqual((await told.get())["type"], "lifespan.startup.complete")

            async def send(**order: Any) -> tuple[int, Any]:
                made = self.world.order("requests", order)
                headers = [(header["name"].lower().encode(), header["value"].encode()) for header in made["headers"]]
                said: list[Any] = []

                async def keep(message: Any) -> None:
                    said.append(message)

                path, _, query = made["target"].partition("?")
                scope = {"type": "http", "method": made["method"], "path": path, "query_string": query.encode(), "headers": headers}
                await application(scope, asked.get, keep)
                return said[0]["status"], json.loads(said[1]["body"])

            self.assertEqual(await send(operation="create_token", session_secret="w-2", credentials=credentials("ben")), (200, {}))
            for _ in range(200):
                if (await asyncio.to_thread(self.world.session, "w-2"))["status"] == "success":
                    break
                await asyncio.sleep(0.02)
            status, body = await send(operation="fetch_accounts", access_token_of="w-2")
            self.assertEqual((status, body["data"][0]["balance"]), (200, "12.50"))
            await asked.put({"type": "lifespan.shutdown"})
            await lifespan
            await connector.close()

        asyncio.run(run())


if __name__ == "__main__":
    unittest.main()
