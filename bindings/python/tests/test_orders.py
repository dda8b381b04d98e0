"""Orders to embedded servers by their typed methods."""

from __future__ import annotations

import asyncio
import inspect
import io
import tempfile
import unittest
from datetime import datetime, timedelta, timezone
from pathlib import Path

from bankchannel import (
    AsyncSepaBank,
    ConfigurationError,
    InvalidInputError,
    NextGenPsd2Bank,
    SaltEdgeConnectorServer,
    SaltEdgeHubServer,
    SepaBank,
    Service,
    service,
)
from bankchannel.service import (
    AsyncControlledServer,
    ControlledServer,
    FaultOrder,
    NewCustomer,
    SeedAccount,
    SeededBankFile,
)

RAW = b"GET /v1/consents HTTP/1.1\r\nHost: bank.example\r\n\r\n"


class OrderTest(unittest.TestCase):
    def test_orders_of_every_server_have_typed_answers(self) -> None:
        with SepaBank(control=True) as bank:
            before = bank.clock(advance_s=0).now
            self.assertIsInstance(before, datetime)
            self.assertGreaterEqual(bank.clock(advance_s=61).now - before, timedelta(seconds=61))
            set_to = datetime(2030, 1, 1, 12, tzinfo=timezone.utc)
            self.assertEqual(bank.clock(now=set_to).now.date(), set_to.date())
            self.assertEqual(dict(bank.uploads().uploads), {})
            self.assertEqual(bank.outbox().messages, ())
            bank.fail_next(operation="list_files", status=503)
            bank.reset()
            self.assertEqual(bank.transcript().requests, ())

    def test_a_list_of_a_request_takes_records(self) -> None:
        with SepaBank(control=True) as bank:
            added = bank.customers(customers=[NewCustomer(family="op", customer_id="77", company="Seven Oy")])
            self.assertEqual((added.customers[0].family, added.customers[0].customer_id), ("op", "77"))
            self.assertTrue(Path(added.customers[0].key_file).is_file())
            bank.faults(faults=[FaultOrder(fault="hold", family="op")])
            with self.assertRaises(InvalidInputError) as refused:
                bank.faults(faults=[])
            self.assertIn("orders nothing", str(refused.exception))
            with self.assertRaises(InvalidInputError) as missing:
                bank.customers(customers=None)  # type: ignore[arg-type]
            self.assertEqual(missing.exception.context["field"], "customers")
            files = bank.add_files(
                files=[SeededBankFile(family="op", customer_id="77", file_type="TITO", content="a statement")]
            )
            (listed,) = [file for file in bank.files().files if file.reference in files.files]
            self.assertEqual((listed.kind, listed.bytes, listed.parent), ("download", 11, None))

    def test_content_is_bytes_or_a_path(self) -> None:
        with NextGenPsd2Bank(control=True) as bank, tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "request.http"
            path.write_bytes(RAW)
            explained = [bank.explain(message=given).explanation for given in (RAW, path)]
            self.assertEqual(explained[0], explained[1])
            self.assertIn("signature", str(explained[0]).lower())
            with self.assertRaises(InvalidInputError) as absent:
                bank.explain(message=path.with_name("absent"))
            self.assertEqual(absent.exception.code, "input.content_unreadable")

    def test_content_of_a_file_object_is_read_no_further_than_it_may_be_large(self) -> None:
        class Endless(io.RawIOBase):
            """Gives one byte less than asked for, without end."""

            given = 0

            def read(self, size: int = -1) -> bytes:
                if size < 0:
                    raise AssertionError("read to its end")
                self.given += max(size - 1, 1)
                return b"x" * max(size - 1, 1)

        with NextGenPsd2Bank(control=True) as bank:
            endless = Endless()
            with self.assertRaises(InvalidInputError):
                bank.explain(message=endless)
            self.assertLess(endless.given, 64 * 1024 * 1024)
            self.assertEqual(
                bank.explain(message=io.BytesIO(RAW)).explanation, bank.explain(message=RAW).explanation
            )
            for wrong in ("text", io.StringIO("text")):
                with self.assertRaises(InvalidInputError) as refused:
                    bank.explain(message=wrong)  # type: ignore[arg-type]
                self.assertEqual(refused.exception.context["field"], "message")

    def test_an_order_to_a_closed_server_is_named(self) -> None:
        with SepaBank(control=True) as bank:
            pass
        with self.assertRaises(ConfigurationError) as closed:
            bank.uploads()
        self.assertEqual((closed.exception.code, closed.exception.operation), ("configuration.closed", "sepa_bank.uploads"))

    def test_seeds_are_typed_or_as_json_has_them(self) -> None:
        account = {"email": "json@example.test", "password": "Example-Password-2026"}
        with Service() as served:
            made = served.seed({"accounts": [account]})
            self.assertEqual(made["accounts"][0]["email"], "json@example.test")
            typed = SeedAccount(email="typed@example.test", password="Example-Password-2026", sessions=True)
            seeded = served.seed(accounts=[typed])
            self.assertEqual(seeded.accounts[0].email, "typed@example.test")
            tokens = seeded.accounts[0].id_tokens or {}
            self.assertEqual(sorted(tokens), ["admin", "data"])
            self.assertNotIn(tokens["data"].reveal(), repr(seeded))
            self.assertNotIn("Example-Password-2026", repr(typed))
            with self.assertRaises(InvalidInputError) as twice:
                served.seed({"accounts": []}, accounts=[typed])  # type: ignore[call-overload]
            self.assertEqual(twice.exception.context["field"], "accounts")
            # Every other order needs `control`.
            with self.assertRaises(ConfigurationError) as closed:
                served.clock(advance_s=1)
            self.assertEqual(closed.exception.operation, "server.clock")

    def test_an_error_names_order_and_field(self) -> None:
        with SaltEdgeHubServer(control=True) as hub:
            with self.assertRaises(InvalidInputError) as refused:
                hub.session(session_secret="unknown")
            self.assertEqual(refused.exception.operation, "salt_edge_hub_server.session")
            self.assertEqual(refused.exception.context["field"], "session_secret")
            begun = hub.begin_session(about="token")
            state = hub.session(session_secret=begun.session_secret)
            self.assertEqual((state.status, state.has_token, state.messages), ("open", False, ()))
            self.assertIn(begun.session_secret, hub.sessions().sessions)
            self.assertEqual(hub.tokens().tokens, ())

    def test_asyncio_has_the_same_orders(self) -> None:
        async def run() -> None:
            async with AsyncSepaBank(control=True) as bank:
                self.assertIsInstance((await bank.clock(advance_s=61)).now, datetime)
                self.assertEqual(dict((await bank.uploads()).uploads), {})
                file = SeededBankFile(family="op", customer_id="1000022211", file_type="TITO", content="x")
                self.assertEqual(len((await bank.seed(files=[file])).files), 1)

        asyncio.run(run())

    def test_both_forms_of_a_server_have_the_same_methods(self) -> None:
        for cls in (Service, NextGenPsd2Bank, SepaBank, SaltEdgeHubServer, SaltEdgeConnectorServer):
            twin = getattr(service, f"Async{cls.__name__}")
            self.assertTrue(issubclass(cls, ControlledServer) and issubclass(twin, AsyncControlledServer))
            for name, method in inspect.getmembers(cls, inspect.isfunction):
                if name.startswith("_"):
                    continue
                self.assertEqual(getattr(twin, name).__doc__, method.__doc__, name)


if __name__ == "__main__":
    unittest.main()
