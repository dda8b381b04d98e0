"""The scenario driver of the Python faces: one JSON object per line in, one per line out.

`--async` drives the clients of asyncio, else those that block; the settings' `protocol` says which. Every call goes through the
typed method, with keyword arguments.
"""

from __future__ import annotations

import asyncio
import base64
import inspect
import json
import re
import subprocess
import sys
import threading
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import bankchannel
from bankchannel import (
    BankchannelError,
    Cancel,
    Question,
    Received,
    Record,
    SecretText,
    SignatureRequest,
)

ASYNC = "--async" in sys.argv[1:]
FACE = "python-async" if ASYNC else "python"

Json = dict[str, Any]


class Pieces:
    """A file object that gives the scenario's pieces as they are cut."""

    def __init__(self, pieces: list[str]) -> None:
        self.pieces = [base64.b64decode(piece) for piece in pieces]

    def read(self, size: int, /) -> bytes:
        if not self.pieces:
            return b""
        piece, rest = self.pieces[0][:size], self.pieces[0][size:]
        self.pieces[:1] = [rest] if rest else []
        return piece


class Collected:
    """A file object that keeps the written bytes."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self.pieces.append(bytes(data))
        return len(data)


def content_of(given: Json) -> Any:
    if "base64" in given:
        return base64.b64decode(given["base64"])
    if "path" in given:
        return Path(given["path"])
    return Pieces(given["pieces"])


def answer_of(request: Json, question: Question) -> str:
    wanted = (request.get("answers") or {}).get(question.kind)
    if isinstance(wanted, str):
        return wanted
    if isinstance(wanted, dict):
        lines = Path(request["outbox"]).read_text().splitlines()
        for message in map(json.loads, reversed(lines)):
            if all(message.get(name) == value for name, value in wanted.items()):
                return str(message["code"])
    raise LookupError(f"no answer to {question.kind}")


def signed(key_file: str, asked: SignatureRequest) -> bytes:
    """The signature of the asked digest, by OpenSSL."""
    digest = f"digest:{asked.algorithm.rsplit('_', 1)[-1]}"
    command = ["openssl", "pkeyutl", "-sign", "-inkey", key_file, "-pkeyopt", digest]
    return subprocess.run(command, input=asked.digest, capture_output=True, check=True).stdout


def fields(record: Record) -> list[tuple[str, Any]]:
    # A keyword of Python's has an underscore that the boundary does not know.
    return [(name.rstrip("_"), getattr(record, name)) for name in record.__match_args__]


def plain(value: object) -> Any:
    """A result as the boundary's JSON."""
    if isinstance(value, Received):
        return {"size": value.size, **({"path": str(value.path)} if value.path else {})}
    if isinstance(value, Record):
        return {name: plain(field) for name, field in fields(value) if field is not None}
    if isinstance(value, (tuple, list)):
        return [plain(element) for element in value]
    if isinstance(value, datetime):
        return re.sub(r"\+00:00$", "Z", value.isoformat())
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, SecretText):
        return value.reveal()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if hasattr(value, "items"):
        return {key: plain(element) for key, element in value.items()}
    return value if isinstance(value, (bool, int, str)) or value is None else str(value)


def typed(value: Any, annotation: object, module: ModuleType) -> Any:
    """A value as its annotation has it: objects become the records of the client's module."""
    if isinstance(value, list):
        return [typed(element, annotation, module) for element in value]
    if isinstance(value, dict):
        for name in re.findall(r"\w+", str(annotation)):
            kind = getattr(module, name, None)
            # The library refuses fields that the record does not know.
            if isinstance(kind, type) and issubclass(kind, Record) and set(value) <= set(kind.__match_args__):
                return kind(**value)
    return value


def arguments(method: Any, given: Json) -> Json:
    """Keyword arguments for the given fields."""
    module = sys.modules[inspect.unwrap(method).__module__]
    parameters = inspect.signature(method).parameters
    return {
        name: typed(value, parameters[name].annotation, module) if name in parameters else value
        for name, value in given.items()
    }


def call_arguments(method: Any, request: Json) -> tuple[Json, Any]:
    """The typed method's keyword arguments, and the object that takes the content."""
    parameters = inspect.signature(method).parameters
    given = arguments(method, request.get("request") or {})
    if request.get("content"):
        names = [name for name, parameter in parameters.items() if parameter.annotation in ("Content", "Content | None")]
        if not names:
            raise TypeError("got an unexpected keyword argument 'content'")
        given[names[0]] = content_of(request["content"])
    collected = None
    destination = request.get("destination")
    if destination and destination.get("path"):
        given["destination"] = Path(destination["path"])
    elif destination and destination.get("pieces"):
        given["destination"] = collected = Collected()
    if "timeout" in parameters and request.get("timeout_ms", -1) >= 0:
        given["timeout"] = request["timeout_ms"] / 1000
    if "on_code" in parameters:
        given["on_code"] = lambda question: answer_of(request, question)
    # A signature that was given beforehand.
    signature = (request.get("answers") or {}).get("signature")
    if "signer" in parameters and isinstance(signature, str):
        given["signer"] = lambda asked: base64.b64decode(signature)
    # One that a user's own signer makes, with the key in this file.
    if "signer" in parameters and isinstance(signature, dict):
        given["signer"] = lambda asked: signed(signature["sign_with"], asked)
    return given, collected


