"""Signing a request of 1 kB, compared with the RSA signature alone by `cryptography`: one JSON line.

    python sign.py [ROUNDS]

`cryptography` signs the same bytes, once with a key that it keeps and once with one that it reads from PEM each time.
Ours adds the headers, and is measured with and without its check of the finished signature. Needs cryptography.
"""

from __future__ import annotations

import base64
import json
import statistics
import sys
from collections.abc import Callable
from time import perf_counter

SIGNATURES = 3
TARGET = "/api/v1/user/verification"


def times(rounds: int, works: dict[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Microseconds of one call of each in each round. They alternate, and an uncounted first call refills the caches after
    the previous one: reading a key takes long."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for number in range(rounds + 5):
        for name, work in works.items():
            work()
            begun = perf_counter()
            for _ in range(SIGNATURES):
                work()
            if number >= 5:  # the first rounds warm up
                taken[name].append((perf_counter() - begun) / SIGNATURES * 1e6)
    return taken


def main() -> None:
    from bankchannel import NextGenPsd2
    from bankchannel.nextgen_psd2 import HeaderField, SigningOptions
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 201
    made = NextGenPsd2().make_certificates()
    pem = made.qseal_key.reveal().encode()
    body = json.dumps({"PSU-ID": "psu-7f3a91", "padding": "x" * 985}).encode()
    assert len(body) == 1024
    headers = [HeaderField(name="Content-Type", value="application/json")]
    client = NextGenPsd2(certificate=made.qseal_certificate, private_key=made.qseal_key)
    unverified = SigningOptions(self_verify=False)
    signed = client.sign_request(method="POST", target=TARGET, headers=headers, content=body)
    text = signed.signing_string

    def read() -> rsa.RSAPrivateKey:
        key = serialization.load_pem_private_key(pem, None)
        assert isinstance(key, rsa.RSAPrivateKey)
        return key

    def bare(key: rsa.RSAPrivateKey) -> bytes:
        return key.sign(text, padding.PKCS1v15(), hashes.SHA256())

    kept = read()
    assert base64.b64encode(bare(kept)).decode() in next(h.value for h in signed.headers if h.name == "Signature")
    taken = times(
        rounds,
        {
            "ours": lambda: client.sign_request(method="POST", target=TARGET, headers=headers, content=body),
            "kept": lambda: bare(kept),
            "unverified": lambda: client.sign_request(
                method="POST", target=TARGET, headers=headers, content=body, signing=unverified
            ),
            "read": lambda: bare(read()),
        },
    )

    def ratio(one: str, other: str) -> float:
        return round(statistics.median(a / b for a, b in zip(taken[one], taken[other])), 4)

    found = {f"{name}_us": round(statistics.median(values), 2) for name, values in taken.items()}
    ratios = {
        "ours_to_kept": ratio("ours", "kept"),
        "unverified_to_kept": ratio("unverified", "kept"),
        "read_to_ours": ratio("read", "ours"),
    }
    print(json.dumps({**found, **ratios}))


if __name__ == "__main__":
    main()
