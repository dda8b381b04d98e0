"""An external signer: the private key never enters the library."""

from __future__ import annotations

import asyncio
import unittest
from pathlib import Path
from typing import Any

from bankchannel import (
    AsyncWsChannel,
    BankchannelError,
    InvalidInputError,
    Service,
    SignatureError,
    SignatureRequest,
    WsChannel,
)
from elsewhere import Elsewhere

PAYMENT = (Path(__file__).resolve().parents[3] / "core/iso20022/examples/pain.001.001.09.xml").read_bytes()
ACCOUNT: dict[str, Any] = {
    "email": "user@example.test",
    "password": "Toddler_..123456789012345",
    "phone": "+358401234567",
    "company": "Example Company Oy",
    "name": "Example User",
    "bank": "simulator",
}
FILE: dict[str, Any] = {"file_name": "payment.xml", "file_type": "pain.001.001.09"}


class WithAccount(unittest.TestCase):
    """Each class has its own service, so that answers to other classes are not counted."""

    settings: dict[str, Any]
    public: dict[str, str]
    elsewhere: dict[str, Elsewhere]

    @classmethod
    def setUpClass(cls) -> None:
        service = Service(verification_code="123456", no_limits=True)
        cls.addClassCleanup(service.close)
        base: dict[str, Any] = {**service.client_settings, **ACCOUNT, "on_code": lambda question: "123456"}
        cls.public, cls.elsewhere = {}, {}
        with WsChannel(**base, mode="admin", api_key="0") as admin:
            api_key = admin.register_account().api_key
            admin.log_in()
            admin.enroll_cert(code="SIM-0123456789abcdef01234567", ws_user_id="SIM-0123456789ab")
            for algorithm in ("ed25519", "rsa3072"):
                key = admin.generate_key(algorithm=algorithm)
                admin.upload_key(pgp_key=key.public_key, pgp_key_purpose="authorize")
                cls.public[algorithm] = key.public_key
                cls.elsewhere[algorithm] = Elsewhere(key.private_key.reveal())
        cls.settings = {**base, "mode": "data", "api_key": api_key}
        with WsChannel(**cls.settings) as data:
            data.register_account()
            cls.settings["id_token"] = data.log_in().id_token


class Signer(WithAccount):
    def test_both_algorithms_per_call_and_per_client(self) -> None:
        for number, algorithm in enumerate(self.public):
            elsewhere = self.elsewhere[algorithm]
            payment = PAYMENT.replace(b"BANKCHANNEL-EXAMPLE-0001", f"SIGNED-ELSEWHERE-{number}".encode())
            with WsChannel(**self.settings, signer=elsewhere.sign) as client:
                client.sign_and_upload(content=payment, signing_certificate=self.public[algorithm], **FILE)
            request = elsewhere.requests[-1]
            self.assertIsInstance(request, SignatureRequest)
            self.assertEqual(request.algorithm, "ed25519" if algorithm == "ed25519" else "rsa_pkcs1_sha256")
            self.assertEqual((type(request.digest), len(request.digest)), (bytes, 32))
        with WsChannel(**self.settings) as client:
            client.sign_and_upload(
                content=PAYMENT,
                signing_certificate=self.public["ed25519"],
                signer=self.elsewhere["ed25519"].sign,
                **FILE,
            )

    def test_an_asynchronous_signer(self) -> None:
        elsewhere = self.elsewhere["ed25519"]

        async def sign(request: SignatureRequest) -> bytes:
            await asyncio.sleep(0.01)
            return elsewhere.sign(request)

        async def work() -> None:
            async with AsyncWsChannel(**self.settings) as client:
                await client.upload_and_wait(
                    content=PAYMENT.replace(b"BANKCHANNEL-EXAMPLE-0001", b"SIGNED-ELSEWHERE-ASYNC"),
                    signing_certificate=self.public["ed25519"],
                    wait_for=["pain.002.001.10"],
                    poll_interval_s=0.1,
                    signer=sign,
                    **FILE,
                )

        asyncio.run(work())


class Wrong(WithAccount):
    def test_what_a_signer_does_wrong(self) -> None:
        def nobody(request: SignatureRequest) -> bytes:
            raise LookupError("no card in the reader")

        def text(request: SignatureRequest) -> str:
            return "text"

        wrong: list[tuple[Any, type[BaseException]]] = [
            (nobody, LookupError),
            (text, InvalidInputError),
            (None, InvalidInputError),
            (lambda request: b"\0" * 64, SignatureError),
            (lambda request: b"short", SignatureError),
            (lambda request: b"", SignatureError),
        ]
        with WsChannel(**self.settings) as client:
            before = len(client.list_files(status="ALL").file_descriptors)
            for signer, expected in wrong:
                with self.subTest(expected=expected), self.assertRaises(expected) as raised:
                    client.sign_and_upload(
                        content=PAYMENT, signing_certificate=self.public["ed25519"], signer=signer, **FILE
                    )
                if isinstance(raised.exception, BankchannelError):
                    self.assertIn(raised.exception.outcome, (None, "not_sent"))
            self.assertEqual(len(client.list_files(status="ALL").file_descriptors), before)


if __name__ == "__main__":
    unittest.main()
