"""HTTP signatures of a third-party implementation, `httpsig`: it verifies our signatures, and we verify its."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import os
import unittest
import uuid
from email.utils import formatdate

from bankchannel import NextGenPsd2
from bankchannel.nextgen_psd2 import HeaderField

TARGET = "/api/v1/user/verification"
BODY = b'{"PSU-ID":"psu-7f3a91"}'
SIGNED = ["date", "digest", "x-request-id"]


@unittest.skipUnless(
    importlib.util.find_spec("httpsig") or os.environ.get("BANKCHANNEL_TESTS_REQUIRE_TOOLS"), "httpsig is not installed"
)
class Interoperability(unittest.TestCase):
    def setUp(self) -> None:
        self.made = NextGenPsd2().make_certificates()
        self.client = NextGenPsd2(certificate=self.made.qseal_certificate, private_key=self.made.qseal_key)

    def verdict(self, headers: dict[str, str], body: bytes = BODY) -> str:
        fields = [HeaderField(name=name, value=value) for name, value in headers.items()]
        done = self.client.verify_request(
            method="POST", target=TARGET, headers=fields, content=body, trusted=self.made.authority_certificate
        )
        return done.verdict

    def test_we_verify_what_it_signs(self) -> None:
        from httpsig import HeaderSigner  # type: ignore[import-untyped]

        inspected = self.client.inspect_certificate(certificate=self.made.qseal_certificate)
        for form in inspected.key_ids:
            if form.serial == "decimal" or form.issuer == "pct20":
                continue  # Banks refuse the first, and httpsig cannot write the second.
            signer = HeaderSigner(
                form.key_id, self.made.qseal_key.reveal().encode(), "rsa-sha256", headers=SIGNED, sign_header="signature"
            )
            plain = {
                "Date": formatdate(usegmt=True),
                "Digest": "SHA-256=" + base64.b64encode(hashlib.sha256(BODY).digest()).decode(),
                "X-Request-ID": str(uuid.uuid4()),
            }
            headers = {
                **signer.sign(plain, method="POST", path=TARGET),
                "TPP-Signature-Certificate": "".join(self.made.qseal_certificate.split("-----")[2].split()),
                "Content-Type": "application/json",
            }
            with self.subTest(form.key_id):
                later = {**headers, "x-request-id": str(uuid.uuid4())}
                self.assertEqual(
                    (self.verdict(headers), self.verdict(later), self.verdict(headers, BODY + b" ")), ("ok", "V30", "V28")
                )

    def test_it_verifies_what_we_sign(self) -> None:
        from cryptography import x509
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
        from httpsig import HeaderVerifier

        certificate = x509.load_pem_x509_certificate(self.made.qseal_certificate.encode())
        public = certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        given = {"Content-Type": "application/json", "PSU-ID": "psu-7f3a91", "TPP-Redirect-URI": "https://tpp.example/back?a=1"}
        signed = self.client.sign_request(
            method="POST",
            target=TARGET,
            headers=[HeaderField(name=name, value=value) for name, value in given.items()],
            content=BODY,
        )
        headers = {field.name: field.value for field in signed.headers}

        def verifies(headers: dict[str, str]) -> bool:
            names = [*SIGNED, "psu-id", "tpp-redirect-uri"]
            verifier = HeaderVerifier(headers, public, required_headers=names, sign_header="signature")
            return bool(verifier.verify())

        self.assertTrue(verifies(headers))
        self.assertFalse(verifies({**headers, "PSU-ID": "psu-7f3a92"}))


if __name__ == "__main__":
    unittest.main()
