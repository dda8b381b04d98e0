"""What Python programmers expect of a package: help, signatures, completion, JSON, pydantic, pytest."""

from __future__ import annotations

import base64
import copy
import importlib.util
import inspect
import json
import os
import pickle
import pydoc
import subprocess
import sys
import tempfile
import textwrap
import unittest
from collections.abc import Callable
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any, Generic, TypeVar
from unittest.mock import create_autospec

from bankchannel import (
    AsyncService,
    AsyncWsChannel,
    BankchannelError,
    CallOptions,
    Cancel,
    InvalidInputError,
    Received,
    SaltEdgeConnector,
    SecretText,
    Service,
    WsChannel,
    iso20022,
    json_default,
)
from bankchannel.iso20022 import CreditTransfer, Money, PaymentParty
from bankchannel.ws_channel import LoginResponse

_F = TypeVar("_F", bound=Callable[..., Any])
NEEDS_TOOLS = bool(os.environ.get("BANKCHANNEL_TESTS_REQUIRE_TOOLS"))


def needs(module: str) -> Callable[[_F], _F]:
    """Skips a test without this module, unless the tools are required."""
    return unittest.skipUnless(importlib.util.find_spec(module) or NEEDS_TOOLS, f"{module} is not installed")


class Documentation(unittest.TestCase):
    def test_help_shows_types_texts_and_what_is_required(self) -> None:
        shown = pydoc.plain(pydoc.render_doc(CreditTransfer))
        self.assertIn("CreditTransfer(*, amount: ", shown)
        self.assertIn("Decimal, required. The amount", " ".join(shown.split()))
        self.assertRegex(" ".join(shown.split()), r"reference \| \S.* may be left out\. ")

    def test_a_signature_has_every_field_by_keyword(self) -> None:
        signature = inspect.signature(CreditTransfer)
        self.assertEqual(tuple(signature.parameters), CreditTransfer.__match_args__)
        self.assertIs(signature.parameters["amount"].default, inspect.Parameter.empty)
        self.assertIsNone(signature.parameters["reference"].default)
        self.assertEqual(signature.parameters["creditor"].annotation, "PaymentParty")
        signature.bind(amount=Decimal(1), creditor=PaymentParty(name="Beta"))
        with self.assertRaises(TypeError):
            signature.bind(creditor=PaymentParty(name="Beta"))

    def test_a_call_shows_its_options_by_name(self) -> None:
        options = {"timeout", "cancel", "request_id", "retries", "with_response"}
        self.assertEqual(options, set(CallOptions.__annotations__))
        for client in (WsChannel, AsyncWsChannel):
            for method in (client.list_files, client.log_in, client.iter_new_files, client.call):
                with self.subTest(client=client.__name__, method=method.__name__):
                    signature = inspect.signature(method)
                    self.assertLessEqual(options, set(signature.parameters))
                    self.assertNotIn("options", signature.parameters)
                    self.assertIn("timeout: ", pydoc.plain(pydoc.render_doc(method)))
        self.assertIn("request: 'Mapping[str, Any] | None' = None", str(inspect.signature(WsChannel.call)))
        for option in options:
            self.assertIn(f"{option}: ", inspect.getdoc(CallOptions) or "")

    def test_an_option_that_no_call_takes_is_refused_as_an_argument_is(self) -> None:
        with WsChannel(environment="test", mode="data") as client:
            wrong: Any = {"tiemout": 1}
            with self.assertRaisesRegex(TypeError, r"^list_files\(\) got an unexpected keyword argument 'tiemout'$"):
                client.list_files(**wrong)
            with self.assertRaisesRegex(TypeError, "unexpected keyword argument 'tiemout'"):
                client.call("ws_channel.list_files", **wrong)

    def test_a_programs_own_class_keeps_its_signatures(self) -> None:
        item = TypeVar("item")

        class Tagged:
            def __init_subclass__(cls, flag: int = 0, **given: Any) -> None:
                super().__init_subclass__(**given)
                cls.flag = flag  # type: ignore[attr-defined]

        class Own(WsChannel, Tagged, Generic[item], flag=7):
            def list_files(self, **options: Any) -> Any:
                return super().list_files(**options)

            def tagged(self, *, name: str, **metadata: Any) -> None:
                """Takes what it says."""

        self.assertEqual(Own.flag, 7)  # type: ignore[attr-defined]
        self.assertEqual(list(inspect.signature(Own.tagged).parameters), ["self", "name", "metadata"])
        self.assertIs(Own[int].__origin__, Own)  # type: ignore[attr-defined]
        create_autospec(Own, instance=True).tagged(name="x", other=1)
        create_autospec(Own, instance=True).list_files(timeout=1)
        whole = inspect.signature(WsChannel.list_files)
        for copied in (copy.copy(whole), copy.deepcopy(whole), pickle.loads(pickle.dumps(WsChannel.list_files.__signature__))):  # type: ignore[attr-defined]
            self.assertEqual(copied, whole)

    def test_what_is_awaited_has_the_same_text(self) -> None:
        for name in ("list_files", "log_in", "sign_file", "totp_code"):
            method = getattr(AsyncWsChannel, name)
            self.assertEqual(method.__doc__, getattr(WsChannel, name).__doc__, name)
            self.assertEqual(inspect.iscoroutinefunction(method), name != "totp_code", name)
        self.assertEqual(AsyncWsChannel.list_files.__qualname__, "AsyncWsChannel.list_files")
        arguments = (inspect.getdoc(WsChannel) or "").partition("Args:")[2]
        self.assertTrue(arguments and (inspect.getdoc(AsyncWsChannel) or "").endswith(arguments))
        self.assertIn("on a thread", iso20022.make_payment_async.__doc__ or "")

    @needs("jedi")
    def test_an_editor_completes_names_members_and_documents_them(self) -> None:
        import jedi  # type: ignore[import-untyped]

        package = str(Path(__file__).resolve().parents[1])
        project = jedi.Project(package)
        names = {one.name for one in jedi.Script("import bankchannel\nbankchannel.", project=project).complete(2, 12)}
        self.assertLessEqual({"WsChannel", "Service", "iso20022", "AsyncWsChannel", "PeerRefusedError", "json_default"}, names)
        text = "from bankchannel import WsChannel\nclient = WsChannel()\nclient."
        (upload,) = [one for one in jedi.Script(text, project=project).complete(3, 7) if one.name == "sign_and_upload"]
        self.assertIn("private_key", upload.docstring())

    def test_clients_and_servers_say_which_they_are(self) -> None:
        with Service() as service, WsChannel(**service.client_settings, mode="data", bank="simulator", email="a@b.test") as client:
            self.assertEqual(repr(client), f"<WsChannel bank='simulator' mode='data' base_url='{service.base_url}'>")
            self.assertEqual(repr(service), f"<Service base_url='{service.base_url}'>")
        self.assertEqual((repr(client), repr(service)), ("<WsChannel, closed>", "<Service not running>"))


