"""Uploading 7 MiB: the median of some uploads, from bytes and from a path; one JSON line.

    python upload.py [TIMES [SETTINGS]]

The file is signed once, outside the clock. SETTINGS is the JSON of a client's settings with a session and a `private_key`; left out,
a service of our own is started.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import served
from list_files import CLIENT

SIZE = 7 * 1024 * 1024


def main() -> None:
    from bankchannel import WsChannel

    times = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    with served.settings(sys.argv[2] if len(sys.argv) > 2 else None) as settings, tempfile.TemporaryDirectory() as folder:
        data = os.urandom(SIZE)
        path = Path(folder, "file.bin")
        path.write_bytes(data)
        with WsChannel(**{name: settings[name] for name in CLIENT if name in settings}) as client:
            signature = client.sign_file(content=data, private_key=settings["private_key"]).signature

            def upload(content: bytes | Path) -> tuple[float, float]:
                before = resource.getrusage(resource.RUSAGE_SELF)
                begun = perf_counter()
                client.upload_file(file_contents=content, file_name="a", file_type="STORED", signature=signature)
                wall = perf_counter() - begun
                after = resource.getrusage(resource.RUSAGE_SELF)
                return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

            upload(data)
            taken = {"bytes": [], "path": []}  # type: dict[str, list[tuple[float, float]]]
            for _ in range(times):
                taken["bytes"].append(upload(data))
                taken["path"].append(upload(path))
    found = {}
    for form, pairs in taken.items():
        found[f"{form}_ms"] = round(statistics.median(wall for wall, _ in pairs) * 1000, 2)
        found[f"{form}_cpu_ms"] = round(statistics.median(cpu for _, cpu in pairs) * 1000, 2)
    print(json.dumps({"name": "upload 7 MiB", "times": times, **found}))


if __name__ == "__main__":
    main()
