"""JWTs of Salt Edge, compared with PyJWT and `cryptography`: one JSON line of ratios.

    python jwt_verify.py [ROUNDS]

Verifying a JWT of 1.2 kB to its claims, by PyJWT with a key read once; receiving a request for a token of 2.1 kB as a
typed request, compared with PyJWT alone; signing a callback, compared with the signature alone by `cryptography` with a
key read once and one read each time. Needs pyjwt and cryptography.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable

from sign import times


def main() -> None:
    import jwt
    from bankchannel import SaltEdgeConnector
    from bankchannel.salt_edge_connector import HeaderField
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 201
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    client = SaltEdgeConnector(hub_public_key=public, private_key=private.decode(), provider_code="demobank")
    exp = int(time.time()) + 3600

    def of_size(size: int, data: Callable[[str], object]) -> str:
        def made(count: int) -> str:
            return jwt.encode({"data": data("x" * count), "exp": exp}, key, algorithm="RS256")

        return made((size - len(made(0))) * 3 // 4)

    def question(text: str) -> object:
        return {"session_secret": "s", "extra": {"text": text}}

    payload = {"credentials": {"authorization_type": "oauth"}, "scopes": ["accounts", "kyc"], "consent_period_days": 90}

    def token_request(text: str) -> object:
        return {
            "app_name": "Example Name",
            "provider_code": "demobank",
            "session_secret": "b7k-QxC3vdA-M48pexiS",
            "original_request": {"client_jwt": f"Bearer {text}", "client_payload": {"data": payload, "exp": exp}},
        }

    small, large = of_size(1200, question), of_size(2100, token_request)
    headers = [
        HeaderField(name="Client-Id", value="771"),
        HeaderField(name="Authorization", value=f"Bearer {large}"),
    ]
    report = {"session_secret": "b7k-QxC3vdA-M48pexiS", "user_id": "u", "token": "t"}
    text = b".".join(client.sign_jwt(data=report).jwt.reveal().encode().split(b".")[:2])
    kept = key.public_key()

    def received() -> None:
        taken = client.receive_request(method="POST", target="/api/priora/v1/tokens/create", headers=headers)
        assert taken.request is not None, taken.refused

    def bare(key: rsa.RSAPrivateKey) -> bytes:
        return key.sign(text, padding.PKCS1v15(), hashes.SHA256())

    def read() -> rsa.RSAPrivateKey:
        key = serialization.load_pem_private_key(private, None)
        assert isinstance(key, rsa.RSAPrivateKey)
        return key

    assert client.verify_jwt(jwt=small, public_key=public).accepted
    taken = times(
        rounds,
        {
            "verify": lambda: client.verify_jwt(jwt=small, public_key=public),
            "verify_pyjwt": lambda: jwt.decode(small, kept, algorithms=["RS256"]),
            "receive": received,
            "receive_pyjwt": lambda: jwt.decode(large, kept, algorithms=["RS256"]),
            "sign": lambda: client.sign_jwt(data=report),
            "sign_kept": lambda: bare(key),
            "sign_read": lambda: bare(read()),
        },
    )

    def ratio(one: str, other: str) -> float:
        return round(statistics.median(a / b for a, b in zip(taken[one], taken[other])), 3)

    found: dict[str, float] = {f"{name}_us": round(statistics.median(values), 2) for name, values in taken.items()}
    found |= {
        "pyjwt_per_verify": ratio("verify_pyjwt", "verify"),
        "pyjwt_per_receive": ratio("receive_pyjwt", "receive"),
        "sign_per_cryptography": ratio("sign", "sign_kept"),
        "cryptography_reading_per_sign": ratio("sign_read", "sign"),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