class Values(unittest.TestCase):
    def test_a_record_is_copied_with_other_values(self) -> None:
        party = PaymentParty(name="Beta", iban="FI2112345600000785")
        other = party.replace(name="Gamma")
        self.assertEqual((other.name, other.iban, party.name), ("Gamma", "FI2112345600000785", "Beta"))
        self.assertEqual(other, party.__replace__(name="Gamma"))
        if sys.version_info >= (3, 13):
            self.assertEqual(other, copy.replace(party, name="Gamma"))
        with self.assertRaisesRegex(TypeError, "no field nam"):
            party.replace(nam="Gamma")

    def test_json_has_amounts_and_dates_as_text_and_no_secrets(self) -> None:
        money = Money(amount=Decimal("12.30"), currency="EUR")
        self.assertEqual(money.to_json(), '{"amount": "12.30", "currency": "EUR"}')
        mixed = {"when": date(2026, 11, 20), "bytes": b"\x00\xff", "money": [money], "content": Received(3, Path("a.xml"))}
        self.assertEqual(
            json.loads(json.dumps(mixed, default=json_default)),
            {
                "when": "2026-11-20",
                "bytes": base64.b64encode(b"\x00\xff").decode(),
                "money": [{"amount": "12.30", "currency": "EUR"}],
                "content": {"size": 3, "path": "a.xml"},
            },
        )
        login = LoginResponse(id_token=SecretText("planted"), response_text="OK")
        self.assertEqual(json.loads(login.to_json(indent=1)), {"id_token": "[secret]", "response_text": "OK"})
        self.assertEqual(login.to_dict(reveal=True), {"id_token": "planted", "response_text": "OK"})
        with self.assertRaises(TypeError):
            json.dumps({"x": object()}, default=json_default)

    @needs("pydantic")
    def test_pydantic_reads_and_writes_results(self) -> None:
        from pydantic import TypeAdapter, ValidationError

        # Every class of results has a schema.
        from bankchannel import nextgen_psd2, ws_channel

        for module in (iso20022, ws_channel, nextgen_psd2):
            for name in module.__all__:
                found = getattr(module, name)
                if isinstance(found, type) and hasattr(found, "__match_args__"):
                    TypeAdapter(found).json_schema(mode="serialization")
        adapter = TypeAdapter(CreditTransfer)
        read = adapter.validate_json('{"amount": "1.50", "creditor": {"name": "Beta"}}')
        self.assertEqual(read, CreditTransfer(amount=Decimal("1.50"), creditor=PaymentParty(name="Beta")))
        self.assertEqual(adapter.dump_json(read), b'{"amount":"1.50","creditor":{"name":"Beta"}}')
        with self.assertRaises(ValidationError):
            adapter.validate_python({"amount": "1.50"})
        secret = TypeAdapter(LoginResponse).dump_json(LoginResponse(id_token=SecretText("planted"), response_text="OK"))
        self.assertNotIn(b"planted", secret)

    @needs("fastapi")
    def test_fastapi_returns_results_as_they_are(self) -> None:
        from fastapi import FastAPI

        app = FastAPI()

        @app.get("/money")
        def money() -> Money:
            return Money(amount=Decimal("12.30"), currency="EUR")

        described = app.openapi()["components"]["schemas"]["Money"]
        self.assertEqual(set(described["properties"]), {"amount", "currency"})
        route: Any = app.routes[-1]
        content = route.response_field.serialize(money(), mode="json")
        self.assertEqual(content, {"amount": "12.30", "currency": "EUR"})


