"""Secrets do not leak: into errors about given values, into results, into leftovers of a server."""

from __future__ import annotations

import inspect
import io
import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import unittest
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bankchannel
from bankchannel import (
    BankchannelError,
    NextGenPsd2,
    NextGenPsd2Bank,
    SaltEdgeConnector,
    SaltEdgeHub,
    SaltEdgeHubServer,
    SecretText,
    Service,
    WsChannel,
    codes,
    errors,
)

PACKAGE = Path(__file__).resolve().parent.parent

PLANTED = (
    ("<Document><IBAN>FI2112345600000785</IBAN></Document>", "FI2112345600000785"),
    ("-----BEGIN PRIVATE KEY-----\nPlantedKeyLine\n-----END PRIVATE KEY-----\n", "PlantedKeyLine"),
    ("the planted phrase itself", "planted phrase"),
    ("4vN6hGHrav31smM0Ha1k15MDlZKOEGn43UToWTt2", "4vN6hGHrav31"),
)
"""The planted values, and the part of each that must not appear anywhere."""

FORMS: tuple[Callable[[str], Any], ...] = (
    lambda planted: planted,
    lambda planted: [planted],
    lambda planted: {"file": planted},
    lambda planted: {"env": planted},
    lambda planted: {"path": planted},
    lambda planted: {"base64": planted},
    lambda planted: {planted: "x"},
    lambda planted: planted.encode(),
    lambda planted: Path(planted),
    lambda planted: SecretText(planted),
)

MAIN = (FORMS[0], FORMS[2], FORMS[3], FORMS[4])
"""The forms that can be mistaken for another text: tried with all planted values."""


class Planted(unittest.TestCase):
    failed = 0

    def attempt(self, place: str, secret: str, work: Callable[[], object]) -> None:
        try:
            work()
        except BankchannelError as error:
            self.failed += 1
            shown = f"{error} {error!r} {error.to_json()} {error.__cause__!r} {error.__context__!r}"
            self.assertNotIn(secret, shown, place)
        except TypeError as error:
            # Python's own errors about a call contain names of parameters, never values.
            self.assertNotIn(secret, str(error), place)

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        # A text that is taken for a folder's name creates the folder.
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(folder.name)

    def test_nothing_planted_into_a_request_is_repeated(self) -> None:
        clients: dict[str, Any] = {
            "ws_channel": WsChannel(base_url="http://127.0.0.1:9/v2", environment="test"),
            "nextgen_psd2": NextGenPsd2(),
            "sepa_web_services": bankchannel.SepaWebServices(),
            "salt_edge_connector": SaltEdgeConnector(),
            "salt_edge_hub": SaltEdgeHub(base_url="http://127.0.0.1:9"),
        }
        modules: dict[str, Any] = {"iso20022": bankchannel.iso20022}
        for entry in bankchannel.catalogue():
            protocol, name = entry["name"].split(".")
            # By name, any client runs a module's operation.
            client = clients.get(protocol, clients["ws_channel"])
            method = getattr(modules.get(protocol, client), name)
            takes_limit = "timeout" in inspect.signature(method).parameters
            limit = {"timeout": 0.02} if takes_limit else {}
            for at, field in enumerate(entry["request_schema"].get("properties", {})):
                parameter = field if field in inspect.signature(method).parameters else f"{field}_"
                for number, (planted, secret) in enumerate(PLANTED):
                    # All forms of one value; of each other value one form, in turn.
                    for form in FORMS if number == 0 else MAIN[(at + number) % len(MAIN) :][:1]:
                        value = form(planted)
                        self.attempt(f"{name} {field}", secret, lambda: method(**{parameter: value}, **limit))
                        self.attempt(
                            f"{name} {field} by name", secret, lambda: client.call(entry["name"], {field: value}, timeout=0.02)
                        )
        for planted, secret in PLANTED:
            for form in FORMS:
                value = form(planted)
                for name in ("ws_channel.upload_file", "ws_channel.check_payment_file"):
                    self.attempt(f"{name} content", secret, lambda: clients["ws_channel"].call(name, {}, content=value))
                ask = {"file_type": "KTL", "file_reference": "1"}
                self.attempt(
                    "destination", secret, lambda: clients["ws_channel"].download_file(**ask, destination=value)
                )
        self.assertGreater(self.failed, 2_000)

    def test_nothing_planted_into_a_setting_is_repeated(self) -> None:
        makers: tuple[Any, ...] = (WsChannel, NextGenPsd2, SaltEdgeConnector, SaltEdgeHub, Service, NextGenPsd2Bank, SaltEdgeHubServer)
        for maker in makers:
            for field in inspect.signature(maker.__init__).parameters:
                # A data folder is created under any given name.
                if field in ("self", "data", "on_code", "signer"):
                    continue
                for planted, secret in PLANTED:
                    for form in FORMS:
                        value = form(planted)
                        self.attempt(f"{maker.__name__} {field}", secret, lambda: maker(**{field: value}).close())
        self.assertGreater(self.failed, 1_000)


