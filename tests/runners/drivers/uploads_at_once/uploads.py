"""Uploads the files of a job at once and prints whose answers each upload got; see `tests/uploads_at_once.rs`.

python uploads.py JOB.json [--async]
"""

from __future__ import annotations

import asyncio
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bankchannel import AsyncWsChannel, WsChannel

job = json.loads(Path(sys.argv[1]).read_text())


def request(upload: dict[str, str]) -> dict[str, Any]:
    return {
        "content": Path(upload["path"]),
        "file_type": "pain.001.001.09",
        "private_key": {"file": job["private_key_file"]},
        "wait_for": job["wait_for"],
        "wait_timeout_s": 120,
        "poll_interval_s": 0.2,
    }


def told(upload: dict[str, str], done: Any) -> str:
    named = [report.original_message_id for answer in done.answers if answer.report for report in answer.report.reports]
    for answer in done.answers:
        for statement in answer.statement.statements if answer.statement else ():
            named += [batch.message_id for entry in statement.entries for batch in entry.batches]
    return json.dumps({"id": upload["id"], "verdict": done.verdict, "named": named, "missing": list(done.missing)})


def threads() -> None:
    with WsChannel(**job["settings"]) as client, ThreadPoolExecutor(len(job["uploads"])) as pool:
        done = pool.map(lambda upload: told(upload, client.upload_and_wait(**request(upload))), job["uploads"])
        for line in done:
            print(line)


async def tasks() -> None:
    async with AsyncWsChannel(**job["settings"]) as client:

        async def one(upload: dict[str, str]) -> str:
            return told(upload, await client.upload_and_wait(**request(upload)))

        for line in await asyncio.gather(*map(one, job["uploads"])):
            print(line)


if "--async" in sys.argv:
    asyncio.run(tasks())
else:
    threads()
