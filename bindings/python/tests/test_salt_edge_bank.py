"""A bank's own code as an object, called by a connector with typed questions: in process, and behind a route. All
values are invented."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import io
import json
import tempfile
import time
import unittest
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from bankchannel import AsyncSaltEdgeConnector, BankchannelError, SaltEdgeConnector, SaltEdgeHubServer
from bankchannel.salt_edge_connector import (
    AccountConsent,
    AuthenticateQuestion,
    BankAccount,
    BankCustomer,
    ConfirmQuestion,
    GetCustomerAnswer,
    GetCustomerQuestion,
    HeaderField,
    ListAccountsAnswer,
    ListAccountsQuestion,
    ListTransactionsAnswer,
    ListTransactionsQuestion,
    NoticeQuestion,
    ReconnectQuestion,
    RefreshQuestion,
    RefusedByBank,
    Step,
    StepApproved,
    StepCodeNeeded,
    StepDone,
    StepRefused,
)

SECRET = "0123456789abcdef0123456789abcdef"


class Bank:
    """Customers `anna`, who needs a code, and `ben`, who does not."""

    def __init__(self) -> None:
        self.asked: list[object] = []

    def authenticate(self, question: AuthenticateQuestion, /) -> Step:
        self.asked.append(question)
        login = question.credentials["login"].reveal()
        if login == "anna":
            return StepCodeNeeded(field="sms", instruction="Enter the code", user_id="u-1")
        if login == "ben":
            return StepApproved(user_id="u-2", consent=[AccountConsent(account_id="1", scopes=("balance",))])
        if login == "broken":
            raise RuntimeError("planted: the mainframe is down")
        return StepRefused(error_class="InvalidCredentials")

    def confirm(self, question: ConfirmQuestion, /) -> Step:
        self.asked.append(question)
        if question.credentials.get("sms") == "4896" and question.user_id is not None:
            return StepApproved(user_id=question.user_id)
        return StepRefused(error_class="InvalidConfirmationCode")

    def reconnect(self, question: ReconnectQuestion, /) -> Step:
        return StepApproved(user_id=question.user_id)

    def refresh(self, question: RefreshQuestion, /) -> Step:
        return StepDone()

    def list_accounts(self, question: ListAccountsQuestion, /) -> ListAccountsAnswer:
        account = BankAccount(
            id="1", name="Salary", nature="checking", currency_code="EUR", balance=Decimal("12.50"),
            available_amount=Decimal("12.50"), payment_account=True,
        )
        return ListAccountsAnswer(accounts=[account])

    def list_transactions(self, question: ListTransactionsQuestion, /) -> ListTransactionsAnswer:
        return ListTransactionsAnswer(refused=RefusedByBank(error_class="AccountNotFound"))

    def get_customer(self, question: GetCustomerQuestion, /) -> GetCustomerAnswer:
        return GetCustomerAnswer(customer=BankCustomer(name="Anna Example"))

    def notice(self, question: NoticeQuestion, /) -> None:
        self.asked.append(question)


class World:
    def __init__(self, folder: Path) -> None:
        self.hub = SaltEdgeHubServer(control=True)
        self.store = str(folder / "store")

    def order(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        request = Request(f"{self.hub.control_url}/sandbox/{path}", data=json.dumps(body).encode(), method="POST")
        with urlopen(request) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def made(self, **order: Any) -> dict[str, Any]:
        made = self.order("requests", order)
        headers = [HeaderField(**header) for header in made["headers"]]
        return {"method": made["method"], "target": made["target"], "headers": headers}

    def session(self, name: str) -> dict[str, Any]:
        return self.order(f"sessions/{name}", {})


def credentials(login: str) -> dict[str, str]:
    return {"authorization_type": "login", "login": login}


def signed(target: str, body: str, secret: str = SECRET) -> list[HeaderField]:
    now = str(int(time.time()))
    mac = hmac.new(secret.encode(), f"{now}\n{target}\n{body}".encode(), hashlib.sha256).hexdigest()
    return [HeaderField(name="Bank-Interface-Time", value=now), HeaderField(name="Bank-Interface-Signature", value=mac)]


class Typed(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.world = World(Path(folder.name))
        self.addCleanup(self.world.hub.close)

    def test_a_class_answers_for_the_bank(self) -> None:
        bank = Bank()
        with SaltEdgeConnector(**self.world.hub.client_settings, store=self.world.store, bank=bank) as connector:
            connector.handle_request(**self.world.made(operation="create_token", session_secret="s-1", credentials=credentials("anna")))
            connector.work()
            assert self.world.session("s-1")["updates"][0]["interactive_field"] == "sms"
            connector.handle_request(**self.world.made(operation="confirm_token", session_secret="s-1", credentials={"sms": "4896"}))
            connector.work()
            assert self.world.session("s-1")["status"] == "success"
            asked = bank.asked[0]
            assert isinstance(asked, AuthenticateQuestion)
            # A secret is present, but not shown.
            assert asked.credentials["login"] == "anna" and "anna" not in repr(asked)
            assert asked.expires_at.tzinfo is not None
            accounts = connector.handle_request(**self.world.made(operation="fetch_accounts", access_token_of="s-1")).answer
            assert accounts.status == 200 and '"balance":"12.50"' in accounts.body
            refused = connector.handle_request(
                **self.world.made(operation="fetch_transactions", access_token_of="s-1", account_id="9", from_date="2026-01-01", to_date="2026-01-31")
            )
            assert (refused.answer.status, refused.error_class) == (404, "AccountNotFound")
            connector.handle_request(**self.world.made(operation="revoke_token", access_token_of="s-1"))
            connector.work()
            notice = bank.asked[-1]
            assert isinstance(notice, NoticeQuestion) and notice.kind == "revoked"


    def test_what_the_class_chooses_and_refuses(self) -> None:
        with SaltEdgeConnector(**self.world.hub.client_settings, store=self.world.store, bank=Bank()) as connector:
            for login, name in (("ben", "s-2"), ("nobody", "s-3")):
                connector.handle_request(**self.world.made(operation="create_token", session_secret=name, credentials=credentials(login)))
            # Each page has one.
            tokens = connector.list_tokens().tokens
            self.assertGreater(len(tokens), 1)
            self.assertEqual([token.token_id for token in connector.iter_tokens(limit=1)], [token.token_id for token in tokens])
            at_hub = connector.list_tokens_at_hub(kind="revoked").tokens
            self.assertEqual(len(list(connector.iter_tokens_at_hub(kind="revoked", per_page=1))), len(at_hub))

            async def all_of() -> list[str]:
                async with AsyncSaltEdgeConnector(**self.world.hub.client_settings, store=self.world.store) as other:
                    return [token.token_id async for token in other.iter_tokens(limit=1)]

            self.assertEqual(asyncio.run(all_of()), [token.token_id for token in tokens])
            connector.work()
            assert self.world.session("s-2")["status"] == "success"
            assert self.world.session("s-3")["error_class"] == "InvalidCredentials"


    def wrong(self, planted: str) -> None:
        class Wrong(Bank):
            def authenticate(self, question: AuthenticateQuestion, /) -> Any:
                if planted == "raises":
                    raise RuntimeError("planted: the mainframe is down")
                return {"outcome": "approved", "planted": object()} if planted == "nonsense" else {"outcome": "approved"}

        name = f"s-{planted}"
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            with SaltEdgeConnector(**self.world.hub.client_settings, store=self.world.store, bank=Wrong()) as connector:
                connector.handle_request(**self.world.made(operation="create_token", session_secret=name, credentials=credentials("ben")))
                connector.work()
        session = self.world.session(name)
        self.assertEqual(session["error_class"], "InternalProviderError")
        self.assertNotIn("planted", json.dumps(session))
        self.assertEqual("mainframe" in said.getvalue(), planted == "raises")

    def test_what_is_wrong_with_the_class_stays_here(self) -> None:
        for planted in ("raises", "nonsense", "missing"):
            with self.subTest(planted):
                self.wrong(planted)


    def test_a_coroutine_answers_for_the_bank(self) -> None:
        class Awaited(Bank):
            async def authenticate(self, question: AuthenticateQuestion, /) -> Step:  # type: ignore[override]
                await asyncio.sleep(0)
                return StepApproved(user_id="u-9")

        async def run() -> None:
            connector = AsyncSaltEdgeConnector(**self.world.hub.client_settings, store=self.world.store, bank=Awaited())
            await connector.handle_request(**self.world.made(operation="create_token", session_secret="s-5", credentials=credentials("x")))
            worked = await connector.work()
            assert (worked.asked, worked.delivered) == (1, 1)
            await connector.close()

        asyncio.run(run())
        assert self.world.session("s-5")["user_id"] == "u-9"


    def test_the_same_class_behind_a_route(self) -> None:
        bank = Bank()
        connector = SaltEdgeConnector(bank_secret=SECRET, bank=bank)
        body = json.dumps({"user_id": "u-1", "client_id": 1, "token_id": "t"})
        answered = connector.answer_bank(target="/bank/list_accounts", headers=signed("/bank/list_accounts", body), body=body)
        assert answered.answer.status == 200 and json.loads(answered.answer.body)["accounts"][0]["balance"] == "12.50"
        headers = signed("/bank/list_accounts", body, "x" * 32)
        refused = connector.answer_bank(target="/bank/list_accounts", headers=headers, body=body)
        assert refused.answer.status == 401 and "Bank-Interface-Signature" in refused.answer.body and refused.question is None


    def test_without_anybody_a_call_says_so(self) -> None:
        with SaltEdgeConnector(**self.world.hub.client_settings, store=self.world.store) as connector:
            with self.assertRaises(BankchannelError) as raised:
                connector.work()
        assert raised.exception.code == "input.missing_field" and "bank" in str(raised.exception)


if __name__ == "__main__":
    unittest.main()