class Results(unittest.TestCase):
    def test_secrets_in_results_do_not_show_and_are_taken_as_they_are(self) -> None:
        with Service(control=True) as service:
            you = {"email": "you@example.com", "password": "Example-Password-2026"}
            body = json.dumps({"accounts": [{**you, "certificates": ["simulator"]}]}).encode()
            ask = urllib.request.Request(f"{service.control_url}/seed", body, {"content-type": "application/json"})
            with urllib.request.urlopen(ask) as answer:
                api_key = json.load(answer)["accounts"][0]["api_key"]
            settings: dict[str, Any] = {**service.client_settings, **you, "mode": "data", "bank": "simulator"}
            client = WsChannel(**settings, api_key=api_key)
            session = client.log_in()
            named = client.call("ws_channel.log_in", {})
            made = client.generate_key(name="You", email=you["email"])
            made_by_name = client.call("ws_channel.generate_key", {"name": "You", "email": you["email"]})
            self.assertEqual((session.api_key, type(session.api_key), type(session.api_key.reveal())), (api_key, SecretText, str))
            for result, secrets in (
                (session, [api_key, session.id_token.reveal()]),
                (session.to_dict(), [api_key, session.id_token.reveal()]),
                (named, [api_key, named["id_token"].reveal()]),
                (made, ["PRIVATE KEY BLOCK"]),
                (made_by_name, ["PRIVATE KEY BLOCK"]),
            ):
                for secret in secrets:
                    self.assertNotIn(secret, repr(result))
            self.assertEqual(pickle.loads(pickle.dumps(session)), session)
            settings.pop("password")
            with WsChannel(**settings, api_key=session.api_key, id_token=session.id_token) as again:
                again.list_files()
            self.assertTrue(client.sign_file(content=b"payment", private_key=made.private_key).signature)
            client.close()


class OpenFile(io.BytesIO):
    """An open file that also has a path, as in some libraries."""

    def __init__(self, held: bytes, path: Path) -> None:
        super().__init__(held)
        self.path = path

    def __fspath__(self) -> str:
        return str(self.path)


class Files(unittest.TestCase):
    def test_an_open_file_is_read_from_where_it_stands(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        whole = Path(folder.name) / "payment.xml"
        whole.write_bytes(b"head and the rest")
        stands = OpenFile(b"the rest", whole)
        stands.seek(4)
        client: Any = WsChannel()
        made = client.generate_key(name="You", email="you@example.com")
        signed = client.sign_file(content=stands, private_key=made.private_key)
        for content, good in ((b"rest", True), (b"the rest", False), (whole, False)):
            verdict = client.verify_file(content=content, signature=signed.signature, public_key=made.public_key)
            self.assertEqual(verdict.good, good, content)
        with self.assertRaises(errors.InvalidInputError):
            WsChannel(ca_file=stands)


class Errors(unittest.TestCase):
    def test_a_program_can_make_them_for_its_own_tests(self) -> None:
        error = errors.PeerRefusedError(
            code=codes.WS_CHANNEL_UPLOAD_REJECTED, outcome="refused", http_status=400, peer=errors.Peer(code="24"), context={"bank": "x"}
        )
        self.assertEqual((error.category, error.message, error.outcome), ("peer_refused", error.code, "refused"))
        self.assertEqual((error.http_status, error.peer and error.peer.code, error.context), (400, "24", {"bank": "x"}))
        self.assertFalse(error.retryable)
        self.assertEqual(str(pickle.loads(pickle.dumps(error))), str(error))
        for name in errors.__all__:
            made = getattr(errors, name)
            if isinstance(made, type) and issubclass(made, BankchannelError):
                self.assertEqual(made(code="x").code, "x")

    def test_clients_can_be_mocked(self) -> None:
        from unittest.mock import AsyncMock, create_autospec

        client = create_autospec(WsChannel, instance=True)
        client.log_in.side_effect = errors.AuthenticationError(code=codes.WS_CHANNEL_SESSION_REFUSED)
        with self.assertRaises(errors.AuthenticationError):
            client.log_in()
        with self.assertRaises(TypeError):
            client.log_in(nonsense=1)
        self.assertIsInstance(create_autospec(bankchannel.AsyncWsChannel, instance=True).log_in, AsyncMock)


LEFT = """
import os, stat, sys
from bankchannel import NextGenPsd2Bank, Service
servers = Service(), NextGenPsd2Bank()
for name in os.listdir(os.environ["TMPDIR"]):
    mode = stat.S_IMODE(os.stat(os.path.join(os.environ["TMPDIR"], name)).st_mode)
    print(oct(mode), name.startswith(f"bankchannel-server-{os.getpid()}-"), flush=True)
"""


CHILD = """
if os.fork() == 0:
    sys.exit()
os.wait()
assert len(os.listdir(os.environ["TMPDIR"])) == 2, "the child has removed what is its parent's"
"""


class Left(unittest.TestCase):
    def test_a_server_that_was_not_closed_leaves_nothing_behind(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)

        def run(end: str) -> subprocess.CompletedProcess[str]:
            environment = {**os.environ, "TMPDIR": folder.name, "PYTHONPATH": str(PACKAGE)}
            program = [sys.executable, "-c", LEFT + end]
            return subprocess.run(program, env=environment, capture_output=True, text=True, timeout=60)

        for end in ("", "sys.exit(3)", "raise ValueError", CHILD):
            ended = run(end)
            self.assertEqual(ended.stdout.split("\n")[:2], ["0o700 True", "0o700 True"], ended.stderr)
            self.assertNotIn("AssertionError", ended.stderr)
            self.assertEqual(os.listdir(folder.name), [], end)
        # The next process removes the leftovers of a killed one.
        self.assertEqual(run("os.kill(os.getpid(), 9)").returncode, -signal.SIGKILL)
        self.assertEqual(len(os.listdir(folder.name)), 2)
        run("")
        self.assertEqual(os.listdir(folder.name), [])


if __name__ == "__main__":
    unittest.main()
