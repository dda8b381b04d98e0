"""The cost of the boundary: an operation that does nothing, 200 bytes of JSON each way, compared with `json`; one JSON line.

    python boundary.py [CALLS]

Needs the testing build (`tests/testing-build`), whose package it assembles itself.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

import with_testing_build

ROUNDS = 15


def medians(calls: int, *works: Callable[[], object]) -> list[float]:
    """Microseconds of one call of each; they alternate."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for place, work in zip(taken, works):
            begun = perf_counter()
            for _ in range(calls):
                work()
            place.append((perf_counter() - begun) / calls * 1e6)
    return [round(statistics.median(found), 3) for found in taken]


def main() -> None:
    import bankchannel

    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    client: Any = getattr(bankchannel, "Toy")()
    request = {"text": "x" * 189}
    text = json.dumps(request)
    assert len(text) == 201 and client.echo(**request).to_dict() == request

    def natively() -> None:
        json.dumps(request)
        json.loads(text)

    def generic() -> None:
        client.call("toy.echo", request)

    def typed() -> None:
        client.echo(text=request["text"])

    native_us, generic_us, typed_us = medians(calls, natively, generic, typed)
    print(json.dumps({"native_us": native_us, "generic_us": generic_us, "typed_us": typed_us}))


with_testing_build.run(main)
