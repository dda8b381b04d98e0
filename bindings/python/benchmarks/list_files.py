"""The client's processor time of one `list_files`, with many at once: one JSON line.

    python list_files.py threads|asyncio|requests|httpx

`requests` (a separate session for each thread) and `httpx` (asyncio) make the same call and parse the same JSON. The
environment names a service and a session (`served.py`); otherwise our own service is started. BENCH_CALLS calls are
measured.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import threading
from collections.abc import Callable
from time import perf_counter
from typing import Any

import served

Settings = dict[str, Any]
CONCURRENCY = 64


def processor_time() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def in_threads(concurrency: int, calls: int, make: Callable[[], Callable[[], object]]) -> None:
    def work(call: Callable[[], object]) -> None:
        for _ in range(calls // concurrency):
            call()

    threads = [threading.Thread(target=work, args=(make(),)) for _ in range(concurrency)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


async def in_tasks(concurrency: int, calls: int, call: Callable[[], Any]) -> None:
    async def work() -> None:
        for _ in range(calls // concurrency):
            await call()

    await asyncio.gather(*(work() for _ in range(concurrency)))


def bare(settings: Settings) -> tuple[str, dict[str, str]]:
    url = f"{settings['base_url']}/files/{settings['bank']}"
    return url, {"authorization": settings["id_token"], "x-api-key": settings["api_key"]}


def measure(mode: str, calls: int, concurrency: int, settings: Settings) -> tuple[float, float]:
    """Wall-clock and processor seconds."""
    def rounds(run: Callable[[int], None]) -> tuple[float, float]:
        run(concurrency * 4)  # opens connections, loads modules
        begun, used = perf_counter(), processor_time()
        run(calls)
        return perf_counter() - begun, processor_time() - used

    async def async_rounds(call: Callable[[], Any]) -> tuple[float, float]:
        await in_tasks(concurrency, concurrency * 4, call)
        begun, used = perf_counter(), processor_time()
        await in_tasks(concurrency, calls, call)
        return perf_counter() - begun, processor_time() - used

    if mode == "threads":
        from bankchannel import WsChannel

        with WsChannel(**settings) as client:
            taken = rounds(lambda calls: in_threads(concurrency, calls, lambda: lambda: client.list_files()))
    elif mode == "asyncio":
        from bankchannel import AsyncWsChannel

        async def ours() -> tuple[float, float]:
            async with AsyncWsChannel(**settings) as client:
                return await async_rounds(lambda: client.list_files())

        taken = asyncio.run(ours())
    elif mode == "requests":
        import requests

        url, headers = bare(settings)
        sessions = iter([requests.Session() for _ in range(concurrency)] * 2)

        def session() -> Callable[[], object]:
            own = next(sessions)
            own.trust_env = False
            return lambda: own.get(url, headers=headers).json()["FileDescriptors"]

        taken = rounds(lambda calls: in_threads(concurrency, calls, session))
    else:
        import httpx

        url, headers = bare(settings)

        async def theirs() -> tuple[float, float]:
            limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
            async with httpx.AsyncClient(limits=limits, trust_env=False) as client:

                async def call() -> object:
                    return (await client.get(url, headers=headers)).json()["FileDescriptors"]

                return await async_rounds(call)

        taken = asyncio.run(theirs())
    return taken


def main() -> None:
    calls = int(os.environ.get("BENCH_CALLS", "12800")) // CONCURRENCY * CONCURRENCY
    with served.settings() as settings:
        seconds, cpu = measure(sys.argv[1], calls, CONCURRENCY, settings)
    found = {"calls": calls, "cpu_us_per_call": round(cpu / calls * 1e6, 2), "seconds": round(seconds, 3)}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
