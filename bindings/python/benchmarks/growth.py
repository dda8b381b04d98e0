"""The growth of a process from call 100,000 to call 1,000,000: one JSON line.

    python growth.py [FIRST [LAST]]

Typed calls through the boundary, one in a hundred of them an error, one in a thousand through the runtime; after every
fifty thousand a new event loop with some concurrent calls. Needs the testing build (`tests/testing-build`), whose package
it assembles itself.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
from pathlib import Path
from typing import Any

import with_testing_build


LIMIT = 1 << 20


def resident() -> int:
    """Bytes of memory that this process holds."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def at_once(settings: dict[str, Any]) -> None:
    import bankchannel

    async with getattr(bankchannel, "AsyncToy")(**settings) as client:
        await asyncio.gather(*(client.sleep(ms=1) for _ in range(500)))


def main() -> None:
    import bankchannel

    first = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    last = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    settings: dict[str, Any] = {"base_url": "http://127.0.0.1:9/v2"}
    client: Any = getattr(bankchannel, "Toy")(**settings)
    before = 0
    for number in range(1, last + 1):
        if number % 1000 == 0:
            assert client.sleep(ms=0).text == "slept"
        elif number % 100 == 0:
            try:
                client.fail(code="cancelled")
            except bankchannel.BankchannelError as error:
                assert error.code == "cancelled"
        else:
            assert client.echo(text="x" * 189).text
        if number % 50_000 == 0:
            asyncio.run(at_once(settings))
        if number == first:
            before = resident()
    grown = resident() - before
    print(json.dumps({"from": first, "to": last, "bytes": grown, "limit_bytes": LIMIT}))
    sys.exit(grown > LIMIT)


with_testing_build.run(main)
