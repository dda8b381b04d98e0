"""What a call tells on request: its exchanges, its progress; and the forms that leave the event loop free."""

from __future__ import annotations

import asyncio
import contextlib
import io
import time
import unittest
from datetime import date, timedelta
from typing import Any

from bankchannel import (
    AsyncService,
    AsyncWsChannel,
    BankchannelError,
    ConfigurationError,
    HttpExchange,
    HttpRequest,
    InvalidInputError,
    Progress,
    Service,
    TimedOutError,
    WsChannel,
    iso20022,
)
from peer import Peer, Silent

ACCOUNT = {"email": "you@example.test", "password": "Example-Password-2026"}


def ready(service: Service) -> dict[str, Any]:
    """The settings of a client of an account that has a certificate, and whose key may sign payments."""
    added = service.seed({"accounts": [{**ACCOUNT, "certificates": ["simulator"]}]})
    api_key = added["accounts"][0]["api_key"]
    return {**service.client_settings, **ACCOUNT, "mode": "data", "bank": "simulator", "api_key": api_key}


class Exchanges(unittest.TestCase):
    def test_a_success_has_its_status_headers_request_id_and_time(self) -> None:
        with Service(no_limits=True) as service, WsChannel(**ready(service)) as client:
            seen: list[HttpExchange] = []
            client.log_in(with_response=seen)
            login = seen[-1]
            self.assertEqual((login.method, login.status), ("POST", 200))
            self.assertTrue(login.headers["content-type"].startswith("application/json"))
            self.assertEqual(login.headers["x-request-id"], login.request_id)
            self.assertGreater(login.duration_s, 0)
            self.assertNotIn("application/json", repr(login), "headers may hold tokens")
            before = len(seen)
            client.call("ws_channel.list_files", {"status": "NEW"}, with_response=seen)
            self.assertEqual([one.method for one in seen[before:]], ["GET"])
            with self.assertRaises(BankchannelError):
                client.delete_file(file_type="camt.053.001.08", file_reference="none", with_response=seen)
            self.assertGreaterEqual(seen[-1].status, 400)

    def test_hooks_are_told_of_each_request_and_answer(self) -> None:
        told: list[str] = []

        def before(request: HttpRequest) -> None:
            told.append(f"{request.operation} {request.method} {request.attempt}")
            self.assertNotIn("example.test", request.target)

        def after(request: HttpRequest, answer: HttpExchange) -> None:
            told.append(f"{request.attempt} {answer.status}")

        with Service(no_limits=True, control=True) as service:
            settings = ready(service)
            with WsChannel(**settings, on_request=before, on_response=after) as client:
                client.log_in()
                told.clear()
                service.fail_next(operation="list_files", status=503, count=1)
                client.list_files()
                name = "ws_channel.list_files GET"
                self.assertEqual(told, [f"{name} 1", "1 503", f"{name} 2", "2 200"])

                async def awaited() -> None:
                    async with AsyncWsChannel(**settings, on_request=before, on_response=after, renew_session=True) as other:
                        await other.list_files()

                told.clear()
                asyncio.run(awaited())
                self.assertEqual(told[-2:], [f"{name} 1", "1 200"])

    def test_a_hook_that_fails_changes_no_result(self) -> None:
        def fails(request: HttpRequest) -> None:
            raise RuntimeError("planted")

        said = io.StringIO()
        with Service(no_limits=True) as service, WsChannel(**ready(service), on_request=fails) as client:
            with contextlib.redirect_stderr(said):
                client.log_in()
            self.assertEqual(said.getvalue().count("RuntimeError: planted"), 1, "it is not called again in this call")
        with self.assertRaisesRegex(InvalidInputError, "on_response: must be a function"):
            WsChannel(on_response=3)  # type: ignore[arg-type]

    def test_a_call_has_its_own_number_of_retries(self) -> None:
        with Service(no_limits=True, control=True) as service, WsChannel(**ready(service)) as client:
            client.log_in()
            for retries, attempts in ((0, 1), (1, 2)):
                service.fail_next(operation="list_files", status=503, count=attempts)
                seen: list[HttpExchange] = []
                with self.assertRaises(BankchannelError):
                    client.list_files(retries=retries, with_response=seen)
                self.assertEqual([one.status for one in seen], [503] * attempts)
            for wrong in (-1, True, "2"):
                with self.assertRaises(InvalidInputError):
                    client.list_files(retries=wrong)  # type: ignore[arg-type]
            with self.assertRaisesRegex(InvalidInputError, "retries: must be from 0 to 10"):
                client.list_files(retries=11)
            # Before anything is sent: what cannot be filled would hide the result.
            unusables: tuple[object, ...] = (5, (), {})
            for unusable in unusables:
                with self.assertRaisesRegex(InvalidInputError, "with_response: must be a list"):
                    client.list_files(with_response=unusable)  # type: ignore[arg-type]

    def test_a_repetition_leaves_a_record(self) -> None:
        with Service(no_limits=True, control=True) as service, WsChannel(**ready(service)) as client:
            client.log_in()
            service.fail_next(operation="list_files", status=503, count=1)
            with self.assertLogs("bankchannel", "INFO") as logs:
                client.list_files()
        (record,) = [one for one in logs.records if "bankchannel_attempt" in vars(one)]
        self.assertRegex(record.getMessage(), r"^attempt 2 of 3 in \d\.\d s: GET ")
        self.assertEqual((vars(record)["bankchannel_attempt"], vars(record)["bankchannel_attempts"]), (2, 3))

    def test_an_error_names_host_and_port(self) -> None:
        with WsChannel(base_url="http://127.0.0.1:9/v2", mode="data", bank="simulator", api_key="example-api-key-0123456789", id_token="t") as client:
            with self.assertRaisesRegex(BankchannelError, r"127\.0\.0\.1:9") as raised:
                client.list_files(retries=0)
        self.assertEqual(raised.exception.context["address"], "127.0.0.1:9")
        self.assertTrue(raised.exception.remedy)

    def test_silence_ends_before_the_whole_exchange(self) -> None:
        with Silent() as peer, WsChannel(**peer.settings, read_timeout_s=0.2, retries=0) as client:
            begun = time.monotonic()
            with self.assertRaisesRegex(TimedOutError, "read_timeout_s") as raised:
                client.list_files(timeout=30)
            self.assertLess(time.monotonic() - begun, 20)
            self.assertEqual(raised.exception.outcome, "unknown")


