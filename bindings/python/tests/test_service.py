"""The complete flow against the package's own service: register, log in, enrol, sign, upload, download."""

from __future__ import annotations

import hashlib
import tempfile
import unittest
from pathlib import Path
from typing import Any

from bankchannel import (
    AsyncWsChannel,
    AuthenticationError,
    BankchannelError,
    ConfigurationError,
    InvalidInputError,
    Question,
    Service,
    WsChannel,
)
from bankchannel.ws_channel import LogInProgressAuthenticated, LogInProgressNeedsCode

PAYMENT = Path(__file__).resolve().parents[3] / "core/iso20022/examples/pain.001.001.09.xml"

# Made up for this test; the service lives as long as the test.
ACCOUNT: dict[str, Any] = {
    "email": "user@example.test",
    "password": "Toddler_..123456789012345",
    "phone": "+358401234567",
    "company": "Example Company Oy",
    "name": "Example User",
    "bank": "simulator",
}


def code(question: Question) -> str:
    return "123456"


class WithService(unittest.TestCase):
    service: Service

    @classmethod
    def setUpClass(cls) -> None:
        cls.service = Service(verification_code="123456", no_limits=True)
        cls.addClassCleanup(cls.service.close)

    def client(self, **settings: Any) -> WsChannel:
        client = WsChannel(**{**self.service.client_settings, **ACCOUNT, **settings})
        self.addCleanup(client.close)
        return client


class MainJob(WithService):
    def test_a_payment_goes_out_and_its_statement_comes_back(self) -> None:
        admin = self.client(mode="admin", api_key="0", on_code=code)
        key = admin.register_account().api_key
        asked: list[str] = []

        def answer(question: Question) -> str:
            self.assertTrue(question.text)
            asked.append(question.kind)
            return "123456"

        admin.log_in(on_code=answer)
        self.assertEqual(asked, ["phone_code", "email_code", "sms_code"])
        admin.enroll_cert(code="SIM-0123456789abcdef01234567", ws_user_id="SIM-0123456789ab")
        self.assertIsNotNone(admin.list_certs().certs[0].expires.tzinfo)
        signer = admin.generate_key()
        admin.upload_key(pgp_key=signer.public_key, pgp_key_purpose="authorize")
        self.assertEqual(admin.list_keys().pgp_keys[0].pgp_key_id, signer.pgp_key_id)

        data = self.client(mode="data", api_key=key, on_code=code)
        data.register_account()
        data.log_in()
        signature = data.sign_file(content=PAYMENT, private_key=signer.private_key).signature
        with PAYMENT.open("rb") as payment:
            data.upload_file(
                content=payment, file_name="payment.xml", file_type="pain.001.001.09", signature=signature
            )
        with tempfile.TemporaryDirectory() as folder:
            done = data.upload_and_wait(
                content=PAYMENT,
                file_type="pain.001.001.09",
                private_key=signer.private_key,
                wait_for=["pain.002.001.10"],
                poll_interval_s=0.1,
                directory=folder,
            )
            assert done.answers[0].path is not None
            self.assertIn(b"CstmrPmtStsRpt", Path(done.answers[0].path).read_bytes())
        statement = data.list_files(file_type="camt.053.001.02").file_descriptors[0]
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder, "statement.xml")
            which: dict[str, Any] = {"file_type": statement.file_type, "file_reference": statement.file_reference}
            data.download_file(**which, destination=place)
            content = data.download_file(**which).content
            self.assertEqual(place.read_bytes(), content.data)
            self.assertEqual(hashlib.sha256(content.data).digest(), hashlib.sha256(place.read_bytes()).digest())
            self.assertIn(b"BkToCstmrStmt", content.data)

        # A signature over other bytes is refused with this reason.
        with self.assertRaises(BankchannelError) as raised:
            data.upload_file(
                content=PAYMENT.read_bytes() + b"\n",
                file_name="payment.xml",
                file_type="pain.001.001.09",
                signature=signature,
            )
        self.assertEqual(raised.exception.outcome, "refused")
        data.logout()
        with self.assertRaises(AuthenticationError):
            data.list_files()