class Secrets(unittest.TestCase):
    def test_a_path_names_the_file_that_holds_the_secret(self) -> None:
        with tempfile.TemporaryDirectory() as folder, Service() as service:
            account = {"email": "a@b.test", "password": "Example-Password-2026", "certificates": ["simulator"]}
            api_key = service.seed({"accounts": [account]})["accounts"][0]["api_key"]
            password = Path(folder, "password")
            password.write_text("Example-Password-2026\n")
            base: Any = {**service.client_settings, "mode": "data", "bank": "simulator", "email": "a@b.test", "api_key": api_key}
            with WsChannel(**base, password=password) as client:
                client.log_in()
            with WsChannel(**base) as client:
                client.log_in(password=password)
            with self.assertRaisesRegex(Exception, "password: .*No such file"):
                WsChannel(**base, password=Path(folder, "missing.txt"))

    def test_a_path_is_taken_wherever_a_path_is(self) -> None:
        with tempfile.TemporaryDirectory() as folder, Service(data=Path(folder, "data")) as service:
            account = {"email": "you@example.test", "password": "Example-Password-2026", "sessions": True, "certificates": ["simulator"]}
            (made,) = service.seed({"accounts": [account]})["accounts"]
            key = Path(folder, "api-key")
            key.write_text(made["api_key"])
            settings: dict[str, Any] = {**service.client_settings, "public_key_file": Path(service.public_key_file)}
            with WsChannel(
                **settings, email="you@example.test", mode="data", bank="simulator", api_key={"file": key},
                id_token=made["id_tokens"]["data"],
            ) as client:
                done = client.download_new_files(directory=Path(folder, "new"), ledger=Path(folder))
                self.assertEqual(done.failed, 0)
            # The folder of a store is a path too; elsewhere a secret's path is that of the file with it.
            with SaltEdgeConnector(store=Path(folder, "store")) as connector:
                self.assertEqual(list(connector.list_tokens().tokens), [])
            self.assertTrue(Path(folder, "store").is_dir())

    def test_a_datetime_and_a_date_are_not_the_same(self) -> None:
        def made(day: Any) -> None:
            iso20022.make_payment(transactions=[], debtor=PaymentParty(name="D", iban="FI2112345600000785"), execution_date=day)

        for given in (datetime.now(), datetime.now(timezone.utc)):
            with self.subTest(given), self.assertRaises(InvalidInputError) as raised:
                made(given)
            self.assertEqual(raised.exception.context["field"], "execution_date")
            self.assertIn("must be a date, not a datetime: give its day, as its method date() does", raised.exception.message)
            # The one advice works.
            with self.assertRaises(InvalidInputError) as raised:
                made(given.date())
            self.assertNotEqual(raised.exception.context.get("field"), "execution_date")

        class NoTime(datetime):
            """As pandas.NaT."""

            def isoformat(self, *_: Any) -> str:
                return "NaT"

        with self.assertRaises(InvalidInputError) as raised:
            made(NoTime.now())
        self.assertIn("give None", raised.exception.message)

    def test_what_belongs_to_the_process_says_so(self) -> None:
        with Service() as service, WsChannel() as client:
            for one in (client, AsyncWsChannel(), service, AsyncService(), Cancel()):
                for copied in (pickle.dumps, copy.copy, copy.deepcopy):
                    with self.subTest(one=one, copied=copied), self.assertRaisesRegex(TypeError, "make one in each process"):
                        copied(one)

    def test_a_path_as_text_gets_the_remedy(self) -> None:
        for key in ("key.asc", "keys/authorize.asc"):
            with self.assertRaisesRegex(Exception, r'private_key.*for the key in a file give \{"file": PATH\}'):
                WsChannel().sign_file(content=b"x", private_key=key)

    def test_a_secret_is_kept_in_a_file_and_never_printed(self) -> None:
        key = WsChannel().generate_key(name="You", email="you@example.test").private_key
        self.assertEqual((str(key), f"{key}", "%s" % key, repr(key)), ("[secret]",) * 3 + ("SecretText([secret])",))
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder, "key.asc")
            key.save_to(place)
            self.assertEqual((place.read_text(), place.stat().st_mode & 0o777), (key.reveal(), 0o600))
            with self.assertRaises(FileExistsError):
                key.save_to(place)
            self.assertTrue(WsChannel().sign_file(content=b"x", private_key=place).signature)
        self.assertTrue(key == key.reveal() and key != "other" and hash(key) == hash(key.reveal()))

    def test_what_is_printed_in_place_of_a_secret_is_refused_by_name(self) -> None:
        for setting in ("api_key", "password", "id_token"):
            with self.assertRaisesRegex(Exception, rf"{setting}: is the text `\[secret\]`"):
                WsChannel(**{setting: "[secret]"})  # type: ignore[arg-type]


