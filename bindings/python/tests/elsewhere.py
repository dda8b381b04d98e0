"""An external key: reads an unlocked OpenPGP private key (version 4, RSA or Ed25519) and signs digests in pure Python, like
a security module. For tests: it is neither fast nor constant in time.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from bankchannel import SignatureRequest

# The prefix of a digest in a PKCS#1 v1.5 signature (RFC 8017 §9.2).
PREFIXES = {
    "rsa_pkcs1_sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "rsa_pkcs1_sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "rsa_pkcs1_sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}
RSA, EDDSA = 1, 22


@dataclass
class Key:
    algorithm: int
    public: list[int]
    secret: list[int]


class Elsewhere:
    """The keys of an armored private key, by fingerprint."""

    def __init__(self, armored: str) -> None:
        self.keys = dict(keys(unarmored(armored)))
        self.requests: list[SignatureRequest] = []

    def sign(self, request: SignatureRequest) -> bytes:
        self.requests.append(request)
        key = self.keys[request.key_fingerprint.upper()]
        if key.algorithm == EDDSA:
            assert request.algorithm == "ed25519"
            return ed25519(key.secret[0].to_bytes(32, "big"), request.digest)
        modulus, secret = key.public[0], key.secret[0]
        size = (modulus.bit_length() + 7) // 8
        told = PREFIXES[request.algorithm] + request.digest
        padded = b"\x00\x01" + b"\xff" * (size - len(told) - 3) + b"\x00" + told
        return pow(int.from_bytes(padded, "big"), secret, modulus).to_bytes(size, "big")


def unarmored(armored: str) -> bytes:
    lines = armored.replace("\r", "").split("\n\n", 1)[1].split("\n")
    return base64.b64decode("".join(line for line in lines if line and not line.startswith(("=", "-"))))


def keys(data: bytes) -> list[tuple[str, Key]]:
    """The secret key packets (RFC 4880 §5.5.3)."""
    found = []
    while data:
        tag, body, data = packet(data)
        # A subkey for encryption is not needed here.
        if tag in (5, 7) and body[5] in (RSA, EDDSA):
            found.append(secret_key(body))
    return found


def packet(data: bytes) -> tuple[int, bytes, bytes]:
    first = data[0]
    if first & 0x40:
        tag, size, start = first & 0x3F, data[1], 2
        if size >= 192:
            size, start = (size - 192 << 8) + data[2] + 192, 3
    else:
        width = 1 << (first & 3)
        tag, size, start = first >> 2 & 0x0F, int.from_bytes(data[1 : 1 + width], "big"), 1 + width
    return tag, data[start : start + size], data[start + size :]


def secret_key(body: bytes) -> tuple[str, Key]:
    version, algorithm = body[0], body[5]
    assert version == 4 and algorithm in (RSA, EDDSA)
    start = 6 + (1 + body[6] if algorithm == EDDSA else 0)
    public, end = numbers(body, start, 1 if algorithm == EDDSA else 2)
    assert body[end] == 0, "the key is locked"
    secret, _ = numbers(body, end + 1, 1)
    told = b"\x99" + end.to_bytes(2, "big") + body[:end]
    return hashlib.sha1(told).hexdigest().upper(), Key(algorithm, public, secret)


def numbers(body: bytes, start: int, count: int) -> tuple[list[int], int]:
    found = []
    for _ in range(count):
        size = (int.from_bytes(body[start : start + 2], "big") + 7) // 8
        found.append(int.from_bytes(body[start + 2 : start + 2 + size], "big"))
        start += 2 + size
    return found, start


# Ed25519 as in RFC 8032 §5.1.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
Point = tuple[int, int, int, int]


def base_point() -> Point:
    y = 4 * pow(5, P - 2, P) % P
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P)
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    x = P - x if x & 1 else x
    return x, y, 1, x * y % P


def add(one: Point, other: Point) -> Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c, d = 2 * one[3] * other[3] * D % P, 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(count: int, point: Point) -> Point:
    total = (0, 1, 1, 0)
    while count:
        if count & 1:
            total = add(total, point)
        point, count = add(point, point), count >> 1
    return total


def compressed(point: Point) -> bytes:
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def ed25519(secret: bytes, message: bytes) -> bytes:
    hashed = hashlib.sha512(secret).digest()
    scalar = int.from_bytes(hashed[:32], "little") & ~7 & (1 << 254) - 1 | 1 << 254
    base = base_point()
    public = compressed(times(scalar, base))
    nonce = int.from_bytes(hashlib.sha512(hashed[32:] + message).digest(), "little") % L
    point = compressed(times(nonce, base))
    challenge = int.from_bytes(hashlib.sha512(point + public + message).digest(), "little") % L
    return point + ((nonce + challenge * scalar) % L).to_bytes(32, "little")