class InSteps(WithService):
    def test_a_login_waits_for_its_code_in_another_client(self) -> None:
        account = {"email": "steps@example.test", "mode": "admin", "seal_key": "0123456789abcdef0123456789abcdef"}
        first = self.client(**account)
        key = first.register_account(api_key="0").api_key
        progress = first.begin_log_in()
        kinds = []
        while isinstance(progress, LogInProgressNeedsCode):
            kinds.append(progress.kind)
            self.assertNotIn(progress.sealed.reveal(), repr(progress))
            progress = self.client(**account, api_key=key).continue_log_in(sealed=progress.sealed, code="123456")
        self.assertEqual(kinds, ["phone_code", "email_code", "sms_code"])
        assert isinstance(progress, LogInProgressAuthenticated)
        self.assertEqual(progress.state, "authenticated")

    def test_an_unknown_user_is_an_authentication_error(self) -> None:
        with self.assertRaises(AuthenticationError) as raised:
            self.client(email="nobody@example.test", mode="data", api_key="x" * 40).log_in()
        self.assertEqual((raised.exception.outcome, raised.exception.http_status), ("refused", 400))

    def test_a_failing_prompt_raises_its_own_error(self) -> None:
        client = self.client(email="prompt@example.test", mode="admin", api_key="0")
        client.register_account()

        def broken(question: Question) -> str:
            raise LookupError("nobody at the phone")

        with self.assertRaisesRegex(LookupError, "nobody at the phone"):
            client.log_in(on_code=broken)
        with self.assertRaises(InvalidInputError) as raised:
            client.log_in()
        self.assertIn("phone_code", raised.exception.context["field"])


class Awaited(unittest.IsolatedAsyncioTestCase):
    async def test_asynchronous_prompts(self) -> None:
        with Service(verification_code="123456", no_limits=True) as service:
            async with AsyncWsChannel(**service.client_settings, **ACCOUNT, mode="admin", api_key="0") as client:
                await client.register_account()
                asked: list[str] = []

                async def answer(question: Question) -> str:
                    asked.append(question.kind)
                    return "123456"

                await client.log_in(on_code=answer)
                self.assertEqual(asked, ["phone_code", "email_code", "sms_code"])
                self.assertEqual((await client.list_keys()).pgp_keys, ())


class Embedded(unittest.TestCase):
    def test_a_service_that_was_closed_is_gone(self) -> None:
        service = Service(verification_code="123456", no_limits=True)
        settings = service.client_settings
        self.assertTrue(Path(service.public_key_file).is_absolute())
        self.assertIsNone(service.control_url)
        service.close()
        service.close()
        with self.assertRaises(BankchannelError):
            WsChannel(base_url=settings["base_url"], email="user@example.test", mode="data").init_login()

    def test_its_data_outlives_it(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder, "data")
            with Service(data=data, verification_code="123456", no_limits=True) as service:
                account = {**service.client_settings, **ACCOUNT}
                with WsChannel(**account, mode="admin", api_key="0", on_code=code) as client:
                    key = client.register_account().api_key
                    client.log_in()
            with Service(data=data, verification_code="123456", no_limits=True) as service:
                account = {**service.client_settings, **ACCOUNT}
                with WsChannel(**account, mode="admin", api_key=key, on_code=code) as client:
                    self.assertIsNotNone(client.log_in().id_token)

    def test_seeding_is_a_method_and_orders_need_control(self) -> None:
        person = {"email": "seeded@example.test", "password": ACCOUNT["password"]}
        with Service(no_limits=True) as service:
            seeded = service.seed({"accounts": [{**person, "certificates": ["simulator"]}]})["accounts"][0]
            settings = {**service.client_settings, **person, "api_key": seeded["api_key"]}
            with WsChannel(**settings, mode="data", bank="simulator") as client:
                client.log_in()
                # The bank has a statement of the new account.
                self.assertEqual([file.status for file in client.list_files().file_descriptors], ["NEW"])
            with self.assertRaises(InvalidInputError) as caught:
                service.seed({"accounts": [{"email": "planted"}]})
            self.assertNotIn("planted", str(caught.exception))
            with self.assertRaises(ConfigurationError):
                service.control("clock", {"advance_s": 5})
        with Service(control=True) as service:
            self.assertIn("now", service.control("clock", {"advance_s": 5}))
            self.assertEqual(service.control("outbox"), [])
        with self.assertRaises(ConfigurationError):
            service.control("outbox")

    def test_wrong_options_are_refused(self) -> None:
        with self.assertRaises(ConfigurationError):
            Service(listen="not an address")
        with self.assertRaises(ConfigurationError):
            Service(verification_code="12")
        with self.assertRaises(InvalidInputError):
            Service(no_limits="yes")  # type: ignore[arg-type]


if __name__ == "__main__":
    unittest.main()