@needs("pytest")
class Pytest(unittest.TestCase):
    def test_the_fixtures(self) -> None:
        program = """
            from datetime import datetime, timezone
            from bankchannel.pytest_plugin import ServersClock
            from bankchannel import NextGenPsd2Bank, SaltEdgeConnectorServer, Service, WsChannel

            def test_client(ws_channel_client: WsChannel, ws_channel_service: Service, servers_clock: ServersClock) -> None:
                assert ws_channel_client.list_files(status="NEW").response_text
                before = ws_channel_service.clock(advance_s=0).now
                servers_clock.advance(3600)
                assert ws_channel_service.clock(advance_s=0).now > before

            def test_bank(nextgen_psd2_bank: NextGenPsd2Bank, servers_clock: ServersClock) -> None:
                servers_clock.set(datetime(2030, 1, 1, tzinfo=timezone.utc))
                assert nextgen_psd2_bank.clock(advance_s=0).now.year == 2030

            def test_connector(salt_edge_connector_server: SaltEdgeConnectorServer, salt_edge_hub_server) -> None:
                enrolled = salt_edge_hub_server.enrolments(credentials={"login": "anna", "password": "Passw0rd"})
                assert enrolled.answers
        """
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "conftest.py").write_text('pytest_plugins = ["bankchannel.pytest_plugin"]\n')
            Path(folder, "test_program.py").write_text(textwrap.dedent(program))
            command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", folder]
            done = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=120)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertIn("3 passed", done.stdout)


if __name__ == "__main__":
    unittest.main()
