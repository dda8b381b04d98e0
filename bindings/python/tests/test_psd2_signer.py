"""Requests to a NextGenPSD2 bank with an external key: calls whose signer hangs, fails or is missing."""

from __future__ import annotations

import asyncio
import json
import subprocess
import unittest
import urllib.request
from pathlib import Path
from typing import Any

from bankchannel import (
    AsyncNextGenPsd2,
    BankchannelError,
    InvalidInputError,
    NextGenPsd2,
    NextGenPsd2Bank,
    SignatureRequest,
    TimedOutError,
)
from bankchannel.nextgen_psd2 import Pkcs11Settings

WHO: dict[str, Any] = {"psu_id": "psu-7f3a91"}


class Psd2Signer(unittest.TestCase):
    bank: NextGenPsd2Bank
    folder: Path
    settings: dict[str, Any]

    @classmethod
    def setUpClass(cls) -> None:
        cls.bank = NextGenPsd2Bank(control=True)
        cls.addClassCleanup(cls.bank.close)
        cls.folder = Path(cls.bank.certificates_dir)
        cls.settings = {
            **cls.bank.client_settings,
        }
        del cls.settings["private_key_file"]

    def sign(self, request: SignatureRequest) -> bytes:
        """Signs a digest like a security module."""
        self.assertEqual((request.algorithm, len(request.key_fingerprint)), ("rsa_pkcs1_sha256", 64))
        command = ["openssl", "pkeyutl", "-sign", "-inkey", str(self.folder / "tpp1-qseal.key"), "-pkeyopt", "digest:sha256"]
        return subprocess.run(command, input=request.digest, capture_output=True, check=True).stdout

    def fail_next(self) -> None:
        body = json.dumps({"operation": "get_accounts", "status": 503, "count": 1}).encode()
        assert self.bank.control_url is not None
        urllib.request.urlopen(f"{self.bank.control_url}/fail_next", body, timeout=10).close()

    def test_a_signer_that_fails_at_a_later_attempt_does_not_hide_the_first(self) -> None:
        for second in (lambda: "text", lambda: 1 // 0):
            calls = []

            def signer(request: SignatureRequest) -> Any:
                calls.append(request)
                return self.sign(request) if len(calls) == 1 else second()

            self.fail_next()
            with NextGenPsd2(**self.settings, signer=signer) as tpp, self.assertRaises(Exception) as raised:
                tpp.get_accounts(**WHO)
            self.assertEqual(len(calls), 2)
            fault = raised.exception
            ended = fault.__cause__
            assert isinstance(ended, BankchannelError)
            self.assertEqual(ended.outcome, "unknown")
            if isinstance(fault, BankchannelError):
                self.assertEqual((fault.context["field"], fault.outcome, fault.to_json()["outcome"]), ("signer", "unknown", "unknown"))
            else:
                self.assertIsInstance(fault, ZeroDivisionError)

    def test_nobody_to_sign(self) -> None:
        with NextGenPsd2(**self.settings) as tpp, self.assertRaises(InvalidInputError) as raised:
            tpp.get_accounts(**WHO)
        error = raised.exception
        self.assertEqual((error.code, error.context["field"], error.outcome), ("input.missing_field", "signature", "not_sent"))
        self.assertIn("signer=", error.message)

    def test_a_signer_that_never_answers_is_waited_for_as_long_as_the_settings_say(self) -> None:
        async def never(request: SignatureRequest) -> bytes:
            await asyncio.Event().wait()
            raise AssertionError

        async def work() -> None:
            async with AsyncNextGenPsd2(**self.settings, exchange_timeout_s=1, signer=never) as tpp:
                with self.assertRaises(TimedOutError) as raised:
                    await asyncio.wait_for(tpp.get_accounts(**WHO), 20)
                self.assertEqual(raised.exception.outcome, "not_sent")
                with self.assertRaises(TimedOutError):
                    await asyncio.wait_for(tpp.call("nextgen_psd2.get_accounts", dict(WHO)), 20)

        asyncio.run(work())

    def test_a_token_takes_its_pin_from_elsewhere(self) -> None:
        pkcs11 = Pkcs11Settings(module="/no/such/module.so", token="tpp", pin={"env": "NO_SUCH_PIN"}, key="qseal")
        self.assertNotIn("NO_SUCH_PIN", repr(pkcs11))
        with self.assertRaises(BankchannelError) as raised:
            NextGenPsd2(pkcs11=pkcs11)
        self.assertIn("NO_SUCH_PIN", raised.exception.message)


if __name__ == "__main__":
    unittest.main()
