"""JWTs of a third-party implementation, `PyJWT`: it accepts our signatures, and we its; confusions that it allows are
refused."""

from __future__ import annotations

import hashlib
import hmac
import importlib.util
import os
import time
import unittest
from base64 import urlsafe_b64encode
from typing import Any

from bankchannel import SaltEdgeConnector

DATA = {"session_secret": "session-1", "extra": {"n": [1, None, "é"]}}


def part(text: bytes) -> bytes:
    return urlsafe_b64encode(text).rstrip(b"=")


@unittest.skipUnless(
    importlib.util.find_spec("jwt") or os.environ.get("BANKCHANNEL_TESTS_REQUIRE_TOOLS"), "PyJWT is not installed"
)
class Others(unittest.TestCase):
    def setUp(self) -> None:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa

        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        plain = serialization.NoEncryption()
        pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        self.private = key.private_bytes(pem, pkcs8, plain).decode()
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        self.public = key.public_key().public_bytes(pem, form).decode()
        self.client = SaltEdgeConnector(private_key=self.private)

    def verdict(self, jwt: str) -> str:
        done = self.client.verify_jwt(jwt=jwt, public_key=self.public)
        return "accepted" if done.accepted else str(done.error_class)

    def test_it_accepts_what_we_sign(self) -> None:
        import jwt

        made = self.client.sign_jwt(data=DATA)
        claims = jwt.decode(made.jwt.reveal(), self.public, algorithms=["RS256"])
        self.assertEqual(claims, {"data": DATA, "exp": made.exp})
        self.assertEqual(jwt.get_unverified_header(made.jwt.reveal()), {"alg": "RS256"})

    def test_we_accept_what_it_signs(self) -> None:
        import jwt

        claims: dict[str, Any] = {"data": DATA, "exp": int(time.time()) + 60}
        self.assertEqual(self.verdict(jwt.encode(claims, self.private, algorithm="RS256")), "accepted")
        late = {**claims, "exp": int(time.time()) - 60}
        self.assertEqual(self.verdict(jwt.encode(late, self.private, algorithm="RS256")), "JWTExpiredSignature")

    def test_confusions_are_refused(self) -> None:
        import jwt

        claims: dict[str, Any] = {"data": DATA, "exp": int(time.time()) + 60}
        for algorithm in ("RS384", "RS512", "PS256"):
            jwt_of = jwt.encode(claims, self.private, algorithm=algorithm)
            self.assertEqual(self.verdict(jwt_of), "JWTIncorrectAlgorithm", algorithm)
        unsigned = jwt.encode(claims, "", algorithm="none")
        self.assertEqual(self.verdict(unsigned), "JWTIncorrectAlgorithm")
        # The public key as the secret of an HMAC: PyJWT itself refuses to make one.
        signed = part(b'{"alg":"HS256","typ":"JWT"}') + b"." + unsigned.split(".")[1].encode()
        mac = hmac.new(self.public.encode(), signed, hashlib.sha256).digest()
        self.assertEqual(self.verdict((signed + b"." + part(mac)).decode()), "JWTIncorrectAlgorithm")
        forged = part(b'{"alg":"RS256"}') + b"." + unsigned.split(".")[1].encode() + b"." + part(mac)
        self.assertEqual(self.verdict(forged.decode()), "JWTVerificationError")