def answered(result: Record, collected: Collected | None) -> Json:
    received = next((value for _, value in fields(result) if isinstance(value, Received)), None)
    data = None
    if collected is not None:
        data = b"".join(collected.pieces)
    elif isinstance(received, Received) and received.path is None:
        data = received.data
    return {
        "response": plain(result),
        "content": None if data is None else {"base64": base64.b64encode(data).decode()},
    }


def refused(error: BaseException, operation: str | None = None) -> Json:
    if isinstance(error, BankchannelError):
        partial = error.partial_response
        return {"error": {**error.to_json(), **({} if partial is None else {"partial_response": plain(partial)})}}
    if isinstance(error, TypeError):
        # Python itself refuses a parameter that is missing or that there is not, before the package is asked.
        unknown = "unexpected keyword" in str(error)
        named = re.findall(r"'(\w+)'", str(error))
        return {
            "error": {
                "code": "input.unknown_field" if unknown else "input.missing_field",
                "category": "invalid_input",
                "message": str(error),
                "retryable": False,
                "operation": operation,
                "http_status": None,
                "outcome": None,
                "retry_after_s": None,
                "peer": None,
                "context": {"field": named[-1]} if named else {},
            }
        }
    return {"error": {"code": "driver", "category": "driver", "message": f"{type(error).__name__}: {error}", "context": {}}}


def opened(settings: Json) -> Any:
    """A client of the protocol that the settings name."""
    given = dict(settings)
    kind = client_of(given.pop("protocol", "ws-channel"))
    return kind(**arguments(kind.__init__, given))


def client_of(protocol: str) -> Any:
    """The class of a protocol's client: its name is the protocol's."""
    wanted = ("async" if ASYNC else "") + protocol.replace("-", "")
    return next(getattr(bankchannel, name) for name in dir(bankchannel) if name.lower() == wanted)


def method_of(client: Any, name: str) -> Any:
    """The method of an operation; a module of functions needs no client."""
    protocol, operation = name.split(".")
    modules = {"iso20022": bankchannel.iso20022}
    return getattr(modules.get(protocol, client), operation)


def call(client: Any, request: Json) -> Json:
    method = method_of(client, request["name"])
    given, collected = call_arguments(method, request)
    timer = None
    if request.get("cancel_after_ms") is not None:
        given["cancel"] = token = Cancel()
        if request["cancel_after_ms"] == 0:
            token.cancel()
        else:
            timer = threading.Timer(request["cancel_after_ms"] / 1000, token.cancel)
            timer.start()
    try:
        return answered(method(**given), collected)
    finally:
        if timer:
            timer.cancel()


async def call_async(client: Any, request: Json) -> Json:
    method = method_of(client, request["name"])
    given, collected = call_arguments(method, request)
    if request.get("cancel_after_ms") == 0:
        # A task that is cancelled before it runs never calls anything: the token says it to the call.
        given["cancel"] = token = Cancel()
        token.cancel()
    made = method(**given)
    if isinstance(made, Record):
        return answered(made, collected)
    task = asyncio.ensure_future(made)
    if request.get("cancel_after_ms"):
        asyncio.get_running_loop().call_later(request["cancel_after_ms"] / 1000, task.cancel)
    try:
        return answered(await task, collected)
    except asyncio.CancelledError as cancelled:
        # The call's own error, with its outcome, is the cause.
        cause: BaseException | None = cancelled
        while cause is not None and not isinstance(cause, BankchannelError):
            cause = cause.__cause__ or cause.__context__
        return refused(cause or cancelled)


class Driver:
    def __init__(self) -> None:
        self.clients: dict[str, Any] = {}

    async def handle(self, request: Json) -> Json:
        try:
            if request["op"] == "hello":
                return {"face": FACE, "version": bankchannel.__version__}
            if request["op"] == "open":
                self.clients[request["client"]] = opened(request.get("settings") or {})
                return {"ok": True}
            if request["op"] == "close":
                client = self.clients.pop(request["client"], None)
                if client is not None:
                    closed = client.close()
                    if ASYNC:
                        await closed
                return {"ok": True}
            client = self.clients[request["client"]]
            return await call_async(client, request) if ASYNC else call(client, request)
        except Exception as error:
            return refused(error, request.get("name"))


async def main() -> None:
    driver = Driver()
    for line in sys.stdin:
        if line.strip():
            print(json.dumps(await driver.handle(json.loads(line))), flush=True)


asyncio.run(main())