class Told(unittest.TestCase):
    def test_progress_drives_a_bar(self) -> None:
        seen: list[Progress] = []
        peer = Peer()
        self.addCleanup(peer.close)
        key = WsChannel().generate_key(name="You", email="you@example.test").private_key
        with WsChannel(**peer.settings) as client:
            client.sign_and_upload(
                content=io.BytesIO(b"x" * 1_000_000), file_name="a", file_type="KTL", private_key=key, on_progress=seen.append
            )
        steps = [(one.step, one.steps, one.text) for one in seen if one.direction is None]
        self.assertEqual(steps, [(1, 2, "signing the file"), (2, 2, "sending the file")])
        sent = [one for one in seen if one.direction == "send"]
        self.assertTrue(sent and all(one.text == "sending the file" for one in sent))
        fractions = [one.fraction for one in seen if one.fraction is not None]
        self.assertEqual(fractions, sorted(fractions))
        self.assertEqual((fractions[0], fractions[-1]), (0, 1))


class Loops(unittest.TestCase):
    """The event loop goes on while something is computed or started."""

    async def held_up(self, work: Any) -> float:
        """The longest time for which the loop did nothing else."""
        longest, last = 0.0, time.monotonic()
        task = asyncio.ensure_future(work)
        while not task.done():
            await asyncio.sleep(0.001)
            longest, last = max(longest, time.monotonic() - last), time.monotonic()
        await task
        return longest

    def test_what_computes_for_long_is_awaited(self) -> None:
        async def run() -> None:
            rsa = self.held_up(AsyncWsChannel().generate_key(name="You", email="you@example.test", algorithm="rsa4096"))
            self.assertLess(await rsa, 0.15)
            made = await iso20022.make_payment_async(
                transactions=[
                    iso20022.CreditTransfer(
                        amount="1.00",  # type: ignore[arg-type]
                        creditor=iso20022.PaymentParty(name="Beta", iban="EE382200221020145685"),
                    )
                ],
                debtor=iso20022.PaymentParty(name="You", iban="FI2112345600000785"),
                execution_date=date.today() + timedelta(days=1),
            )
            assert made.xml
            checked = await iso20022.check_payment_async(content=made.xml.encode())
            self.assertTrue(checked.ok, checked.findings)

        asyncio.run(run())

    def test_a_server_starts_in_the_background(self) -> None:
        async def run() -> None:
            async with AsyncService(no_limits=True) as service:
                added = await service.seed({"accounts": [{**ACCOUNT, "certificates": ["simulator"]}]})
                api_key = added["accounts"][0]["api_key"]
                settings: Any = {**service.client_settings, **ACCOUNT, "mode": "data", "bank": "simulator"}
                async with AsyncWsChannel(**settings, api_key=api_key) as client:
                    await client.log_in()
                self.assertIn(service.base_url, repr(service))
            self.assertEqual(repr(service), "<AsyncService not running>")
            with self.assertRaises(ConfigurationError):
                await service.seed({})

        asyncio.run(run())


if __name__ == "__main__":
    unittest.main()
