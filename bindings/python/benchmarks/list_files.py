"""The client's processor time of one `list_files`, with many at once: one JSON line.

    python list_files.py threads|asyncio|requests|httpx [CALLS [CONCURRENCY [SETTINGS]]]

`requests` (a session of its own for each thread) and `httpx` (asyncio) make the same call and parse the same JSON. SETTINGS is
the JSON of a client's settings with `base_url`, `api_key` and `id_token`; left out, a service of our own is started.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import threading
from collections.abc import Callable
from time import perf_counter
from typing import Any

import served

Settings = dict[str, Any]
CLIENT = ("base_url", "public_key_file", "public_key_pem", "api_key", "id_token", "mode", "bank")


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
    url = f"{settings['base_url']}/files/{settings['bank']}?Status=ALL"
    return url, {"authorization": settings["id_token"], "x-api-key": settings["api_key"]}


def measure(mode: str, calls: int, concurrency: int, settings: Settings) -> dict[str, float]:
    client_settings = {name: settings[name] for name in CLIENT if name in settings}

    def rounds(run: Callable[[int], None]) -> tuple[float, float]:
        run(concurrency * 4)  # connections stand, modules are loaded
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

        with WsChannel(**client_settings) as client:
            taken = rounds(lambda calls: in_threads(concurrency, calls, lambda: lambda: client.list_files(status="ALL")))
    elif mode == "asyncio":
        from bankchannel import AsyncWsChannel

        async def ours() -> tuple[float, float]:
            async with AsyncWsChannel(**client_settings) as client:
                return await async_rounds(lambda: client.list_files(status="ALL"))

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
    done = calls // concurrency * concurrency
    return {"wall_us": round(taken[0] / done * 1e6, 1), "cpu_us": round(taken[1] / done * 1e6, 1)}


def main() -> None:
    mode = sys.argv[1]
    calls = int(sys.argv[2]) if len(sys.argv) > 2 else 12_800
    concurrency = int(sys.argv[3]) if len(sys.argv) > 3 else 64
    with served.settings(sys.argv[4] if len(sys.argv) > 4 else None) as settings:
        found = measure(mode, calls, concurrency, settings)
    print(json.dumps({"name": f"list_files {mode}", "calls": calls, "concurrency": concurrency, **found}))


if __name__ == "__main__":
    main()
